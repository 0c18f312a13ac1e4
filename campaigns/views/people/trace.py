"""One person in a campaign: why not yet in order, what was considered, the text that would go, and what can be done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts import rights
from accounts.access import member_of, member_required
from accounts.models import Member, Sender
from accounts.rights import Verb
from campaigns.models import Enrollment, Touch
from campaigns.running import blockers, hand_over, holding, taking, waits
from campaigns.running.blockers import Blocker, Standing
from campaigns.running.waits import Segment
from campaigns.views.moments import ahead, moment
from campaigns.views.people import rows, uncertain, what_if
from campaigns.views.people.considered import considered
from campaigns.views.people.reasons import LIFTERS, Channel, channel, place
from outreach import clock
from outreach.engine.causes import Cause, Lifter
from outreach.engine.facts import EnrollmentFacts
from outreach.engine.kinds import NEVER, Degree, Invitation
from outreach.web.htmx import htmx

DEGREES = {
    Degree.FIRST: "Connected",
    Degree.SECOND: "2nd degree",
    Degree.THIRD: "3rd degree",
    Degree.OUT: "Out of network",
}
INVITATIONS = {
    Invitation.PENDING: "An invite waits for an answer",
    Invitation.ACCEPTED: "An invite was accepted",
    Invitation.DECLINED: "An invite was declined",
    Invitation.WITHDRAWN: "An invite was withdrawn",
    Invitation.LAPSED: "An invite vanished",
}
STATES = {
    "planned": "planned",
    "reserved": "open in guided sending",
    "dispatching": "on its way",
    "sent": "sent",
    "refused": "refused",
    "uncertain": "not known whether it arrived",
    "not_sent": "not sent",
    "cancelled": "cancelled",
    "skipped": "skipped",
}
TOUCHES = 20
"""Most past touches shown beside the trace."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A blocker on the page."""

    standing: str
    words: str
    moment: str
    lifter: str


@dataclass(frozen=True, slots=True)
class Past:
    """A touch of this sequence."""

    touch: Touch
    channel: Channel | None
    moment: str
    state: str


