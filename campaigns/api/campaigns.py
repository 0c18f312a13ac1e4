"""Campaigns: the list, one, planning from a play, enrolling, launching, pausing, going on."""

import secrets
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Member, Sender
from campaigns.api.edge import Edge
from campaigns.api.shapes import CampaignShape, EnrolledShape, LaunchedShape, PausedShape, many
from campaigns.building import campaigns, choosing, drafts, review
from campaigns.building.choosing import Chosen
from campaigns.models import Campaign, Enrollment
from campaigns.models.campaign import CampaignState
from outreach.engine.plays import PLAYS
from outreach.web.api import lists
from outreach.web.api.bodies import Body, Number, Text, refuse
from outreach.web.api.lists import Listing
from prospects.models import Audience

LISTING = Listing(
    "campaigns",
    {
        "state": lists.choice("state", CampaignState.values),
        "play": lists.choice("play", list(PLAYS)),
        "owner": lists.number("owner"),
    },
)
MOST = 5_000
"""People of one call."""


class Whom(Body):
    """Whom to put in: those of a list of numbers, of an audience, of a tier; where several are given, those in all."""

    people = serializers.ListField(child=Number(), required=False, max_length=MOST)
    audience = Number(required=False)
    tier = Number(required=False, max_value=3)


class NewCampaign(Whom):
    """A draft of a play. Whoever is put in is shared among the senders."""

    name = Text()
    play = serializers.ChoiceField(choices=list(PLAYS))
    senders = serializers.ListField(child=Number(), required=False, max_length=100)


class LaunchBody(Body):
    """`seen`: for how many people at most. `word`: "launch", for a launch that is large."""

    seen = Number(required=False, min_value=0)
    word = Text(required=False)


class Nothing(Body):
    """Nothing is said."""


class Campaigns(Edge):
    scopes = {"GET": "campaigns:read", "POST": "campaigns:write"}

    @extend_schema(parameters=LISTING.parameters(), responses=many(CampaignShape), summary="Campaigns, newest first")
    def get(self, asked: Request) -> Response:
        return self.page(asked, LISTING, rows(self.member), CampaignShape)

    @extend_schema(request=NewCampaign, responses={201: CampaignShape}, summary="Plan a campaign from a play")
    def post(self, asked: Request) -> Response:
        said = NewCampaign.of(self.said)
        chosen, audience, _ = whom(said)
        senders = acting(self.member, said.get("senders", []))
        made = drafts.plan(
            said["play"],
            Chosen([], chosen.left_out),
            (),
            name=said["name"],
            audience=audience,
            by=self.member,
            seed=secrets.randbits(31),
            now=self.now,
        )
        if senders:
            drafts.choose_senders(made, senders, by=self.member, now=self.now)
        if chosen.people:
            drafts.add_people(made, chosen, by=self.member, now=self.now)
        return Response(CampaignShape(self.found(rows(self.member), made.pk)).data, 201)


class OneCampaign(Edge):
    scopes = {"GET": "campaigns:read"}

    @extend_schema(responses=CampaignShape, summary="One campaign")
    def get(self, asked: Request, pk: int) -> Response:
        return Response(CampaignShape(self.found(rows(self.member), pk)).data)


class Enrolling(Edge):
    scopes = {"POST": "campaigns:write"}

    @extend_schema(request=Whom, responses=EnrolledShape, summary="Put people into a campaign")
    def post(self, asked: Request, pk: int) -> Response:
        campaign = self.found(Campaign.objects.visible_to(self.member), pk)
        chosen, _, unknown = whom(Whom.of(self.said))
        if campaign.state == CampaignState.DRAFT:
            made = drafts.add_people(campaign, chosen, by=self.member, now=self.now)
        else:
            senders = drafts.senders_of(campaign)
            made = campaigns.enroll(campaign, chosen.people, senders, by=self.member, now=self.now)
        done = {"enrolled": made, "already": len(chosen.people) - made, "unknown": unknown}
        return Response(EnrolledShape(done | {"left_out": chosen.left_out}).data)


class Launching(Edge):
    scopes = {"POST": "campaigns:run"}

    @extend_schema(request=LaunchBody, responses=LaunchedShape, summary="Launch a draft")
    def post(self, asked: Request, pk: int) -> Response:
        campaign = self.found(Campaign.objects.visible_to(self.member), pk)
        said = LaunchBody.of(self.said)
        done = review.launch(campaign, by=self.member, now=self.now, word=said.get("word", ""), seen=said.get("seen"))
        if done.done:
            transaction.on_commit(lambda: review.introduce(campaign), robust=True)
        campaign.refresh_from_db(fields=["state"])
        return Response(LaunchedShape({"changed": done.done, "state": campaign.state, "people": done.people}).data)


class Pausing(Edge):
    scopes = {"POST": "campaigns:run"}

    @extend_schema(request=Nothing, responses=PausedShape, summary="Pause a campaign: nothing more goes")
    def post(self, asked: Request, pk: int) -> Response:
        campaign = self.found(Campaign.objects.visible_to(self.member), pk)
        Nothing.of(self.said)
        done = campaigns.pause(campaign, by=self.member, now=self.now)
        campaign.refresh_from_db(fields=["state"])
        return Response(
            PausedShape({"changed": done.done, "state": campaign.state, "handed_over": done.handed_over}).data
        )


class Resuming(Edge):
    scopes = {"POST": "campaigns:run"}

    @extend_schema(request=Nothing, responses=LaunchedShape, summary="Let a paused campaign go on")
    def post(self, asked: Request, pk: int) -> Response:
        campaign = self.found(Campaign.objects.visible_to(self.member), pk)
        Nothing.of(self.said)
        done = campaigns.resume(campaign, by=self.member, now=self.now)
        campaign.refresh_from_db(fields=["state"])
        return Response(LaunchedShape({"changed": done.done, "state": campaign.state, "people": done.people}).data)


def rows(member: Member) -> "QuerySet[Any]":
    """The campaigns of the member's workspace, with what their shape needs."""
    found = Campaign.objects.visible_to(member).select_related("owner__user", "audience")
    inside = Enrollment.objects.filter(campaign=OuterRef("pk")).order_by().values("campaign").annotate(n=Count("pk"))
    people = Coalesce(Subquery(inside.values("n")), 0)  # counted for the rows of the page, not for all there are
    return found.annotate(people=people)  # type: ignore[no-any-return]  # scoped managers have no types


def whom(said: dict[str, Any]) -> tuple[Chosen, Audience | None, int]:
    """Whom a body means, the audience it names, and how many of its numbers are nobody here. Nobody for a body that
    says nothing. In the workspace's scope. Raises Problem for an audience that is not here."""
    audience = None
    if (pk := said.get("audience")) is not None:
        audience = Audience.objects.filter(pk=pk).first()
        if audience is None:
            refuse("audience", f"There is no audience {pk} here.")
    among = said.get("people")
    if among is None and audience is None and "tier" not in said:
        return Chosen([], {}), None, 0
    chosen = choosing.choose(audience=audience, tier=said.get("tier"), among=among)
    narrowed = audience is not None or "tier" in said
    unknown = 0 if among is None or narrowed else len(set(among)) - chosen.total
    return chosen, audience, unknown


def acting(member: Member, numbers: list[int]) -> list[Sender]:
    """The senders of these numbers, in their order. Raises Problem for one that is not here."""
    found = {sender.pk: sender for sender in Sender.objects.visible_to(member).filter(pk__in=numbers)}
    for number in numbers:
        if number not in found:
            refuse("senders", f"There is no sender {number} here.")
    return [found[number] for number in dict.fromkeys(numbers)]
