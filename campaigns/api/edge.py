"""What every endpoint of ours shares: which refusal is which status, a page of a list, something found or not."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import verification
from accounts.api.endpoint import Endpoint
from campaigns.api.shapes import Shape
from campaigns.building import campaigns, choosing, drafts
from campaigns.inbox import answers, triage
from campaigns.running import do_not_contact, holding
from outreach.web.api.lists import Listing
from prospects import corrections, people, tiers

REFUSALS: dict[type[Exception], int] = {
    campaigns.CannotLaunch: 422,
    drafts.CannotChange: 422,
    choosing.NoSuchAudience: 422,
    verification.Unverified: 403,
    holding.NotHeld: 409,
    do_not_contact.NotForbidden: 422,
    people.NotAdded: 422,
    people.Known: 409,
    corrections.ChangedMeanwhile: 409,
    tiers.NotATier: 422,
    tiers.ChangedMeanwhile: 409,
    answers.CannotAnswer: 422,
    triage.NotTriaged: 422,
}
"""What our verbs raise, and its status: 409 where somebody or something came first."""


class Edge(Endpoint):
    """An endpoint of ours."""

    refusals = REFUSALS

    def page(self, asked: Request, listing: Listing, rows: "QuerySet[Any]", shape: type[Shape]) -> Response:
        """A page of this list, in this shape."""
        found, following = listing.page(rows, asked.query_params, workspace=self.member.workspace_id)
        return Response({"items": shape(found, many=True).data, "next_cursor": following})

    def found(self, rows: "QuerySet[Any]", pk: int) -> Any:
        """The row of that number among these. Raises Http404."""
        return get_object_or_404(rows, pk=pk)
