"""The list of prospects: whom we have, who is free to contact, and acts on the people selected."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member_of, member_required
from accounts.models import History
from accounts.rights import Scope, Verb, may
from campaigns.building import campaigns, holdings, matches, selections
from campaigns.building.selections import Selection
from campaigns.models import Campaign
from campaigns.models.campaign import CampaignState
from campaigns.running import do_not_contact, planning
from campaigns.running.database import Row
from campaigns.views.moments import moment
from campaigns.views.prospects.persons import person
from outreach import clock
from outreach.web import numbers, toasts
from outreach.web.back import back
from outreach.web.htmx import htmx
from prospects import audiences, people, tiers
from prospects.people import Typed

COLUMNS = {
    "person": "Person",
    "company": "Company",
    "tier": "Tier",
    "seniority": "Seniority",
    "open": "Open Profile",
}
"""Columns that sort, and their heads."""

DEFAULT = "-tier"
"""How the list is sorted when nobody says otherwise."""

REFUSALS = (
    matches.Grown,
    do_not_contact.NotForbidden,
    do_not_contact.NotLifted,
    tiers.NotATier,
    tiers.NotTakenBack,
    audiences.NoSuchPeople,
    campaigns.CannotLaunch,
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the list without it. `people`: how many that brings back, on a list without a match."""

    label: str
    value: str
    without: str
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: the address that sorts by it, and how it is sorted now ("" = it is not)."""

    words: str
    address: str
    sorted: str


@member_required(Verb.SEE)
@require_safe
def prospects(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    selection = Selection.read(request.GET)
    sort = _sort(request.GET.get("sort", ""))
    after = request.GET.get("after", "")
    now = clock.now()
    page = matches.page(selection, member, now, sort=sort, after=numbers.whole(after))
    shown = {
        "people": [person(row, now) for row in page.people],
        "found": page.found,
        "more": selection.address(sort=sort, after=str(page.after)) if page.after else "",
        "next": min(matches.A_PAGE, page.found),
        "later": after,
        "where": selection.address(),
        "sort": sort,
        "may_build": may(member, Verb.BUILD) is not Scope.NONE,
    }
    if htmx(request) and after:
        response = render(request, "campaigns/prospects.html#rows", shown)
        response["HX-Push-Url"] = "false"  # more of the same list: its address stays
        return _vary(response)
    whole = holdings.whole(member, selection)
    shown |= {
        "selection": selection,
        "whole": whole,
        "chips": _chips(selection, sort, whole),
        "heads": {name: _head(name, selection, sort) for name in COLUMNS},
        "choices": selections.CHOICES,
        "labels": selections.LABELS,
        "drafts": [campaign for campaign in whole.campaigns if campaign["state"] == CampaignState.DRAFT],
    }
    if not page.found and selection.parts:
        shown["drops"] = [
            _chip(one.name, selection, sort, whole, one.people) for one in matches.relief(selection, member, now)
        ]
    if htmx(request) and htmx(request).target == "list":
        response = render(request, "campaigns/prospects.html#answer", shown)
        response["HX-Push-Url"] = f"{reverse('prospects')}?{selection.address(sort='' if sort == DEFAULT else sort)}"
        return _vary(response)
    return _vary(render(request, "campaigns/prospects.html", shown))


def _vary(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _sort(asked: str) -> str:
    return asked if asked.removeprefix("-") in matches.SORTS else DEFAULT


def _head(name: str, selection: Selection, sort: str) -> Head:
    """Tier, seniority and age fall first, names rise first; a second press turns it round."""
    now = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
    first = name if name in ("person", "company") else f"-{name}"
    turned = {"ascending": f"-{name}", "descending": name}.get(now, first)
    return Head(COLUMNS[name], f"?{selection.address(sort=turned)}", now)


def _chips(selection: Selection, sort: str, whole: holdings.Whole) -> list[Chip]:
    return [_chip(name, selection, sort, whole) for name in selection.parts]


def _chip(name: str, selection: Selection, sort: str, whole: holdings.Whole, people: int | None = None) -> Chip:
    value = selection.parts[name]
    named: dict[str, list[Row]] = {"audience": whole.audiences, "campaign": whole.campaigns}
    if name in named:
        words = next((row["name"] for row in named[name] if row["id"] == int(value)), "one that is gone")
    else:
        words = selections.CHOICES.get(name, {}).get(value, value)
    if name == "tier":  # its label says so
        words = value
    return Chip(selections.LABELS[name], words, f"?{selection.without(name).address(sort=sort)}", people)


# -- acts on those who are selected


def _acting(act: Callable[[HttpRequest, list[int], datetime], str]) -> Callable[..., HttpResponseBase]:
    """A view that does something to the people of the form and shows the list again, or where the act leads."""

    @member_required(Verb.BUILD)
    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        member = member_of(request)
        now = clock.now()
        where = Selection.read(dict(parse_qsl(request.POST.get("where", ""))))
        back = f"{reverse('prospects')}?{where.address()}"
        try:
            chosen = matches.chosen(
                member,
                now,
                people=request.POST.getlist("person"),
                everybody="everybody" in request.POST,
                where=where,
                expected=numbers.whole(request.POST.get("expected")) or 0,
            )
            if not chosen:
                raise audiences.NoSuchPeople("Nobody is selected: tick the people you mean.")
            return redirect(act(request, chosen, now) or back)
        except REFUSALS as refusal:
            toasts.say(request, str(refusal), tone="bad")
            return redirect(back)

    return view


def _set_tier(request: HttpRequest, chosen: list[int], now: datetime) -> str:
    wanted = request.POST.get("tier", "")
    made = tiers.put(
        chosen,
        int(wanted) if wanted in ("1", "2", "3") else 0,
        by=member_of(request),
        now=now,
        changed=planning.facts_changed,
    )
    undo = reverse("tiers-undo", args=[made.act]) if made.act else ""
    toasts.say(
        request, f"{_people(made.people)} set to tier {wanted}." if made.people else "Nothing changed.", undo=undo
    )
    return ""


def _forbid(request: HttpRequest, chosen: list[int], now: datetime) -> str:
    made = do_not_contact.forbid_all(
        chosen,
        reason=request.POST.get("reason", "") or "marked in the list",
        by=member_of(request),
        now=now,
    )
    undo = reverse("forbid-undo", args=[made.act]) if made.act else ""
    toasts.say(request, f"{_people(made.people)} will not be contacted any more. {made}", undo=undo)
    return ""


def _enroll(request: HttpRequest, chosen: list[int], now: datetime) -> str:
    """Into a draft, or into a new audience for which a campaign is planned next."""
    member = member_of(request)
    wanted = numbers.whole(request.POST.get("campaign"))
    if wanted is not None:
        draft = get_object_or_404(Campaign.objects.visible_to(member).filter(state=CampaignState.DRAFT), pk=wanted)
        senders = [seat.sender for seat in draft.seats.select_related("sender").order_by("pk")]
        enrolled = campaigns.enroll(draft, chosen, senders, by=member, now=now)
        left = len(chosen) - enrolled
        others = f" {_people(left)} were in it already or may not be contacted." if left else ""
        toasts.say(request, f"{_people(enrolled)} added to {draft.name}.{others}")
        return ""
    made = audiences.gather(
        chosen, f"{_people(len(chosen))}, {moment(now, now)} {now.day} {now:%b}", by=member, now=now
    )
    return f"{reverse('campaign-new')}?audience={made.pk}"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number:,} people"


prospects_tier = _acting(_set_tier)
prospects_forbid = _acting(_forbid)
prospects_enroll = _acting(_enroll)


def _undoing(undo: Callable[..., int], verb: str, done: str) -> Callable[..., HttpResponseBase]:
    @member_required(Verb.BUILD)
    @require_POST
    def view(request: HttpRequest, act: int) -> HttpResponse:
        member = member_of(request)
        get_object_or_404(History.objects.visible_to(member).filter(verb=verb), pk=act)
        try:
            number = undo(act, by=member, now=clock.now())
        except REFUSALS as refusal:
            toasts.say(request, str(refusal), tone="bad")
        else:
            toasts.say(request, f"Undone: {_people(number)} {done}." if number else "That was undone already.")
        return back(request, "prospects")

    return view


tiers_undo = _undoing(partial(tiers.take_back, changed=planning.facts_changed), "tiers set", "as before")
forbid_undo = _undoing(do_not_contact.take_back, "forbade", "may be contacted as before")


# -- one by hand


@member_required(Verb.BUILD)
@require_http_methods(["GET", "POST"])
def prospect_new(request: HttpRequest) -> HttpResponse:
    names = ("name", "profile", "email", "company", "title", "tier")
    typed = Typed(**{name: request.POST.get(name, "")[:2000] for name in names})
    page: dict[str, Any] = {"typed": typed, "wrong": {}}
    if request.method == "POST":
        try:
            made = people.add(typed, by=member_of(request), now=clock.now())
        except people.NotAdded as refusal:
            page["wrong"] = refusal.sentences
        except people.Known as known:
            page["known"] = known
        else:
            toasts.say(request, f"{made} was added.")
            return redirect("person", made.pk)
    wrong = page["wrong"] or page.get("known")
    return render(request, "campaigns/prospect_new.html", page, status=422 if wrong else 200)
