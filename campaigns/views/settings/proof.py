"""Settings › Promises: what came out when everything that can be recomputed was recomputed last."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member_of, member_required
from accounts.rights import Scope, Verb, may
from campaigns.models import ProofRun
from campaigns.proof import runner
from outreach import clock
from outreach.web import toasts
from outreach.web.htmx import htmx

EARLIER = 10
"""Runs before the last one that are listed."""


@member_required(Verb.GOVERN)
@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    runs = list(
        ProofRun.objects.visible_to(member).select_related("asked_by__user").order_by("-began_at", "-pk")[: EARLIER + 2]
    )
    under_way = next((run for run in runs if run.ended_at is None), None)
    ended = [run for run in runs if run.ended_at is not None]
    page: dict[str, Any] = {
        "under_way": under_way,
        "last": ended[0] if ended else None,
        "earlier": ended[1 : EARLIER + 1],
        "may_begin": may(member, Verb.GOVERN) is Scope.ALL,
    }
    fragment = "campaigns/proof.html#proof" if htmx(request) else "campaigns/proof.html"
    response = render(request, fragment, page)
    patch_vary_headers(response, ["HX-Request"])
    return response


@member_required(Verb.GOVERN)
@require_POST
def proof_begin(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    runner.begin(by=member, now=clock.now())
    toasts.say(request, "Everything is being recomputed. The result appears here.")
    return redirect("proof")
