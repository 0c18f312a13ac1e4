"""A conversation beside the list, as its page shows it."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.access import member_of, member_required
from accounts.models import Member
from accounts.rights import Verb
from campaigns.inbox import answers, presence, triage
from campaigns.models import Answer, Thread
from campaigns.models.thread import LABELS, Outcome
from campaigns.views.inbox import conversation, inbox, snoozes
from campaigns.views.inbox.inbox import TONES, Asked, zone_of
from outreach import clock
from outreach.web.htmx import htmx


@member_required(Verb.READ_THREADS)
@require_safe
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    member, now = member_of(request), clock.now()
    found = thread_of(member, pk)
    part = request.GET.get("part", "") if htmx(request) else ""
    if part == "older":
        page = {"thread": found, "query": Asked.of(request.GET).query()}
        page |= conversation.talk(found, now.astimezone(zone_of(member)), request.GET.get("before", ""))
        return inbox.drawn(request, "campaigns/thread.html#older", page)
    triage.read(found, by=member)  # who opens it has seen it
    page = whole(request, found, now)
    if part == "news":
        return inbox.drawn(request, "campaigns/inbox.html#news", page)
    return rendered(request, page)


def thread_of(member: Member, pk: int) -> Thread:
    """The conversation, with what its page needs. A stranger to the workspace: 404; who may not read it: 403."""
    rows = Thread.objects.select_related(
        "prospect__company", "sender__owner", "enrollment__campaign", "assignee__user", "label_by__user"
    )
    found: Thread = get_object_or_404(rows.visible_to(member), pk=pk)
    if not Thread.objects.readable_by(member).filter(pk=pk).exists():
        raise PermissionDenied(f"Only {found.sender.owner}, managers and admins read what {found.sender} is written.")
    return found


def whole(request: HttpRequest, found: Thread, now: datetime, **more: Any) -> dict[str, Any]:
    """Everything that the panes show."""
    member, asked = member_of(request), Asked.of(request.GET)
    write = request.GET.get("write", "")
    rows = inbox.listed(member, Asked(asked.show, asked.text, None), now, found.pk)
    again = request.GET.get("again", "")
    return {
        **rows,
        **conversation.talk(found, now.astimezone(zone_of(member))),
        **conversation.about(found, member, now.astimezone(zone_of(member))),
        "splits": inbox.splits(member, asked),
        "thread": found,
        "label": LABELS.get(found.label, ""),
        "label_tone": TONES.get(found.label, "neutral"),
        "labels": LABELS,
        "outcomes": [one for one in Outcome if one],
        "members": triage.assignable(found),
        "snoozes": snoozes.choices(now, zone_of(member)),
        "today": now.astimezone(zone_of(member)).date(),
        "tomorrow": (now.astimezone(zone_of(member)) + timedelta(days=1)).date(),
        "obstacle": answers.obstacle(found),
        "seen": answers.newest(found),
        "others": presence.others(found, than=member, now=now),
        "waiting": "" if htmx(request) else inbox.waiting(member, now),
        "writes": "note" if write == "note" else "answer",
        "key": secrets.token_hex(10),
        "draft": _again(found, again) or answers.draft(found, member),
        **more,
    }


def _again(found: Thread, number: str) -> str:
    """The text of an answer that did not go, to be sent anew."""
    if not number.isdecimal() or len(number) > 18:
        return ""
    one = Answer.objects.filter(thread=found, pk=int(number)).select_related("touch").first()
    return one.touch.text if one else ""


def rendered(request: HttpRequest, page: dict[str, Any], status: int = 200) -> HttpResponse:
    fragment = "#panes" if htmx(request) else ""
    return inbox.drawn(request, f"campaigns/inbox.html{fragment}", page, status)
