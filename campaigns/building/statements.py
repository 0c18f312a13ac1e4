"""The credit statement of a month: what was there, every movement with its cause, what was left. All from the ledger's
transfers, so that the sum is the balance."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.db.models import Min, QuerySet

from accounts import ledger
from accounts.models import CreditBalance, CreditObservation, CreditTransfer
from campaigns.models import Touch
from outreach.engine.credits import (
    ADJUSTMENT,
    AVAILABLE,
    CLIPPED,
    EXPIRED,
    FORFEITED,
    GRANT,
    RESERVED,
    RETURNED,
    SPENT,
    Balance,
    lost,
)
from outreach.engine.kinds import WORDS, Kind

ENTRIES: dict[tuple[str, str], str] = {
    (GRANT, AVAILABLE): "Granted",
    (GRANT, CLIPPED): "Granted above the cap",
    (AVAILABLE, RESERVED): "Set aside",
    (RESERVED, SPENT): "Spent",
    (RESERVED, AVAILABLE): "Released",
    (RESERVED, CLIPPED): "Released above the cap",
    (RETURNED, AVAILABLE): "Returned",
    (RETURNED, CLIPPED): "Returned above the cap",
    (RETURNED, ADJUSTMENT): "Return named",
    (ADJUSTMENT, RETURNED): "Return named",
    (ADJUSTMENT, AVAILABLE): "Corrected",
    (AVAILABLE, ADJUSTMENT): "Corrected",
    (AVAILABLE, CLIPPED): "Lost at the cap",
    (AVAILABLE, EXPIRED): "Expired",
    (AVAILABLE, FORFEITED): "Forfeited",
}
"""What a movement from one ledger account to another is called."""

LOST = "No answer within 90 days: the credit is lost."

KEPT = (AVAILABLE, RESERVED)
"""Accounts whose credits are still the sender's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement. `change`: of what is left, set aside or not; `left`, `aside`: after it. The person, campaign and
    member are those of its cause, as (id, name), None when it has none."""

    id: int
    at: datetime
    entry: str
    cause: str
    change: int
    amount: int
    left: int
    aside: int
    person: tuple[int, str] | None
    campaign: tuple[int, str] | None
    by: str
    note: str

    @property
    def minus(self) -> int:
        """The change without its sign."""
        return abs(self.change)


@dataclass(frozen=True, slots=True)
class Statement:
    """One month (UTC) of one balance. `opening`, `closing`: credits left, those set aside among them; `sums`: (entry,
    change) of what came and went, in the order of the table. `until`: the end of the month, or now."""

    start: datetime
    until: datetime
    opening: int
    opening_aside: int
    lines: tuple[Line, ...]
    closing: int
    closing_aside: int
    sums: tuple[tuple[str, int], ...]

    @property
    def words(self) -> str:
        """The sum as people read it: `11 carried over + 15 granted \u2212 18 spent`."""
        parts = [f"{'+' if change > 0 else '\u2212'} {abs(change)} {entry.lower()}" for entry, change in self.sums]
        return " ".join([f"{self.opening} carried over", *parts])


@dataclass(frozen=True, slots=True)
class Difference:
    """What the provider said beside what the ledger had. `advice`: what to do. `amount`: the correction that would make
    ours theirs, -2 or +1."""

    at: datetime
    provider: int
    ours: int
    advice: str
    open: bool
    amount: int = 0


def month_of(text: str, now: datetime) -> date | None:
    """The first day of the month written as 2026-11; None when it is no month, or one to come."""
    if not re.fullmatch(r"2\d{3}-(0[1-9]|1[0-2])", text, re.ASCII):
        return None
    first = date.fromisoformat(f"{text}-01")
    return first if first <= now.astimezone(UTC).date() else None


def months(balance: CreditBalance, now: datetime) -> list[date]:
    """The months from the first movement to the present one, the newest first."""
    began = _transfers(balance).aggregate(first=Min("at"))["first"] or now
    month, last = began.astimezone(UTC).date().replace(day=1), now.astimezone(UTC).date().replace(day=1)
    found = [month]
    while month < last:
        month = (month + timedelta(days=32)).replace(day=1)
        found.append(month)
    return found[::-1]


def of(balance: CreditBalance, month: date, *, now: datetime) -> Statement:
    """The statement of the month that begins on this day."""
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = (start + timedelta(days=32)).replace(day=1)
    before = ledger.balance_at(balance.sender_id, start - timedelta.resolution).get(balance.product, Balance())
    opening, aside = before.available + before.reserved, before.reserved
    moved = list(_transfers(balance).filter(at__gte=start, at__lt=end).select_related("by__user").order_by("id"))
    touches = _touches(move.touch for move in moved if move.touch is not None)
    back = set(_transfers(balance).filter(debit=RETURNED, touch__in=list(touches)).values_list("touch", flat=True))
    lines, left, reserved = [], opening, aside
    sums: dict[str, int] = {}
    for move in moved:
        change = move.amount * ((move.credit in KEPT) - (move.debit in KEPT))
        left += change
        reserved += move.amount * ((move.credit == RESERVED) - (move.debit == RESERVED))
        touch = touches.get(move.touch or 0)
        line = _line(move, touch, change, left, reserved)
        if move.credit == SPENT and touch and touch.pk not in back and lost(touch.gate_at or move.at, now):
            line = replace(line, note=LOST)
        if change:
            sums[line.entry] = sums.get(line.entry, 0) + change
        lines.append(line)
    return Statement(
        start, min(end, max(now, start)), opening, aside, tuple(lines), left, reserved, tuple(sums.items())
    )


def differences(balance: CreditBalance, *, most: int = 5) -> list[Difference]:
    """Where the provider's balance was not ours, the newest first. What the newest look of all said is open until
    somebody corrects the balance."""
    seen = CreditObservation.objects.filter(balance=balance).order_by("-id")
    last = seen.first()
    corrected = last and _transfers(balance).filter(cause__startswith="adjust:", at__gte=last.at).exists()
    newest = last.pk if last is not None and not corrected else None
    return [
        Difference(
            row.at,
            row.provider,
            row.ours,
            _advice(row),
            row.id == newest and row.outcome in ("below", "above"),
            row.provider - row.ours + (row.in_doubt if row.outcome == "below" else 0),
        )
        for row in seen.exclude(outcome__in=("equal", "moved", "unknown"))[:most]
    ]


def _advice(row: CreditObservation) -> str:
    match row.outcome:
        case "below":
            missing = row.ours - row.in_doubt - row.provider
            return (
                f"LinkedIn shows {missing} fewer: was an InMail sent by hand? Until this is settled this sender sends "
                "no InMail."
            )
        case "above":
            return (
                f"LinkedIn shows {row.provider - row.ours} more than the open InMails explain: look at LinkedIn's own "
                "page of credits."
            )
        case _:
            return "LinkedIn gave credits back for answers that never reached us. They are booked; nothing is to do."


def _transfers(balance: CreditBalance) -> QuerySet[CreditTransfer]:
    rows: QuerySet[CreditTransfer] = CreditTransfer.objects.filter(balance=balance)
    return rows


def _touches(ids: Iterable[int]) -> dict[int, Touch]:
    found = Touch.objects.filter(pk__in=set(ids)).select_related("prospect", "enrollment__campaign")
    return {touch.pk: touch for touch in found}


def _line(move: CreditTransfer, touch: Touch | None, change: int, left: int, aside: int) -> Line:
    person = campaign = None
    if touch is not None:
        name = f"{touch.prospect.first_name} {touch.prospect.last_name}".strip() or touch.prospect.slug
        person = (touch.prospect_id, name)
        campaign = (touch.enrollment.campaign_id, touch.enrollment.campaign.name)
    return Line(
        move.pk,
        move.at,
        ENTRIES.get((move.debit, move.credit), f"{move.debit} to {move.credit}"),
        _cause(move, touch),
        change,
        move.amount,
        left,
        aside,
        person,
        campaign,
        str(move.by) if move.by else "",
        move.note,
    )


def _cause(move: CreditTransfer, touch: Touch | None) -> str:
    verb, _, rest = move.cause.partition(":")
    kind = WORDS[Kind(touch.kind)] if touch is not None else "InMail"
    match verb:
        case "grant":
            return f"Grant of the period from {_day(rest)}"
        case "reserve":
            return f"{kind} about to go to"
        case "settle" if move.credit == SPENT:
            return f"{kind} sent to"
        case "settle":
            return f"{kind} not sent to"
        case "return":
            return "Answer of"
        case "attribute":
            return "Answer found later, of"
        case "observed":
            return "LinkedIn's balance showed an answer that never reached us"
        case "cap":
            return "A lower cap took effect"
        case "forfeit":
            return "The plan ended"
        case "expire":
            return "Their life was over"
        case "adjust":
            return move.note or "Correction"
        case _:
            return move.note or move.cause


def _day(period: str) -> str:
    try:
        day = date.fromisoformat(period.partition(":")[0])
    except ValueError:
        return period
    return f"{day.day} {day:%B %Y}"
