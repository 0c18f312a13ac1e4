"""Renewal periods: named by their first day, granted once each, whatever the calendar does."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine import periods
from tests.engine.enrolled import DAY, NOW


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("renewal", "now", "anchor", "key"),
    [
        ("month", "2027-03-01T00:00", 17, "2027-03-01"),
        ("month", "2027-02-28T23:59:59", 17, "2027-02-01"),
        ("anniversary", "2027-03-17T00:00", 17, "2027-03-17"),
        ("anniversary", "2027-03-16T23:59", 17, "2027-02-17"),
        ("anniversary", "2027-01-05T00:00", 17, "2026-12-17"),
        ("anniversary", "2027-02-28T00:00", 31, "2027-02-28"),
        ("anniversary", "2027-03-30T00:00", 31, "2027-02-28"),
        ("anniversary", "2028-02-29T00:00", 30, "2028-02-29"),
    ],
)
def test_a_period_is_named_by_its_first_day(renewal: str, now: str, anchor: int, key: str) -> None:
    assert periods.key(renewal, utc(now), anchor) == key


def test_a_period_is_a_matter_of_utc() -> None:
    berlin = datetime.fromisoformat("2027-04-01T01:00:00+02:00")
    assert periods.key("month", berlin) == "2027-03-01"


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, ("2027-03-01",)),
        ("", ("2027-03-01",)),
        ("2027-03-01", ()),
        ("2027-02-01", ("2027-03-01",)),
        ("2026-12-01", ("2027-01-01", "2027-02-01", "2027-03-01")),
        ("2027-04-01", ()),
    ],
)
def test_missed_periods_are_caught_up_once_each(last: str | None, due: tuple[str, ...]) -> None:
    assert periods.due(last, "month", utc("2027-03-10T09:00")) == due


@pytest.mark.parametrize(
    ("renewal", "anchor", "message"), [("weekly", 1, "renewal 'weekly' is not known"), ("month", 0, "on day 0")]
)
def test_a_wrong_renewal_is_refused_in_one_sentence(renewal: str, anchor: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        periods.key(renewal, NOW, anchor)


@given(st.integers(1, 31), st.lists(st.integers(0, 2000), min_size=1, max_size=20))
def test_however_often_the_job_runs_each_period_is_granted_once(anchor: int, days: list[int]) -> None:
    granted: list[str] = []
    for day in sorted(days):
        granted += periods.due(granted[-1] if granted else None, "anniversary", NOW + day * DAY, anchor)
    assert granted == sorted(set(granted))
    assert len({key[:7] for key in granted}) == len(granted)
    months = [int(key[:4]) * 12 + int(key[5:7]) for key in granted]
    assert months == list(range(months[0], months[0] + len(months)))


@pytest.mark.parametrize(
    ("renewal", "now", "anchor", "day"),
    [
        ("month", "2027-03-01T00:00", 17, date(2027, 4, 1)),
        ("month", "2027-12-31T23:59", 1, date(2028, 1, 1)),
        ("anniversary", "2027-03-16T23:59", 17, date(2027, 3, 17)),
        ("anniversary", "2027-03-17T00:00", 17, date(2027, 4, 17)),
        ("anniversary", "2027-01-31T12:00", 31, date(2027, 2, 28)),
    ],
)
def test_the_next_period_begins_on_its_day(renewal: str, now: str, anchor: int, day: date) -> None:
    assert periods.following(renewal, utc(now), anchor) == day
