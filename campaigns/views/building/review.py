"""The page before a launch, and the launch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member_of, member_required
from accounts.rights import Verb
from campaigns.building import campaigns
from campaigns.building import review as reviewing
from campaigns.building.review import Refusal, Review
from campaigns.building.shares import Share
from campaigns.models import Campaign
from campaigns.models.campaign import CampaignState
from campaigns.views.building.builder import frame
from campaigns.views.building.campaigns import allowed, of, zone_moment
from outreach import clock
from outreach.engine.causes import WORDS as CAUSES
from outreach.engine.kinds import WORDS, Kind
from outreach.web import toasts
from outreach.web.htmx import htmx
from outreach.web.numbers import whole

CHANNELS: dict[Kind, tuple[str, str]] = {
    Kind.INVITE: ("invite", "invite"),
    Kind.INVITE_NOTE: ("invite", "invite"),
    Kind.DM: ("message", "message"),
    Kind.INMAIL: ("inmail", "inmail"),
    Kind.OPEN_INMAIL: ("open", "inmail"),
    Kind.EMAIL: ("email", "email"),
    Kind.WHATSAPP: ("whatsapp", "whatsapp"),
}
"""Colour and icon of a channel; the others are engagement."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A first channel and how many people get it. `width`: of the bar, in percent of all."""

    words: str
    colour: str
    icon: str
    people: int
    width: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What has to be settled before the launch, and where."""

    sentence: str
    address: str
    link: str


@member_required(Verb.SEE)
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft as it would be launched now; htmx gets the short form for the builder's side."""
    campaign = of(request, pk)
    if campaign.state != CampaignState.DRAFT:
        return redirect("campaign", pk)
    page = _page(request, campaign)
    part = "campaigns/review.html#glance" if htmx(request) else "campaigns/review.html"
    return render(request, part, page)


@member_required(Verb.LAUNCH)
@require_POST
def launch(request: HttpRequest, pk: int) -> HttpResponse:
    """Launch; refused with one sentence on the same page. A second click finds it launched."""
    campaign = of(request, pk)
    word = request.POST.get("word", "")
    try:
        launched = allowed(
            reviewing.launch,
            campaign,
            by=member_of(request),
            now=clock.now(),
            word=word,
            seen=whole(request.POST.get("people")),
        )
    except campaigns.CannotLaunch as refusal:
        campaign.refresh_from_db()
        if campaign.state != CampaignState.DRAFT:
            toasts.say(request, str(refusal), tone="bad")
            return redirect("campaign", pk)
        asks = isinstance(refusal, reviewing.NeedsWord)
        page = _page(request, campaign) | {"error": str(refusal), "asks": asks, "word": word}
        return render(request, "campaigns/review.html", page, status=422)
    if not launched.done:
        toasts.say(request, f"{campaign.name} was launched already: nothing is done twice.")
        return redirect("campaign-people", campaign.pk)
    for sentence in reviewing.introduce(campaign):
        toasts.say(request, sentence, tone="bad")
    people = "1 person" if launched.people == 1 else f"{launched.people:,} people"
    toasts.say(request, f"{campaign.name} is running with {people}.", undo=reverse("campaign-pause", args=[pk]))
    return redirect("campaign-people", campaign.pk)


def _page(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    now = clock.now()
    found = reviewing.look(campaign, by=member_of(request), now=now)
    most = max((n for _, n in found.channels), default=1)
    return frame(request, campaign, "review") | {
        "review": found,
        "channels": [_channel(kind, n, most) for kind, n in found.channels],
        "waits": [(CAUSES[cause], n) for cause, n in found.waits],
        "left_out": sorted(found.left_out.items(), key=lambda item: -item[1]),
        "left_out_total": sum(found.left_out.values()),
        "shares": [_row(share, now) for share in found.shares],
        "first": _first(found, now),
        "obstacles": [_obstacle(campaign, refusal) for refusal in found.refusals],
        "confirm_word": reviewing.WORD,
        "done": found.done,
        "credit_width": f"{min(100 * found.needed / max(_available(found), found.needed, 1), 100):.4g}%",
        "available": _available(found),
        "held": sum(share.credits.held for share in found.shares),
        "reserved": sum(share.credits.reserved for share in found.shares),
        "unread": sum(share.credits.unread for share in found.shares),
    }


def _available(found: Review) -> int:
    return sum(share.credits.available for share in found.shares)


def _channel(kind: Kind, n: int, most: int) -> Channel:
    colour, icon = CHANNELS.get(kind, ("engage", "eye"))
    return Channel(WORDS[kind], colour, icon, n, f"{100 * n / most:.4g}%")


def _row(share: Share, now: datetime) -> dict[str, Any]:
    return {
        "share": share,
        "channels": [_channel(kind, n, 1) for kind, n in share.channels.most_common()],
        "first": zone_moment(share.first, now, share.sender.zone) if share.first else "",
        "waiting": [(CAUSES[cause], n) for cause, n in share.waits.most_common()],
    }


def _first(found: Review, now: datetime) -> str:
    share = found.first
    return zone_moment(share.first, now, share.sender.zone) if share is not None and share.first is not None else ""


def _obstacle(campaign: Campaign, refusal: Refusal) -> Obstacle:
    match refusal.where:
        case "senders":
            return Obstacle(refusal.sentence, reverse("campaign-senders", args=[campaign.pk]), "Choose senders")
        case "people":
            return Obstacle(refusal.sentence, reverse("campaign-audience", args=[campaign.pk]), "Choose people")
        case "step":
            return Obstacle(
                refusal.sentence, reverse("campaign-step", args=[campaign.pk, refusal.step]), "Open the step"
            )
        case _:
            return Obstacle(refusal.sentence, reverse("account"), "Your account")
