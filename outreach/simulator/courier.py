"""Delivers webhooks over HTTP: configured headers, no signature, thirty seconds, five retries with growing delay."""

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from outreach.simulator.agenda import Item
from outreach.simulator.clock import HOUR
from outreach.simulator.wire import TROUBLE, Wire

if TYPE_CHECKING:
    from outreach.simulator.hooks import Hook
    from outreach.simulator.world import World

TIMEOUT_S = 30.0
RETRY_AFTER = (60_000, 5 * 60_000, 30 * 60_000, 2 * HOUR, 6 * HOUR)


class Courier:
    """Carries one webhook after the other; keeps connections open between them."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._wire = Wire()

    async def deliver(self, item: Item) -> bool:
        """Try once. Done with a 2xx answer; otherwise planned again, and given up after the last retry."""
        world = self._world
        hook = world.hooks.get(item.args[0])
        if hook is None or item.done:
            return False
        arrived = await self._post(hook, item.args[1], "wrong_secret" in item.args[3])
        if item.done or world.hooks.get(hook.id) is not hook:  # removed, or another seed planted, meanwhile
            return arrived
        attempts = item.args[2]
        if arrived:
            world.webhooks_delivered += 1
            world.agenda.finish(item)
            self._release_overtaken(item)
        elif attempts < len(RETRY_AFTER):
            item.args[2] = attempts + 1
            world.agenda.move(item, world.clock.now() + world.clock.stretch(RETRY_AFTER[attempts]))
        else:
            world.webhooks_given_up += 1
            world.agenda.finish(item)
        world.commit()
        return arrived

    def close(self) -> None:
        self._wire.close()

    def _release_overtaken(self, delivered: Item) -> None:
        """What was told to arrive out of order goes out as soon as a later one has arrived at the same webhook."""
        world = self._world
        if not any(fault.out_of_order for fault in world.faults.webhooks):
            return
        for item in world.agenda.of_kind("webhook"):
            if item.args[0] == delivered.args[0] and "hold" in item.args[3] and item.seq < delivered.seq:
                item.args[3].remove("hold")
                world.agenda.move(item, world.clock.now())

    async def _post(self, hook: "Hook", body: dict[str, Any], wrong_secret: bool) -> bool:
        headers = {
            h["key"]: "wrong" if wrong_secret and h["key"].lower() != "content-type" else h["value"]
            for h in hook.headers
        }
        if hook.data:
            body = {chosen["name"]: body.get(chosen["key"]) for chosen in hook.data}
        if hook.format == "form":
            flat = {k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}
            content = urlencode(flat).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        else:
            content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return 200 <= await self._wire.post(hook.request_url, headers, content) < 300
        except (*TROUBLE, TimeoutError):
            return False
