"""News is told to who listens in its workspace, gathered, one after the other; without a broker nothing breaks."""

import asyncio
import time
from contextlib import ExitStack
from typing import Any

import pytest

from outreach.web import news
from outreach.web.news import Hub, Pass
from tests.web.streaming import within

NOBODY = Pass(1, 1, "", "")


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is gathered, and everybody is told at once."""
    monkeypatch.setattr(news, "GATHERS_S", 0.0)
    monkeypatch.setattr(news, "APART_S", 0.0)


def everybody(passes: Any) -> set[Pass]:
    return set(passes)


def test_a_listener_hears_what_changed_in_its_workspace_only_and_each_thing_once(fast: None) -> None:
    async def listen() -> tuple[list[str], list[str], list[str]]:
        hub = Hub(everybody, looks_s=60)
        with hub.admitting(NOBODY) as mine, hub.admitting(Pass(2, 2, "", "")) as theirs:
            for key in ("inbox", "sent", "inbox"):
                hub.wake(1, key)
            return await mine.keys(within_s=1), await mine.keys(within_s=0.01), await theirs.keys(within_s=0.01)

    assert within(5, listen()) == (["inbox", "sent"], [], [])


def test_news_in_a_row_are_gathered_and_more_than_can_be_read_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "GATHERS_S", 0.2)

    async def listen() -> tuple[list[str], list[str], float]:
        hub = Hub(everybody, looks_s=60)
        with hub.admitting(NOBODY) as listener:
            hub.wake(1, "first")
            first = await listener.keys(within_s=1)
            began = time.monotonic()
            for n in range(10 * news.MOST_KEYS):
                hub.wake(1, f"key-{n}")
            return first, await listener.keys(within_s=1), time.monotonic() - began

    first, then, took = within(5, listen())
    assert first == ["first"] and took > 0.15
    assert len(then) <= news.MOST_KEYS and news.EVERYTHING in then


def test_a_large_workspace_is_told_one_page_after_the_other_and_again_when_all_were_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(news, "GATHERS_S", 0.0)
    monkeypatch.setattr(news, "APART_S", 0.004)

    async def listen() -> tuple[list[float], list[float]]:
        now = asyncio.get_running_loop().time
        hub = Hub(everybody, looks_s=60)
        with ExitStack() as stack:
            listeners = [stack.enter_context(hub.admitting(Pass(1, n, "", ""))) for n in range(50)]

            async def told(listener: news.Listener, key: str) -> float:
                assert await listener.keys(within_s=5) == [key]
                return now()

            began = now()
            hub.wake(1, "first")
            firsts = await asyncio.gather(*(told(listener, "first") for listener in listeners))
            hub.wake(1, "then")
            thens = await asyncio.gather(*(told(listener, "then") for listener in listeners))
            return [at - began for at in firsts], [then - first for first, then in zip(firsts, thens, strict=True)]

    firsts, later = within(15, listen())
    assert max(firsts) > 0.19
    assert min(later) > 0.19


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


def test_nobody_listens_when_nobody_knows_who_may(fast: None) -> None:
    def broken(passes: Any) -> set[Pass]:
        raise ValueError("no answer")

    async def listen() -> bool:
        hub = Hub(broken, looks_s=0.01)
        with hub.admitting(NOBODY) as listener:
            async with listener.listening(lasts_s=5):
                await listener.keys(within_s=5)
            return listener.ended

    began = time.monotonic()
    assert within(10, listen()) and time.monotonic() - began < 3
