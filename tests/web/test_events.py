"""News reach the open pages of their workspace, and only those; a stream costs no thread and no connection, and ends
with the right to it."""

import asyncio
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from threading import active_count
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections
from django_scopes import scope

from accounts import members, sessions
from accounts.models import Member, Role
from campaigns.running.database import rows
from campaigns.views.inbox import events
from outreach import clock
from outreach.embedded import valkey
from outreach.web import news
from outreach.web.news import Pass
from tests import cast
from tests.cast import MONDAY, Tidewell
from tests.outside import ROOT, environment, until
from tests.simulator.running import free_port
from tests.web.streaming import Page, cookie, opened, within

NOBODY = Pass(1, 1, "", "")


@pytest.fixture(autouse=True)
def _give_back_connections() -> Iterator[None]:
    """Those of the thread that async code uses."""
    yield
    within(5, sync_to_async(connections.close_all)())


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats are asked for every moment, and nothing is gathered."""
    monkeypatch.setattr(events, "BEAT_S", 0.1)
    monkeypatch.setattr(news, "GATHERS_S", 0.0)
    monkeypatch.setattr(news, "APART_S", 0.0)


@pytest.fixture
def broker(settings: Any) -> Iterator[None]:
    """A broker of our own, which carries news as in real time."""
    with tempfile.TemporaryDirectory(prefix="parley-news-") as folder:
        ours = valkey.Broker(Path(folder) / "data", Path(folder))
        server = ours.start()
        try:
            ours.await_ready(server)
            settings.PARLEY_CLOCK, settings.CELERY_BROKER_URL = "real", ours.url
            news._quiet_until = 0.0
            yield
        finally:
            valkey.stop(server)


def held() -> int:
    """Connections that this database has, the one that asks included."""
    try:
        return int(rows("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()")[0]["n"])
    finally:
        connections.close_all()


def left() -> tuple[int, int, int]:
    """Listeners, members and tasks that the hub still has."""
    hub = events.hub()
    return len(hub._listeners), len(hub._of_member), len(hub._tasks)


@pytest.mark.django_db(transaction=True)
def test_fifty_streams_hear_the_news_of_their_workspace_and_nothing_is_left_when_they_close(
    tidewell: Tidewell, broker: None, fast: None
) -> None:
    elsewhere = cast.member(cast.workspace("Otherside"), "Charlie Dupont", Role.ADMIN)
    mine = [cookie(member) for member in (tidewell.alice, tidewell.mara, tidewell.bob)]
    theirs = [cookie(elsewhere)]

    async def listen() -> tuple[list[list[str]], list[list[str]], int, int]:
        before, had = active_count(), await asyncio.to_thread(held)
        async with AsyncExitStack() as stack:
            ours = [await stack.enter_async_context(opened(mine[n % 3])) for n in range(40)]
            others = [await stack.enter_async_context(opened(theirs[0])) for _ in range(10)]
            threads, more = active_count() - before, await asyncio.to_thread(held) - had
            slow = ours[0]
            slow.reads.clear()
            while len(others[0].heard) < 3 or any(len(page.heard) < 3 for page in ours[1:]):
                # The subscription may be younger than the first of them: news is told again until it is heard.
                for key in ("a", "b", "c"):
                    await asyncio.to_thread(news.tell, tidewell.workspace.pk, f"mine-{key}")
                    await asyncio.to_thread(news.tell, elsewhere.workspace_id, f"theirs-{key}")
                await asyncio.sleep(0.05)
            assert slow.heard == []
            slow.reads.set()
            await slow.until(lambda: len(slow.heard) >= 3)
            told = [page.heard for page in ours], [page.heard for page in others]
        assert left() == (0, 0, 0)
        return *told, threads, more

    ours_heard, others_heard, threads, more = within(20, listen())
    assert {key for heard in ours_heard for key in heard} == {"mine-a", "mine-b", "mine-c"}
    assert {key for heard in others_heard for key in heard} == {"theirs-a", "theirs-b", "theirs-c"}
    assert all({"mine-a", "mine-b", "mine-c"} == set(heard) for heard in ours_heard)
    assert threads < 10 and more <= 1  # the look at who may still listen takes one for a moment


@pytest.mark.django_db(transaction=True)
def test_the_stream_is_no_page_of_known_length_and_no_proxy_keeps_it(tidewell: Tidewell) -> None:
    async def listen(cookie: str) -> tuple[int, dict[str, str], str]:
        async with opened(cookie) as page:
            return page.status, page.headers, page.body

    status, headers, body = within(10, listen(cookie(tidewell.bob)))
    assert status == 200 and body.startswith("retry: ")
    assert headers["content-type"] == "text/event-stream" and "content-length" not in headers
    assert headers["x-accel-buffering"] == "no" and headers["cache-control"] == "no-store"
    assert "content-security-policy" in headers


@pytest.mark.django_db(transaction=True)
def test_who_may_not_read_conversations_or_is_nobody_gets_no_stream(tidewell: Tidewell) -> None:
    async def ask(cookie: str) -> int:
        page = Page(cookie)
        await page.ask()
        return page.status

    assert within(10, ask(cookie(tidewell.vera))) == 403
    assert within(10, ask("")) == 302


@pytest.mark.django_db(transaction=True)
def test_the_twenty_first_stream_of_a_member_is_refused_with_a_sentence_and_others_are_not(tidewell: Tidewell) -> None:
    bob, mara = cookie(tidewell.bob), cookie(tidewell.mara)

    async def listen() -> tuple[int, str, str, int, int]:
        async with AsyncExitStack() as stack:
            pages = [await stack.enter_async_context(opened(bob)) for _ in range(news.MOST_OF_MEMBER)]
            refused = await stack.enter_async_context(opened(bob))
            other = await stack.enter_async_context(opened(mara))
            pages[0].is_gone.set()
            await pages[0].ended()
            again = await stack.enter_async_context(opened(bob))
            return refused.status, refused.headers["content-type"], refused.body, other.status, again.status

    assert within(15, listen()) == (
        429,
        "text/plain; charset=utf-8",
        "You have 20 pages open that follow the news; this one asks for itself now and then.",
        200,
        200,
    )


def log_out(bob: Member, alice: Member, key: str) -> None:
    Session.objects.filter(session_key=key).delete()


def remove(bob: Member, alice: Member, key: str) -> None:
    members.remove(bob.pk, by=alice, now=MONDAY)


def make_viewer(bob: Member, alice: Member, key: str) -> None:
    members.change_role(bob.pk, Role.VIEWER, by=alice, now=MONDAY)


def end_sessions(bob: Member, alice: Member, key: str) -> None:
    sessions.end_all(bob.user)


def set_password(bob: Member, alice: Member, key: str) -> None:
    bob.user.set_password("another password of bob")
    bob.user.save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("happens", [log_out, remove, make_viewer, end_sessions, set_password])
def test_a_stream_ends_within_a_heartbeat_of_the_right_to_it_however_much_news_there_is(
    happens: Callable[[Member, Member, str], None], tidewell: Tidewell, fast: None
) -> None:
    bob, mara = cookie(tidewell.bob), cookie(tidewell.mara)

    def happen() -> None:
        with scope(workspace=tidewell.workspace):
            happens(tidewell.bob, tidewell.alice, bob.partition("=")[2])
        connections.close_all()

    async def listen() -> tuple[bool, float]:
        async with opened(bob) as page, opened(mara) as other:

            async def chatter() -> None:
                while True:
                    events.hub().wake(tidewell.workspace.pk, "inbox")
                    await asyncio.sleep(0.02)

            noise = asyncio.create_task(chatter())
            await page.until(lambda: len(page.heard) > 3)
            await asyncio.to_thread(happen)
            began = time.monotonic()
            await page.ended()
            noise.cancel()
            await other.until(lambda: ": here" in other.body)
            assert other.answer is not None
            return other.answer.done(), time.monotonic() - began

    other_ended, took = within(10, listen())
    assert not other_ended and took < 3


@pytest.mark.django_db(transaction=True)
def test_an_expired_session_is_none(tidewell: Tidewell) -> None:
    key = cookie(tidewell.bob).partition("=")[2]
    held = Pass(tidewell.workspace.pk, tidewell.bob.pk, key, tidewell.bob.user.get_session_auth_hash())

    def asked() -> set[Pass]:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(events.are_good, [held]).result()

    assert asked() == {held}
    Session.objects.filter(session_key=key).update(expire_date=MONDAY.replace(year=2020))
    assert asked() == set()


@pytest.mark.django_db(transaction=True)
def test_who_may_still_listen_costs_three_queries_however_many_do(
    tidewell: Tidewell, django_assert_num_queries: Any
) -> None:
    people = (tidewell.alice, tidewell.mara, tidewell.bob)
    held = [
        Pass(tidewell.workspace.pk, who.pk, cookie(who).partition("=")[2], who.user.get_session_auth_hash())
        for who in people * 20
    ]
    for some in (held[:3], held):
        with django_assert_num_queries(3):
            assert events.are_good(some) == set(some)


def test_while_the_database_is_away_streams_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(clock, "now", away)
    assert events.are_good([NOBODY]) == {NOBODY}


@pytest.mark.django_db(transaction=True)
def test_a_process_that_stops_lets_everybody_go_also_who_reads_nothing(tidewell: Tidewell, fast: None) -> None:
    bob = cookie(tidewell.bob)

    async def listen() -> float:
        async with opened(bob) as page, opened(bob) as slow:
            slow.reads.clear()
            events.hub().wake(tidewell.workspace.pk, "inbox")
            await page.until(lambda: page.heard)
            began = time.monotonic()
            events.hub().close()
            await asyncio.gather(page.ended(), slow.ended())
            took = time.monotonic() - began
        async with opened(bob) as late:
            await late.ended()
        return took

    assert within(10, listen()) < events.GOODBYE_S + 1


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.django_db(transaction=True)
def test_a_web_process_with_an_open_stream_stops_at_once_when_it_is_told_to(tidewell: Tidewell) -> None:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "outreach.asgi:application", "--port", str(port), "--lifespan", "off"]
    command += ["--log-level", "warning", "--timeout-graceful-shutdown", "300"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment())
    try:
        until(lambda: listens(port), what="the web process")
        with socket.create_connection(("127.0.0.1", port), timeout=60) as browser:
            browser.sendall(
                f"GET /events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie(tidewell.bob)}\r\n\r\n".encode()
            )
            said = b""
            while b"retry: " not in said:
                more = browser.recv(4096)
                assert more, said
                said += more
            process.send_signal(signal.SIGTERM)
            _, complaints = process.communicate(timeout=60)  # far less than it would wait for a stream
            assert b"running task" not in complaints and b"ASGI" not in complaints
            assert browser.recv(4096).endswith(b"0\r\n\r\n")
    finally:
        process.kill()
        process.communicate()
