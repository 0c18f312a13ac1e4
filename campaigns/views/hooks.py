"""Webhooks of connectors: the secret, the body, one insert, an answer. The work is done elsewhere."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_scopes import scopes_disabled

from accounts.models import Connection
from campaigns.running import inbound
from outreach import clock
from outreach.connectors import unipile
from outreach.connectors.base import BadEvent

log = logging.getLogger(__name__)
MOST_BYTES = 256 * 1024


@csrf_exempt
@require_POST
def unipile_hook(request: HttpRequest, hook: str) -> HttpResponse:
    """404 for an address that is nobody's, 401 for a wrong secret, 400 for a body that is no event, 413 for one
    that is too long; 204 when it is stored, however often it comes."""
    with scopes_disabled():
        connection = Connection.objects.filter(hook=hook).first()
    if connection is None:
        return _say(404, "There is no such webhook address.")
    if not unipile.authentic(request.headers, [connection.hook_secret]):
        log.warning("A webhook of workspace %s came with a wrong secret", connection.workspace_id)
        return _say(401, "The secret of this webhook is wrong.")
    if len(request.body) > MOST_BYTES:
        return _say(413, f"The body is longer than {MOST_BYTES} bytes.")
    now = clock.now()
    try:
        events = unipile.events(request.body, request.headers, received_at=now)
    except BadEvent as problem:
        log.warning("A webhook of workspace %s could not be read: %s", connection.workspace_id, problem)
        return _say(400, str(problem))
    inbound.store(connection.workspace_id, connection.pk, events, via="webhook", now=now)
    return HttpResponse(status=204)


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
