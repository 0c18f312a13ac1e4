"""Prospects: the list, one person, adding, another tier, do not contact."""

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Member
from campaigns.api.edge import Edge
from campaigns.api.shapes import ForbiddenShape, ProspectShape, many
from campaigns.running import do_not_contact, planning
from outreach.engine.kinds import Seniority
from outreach.web.api import lists
from outreach.web.api.bodies import Body, Number, Text
from outreach.web.api.lists import Listing
from prospects import corrections, people, tiers
from prospects.models import Prospect
from prospects.people import Typed

LISTING = Listing(
    "prospects",
    {
        "tier": lists.choice("tier", ("1", "2", "3")),
        "seniority": lists.choice("seniority", list(Seniority)),
        "email": lists.text("email", lower=True),
        "company": lists.text("company__name__iexact"),
        "replied": lists.flag(Q(replied_at__isnull=False)),
        "do_not_contact": lists.flag(Q(suppressed_at__isnull=False)),
    },
)


class NewProspect(Body):
    """A person to add: a name, and a profile link or an e-mail address. Without a tier the title decides."""

    name = Text()
    profile = Text(required=False)
    email = Text(required=False)
    company = Text(required=False)
    title = Text(required=False)
    tier = Number(required=False, max_value=3)


class Correction(Body):
    """What is to be different; what is left out stays. A profile link is taken where there was none. `seen`: the tier
    that you read, if nobody's change of it is to be overwritten unseen."""

    first_name = Text(required=False)
    last_name = Text(required=False)
    title = Text(required=False)
    company = Text(required=False)
    email = Text(required=False)
    profile = Text(required=False)
    tier = Number(required=False, max_value=3)
    seen = Number(required=False, max_value=3)


class Reason(Body):
    """Why, in up to 60 characters."""

    reason = Text()


class Prospects(Edge):
    scopes = {"GET": "prospects:read", "POST": "prospects:write"}

    @extend_schema(parameters=LISTING.parameters(), responses=many(ProspectShape), summary="Prospects, newest first")
    def get(self, asked: Request) -> Response:
        return self.page(asked, LISTING, rows(self.member), ProspectShape)

    @extend_schema(request=NewProspect, responses={201: ProspectShape}, summary="Add a prospect")
    def post(self, asked: Request) -> Response:
        said = NewProspect.of(self.said)
        typed = Typed(**said | {"tier": str(said.get("tier", ""))})
        return Response(ProspectShape(people.add(typed, by=self.member, now=self.now)).data, 201)


class OneProspect(Edge):
    scopes = {"GET": "prospects:read", "PATCH": "prospects:write"}

    @extend_schema(responses=ProspectShape, summary="One prospect")
    def get(self, asked: Request, pk: int) -> Response:
        return Response(ProspectShape(self.found(rows(self.member), pk)).data)

    @extend_schema(request=Correction, responses=ProspectShape, summary="Correct a prospect, or set the tier")
    def patch(self, asked: Request, pk: int) -> Response:
        person = self.found(rows(self.member), pk)
        said = Correction.of(self.said)
        told: dict[str, Any] = {"by": self.member, "now": self.now, "changed": planning.facts_changed}
        tier, seen = said.pop("tier", None), said.pop("seen", None)
        if said:
            corrections.correct(person, replace(corrections.written(person), **said), **told)
        if tier is not None:
            tiers.put([person.pk], tier, seen=seen, **told)
        return Response(ProspectShape(self.found(rows(self.member), pk)).data)


class DoNotContact(Edge):
    scopes = {"POST": "prospects:write"}
    beside = True

    @extend_schema(request=Reason, responses=ForbiddenShape, summary="Nobody contacts this person any more")
    def post(self, asked: Request, pk: int) -> Response:
        person = self.found(Prospect.objects.visible_to(self.member), pk)
        reason = Reason.of(self.said)["reason"]
        made = do_not_contact.forbid(person, reason=reason, by=self.member, now=self.now)
        done = {"changed": made.act is not None, "stopped": made.stopped, "cancelled": made.cancelled}
        return Response(ForbiddenShape(done | {"handed_over": made.handed_over}).data)


def rows(member: Member) -> "QuerySet[Any]":
    """The prospects of the member's workspace, with what their shape needs."""
    return Prospect.objects.visible_to(member).select_related("company")  # type: ignore[no-any-return]  # scoped managers have no types
