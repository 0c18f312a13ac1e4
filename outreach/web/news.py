"""News: that something of a workspace changed, told to the pages that are open. Never what: they ask for that.

Whoever changed it tells the broker after the commit; each web process has one subscription and wakes its own listeners.
Nothing relies on news: pages also ask by themselves every few seconds, so a broker that is away or wiped loses nothing.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

import redis
from django.conf import settings
from redis import asyncio as aioredis

log = logging.getLogger(__name__)
CHANNEL = "parley:news:"
QUIET_S = 30
"""How long nobody tries to tell a broker that did not answer."""
AGAIN_S = 5
"""How long a subscription that broke waits before it is made again."""
GATHERS_S = 1.0
"""A listener that was told something is told the next thing no sooner: many changes are one look at the page."""
APART_S = 0.1
"""Listeners of a workspace are told one after the other, and again when all were told: each then asks for a part of its
page, which costs a thousand times what telling does, and would keep everybody else waiting if all asked at once."""
MOST_KEYS: Final = 50
EVERYTHING: Final = "everything"
"""What a listener hears instead of more keys than it could have read."""
MOST_OF_MEMBER = 20
"""Listeners that one member may have in one process."""

_quiet_until = 0.0


def address() -> str:
    """The broker's address as its client takes it; "" for a broker that carries no news."""
    url: str = settings.CELERY_BROKER_URL
    if url.startswith("redis+socket://"):
        return f"unix://{url.removeprefix('redis+socket://')}"
    return url if url.startswith(("redis://", "rediss://")) else ""


@lru_cache(maxsize=4)
def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def tell(workspace: int, key: str) -> None:
    """Something of this workspace changed; `key` names what. Never raises, and waits a second at most."""
    global _quiet_until
    if settings.PARLEY_CLOCK == "virtual" or not (url := address()) or time.monotonic() < _quiet_until:
        return
    try:
        _client(url).publish(f"{CHANNEL}{workspace}", key)
    except (redis.RedisError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_S
        log.warning("News cannot be told, pages ask by themselves: %s", error)


class TooMany(Exception):
    """This member listens often enough. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Pass:
    """On what somebody was let in: their membership, and the session with the hash that it is bound to."""

    workspace: int
    member: int
    session: str
    bound_to: str


class Listener:
    """One open page. Keys that come close together are handed over together, and never more than can be read."""

    def __init__(self, held: Pass) -> None:
        self.held = held
        self.ended = False
        self._keys: set[str] = set()
        self._woken = asyncio.Event()
        self._wakes: asyncio.TimerHandle | None = None
        self._told_at = float("-inf")
        self._time: asyncio.Timeout | None = None

    def hear(self, key: str, *, after_s: float, gathers_s: float) -> None:
        """Something changed: hand it over after this time, and so long after the last news."""
        self._keys = {EVERYTHING} if len(self._keys | {key}) > MOST_KEYS else self._keys | {key}
        if self._wakes is None:
            loop = asyncio.get_running_loop()
            at = max(loop.time() + after_s, self._told_at + gathers_s)
            self._wakes = loop.call_at(at, self._woken.set)

    async def keys(self, *, within_s: float) -> list[str]:
        """What changed since it was last asked, as soon as something did; nothing after this time."""
        try:
            async with asyncio.timeout(within_s):
                await self._woken.wait()
        except TimeoutError:
            return []
        found = sorted(self._keys)
        self._keys, self._wakes, self._told_at = set(), None, asyncio.get_running_loop().time()
        self._woken.clear()
        return found

    @asynccontextmanager
    async def listening(self, *, lasts_s: float) -> AsyncIterator[None]:
        """The block is left, wherever it waits, after this time or when it is ended."""
        try:
            async with asyncio.timeout(0 if self.ended else lasts_s) as self._time:
                yield
        except TimeoutError:
            self.ended = True
        finally:
            self._time = None

    def end(self) -> None:
        """It hears nothing more."""
        self.ended = True
        if self._time is not None and not self._time.expired():
            self._time.reschedule(asyncio.get_running_loop().time())

    def forget(self) -> None:
        """Leave nothing behind."""
        if self._wakes is not None:
            self._wakes.cancel()


class Hub:
    """The listeners of one process; while there are any, its one subscription, and a look now and then whether each may
    still listen.

    `are_good` says which of the passes still are; it is asked in a thread, every `looks_s` for all of them at once.
    """

    def __init__(self, are_good: Callable[[Collection[Pass]], set[Pass]], *, looks_s: float) -> None:
        self._are_good = are_good
        self._looks_s = looks_s
        self._closed = False
        self._listeners: dict[int, set[Listener]] = defaultdict(set)
        self._of_member: dict[int, int] = defaultdict(int)
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def admitting(self, held: Pass) -> Iterator[Listener]:
        """A listener to the news of this workspace. Raises TooMany."""
        if self._of_member[held.member] >= MOST_OF_MEMBER:
            raise TooMany(
                f"You have {MOST_OF_MEMBER} pages open that follow the news; this one asks for itself now and then."
            )
        listener = Listener(held)
        listener.ended = self._closed
        self._listeners[held.workspace].add(listener)
        self._of_member[held.member] += 1
        if not self._tasks:
            self._tasks = [_start(self._look())] + ([_start(self._subscribe())] if address() else [])
        try:
            yield listener
        finally:
            listener.forget()
            self._listeners[held.workspace].discard(listener)
            if not self._listeners[held.workspace]:
                del self._listeners[held.workspace]
            self._of_member[held.member] -= 1
            if not self._of_member[held.member]:
                del self._of_member[held.member]
            if not self._listeners:
                self._rest()

    def wake(self, workspace: int, key: str) -> None:
        """Let the listeners of this workspace know."""
        listeners = self._listeners.get(workspace, ())
        gathers = max(GATHERS_S, len(listeners) * APART_S)
        for nth, listener in enumerate(listeners):
            listener.hear(key, after_s=nth * APART_S, gathers_s=gathers)

    def close(self) -> None:
        """The process stops: nobody listens any more, and who comes is let go at once."""
        self._closed = True
        for listener in list(self._everybody()):
            listener.end()

    def _everybody(self) -> Iterator[Listener]:
        return chain.from_iterable(self._listeners.values())

    def _rest(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._looks_s)
            held = {listener.held for listener in self._everybody()}
            try:
                good = await asyncio.to_thread(self._are_good, held)
            except Exception:
                log.exception("Nobody knows who may still listen, so nobody does: pages come back and are let in anew.")
                good = set()
            for listener in list(self._everybody()):
                if listener.held in held - good:
                    listener.end()

    async def _subscribe(self) -> None:
        while True:
            client = aioredis.Redis.from_url(address(), decode_responses=True)
            try:
                async with client.pubsub() as subscription:
                    await subscription.psubscribe(f"{CHANNEL}*")
                    async for message in subscription.listen():
                        if message["type"] == "pmessage":
                            self.wake(int(message["channel"].removeprefix(CHANNEL)), message["data"])
            except (redis.RedisError, OSError, ValueError) as error:
                log.warning("The subscription to news broke: %s", error)
            finally:
                await client.aclose()
            await asyncio.sleep(AGAIN_S)


def _start(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    """A task that keeps nothing of the request which happened to be the first."""
    return asyncio.get_running_loop().create_task(work, context=Context())
