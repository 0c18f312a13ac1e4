"""Webhooks of connectors: the secret, the body, one insert, an answer. The work is done elsewhere."""

import logging
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import Connection
from accounts.secrets import unseal
from campaigns.running import inbound
from campaigns.running.database import clock_statement, read_clock, together
from outreach.connectors import unipile
from outreach.connectors.base import BadEvent

log = logging.getLogger(__name__)
MOST_BYTES = 256 * 1024


_CONNECTION = "SELECT id, workspace_id, hook_secret FROM accounts_connection WHERE hook = %s"
"""By an address that only the vendor knows, in one round trip with the clock: webhooks come in bursts."""


@lru_cache(maxsize=256)
def _secret(sealed: str) -> str:
    return unseal(sealed, bound_to=Connection._meta.get_field("hook_secret").place)


@csrf_exempt
@require_POST
def unipile_hook(request: HttpRequest, hook: str) -> HttpResponse:
    """404 for an address that is nobody's, 401 for a wrong secret, 400 for a body that is no event, 413 for one
    that is too long; 204 when it is stored, however often it comes."""
    found, told = together((_CONNECTION, (hook,)), clock_statement())
    if not found:
        return _say(404, "There is no such webhook address.")
    connection, now = found[0], read_clock(told)
    if not unipile.authentic(request.headers, [_secret(connection["hook_secret"])]):
        log.warning("A webhook of workspace %s came with a wrong secret", connection["workspace_id"])
        return _say(401, "The secret of this webhook is wrong.")
    if len(request.body) > MOST_BYTES:
        return _say(413, f"The body is longer than {MOST_BYTES} bytes.")
    try:
        events = unipile.events(request.body, request.headers, received_at=now)
    except BadEvent as problem:
        log.warning("A webhook of workspace %s could not be read: %s", connection["workspace_id"], problem)
        return _say(400, str(problem))
    inbound.store(connection["workspace_id"], connection["id"], events, via="webhook", now=now)
    return HttpResponse(status=204)


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
