"""The campaigns of a workspace: the list, a new one, and what is done to one as a whole (pause, resume, put away)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import rights
from accounts.access import member_of, member_required
from accounts.models import Sender
from accounts.rights import Verb
from campaigns.building import campaigns
from campaigns.models import Campaign, CampaignSender, Enrollment
from campaigns.models.campaign import CampaignState
from campaigns.running.database import rows
from campaigns.views.moments import ahead, moment
from outreach import clock
from outreach.engine.plays import PLAYS
from outreach.web import toasts
from prospects.models import Prospect

A_PAGE = 50

TONES = {
    CampaignState.DRAFT: "accent",
    CampaignState.RUNNING: "ok",
    CampaignState.PAUSED: "warn",
    CampaignState.FINISHED: "neutral",
    CampaignState.ARCHIVED: "neutral",
}

_FIRST = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.DRAFT, CampaignState.FINISHED)
"""The order of the list: what acts comes first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One campaign of the list. Counts are of people."""

    campaign: Campaign
    tone: str
    play: str
    waiting: int
    active: int
    replied: int
    stopped: int
    finished: int
    senders: tuple[Sender, ...]
    at: datetime | None
    moment: str
    ahead: str

    @property
    def people(self) -> int:
        return self.waiting + self.active + self.replied + self.stopped + self.finished


@member_required(Verb.SEE)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All campaigns but those put away, what acts first."""
    member = member_of(request)
    now = clock.now()
    put_away = request.GET.get("state") == CampaignState.ARCHIVED
    mine = Campaign.objects.visible_to(member)
    states = Counter(mine.values_list("state", flat=True))
    chosen = mine.filter(state=CampaignState.ARCHIVED) if put_away else mine.exclude(state=CampaignState.ARCHIVED)
    order = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(_FIRST)),
        default=Value(9),
        output_field=IntegerField(),
    )
    page = Paginator(chosen.select_related("owner__user").order_by(order, "-created_at", "-id"), A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "lines": lines(list(page.object_list), now),
        "put_away": put_away,
        "archived": states[CampaignState.ARCHIVED],
        "total": states.total() - states[CampaignState.ARCHIVED],
        "running": states[CampaignState.RUNNING],
        "may_build": rights.may(member, Verb.BUILD) is rights.Scope.ALL,
        "imported": Prospect.objects.visible_to(member).exists(),
        "now": now,
    }
    return render(request, "campaigns/campaigns.html", context)


def lines(found: Sequence[Campaign], now: datetime) -> list[Line]:
    """The campaigns with their people by state, senders and next touch, in a fixed number of queries."""
    ids = [campaign.pk for campaign in found]
    states: dict[int, Counter[str]] = defaultdict(Counter)
    counted = Enrollment.objects.filter(campaign__in=ids).values("campaign", "state", "reason").annotate(n=Count("pk"))
    for row in counted:
        replied = row["state"] == "stopped" and row["reason"] == "replied"
        states[row["campaign"]]["replied" if replied else row["state"]] += row["n"]
    seats: dict[int, list[Sender]] = defaultdict(list)
    for seat in CampaignSender.objects.filter(campaign__in=ids).select_related("sender").order_by("sender__name", "pk"):
        seats[seat.campaign_id].append(seat.sender)
    upcoming = {row["campaign_id"]: row["at"] for row in rows(_NEXT, (now, ids))}
    made = []
    for campaign in found:
        count, at = states[campaign.pk], upcoming.get(campaign.pk)
        made.append(
            Line(
                campaign=campaign,
                tone=TONES[CampaignState(campaign.state)],
                play=PLAYS[campaign.play].name if campaign.play in PLAYS else campaign.play,
                waiting=count["waiting"] + count["held"],
                active=count["active"],
                replied=count["replied"],
                stopped=count["stopped"],
                finished=count["finished"],
                senders=tuple(seats[campaign.pk]),
                at=at,
                moment=moment(at, now) if at else "",
                ahead=ahead(at, now),
            )
        )
    return made


_NEXT = """
SELECT e.campaign_id, min(greatest(t.not_before, l.allowed_at, %s)) AS at
FROM campaigns_touch t JOIN campaigns_enrollment e ON e.id = t.enrollment_id AND e.state = 'active'
JOIN campaigns_campaign c ON c.id = e.campaign_id AND c.state = 'running'
JOIN campaigns_lane l ON l.sender_id = t.sender_id AND l.kind = t.kind
WHERE e.campaign_id = ANY(%s) AND t.state = 'planned' AND t.not_before < '9000-01-01' AND l.allowed_at < '9000-01-01'
GROUP BY e.campaign_id"""


# -- one as a whole


def of(request: HttpRequest, pk: int) -> Campaign:
    """The campaign of that number, of the member's workspace. Raises Http404."""
    mine = Campaign.objects.visible_to(member_of(request)).select_related("owner__user")
    found: Campaign = get_object_or_404(mine, pk=pk)
    return found


@member_required(Verb.STEER)
@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = of(request, pk)
    paused: campaigns.Paused = allowed(campaigns.pause, campaign, by=member_of(request), now=clock.now())
    touches = "1 touch was" if paused.handed_over == 1 else f"{paused.handed_over:,} touches were"
    said = f"Paused. {touches} already handed over, 0 more will go."
    _tell(request, campaign, said if paused else "", "paused", undo="campaign-resume")
    return redirect("campaign", pk)


@member_required(Verb.STEER)
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = of(request, pk)
    resumed: campaigns.Resumed = allowed(campaigns.resume, campaign, by=member_of(request), now=clock.now())
    people = "1 person goes" if resumed.people == 1 else f"{resumed.people:,} people go"
    said = f"Running again: {people} on from here."
    _tell(request, campaign, said if resumed else "", "resumed", undo="campaign-pause")
    return redirect("campaign", pk)


@member_required(Verb.LAUNCH)
@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = of(request, pk)
    done = allowed(campaigns.archive, campaign, by=member_of(request), now=clock.now())
    _tell(request, campaign, f"{campaign.name} is put away." if done else "", "put away", undo="campaign-restore")
    return redirect("campaigns")


@member_required(Verb.LAUNCH)
@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = of(request, pk)
    done = allowed(campaigns.restore, campaign, by=member_of(request), now=clock.now())
    said = f"{campaign.name} is a draft again."
    _tell(request, campaign, said if done else "", "brought back", undo="campaign-archive")
    return redirect("campaign", pk)


def _tell(request: HttpRequest, campaign: Campaign, said: str, verb: str, *, undo: str) -> None:
    """Say what was done; without it, that the campaign, as it stands now, cannot be `verb`."""
    if said:
        toasts.say(request, said, undo=reverse(undo, args=[campaign.pk]))
        return
    campaign.refresh_from_db(fields=["state"])
    refusal = f"{campaign.name} is {campaign.get_state_display().lower()} and cannot be {verb}."
    toasts.say(request, refusal, tone="bad")


def allowed[T](verb: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call the verb; what this member may not do is forbidden."""
    try:
        return verb(*args, **kwargs)
    except rights.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from refusal


def zone_moment(at: datetime, now: datetime, zone: str) -> str:
    """`Mon 09:05 Paris`: an instant in a sender's place, which is named."""
    return f"{moment(at, now, ZoneInfo(zone))} {zone.rpartition('/')[2].replace('_', ' ')}"
