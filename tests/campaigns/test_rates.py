"""Rates with their intervals and what a reply cost: numbers that people can check by hand."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.metrics.cost import PerReply, Spending, credit_cost, money, seat_share
from campaigns.metrics.rates import ENOUGH, Rate, percent
from outreach.engine.credits import price_per_credit

shares = st.integers(min_value=0, max_value=5_000).flatmap(
    lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 50, 0.0435, 0.2136),
        (203, 612, 0.2956, 0.3699),
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
    ],
)
def test_wilson_as_in_the_tables(hits: int, n: int, low: float, high: float) -> None:
    assert Rate(hits, n).low == pytest.approx(low, abs=5e-4)
    assert Rate(hits, n).high == pytest.approx(high, abs=5e-4)


@given(shares)
def test_the_share_lies_in_its_interval(share: tuple[int, int]) -> None:
    rate = Rate(*share)
    assert 0 <= rate.low <= rate.high <= 1
    if rate.share is None:
        assert (rate.low, rate.high, rate.words) == (0, 1, "")
    else:
        assert rate.low <= rate.share <= rate.high


@given(shares, st.integers(min_value=2, max_value=20))
def test_more_of_the_same_makes_it_surer(share: tuple[int, int], times: int) -> None:
    hits, n = share
    if n:
        once, often = Rate(hits, n), Rate(hits * times, n * times)
        assert often.high - often.low < once.high - once.low


def test_few_tries_show_a_range_and_never_a_smooth_number() -> None:
    assert Rate(3, ENOUGH - 1).words == "4 to 26%"
    assert Rate(3, ENOUGH).words == "10%"
    assert Rate(0, 0).words == ""


def test_percent_has_a_digit_where_it_is_small() -> None:
    assert [percent(x) for x in (0.0, 0.004, 0.095, 0.0996, 0.33, 1.0)] == ["0%", "0.4%", "9.5%", "10%", "33%", "100%"]


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_what_is_no_share_is_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        Rate(hits, n)


# --- money ------------------------------------------------------------------------------------------------------------


def test_the_example_of_the_field() -> None:
    """99 dollars, 50 credits, one reply in ten: 19.80 gross, and 17.82 when each returned credit was spent again."""
    cost = credit_cost([Spending(price_per_credit(99_00, 50), spent=50, again=5)], Rate(5, 50))
    assert (cost.gross.value, cost.net.value) == (1980, 1782)
    assert (cost.gross.words, cost.net.words) == ("$19.80", "$17.82")


def test_a_return_that_was_not_spent_again_takes_nothing_off() -> None:
    cost = credit_cost([Spending(price_per_credit(99_00, 50), spent=50, again=0)], Rate(5, 50))
    assert cost.net.words == cost.gross.words == "$19.80"


def test_each_seat_pays_its_own_price() -> None:
    spendings = [Spending(price_per_credit(99_00, 50), 10, 0), Spending(price_per_credit(60_00, 15), 10, 2)]
    cost = credit_cost(spendings, Rate(4, 40))
    assert cost.gross.value == Fraction(10 * 198 + 10 * 400, 4)
    assert cost.net.value == Fraction(10 * 198 + 8 * 400, 4)


def test_credits_without_a_price_are_named_and_not_guessed() -> None:
    cost = credit_cost([Spending(price_per_credit(0, 0), 7, 1), Spending(Fraction(200), 3, 0)], Rate(1, 40))
    assert (cost.unpriced, cost.gross.value) == (7, 600)


def test_without_a_reply_the_least_that_one_costs() -> None:
    """Of 50 InMails none was answered: at most 7.1 % would be, so a reply costs over 198 ÷ 0.071 cents."""
    cost = PerReply(Fraction(50 * 198), Rate(0, 50))
    assert (cost.value, cost.range) == (None, "")
    assert cost.words == "over $27.75"


def test_a_range_for_few_touches() -> None:
    cost = PerReply(Fraction(10 * 198), Rate(1, 10))
    assert cost.words == cost.range
    assert cost.range.startswith("$4.9") and " to $1" in cost.range


@given(shares, st.integers(min_value=1, max_value=10**7))
def test_the_cost_lies_in_its_range(share: tuple[int, int], cents: int) -> None:
    rate = Rate(*share)
    cost = PerReply(Fraction(cents), rate)
    if rate.hits:
        assert cost.value is not None
        assert cost._at(rate.high) <= cost.value <= cost._at(rate.low)


def test_channels_that_cost_no_credit_cost_nothing() -> None:
    assert PerReply(Fraction(0), Rate(9, 90)).words == "$0.00"
    assert PerReply(Fraction(0), Rate(0, 90)).words == ""


def test_a_seat_for_a_whole_month_costs_its_price() -> None:
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]
    assert seat_share((day, 99_00) for day in days) == 99_00
    assert seat_share((day, 99_00) for day in days[:10]) == 33_00
    assert seat_share([(date(2026, 2, 1), 28_00), (date(2026, 1, 1), 31_00)]) == 200


def test_money_is_rounded_to_cents_half_up() -> None:
    assert [money(Fraction(n)) for n in (0, 5, 1980)] == ["$0.00", "$0.05", "$19.80"]
    assert money(Fraction(3, 2)) == "$0.02"
    assert money(Fraction(124_049)) == "$1,240"


# --- what was spent again ---------------------------------------------------------------------------------------------


def test_nothing_is_counted_twice() -> None:
    """Gross and net differ by the price of what came back and went out again, by nothing else."""
    for again in range(6):
        cost = credit_cost([Spending(Fraction(198), 50, again)], Rate(5, 50))
        assert cost.gross.cents - cost.net.cents == 198 * again


def test_more_given_back_than_spent_in_a_period_is_never_less_than_nothing() -> None:
    cost = credit_cost([Spending(Fraction(198), 2, 5)], Rate(1, 40))
    assert cost.net.cents == 0
