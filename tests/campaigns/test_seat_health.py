"""Why a sender's health is what it is: the worst reason first, with its number and what lifts it."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Connection, Sender
from campaigns.running.seat_health import Seen, likely, reasons, word
from tests.cast import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAY = {"health_until": "Thu 09:00", "resting_until": "Tue 09:00"}
WELL = Seen(judged=50, accepted=17)


def sender(**fields: Any) -> Sender:
    return Sender(**{"name": "Bob", "state": "active", **fields})


@pytest.mark.parametrize(
    ("fields", "seen", "says", "first"),
    [
        ({}, WELL, "Good", "17 of the last 50 invites accepted, 34%."),
        ({}, Seen(), "Good", "No invite is old enough to judge yet."),
        ({}, Seen(judged=50, accepted=12), "Fair", "12 of the last 50 invites accepted, 24%."),
        ({}, Seen(judged=10, accepted=0), "Good", "0 of the last 10 invites accepted, 0%."),
        ({}, Seen(judged=50, accepted=17, pending=500), "Fair", "500 invites wait for an answer; at 700 no more"),
        ({}, Seen(judged=50, accepted=17, pending=700), "Poor", "700 invites wait for an answer; at 700 no more"),
        ({}, Seen(old_pending=1), "Fair", "1 invite has waited over 21 days."),
        (
            {},
            Seen(health_until=MONDAY + DAY, pause_judged=50, pause_accepted=5, day_cap=0, day_reason="health"),
            "Poor",
            "Invites pause until Thu 09:00: 5 of the last 50 were accepted, at most 21%, and the floor is 25%.",
        ),
        ({}, Seen(day_cap=2, day_reason="health"), "Fair", "After a pause invites go at 2 a day, 10% of the usual 20."),
        ({}, Seen(day_cap=20, day_reason="plan"), "Good", "No invite is old enough"),
        (
            {},
            Seen(judged=50, accepted=20, week_judged=12, week_accepted=0),
            "Fair",
            "Of the invites that came due in the last 7 days 0 of 12 were accepted, 0%.",
        ),
        (
            {},
            Seen(judged=50, accepted=20, week_judged=8, week_accepted=0),
            "Good",
            "20 of the last 50 invites accepted",
        ),
        (
            {"inbox_at": MONDAY, "relations_at": MONDAY - 13 * HOUR, "connection": Connection(pk=1)},
            WELL,
            "Fair",
            "Connections were last read 13 h ago, so acceptance is older than it looks.",
        ),
        ({}, Seen(health_until=MONDAY - DAY), "Good", "No invite is old enough"),
        ({}, Seen(resting_until=MONDAY + DAY, limited_at=MONDAY), "Poor", "LinkedIn said that a limit was reached"),
        ({}, Seen(inmails=100, answered=10), "Poor", "10 of 100 InMails of the last 14 days were answered, 10%"),
        ({}, Seen(inmails=100, answered=16), "Fair", "16 of 100 InMails of the last 14 days were answered, 16%"),
        ({}, Seen(blocked="Balance differs."), "Poor", "InMail is held"),
        ({"state": "frozen"}, WELL, "Poor", "LinkedIn restricted this seat, so nothing is sent."),
        ({"state": "disconnected"}, WELL, "Poor", "The seat is not connected."),
        ({"state": "paused"}, WELL, "Fair", "Somebody paused this sender."),
        ({"inbox_at": MONDAY - 2 * HOUR, "connection": Connection(pk=1)}, WELL, "Fair", "The inbox was last read 2 h"),
        ({"inbox_at": MONDAY, "connection": Connection(pk=1)}, WELL, "Good", "17 of the last 50"),
        ({"kind": "mailbox"}, Seen(), "Good", "Nothing stands against it."),
    ],
)
def test_the_worst_reason_stands_first(fields: dict[str, Any], seen: Seen, says: str, first: str) -> None:
    found = reasons(sender(**fields), seen, MONDAY, SAY)
    assert word(found) == says and found[0].words.startswith(first)
    assert all(reason.lifts or reason.tone == "ok" for reason in found), "what is wrong says what lifts it"
    tones = [reason.tone for reason in found]
    assert tones == sorted(tones, key=["bad", "warn", "ok"].index)


def test_an_old_limit_notice_is_told_in_days_and_warm_up_in_weeks() -> None:
    found = [r.words for r in reasons(sender(), Seen(limited_at=MONDAY - 41 * DAY), MONDAY, {})]
    assert "No limit notice for 41 days." in found
    warming = sender(warm_from=(MONDAY - 15 * DAY).date())
    assert "Warming up, week 3: 10 invites a day." in [r.words for r in reasons(warming, WELL, MONDAY, {})]


def test_acceptance_lies_between_two_shares() -> None:
    low, high = likely(17, 50)
    assert (round(low, 2), round(high, 2)) == (0.22, 0.48)
