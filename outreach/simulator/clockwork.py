"""Makes due things happen: moves a manual clock from one to the next, or waits for them on a running one."""

import asyncio
import os
import traceback
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from outreach.simulator import conversations, invitations, ledger
from outreach.simulator.agenda import Item

if TYPE_CHECKING:
    from outreach.simulator.courier import Courier
    from outreach.simulator.world import World


class Clockwork:
    """The only place from which people act and webhooks leave."""

    def __init__(self, world: "World", courier: "Courier") -> None:
        self._world = world
        self._courier = courier
        self._one_at_a_time = asyncio.Lock()
        self._news = asyncio.Event()
        self._lanes: dict[tuple[str, str], asyncio.Queue[Item]] = {}
        self._carriers: set[asyncio.Task[None]] = set()
        self._runner: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work off what is due, unless the clock is manual."""
        if self._world.clock.mode != "manual":
            self._runner = self._watched(self._run())

    async def stop(self) -> None:
        for task in [*self._carriers, *([self._runner] if self._runner else [])]:
            task.cancel()

    def notice(self) -> None:
        """Something new may be due earlier than what is waited for."""
        self._news.set()

    def next_at(self) -> int | None:
        """The earliest instant at which there is something to do."""
        first = self._world.agenda.first()
        return first.at if first else None

    async def advance(self, to: int) -> tuple[int, int]:
        """Move a manual clock to `to`, doing everything due on the way in the order of (time, sequence).

        Every webhook is delivered and its answer awaited before the next thing happens. Returns how many events
        happened and how many webhooks were tried.
        """
        world, events, tried = self._world, 0, 0
        async with self._one_at_a_time:
            while (first := world.agenda.first()) is not None and first.at <= to:
                item = world.agenda.take()
                assert item is not None
                world.clock.move(item.at)
                if item.kind == "webhook":
                    await self._courier.deliver(item)
                    tried += 1
                else:
                    happen(world, item)
                    world.commit()
                    events += 1
            world.clock.move(to)
            world.keep_clock()
            world.commit()
        return events, tried

    async def flush(self) -> int:
        """Deliver every waiting webhook now, in the order in which they were due. Returns how many were tried."""
        world = self._world
        async with self._one_at_a_time:
            items = [item for item in world.agenda.of_kind("webhook") if not item.out]
            if world.clock.mode == "manual":
                for item in items:
                    await self._courier.deliver(item)
                return len(items)
            before = [(item, item.args[2]) for item in items]
            for item in items:
                world.agenda.move(item, world.clock.now())
            world.commit()
            self.notice()
            while any(not item.done and item.args[2] == attempts for item, attempts in before):
                await asyncio.sleep(0.005)
        return len(items)

    async def _run(self) -> None:
        world = self._world
        while True:
            self._news.clear()
            first = world.agenda.first()
            if first is None:
                await self._news.wait()
                continue
            wait = (first.at - world.clock.now()) / 1000
            if wait > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), min(wait, 3600))
                continue
            item = world.agenda.take()
            assert item is not None
            if item.kind == "webhook":
                self._hand_to_carrier(item)
            else:
                happen(world, item)
                world.commit()
            await asyncio.sleep(0)

    def _watched(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task whose failure stops the simulator: a world in which nobody acts any more would look merely quiet."""
        task = asyncio.create_task(work)

        def look(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (failure := task.exception()) is not None:
                traceback.print_exception(failure)
                os._exit(1)

        task.add_done_callback(look)
        return task

    def _hand_to_carrier(self, item: Item) -> None:
        """One carrier for each webhook and account: in order there, side by side otherwise."""
        body = item.args[1]
        key = item.args[0], body.get("account_id") or body["AccountStatus"]["account_id"]
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = asyncio.Queue()
            task = self._watched(self._carry(key, lane))
            self._carriers.add(task)
            task.add_done_callback(self._carriers.discard)
        lane.put_nowait(item)

    async def _carry(self, key: tuple[str, str], lane: "asyncio.Queue[Item]") -> None:
        while not lane.empty():
            await self._courier.deliver(lane.get_nowait())
            self.notice()
        del self._lanes[key]


def happen(world: "World", item: Item) -> None:
    """One due event: a person makes up their mind, or the month's credits come."""
    world.agenda.finish(item)
    args = item.args
    if item.kind == "accept":
        invitations.accept(world, world.invitations[args[0]])
    elif item.kind == "decline":
        invitations.decline(world, world.invitations[args[0]])
    elif item.kind == "reply":
        chat_id, message_id, text, kind = args
        conversations.answer(world, world.chats[chat_id], message_id, text, kind)
    elif item.kind == "silent":
        conversations.respond_silently(world, *args)
    elif item.kind == "grant":
        account_id, plan = args
        seat = world.seats[account_id]
        if seat.plan == plan:  # a renewal of a subscription that has ended meanwhile gives nothing
            ledger.grant(world, seat, f"renewal {item.at}")
            ledger.plan_next_grant(world, seat, item.at)  # so that a simulator that was off catches up on each
    else:
        raise ValueError(f"Nobody knows how to do {item.kind!r}.")
