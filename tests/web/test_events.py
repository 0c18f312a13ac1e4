"""News reach the open pages of their workspace, and only those; without a broker nothing breaks."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import AsyncClient, Client
from django.urls import reverse

from accounts.models import Member
from campaigns.views.inbox import events
from outreach.web import news
from tests.cast import Tidewell


@pytest.fixture(autouse=True)
def _give_back_connections() -> Iterator[None]:
    """Those of the thread that async code uses."""
    yield
    within(5, sync_to_async(connections.close_all)())


def held() -> bool:
    """Whether this thread holds a connection to the database."""
    return connections["default"].connection is not None


def within(seconds: float, what: Coroutine[Any, Any, Any]) -> Any:
    """What it comes to, in a loop of its own: the main thread has the browser's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(what, seconds)).result()


async def first(stream: AsyncGenerator[bytes], count: int) -> list[bytes]:
    return [await anext(stream) for _ in range(count)]


def test_a_listener_hears_what_changed_in_its_workspace_only_and_each_thing_once() -> None:
    async def listen() -> tuple[list[str], list[str], list[str]]:
        hub = news.Hub()
        async with hub.listening(1) as mine, hub.listening(2) as theirs:
            for key in ("inbox", "sent", "inbox"):
                hub.wake(1, key)
            return await mine.keys(within_s=1), await mine.keys(within_s=0.01), await theirs.keys(within_s=0.01)

    assert within(5, listen()) == (["inbox", "sent"], [], [])


def test_who_went_is_told_nothing_and_holds_nothing() -> None:
    async def listen() -> Any:
        hub = news.Hub()
        async with hub.listening(1):
            pass
        hub.wake(1, "inbox")
        return hub._listeners, hub._subscription

    assert within(5, listen()) == ({}, None)


def test_telling_a_broker_that_is_away_takes_no_time_and_breaks_nothing(settings: Any) -> None:
    settings.PARLEY_CLOCK = "real"
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/valkey.sock"
    news._quiet_until = 0.0
    began = time.monotonic()
    for _ in range(1_000):
        news.tell(1, "inbox")
    assert time.monotonic() - began < 1
    news._quiet_until = 0.0


def test_a_broker_without_news_is_left_alone(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "amqp://broker"
    assert news.address() == ""


@pytest.mark.django_db(transaction=True)
def test_the_stream_tells_what_changed_and_holds_no_connection(tidewell: Tidewell) -> None:
    async def listen() -> tuple[list[bytes], bytes]:
        assert await sync_to_async(lambda: connections["default"].ensure_connection() or held())()
        async with aclosing(events.told(tidewell.workspace.pk, tidewell.bob.pk, "a session")) as stream:
            began = await first(stream, 1)
            assert not await sync_to_async(held)()
            waiting = asyncio.create_task(anext(stream))
            await asyncio.sleep(0.05)
            news.hub().wake(tidewell.workspace.pk + 1, "inbox")
            news.hub().wake(tidewell.workspace.pk, "inbox")
            return began, await waiting

    began, told = within(10, listen())
    assert began == [b"retry: 3000\n\n"] and told == b"event: changed\ndata: inbox\n\n"


@pytest.mark.django_db(transaction=True)
def test_the_stream_lives_as_long_as_the_session(
    tidewell: Tidewell, signed_in: Callable[[Member | None], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BEAT_S", 0.05)
    key = signed_in(tidewell.bob).session.session_key or ""

    async def listen() -> list[bytes]:
        told = []
        async with aclosing(events.told(tidewell.workspace.pk, tidewell.bob.pk, key)) as stream:
            async for chunk in stream:
                told.append(chunk)
                if len(told) == 3:
                    await Session.objects.filter(session_key=key).adelete()
        return told

    assert within(20, listen()) == [b"retry: 3000\n\n", b": here\n\n", b": here\n\n"]


@pytest.mark.django_db(transaction=True)
def test_a_member_opens_the_stream_and_a_viewer_does_not(tidewell: Tidewell) -> None:
    async def ask(who: Member) -> tuple[int, str, bytes]:
        client = AsyncClient()
        await client.aforce_login(who.user)
        response = await client.get(reverse("events"))
        if not response.streaming:
            return response.status_code, "", b""
        async with aclosing(aiter(response)) as stream:
            return response.status_code, response.headers["Content-Type"], await anext(stream)

    assert within(20, ask(tidewell.bob)) == (200, "text/event-stream", b"retry: 3000\n\n")
    assert within(20, ask(tidewell.vera))[0] == 403
