"""Settings › Subscription tiers: plans, their dated terms, and what new terms would change before they are saved."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import history_lines, plans, terms
from accounts.access import member_of, member_required
from accounts.models import Member, Plan, PlanTerms
from accounts.rights import Scope, Verb, may
from campaigns.building import tier_changes
from campaigns.views.settings import terms_rows as tier_rows
from campaigns.views.settings.terms_form import TermsForm, filled_in, fingerprint, groups, numbers_of
from outreach import clock
from outreach.web import toasts
from outreach.web.numbers import whole


@member_required(Verb.GOVERN)
@require_safe
def tiers(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    today = clock.now().astimezone(UTC).date()
    found = [tier_rows.tier(plan, today) for plan in tier_rows.plans(member)]
    return render(request, "campaigns/tiers.html", {"tiers": found, "may_change": _may_change(member), "today": today})


@member_required(Verb.GOVERN)
@require_http_methods(["GET", "HEAD", "POST"])
def tier(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan. A GET shows the terms of the day in ?from=, or a form for new ones; a POST shows what they would change
    and, once that was shown, saves them."""
    member = member_of(request)
    plan = get_object_or_404(Plan.objects.visible_to(member), pk=pk)
    now = clock.now()
    if request.method == "POST":
        return _written(request, plan, now)
    chosen = _chosen(plan, request.GET.get("from", ""))
    today = now.astimezone(UTC).date()
    if not _may_change(member) or (chosen is not None and chosen.valid_from <= today):
        return _show(request, plan, now, chosen=chosen or _in_force(plan, today))
    day = chosen.valid_from if chosen else _free_month(plan, today)
    base = chosen or plan.terms.filter(valid_from__lt=day).order_by("valid_from").last()
    if base is None:
        raise Http404
    form = TermsForm(initial=filled_in(numbers_of(base), day))
    return _show(request, plan, now, form=form, chosen=chosen, instead_of=chosen.valid_from if chosen else None)


def _written(request: HttpRequest, plan: Plan, now: datetime) -> HttpResponse:
    form = TermsForm(request.POST)
    instead_of = _day(request.POST.get("instead_of", ""))
    if not form.judge():
        return _show(request, plan, now, form=form, instead_of=instead_of, status=422)
    day, numbers = form.cleaned_data["valid_from"], form.numbers
    shown = fingerprint(numbers, day, instead_of)
    try:
        plans.require_free(plan, day, now=now, instead_of=instead_of)
        if "save" not in request.POST or request.POST.get("shown") != shown:
            changed = "save" in request.POST
            return _show(request, plan, now, form=form, instead_of=instead_of, preview=True, changed=changed)
        plans.add_terms(
            plan,
            day,
            by=member_of(request),
            now=now,
            seen=whole(request.POST.get("seen")) or 0,
            instead_of=instead_of,
            **numbers,
        )
    except plans.TermsInForce as refusal:
        form.add_error("valid_from", str(refusal))
        return _show(request, plan, now, form=form, instead_of=instead_of, status=422)
    except plans.ChangedMeanwhile as refusal:
        meanwhile = [history_lines.line(row, zone=UTC) for row in refusal.rows]
        return _show(
            request, plan, now, form=form, instead_of=instead_of, preview=True, meanwhile=meanwhile, status=422
        )
    toasts.say(request, f"Saved for {_said(day)}.")
    return _to(request, f"{reverse('tier', args=[plan.pk])}?from={day}")


@member_required(Verb.GOVERN)
@require_POST
def drop(request: HttpRequest, pk: int, on: str) -> HttpResponse:
    plan, day = _plan_and_day(request, pk, on)
    try:
        dropped = plans.drop_terms(plan, day, by=member_of(request), now=clock.now())
    except plans.TermsInForce as refusal:
        toasts.say(request, str(refusal), tone="bad")
    else:
        undo = reverse("tier-restore", args=[plan.pk, f"{day}"]) if dropped else ""
        toasts.say(request, f"The terms from {_said(day)} are taken back.", undo=undo)
    return _to(request, reverse("tier", args=[plan.pk]))


@member_required(Verb.GOVERN)
@require_POST
def restore(request: HttpRequest, pk: int, on: str) -> HttpResponse:
    plan, day = _plan_and_day(request, pk, on)
    try:
        back = plans.restore_terms(plan, day, by=member_of(request), now=clock.now())
    except plans.TermsInForce as refusal:
        toasts.say(request, str(refusal), tone="bad")
    else:
        said = f"The terms from {_said(day)} are back." if back else "There was nothing to bring back."
        toasts.say(request, said)
    address = reverse("tier", args=[plan.pk])
    return _to(request, f"{address}?from={day}" if plan.terms.filter(valid_from=day).exists() else address)


