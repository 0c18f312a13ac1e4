"""Events stored per second under their key, beside a bare insert of the same rows; and the same batch once more.

Ours: `inbound.store`, as a webhook or a look at the inbox calls it: the events as rows, the sender each belongs to, the
key that lets each in once. Bound: one multi-row INSERT of the same rows, no COPY, nothing looked up and no conflict
allowed for. Again: the same batch a second time, beside the first: it stores nothing and costs no more. `errors`:
events that are not there once.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from benchmarks import worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate
from benchmarks.worlds import START, World
from campaigns.running import inbound
from campaigns.running.database import rows
from outreach.connectors.base import Event

SIZES = {"XS": (2, 20), "S": (15, 500), "L": (100, 1_000)}
"""Batches, events in each."""
SENDERS = 10

_BARE = (
    "INSERT INTO campaigns_inboundevent (workspace_id, connection_id, sender_id, key, kind, payload, at, received_at, "
    "via, state, attempts, problem) VALUES "
)
_ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, 'new', 0, '')"


def run(size: str) -> Iterator[Line]:
    batches, count = SIZES[size]
    world = worlds.found(SENDERS)
    worlds.settle()
    database = worlds.bare()
    ours, bare, again = [], [], []
    for batch in range(batches + 1):
        events = [_event(world, "ours", batch, n) for n in range(count)]
        twins = [_event(world, "bare", batch, n) for n in range(count)]
        ours.append(rate(lambda: _store(world, events)))  # noqa: B023
        again.append(rate(lambda: len(events) + _store(world, events)))  # noqa: B023
        values = _values(world, twins)
        bare.append(rate(lambda: database.execute(_BARE + ", ".join([_ROW] * count), values).rowcount))  # noqa: B023
    stored = rows("SELECT count(*) AS n, count(DISTINCT key) AS keys FROM campaigns_inboundevent")[0]
    expected = 2 * (batches + 1) * count
    errors = abs(stored["n"] - expected) + abs(stored["keys"] - expected)
    words = f"{count:,} at once"
    yield compare("inbound", f"stored, {words}", "events/s", ours=ours[1:], bound=bare[1:], errors=errors)
    yield compare("inbound", f"again, {words}, beside the first time", "events/s", ours=again[1:], bound=ours[1:])


def _store(world: World, events: list[Event]) -> int:
    return inbound.store(world.workspace.pk, world.connection.pk, events, via="webhook", now=START)


def _event(world: World, label: str, batch: int, n: int) -> Event:
    return replace(
        _MESSAGE,
        key=f"message:{label}-{batch}-{n}",
        account=f"seat-{1 + n % SENDERS}",
        provider_id=f"ACoAA-{label}-{n}",
        message_id=f"{label}-{batch}-{n}",
        at=START + timedelta(seconds=n),
    )


_MESSAGE = Event(kind="message", key="", account="", text="Thanks, tell me more about it. " * 5, chat_id="chat")


def _values(world: World, events: list[Event]) -> list[Any]:
    """The same columns as ours stores, made before the watch runs."""
    whose = {sender.provider_account: sender.pk for sender in world.senders}
    return [
        value
        for event in events
        for workspace, connection, account, *rest in [
            inbound._columns(world.workspace.pk, world.connection.pk, event, "webhook", START)
        ]
        for value in (workspace, connection, whose[account], *rest)
    ]
