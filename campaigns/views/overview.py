"""Where everyone is: people by state, what holds each back, and how much room every sender has left."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import member_required
from accounts.models import Member, Sender
from accounts.models.sender import SenderState
from accounts.rights import Verb
from campaigns.models import Campaign, Enrollment
from campaigns.models.campaign import CampaignState
from campaigns.models.enrollment import EnrollmentState
from campaigns.views.moments import ahead, moment
from campaigns.views.strips import seat
from outreach import clock
from outreach.engine.causes import LIFTED_BY, ORDER, WORDS, Cause, Lifter
from outreach.engine.kinds import NEVER
from prospects.models import Prospect

SENDERS_A_PAGE = 25
UNDER_WAY = (EnrollmentState.WAITING, EnrollmentState.ACTIVE)

STATES: dict[str, str] = {
    EnrollmentState.ACTIVE: "in their sequence",
    EnrollmentState.WAITING: "not started yet",
    EnrollmentState.HELD: "left alone until resumed",
    EnrollmentState.FINISHED: "all steps done",
    EnrollmentState.STOPPED: "",
}
"""The figures, in order, and what each state means. What stopped people is said by the reasons."""

REASONS = {"opted_out": "asked not to be contacted", "sent_by_hand": "reached by hand"}
LIFTERS: dict[Lifter, str] = {
    Lifter.TIME: "Passes by itself",
    Lifter.SDR: "An SDR",
    Lifter.MANAGER: "A manager",
    Lifter.ADMIN: "An admin",
    Lifter.PROSPECT: "The person's answer",
    Lifter.PROVIDER: "The next grant or a return",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """How many people are in a state, and what that means."""

    label: str
    count: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """One cause: how many wait for it, the share of all who wait, the first of them to go, and who can lift it."""

    words: str
    count: int
    width: str
    at: datetime | None
    moment: str
    ahead: str
    lifter: str


@member_required(Verb.SEE)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    member: Member = request.member  # type: ignore[attr-defined]
    now = clock.now()
    campaigns = Counter(Campaign.objects.visible_to(member).values_list("state", flat=True))
    people = figures(member)
    senders = Paginator(
        Sender.objects.visible_to(member)
        .exclude(state=SenderState.ARCHIVED)
        .select_related("plan")
        .prefetch_related("allowances", "balances")
        .order_by("name", "id"),
        SENDERS_A_PAGE,
    ).get_page(request.GET.get("page"))
    page = {
        "now": now,
        "figures": people,
        "enrolled": sum(figure.count for figure in people),
        "imported": not people and Prospect.objects.visible_to(member).exists(),
        "campaigns": campaigns.total(),
        "running": campaigns[CampaignState.RUNNING],
        "blockers": (waits := blockers(member, now)),
        "under_way": sum(blocker.count for blocker in waits),
        "senders": senders,
        "seats": [seat(sender, now) for sender in senders],
    }
    fragment = "campaigns/overview.html#overview" if request.htmx else "campaigns/overview.html"  # type: ignore[attr-defined]
    response = render(request, fragment, page)
    patch_vary_headers(response, ["HX-Request"])
    return response


def figures(member: Member) -> list[Figure]:
    """People by state of their enrollment; states without people are left out."""
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in Enrollment.objects.visible_to(member).values("state", "reason").annotate(count=Count("id")):
        states[row["state"]] += row["count"]
        if row["state"] == EnrollmentState.STOPPED:
            reasons[row["reason"]] += row["count"]
    why = ", ".join(f"{count} {_reason(reason)}" for reason, count in reasons.most_common(3))
    return [
        Figure(EnrollmentState(state).label, states[state], meaning or why)
        for state, meaning in STATES.items()
        if states[state]
    ]


def blockers(member: Member, now: datetime) -> list[Blocker]:
    """What people under way wait for, most people first."""
    found = list(
        Enrollment.objects.visible_to(member)
        .filter(state__in=UNDER_WAY)
        .values("cause")
        .annotate(count=Count("id"), next=Min("cause_until"))
    )
    most = max((row["count"] for row in found), default=1)
    found.sort(key=lambda row: (-row["count"], ORDER.get(row["cause"], len(ORDER))))
    return [
        Blocker(
            words=_cause(row["cause"]),
            count=row["count"],
            width=f"{100 * row['count'] / most:.4g}%",
            at=row["next"],
            moment=moment(row["next"], now) if row["next"] and now < row["next"] < NEVER else "",
            ahead=ahead(row["next"], now) or _without_time(row["cause"]),
            lifter=LIFTERS[LIFTED_BY[Cause(row["cause"])]] if row["cause"] else "",
        )
        for row in found
    ]


def _cause(code: str) -> str:
    return WORDS[Cause(code)] if code else "Nothing is in the way, or the next step is being decided"


def _without_time(code: str) -> str:
    if not code:
        return ""
    ours = LIFTED_BY[Cause(code)] in (Lifter.SDR, Lifter.MANAGER, Lifter.ADMIN)
    return "when somebody acts" if ours else "no time known"


def _reason(code: str) -> str:
    return REASONS.get(code, code.replace("_", " "))