@member_required(Verb.GOVERN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new plan, as a copy of another one."""
    member = member_of(request)
    if not _may_change(member):
        raise PermissionDenied("You are here as a manager: only an admin makes plans.")
    today = clock.now().astimezone(UTC).date()
    choices = [tier_rows.tier(plan, today) for plan in tier_rows.plans(member)]
    name, of = request.POST.get("name", ""), request.POST.get("of") or request.GET.get("of", "")
    problems: dict[str, str] = {}
    if request.method == "POST":
        original = next((one.plan for one in choices if str(one.plan.pk) == of), None)
        if original is None:
            problems["of"] = "Choose the plan that the new one starts as a copy of."
        try:
            if original is not None:
                made = plans.copy(original, name, by=member, now=clock.now())
                toasts.say(
                    request, f"{made.name} is here. It allows what {original.name} allows until you say otherwise."
                )
                return _to(request, reverse("tier", args=[made.pk]))
        except plans.BadName as refusal:
            problems["name"] = str(refusal)
        except plans.NoTerms as refusal:
            problems["of"] = str(refusal)
    page = {"choices": choices, "name": name, "of": of, "problems": problems}
    return render(request, "campaigns/tier_new.html", page, status=422 if problems else 200)


def _show(
    request: HttpRequest,
    plan: Plan,
    now: datetime,
    *,
    form: TermsForm | None = None,
    chosen: PlanTerms | None = None,
    instead_of: date | None = None,
    preview: bool = False,
    changed: bool = False,
    meanwhile: Any = None,
    status: int = 200,
) -> HttpResponse:
    member = member_of(request)
    today = now.astimezone(UTC).date()
    page: dict[str, Any] = {
        "tiers": [tier_rows.tier(one, today) for one in tier_rows.plans(member)],
        "plan": plan,
        "senders": tier_rows.names(plan),
        "dated": (rows := tier_rows.dated(plan, today)),
        "may_change": _may_change(member),
        "chosen": next((one for one in rows if chosen is not None and one.row.pk == chosen.pk), None),
        "instead_of": instead_of,
        "form": form,
        "changed": changed,
        "meanwhile": meanwhile,
        "today": today,
        "seen": plans.edition(plan) if not form or not form.is_bound or meanwhile else request.POST.get("seen", ""),
    }
    if form is None and chosen is not None:
        numbers = numbers_of(chosen)
        page["said"] = [(terms.LABELS[name], terms.say(name, numbers[name])) for name in terms.NUMBERS]
        page["credit"] = tier_changes.credit_price(chosen.price_cents, chosen.grant)
    if form is not None:
        day = form.cleaned_data.get("valid_from") if form.is_bound else None
        page["groups"] = groups(form, tier_rows.before(rows, day, instead_of))
        if preview and day is not None:
            page["preview"] = tier_changes.preview(plan, day, form.numbers, now=now, instead_of=instead_of)
            page["shown"] = fingerprint(form.numbers, day, instead_of)
            page["day"] = day
    template = "campaigns/tier.html#tier" if _htmx(request) else "campaigns/tier.html"
    return render(request, template, page, status=status)


def _plan_and_day(request: HttpRequest, pk: int, on: str) -> tuple[Plan, date]:
    plan = get_object_or_404(Plan.objects.visible_to(member_of(request)), pk=pk)
    if (day := _day(on)) is None:
        raise Http404
    return plan, day


def _chosen(plan: Plan, text: str) -> PlanTerms | None:
    day = _day(text)
    if text and day is None:
        raise Http404
    return None if day is None else get_object_or_404(plan.terms, valid_from=day)


def _in_force(plan: Plan, today: date) -> PlanTerms | None:
    row: PlanTerms | None = plan.terms.filter(valid_from__lte=today).order_by("valid_from").last()
    return row or plan.terms.order_by("valid_from").first()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _free_month(plan: Plan, today: date) -> date:
    """The first of the next month from which no terms hold yet."""
    taken = set(plan.terms.values_list("valid_from", flat=True))
    day = _next_month(today)
    while day in taken:
        day = _next_month(day)
    return day


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _may_change(member: Member) -> bool:
    return may(member, Verb.GOVERN) is Scope.ALL


def _htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """On to another page, also when a fragment was asked for."""
    if not _htmx(request):
        return redirect(address)
    response = HttpResponse()
    response["HX-Redirect"] = address
    return response
