"""The stream that tells an open page that something changed. It holds no connection to the database."""

import time
from collections.abc import AsyncGenerator

from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from accounts.access import member_required
from accounts.models import Member
from accounts.rights import Verb
from campaigns.views.inbox.inbox import member_of
from outreach.web import news

BEAT_S = 25
"""A sign of life, so that no proxy takes the stream for dead; and when the session is looked at."""
LASTS_S = 900
"""Then the browser asks anew, and is let in anew."""


@member_required(Verb.READ_THREADS)
@require_safe
def events(request: HttpRequest) -> HttpResponseBase:
    """Events "changed" of the member's workspace; their data names what. A server that cannot stream says so with 204,
    and the page asks by itself."""
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    member = member_of(request)
    stream = told(member.workspace_id, member.pk, request.session.session_key or "")
    response = StreamingHttpResponse(stream, content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


async def told(workspace: int, member: int, session: str) -> AsyncGenerator[bytes]:
    """The stream, until its time is over or the member has gone."""
    await sync_to_async(connections.close_all)()  # what let the member in
    ends = time.monotonic() + LASTS_S
    yield b"retry: 3000\n\n"
    async with news.hub().listening(workspace) as listener:
        while time.monotonic() < ends:
            keys = await listener.keys(within_s=BEAT_S)
            if keys:
                yield "".join(f"event: changed\ndata: {key}\n\n" for key in keys).encode()
                continue
            if not await sync_to_async(_is_here, thread_sensitive=False)(member, session):
                return
            yield b": here\n\n"


def _is_here(member: int, session: str) -> bool:
    """Whether the session still is one, and the member one of the workspace."""
    try:
        with scopes_disabled():
            return (
                Session.objects.filter(session_key=session).exists()
                and Member.objects.filter(pk=member, left_at=None).exists()
            )
    finally:
        connections.close_all()
