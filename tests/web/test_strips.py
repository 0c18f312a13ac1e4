"""What is said of a budget: used of each cap, and when it has room again."""

from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scope

from campaigns.models import Allowance
from campaigns.views.senders.strips import opening, rooms
from outreach.engine.kinds import LONG_AGO, NEVER, Budget
from outreach.engine.windows import parse_hours
from tests.cast import Tidewell, use

NOW = datetime(2026, 11, 2, 11, 42, tzinfo=UTC)
LONDON = parse_hours(
    {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    zone="Europe/London",
    days_off=[datetime(2026, 11, 3).date()],  # noqa: DTZ001
)
TOMORROW, NIGHT = NOW + timedelta(days=2), NOW.replace(hour=22)


@pytest.mark.parametrize(
    ("fields", "now", "words"),
    [
        ({"allowed_at": LONG_AGO}, NOW, "open now"),
        ({"allowed_at": NOW + timedelta(minutes=28), "opening_cause": "gap"}, NOW, "next 12:10"),
        ({"allowed_at": TOMORROW, "opening_cause": "week_cap"}, NOW, "full until Wed 11:42"),
        ({"allowed_at": TOMORROW, "opening_cause": "warm_up"}, NOW, "warming up, full until Wed 11:42"),
        (
            {"allowed_at": LONG_AGO, "rest_until": TOMORROW, "opening_cause": "limit_rest"},
            NOW,
            "LinkedIn's limit, rests until Wed 11:42",
        ),
        (
            {"allowed_at": LONG_AGO, "paused_until": TOMORROW, "opening_cause": "health"},
            NOW,
            "paused for health until Wed 11:42",
        ),
        ({"allowed_at": NEVER, "opening_cause": "month_cap"}, NOW, "closed"),
        ({"ceiling": 700, "outstanding": 700}, NOW, "full until invites are answered"),
        ({"allowed_at": LONG_AGO}, NIGHT, "opens Wed 09:00"),  # Tuesday is a day off
        ({"allowed_at": LONG_AGO}, datetime(2026, 11, 3, 10, tzinfo=UTC), "day off, opens Wed 09:00"),
    ],
)
def test_when_a_budget_opens(fields: dict[str, object], now: datetime, words: str) -> None:
    assert opening(Allowance(**fields), LONDON, now) == words


def test_without_working_hours_nothing_opens() -> None:
    assert opening(Allowance(), parse_hours({}, zone="UTC"), NOW) == "no working hours ahead"


@pytest.mark.django_db
def test_what_is_left_today_is_never_more_than_what_is_left_this_week(tidewell: Tidewell, monday: datetime) -> None:
    bob = tidewell.senders["bob"]
    use(bob, Budget.INVITES, 93, until=monday - timedelta(days=2), every=timedelta(minutes=30))
    use(bob, Budget.MESSAGES, 51)
    with scope(workspace=tidewell.workspace):
        found = {room.label: (room.today, room.week) for room in rooms(bob, monday)}
        assert found == {"Invites": (7, 7), "Messages": (26, None), "InMail": (30, None)}
        mailbox = rooms(tidewell.senders["mail"], monday)
        assert [(room.label, room.today) for room in mailbox] == [("E-mail", 50)]
