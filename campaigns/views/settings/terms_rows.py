"""Plans and their dated terms as the pages of subscription tiers show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from accounts import terms
from accounts.models import Member, Plan, PlanTerms
from accounts.models.sender import SenderState
from campaigns.building import tier_changes
from campaigns.views.settings.terms_form import numbers_of

NAMED = 3
"""Senders named beside a plan; the others are counted."""


@dataclass(frozen=True, slots=True)
class Dated:
    """One row of terms as a page shows it. `words`: in force, to come, or past; `changes` against the row before."""

    row: PlanTerms
    words: str
    to_come: bool
    current: bool
    changes: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Tier:
    """A plan in the list: the terms in force, those to come, and who is on it."""

    plan: Plan
    said: dict[str, str]
    summary: str
    credit: str
    senders: int
    coming: list[Dated]


def tier(plan: Plan, today: date) -> Tier:
    """Reads terms and senders that were fetched with the plan."""
    rows = dated(plan, today)
    row = next((one.row for one in rows if one.current), None)
    numbers = numbers_of(row) if row else None
    return Tier(
        plan=plan,
        said={name: terms.say(name, value) for name, value in numbers.items()} if numbers else {},
        summary=_summary(numbers) if numbers else "nothing yet",
        credit=tier_changes.credit_price(row.price_cents, row.grant) if row else "",
        senders=plan.on_it,  # type: ignore[attr-defined]  # counted where the plan was fetched
        coming=[one for one in rows if one.to_come],
    )


def plans(member: Member) -> list[Plan]:
    """The member's plans with their terms, each with how many senders are on it, as `on_it`. Two queries."""
    on_it = Count("senders", filter=~Q(senders__state=SenderState.ARCHIVED))
    return list(Plan.objects.visible_to(member).annotate(on_it=on_it).prefetch_related("terms").order_by("pk"))


def _summary(numbers: Mapping[str, Any]) -> str:
    if numbers["inmail"] and numbers["cap"]:
        return f"{numbers['grant']:,} a month, up to {numbers['cap']:,}"
    if numbers["notes_month"] is None:
        return "no InMail"
    return f"no InMail, {numbers['notes_month']} notes of {numbers['note_chars']} a month"


def dated(plan: Plan, today: date) -> list[Dated]:
    """The plan's terms, oldest first."""
    rows = sorted(plan.terms.all(), key=lambda row: row.valid_from)
    begun = [row for row in rows if row.valid_from <= today]
    found = []
    for earlier, row in zip([None, *rows], rows, strict=False):
        days = (row.valid_from - today).days
        current = bool(begun) and row is begun[-1]
        coming = "tomorrow" if days == 1 else f"in {days} days"
        words = "in force" if current else coming if days > 0 else "past"
        changes = terms.changes(numbers_of(earlier), numbers_of(row)) if earlier else []
        found.append(Dated(row, words, to_come=days > 0, current=current, changes=changes))
    return found


def before(rows: list[Dated], day: date | None, instead_of: date | None) -> dict[str, Any] | None:
    """The numbers that hold the day before, leaving those out that are being replaced."""
    known = [one.row for one in rows if day is not None and one.row.valid_from < day]
    known = [row for row in known if row.valid_from != instead_of]
    return numbers_of(known[-1]) if known else None


def names(plan: Plan) -> str:
    """Who is on the plan, such as "Priya Raman, Alice Lindqvist and 4 more"; empty for nobody."""
    known = list(plan.senders.exclude(state=SenderState.ARCHIVED).order_by("name").values_list("name", flat=True))
    said = ", ".join(known[:NAMED])
    others = len(known) - NAMED
    return f"{said} and {others} more" if others > 0 else said
