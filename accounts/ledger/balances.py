"""A sender's balances as its plan has them: opened, resized, forfeited, adjusted, held and blocked."""

from datetime import UTC, datetime
from typing import LiteralString

from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum, Window
from django.db.models.expressions import Case, Value, When

from accounts import history, plans
from accounts.ledger.booking import Entry, book, locked, note_cap
from accounts.ledger.grants import grant_due, start_of
from accounts.ledger.movements import LedgerRefusal
from accounts.models import CreditBalance, CreditObservation, CreditTransfer, Member, Plan, Sender
from outreach.engine import credits, periods
from outreach.engine.credits import WrongMove
from outreach.engine.facts import Terms

DIFFERENCE = "Balance differs: "
"""How a block begins that a difference with the provider's balance set, and that agreement lifts."""


@transaction.atomic
def open_balance(sender: Sender, *, now: datetime, by: Member | None = None) -> CreditBalance | None:
    """The balance of the product that the sender's plan pays for, with its cap and the grant of the current period.

    None when the plan has no InMail. Opening twice is opening once.
    """
    terms = _terms(sender, now)
    if terms is None:
        return None
    CreditBalance.objects.bulk_create(
        [CreditBalance(workspace_id=sender.workspace_id, sender=sender, product=terms.product)], ignore_conflicts=True
    )
    found = CreditBalance.objects.with_scopes_disabled().get(sender=sender, product=terms.product)
    [row] = locked(found.pk)
    if row.cap == 0:
        entry = Entry(row, cap=terms.cap)
        period = periods.key(terms.renewal, now, sender.anchor_day)
        if period > row.granted_period:  # periods without the plan were never owed
            entry.period = period
            grant = credits.grant_moves(entry.now_at, terms.grant, period)
            entry.add(grant, since=start_of(period), life=terms.credit_life_days)
        book([entry], now=now, by=by)
        note_cap(row, by=by, now=now)
    return row


@transaction.atomic
def change_plan(sender: Sender, plan: Plan | None, *, by: Member | None, now: datetime) -> None:
    """Put the sender on another plan from now on, after the grants that its old plan owed.

    Credits do not move: those of a product that the new plan does not pay for are forfeited, those above its cap
    clipped. The same plan again changes nothing.
    """
    [row] = _lock_senders([sender.pk])
    was = row.plan
    grant_due(now=now, balances=_balances(sender).values_list("pk", flat=True))
    if (was and was.pk) == (plan and plan.pk):
        return
    sender.plan = plan
    sender.save(update_fields=["plan"])
    history.note(sender, "plan changed", by=by, now=now, was=was and was.name, plan=plan and plan.name)
    _fit(sender, by=by, now=now)


# Senders whose balances are not as today's terms of their plan say: a balance is missing, has another cap, or is of a
# product that the plan does not pay for.
_UNFIT: LiteralString = """
WITH t AS (
  SELECT DISTINCT ON (plan_id) plan_id, product, cap, inmail FROM accounts_planterms
  WHERE valid_from <= %(today)s ORDER BY plan_id, valid_from DESC
)
SELECT s.id FROM accounts_sender s LEFT JOIN t ON t.plan_id = s.plan_id AND t.inmail AND t.cap > 0
WHERE s.state <> 'archived' AND s.kind = 'linkedin' AND (
  (t.cap > 0 AND NOT EXISTS (SELECT FROM accounts_creditbalance b
                             WHERE b.sender_id = s.id AND b.product = t.product AND b.cap = t.cap))
  OR EXISTS (SELECT FROM accounts_creditbalance b
             WHERE b.sender_id = s.id AND b.cap > 0 AND b.product IS DISTINCT FROM t.product))
ORDER BY s.id
"""


@transaction.atomic
def apply_terms_due(*, now: datetime) -> list[int]:
    """Let terms that have begun take effect, in all workspaces: caps, clips, products. The ids of senders changed."""
    with connection.cursor() as cursor:
        cursor.execute(_UNFIT, {"today": now.astimezone(UTC).date()})
        ids = [pk for (pk,) in cursor.fetchall()]
    senders = _lock_senders(ids)
    owned = CreditBalance.objects.with_scopes_disabled().filter(sender__in=senders)
    grant_due(now=now, balances=owned.values_list("pk", flat=True))  # under the terms of their time
    for sender in senders:
        _fit(sender, by=None, now=now)
    return [sender.pk for sender in senders]


def _lock_senders(ids: list[int]) -> list[Sender]:
    """The senders with their plans under their lock: before their balances, as everywhere."""
    rows = Sender.objects.with_scopes_disabled().select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    return list(rows.select_related("plan").order_by("id"))


