"""Settings › API keys: what opens the API, and to what. A token is shown once, in the answer to its form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import keys
from accounts.access import member_of, member_required
from accounts.models import ApiKey
from accounts.rights import Scope, Verb, may
from outreach import clock
from outreach.web import toasts
from outreach.web.numbers import whole

SHOWN = 100
"""Keys that hold no more are listed up to so many."""
LIVES = {30: "30 days", 90: "90 days", 365: "A year"}


@dataclass(frozen=True, slots=True)
class Line:
    """One key of the list. `state`: its badge, empty while it is good."""

    key: ApiKey
    may: list[str]
    state: str
    tone: str


@member_required(Verb.GOVERN)
@require_safe
def key_list(request: HttpRequest) -> HttpResponseBase:
    return _page(request)


@member_required(Verb.GOVERN)
@require_POST
def key_new(request: HttpRequest) -> HttpResponseBase:
    """Make a key. Its token stands in this answer and nowhere else, so there is no redirect."""
    name, scopes = request.POST.get("name", ""), request.POST.getlist("scopes")
    days = whole(request.POST.get("days")) or 0
    try:
        made, token = keys.create(name, scopes, days, by=member_of(request), now=clock.now())
    except keys.NotMade as refusal:
        typed = {"name": name, "scopes": scopes, "days": days}
        return _page(request, typed=typed, problems={refusal.field: str(refusal)}, status=422)
    return _page(request, made=made, token=token)


@member_required(Verb.GOVERN)
@require_POST
def key_revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    try:
        gone = keys.revoke(pk, by=member_of(request), now=clock.now())
    except ApiKey.DoesNotExist:
        raise Http404 from None
    toasts.say(request, f"The key {gone.name} is revoked: it opens nothing any more.")
    return redirect("keys")


def _page(
    request: HttpRequest,
    *,
    typed: dict[str, Any] | None = None,
    problems: dict[str, str] | None = None,
    made: ApiKey | None = None,
    token: str = "",
    status: int = 200,
) -> HttpResponseBase:
    me, now = member_of(request), clock.now()
    rows = ApiKey.objects.visible_to(me).select_related("by__user").order_by("-pk")
    good = [_line(key, now) for key in rows.filter(revoked_at=None)]
    context = {
        "keys": good,
        "gone": [_line(key, now) for key in rows.exclude(revoked_at=None)[:SHOWN]],
        "governs": may(me, Verb.GOVERN) is Scope.ALL,
        "scopes": [(name, scope.words) for name, scope in keys.SCOPES.items()],
        "lives": LIVES.items(),
        "typed": typed or {"name": "", "scopes": [], "days": 90},
        "problems": problems or {},
        "made": made,
        "token": token,
        "address": request.build_absolute_uri("/api/v1/prospects/"),
    }
    return render(request, "accounts/keys.html", context, status=status)


def _line(key: ApiKey, now: datetime) -> Line:
    words = [keys.SCOPES[scope].words if scope in keys.SCOPES else scope for scope in key.scopes]
    if set(key.scopes) >= set(keys.SCOPES):
        words = ["Everything that a key can do"]
    if key.revoked_at is not None:
        return Line(key, words, "Revoked", "neutral")
    if key.by.left_at is not None:
        return Line(key, words, "Its maker left", "bad")
    if key.expired(now):
        return Line(key, words, "Expired", "warn")
    return Line(key, words, "", "")
