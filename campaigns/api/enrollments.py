"""Enrollments: who is in which campaign, and one person's sequence held, resumed, stopped."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Member
from campaigns.api.campaigns import Nothing
from campaigns.api.edge import Edge
from campaigns.api.shapes import EnrollmentShape, HeldShape, many
from campaigns.models import Enrollment
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import holding, waits
from campaigns.running.holding import Done
from outreach.web.api import lists
from outreach.web.api.lists import Listing

LISTING = Listing(
    "enrollments",
    {
        "campaign": lists.number("campaign"),
        "prospect": lists.number("prospect"),
        "sender": lists.number("sender"),
        "state": lists.choice("state", EnrollmentState.values),
    },
)


class Enrollments(Edge):
    scopes = {"GET": "enrollments:read"}

    @extend_schema(
        parameters=LISTING.parameters(), responses=many(EnrollmentShape), summary="Enrollments, newest first"
    )
    def get(self, asked: Request) -> Response:
        return self.page(asked, LISTING, rows(self.member), EnrollmentShape)


class OneEnrollment(Edge):
    scopes = {"GET": "enrollments:read"}

    @extend_schema(responses=EnrollmentShape, summary="One enrollment")
    def get(self, asked: Request, pk: int) -> Response:
        return Response(EnrollmentShape(self.found(rows(self.member), pk)).data)


class Steering(Edge):
    """One verb for one person's sequence."""

    scopes = {"POST": "enrollments:write"}
    beside = True
    verb: ClassVar[Callable[..., Done]]

    def steer(self, pk: int) -> Response:
        found: Enrollment = self.found(rows(self.member), pk)
        Nothing.of(self.said)
        done = type(self).verb(found, by=self.member, now=self.now)
        waits.forget(found.workspace_id, found.campaign_id)
        found.refresh_from_db(fields=["state"])
        told = {"changed": done.changed, "was": done.was, "state": found.state}
        return Response(HeldShape(told | {"cancelled": done.cancelled, "on_the_way": done.on_the_way}).data)


class Holding(Steering):
    verb = staticmethod(holding.hold)

    @extend_schema(request=Nothing, responses=HeldShape, summary="Leave this person alone until resumed")
    def post(self, asked: Request, pk: int) -> Response:
        return self.steer(pk)


class Resuming(Steering):
    verb = staticmethod(holding.resume)

    @extend_schema(request=Nothing, responses=HeldShape, summary="Go on where the sequence was held or stopped by hand")
    def post(self, asked: Request, pk: int) -> Response:
        return self.steer(pk)


class Stopping(Steering):
    verb = staticmethod(holding.stop)

    @extend_schema(request=Nothing, responses=HeldShape, summary="End the sequence for this person, in this campaign")
    def post(self, asked: Request, pk: int) -> Response:
        return self.steer(pk)


def rows(member: Member) -> "QuerySet[Any]":
    """The enrollments of the member's workspace, with what their shape and their verbs need."""
    found = Enrollment.objects.visible_to(member)
    return found.select_related("campaign", "prospect", "sender")  # type: ignore[no-any-return]  # scoped managers have no types