@member_required(Verb.SEE)
@require_safe
def enrollment(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    found = enrollment_of(request, pk, person)
    if htmx(request):
        return row(request, found, opened="close" not in request.GET)
    page = _page(request, found)
    page |= {
        "past": _past(found, page["now"]),
        "what_if": what_if.ask(request.GET, page["trace"].case, found.sender, page["now"]),
    }
    response = render(request, "campaigns/enrollment.html", page)
    patch_vary_headers(response, ["HX-Request"])
    return response


def row(request: HttpRequest, found: Enrollment, *, opened: bool) -> HttpResponse:
    """The person's row of the list, with everything about them beneath it when it is opened."""
    page = _page(request, found) if opened else {}
    person = page.get("person") or rows.rows(found.workspace_id, [found.pk], clock.now())[0]
    response = render(
        request, "campaigns/people.html#person", page | {"person": person, "campaign": found.campaign, "opened": opened}
    )
    patch_vary_headers(response, ["HX-Request"])
    return response


def enrollment_of(request: HttpRequest, pk: int, person: int) -> Enrollment:
    """The enrollment that an address names, 404 for who may not know of it."""
    visible = Enrollment.objects.visible_to(member_of(request))
    found: Enrollment = get_object_or_404(
        visible.select_related("campaign", "sender", "prospect__company", "version"), pk=person, campaign=pk
    )
    return found


def _page(request: HttpRequest, found: Enrollment) -> dict[str, Any]:
    member, now = member_of(request), clock.now()
    traced = blockers.trace(found.workspace_id, now, found.pk)
    assert traced is not None
    (row,) = rows.rows(found.workspace_id, [found.pk], now)
    planned = found.touches.filter(state="planned", step_key__gt=0).first()
    mine, live = _may(found, member), found.state in ("waiting", "active", "held")
    doubt = [
        one for one in uncertain.doubts(member, now, campaign=found.campaign) if one.touch.enrollment_id == found.pk
    ]
    return {
        "campaign": found.campaign,
        "enrollment": found,
        "person": row,
        "now": now,
        "place": place(found.sender),
        "trace": traced,
        "rules": [_rule(one, found.sender, now) for one in traced.blockers],
        "considered": list(considered(traced.decision)),
        "decided": traced.decision,
        "step": channel(getattr(traced.decision, "kind", None)),
        "planned": planned,
        "planned_at": moment(planned.planned_at, now) if planned else "",
        "facts": list(_facts(traced.case.facts, found, now)),
        "live": live,
        "may_hold": mine and found.state in ("waiting", "active"),
        "may_resume": mine
        and (found.state == "held" or (found.state == "stopped" and found.reason == holding.BY_HAND)),
        "may_stop": mine and live,
        "others": _others(found, member) if live and mine else [],
        "leads": _leads(found, member) if traced.reason.cause is Cause.IN_CONVERSATION and mine else None,
        "doubt": doubt[0] if doubt else None,
        "needs_you": waits.segment(traced.reason, waits.undecided(found.workspace_id)) is Segment.NEEDS_YOU,
    }


def _may(found: Enrollment, member: Member) -> bool:
    try:
        holding.require_own(found, member)
    except rights.NotAllowed:
        return False
    return True


def _others(found: Enrollment, member: Member) -> list[Sender]:
    """Senders that this member may hand the person over to."""
    return [sender for sender in hand_over.senders(found) if hand_over.may(found, sender, member)]


def _leads(found: Enrollment, member: Member) -> Enrollment | None:
    """Who leads the conversation with this person, if this member may take it from them."""
    holder = taking.holder_of(found)
    return holder if holder is not None and taking.may(found, holder, member) else None


def _rule(one: Blocker, sender: Sender, now: datetime) -> Rule:
    until = one.until if one.standing is not Standing.CLEAR and one.until and one.until < NEVER else None
    when = ""
    if until is not None:
        when = "now" if until <= now else f"{moment(until, now, ZoneInfo(sender.zone))}, {ahead(until, now)}"
    lifter = LIFTERS[one.lifted_by] if one.standing is not Standing.CLEAR and one.lifted_by is not Lifter.TIME else ""
    return Rule(one.standing.value, one.words, when, lifter)


def _facts(f: EnrollmentFacts, found: Enrollment, now: datetime) -> Iterator[str]:
    """The facts that the decision looked at, each with its age."""
    person, sender = f.person, f.sender
    read = f"read {_ago(person.checked_at, now)}" if person.checked_at else "profile never read"
    yield f"Tier {person.tier}"
    yield f"{DEGREES.get(person.degree, 'Degree not known')} ({read})"
    opened = {True: "Open Profile", False: "No Open Profile", None: "Open Profile not known"}[person.open_profile]
    yield f"{opened} ({_ago(found.prospect.checked_at, now)})" if found.prospect.checked_at else opened
    if person.invitation in INVITATIONS:
        sent = f" ({_ago(person.invited_at, now)})" if person.invited_at else ""
        yield f"{INVITATIONS[person.invitation]}{sent}"
    if sender.credits.cap or sender.credits.available:
        yield f"{sender.credits.available} credits left, {sender.credits.held} held for tier 3"
    yield f"Inbox read {_ago(sender.inbox_at, now)}" if sender.inbox_at else "Inbox never read"
    yield f"Last touch {_ago(found.last_touch_at, now)}" if found.last_touch_at else "No touch yet"


def _ago(at: datetime | None, now: datetime) -> str:
    """How old a fact is: `just now`, `34 min ago`, `5 h ago`, `3 days ago`."""
    if at is None:
        return ""
    words = ahead(now + (now - at), now)
    return "just now" if words in ("", "now") else f"{words.removeprefix('in ')} ago"


def _past(found: Enrollment, now: datetime) -> list[Past]:
    return [
        Past(
            touch,
            channel(touch.kind),
            moment(touch.gate_at or touch.settled_at or touch.planned_at, now),
            STATES[touch.state],
        )
        for touch in found.touches.order_by("-pk")[:TOUCHES]
    ]
