"""A sender's plan and credits as people change them: another plan with what it costs shown first, the line of held
credits, and the explanation of a difference."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from accounts import history, ledger, plans, rights
from accounts.ledger import LedgerRefusal
from accounts.models import CreditBalance, CreditTransfer, Member, Plan, Sender
from accounts.models.credit import LedgerAccount
from campaigns.models import Allowance, Enrollment
from campaigns.running import allowances, lanes
from campaigns.running.database import together
from outreach.engine.facts import Terms
from outreach.engine.kinds import Budget

WAITING_FOR_TERMS = ("no_channel", "no_credit", "held_for_tier_3", "month_cap", "week_cap", "missing_text")
"""Causes that another plan may lift."""


@dataclass(frozen=True, slots=True)
class Change:
    """What another plan does on the day it is taken. Credits: lost for good (`forfeited`, `clipped`), new (`granted`),
    and what there is afterwards. `caps`: (what, was, will be) of the numbers that differ."""

    forfeited: int
    clipped: int
    granted: int
    left: int
    caps: tuple[tuple[str, str, str], ...]


def change_plan(sender: Sender, plan: Plan, *, by: Member, now: datetime) -> bool:
    """Put the sender on another plan from now on. Whether it was another one. Raises NotAllowed.

    Its credits and limits follow at once, and whoever waited for what the plan did not have is decided again.
    """
    rights.require(by, rights.Verb.GOVERN)
    with transaction.atomic():
        changed = _change(sender, plan, by=by, now=now)
    if changed:
        lanes.credits_arrived([sender.pk], now=now)
    return changed


def foresee(sender: Sender, plan: Plan, *, by: Member, now: datetime) -> Change:
    """What `change_plan` would do, found by doing it and taking it back: the same verbs, so the same numbers."""
    with transaction.atomic():
        last = CreditTransfer.objects.order_by("-id").values_list("id", flat=True).first() or 0
        was = _limits(sender, now)
        _change(sender, plan, by=by, now=now)
        made = CreditTransfer.objects.filter(balance__sender=sender, id__gt=last)
        sums = dict.fromkeys(LedgerAccount.values, 0)
        granted = 0
        for move in made:
            sums[move.credit] += move.amount
            granted += move.amount if move.debit == LedgerAccount.GRANT else 0
        left = sum(row.available + row.reserved for row in CreditBalance.objects.filter(sender=sender))
        will = _limits(sender, now)
        transaction.set_rollback(True)
    caps = tuple((what, was[what], will[what]) for what in was if was[what] != will[what])
    return Change(sums[LedgerAccount.FORFEITED], sums[LedgerAccount.CLIPPED], granted, left, caps)


def _change(sender: Sender, plan: Plan, *, by: Member, now: datetime) -> bool:
    row = Sender.objects.select_for_update(no_key=True).get(pk=sender.pk)
    if row.plan_id == plan.pk:
        return False
    Enrollment.objects.filter(sender=row, state="active", cause__in=WAITING_FOR_TERMS).update(decide_at=now)
    together(allowances.lock(row.pk, list(Budget)))  # before the balances, as everywhere
    ledger.change_plan(row, plan, by=by, now=now)
    for balance in CreditBalance.objects.filter(sender=row, held__gt=0):
        if balance.held > balance.cap:
            ledger.hold_credits(balance, balance.cap, by=by, now=now)
    allowances.refresh([row.pk], now=now)
    return True


def _limits(sender: Sender, now: datetime) -> dict[str, str]:
    """The numbers that a plan sets, as people read them."""
    row = Sender.objects.get(pk=sender.pk)
    rows = {one.budget: one for one in Allowance.objects.filter(sender=sender)}
    today = now.astimezone(UTC).date()
    terms: Terms | None = plans.terms_by_plan(today, [row.plan_id]).get(row.plan_id) if row.plan_id else None
    notes, opened = rows.get(Budget.NOTES_MONTH), rows.get(Budget.OPEN_INMAIL)
    invites = rows.get(Budget.INVITES)
    return {
        "Invites a week": _number(invites.week_cap if invites else None),
        "Notes a month": _number(notes.month_cap if notes else None),
        "Characters of a note": str(terms.note_chars) if terms else "none",
        "Free InMails a month": _number(opened.month_cap if opened else None),
        "InMail credits a month": str(terms.grant) if terms and terms.inmail else "none",
        "Most credits kept": str(terms.cap) if terms and terms.inmail else "none",
    }


def _number(cap: int | None) -> str:
    return "no limit" if cap is None else str(cap)


def hold(balance: CreditBalance, held: int, *, by: Member, now: datetime) -> None:
    """Keep this many credits for tier 3. Raises LedgerRefusal and NotAllowed."""
    rights.require(by, rights.Verb.APPROVE)
    with transaction.atomic():
        waiting = Enrollment.objects.filter(sender=balance.sender_id, state="active", cause="held_for_tier_3")
        waiting.update(decide_at=now)  # before the balance, as everywhere
        ledger.hold_credits(balance, held, by=by, now=now)
    lanes.credits_arrived([balance.sender_id], now=now)


@transaction.atomic
def ask_again(balance: CreditBalance, *, by: Member, now: datetime) -> None:
    """LinkedIn's number may be behind ours: the next look around asks for it, and what agrees again is let go. Raises
    LedgerRefusal where nobody can be asked, and NotAllowed."""
    rights.require(by, rights.Verb.APPROVE)
    asked = Sender.objects.filter(pk=balance.sender_id, connection__isnull=False).update(balance_at=None)
    if not asked:
        raise LedgerRefusal(
            "This sender is guided, so nobody can ask LinkedIn for it: look at LinkedIn's own page of credits."
        )
    history.note(balance, "asked again", by=by, now=now)


def explain(balance: CreditBalance, amount: int, why: str, *, key: str, by: Member, now: datetime) -> bool:
    """Book a difference that a person explains, up (amount > 0) or down; `key` names the form that it came from. False
    when that one was booked before. Raises LedgerRefusal and NotAllowed."""
    rights.require(by, rights.Verb.APPROVE)
    booked = ledger.adjust(balance, amount, by=by, now=now, note=why, key=key)
    if booked:
        lanes.credits_arrived([balance.sender_id], now=now)
    return booked
