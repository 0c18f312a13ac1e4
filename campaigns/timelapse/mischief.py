"""What goes wrong in a soak: kinds of faults, dealt from a shuffled deck, so that each comes before any comes again."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from celery import current_app

from campaigns.timelapse.killing import Workers
from campaigns.timelapse.outside import Outside

PATIENCE_S = 2
"""Real seconds after which nobody waits for an answer any more: what HTTP_TIMEOUT_S is in a soak."""

DEAL_S = (0.3, 1.1)
"""Real seconds between two faults that are ordered."""

MOST_ORDERED = 200
"""So many faults lie with the simulator at a time; then it forgets them and what has not struck yet."""

STATUSES = (500, 500, 502, 503, 504, 429)
PLACES: tuple[dict[str, str], ...] = (
    {"path_prefix": "/api/v1/users/invite", "method": "POST"},
    {"path_prefix": "/api/v1/chats", "method": "POST"},
    {"path_prefix": "/api/v1/chats", "method": "POST"},
    {},
)
"""Which requests a fault strikes; the last one: whichever comes next, a look around too."""


def _status(dice: random.Random) -> dict[str, Any]:
    return {"status": dice.choice(STATUSES)}


def _error_after(dice: random.Random) -> dict[str, Any]:
    return {"status": 500, "after_accepting": True}


def _latency(dice: random.Random) -> dict[str, Any]:
    return {"latency_s": round(dice.uniform(0.1, 0.8), 2)}


def _too_late(dice: random.Random) -> dict[str, Any]:
    """Longer than our patience: before the request is worked on, or after it was accepted."""
    return {dice.choice(("latency_s", "latency_after_s")): PATIENCE_S + 0.4}


def _drop(dice: random.Random) -> dict[str, Any]:
    return {"drop_after_accepting": True}


def _reset(dice: random.Random) -> dict[str, Any]:
    return {"reset_before": True}


def _double(dice: random.Random) -> dict[str, Any]:
    return {"double": dice.randint(1, 3)}


def _late(dice: random.Random) -> dict[str, Any]:
    return {"delay_s": dice.randint(60, 12 * 3600)}


def _overtaken(dice: random.Random) -> dict[str, Any]:
    return {"out_of_order": True}


def _wrong_secret(dice: random.Random) -> dict[str, Any]:
    return {"wrong_secret": True}


type Recipe = Callable[[random.Random], dict[str, Any]]

OF_REQUESTS: dict[str, Recipe] = {
    "error status": _status,
    "error after accepting": _error_after,
    "latency": _latency,
    "answer too late": _too_late,
    "drop after accepting": _drop,
    "reset": _reset,
}
OF_WEBHOOKS: dict[str, Recipe] = {
    "webhook doubled": _double,
    "webhook late": _late,
    "webhook overtaken": _overtaken,
    "webhook with a wrong secret": _wrong_secret,
}
KILL, WIPE = "worker killed", "broker wiped"
KINDS = (*OF_REQUESTS, *OF_WEBHOOKS, KILL, WIPE)


@dataclass
class Mischief:
    """Deals faults while the workers work. `struck` counts by kind those that really struck."""

    outside: Outside
    crew: Workers
    dice: random.Random
    struck: Counter[str] = field(default_factory=Counter)
    _deck: list[str] = field(default_factory=list)
    _ordered: dict[int, str] = field(default_factory=dict)
    _next: float = 0.0

    def __call__(self) -> bool:
        """Deal the next fault when it is time. Always True: an instant may end whatever is ordered."""
        if time.monotonic() >= self._next:
            self._deal()
            self._next = time.monotonic() + self.dice.uniform(*DEAL_S)
        return True

    def end(self) -> None:
        """Nothing goes wrong from now on."""
        for faults in self.outside.control("GET", "/faults").values():
            for fault in faults:
                self.struck[self._ordered[fault["id"]]] += fault["struck"]
        self.outside.control("DELETE", "/faults")
        self._ordered.clear()

    def _deal(self) -> None:
        if not self._deck:
            self._deck = self.dice.sample(KINDS, len(KINDS))
        kind = self._deck.pop()
        if kind == KILL:
            self.crew.kill_one(self.dice)
            self.struck[kind] += 1
        elif kind == WIPE:
            wipe_broker()
            self.struck[kind] += 1
        else:
            self._order(kind)

    def _order(self, kind: str) -> None:
        if len(self._ordered) >= MOST_ORDERED:
            self.end()
        if kind in OF_REQUESTS:
            order = OF_REQUESTS[kind](self.dice) | {"match": self.dice.choice(PLACES), "times": self.dice.randint(1, 2)}
            made = self.outside.control("POST", "/faults", **order)
        else:
            order = OF_WEBHOOKS[kind](self.dice) | {"times": self.dice.randint(1, 3)}
            made = self.outside.control("POST", "/webhooks/faults", **order)
        self._ordered[made["id"]] = kind


def wipe_broker() -> None:
    """Forget every message that waits, and all else that the broker holds."""
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.flushall()