def _fit(sender: Sender, *, by: Member | None, now: datetime) -> None:
    """Make the sender's balances what its plan's terms say now."""
    terms = _terms(sender, now)
    for row in locked(*_balances(sender).filter(cap__gt=0).values_list("pk", flat=True)):
        entry = Entry(row)
        # The state asks for what follows, not an event that may be told twice: its cause only has to be a new one.
        booked = CreditTransfer.objects.with_scopes_disabled().filter(balance=row).count()
        at = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}:{booked}"
        if terms is None or row.product != terms.product:
            entry.add(credits.forfeit_moves(entry.now_at, at))
            entry.cap = 0
        elif row.cap != terms.cap:
            entry.recap(terms.cap, at)
        else:
            continue
        book([entry], now=now, by=by)
        note_cap(row, by=by, now=now)
    open_balance(sender, now=now, by=by)


def _terms(sender: Sender, now: datetime) -> Terms | None:
    """Today's terms of the sender's plan when they grant InMail."""
    today = now.astimezone(UTC).date()
    terms = plans.terms_by_plan(today, [sender.plan_id]).get(sender.plan_id) if sender.plan_id is not None else None
    return terms if terms is not None and terms.inmail and terms.cap > 0 else None


def _balances(sender: Sender) -> QuerySet[CreditBalance]:
    rows: QuerySet[CreditBalance] = CreditBalance.objects.with_scopes_disabled().filter(sender=sender)
    return rows


@transaction.atomic
def adjust(balance: CreditBalance | int, amount: int, *, by: Member, now: datetime, note: str, key: str = "") -> bool:
    """Book a difference that a person explains, up (amount > 0) or down. False when this one was booked before.

    `key` names the adjustment, such as the form it came from; without it, the person and the instant do. Lifts the
    block that a difference set, once the ledger has no more than the provider last said. Raises LedgerRefusal when it
    is not explained or does not fit.
    """
    if not note.strip():
        raise LedgerRefusal("Say in a few words why the balance is adjusted.")
    if not amount:
        raise LedgerRefusal("An adjustment adds or takes at least 1 credit.")
    [row] = locked(balance)
    cause = key or f"{by.pk}:{now.astimezone(UTC):%Y%m%dT%H%M%S.%f}"
    if CreditTransfer.objects.with_scopes_disabled().filter(balance=row, cause=f"adjust:{cause}").exists():
        return False
    entry = Entry(row, note=note.strip())
    try:
        entry.add(credits.adjust_moves(entry.now_at, amount, cause))
    except WrongMove as wrong:
        raise LedgerRefusal(str(wrong)) from None
    book([entry], now=now, by=by)
    history.note(row, "adjusted", by=by, now=now, amount=amount, note=note.strip())
    seen = CreditObservation.objects.with_scopes_disabled().filter(balance=row).order_by("-id").first()
    if row.blocked.startswith(DIFFERENCE) and seen is not None and row.available <= seen.provider:
        unblock(row, by=by, now=now)
    return True


@transaction.atomic
def hold_credits(balance: CreditBalance | int, held: int, *, by: Member | None, now: datetime) -> None:
    """Keep this many credits for tier 3. Raises LedgerRefusal for more than the balance can ever have."""
    [row] = locked(balance)
    if not 0 <= held <= row.cap:
        raise LedgerRefusal(f"{held} credits cannot be held: give a number from 0 to the cap of {row.cap}.")
    if row.held != held:
        history.note(row, "held", by=by, now=now, was=row.held, held=held)
        row.held = held
        row.save(update_fields=["held"])


@transaction.atomic
def block(balance: CreditBalance | int, why: str, *, now: datetime, by: Member | None = None) -> None:
    """Let no credit be reserved until somebody acts. `why` is a sentence that says what to do."""
    [row] = locked(balance)
    if row.blocked != why:
        history.note(row, "blocked", by=by, now=now, why=why)
        row.blocked = why
        row.save(update_fields=["blocked"])


@transaction.atomic
def unblock(balance: CreditBalance | int, *, now: datetime, by: Member | None = None) -> None:
    """Let credits be reserved again."""
    [row] = locked(balance)
    if row.blocked:
        history.note(row, "unblocked", by=by, now=now, why=row.blocked)
        row.blocked = ""
        row.save(update_fields=["blocked"])


def statement(balance: CreditBalance | int) -> QuerySet[CreditTransfer]:
    """The balance's movements, the newest first, each with `available_after` and `reserved_after`."""

    def after(account: str) -> Window:
        moved = Case(When(credit=account, then=F("amount")), When(debit=account, then=-F("amount")), default=Value(0))
        return Window(Sum(moved), order_by=F("id").asc())

    transfers: QuerySet[CreditTransfer] = CreditTransfer.objects.filter(balance=balance)
    return transfers.annotate(
        available_after=after(credits.AVAILABLE), reserved_after=after(credits.RESERVED)
    ).order_by("-id")
