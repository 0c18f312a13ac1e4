"""The credit ledger as arithmetic: exact under any order of events, and the sums people argue about."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from outreach.engine import credits
from outreach.engine.credits import Balance, Lot, OpenInMail, WrongMove
from outreach.engine.decisions import Move
from outreach.engine.facts import Credits
from tests.engine.enrolled import DAY, NOW


@pytest.mark.parametrize(
    ("c", "tier", "expected"),
    [
        (Credits(available=10), 3, 10),
        (Credits(available=10), 2, 10),
        (Credits(available=10), 1, 0),
        (Credits(available=10, held=4), 3, 10),
        (Credits(available=10, held=4), 2, 6),
        (Credits(available=10, held=40), 2, 0),
        (Credits(available=10, held=40, expiring=3), 2, 3),
        (Credits(available=2, held=40, expiring=3), 2, 2),
        (Credits(available=10, held=4, expiring=3), 2, 6),
        (Credits(available=10, expiring=10), 1, 0),
        (Credits(available=10, blocked="below"), 3, 0),
        (Credits(), 3, 0),
    ],
)
def test_who_may_spend_how_many(c: Credits, tier: int, expected: int) -> None:
    assert credits.spendable(c, tier) == expected


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        (Balance(100, 0, 150), 0),
        (Balance(101, 0, 150), 1),
        (Balance(150, 0, 150), 50),
        (Balance(10, 140, 150), 10),
        (Balance(0, 5, 0), 0),
    ],
)
def test_credits_that_the_next_grant_would_clip_are_expiring(balance: Balance, expected: int) -> None:
    assert credits.expiring(balance, 50) == expected


def test_a_grant_stops_at_the_cap_and_says_what_it_clipped() -> None:
    moves = credits.grant_moves(Balance(120, 10, 150), 50, "2027-03-01")
    assert moves == (
        Move("grant", "available", 20, "grant:2027-03-01"),
        Move("grant", "clipped", 30, "grant:2027-03-01:clipped"),
    )
    assert credits.apply(Balance(120, 10, 150), moves) == Balance(140, 10, 150)


def test_a_grant_to_a_full_balance_is_clipped_whole() -> None:
    assert credits.grant_moves(Balance(150, 0, 150), 50, "p") == (Move("grant", "clipped", 50, "grant:p:clipped"),)


def test_reserve_post_return_of_one_inmail() -> None:
    balance = credits.apply(Balance(1, 0, 150), credits.reserve_moves(4))
    assert balance == Balance(0, 1, 150)
    balance = credits.apply(balance, credits.post_moves(4))
    assert balance == Balance(0, 0, 150)
    assert credits.apply(balance, credits.return_moves(balance, 4)) == Balance(1, 0, 150)


def test_a_reservation_is_settled_once_because_post_and_void_share_their_cause() -> None:
    assert credits.post_moves(4)[0].cause == credits.void_moves(Balance(0, 1, 9), 4)[0].cause


def test_each_opening_of_a_guided_touch_has_a_reservation_of_its_own() -> None:
    causes = {credits.reserve_moves(4, opening)[0].cause for opening in range(3)}
    assert causes == {"reserve:4", "reserve:4:1", "reserve:4:2"}


def test_a_void_above_a_lowered_cap_is_clipped_at_once() -> None:
    balance, moves = credits.recap(Balance(30, 2, 45), 1, "career-2027-04-01")
    assert (balance, [move.amount for move in moves]) == (Balance(0, 2, 1), [30])
    assert credits.void_moves(balance, 4) == (Move("reserved", "clipped", 1, "settle:4"),)
    balance = credits.apply(balance, credits.void_moves(balance, 4))
    assert credits.void_moves(balance, 5) == (Move("reserved", "available", 1, "settle:5"),)


def test_a_return_at_the_cap_is_clipped() -> None:
    assert credits.return_moves(Balance(149, 1, 150), 4) == (Move("returned", "clipped", 1, "return:4"),)


def test_a_raised_cap_moves_nothing() -> None:
    assert credits.recap(Balance(45, 0, 45), 150, "x") == (Balance(45, 0, 150), ())


def test_a_cancelled_plan_forfeits_what_is_available_and_keeps_what_is_under_way() -> None:
    balance = Balance(7, 1, 45)
    moves = credits.forfeit_moves(balance, "2027-04-01")
    assert credits.apply(balance, moves) == Balance(0, 1, 45)
    assert credits.forfeit_moves(Balance(0, 1, 45), "2027-04-01") == ()


@pytest.mark.parametrize(
    ("amount", "message"),
    [(6, "An adjustment of 6 passes the cap of 15: enter at most 5."), (-11, "enter at least -10.")],
)
def test_an_adjustment_that_does_not_fit_is_refused_in_one_sentence(amount: int, message: str) -> None:
    with pytest.raises(WrongMove, match=message):
        credits.adjust_moves(Balance(10, 0, 15), amount, "observation-3")


@pytest.mark.parametrize(("amount", "expected"), [(5, 15), (-10, 0), (0, 10)])
def test_an_adjustment_explains_a_difference(amount: int, expected: int) -> None:
    balance = Balance(10, 0, 15)
    assert credits.apply(balance, credits.adjust_moves(balance, amount, "k")).available == expected


@pytest.mark.parametrize(
    ("balance", "moves", "message"),
    [
        (Balance(0, 0, 9), credits.reserve_moves(1), "Not enough credits: 1 more"),
        (Balance(3, 0, 9), credits.post_moves(1), "settled twice"),
        (Balance(9, 0, 9), (Move("returned", "available", 1, "return:1"),), "10 credits would pass the cap of 9"),
        (Balance(9, 0, 9), (Move("available", "available", 1, "x"),), "from one account to another"),
        (Balance(9, 0, 9), (Move("available", "spent", 0, "x"),), "at least 1 credit"),
        (Balance(9, 0, 9), (Move("available", "pocket", 1, "x"),), "from one account to another"),
    ],
)
def test_what_the_ledger_must_not_hold_is_refused(balance: Balance, moves: tuple[Move, ...], message: str) -> None:
    with pytest.raises(WrongMove, match=message):
        credits.apply(balance, moves)


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (timedelta(0), True),
        (90 * DAY, True),
        (90 * DAY + timedelta(seconds=1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_a_response_returns_the_credit_for_90_days(after: timedelta, due: bool) -> None:
    assert credits.return_due(NOW, NOW + after) is due


def test_one_response_returns_the_credit_of_the_oldest_open_inmail() -> None:
    first, second, closed = OpenInMail(2, NOW), OpenInMail(3, NOW + 6 * DAY), OpenInMail(1, NOW - 99 * DAY)
    assert credits.answered([second, first, closed], NOW + 8 * DAY) == first
    assert credits.answered([closed], NOW) is None


@pytest.mark.parametrize(
    ("ours", "provider", "open_inmails", "outcome", "returns", "hold"),
    [
        (Balance(10, 0, 150), None, 5, "unknown", 0, False),
        (Balance(10, 0, 150), 10, 5, "equal", 0, False),
        (Balance(10, 2, 150), 11, 5, "equal", 0, False),
        (Balance(10, 2, 150), 12, 5, "equal", 0, False),
        (Balance(10, 2, 150), 14, 5, "returned", 2, False),
        (Balance(10, 0, 150), 15, 5, "returned", 5, False),
        (Balance(10, 0, 150), 16, 5, "above", 0, False),
        (Balance(10, 0, 150), 11, 0, "above", 0, False),
        (Balance(10, 0, 150), 9, 5, "below", 0, True),
        (Balance(10, 2, 150), 9, 5, "below", 0, True),
    ],
)
def test_an_observation_books_only_what_open_inmails_explain(
    ours: Balance, provider: int | None, open_inmails: int, outcome: str, returns: int, hold: bool
) -> None:
    seen = credits.observe(ours, provider, open_inmails)
    assert (seen.outcome, seen.returns, seen.hold) == (outcome, returns, hold)
    assert seen.why


def test_evidence_for_an_unattributed_return_changes_no_balance_and_bars_a_second_return() -> None:
    moves = credits.return_moves(Balance(0, 0, 9), 4, unattributed=1)
    assert credits.apply(Balance(0, 0, 9), moves) == Balance(0, 0, 9)
    assert credits.return_moves(Balance(0, 0, 9), 4)[0].cause in {move.cause for move in moves}


def test_lots_that_expire_first_are_used_first() -> None:
    lots = [Lot("forever", 5), Lot("late", 2, NOW + 9 * DAY), Lot("soon", 1, NOW + DAY), Lot("empty", 0, NOW)]
    assert credits.draw(lots, 4) == (("soon", 1), ("late", 2), ("forever", 1))
    with pytest.raises(WrongMove, match="fewer than 9 credits"):
        credits.draw(lots, 9)


def test_a_lot_expires_with_what_is_left_in_it() -> None:
    lots = [Lot("old", 3, NOW), Lot("used", 0, NOW), Lot("young", 4, NOW + DAY), Lot("forever", 5)]
    assert credits.expire_moves(lots, NOW) == (Move("available", "expired", 3, "expire:old:20270310T090000"),)


def test_a_credit_costs_its_share_of_the_plan() -> None:
    assert credits.price_per_credit(9900, 50) == 198
    assert credits.price_per_credit(4000, 5) == Fraction(800)
    assert credits.price_per_credit(0, 0) is None


class Ledger(RuleBasedStateMachine):
    """Any sequence of events, each one allowed to be told twice."""

    def __init__(self) -> None:
        super().__init__()
        self.balance = Balance(cap=15)
        self.log: list[Move] = []
        self.causes: set[str] = set()
        self.touches = 0
        self.open: set[int] = set()
        self.sent: set[int] = set()
        self.periods = 0
        self.book(credits.grant_moves(self.balance, 10, "first"))

    def book(self, moves: tuple[Move, ...]) -> bool:
        """As the shell does: a cause that is there already makes the whole event a repetition."""
        if not moves or moves[0].cause in self.causes or moves[-1].cause in self.causes:
            return False
        self.balance = credits.apply(self.balance, moves)
        self.log += moves
        self.causes |= {move.cause for move in moves}
        return True

    @rule(amount=st.integers(0, 30), again=st.booleans())
    def grant(self, amount: int, again: bool) -> None:
        self.periods += 1
        moves = credits.grant_moves(self.balance, amount, str(self.periods))
        self.book(moves)
        if again:
            assert not self.book(moves)

    @precondition(lambda self: self.balance.available)
    @rule()
    def reserve(self) -> None:
        self.touches += 1
        self.book(credits.reserve_moves(self.touches))
        self.open.add(self.touches)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), sent=st.booleans())
    def settle(self, data: st.DataObject, sent: bool) -> None:
        touch = data.draw(st.sampled_from(sorted(self.open)))
        assert self.book(credits.post_moves(touch) if sent else credits.void_moves(self.balance, touch))
        assert not self.book(credits.void_moves(self.balance, touch))
        self.open.discard(touch)
        if sent:
            self.sent.add(touch)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        touch = data.draw(st.sampled_from(sorted(self.sent)))
        unattributed = self.total("observed:") - self.total("attribute:")
        self.book(credits.return_moves(self.balance, touch, unattributed))

    def total(self, cause: str) -> int:
        return sum(move.amount for move in self.log if move.cause.startswith(cause))

    @rule(more=st.integers(-3, 5))
    def observe(self, more: int) -> None:
        unreturned = len(self.sent) - self.total("return:") - self.total("observed:") + self.total("attribute:")
        seen = credits.observe(self.balance, max(0, self.balance.available + more), unreturned)
        self.book(credits.unattributed_moves(self.balance, seen.returns, 100 + len(self.log)))

    @rule(cap=st.sampled_from((0, 1, 5, 15)))
    def change_plan(self, cap: int) -> None:
        moves = credits.cap_moves(self.balance, cap, str(len(self.log)))
        self.balance = Balance(self.balance.available, self.balance.reserved, cap)
        self.book(moves)

    @rule()
    def cancel(self) -> None:
        self.book(credits.forfeit_moves(self.balance, str(len(self.log))))

    @rule(amount=st.integers(-10, 10))
    def adjust(self, amount: int) -> None:
        fits = -self.balance.available <= amount <= self.balance.room
        try:
            self.book(credits.adjust_moves(self.balance, amount, str(len(self.log))))
        except WrongMove:
            assert not fits
        else:
            assert fits

    @precondition(lambda self: self.balance.available)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        lot = Lot(str(len(self.log)), data.draw(st.integers(1, self.balance.available)), NOW)
        self.book(credits.expire_moves([lot], NOW))

    @invariant()
    def every_account_together_is_zero(self) -> None:
        totals = dict.fromkeys(credits.ACCOUNTS, 0)
        for move in self.log:
            totals[move.debit] -= move.amount
            totals[move.credit] += move.amount
        assert sum(totals.values()) == 0
        assert (totals["available"], totals["reserved"]) == (self.balance.available, self.balance.reserved)
        assert min(totals[sink] for sink in ("spent", "expired", "clipped", "forfeited")) >= 0

    @invariant()
    def the_balance_is_never_negative_and_never_above_the_cap(self) -> None:
        assert self.balance.available >= 0
        assert self.balance.reserved == len(self.open)
        assert not self.balance.available or self.balance.available + self.balance.reserved <= self.balance.cap

    @invariant()
    def each_inmail_is_spent_once_and_returned_at_most_once(self) -> None:
        assert sum(move.credit == "spent" for move in self.log) == len(self.sent)
        returns = [move.cause for move in self.log if move.cause.startswith("return:")]
        assert len(returns) == len(set(returns))
        assert self.total("return:") + self.total("observed:") - self.total("attribute:") <= len(self.sent)

    @invariant()
    def the_replay_is_the_balance(self) -> None:
        assert credits.replay(self.log, self.balance.cap) == self.balance


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 40), st.integers(0, 60))
def test_a_grant_is_never_lost_between_available_and_clipped(available: int, reserved: int, cap: int, n: int) -> None:
    balance = Balance(min(available, max(0, cap - reserved)), reserved, cap)
    moves = credits.grant_moves(balance, n, "p")
    assert sum(move.amount for move in moves) == n
    assert credits.apply(balance, moves).available + sum(m.amount for m in moves if m.credit == "clipped") == (
        balance.available + n
    )
