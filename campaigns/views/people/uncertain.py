"""Touches of which nobody knows whether they arrived: the evidence, and a person's word."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from accounts import rights
from accounts.access import member_of, member_required
from accounts.models import Member
from accounts.rights import Verb
from campaigns.models import Campaign, Enrollment, Touch
from campaigns.running import reconcile, touches, waits
from campaigns.views.moments import ahead, moment
from campaigns.views.people.reasons import Channel, channel
from outreach import clock
from outreach.engine.kinds import WORDS, Kind
from outreach.web import toasts
from outreach.web.back import back
from outreach.web.htmx import htmx
from outreach.web.numbers import whole

PAGE = 25
LOOKS = len(touches.LOOKS)
"""How often is looked before a person is asked."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One piece of evidence: when, and what."""

    moment: str
    words: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """One touch in doubt. `waits`: for a person now; `mine`: the member may decide it; `look`: when it is looked for
    again."""

    touch: Touch
    channel: Channel | None
    waits: bool
    mine: bool
    look: str
    at: str
    evidence: tuple[Seen, ...]


@member_required(Verb.SEE)
@require_safe
def uncertain(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    now = clock.now()
    found = doubts(member, now, after=whole(request.GET.get("after")) or 0)
    page = {
        "doubts": found[:PAGE],
        "more": max(one.touch.pk for one in found[:PAGE]) if len(found) > PAGE else 0,
        "now": now,
    }
    fragment = "campaigns/uncertain.html#doubts" if htmx(request) else "campaigns/uncertain.html"
    response = render(request, fragment, page)
    patch_vary_headers(response, ["HX-Request"])
    return response


@member_required(Verb.STEER)
@require_POST
def was_sent(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, reconcile.it_was_sent, "counted as sent. The sequence goes on from there.")


@member_required(Verb.STEER)
@require_POST
def was_not_sent(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, reconcile.it_was_not, "counted as not sent. The step is planned again.")


def _decide(request: HttpRequest, pk: int, verb: Callable[..., bool], said: str) -> HttpResponse:
    member = member_of(request)
    found = Touch.objects.visible_to(member).select_related("sender", "prospect", "enrollment")
    touch = get_object_or_404(found, pk=pk)
    try:
        decided = verb(touch, by=member, now=clock.now())
    except reconcile.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    waits.forget(member.workspace_id, touch.enrollment.campaign_id)
    what = f"{WORDS[Kind(touch.kind)]} to {touch.prospect}"
    toasts.say(request, f"{what}: {said}" if decided else f"{what} was settled already.")
    return back(request, "uncertain")


def doubts(
    member: Member,
    now: datetime,
    *,
    campaign: Campaign | None = None,
    enrollment: Enrollment | None = None,
    after: int = 0,
) -> list[Doubt]:
    """Touches in doubt that the member may see, those that wait for a person first and the oldest of them first. Of a
    campaign: only those that wait for a person. At most a page and one more."""
    found = (
        Touch.objects.visible_to(member)
        .filter(state="uncertain")
        .select_related("prospect__company", "sender", "enrollment__campaign")
        .order_by("pk")
    )
    if campaign is not None:
        found = found.filter(enrollment__campaign=campaign, look_at=None)
    if enrollment is not None:
        found = found.filter(enrollment=enrollment)
    if after:
        found = found.filter(pk__gt=after)
    listed = [_doubt(touch, member, now) for touch in found[: PAGE + 1]]
    return sorted(listed[:PAGE], key=lambda one: not one.waits) + listed[PAGE:]


def _doubt(touch: Touch, member: Member, now: datetime) -> Doubt:
    return Doubt(
        touch=touch,
        channel=channel(touch.kind),
        waits=touch.look_at is None,
        mine=_may_decide(touch, member),
        look=ahead(touch.look_at, now),
        at=_when(touch.gate_at, now),
        evidence=tuple(_evidence(touch, now)),
    )


def _may_decide(touch: Touch, member: Member) -> bool:
    try:
        rights.require(member, Verb.STEER, owner=touch.sender.owner_id)
    except rights.NotAllowed:
        return False
    return True


def _evidence(touch: Touch, now: datetime) -> Iterator[Seen]:
    """What is known, the oldest first."""
    known: dict[str, Any] = touch.evidence
    yield Seen(_when(touch.gate_at, now), "It was handed over to the provider, once.")
    if doubt := known.get("doubt"):
        yield Seen(_when(touch.settled_at, now), str(doubt))
    for seen in known.get("seen", []):
        yield Seen(_when(parse_datetime(str(seen.get("at", ""))), now), f"Parley looked. {seen.get('saw', '')}")
    if touch.look_at is None:
        yield Seen("", f"{touch.looks} of {LOOKS} looks found nothing, and this provider's silence proves nothing.")


def _when(at: datetime | None, now: datetime) -> str:
    return moment(at, now) if at else ""
