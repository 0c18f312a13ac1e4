"""The stream that tells an open page that something changed.

Django lets in whoever asks and is done with that: a thread and a connection are given back before the stream begins.
What stays of it is two coroutines, so hundreds of streams cost a process next to nothing.
"""

import asyncio
import logging
import random
import signal
import threading
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.handlers.asgi import ASGIRequest
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from accounts.access import member_of, member_required
from accounts.models import Member
from accounts.rights import Scope, Verb, may
from outreach import clock
from outreach.web import errors
from outreach.web.news import Hub, Listener, Pass, TooMany

log = logging.getLogger(__name__)

BEAT_S = 25.0
"""A sign of life, so that no proxy takes the stream for dead; and how often it is asked who may still listen."""
LASTS_S = 900.0
"""Then the browser asks anew, and is let in anew."""
GOODBYE_S = 1.0
"""How long a reader that takes nothing is waited for in the end."""
LET_IN = "parley.let_in"
"""Key of an ASGI scope: where the view puts the pass of somebody who may listen."""

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


@member_required(Verb.READ_THREADS)
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Events "changed" of the member's workspace; their data names what. A server that cannot stream says so with 204,
    a member who has too many streams is told with 429, and then the page asks by itself."""
    let_in = request.scope.get(LET_IN) if isinstance(request, ASGIRequest) else None
    if let_in is None:
        return HttpResponse(status=204)
    member = member_of(request)
    session = request.session
    let_in.append(Pass(member.workspace_id, member.pk, session.session_key or "", session.get(HASH_SESSION_KEY, "")))
    response = HttpResponse(content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


class Streams:
    """An ASGI application that goes on where the answer of the view ends, and passes everything else through."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._application(scope, receive, send)
            return
        let_in: list[Pass] = []
        heads: list[Message] = []

        async def keep(message: Message) -> None:
            if let_in and message["type"] == "http.response.start" and message["status"] == 200:
                heads.append(message)
            elif not heads:
                await send(message)

        scope[LET_IN] = let_in
        await self._application(scope, receive, keep)
        for head in heads:
            await _stream(let_in[0], head, receive, send)


async def _stream(held: Pass, head: Message, receive: Receive, send: Send) -> None:
    """The whole stream, after the head that Django made."""
    headers = [(name, value) for name, value in head["headers"] if name.lower() != b"content-length"]
    try:
        with hub().admitting(held) as listener:
            await send({**head, "headers": headers})
            goodbye = asyncio.create_task(_hear_goodbye(listener, receive))
            try:
                async with listener.listening(lasts_s=LASTS_S * random.uniform(0.8, 1.2)):
                    await _tell(listener, send)
            finally:
                goodbye.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await send({"type": "http.response.body", "body": b""})
    except TooMany as refusal:
        said = str(refusal).encode()
        headers = [(name, value) for name, value in headers if name.lower() != b"content-type"]
        headers += [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(said)).encode())]
        await send({**head, "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": said})


async def _tell(listener: Listener, send: Send) -> None:
    """What the listener hears, for as long as it is let. After a restart browsers come back one after the other."""
    said = f"retry: {random.randrange(2_000, 6_000)}\n\n"
    while True:
        await send({"type": "http.response.body", "body": said.encode(), "more_body": True})
        keys = await listener.keys(within_s=BEAT_S)
        said = "".join(f"event: changed\ndata: {key}\n\n" for key in keys) or ": here\n\n"


async def _hear_goodbye(listener: Listener, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()


def are_good(passes: Collection[Pass]) -> set[Pass]:
    """Which passes are still good: the session is there and bound to the person's present password and epoch, and they
    are a member who may read conversations. All of them while the database is away: nobody can be put out meanwhile."""
    try:
        with scopes_disabled():
            sessions = set(
                Session.objects.filter(
                    session_key__in={held.session for held in passes}, expire_date__gt=clock.now()
                ).values_list("session_key", flat=True)
            )
            members = {
                member.pk: (member.workspace_id, member.user.get_session_auth_hash())
                for member in Member.objects.filter(
                    pk__in={held.member for held in passes}, left_at=None, user__is_active=True
                ).select_related("user")
                if may(member, Verb.READ_THREADS) is not Scope.NONE
            }
    except OperationalError as error:
        if not errors.database_is_away(error):
            raise
        log.warning("Who may still listen is asked again later: %s", error)
        return set(passes)
    finally:
        connections.close_all()
    return {
        held
        for held in passes
        if held.session in sessions and members.get(held.member) == (held.workspace, held.bound_to)
    }


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running process."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(are_good, looks_s=BEAT_S)
        if threading.current_thread() is threading.main_thread():
            _end_when_told_to_stop(loop, _hubs[loop])
    return _hubs[loop]


def _end_when_told_to_stop(loop: asyncio.AbstractEventLoop, streams: Hub) -> None:
    """A server that is told to stop waits for its answers to end, and these would not: so they hear of it as well."""
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def stop(number: int, frame: FrameType | None, before: Callable[[int, FrameType | None], Any] = before) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(streams.close)
            before(number, frame)

        signal.signal(number, stop)
