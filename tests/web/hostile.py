"""The hostile prospect: everything that somebody outside may write (a file, a profile, a reply) tries to be more than
text. Shown on every page by the common tests, it must be read as what it is and do nothing.

Its scripts would open a dialog or ask for an address, which the watched browser reports; its braces would turn to
7006652.
"""

from dataclasses import dataclass
from typing import Any

from django_scopes import scope

from accounts.models import Member, Sender, Workspace
from campaigns.models import Campaign, Enrollment, Message, PersonLock, Thread, Touch, Version
from campaigns.models.campaign import CampaignState
from outreach.engine.kinds import Degree, Invitation, Kind, TouchState
from outreach.language.fitting import text_hash
from prospects.models import Audience, AudienceMember, Company, Import, ImportRow, Intent, Prospect, Relationship
from tests.cast import MONDAY, sender

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
HTMX = "<b hx-get=/sign-out/ hx-trigger=load>x</b>"
SVG = "<svg onload=alert(3)>"
BRACES = "{{1234*5678}}{% now 'Y' %}"
TURNED = "\u202egnp.exe"
SITE = "javascript:alert(4)"
ALL = f"{SCRIPT}{IMAGE}{HTMX}{SVG}{BRACES}{TURNED}"
LONG = f"{ALL} {'W' * 10_000}"
FORMULA = '=HYPERLINK("javascript:alert(5)","x")'
REFUSED = (SCRIPT, "<img", "<b hx-get", "<svg onload", "7006652")
"""What a page that shows the hostile prospect must not hold, apart from its own icons' `<svg class`."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """What stands in the workspace now, one of each."""

    prospect: Prospect
    company: Company
    audience: Audience
    upload: Import
    sender: Sender
    campaign: Campaign
    enrollment: Enrollment
    planned: Enrollment
    touch: Touch
    thread: Thread
    message: Message


def hostile(workspace: Workspace, by: Member | None = None) -> Hostile:
    """A hostile prospect with company, audience, import, sender, two campaigns, touches and an answered thread.

    `by`: who owns it all; the workspace's first member when nobody is named.
    """
    with scope(workspace=workspace):
        owner = by or Member.objects.filter(workspace=workspace, left_at=None).order_by("pk")[0]
        seat = sender(owner, f"{SCRIPT}{TURNED}", "sales-navigator-core", state_reason=LONG[:200])
        person, company = _person(workspace)
        audience = Audience.objects.create(workspace=workspace, name=f"{ALL}"[:120], created_at=MONDAY)
        AudienceMember.objects.create(workspace=workspace, audience=audience, prospect=person)
        upload = _import(workspace, owner, seat, audience)
        Relationship.objects.create(
            workspace=workspace,
            prospect=person,
            sender=seat,
            degree=Degree.FIRST,
            connected_at=MONDAY,
            invitation=Invitation.ACCEPTED,
            invited_at=MONDAY,
            provider_id=ALL[:120],
            chat_id=ALL[:120],
            checked_at=MONDAY,
        )
        Intent.objects.create(workspace=workspace, prospect=person, kind=ALL[:30], key=LONG[:200], at=MONDAY)
        running = _campaign(workspace, owner, f"{SVG}{BRACES}{TURNED}", CampaignState.RUNNING)
        second = _campaign(workspace, owner, f"{IMAGE}{BRACES}", CampaignState.RUNNING)
        enrollment = _enroll(running, person, seat, state="stopped", reason=f"{SCRIPT}"[:40], ended_at=MONDAY)
        planned = _enroll(second, person, seat, state="active", decide_at=MONDAY)
        PersonLock.objects.create(workspace=workspace, prospect=person, enrollment=enrollment, taken_at=MONDAY)
        touch = _sent(workspace, enrollment, person, seat)
        _refused(workspace, planned, person, seat)
        thread, message = _thread(workspace, person, seat, touch)
    return Hostile(person, company, audience, upload, seat, running, enrollment, planned, touch, thread, message)


def _person(workspace: Workspace) -> tuple[Prospect, Company]:
    company = Company.objects.create(workspace=workspace, name=ALL[:200], domain=SITE)
    person = Prospect.objects.create(
        workspace=workspace,
        first_name=f"{SCRIPT}{IMAGE}"[:120],
        last_name=f"{HTMX}{BRACES}{TURNED}"[:120],
        title=LONG[:300],
        company=company,
        slug=f"{SITE}{IMAGE}"[:200],
        member_id=ALL[:120],
        email="alert(1)//@example.com",
        phone=f"{SCRIPT}"[:60],
        location=LONG[:200],
        tier=3,
        open_profile=True,
        premium=True,
        checked_at=MONDAY,
        custom={"Website": SITE, ALL[:80]: LONG, "Formula": FORMULA, "SVG": SVG},
        replied_at=MONDAY,
        created_at=MONDAY,
    )
    return person, company


def _import(workspace: Workspace, owner: Member, seat: Sender, audience: Audience) -> Import:
    upload = Import.objects.create(
        workspace=workspace,
        name=f"{ALL}.csv"[:200],
        kind="csv",
        digest="0" * 64,
        by=owner,
        sender=seat,
        audience=audience,
        state="applied",
        at=MONDAY,
        new=1,
        invalid=1,
        problem=LONG[:300],
    )
    ImportRow.objects.create(
        workspace=workspace,
        upload=upload,
        line=2,
        verdict="invalid",
        problem=f"“{ALL[:200]}” is not an address.",
        raw={"cells": [ALL, LONG, FORMULA, SITE]},
    )
    return upload


def _campaign(workspace: Workspace, owner: Member, name: str, state: str) -> Campaign:
    made = Campaign.objects.create(
        workspace=workspace, name=name[:120], play="volume", owner=owner, state=state, created_at=MONDAY
    )
    Version.objects.create(workspace=workspace, campaign=made, number=1, launched_at=MONDAY)
    return made


def _enroll(into: Campaign, person: Prospect, seat: Sender, **fields: Any) -> Enrollment:
    return Enrollment.objects.create(
        workspace=into.workspace,
        campaign=into,
        version=into.versions.get(),
        prospect=person,
        sender=seat,
        entered_at=MONDAY,
        **fields,
    )


def _touch(workspace: Workspace, enrollment: Enrollment, person: Prospect, seat: Sender, **fields: Any) -> Touch:
    return Touch.objects.create(
        workspace=workspace,
        enrollment=enrollment,
        prospect=person,
        sender=seat,
        step_key=1,
        facts_version=1,
        planned_at=MONDAY,
        not_before=MONDAY,
        gate_at=MONDAY,
        settled_at=MONDAY,
        decision={"verb": "send", "why": ALL, "rule": "1", "options": [], "inputs": {}},
        **fields,
    )


def _sent(workspace: Workspace, enrollment: Enrollment, person: Prospect, seat: Sender) -> Touch:
    return _touch(
        workspace,
        enrollment,
        person,
        seat,
        kind=Kind.DM,
        state=TouchState.SENT,
        subject=LONG,
        text=LONG,
        text_hash=text_hash(LONG),
        response="reply",
        response_at=MONDAY,
        evidence={"by": ALL},
    )


def _refused(workspace: Workspace, enrollment: Enrollment, person: Prospect, seat: Sender) -> Touch:
    return _touch(
        workspace,
        enrollment,
        person,
        seat,
        kind=Kind.INVITE_NOTE,
        state=TouchState.REFUSED,
        text=ALL[:300],
        refusal=ALL[:60],
        evidence={"detail": LONG[:300]},
    )


def _thread(workspace: Workspace, person: Prospect, seat: Sender, touch: Touch) -> tuple[Thread, Message]:
    thread = Thread.objects.create(
        workspace=workspace,
        sender=seat,
        prospect=person,
        provider_chat=ALL[:200],
        subject=LONG[:300],
        last_at=MONDAY,
        last_inbound_at=MONDAY,
        preview=ALL[:200],
        unread=1,
    )
    Message.objects.create(
        workspace=workspace,
        thread=thread,
        sender=seat,
        provider_message="ours",
        inbound=False,
        text=LONG,
        at=MONDAY,
        stored_at=MONDAY,
        touch=touch,
    )
    said = Message.objects.create(
        workspace=workspace,
        thread=thread,
        sender=seat,
        provider_message="theirs",
        inbound=True,
        text=f"{LONG}\n{SITE}\n{FORMULA}",
        at=MONDAY,
        stored_at=MONDAY,
        intent="unclear",
    )
    return thread, said
