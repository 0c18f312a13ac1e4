"""Settings › Suppression: whom nobody contacts, adding to the list by pasting, and lifting for a reason on record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member_of, member_required
from accounts.models import History, Member
from accounts.rights import Scope, Verb, may
from campaigns.building import suppressing
from campaigns.running import do_not_contact
from outreach import clock
from outreach.web import toasts
from outreach.web.numbers import whole
from prospects.models import Prospect, Suppression

A_PAGE = 50
KINDS = {"email": "E-mail address", "slug": "LinkedIn profile", "member_id": "LinkedIn member"}
TABS = ("people", "addresses")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. `lift`: the address that lifts it, empty where it cannot be lifted from here."""

    key: str
    name: str
    detail: str
    url: str
    reason: str
    at: datetime | None
    by: str
    lift: str


@member_required(Verb.SEE)
@require_safe
def suppression(request: HttpRequest) -> HttpResponse:
    return _show(request)


@member_required(Verb.BUILD)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    text, reason = request.POST.get("list", ""), request.POST.get("reason", "")
    try:
        listed = suppressing.add(text, reason=reason, by=member_of(request), now=clock.now())
    except suppressing.NotListed as refusal:
        return _show(request, typed={"list": text, "reason": reason}, problems={refusal.field: str(refusal)})
    except do_not_contact.NotForbidden as refusal:
        return _show(request, typed={"list": text, "reason": reason}, problems={"reason": str(refusal)})
    undo = reverse("forbid-undo", args=[listed.stopped.act]) if listed.stopped.act and not listed.unknown else ""
    toasts.say(request, str(listed), undo=undo)
    return redirect("suppression")


@member_required(Verb.GOVERN)
@require_POST
def lift_person(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request)
    person = get_object_or_404(Prospect.objects.visible_to(member), pk=pk)
    reason = request.POST.get("reason", "")
    try:
        lifted = do_not_contact.allow(person, by=member, now=clock.now(), reason=reason)
    except do_not_contact.NotLifted as refusal:
        return _show(request, problems={f"person-{pk}": str(refusal)})
    said = f"{person} may be contacted again. What was stopped stays stopped: enroll them anew."
    toasts.say(request, said if lifted else f"{person} was not on the list any more.")
    return redirect("suppression")


@member_required(Verb.GOVERN)
@require_POST
def lift_address(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request)
    row: Suppression = get_object_or_404(Suppression.objects.filter(workspace=member.workspace_id), pk=pk)
    try:
        suppressing.lift(row, reason=request.POST.get("reason", ""), by=member, now=clock.now())
    except suppressing.NotLifted as refusal:
        return _show(request, tab="addresses", problems={f"address-{pk}": str(refusal)})
    toasts.say(request, "The address is off the list. Whoever is imported with it may be contacted.")
    return redirect(f"{reverse('suppression')}?show=addresses")


