"""The throttle of a company, on plain instants."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.companies import opens_at

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
PAST = st.lists(st.integers(0, 30 * 24).map(lambda hours: NOON - timedelta(hours=hours)), max_size=12)


def test_nobody_waits_while_there_is_room() -> None:
    assert opens_at([], 1, WEEK, NOON) is None
    assert opens_at([NOON - timedelta(days=1)], 2, WEEK, NOON) is None


def test_who_comes_next_waits_until_enough_of_the_others_are_a_week_old() -> None:
    days = [NOON - timedelta(days=n) for n in (1, 3, 5)]
    assert opens_at(days, 3, WEEK, NOON) == NOON + timedelta(days=2)
    assert opens_at(days, 1, WEEK, NOON) == NOON + timedelta(days=6)


def test_whoever_was_approached_a_whole_week_ago_does_not_count() -> None:
    assert opens_at([NOON - WEEK], 1, WEEK, NOON) is None
    assert opens_at([NOON - WEEK + timedelta(seconds=1)], 1, WEEK, NOON) == NOON + timedelta(seconds=1)


@given(past=PAST, people=st.integers(1, 5), days=st.integers(1, 14))
def test_at_the_moment_given_there_is_room_and_just_before_there_is_none(
    past: list[datetime], people: int, days: int
) -> None:
    within = timedelta(days=days)
    at = opens_at(past, people, within, NOON)
    counted = sum(one + within > NOON for one in past)
    assert (at is None) is (counted < people)
    if at is not None:
        assert opens_at(past, people, within, at) is None
        assert opens_at(past, people, within, at - timedelta(seconds=1)) == at
