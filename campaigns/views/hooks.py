"""Webhooks of connectors: the secret, the body, one insert, an answer. The work is done elsewhere."""

import logging
from collections.abc import Mapping
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import Connection
from accounts.secrets import unseal
from campaigns.running import inbound
from campaigns.running.database import clock_sql, row
from outreach.connectors import unipile
from outreach.connectors.failures import BadEvent

log = logging.getLogger(__name__)
MOST_BYTES = 256 * 1024


@lru_cache(maxsize=256)
def _secret(sealed: str) -> str:
    return unseal(sealed, bound_to=Connection._meta.get_field("hook_secret").place)


@csrf_exempt
@require_POST
def unipile_hook(request: HttpRequest, hook: str) -> HttpResponse:
    """What `take` says. A server answers before Django does (doorstep.py); this is for whoever asks Django."""
    status, sentence = take(hook, request.headers, request.body)
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


def take(hook: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    """Status and sentence of a delivery: 404 for an address that is nobody's, 401 for a wrong secret, 413 for a body
    that is too long, 400 for one that is no event; 204 when it is stored, however often it comes."""
    # In one round trip with the clock, by an address that only the vendor knows: webhooks come in bursts.
    connection = row(
        f"SELECT id, workspace_id, hook_secret, {clock_sql()} AS now FROM accounts_connection WHERE hook = %s", (hook,)
    )
    if connection is None:
        return 404, "There is no such webhook address."
    if not unipile.authentic(headers, [_secret(connection["hook_secret"])]):
        log.warning("A webhook of workspace %s came with a wrong secret", connection["workspace_id"])
        return 401, "The secret of this webhook is wrong."
    if len(body) > MOST_BYTES:
        return 413, f"The body is longer than {MOST_BYTES} bytes."
    try:
        events = unipile.events(body, headers, received_at=connection["now"])
    except BadEvent as problem:
        log.warning("A webhook of workspace %s could not be read: %s", connection["workspace_id"], problem)
        return 400, str(problem)
    inbound.store(connection["workspace_id"], connection["id"], events, via="webhook", now=connection["now"])
    return 204, ""
