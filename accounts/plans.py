"""What a plan allows on a day: dated rows, of which those once in force are never edited."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django_scopes import scopes_disabled

from accounts import history
from accounts.models import Member, Plan, PlanTerms
from outreach.engine.facts import Terms


class NoTerms(Exception):
    """The plan allows nothing on that day, because its first terms begin later."""


class TermsInForce(Exception):
    """Terms once in force are never edited. The message is a sentence for people."""


def facts(terms: PlanTerms) -> Terms:
    """The engine's view of one dated row. Reads the plan's code: select it beforehand."""
    return Terms(
        plan=terms.plan.code,
        grant=terms.grant,
        cap=terms.cap,
        renewal=terms.renewal,
        credit_life_days=terms.credit_life_days,
        note_chars=terms.note_chars,
        notes_month=terms.notes_month,
        inmail=terms.inmail,
        product=terms.product,
        follow_up=terms.follow_up,
        open_month=terms.open_month,
        invites_week=terms.invites_week,
        invites_week_ceiling=terms.invites_week_ceiling,
        price_cents=terms.price_cents,
    )


def terms_on(plan: Plan | int, day: date) -> Terms:
    """The terms of a plan, by row or id, on a day. Raises NoTerms."""
    pk = plan if isinstance(plan, int) else plan.pk
    found = terms_by_plan(day, [pk])
    if pk not in found:
        raise NoTerms(f"The plan {plan} has no terms on {day}: add terms that hold from that day or earlier.")
    return found[pk]


def terms_by_plan(day: date, plans: Iterable[int] | None = None) -> dict[int, Terms]:
    """The terms in force on a day by plan id, of all plans of all workspaces or of those named, in one query."""
    with scopes_disabled():  # the engine's facts cross workspaces; plan ids come from rows that the caller may see
        rows = PlanTerms.objects.filter(valid_from__lte=day)
        if plans is not None:
            rows = rows.filter(plan__in=list(plans))
        rows = rows.select_related("plan").order_by("plan_id", "-valid_from").distinct("plan_id")
        return {row.plan_id: facts(row) for row in rows}


@transaction.atomic
def add_terms(plan: Plan, valid_from: date, *, by: Member | None, now: datetime, **numbers: Any) -> PlanTerms:
    """What the plan allows from a day on; what is not named stays as it was. Terms not yet in force are replaced.

    Raises TermsInForce for a day that has begun, unless the plan has no terms yet, and ValidationError for numbers
    that do not fit together.
    """
    today = now.astimezone(UTC).date()
    before = plan.terms.filter(valid_from__lt=valid_from).order_by("-valid_from").first()
    if valid_from < today or (valid_from == today and plan.terms.filter(valid_from__lte=today).exists()):
        raise TermsInForce(f"Terms begin on a day to come: give a day after {today}, not {valid_from}.")
    terms = plan.terms.filter(valid_from=valid_from).first() or PlanTerms(
        plan=plan, workspace_id=plan.workspace_id, valid_from=valid_from
    )
    for name in NUMBERS:
        if before is not None:
            setattr(terms, name, getattr(before, name))
        if name in numbers:
            setattr(terms, name, numbers.pop(name))
    if numbers:
        raise TypeError(f"Plan terms have no {', '.join(sorted(numbers))}.")
    terms.full_clean()
    terms.save()
    history.note(
        plan, "terms added", by=by, now=now, valid_from=f"{valid_from}", **{n: getattr(terms, n) for n in NUMBERS}
    )
    return terms


NUMBERS = (
    "grant",
    "cap",
    "renewal",
    "credit_life_days",
    "product",
    "inmail",
    "follow_up",
    "note_chars",
    "notes_month",
    "invites_week",
    "invites_week_ceiling",
    "open_month",
    "price_cents",
)
"""The fields of PlanTerms that an admin edits."""
