"""A new campaign: a play for an audience, with everything else chosen well beforehand."""

import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import member_of, member_required
from accounts.models import Member, Sender
from accounts.rights import Verb
from campaigns.building import campaigns, choosing, drafts
from campaigns.models import Campaign
from campaigns.views.building.outline import ACTS
from outreach import clock
from outreach.engine.plays import PLAYS, Play
from outreach.web.numbers import whole
from prospects.models import Audience, Prospect

FOR_WHOM = {
    "volume": "Tier 1 and 2: many people, mid-market.",
    "senior": "Tier 2 and 3: VP and above, large companies, people who are hard to reach.",
    "ultra": "Tier 3: a few people who are worth several touches before the ask.",
    "rehearsal": "Trying Parley out on practice senders: nothing waits, nobody real is reached.",
}
RATES = {
    "volume": "20 to 45% accept an invite with a personal note, 30 to 50% of those answer a warm message.",
    "senior": "10 to 25% answer a targeted InMail; each costs a credit, about $2, and an answer returns it.",
    "ultra": "10 to 25% answer the InMail; being seen first helps, and the call catches the silent.",
    "rehearsal": "Practice people answer as the simulator likes: count nothing on them.",
}


@member_required(Verb.BUILD)
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_new(request: HttpRequest) -> HttpResponse:
    """Choose a play for an audience: one press makes the draft."""
    member = member_of(request)
    now = clock.now()
    asked = request.POST if request.method == "POST" else request.GET
    form = NewForm(member, asked, now, sent=request.method == "POST")
    if request.method == "POST":
        try:
            campaign = form.plan(now)
        except (campaigns.CannotLaunch, drafts.CannotChange, choosing.NoSuchAudience) as refusal:
            return render(request, "campaigns/campaign_new.html", form.page(error=str(refusal)), status=422)
        return redirect("campaign", campaign.pk)
    return render(request, "campaigns/campaign_new.html", form.page())


class NewForm:
    """What can be chosen for a new campaign, and what is chosen. Everything has a good default."""

    def __init__(self, member: Member, asked: Any, now: datetime, *, sent: bool) -> None:
        self.member, self.asked = member, asked
        self.audiences = list(
            Audience.objects.filter(workspace=member.workspace_id).annotate(n=Count("members")).order_by("name")
        )
        able = Sender.objects.visible_to(member).filter(kind="linkedin").exclude(state__in=("archived", "setting_up"))
        self.senders = list(able.select_related("plan", "owner__user").order_by("name", "pk"))
        self.plays = drafts.plays_for(self.senders)
        self.audience = next((a for a in self.audiences if str(a.pk) == asked.get("audience")), None)
        self.tier = asked.get("tier", "") if asked.get("tier", "") in ("1", "2", "3") else ""
        self.people = [pk for one in asked.getlist("people")[:5_000] if (pk := whole(one)) is not None]
        wanted = {pk for one in asked.getlist("senders") if (pk := whole(one)) is not None}
        own = {sender.pk for sender in self.senders if sender.owner_id == member.pk}
        self.chosen_senders = wanted if sent else own
        self.play = asked.get("play", "") if sent else asked.get("play") or self._fitting_play()
        if self.play not in PLAYS:
            self.play = "" if sent else self._fitting_play()
        self.name = asked.get("name", "") if sent else drafts.suggest_name(self.play, self.audience, now=now)
        self.suggested = asked.get("suggested", "") if sent else self.name

    def _fitting_play(self) -> str:
        """Senior when most of the audience is of tier 2 or 3, else volume."""
        people = Prospect.objects.visible_to(self.member)
        if self.audience is not None:
            people = people.filter(pk__in=self.audience.members.values("prospect"))
        if self.tier:
            return "senior" if self.tier != "1" else "volume"
        tiers = Counter({row["tier"]: row["n"] for row in people.values("tier").annotate(n=Count("pk"))})
        return "senior" if tiers[2] + tiers[3] > tiers[1] else "volume"

    def plan(self, now: datetime) -> Campaign:
        """Raises CannotLaunch, CannotChange, NoSuchAudience."""
        if not self.play:
            raise campaigns.CannotLaunch("No play is chosen: choose one of those on the page.")
        if self.play not in {play.key for play in self.plays}:
            raise campaigns.CannotLaunch("This play is not open to these senders: choose one of those on the page.")
        chosen = choosing.choose(
            audience=self.audience,
            tier=int(self.tier) if self.tier else None,
            among=self.people or None,
        )
        senders = [sender for sender in self.senders if sender.pk in self.chosen_senders]
        # A name that was only suggested follows the play that was chosen in the end.
        name = self.name.strip()
        if not name or name == self.asked.get("suggested"):
            name = drafts.suggest_name(self.play, self.audience, now=now)
        return drafts.plan(
            self.play,
            chosen,
            senders,
            name=name,
            audience=self.audience,
            by=self.member,
            seed=secrets.randbits(31),
            now=now,
        )

    def page(self, error: str = "") -> dict[str, Any]:
        chosen = choosing.choose(
            audience=self.audience, tier=int(self.tier) if self.tier else None, among=self.people or None
        )
        return {
            "form": self,
            "error": error,
            "plays": [_Card(play, play.key == self.play) for play in self.plays],
            "hidden_practice": len(self.plays) < len(PLAYS),
            "chosen": chosen,
            "everybody": Prospect.objects.visible_to(self.member).count(),
            "practice": bool(self.senders) and all(sender.connector == "simulator" for sender in self.senders),
        }


@dataclass(frozen=True, slots=True)
class _Card:
    """A play to choose from."""

    play: Play
    checked: bool

    @property
    def for_whom(self) -> str:
        return FOR_WHOM[self.play.key]

    @property
    def rates(self) -> str:
        return RATES[self.play.key]

    @property
    def steps(self) -> list[str]:
        return [ACTS[step.act][0] for step in self.play.steps]
