"""The frame around every page: where a member can go from here."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts import demo
from accounts.models import Member
from accounts.rights import Scope, Verb, may


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation. `key`: the letter after G that goes there. `phone`: in the bar of a phone.
    `count`: the address of the number that stands beside it, fetched after the page."""

    label: str
    url: str
    icon: str
    key: str
    phone: bool
    here: bool
    count: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    label: str
    name: str
    icon: str
    key: str
    phone: bool = True
    need: Verb = Verb.SEE
    count: str = ""


_ENTRIES = (
    _Entry("Today", "home", "today", "t"),
    _Entry("Inbox", "inbox", "inbox", "i", need=Verb.READ_THREADS, count="inbox-count"),
    _Entry("Prospects", "prospects", "people", "p"),
    _Entry("Campaigns", "campaigns", "campaign", "c"),
    _Entry("Senders", "senders", "seat", "s"),
    _Entry("Team", "team", "chart", "m", phone=False),
    _Entry("Settings", "settings", "gear", "e", phone=False, need=Verb.GOVERN),
)


def places(member: Member | None, path: str) -> list[Place]:
    """Where this member can go, in order; `here` marks the place that the address belongs to."""
    if member is None:
        return []
    found: list[Place] = []
    for entry in _ENTRIES:
        if may(member, entry.need) is Scope.NONE:
            continue
        url = reverse(entry.name)
        here = path == url if url == "/" else path.startswith(url)
        count = reverse(entry.count) if entry.count else ""
        found.append(Place(entry.label, url, entry.icon, entry.key, entry.phone, here, count))
    return found


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: `places`, and in a Parley to try out `sample_percent`, how far its sample is that is
    being made ready. Asked for only by those that show them."""
    member = getattr(request, "member", None)
    return {
        "places": lambda: places(member, request.path),
        "sample_percent": lambda: demo.percent() if demo.is_on() else None,
    }
