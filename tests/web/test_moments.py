"""Instants and hours as words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.views.moments import ahead, hours_words, moment
from outreach.engine.kinds import NEVER
from outreach.engine.windows import ROUND_THE_CLOCK, parse_hours

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        (datetime(2026, 11, 2, 12, 10, tzinfo=UTC), "UTC", "12:10"),
        (datetime(2026, 11, 2, 12, 10, tzinfo=UTC), "Asia/Tokyo", "21:10"),
        (datetime(2026, 11, 2, 20, 10, tzinfo=UTC), "Asia/Tokyo", "Tue 05:10"),
        (datetime(2026, 11, 8, 9, 0, tzinfo=UTC), "UTC", "Sun 09:00"),
        (datetime(2026, 11, 9, 9, 0, tzinfo=UTC), "UTC", "9 Nov 09:00"),
        (datetime(2026, 10, 30, 9, 0, tzinfo=UTC), "UTC", "30 Oct 09:00"),
        (datetime(2027, 1, 3, 9, 0, tzinfo=UTC), "UTC", "3 Jan 2027"),
    ],
)
def test_a_moment_is_as_short_as_it_can_be(at: datetime, zone: str, words: str) -> None:
    assert moment(at, NOW, ZoneInfo(zone)) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=-5), "now"),
        (timedelta(seconds=1), "in 1 min"),
        (timedelta(minutes=8), "in 8 min"),
        (timedelta(hours=22), "in 22 h"),
        (timedelta(days=3), "in 3 days"),
    ],
)
def test_how_long_it_takes(left: timedelta, words: str) -> None:
    assert ahead(NOW + left, NOW) == words


def test_what_time_does_not_lift_has_no_time() -> None:
    assert ahead(None, NOW) == ahead(NEVER, NOW) == ""


@pytest.mark.parametrize(
    ("week", "words"),
    [
        ({day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}, "Mon to Fri 09:00 to 17:30"),
        ({"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}, "Mon 09:00 to 12:00 and 13:00 to 17:00"),
        ({"mon": [["09:00", "12:00"]], "wed": [["10:00", "24:00"]]}, "Mon 09:00 to 12:00, Wed 10:00 to 24:00"),
        ({}, "no working hours"),
    ],
)
def test_hours_in_words(week: dict[str, object], words: str) -> None:
    assert hours_words(parse_hours(week, zone="UTC")) == words


def test_every_hour_of_every_day() -> None:
    assert hours_words(ROUND_THE_CLOCK("UTC")) == "around the clock"
