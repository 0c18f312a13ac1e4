"""Webhooks answered at the doorstep: before Django's layers, which are made for browsers and cost a webhook more than
all that it needs."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import OperationalError, close_old_connections

from campaigns.views import hooks
from outreach.web import errors

log = logging.getLogger(__name__)

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

AT_ONCE = 4
"""Most webhooks that one process works on at the same time; the others wait for a thread."""

_HOOK = re.compile(r"/hooks/unipile/([^/]+)/")


class Doorstep:
    """An ASGI application that takes deliveries itself and passes everything else on: also a delivery over plain HTTP
    where only HTTPS will do, which Django turns away."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hook")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hook = _HOOK.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        headers = _read(scope["headers"]) if hook else {}
        if hook is None or not _is_secure(scope, headers):
            await self._application(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return  # whoever asked went away
        loop = asyncio.get_running_loop()
        status, sentence = await loop.run_in_executor(self._threads, _take, hook.group(1), headers, body)
        said = sentence.encode()
        told = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(said)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": told if said else []})
        await send({"type": "http.response.body", "body": said})


def _take(hook: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """`hooks.take`, with a connection of the pool that is given back afterwards, as Django does for a request."""
    try:
        return hooks.take(hook, headers, body)
    except OperationalError as error:
        if not errors.database_is_away(error):
            raise
        log.error("A webhook could not be stored: %s", error)
        return 503, "Parley cannot reach its database: deliver this again later."
    finally:
        close_old_connections()


def _read(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def _is_secure(scope: Scope, headers: dict[str, str]) -> bool:
    """Whether this may be answered as it came: over HTTPS, or where that is not asked for."""
    if not settings.SECURE_SSL_REDIRECT or scope.get("scheme") == "https":
        return True
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return False
    name, value = settings.SECURE_PROXY_SSL_HEADER
    said = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower(), "")
    return bool(said.split(",")[0].strip() == value)


async def _body(receive: Receive) -> bytes | None:
    """The body, cut off where it is longer than any event; None when the other end hung up."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= hooks.MOST_BYTES:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)
