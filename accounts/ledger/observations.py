"""The provider's own balance beside ours: a difference is explained or held for a person, never overwritten."""

from dataclasses import replace
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Sum

from accounts import plans
from accounts.ledger.balances import DIFFERENCE, block, unblock
from accounts.ledger.booking import Entry, book, locked
from accounts.ledger.grants import grant_due
from accounts.models import CreditBalance, CreditObservation, CreditTransfer
from outreach.engine import credits
from outreach.engine.credits import Balance, Observation

MOVED = "moved"
"""Outcome when credits moved while the provider was asked: the two numbers are not of one moment, ask again later."""


@transaction.atomic
def observe(
    balance: CreditBalance | int,
    provider: int,
    *,
    in_doubt: int,
    open_inmails: int,
    now: datetime,
    asked_at: datetime | None = None,
) -> Observation:
    """Compare what the provider says it has with the ledger, and book or hold what follows; see engine `observe`.

    `in_doubt`: reserved credits whose touch was handed over and is not settled, so that the provider may or may not
    have taken them. `open_inmails`: sent, paid, without an answer, at most 90 days old. `asked_at`: when the question
    was put. Returns of unknown touches are booked with the observation as their cause; `give_back` names them later.
    """
    [row] = locked(balance)
    grant_due(now=now, balances=[row.pk])
    [row] = locked(row)
    doubt = min(in_doubt, row.reserved)
    seen = CreditObservation(
        workspace_id=row.workspace_id,
        balance=row,
        at=now,
        provider=provider,
        ours=row.available + row.reserved,
        in_doubt=doubt,
    )
    transfers = CreditTransfer.objects.with_scopes_disabled().filter(balance=row)
    if asked_at is not None and transfers.filter(at__gt=asked_at).exists():
        found = Observation(MOVED, why="Credits moved while the provider was asked: ask again later.")
    else:
        ours = Balance(row.available + row.reserved - doubt, doubt, row.cap)
        found = credits.observe(ours, provider, max(0, open_inmails - _unattributed(row, now)))
    seen.outcome = found.outcome
    seen.save()
    if found.outcome == MOVED:
        return found
    if found.hold:
        fewer = f"LinkedIn shows {-found.difference} fewer credits than the ledger"
        why = f"{DIFFERENCE}{fewer}. Explain it with an adjustment."
        if not row.blocked or row.blocked.startswith(DIFFERENCE):
            block(row, why, now=now)
        return replace(found, why=why)
    if found.returns:
        today = now.astimezone(UTC).date()
        plan = row.sender.plan_id
        terms = None if plan is None else plans.terms_by_plan(today, [plan]).get(plan)
        entry = Entry(row)
        returns = credits.unattributed_moves(entry.now_at, found.returns, seen.pk)
        entry.add(returns, since=now, life=terms.credit_life_days if terms is not None else None)
        book([entry], now=now)
    if row.blocked.startswith(DIFFERENCE):
        unblock(row, now=now)
    return found


def _unattributed(row: CreditBalance, now: datetime) -> int:
    """Returns booked in the last 90 days that no touch has claimed: as many InMails only look open."""
    since = CreditObservation.objects.with_scopes_disabled().filter(
        balance=row, outcome="returned", at__gte=now - credits.RETURN_WINDOW
    )
    transfers = CreditTransfer.objects.with_scopes_disabled().filter(balance=row)
    left = 0
    for pk in since.values_list("pk", flat=True):
        booked = transfers.filter(cause__in=[f"observed:{pk}", f"observed:{pk}:clipped"])
        left += booked.aggregate(n=Sum("amount", default=0))["n"]
        left -= transfers.filter(cause__startswith=f"attribute:{pk}:").count()
    return left
