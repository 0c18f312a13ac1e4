"""News: that something of a workspace changed, told to the pages that are open. Never what: they ask for that.

Whoever changed it tells the broker after the commit; each web process has one subscription and wakes its own listeners.
Nothing relies on news: pages also ask by themselves every few seconds, so a broker that is away or wiped loses nothing.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from weakref import WeakKeyDictionary

import redis
from django.conf import settings
from redis import asyncio as aioredis

log = logging.getLogger(__name__)
CHANNEL = "parley:news:"
QUIET_S = 30
"""How long nobody tries to tell a broker that did not answer."""
AGAIN_S = 5
"""How long a subscription that broke waits before it is made again."""

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


class Listener:
    """One open page. Keys that come close together are handed over together."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._woken = asyncio.Event()

    def hear(self, key: str) -> None:
        self._keys.add(key)
        self._woken.set()

    async def keys(self, *, within_s: float) -> list[str]:
        """What changed since it was last asked, as soon as something did; nothing after this time."""
        try:
            await asyncio.wait_for(self._woken.wait(), within_s)
        except TimeoutError:
            return []
        found = sorted(self._keys)
        self._keys.clear()
        self._woken.clear()
        return found


class Hub:
    """The listeners of one process, and its one subscription while there are any."""

    def __init__(self) -> None:
        self._listeners: dict[int, set[Listener]] = defaultdict(set)
        self._subscription: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listening(self, workspace: int) -> AsyncIterator[Listener]:
        """A listener to the news of this workspace."""
        listener = Listener()
        self._listeners[workspace].add(listener)
        if address() and (self._subscription is None or self._subscription.done()):
            self._subscription = asyncio.create_task(self._subscribe())
        try:
            yield listener
        finally:
            self._listeners[workspace].discard(listener)
            if not self._listeners[workspace]:
                del self._listeners[workspace]
            if not self._listeners and self._subscription is not None:
                self._subscription.cancel()
                self._subscription = None

    def wake(self, workspace: int, key: str) -> None:
        """Let the listeners of this workspace know."""
        for listener in self._listeners.get(workspace, ()):
            listener.hear(key)

    async def _subscribe(self) -> None:
        while True:
            client = aioredis.Redis.from_url(address(), decode_responses=True)
            try:
                async with client.pubsub() as subscription:
                    await subscription.psubscribe(f"{CHANNEL}*")
                    async for message in subscription.listen():
                        if message["type"] == "pmessage":
                            self.wake(int(message["channel"].removeprefix(CHANNEL)), message["data"])
            except (redis.RedisError, OSError) as error:
                log.warning("The subscription to news broke: %s", error)
            finally:
                await client.aclose()
            await asyncio.sleep(AGAIN_S)


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running process."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
