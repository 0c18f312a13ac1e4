"""Working hours over clock changes, days off and zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.engine.facts import Hours
from outreach.engine.windows import (
    ROUND_THE_CLOCK,
    after_working,
    closes_at,
    day_start,
    dump_hours,
    is_open,
    local_day,
    next_open,
    open_left,
    parse_hours,
    why_closed,
)
from tests.engine.nights import NIGHTS

CHANGES = [
    *NIGHTS,
    ("America/Santiago", date(2027, 4, 3)),  # the clock goes back at midnight
    ("America/Santiago", date(2027, 9, 5)),  # midnight does not exist
    ("America/Havana", date(2027, 11, 7)),  # midnight comes twice
]
OFFICE = {day: [["09:00", "12:00"], ["13:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def every_day(zone: str, *intervals: tuple[int, int], off: frozenset[date] = frozenset()) -> Hours:
    return Hours(zone, (intervals,) * 7, off)


def open_minutes(hours: Hours, day: date) -> set[datetime]:
    """The oracle: walk the local day minute by minute; open while the highest time the clock has shown lies inside."""
    zone = ZoneInfo(hours.zone)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    found, highest = set(), -1
    for _ in range(60 * 56):
        wall = at.astimezone(zone)
        if wall.date() == day:
            highest = max(highest, wall.hour * 60 + wall.minute)
            if day not in hours.days_off and any(s <= highest < e for s, e in hours.week[day.weekday()]):
                found.add(at)
        at += timedelta(minutes=1)
    return found


intervals = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(
    lambda marks: tuple((a * 15, b * 15) for a, b in zip(sorted(marks)[::2], sorted(marks)[1::2], strict=False))
)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@settings(max_examples=8, deadline=None)
@given(intervals)
def test_hours_follow_the_local_clock_on_the_day_it_changes(zone, day, marks):
    hours = every_day(zone, *marks)
    expected = open_minutes(hours, day)
    at = day_start(hours, day) - timedelta(hours=2)
    for _ in range(60 * 30):
        if local_day(hours, at) == day:
            assert is_open(hours, at) == (at in expected)
        at += timedelta(minutes=1)
    assert open_left(hours, day_start(hours, day)) == timedelta(minutes=len(expected))


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@settings(max_examples=8, deadline=None)
@given(marks=intervals, minute=st.integers(0, 1600))
def test_the_next_opening_is_the_first_open_instant(zone, day, marks, minute):
    hours = every_day(zone, *marks)
    at = day_start(hours, day) - timedelta(hours=1) + timedelta(minutes=minute)
    opened = next_open(hours, at)
    assert opened is not None and opened >= at and is_open(hours, opened)
    probe = at
    while probe < opened:
        assert not is_open(hours, probe)
        probe += timedelta(minutes=1)
    assert next_open(hours, opened) == opened
    closes = closes_at(hours, opened)
    assert is_open(hours, closes - timedelta(seconds=1))
    assert not is_open(hours, closes) or local_day(hours, closes) != local_day(hours, opened)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@given(marks=intervals, start=st.integers(0, 1600), working=st.integers(0, 1600))
def test_working_time_passes_only_while_open(zone, day, marks, start, working):
    hours = every_day(zone, *marks)
    at = day_start(hours, day) + timedelta(minutes=start)
    left, asked = open_left(hours, at), timedelta(minutes=working)
    then = after_working(hours, at, asked)
    assert then >= at
    if asked < left:
        assert is_open(hours, then)
        assert open_left(hours, then) == left - asked
    elif left:
        assert closes_at(hours, then - timedelta(seconds=1)) == then
    else:
        assert then == at


def test_a_time_that_does_not_exist_moves_forward():
    hours = every_day("Europe/Berlin", (150, 300))  # 02:30 is jumped over on 28 March 2027
    assert next_open(hours, local("Europe/Berlin", 2027, 3, 28, 0)) == local("Europe/Berlin", 2027, 3, 28, 3)
    swallowed = every_day("Europe/Berlin", (135, 165))
    assert next_open(swallowed, local("Europe/Berlin", 2027, 3, 28, 0)) == local("Europe/Berlin", 2027, 3, 29, 2, 15)


def test_a_time_that_comes_twice_opens_once():
    hours = every_day("Europe/Berlin", (135, 165))  # 02:15 to 02:45 on 31 October 2027
    first = local("Europe/Berlin", 2027, 10, 31, 2, 15)
    assert next_open(hours, local("Europe/Berlin", 2027, 10, 31, 0)) == first
    assert closes_at(hours, first) == local("Europe/Berlin", 2027, 10, 31, 2, 45)
    assert not is_open(hours, local("Europe/Berlin", 2027, 10, 31, 2, 30, fold=1))
    assert next_open(hours, closes_at(hours, first)) == local("Europe/Berlin", 2027, 11, 1, 2, 15)


def test_lord_howe_moves_by_half_an_hour():
    hours = every_day("Australia/Lord_Howe", (120, 180))
    spring = local("Australia/Lord_Howe", 2027, 10, 3, 2, 30)
    assert next_open(hours, spring - timedelta(minutes=1)) == spring
    assert closes_at(hours, spring) - spring == timedelta(minutes=30)


def test_casablanca_follows_ramadan():
    hours = every_day("Africa/Casablanca", (540, 1020))
    assert next_open(hours, utc(2027, 2, 6, 3)) == utc(2027, 2, 6, 8)
    assert next_open(hours, utc(2027, 2, 8, 3)) == utc(2027, 2, 8, 9)
    assert next_open(hours, utc(2027, 3, 15, 3)) == utc(2027, 3, 15, 8)


def test_sao_paulo_changes_no_more():
    hours = every_day("America/Sao_Paulo", (540, 1020))
    assert {next_open(hours, utc(2027, month, 10)) for month in range(1, 13)} == {
        utc(2027, month, 10, 12) for month in range(1, 13)
    }


def test_office_hours_sleep_over_the_weekend_and_over_lunch():
    hours = parse_hours(OFFICE, zone="Europe/Berlin")
    assert next_open(hours, local("Europe/Berlin", 2027, 6, 4, 17, 30)) == local("Europe/Berlin", 2027, 6, 7, 9)
    assert next_open(hours, local("Europe/Berlin", 2027, 6, 4, 12)) == local("Europe/Berlin", 2027, 6, 4, 13)


def test_intervals_that_touch_are_one_run_up_to_the_end_of_the_local_day():
    hours = every_day("UTC", (0, 360), (1080, 1260), (1260, 1440))
    assert closes_at(hours, utc(2027, 6, 4, 18)) == utc(2027, 6, 5)
    assert is_open(hours, utc(2027, 6, 5))


def test_a_closed_instant_has_no_closing_time():
    with pytest.raises(ValueError, match="outside working hours"):
        closes_at(every_day("UTC", (540, 600)), utc(2027, 6, 4, 8))


def test_an_empty_week_and_a_year_of_days_off_never_open():
    assert next_open(every_day("UTC"), utc(2027, 1, 1)) is None
    off = frozenset(date(2027, 1, 1) + timedelta(days=n) for n in range(402))
    assert next_open(every_day("UTC", (540, 600), off=off), utc(2027, 1, 1)) is None


def test_a_day_off_is_the_reason_only_while_it_takes_working_time():
    hours = parse_hours(OFFICE, zone="UTC", days_off=[date(2027, 6, 4)])
    assert next_open(hours, utc(2027, 6, 4, 10)) == utc(2027, 6, 7, 9)
    assert why_closed(hours, utc(2027, 6, 4, 8)) == "holiday"
    assert why_closed(hours, utc(2027, 6, 4, 10)) == "holiday"
    assert why_closed(hours, utc(2027, 6, 4, 17, 30)) == "outside_hours"
    assert why_closed(hours, utc(2027, 6, 5, 10)) == "outside_hours"


def test_round_the_clock_is_never_closed_on_any_change():
    for zone, day in CHANGES:
        hours = ROUND_THE_CLOCK(zone)
        start = day_start(hours, day)
        for minute in range(0, 1600, 10):
            assert is_open(hours, start + timedelta(minutes=minute))


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        is_open(ROUND_THE_CLOCK("UTC"), datetime(2027, 1, 1))  # noqa: DTZ001


@given(
    st.builds(
        Hours,
        zone=st.sampled_from([zone for zone, _ in CHANGES]),
        week=st.tuples(*[st.one_of(st.just(()), intervals)] * 7),
        days_off=st.frozensets(st.dates(date(2027, 1, 1), date(2028, 1, 1)), max_size=3),
    )
)
def test_what_is_written_is_read_back(hours):
    assert parse_hours(dump_hours(hours)) == hours


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "must be an object of days"),
        ({"monday": []}, "do not know the day 'monday'"),
        ({"mon": "09:00-17:00"}, "Monday must be a list of intervals"),
        ({"mon": [["09:00"]]}, "Monday: each interval needs a start and an end"),
        ({"tue": [["9:00", "17:00"]]}, "Tuesday: '9:00' is no time of day"),
        ({"tue": [["09:00", "24:30"]]}, "Tuesday: '24:30' is no time of day"),
        ({"wed": [["22:00", "06:00"]]}, "Wednesday: 22:00 to 06:00 must end after it starts"),
        ({"sun": [["09:00", "12:00"], ["11:00", "13:00"]]}, "Sunday has intervals that overlap at 11:00"),
        ({"days_off": ["Christmas"]}, "'Christmas' is no date for a day off"),
        ({"days_off": "2027-12-24"}, "Days off must be a list of dates"),
    ],
)
def test_hours_that_cannot_be_read_say_what_to_change(value, sentence):
    with pytest.raises(ValueError) as error:
        parse_hours(value, zone="Europe/Berlin")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd"])
def test_hours_need_a_zone_that_exists(zone):
    with pytest.raises(ValueError, match="time zone"):
        parse_hours(OFFICE, zone=zone)
