"""A change is told when chance alone would seldom make it, and not before."""

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.metrics import changes
from campaigns.metrics.changes import Change
from campaigns.metrics.rates import Rate

rates = st.integers(1, 2_000).flatmap(lambda n: st.integers(0, n).map(lambda hits: Rate(hits, n)))


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (Rate(33, 100), Rate(35, 100), Change("", "", "Was 35%, no clear change")),
        (Rate(40, 100), Rate(20, 100), Change("up", "+20 points", "likely +7.3 to +32. Was 20%")),
        (Rate(20, 100), Rate(40, 100), Change("down", "-20 points", "likely -32 to -7.3. Was 40%")),
        (Rate(3, 10), Rate(0, 10), Change("", "", "Was 0 to 28%, no clear change")),
        (Rate(3, 10), Rate(0, 0), changes.NOTHING),
        (Rate(0, 0), Rate(40, 100), Change("", "", "Was 40%")),
    ],
)
def test_a_share_has_changed_when_the_interval_of_the_difference_says_so(
    now: Rate, before: Rate, change: Change
) -> None:
    assert changes.of_shares(now, before) == change


def test_the_interval_is_that_of_newcombe() -> None:
    """His example: 56 of 70 against 48 of 80."""
    low, high = changes.difference(Rate(56, 70), Rate(48, 80))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize(
    ("now", "before", "days", "days_before", "change"),
    [
        (117, 98, 30, 30, Change("", "", "98 before, no clear change")),
        (160, 98, 30, 30, Change("up", "+62", "from 98")),
        (98, 160, 30, 30, Change("down", "-62", "from 160")),
        (98, 98, 15, 30, Change("up", "+0", "from 98")),
        (0, 0, 30, 30, changes.NOTHING),
        (1, 0, 30, 30, Change("", "", "0 before, no clear change")),
    ],
)
def test_a_count_has_changed_when_a_coin_would_seldom_do_that(
    now: int, before: int, days: int, days_before: int, change: Change
) -> None:
    assert changes.of_counts(now, before, days=days, days_before=days_before) == change


def test_what_we_did_ourselves_is_no_chance() -> None:
    assert changes.of_doings(10, 4).words == "+6 from 4"
    assert changes.of_doings(4, 4).words == "As many as before, 4"
    assert changes.of_doings(4, 0) == changes.NOTHING


@given(now=rates, before=rates)
def test_the_other_way_round_it_is_the_opposite(now: Rate, before: Rate) -> None:
    low, high = changes.difference(now, before)
    back = changes.difference(before, now)
    assert low <= high and back == pytest.approx((-high, -low))
    opposite = {"up": "down", "down": "up", "": ""}
    assert changes.of_shares(before, now).dir == opposite[changes.of_shares(now, before).dir]


def test_noise_is_seldom_called_a_change() -> None:
    """Two hundred weeks with nothing behind them: about one in twenty may look like a change, not more than one in
    ten."""
    r = Random(7)

    def week() -> Rate:
        return Rate(sum(r.random() < 0.1 for _ in range(150)), 150)

    weeks = [week() for _ in range(201)]
    shares = sum(bool(changes.of_shares(b, a).dir) for a, b in itertools.pairwise(weeks))
    counts = sum(
        bool(changes.of_counts(b.hits, a.hits, days=7, days_before=7).dir) for a, b in itertools.pairwise(weeks)
    )
    assert shares <= 20 and counts <= 20
