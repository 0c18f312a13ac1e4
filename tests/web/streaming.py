"""Open streams as a browser has them, on our ASGI application in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from outreach.asgi import application


def within(seconds: float, what: Coroutine[Any, Any, Any]) -> Any:
    """What it comes to, in a loop of its own: the main thread has the browser's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(what, seconds)).result()


class Page:
    """An open stream, as a browser has it. `reads`: cleared for one that takes nothing."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = ""
        self.reads = asyncio.Event()
        self.reads.set()
        self.is_gone = asyncio.Event()
        self.told = asyncio.Event()
        self.answer: asyncio.Task[None] | None = None
        self._asked = False

    @property
    def heard(self) -> list[str]:
        return [line.removeprefix("data: ") for line in self.body.splitlines() if line.startswith("data: ")]

    async def until(self, said: Callable[[], Any]) -> None:
        while not said():
            self.told.clear()
            await self.told.wait()

    async def ended(self) -> None:
        """Wait until the server has ended it."""
        assert self.answer is not None
        await self.answer

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.is_gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        self.body += message.get("body", b"").decode()
        self.told.set()

    async def ask(self, path: str = "") -> None:
        await application(
            {
                "type": "http",
                "method": "GET",
                "path": path or reverse("events"),
                "query_string": b"",
                "headers": [(b"host", b"testserver"), (b"cookie", self.cookie.encode())],
                "scheme": "http",
                "http_version": "1.1",
                "client": ("127.0.0.1", 1),
            },
            self.receive,
            self.send,
        )


@asynccontextmanager
async def opened(cookie: str) -> AsyncIterator[Page]:
    """A page that was answered; gone after the block."""
    page = Page(cookie)
    page.answer = asyncio.create_task(page.ask())
    await page.until(lambda: page.body)
    try:
        yield page
    finally:
        page.reads.set()
        page.is_gone.set()
        await page.ended()


def cookie(member: Member) -> str:
    """What a browser of that member sends."""
    client = Client()
    client.force_login(member.user)
    return f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
