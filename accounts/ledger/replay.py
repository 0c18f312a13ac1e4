"""What a sender had at any instant, added up from the ledger alone: the balance rows are not asked."""

from datetime import datetime

from django.db.models import Sum

from accounts.models import CreditBalance, CreditTransfer, History, Sender
from outreach.engine import credits
from outreach.engine.credits import Balance
from outreach.engine.decisions import Move


def balance_at(sender: Sender | int, moment: datetime) -> dict[str, Balance]:
    """The sender's credits after everything booked at or before `moment`, with the cap of that instant, by product; {}
    before the first.

    Every transfer is added up anew, in three queries however many there are. Raises WrongMove when the ledger adds up
    to what no balance may be.
    """
    pk = sender if isinstance(sender, int) else sender.pk
    balances = {b.pk: b for b in CreditBalance.objects.with_scopes_disabled().filter(sender=pk).order_by("id")}
    moves: dict[int, list[Move]] = {}
    booked = CreditTransfer.objects.with_scopes_disabled().filter(balance__in=balances, at__lte=moment)
    for of, debit, credit, amount in (
        booked.values("balance", "debit", "credit")
        .annotate(moved=Sum("amount"))
        .order_by("balance")
        .values_list("balance", "debit", "credit", "moved")
    ):
        moves.setdefault(of, []).append(Move(debit, credit, amount, "replayed"))
    caps = _caps(balances, moment)
    return {
        balance.product: credits.replay(moves.get(pk, ()), caps.get(pk, 0))
        for pk, balance in balances.items()
        if pk in moves or pk in caps
    }


def _caps(balances: dict[int, CreditBalance], moment: datetime) -> dict[int, int]:
    """The cap in force at that instant: each change of a cap is in the history, in the order in which it was made."""
    subjects = {f"creditbalance:{pk}": pk for pk in balances}
    workspaces = {balance.workspace_id for balance in balances.values()}
    changes = History.objects.with_scopes_disabled().filter(
        workspace__in=workspaces, subject__in=subjects, verb="cap", at__lte=moment
    )
    return {subjects[subject]: data["cap"] for subject, data in changes.order_by("id").values_list("subject", "data")}
