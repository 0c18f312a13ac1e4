"""Any sequence of what can happen to credits, much of it twice: the ledger stays exact and every instant replays."""

from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts import ledger, plans
from accounts.models import CreditBalance, Plan
from outreach.engine.credits import Balance
from tests.accounts.amounts import amounts
from tests.cast import MONDAY, Tidewell, sender

DAY = timedelta(days=1)
CODES = ["career", "business", "sales-navigator-core", "sales-navigator-advanced", "recruiter-lite", "free"]
touches = st.integers(min_value=1, max_value=12)


def a_life_of_credits(cast: Tidewell) -> type[RuleBasedStateMachine]:
    class Life(RuleBasedStateMachine):
        """One sender. `open`, `paid`, `released`, `back`: touches by what became of their credit, with their
        balances."""

        def __init__(self) -> None:
            super().__init__()
            self.outer = transaction.atomic()
            self.outer.__enter__()
            self.now: datetime = MONDAY
            self.open: dict[int, CreditBalance] = {}
            self.paid: dict[int, tuple[CreditBalance, datetime]] = {}
            self.back: set[int] = set()
            self.released: dict[int, CreditBalance] = {}
            self.seen: list[tuple[datetime, dict[str, Balance]]] = []

        def teardown(self) -> None:
            try:
                assert ledger.proof() == []
                self.replay()
            finally:
                transaction.set_rollback(True)
                self.outer.__exit__(None, None, None)

        @initialize(code=st.sampled_from(CODES))
        def begin(self, code: str) -> None:
            self.sender = sender(cast.bob, "Bob", code, anchor_day=15)
            ledger.open_balance(self.sender, now=self.now)

        @property
        def balances(self) -> list[CreditBalance]:
            return list(CreditBalance.objects.filter(sender=self.sender).order_by("id"))

        @property
        def current(self) -> CreditBalance | None:
            return next((b for b in self.balances if b.cap > 0), None)

        @rule(hours=st.integers(min_value=1, max_value=24 * 50))
        def time_passes(self, hours: int) -> None:
            self.seen.append((self.now, self.stored))
            self.now += timedelta(hours=hours)

        @rule(touch=touches, leave=st.integers(min_value=0, max_value=6))
        def reserve(self, touch: int, leave: int) -> None:
            if (balance := self.current) is None or touch in self.paid:
                return
            before = amounts(balance)
            try:
                done = ledger.reserve(balance.pk, touch=touch, now=self.now, leave=leave)
            except ledger.NotEnoughCredits:
                assert touch not in self.open
                assert balance.blocked or before[0] <= leave or self.mortal(balance)
                return
            assert done is (touch not in self.open)
            assert amounts(balance) == (before[0] - done, before[1] + done)
            self.open.setdefault(touch, balance)

        def mortal(self, balance: CreditBalance) -> bool:
            """Whether some of what is available is past its life."""
            return balance.lots.filter(remaining__gt=0, expires_at__lte=self.now).exists()

        @rule(touch=touches, sent=st.booleans())
        def settle(self, touch: int, sent: bool) -> None:
            if (balance := self.open.pop(touch, None)) is None:
                return
            verb = ledger.post if sent else ledger.void
            balance.refresh_from_db()
            available, reserved, cap = balance.available, balance.reserved, balance.cap
            assert verb(balance.pk, touch=touch, now=self.now)
            assert not verb(balance.pk, touch=touch, now=self.now)
            freed = not sent and available + reserved <= cap
            assert amounts(balance) == (available + freed, reserved - 1)
            if sent:
                self.paid[touch] = (balance, self.now)
            else:
                self.released[touch] = balance

        @rule(most=touches, sent=st.booleans())
        def settle_at_once(self, most: int, sent: bool) -> None:
            chosen = {touch: self.open.pop(touch) for touch in sorted(self.open)[:most]}
            expected = {}
            for balance in {balance.pk: balance for balance in chosen.values()}.values():
                balance.refresh_from_db()
                settled = [touch for touch, its in chosen.items() if its.pk == balance.pk]
                clipped = min(len(settled), max(0, balance.available + balance.reserved - balance.cap))
                freed = 0 if sent else len(settled) - clipped
                expected[balance.pk] = (balance.available + freed, balance.reserved - len(settled))
            verb = ledger.post_all if sent else ledger.void_all
            pairs = [(balance.pk, touch) for touch, balance in chosen.items()]
            assert verb(pairs, now=self.now) == len(chosen)
            assert verb(pairs, now=self.now) == 0
            assert {balance.pk: amounts(balance) for balance in chosen.values()} == expected
            if sent:
                self.paid |= {touch: (balance, self.now) for touch, balance in chosen.items()}

        @rule(touch=touches, what=st.sampled_from(["post", "void", "answer"]))
        def something_comes_too_early_or_too_late(self, touch: int, what: str) -> None:
            """What the credit of this touch cannot do now is refused, and moves nothing."""
            paid, held = self.paid.get(touch), self.open.get(touch)
            balance = paid[0] if paid else held or self.current
            if balance is None or (what in ("post", "void") and held) or (what == "answer" and paid):
                return
            before = self.stored
            if what == "answer":
                with pytest.raises(ledger.NotSpent):
                    ledger.give_back(balance.pk, touch=touch, sent_at=self.now, responded_at=self.now, now=self.now)
            elif paid and what == "post":
                assert not ledger.post(balance.pk, touch=touch, now=self.now), "told twice, booked once"
            elif paid:
                with pytest.raises(ledger.SettledOtherwise):
                    ledger.void(balance.pk, touch=touch, now=self.now)
            elif touch not in self.released:
                with pytest.raises(ledger.NotReserved):
                    (ledger.post if what == "post" else ledger.void)(balance.pk, touch=touch, now=self.now)
            elif what == "post" and self.released[touch] == balance:
                with pytest.raises(ledger.SettledOtherwise):
                    ledger.post(balance.pk, touch=touch, now=self.now)
            assert self.stored == before

        @rule(held=st.integers(min_value=0, max_value=150), shut=st.booleans())
        def a_manager_holds_and_blocks(self, held: int, shut: bool) -> None:
            if (balance := self.current) is None:
                return
            before = amounts(balance)
            if held <= balance.cap:
                ledger.hold_credits(balance, held, by=cast.mara, now=self.now)
            verb = partial(ledger.block, why="Look at the balance.") if shut else ledger.unblock
            verb(balance, now=self.now, by=cast.mara)
            assert amounts(balance) == before

        @rule(touch=touches, age=st.integers(min_value=0, max_value=100))
        def answer(self, touch: int, age: int) -> None:
            if touch not in self.paid:
                return
            balance, sent_at = self.paid[touch]
            before = amounts(balance)
            answered = sent_at + age * DAY
            if answered > self.now:
                self.seen.append((self.now, self.stored))
                self.now = answered
            done = ledger.give_back(balance.pk, touch=touch, sent_at=sent_at, responded_at=answered, now=self.now)
            assert done is (age <= 90 and touch not in self.back)
            assert amounts(balance)[0] - before[0] in ((0, 1) if done else (0,))
            if done:
                self.back.add(touch)

        @rule()
        def the_calendar(self) -> None:
            for verb in (ledger.apply_terms_due, ledger.grant_due, ledger.expire_due):
                verb(now=self.now)
                after = [amounts(b) for b in self.balances]
                assert self.sender.pk not in verb(now=self.now)
                assert [amounts(b) for b in self.balances] == after

        @rule(code=st.sampled_from(CODES))
        def another_plan(self, code: str) -> None:
            for _ in range(2):
                ledger.change_plan(self.sender, Plan.objects.get(code=code), by=cast.alice, now=self.now)

        @rule(
            code=st.sampled_from(CODES),
            days=st.integers(min_value=1, max_value=40),
            grant=st.integers(min_value=0, max_value=8),
            more=st.integers(min_value=0, max_value=12),
            life=st.none() | st.integers(min_value=1, max_value=60),
        )
        def new_terms(self, code: str, days: int, grant: int, more: int, life: int | None) -> None:
            first: date = (self.now + days * DAY).date()
            plans.add_terms(
                Plan.objects.get(code=code),
                first,
                grant=grant,
                cap=max(grant + more, 1),
                inmail=True,
                credit_life_days=life,
                by=cast.alice,
                now=self.now,
            )

        @rule(difference=st.integers(min_value=-3, max_value=3), doubt=st.integers(min_value=0, max_value=3))
        def look(self, difference: int, doubt: int) -> None:
            if (balance := self.current) is None:
                return
            ledger.grant_due(now=self.now)
            available, reserved = amounts(balance)
            still_open = sum(b == balance and t not in self.back for t, (b, _) in self.paid.items())
            found = ledger.observe(
                balance,
                available + reserved + difference,
                in_doubt=doubt,
                open_inmails=still_open,
                now=self.now,
            )
            assert (found.outcome == "equal") is (-min(doubt, reserved) <= difference <= 0)
            assert found.hold is (difference < -min(doubt, reserved))
            assert found.returns <= max(0, min(difference, still_open))
            if found.hold:
                assert amounts(balance) == (available, reserved)

        @rule(amount=st.integers(min_value=-5, max_value=5))
        def adjust(self, amount: int) -> None:
            if (balance := self.current) is None:
                return
            before = amounts(balance)
            try:
                done = ledger.adjust(
                    balance, amount, by=cast.alice, now=self.now, note="Counted", key=f"{self.now}{amount}"
                )
            except ledger.LedgerRefusal:
                done = False
            assert amounts(balance) == (before[0] + amount * done, before[1])

        @invariant()
        def never_negative_never_above_the_cap(self) -> None:
            for balance in self.balances:
                assert balance.available >= 0
                assert balance.reserved == sum(b == balance for b in self.open.values())
                assert balance.available == 0 or balance.available + balance.reserved <= balance.cap

        @property
        def stored(self) -> dict[str, Balance]:
            return {b.product: Balance(b.available, b.reserved, b.cap) for b in self.balances}

        def replay(self) -> None:
            """The balance at each instant seen, and between two of them, is what its row was then."""
            self.seen.append((self.now, self.stored))
            for (at, was), (until, _) in pairwise(self.seen):
                assert ledger.balance_at(self.sender, at) == was
                assert ledger.balance_at(self.sender, at + (until - at) * 0.999) == was
            assert ledger.balance_at(self.sender, self.now) == self.stored
            assert ledger.balance_at(self.sender, MONDAY - DAY) == {}

    return Life


def test_the_ledger_is_exact_whatever_happens(tidewell, in_tidewell):
    run_state_machine_as_test(
        lambda: a_life_of_credits(tidewell)(),
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
