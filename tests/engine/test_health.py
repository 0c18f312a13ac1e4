"""Health: when invites pause, how long a limit answer rests, what a response rate says."""

from datetime import UTC, datetime, timedelta
from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.health import after_limit_answer, invite_health, response_rate, resumes_at, wilson_upper

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
shares = st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(shares)
def test_the_upper_bound_is_the_share_that_just_explains_what_was_seen(share):
    """The Wilson bound solves |seen - p| = z * sqrt(p(1-p)/n): put it back into that equation."""
    hits, n = share
    upper = wilson_upper(hits, n)
    assert hits <= n * upper + 1e-9 and 0 <= upper <= 1
    if n:
        assert isclose(upper - hits / n, 1.959964 * sqrt(max(upper * (1 - upper), 0) / n), abs_tol=1e-7)


@given(shares)
def test_one_more_acceptance_never_lowers_the_bound(share):
    hits, n = share
    if hits < n:
        assert wilson_upper(hits, n) <= wilson_upper(hits + 1, n)


@pytest.mark.parametrize(
    ("accepted", "n", "state"),
    [
        (0, 0, "ok"),
        (0, 11, "ok"),
        (0, 12, "paused"),
        (6, 50, "paused"),
        (7, 50, "ok"),
        (25, 50, "ok"),
        (1, 20, "paused"),
    ],
)
def test_invites_pause_when_even_a_lucky_reading_is_below_a_quarter(accepted, n, state):
    assert invite_health(accepted, n).state == state


def test_a_pause_says_what_was_seen_and_what_follows():
    words = invite_health(1, 50).words
    assert words == (
        "1 of the last 50 invites was accepted, at most 10.5% with confidence; below 25% invites pause for 7 days "
        "and start again slowly."
    )
    assert invite_health(0, 0).words == "No invite is old enough to judge yet."
    assert invite_health(20, 50).words == "20 of the last 50 invites were accepted, 40%."


@pytest.mark.parametrize(("accepted", "n"), [(3, 2), (-1, 5), (0, -1), (0, 51)])
def test_impossible_counts_are_refused(accepted, n):
    with pytest.raises(ValueError):
        invite_health(accepted, n)


def test_a_pause_lasts_seven_days():
    assert resumes_at(NOW) == NOW + timedelta(days=7)


def test_the_first_limit_answer_rests_a_day_and_the_second_within_a_week_a_week():
    assert after_limit_answer(None, NOW) == NOW + timedelta(hours=24)
    assert after_limit_answer(NOW - timedelta(days=8), NOW) == NOW + timedelta(hours=24)
    assert after_limit_answer(NOW - timedelta(days=7), NOW) == NOW + timedelta(days=7)
    assert after_limit_answer(NOW - timedelta(hours=25), NOW) == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    ("answered", "n", "state"),
    [
        (0, 99, "unknown"),
        (12, 100, "red"),
        (13, 100, "amber"),
        (19, 100, "amber"),
        (20, 100, "good"),
        (0, 0, "unknown"),
    ],
)
def test_a_response_rate_speaks_from_a_hundred_inmails_on(answered, n, state):
    found = response_rate(answered, n)
    assert found.state == state
    assert (found.rate is None) == (state == "unknown")
    assert f"{answered} of {n} InMails" in found.words


def test_a_response_rate_above_one_is_refused():
    with pytest.raises(ValueError, match="no share"):
        response_rate(101, 100)
