"""What a person sees when a request fails: one clear sentence, and a number that the log knows too.

These pages ask neither the database nor the session, so that they work when those do not.
"""

import logging
import secrets

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

API = "/api/"
"""Addresses under it are for programs."""

_AWAY = ("08", "53", "57P")
"""Classes of SQLSTATE that mean the server is gone, full or stopping; an attempt to connect that failed has none."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, "This request cannot be understood", "Go back, reload the page and try once more.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request,
        403,
        "You may not do this",
        str(exception) or "Your role does not allow this: ask a manager or an admin of your workspace.",
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token (settings.CSRF_FAILURE_VIEW)."""
    return _page(request, 403, "This page is too old", "Reload it and try again; nothing was changed.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request, 404, "There is nothing here", "The address is wrong, or what was here is not part of your workspace."
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(
        request, 500, "Something broke on our side", "Try again; if it stays, tell your admin the number below."
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    response = _page(
        request,
        503,
        "Parley cannot reach its database",
        "Nothing is sent meanwhile, and nothing is lost; reload this page in a minute.",
    )
    response["Retry-After"] = "60"
    return response


def collided(request: HttpRequest) -> HttpResponse:
    response = _page(
        request,
        503,
        "Somebody changed the same thing at the same moment",
        "Nothing of yours was changed: go back and try again.",
    )
    response["Retry-After"] = "1"
    return response


def failed_in_the_database(request: HttpRequest, error: OperationalError) -> HttpResponse | None:
    """The answer to a failure of the database that is nobody's mistake; None for a mistake of ours."""
    if database_is_away(error):
        return unavailable(request)
    return collided(request) if is_collision(error) else None


def is_collision(error: OperationalError) -> bool:
    """Whether the database rolled this transaction back to let another go on, as it does to end a deadlock."""
    return str(getattr(error.__cause__, "sqlstate", "")).startswith("40")


def database_is_away(error: OperationalError) -> bool:
    """Whether the database cannot be reached at all, other than that a statement of ours failed in it."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_AWAY)


def _page(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    number = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"
    log.log(
        logging.ERROR if status >= 500 else logging.INFO,
        "request %s: %d for %s %r",
        number,
        status,
        request.method,
        request.path,
    )
    if request.path.startswith(API):
        response: HttpResponse = _problem(status, title, sentence)
    else:
        page = {"request": request, "title": title, "sentence": sentence, "number": number, "status": status}
        response = HttpResponse(render_to_string("error.html", page), status=status)
    response["X-Request-Number"] = number
    return response


def _problem(status: int, title: str, sentence: str) -> HttpResponse:
    """The same for a program: the shape of outreach/web/api/problems.py, where no view of the API was reached."""
    kind = {400: "malformed", 403: "not-allowed", 404: "not-found", 503: "unavailable"}.get(status, "broken")
    said = {"type": f"urn:parley:problem:{kind}", "title": title, "status": status, "detail": sentence}
    return JsonResponse(said, status=status, content_type="application/problem+json")
