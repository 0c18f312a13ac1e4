"""Find or do: pages, acts, people, campaigns and senders by a few letters. A page of its own, and the list in the
palette that opens everywhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts import frame
from accounts.access import member_of, member_required
from accounts.models import Member, Sender
from accounts.rights import Scope, Verb, may
from campaigns.models import Campaign
from outreach.web.htmx import htmx
from prospects.models import Prospect

MOST = 6
"""Entries of one kind that are shown; whoever wants another types one letter more."""
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: where it leads, what it is called, what else is known, and the key that does the same."""

    label: str
    url: str
    icon: str
    note: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    label: str
    name: str
    icon: str
    need: Verb


ACTS = (
    Act("Import people", "import-new", "upload", Verb.BUILD),
    Act("Add one person", "prospect-new", "plus", Verb.BUILD),
    Act("New campaign", "campaign-new", "plus", Verb.BUILD),
    Act("Add a sender", "sender-new", "plus", Verb.BUILD),
    Act("Decide what is uncertain", "uncertain", "help", Verb.STEER),
    Act("Invite a member", "members", "people", Verb.GOVERN),
    Act("Your own name and password", "account", "gear", Verb.SEE),
)


@member_required(Verb.SEE)
@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    wanted = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    member = member_of(request)
    groups = [(label, entries) for label, entries in _groups(member, request.path, wanted) if entries]
    page = {"q": wanted, "groups": groups}
    response = render(request, "campaigns/palette.html" + ("#palette-found" if htmx(request) else ""), page)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _groups(member: Member, path: str, wanted: str) -> Iterator[tuple[str, list[Entry]]]:
    words = wanted.lower().split()
    places = frame.places(member, path)
    yield (
        "Go to",
        [Entry(p.label, p.url, p.icon, key=p.key) for p in places if _named(p.label, words)],
    )
    yield (
        "Do",
        [
            Entry(act.label, reverse(act.name), act.icon)
            for act in ACTS
            if may(member, act.need) not in (Scope.NONE, Scope.READ) and _named(act.label, words)
        ],
    )
    if words:
        yield "People", _people(member, words)
        yield "Campaigns", _campaigns(member, words)
        yield "Senders", _senders(member, words)


def _named(label: str, words: list[str]) -> bool:
    return all(word in label.lower() for word in words)


def _people(member: Member, words: list[str]) -> list[Entry]:
    found = Prospect.objects.visible_to(member)
    for word in words:
        found = found.filter(
            Q(first_name__istartswith=word) | Q(last_name__istartswith=word) | Q(company__name__istartswith=word)
        )
    return [
        Entry(
            str(person),
            reverse("person", args=[person.pk]),
            "people",
            ", ".join(filter(None, (person.title, person.company.name if person.company else ""))),
        )
        for person in found.select_related("company").order_by("last_name", "first_name", "pk")[:MOST]
    ]


def _campaigns(member: Member, words: list[str]) -> list[Entry]:
    found = Campaign.objects.visible_to(member)
    for word in words:
        found = found.filter(name__icontains=word)
    return [
        Entry(one.name, reverse("campaign", args=[one.pk]), "campaign", one.get_state_display())
        for one in found.order_by("name", "pk")[:MOST]
    ]


def _senders(member: Member, words: list[str]) -> list[Entry]:
    found = Sender.objects.visible_to(member)
    for word in words:
        found = found.filter(name__icontains=word)
    return [
        Entry(one.name, reverse("sender", args=[one.pk]), "seat", one.get_state_display())
        for one in found.order_by("name", "pk")[:MOST]
    ]
