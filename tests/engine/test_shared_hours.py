"""Working hours of two people: on the sender's clock and on the prospect's, or the sender's alone where the two never
meet."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.engine.causes import Cause, their_opening
from outreach.engine.facts import Hours
from outreach.engine.kinds import Kind
from outreach.engine.windows import ROUND_THE_CLOCK, is_open, next_open, next_shared, parse_hours

OFFICE = {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def office(zone: str, *off: date) -> Hours:
    return parse_hours(OFFICE, zone=zone, days_off=off)


@pytest.mark.parametrize(
    ("here", "there", "asked", "opens"),
    [
        ("Europe/Berlin", "Europe/Berlin", utc(2027, 6, 1, 5), utc(2027, 6, 1, 7)),
        ("Europe/Berlin", "America/New_York", utc(2027, 6, 1, 7), utc(2027, 6, 1, 13)),
        ("Europe/Berlin", "America/New_York", utc(2027, 6, 1, 15, 30), utc(2027, 6, 2, 13)),
        ("Europe/Berlin", "America/New_York", utc(2027, 6, 4, 16), utc(2027, 6, 7, 13)),  # over the weekend
        (
            "Europe/Berlin",
            "America/New_York",
            utc(2027, 3, 22, 7),
            utc(2027, 3, 22, 13),
        ),  # only New York changed so far
    ],
)
def test_both_must_be_at_work(here: str, there: str, asked: datetime, opens: datetime) -> None:
    assert next_shared(office(here), there, asked) == (opens, True)


def test_where_the_two_never_meet_the_senders_hours_count_alone() -> None:
    asked = utc(2027, 6, 1, 3)
    assert next_shared(office("Europe/Berlin"), "Pacific/Auckland", asked) == (utc(2027, 6, 1, 7), False)
    assert their_opening(office("Europe/Berlin"), "Pacific/Auckland", Kind.DM, asked) is None


def test_days_off_are_the_senders_own() -> None:
    hours = office("Europe/Berlin", date(2027, 6, 1))
    assert next_shared(hours, "America/New_York", utc(2027, 6, 1, 7)) == (utc(2027, 6, 2, 13), True)


def test_hours_without_an_opening_share_none() -> None:
    assert next_shared(Hours("UTC", ((),) * 7), "Asia/Tokyo", utc(2027, 6, 1)) == (None, False)


def test_a_sender_who_never_rests_waits_for_nobody() -> None:
    at = utc(2027, 6, 5, 3)
    assert next_shared(ROUND_THE_CLOCK("UTC"), "Asia/Tokyo", at) == (at, True)


def test_only_what_the_person_notices_waits_for_their_hours() -> None:
    night = utc(2027, 6, 1, 8)
    opening = their_opening(office("Europe/Berlin"), "America/New_York", Kind.INVITE, night)
    assert opening is not None and (opening.at, opening.cause) == (utc(2027, 6, 1, 13), Cause.OUTSIDE_HOURS)
    assert their_opening(office("Europe/Berlin"), "America/New_York", Kind.VIEW, night) is None
    assert their_opening(office("Europe/Berlin"), "", Kind.INVITE, night) is None


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(ZONES), st.integers(0, 365 * 24 * 4))
def test_the_shared_opening_is_the_first_instant_open_on_both_clocks(here: str, there: str, quarter: int) -> None:
    hours, asked = office(here), utc(2027, 1, 1) + timedelta(minutes=15 * quarter)
    opened, meet = next_shared(hours, there, asked)
    assert opened is not None
    if not meet:
        assert opened == next_open(hours, asked)
    probe = asked
    while probe < (opened if meet else asked + timedelta(days=8)):
        assert not (is_open(hours, probe) and is_open(office(there), probe))
        probe += timedelta(minutes=15)
    if meet:
        assert is_open(hours, opened) and is_open(office(there), opened)