def _show(
    request: HttpRequest,
    *,
    tab: str = "",
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> HttpResponse:
    member = member_of(request)
    tab = tab or request.GET.get("show", "")
    tab = tab if tab in TABS else "people"
    search = request.GET.get("q", "").replace("\0", "").strip()[:300]
    before = request.GET.get("before", "")
    lifts = may(member, Verb.GOVERN) is Scope.ALL
    entries, following, found = _entries(member, tab, search, before, lifts)
    people = Prospect.objects.visible_to(member).filter(suppressed_at__isnull=False).count()
    addresses = Suppression.objects.filter(workspace=member.workspace_id).count()
    page: dict[str, Any] = {
        "tab": tab,
        "search": search,
        "entries": entries,
        "following": following,
        "found": found,
        "people": people,
        "addresses": addresses,
        "may_add": may(member, Verb.BUILD) is Scope.ALL,
        "may_lift": lifts,
        "typed": typed or {},
        "problems": problems or {},
    }
    htmx = bool(getattr(request, "htmx", False))
    template = "campaigns/suppression.html#suppressed" if htmx else "campaigns/suppression.html"
    response = render(request, template, page, status=422 if problems else 200)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _entries(member: Member, tab: str, search: str, before: str, lifts: bool) -> tuple[list[Entry], str, str]:
    """The lines of this page, where the next page begins, and what the list says of an address that was searched."""
    if search and (known := suppressing.find(search, by=member)) is not None:
        return _of_address(*known, lifts=lifts)
    if tab == "addresses" and not search:
        rows = Suppression.objects.filter(workspace=member.workspace_id).select_related("by__user")
        rows = rows.filter(pk__lt=last) if (last := whole(before)) is not None else rows
        listed = list(rows.order_by("-pk")[: A_PAGE + 1])
        following = f"{listed[A_PAGE - 1].pk}" if len(listed) > A_PAGE else ""
        return _addresses(listed[:A_PAGE], lifts), following, ""
    people = Prospect.objects.visible_to(member).filter(suppressed_at__isnull=False).select_related("company")
    for word in search.split()[:5]:
        people = people.filter(
            Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(company__name__icontains=word)
        )
    if (cursor := _cursor(before)) is not None:
        at, pk = cursor
        people = people.filter(Q(suppressed_at__lt=at) | Q(suppressed_at=at, pk__lt=pk))
    stopped = list(people.order_by("-suppressed_at", "-pk")[: A_PAGE + 1])
    last = stopped[A_PAGE - 1] if len(stopped) > A_PAGE else None
    following = f"{last.suppressed_at.isoformat()}_{last.pk}" if last is not None and last.suppressed_at else ""
    return _people(stopped[:A_PAGE], lifts), following, ""


def _of_address(
    key: suppressing.Key, row: Suppression | None, people: list[Prospect], *, lifts: bool
) -> tuple[list[Entry], str, str]:
    stopped = [person for person in people if person.suppressed_at is not None]
    what = KINDS[key.what].lower() if key.what == "email" else KINDS[key.what]
    if stopped:
        return _people(stopped, lifts), "", f"This {what} is on the list, and belongs to somebody you know."
    if row is not None:
        return _addresses([row], lifts), "", f"This {what} is on the list. Nobody here has it."
    return [], "", f"This {what} is not on the list: whoever has it may be contacted."


def _people(people: list[Prospect], lifts: bool) -> list[Entry]:
    """Why, when and by whom comes from history: the last time that each was put on the list. One query."""
    subjects = [f"prospect:{person.pk}" for person in people]
    last = {
        row.subject: row
        for row in History.objects.filter(subject__in=subjects, verb="suppressed")
        .select_related("by__user")
        .order_by("pk")
    }
    return [
        Entry(
            key=f"person-{person.pk}",
            name=str(person),
            detail=", ".join(part for part in (person.title, str(person.company or "")) if part),
            url=reverse("person", args=[person.pk]),
            reason=str(row.data.get("reason", "")) if (row := last.get(f"prospect:{person.pk}")) else "",
            at=person.suppressed_at,
            by=_who(row),
            lift=reverse("suppression-lift", args=[person.pk]) if lifts else "",
        )
        for person in people
    ]


def _addresses(rows: list[Suppression], lifts: bool) -> list[Entry]:
    owners = suppressing.owners(rows)
    return [
        Entry(
            key=f"address-{row.pk}",
            name=str(owner) if (owner := owners.get(row.pk)) else KINDS.get(row.what, row.what),
            detail=KINDS.get(row.what, row.what) if owner else "of nobody known here",
            url=reverse("person", args=[owner.pk]) if owner else "",
            reason=row.reason,
            at=row.at,
            by=str(row.by.user) if row.by else "Parley",
            lift=reverse("suppression-lift-address", args=[row.pk]) if lifts and not owner else "",
        )
        for row in rows
    ]


def _who(row: History | None) -> str:
    if row is None:
        return ""
    return str(row.by.user) if row.by else "Their own words" if row.actor == "inbound" else "Parley"


def _cursor(text: str) -> tuple[datetime, int] | None:
    at, _, pk = text.partition("_")
    try:
        found = datetime.fromisoformat(at.replace(" ", "+"))
    except ValueError:
        return None
    person = whole(pk)
    return (found, person) if person is not None and found.tzinfo is not None else None
