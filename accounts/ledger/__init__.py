"""The only writer of InMail credits. Append-only transfers, a locked balance beside them, every movement once.

Verbs run inside the caller's transaction and take the balance's lock themselves, the last but one in the lock order.
"""

from accounts.ledger.balances import (
    adjust,
    apply_terms_due,
    block,
    change_plan,
    hold_credits,
    open_balance,
    statement,
    unblock,
)
from accounts.ledger.batches import post_all, void_all
from accounts.ledger.grants import expire_due, grant_due
from accounts.ledger.movements import (
    LedgerRefusal,
    NotEnoughCredits,
    NotReserved,
    NotSpent,
    SettledOtherwise,
    give_back,
    post,
    reserve,
    void,
)
from accounts.ledger.observations import observe
from accounts.ledger.proof import Breach, proof
from accounts.ledger.replay import balance_at

__all__ = [
    "Breach",
    "LedgerRefusal",
    "NotEnoughCredits",
    "NotReserved",
    "NotSpent",
    "SettledOtherwise",
    "adjust",
    "apply_terms_due",
    "balance_at",
    "block",
    "change_plan",
    "expire_due",
    "give_back",
    "grant_due",
    "hold_credits",
    "observe",
    "open_balance",
    "post",
    "post_all",
    "proof",
    "reserve",
    "statement",
    "unblock",
    "void",
    "void_all",
]
