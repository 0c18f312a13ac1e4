"""The bare webhook endpoint that the bound of `path` is measured with: one INSERT of the body, then 204.

An ASGI application without a framework, started by uvicorn like our own web process.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

_open: list[psycopg.AsyncConnection[Any]] = []


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Takes anything that is posted; answers 200 to anything else."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["method"] == "POST":
        if not _open:
            _open.append(
                await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0)
            )
        await _open[0].execute("INSERT INTO bench_webhook (body) VALUES (%s)", (body.decode(),))
    await send({"type": "http.response.start", "status": 204 if scope["method"] == "POST" else 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
