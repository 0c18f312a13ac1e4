"""What a plan allows on a day: dated rows, of which those once in force are never edited."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django_scopes import scopes_disabled

from accounts import history, rights
from accounts.models import History, Member, Plan, PlanTerms
from accounts.terms import NUMBERS, problems
from outreach.engine.facts import Terms
from outreach.language.plain import clean

FARTHEST = timedelta(days=731)
"""How far ahead terms may begin."""


class NoTerms(Exception):
    """The plan allows nothing on that day, because its first terms begin later."""


class TermsInForce(Exception):
    """Terms once in force are never edited. The message is a sentence for people."""


class BadName(ValueError):
    """A plan needs a name of its own. The message is a sentence for people."""


class ChangedMeanwhile(Exception):
    """Somebody else changed the plan after it was looked at. `rows`: what happened since, the oldest first."""

    def __init__(self, rows: list[History]) -> None:
        super().__init__("Somebody changed this plan while you were writing: look at it again, then save.")
        self.rows = rows


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


def edition(plan: Plan) -> int:
    """A number that rises whenever somebody changes the plan: what a form was filled in over."""
    return max((row.pk for row in _notes(plan).order_by("-id")[:1]), default=0)


@transaction.atomic
def add_terms(
    plan: Plan,
    valid_from: date,
    *,
    by: Member | None,
    now: datetime,
    seen: int | None = None,
    instead_of: date | None = None,
    **numbers: Any,
) -> PlanTerms:
    """What the plan allows from a day on; what is not named stays as it was. Terms not yet in force are replaced.

    `seen`: the plan's edition when the person looked. `instead_of`: the day of terms not yet in force that these
    replace. The same once more changes nothing.
    Raises TermsInForce for a day that has begun, unless the plan has no terms yet, ChangedMeanwhile, NotAllowed, and
    ValidationError, by number, for numbers that do not fit together.
    """
    _lock(plan, by)
    today = now.astimezone(UTC).date()
    rows = {row.valid_from: row for row in plan.terms.all()}
    before = _latest(rows, valid_from - timedelta(days=1), without=instead_of)
    _refuse_day(valid_from, set(rows), today, instead_of)
    terms = rows.get(valid_from) or PlanTerms(plan=plan, workspace_id=plan.workspace_id, valid_from=valid_from)
    was = _numbers(terms) if terms.pk else None
    for name in NUMBERS:
        if before is not None:
            setattr(terms, name, getattr(before, name))
        if name in numbers:
            setattr(terms, name, numbers.pop(name))
    if numbers:
        raise TypeError(f"Plan terms have no {', '.join(sorted(numbers))}.")
    moved = rows.get(instead_of) if instead_of is not None and instead_of != valid_from else None
    if was == _numbers(terms) and moved is None:
        return terms
    _refuse_changed(plan, seen)
    if wrong := problems(_numbers(terms)):
        raise ValidationError({name: [sentence] for name, sentence in wrong.items()})
    terms.full_clean()
    if moved is not None:
        moved.delete()
    terms.save()
    said: dict[str, Any] = {"before": None if before is None else _numbers(before), **_numbers(terms)}
    if moved is not None:
        said["instead_of"] = f"{instead_of}"
    history.note(plan, "terms added", by=by, now=now, valid_from=f"{valid_from}", **said)
    return terms


@transaction.atomic
def drop_terms(plan: Plan, valid_from: date, *, by: Member, now: datetime, seen: int | None = None) -> bool:
    """Take back terms not yet in force; those before them hold on. Dropping twice is dropping once.

    Raises TermsInForce, ChangedMeanwhile and NotAllowed.
    """
    _lock(plan, by)
    if valid_from <= now.astimezone(UTC).date():
        raise TermsInForce(f"The terms from {valid_from} have begun and stay on record: add terms from a later day.")
    terms = plan.terms.filter(valid_from=valid_from).first()
    if terms is None:
        return False
    _refuse_changed(plan, seen)
    history.note(plan, "terms dropped", by=by, now=now, valid_from=f"{valid_from}", **_numbers(terms))
    terms.delete()
    return True


@transaction.atomic
def restore_terms(plan: Plan, valid_from: date, *, by: Member, now: datetime) -> bool:
    """Bring back terms that were dropped, with the numbers they had; False when nothing was dropped or others stand
    there now. Raises TermsInForce when their day has begun, and NotAllowed."""
    _lock(plan, by)
    dropped = _notes(plan).filter(verb="terms dropped", data__valid_from=f"{valid_from}").order_by("-id").first()
    if dropped is None or plan.terms.filter(valid_from=valid_from).exists():
        return False
    add_terms(plan, valid_from, by=by, now=now, **{name: dropped.data[name] for name in NUMBERS})
    return True


@transaction.atomic
def copy(plan: Plan, name: str, *, by: Member, now: datetime) -> Plan:
    """A new plan that allows from today on what another one allows. Raises BadName, NoTerms and NotAllowed."""
    rights.require(by, rights.Verb.GOVERN)
    name = " ".join(clean(name).split())
    longest = Plan._meta.get_field("name").max_length or 0
    if not any(sign.isalnum() for sign in name) or len(name) > longest:
        raise BadName(f"Give the plan a name with letters or digits, of at most {longest} characters.")
    today = now.astimezone(UTC).date()
    terms = terms_on(plan, today)
    made = _named(plan.workspace_id, name)
    history.note(made, "copied", by=by, now=now, of=plan.name)
    add_terms(made, today, by=by, now=now, **{number: getattr(terms, number) for number in NUMBERS})
    return made


def require_free(plan: Plan, valid_from: date, *, now: datetime, instead_of: date | None = None) -> None:
    """Raise TermsInForce unless terms may begin on this day."""
    days = set(plan.terms.values_list("valid_from", flat=True))
    _refuse_day(valid_from, days, now.astimezone(UTC).date(), instead_of)


def _refuse_day(day: date, days: set[date], today: date, instead_of: date | None) -> None:
    if day < today or (day == today and any(known <= today for known in days)):
        raise TermsInForce(f"Terms begin on a day to come: give a day after {today}, not {day}.")
    if day > today + FARTHEST:
        raise TermsInForce(f"Terms begin within two years: give a day up to {today + FARTHEST}, not {day}.")
    if instead_of is not None and instead_of <= today:
        raise TermsInForce(
            f"The terms from {instead_of} are in force and stay as they are: add others from a later day."
        )
    if day in days and instead_of not in (None, day):
        raise TermsInForce(f"There are terms from {day} already: change those, or give another day.")


def _named(workspace: int, name: str) -> Plan:
    """A plan of that name, whose code nobody has. The lock lets two people of a workspace name one after the other."""
    taken = {plan.code: plan.name for plan in Plan.objects.select_for_update(no_key=True).filter(workspace=workspace)}
    if name.casefold() in {other.casefold() for other in taken.values()}:
        raise BadName(f"There is a plan called {name} already: choose another name.")
    code = base = slugify(name)[:36] or "plan"
    number = 1
    while code in taken:
        number += 1
        code = f"{base}-{number}"
    made, new = Plan.objects.get_or_create(workspace_id=workspace, code=code, defaults={"name": name})
    if not new:
        raise BadName(f"There is a plan called {made.name} already: choose another name.")
    return made


def _lock(plan: Plan, by: Member | None) -> None:
    """One change of a plan after the other; and only by who may."""
    if by is not None:
        rights.require(by, rights.Verb.GOVERN)
    with scopes_disabled():
        Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)


def _refuse_changed(plan: Plan, seen: int | None) -> None:
    if seen is None:
        return
    if rows := list(_notes(plan).filter(pk__gt=seen).select_related("by__user").order_by("id")):
        raise ChangedMeanwhile(rows)


def _notes(plan: Plan) -> Any:
    return History.objects.filter(workspace=plan.workspace_id, subject=f"plan:{plan.pk}")


def _latest(rows: dict[date, PlanTerms], day: date, *, without: date | None) -> PlanTerms | None:
    """The terms that hold on a day, leaving those of one day out."""
    known = [valid_from for valid_from in rows if valid_from <= day and valid_from != without]
    return rows[max(known)] if known else None


def _numbers(terms: PlanTerms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in NUMBERS}
