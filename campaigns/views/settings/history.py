"""Settings › History: who did what, newest first, each as one sentence."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts import history_lines, history_words
from accounts.access import member_of, member_required
from accounts.history_lines import Line
from accounts.models import History, Member
from accounts.rights import Verb
from campaigns.views.naming import names
from outreach.web.numbers import whole

A_PAGE = 50
OURS = "parley"
"""In ?by=: what no member did."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, its verb and subject, and where to see only those about the same subject."""

    line: Line
    only: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address of the page without it."""

    label: str
    words: str
    off: str


@member_required(Verb.GOVERN)
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    members = list(Member.objects.visible_to(member).select_related("user").order_by("user__name", "pk"))
    asked = {key: request.GET.get(key, "").replace("\0", "")[:120] for key in ("by", "what", "about")}
    rows = History.objects.visible_to(member)
    chips: list[Chip] = []
    if asked["by"] == OURS:
        rows = rows.filter(by=None)
        chips.append(Chip("By", "Parley", _without(asked, "by")))
    elif (actor := next((one for one in members if str(one.pk) == asked["by"]), None)) is not None:
        rows = rows.filter(by=actor)
        chips.append(Chip("By", str(actor.user), _without(asked, "by")))
    else:
        asked["by"] = ""
    if asked["what"]:
        rows = rows.filter(verb=asked["what"])
        chips.append(Chip("What", asked["what"].replace("_", " "), _without(asked, "what")))
    about = names(member, [asked["about"]]) if asked["about"] else {}
    if asked["about"]:
        rows = rows.filter(subject=asked["about"])
        named = about.get(asked["about"])
        chips.append(Chip("About", named.name if named else "somebody who is gone", _without(asked, "about")))
    if (last := whole(request.GET.get("before"))) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows.select_related("by__user").order_by("-pk")[: A_PAGE + 1])
    shown, following = found[:A_PAGE], found[A_PAGE - 1].pk if len(found) > A_PAGE else None
    known = names(member, {subject for row in shown for subject in history_lines.references(row)})
    page: dict[str, Any] = {
        "entries": [Entry(history_lines.line(row, known, zone=UTC), _with(asked, about=row.subject)) for row in shown],
        "following": _with(asked, before=str(following)) if following else "",
        "members": members,
        "verbs": history_words.verbs().items(),
        "asked": asked,
        "chips": chips,
        "ours": OURS,
    }
    fragment = "campaigns/history.html#history" if getattr(request, "htmx", False) else "campaigns/history.html"
    response = render(request, fragment, page)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _with(asked: dict[str, str], **more: str) -> str:
    query = urlencode({key: value for key, value in {**asked, **more}.items() if value})
    return f"{reverse('history')}?{query}" if query else reverse("history")


def _without(asked: dict[str, str], key: str) -> str:
    return _with({**asked, key: ""})
