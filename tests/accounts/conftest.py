"""The shared cast, and balances that its senders have opened."""

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts import ledger
from accounts.models import CreditBalance, Plan
from tests.cast import MONDAY, Tidewell, alice, bob, charlie, in_tidewell, mara, priya, sender, tidewell, vera

__all__ = ["alice", "bob", "charlie", "in_tidewell", "mara", "priya", "tidewell", "vera"]

Open = Callable[..., CreditBalance]


@pytest.fixture
def now() -> datetime:
    return MONDAY


@pytest.fixture
def balance(tidewell: Tidewell) -> CreditBalance:
    """Priya's: Sales Navigator Core, 50 credits of at most 150."""
    return ledger.open_balance(tidewell.senders["priya"], now=MONDAY)


@pytest.fixture
def open_balance(tidewell: Tidewell) -> Open:
    """A balance of a new sender of Bob's on the plan with this code, opened on Monday unless told otherwise."""

    def make(plan: str, *, at: datetime = MONDAY, **fields: object) -> CreditBalance:
        made = ledger.open_balance(sender(tidewell.bob, f"Bob on {plan}", plan, **fields), now=at)
        assert made is not None
        return made

    return make


@pytest.fixture
def plan(in_tidewell: object) -> Callable[[str], Plan]:
    return lambda code: Plan.objects.get(code=code)
