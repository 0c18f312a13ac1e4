"""Today: who waits for an answer, what needs a person, what waits and why, and how much room every sender has left."""

from collections import Counter
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Case, Count, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import member_of, member_required
from accounts.models import Member, Sender
from accounts.models.sender import SenderState
from accounts.rights import Verb
from campaigns.building import first_steps
from campaigns.models import Campaign, Enrollment
from campaigns.models.campaign import CampaignState
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import waits
from campaigns.running.holding import BY_HAND
from campaigns.views.people.reasons import ended
from campaigns.views.senders.strips import seat
from campaigns.views.today.blockers import blockers
from campaigns.views.today.needs import needs
from campaigns.views.today.replies import replies
from outreach import clock
from outreach.web.htmx import htmx
from prospects.models import Prospect

SENDERS_A_PAGE = 25

STATES: dict[str, str] = {
    EnrollmentState.ACTIVE: "in their sequence",
    EnrollmentState.WAITING: "not started yet",
    EnrollmentState.HELD: "left alone until resumed",
    EnrollmentState.FINISHED: "all steps done",
    EnrollmentState.STOPPED: "",
}
"""The figures, in order, and what each state means. What stopped people is said by the reasons."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How many people are in a state, and what that means."""

    label: str
    count: int
    meaning: str


@member_required(Verb.SEE)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    now = clock.now()
    campaigns = list(Campaign.objects.visible_to(member).only("name", "state", "workspace_id"))
    names = {campaign.pk: campaign.name for campaign in campaigns}
    people, everybody = figures(member), waits.of_workspace(member.workspace_id, now)
    senders = Paginator(
        Sender.objects.visible_to(member)
        .exclude(state=SenderState.ARCHIVED)
        .select_related("plan")
        .prefetch_related("allowances", "balances")
        .order_by(Case(When(owner=member, then=0), default=1), "name", "id"),
        SENDERS_A_PAGE,
    ).get_page(request.GET.get("page"))
    page = {
        "now": now,
        "figures": people,
        "enrolled": sum(figure.count for figure in people),
        "imported": not people and Prospect.objects.visible_to(member).exists(),
        "campaigns": len(campaigns),
        "running": sum(campaign.state == CampaignState.RUNNING for campaign in campaigns),
        "first_steps": first_steps.of(member),
        "replies": replies(member, now),
        "needs": needs(member, everybody, names),
        "blockers": blockers(everybody, names, now),
        "under_way": len(everybody.reasons),
        "as_of": everybody.at if now > everybody.at else None,
        "senders": senders,
        "seats": [seat(sender, now) for sender in senders],
    }
    fragment = "campaigns/overview.html#overview" if htmx(request) else "campaigns/overview.html"
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


def _reason(code: str) -> str:
    """What follows a number of people: `9 replied`."""
    return "stopped by a member" if code == BY_HAND else ended(code).removeprefix("they ")
