"""Who is in a draft and who acts for it: choosing its people and its senders."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import member_of, member_required
from accounts.models import CreditBalance, Member, Sender
from accounts.rights import Verb
from campaigns.building import campaigns, choosing, drafts, review
from campaigns.models import Campaign, CampaignSender, Enrollment
from campaigns.views.building.builder import frame, need
from campaigns.views.building.campaigns import allowed, of
from outreach import clock
from outreach.engine.plays import PLAYS
from outreach.web import toasts
from outreach.web.numbers import whole
from prospects.models import Audience, Prospect


@member_required(Verb.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def audience(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is in a draft: add an audience, a tier or everybody; take them out again."""
    campaign = of(request, pk)
    if request.method != "POST":
        return render(request, "campaigns/campaign_audience.html", _audience_page(request, campaign))
    need(request, Verb.BUILD)
    member = member_of(request)
    act, whom = request.POST.get("act", ""), request.POST.get("whom", "")
    try:
        if act in ("add", "remove"):
            _add_or_remove(request, campaign, act, _choose(request, whom), member)
        else:
            raise drafts.CannotChange("Say whom to add or to take out.")
    except (drafts.CannotChange, campaigns.CannotLaunch, choosing.NoSuchAudience) as refusal:
        page = _audience_page(request, campaign) | {"error": str(refusal), "whom": whom}
        return render(request, "campaigns/campaign_audience.html", page, status=422)
    return redirect("campaign-audience", pk)


def _add_or_remove(
    request: HttpRequest, campaign: Campaign, act: str, chosen: choosing.Chosen | None, member: Member
) -> None:
    now = clock.now()
    if act == "remove":
        gone = allowed(drafts.drop_people, campaign, chosen, by=member, now=now)
        toasts.say(request, f"{_people(len(gone))} taken out. They stay in Prospects.")
        return
    if chosen is None:
        raise drafts.CannotChange("Say whom to add: an audience, a tier or everybody.")
    made = allowed(drafts.add_people, campaign, chosen, by=member, now=now)
    left = sum(chosen.left_out.values())
    already = len(chosen.people) - made
    parts = [f"{_people(made)} added"]
    parts += [f"{already:,} were in already"] if already else []
    parts += [f"{left:,} left out"] if left else []
    toasts.say(request, f"{', '.join(parts)}.")


def _choose(request: HttpRequest, whom: str) -> choosing.Chosen | None:
    """Whom the form names: audience:12, tier:3, everybody; None for all who are in (taking out only)."""
    what, _, which = whom.partition(":")
    if what == "audience" and (pk := whole(which)) is not None:
        found = Audience.objects.filter(workspace=member_of(request).workspace_id, pk=pk).first()
        if found is None:
            raise drafts.CannotChange("This audience is gone: choose another one.")
        return choosing.choose(audience=found)
    if what == "tier" and which in ("1", "2", "3"):
        return choosing.choose(tier=int(which))
    if what == "everybody":
        return choosing.choose()
    if what == "all":
        return None
    raise drafts.CannotChange("Say whom: an audience, a tier or everybody.")


def _audience_page(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    page = frame(request, campaign, "people")
    mine = Enrollment.objects.filter(campaign=campaign)
    tiers = {row["prospect__tier"]: row["n"] for row in mine.values("prospect__tier").annotate(n=Count("pk"))}
    return page | {
        "tiers": [(tier, tiers.get(tier, 0)) for tier in (3, 2, 1) if tiers.get(tier)],
        "by_sender": mine.values("sender__name").annotate(n=Count("pk")).order_by("-n", "sender__name"),
        "audiences": Audience.objects.filter(workspace=campaign.workspace_id)
        .annotate(n=Count("members"))
        .order_by("name"),
        "everybody": Prospect.objects.filter(workspace=campaign.workspace_id).count(),
        "some": mine.select_related("prospect__company", "sender").order_by("-prospect__tier", "pk")[:20],
        "editable": page["draft"] and page["may_build"],
        "whom": f"audience:{campaign.audience_id}" if campaign.audience_id else "",
    }


@dataclass(frozen=True, slots=True)
class Seat:
    """A sender that could act for the campaign: what it has left, and what is against it."""

    sender: Sender
    chosen: bool
    mine: bool
    people: int
    credits: CreditBalance | None
    against: str
    worry: str


@member_required(Verb.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def senders(request: HttpRequest, pk: int) -> HttpResponse:
    """Who acts: with the credits each has, and why one cannot."""
    campaign = of(request, pk)
    if request.method != "POST":
        return render(request, "campaigns/campaign_senders.html", _senders_page(request, campaign))
    need(request, Verb.BUILD)
    wanted = {number for one in request.POST.getlist("senders") if (number := whole(one)) is not None}
    chosen = [one for one in _able(member_of(request)) if one.pk in wanted]
    try:
        allowed(drafts.choose_senders, campaign, chosen, by=member_of(request), now=clock.now())
    except (drafts.CannotChange, campaigns.CannotLaunch) as refusal:
        page = _senders_page(request, campaign, wanted) | {"error": str(refusal)}
        return render(request, "campaigns/campaign_senders.html", page, status=422)
    who = f"{chosen[0].name} acts" if len(chosen) == 1 else f"{len(chosen)} senders act"
    toasts.say(request, f"{who} for this campaign. The people are shared among them anew.")
    return redirect("campaign-senders", pk)


def _able(member: Member) -> list[Sender]:
    found = Sender.objects.visible_to(member).filter(kind="linkedin").exclude(state__in=("archived", "setting_up"))
    return list(found.select_related("plan", "owner__user").prefetch_related("balances").order_by("name", "pk"))


def _senders_page(request: HttpRequest, campaign: Campaign, wanted: set[int] | None = None) -> dict[str, Any]:
    page = frame(request, campaign, "senders")
    member = member_of(request)
    acting = set(CampaignSender.objects.filter(campaign=campaign).values_list("sender", flat=True))
    chosen = acting if wanted is None else wanted
    people = {
        row["sender"]: row["n"]
        for row in Enrollment.objects.filter(campaign=campaign).values("sender").annotate(n=Count("pk"))
    }
    with_inmail = review.plans_with_inmail(clock.now())
    inmail = drafts.version_of(campaign).steps.filter(act="inmail").exists()
    seats = [
        _seat(one, campaign, chosen, member, people, inmail and one.plan_id not in with_inmail) for one in _able(member)
    ]
    return page | {
        "seats": sorted(seats, key=lambda seat: (not seat.mine, seat.sender.name)),
        "editable": page["draft"] and page["may_build"],
    }


def _seat(
    sender: Sender, campaign: Campaign, chosen: set[int], member: Member, people: dict[int, int], no_inmail: bool
) -> Seat:
    play = PLAYS.get(campaign.play)
    against = ""
    if no_inmail:
        plan = f"The plan {sender.plan.name} has no InMail" if sender.plan else "There is no plan, thus no InMail"
        against = f"{plan}, and {play.name if play else 'this campaign'} needs it."
    elif play is not None and play.practice and sender.connector != "simulator":
        against = f"{play.name} is for practice senders only."
    worry = ""
    if sender.state not in ("active", "resting"):
        worry = f"{sender.get_state_display()}: its people wait until somebody resumes it."
    related: Any = sender
    balances = sorted(related.balances.all(), key=lambda balance: (balance.cap > 0, balance.pk))
    return Seat(
        sender=sender,
        chosen=sender.pk in chosen,
        mine=sender.owner_id == member.pk,
        people=people.get(sender.pk, 0),
        credits=balances[-1] if balances else None,
        against=against,
        worry=worry,
    )


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"
