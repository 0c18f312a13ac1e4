"""What a balance holds now, and ways to use it up."""

from datetime import datetime

from accounts import ledger
from accounts.models import CreditBalance


def amounts(balance: CreditBalance) -> tuple[int, int]:
    """Available and reserved, as the database has them."""
    row = CreditBalance.objects.with_scopes_disabled().get(pk=balance.pk)
    return row.available, row.reserved


def spend(balance: CreditBalance, touch: int, now: datetime) -> None:
    ledger.reserve(balance.pk, touch=touch, now=now)
    ledger.post(balance.pk, touch=touch, now=now)
