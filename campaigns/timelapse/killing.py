"""The same days with real Celery workers, some of which are killed in the middle of their work.

The driver only moves time and rings the doorbells that beat would ring; it waits until nothing is due before time moves
on. Not the same bytes from the same seed, but the same promises: nothing twice, no cap broken, the ledger exact.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from celery import current_app
from django_scopes import scope, scopes_disabled

from accounts.models import Member
from campaigns import tasks
from campaigns.building import sample
from campaigns.models import Touch
from campaigns.running import by_hand
from campaigns.running.database import row, rows
from campaigns.timelapse.cast import Cast
from campaigns.timelapse.driver import GRAIN, Stuck
from campaigns.timelapse.moments import CALL_AFTER, due_parts, next_in_database, rounded
from campaigns.timelapse.outside import Outside, begin, stop
from outreach import clock
from outreach.engine.kinds import LONG_AGO

RING_EVERY_S = 0.1
SETTLE_S = 1.5
"""Real seconds without movement after which what hangs belongs to a killed worker."""
GIVE_UP_S = 120.0


@dataclass
class Workers:
    """Celery worker processes, started again when one was killed."""

    count: int
    log: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: int = 0

    def start(self) -> None:
        while len(self.processes) < self.count:
            command = [
                *(sys.executable, "-m", "celery", "-A", "outreach", "worker", "-P", "solo", "-l", "ERROR"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                *("-n", f"lapse{random.getrandbits(48):x}@%h"),
            ]
            with self.log.open("ab") as out:
                self.processes.append(begin(command, out, {**os.environ, "LOG_LEVEL": "ERROR"}))

    def hold(self, what: signal.Signals) -> None:
        """Stop all workers where they are (SIGSTOP), or let them go on (SIGCONT)."""
        for process in self.processes:
            process.send_signal(what)

    def still_handing_over(self) -> bool:
        """Whether a worker that lives holds the turn of a touch on its way: time must not move under its hands."""
        alive = {process.pid for process in self.processes if process.poll() is None}
        owners = rows(
            "SELECT DISTINCT s.owner FROM campaigns_touch t JOIN accounts_senderturn s ON s.sender_id = t.sender_id "
            "WHERE t.state = 'dispatching' AND s.until > %s",  # who gave the turn back has handed over
            (LONG_AGO,),
        )
        return any(int(found["owner"].rpartition(":")[2] or 0) in alive for found in owners)

    def kill_one(self, dice: random.Random) -> None:
        """SIGKILL: no clean-up, no goodbye. Another one is started in its place."""
        victim = dice.choice(self.processes)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.processes.remove(victim)
        self.killed += 1
        self.start()


def run(
    outside: Outside,
    cast: Cast,
    start: datetime,
    end: datetime,
    *,
    workers: int,
    kills: int,
    seed: int,
    log: Path,
) -> int:
    """Play the days; how many workers were killed. Raises Stuck."""
    dice = random.Random(seed)
    crew = Workers(workers, log)
    crew.start()
    span = (end - start).total_seconds()
    # Early days have the most work to be killed in.
    deaths = sorted(start + timedelta(seconds=span * 0.8 * dice.random()) for _ in range(kills))
    try:
        now, simulator_next = start, outside.next_at()
        settle(outside, cast, now, crew, _Death(crew, deaths, dice, now))
        while True:
            ahead = [at for at in (next_in_database(), simulator_next) if at is not None]
            at = rounded(max(min(ahead, default=end), now + GRAIN), GRAIN)
            if at > end:
                break
            now = at
            move(outside, crew, at)
            settle(outside, cast, now, crew, _Death(crew, deaths, dice, now))
            simulator_next = outside.next_at()
        move(outside, crew, end)
        settle(outside, cast, end, crew)
    finally:
        stop(crew.processes)
    return crew.killed


class _Death:
    """The next planned death of a worker, when it is due at this instant: a moment after the work began."""

    def __init__(self, crew: Workers, deaths: list[datetime], dice: random.Random, now: datetime) -> None:
        self._crew, self._deaths, self._dice = crew, deaths, dice
        self._at = time.monotonic() + dice.uniform(0.0, 0.15) if deaths and deaths[0] <= now else None

    def __call__(self) -> bool:
        """Kill when it is time. Whether nothing more is to come at this instant."""
        if self._at is not None and time.monotonic() >= self._at:
            self._deaths.pop(0)
            self._crew.kill_one(self._dice)
            self._at = None
        return self._at is None


def move(outside: Outside, crew: Workers, at: datetime) -> None:
    """Move both clocks while the workers hold still: between the two movements ours is ahead of the provider's, and an
    act in that moment would seem to have been accepted before its gate. What the provider still works on is accepted at
    its old time, though nobody may wait for the answer any more."""
    crew.hold(signal.SIGSTOP)
    while _still_working() or crew.still_handing_over() or outside.in_flight():
        crew.hold(signal.SIGCONT)
        time.sleep(0.05)
        crew.hold(signal.SIGSTOP)
    clock.turn_to(at)
    outside.advance(at)
    crew.hold(signal.SIGCONT)


def _still_working() -> bool:
    """Whether a worker is held in the middle of a transaction, such as a gate that read the clock already, or the
    server still works on what it asked: that goes on, and commits, though the worker itself is held."""
    return bool(
        rows(
            "SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
            "AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
    )


def settle(
    outside: Outside, cast: Cast, now: datetime, crew: Workers, meanwhile: Callable[[], bool] = lambda: True
) -> None:
    """Ring until nothing is due at this instant and nothing is on its way. `meanwhile` is called again and again while
    the workers work, and says whether it would let the instant end. Raises Stuck."""
    moved = time.monotonic()
    rang = 0.0
    before: object = None
    _work_by_hand(cast, now)
    tasks.keep_credits.delay()
    tasks.keep_house.delay()  # finds what a killed worker owed, which no date tells
    while True:
        content = meanwhile()
        if time.monotonic() - rang >= RING_EVERY_S:
            _ring(now)
            rang = time.monotonic()
        time.sleep(0.01)
        state = _state()
        if state != before:
            before, moved = state, time.monotonic()
        due = next_in_database()
        quiet = time.monotonic() - moved
        if content and (due is None or due > now):
            if not state["dispatching"] and not _queued():
                return
            if quiet > SETTLE_S and not outside.in_flight() and not crew.still_handing_over():
                return  # what still dispatches belongs to a killed worker: the reaper will find it
        if quiet > GIVE_UP_S:
            said = crew.log.read_text(errors="replace")[-600:]
            on_its_way = {"queued": _queued(), "in_flight": outside.in_flight(), "held": crew.still_handing_over()}
            raise Stuck(f"At {now:%Y-%m-%d %H:%M:%S} nothing moves, next due {due}: {state} {on_its_way} {said}")


BELLS = {
    "inbound": tasks.work_inbound,
    "decide": tasks.decide,
    "lanes": tasks.tick,
    "house": tasks.keep_house,
    "looks": tasks.look_around,
}


def _ring(now: datetime) -> None:
    """Ring for what is due, again and again like beat: whoever heard it the last time may have been killed."""
    for part, at in due_parts().items():
        if part in BELLS and at is not None and at <= now:
            BELLS[part].delay()


def _state() -> dict[str, object]:
    found = row(
        "SELECT (SELECT count(*) FROM campaigns_touch WHERE state = 'dispatching') AS dispatching, "
        "(SELECT max(id) FROM campaigns_touch) AS touches, (SELECT sum(token) FROM accounts_senderturn) AS turns, "
        "(SELECT count(*) FROM campaigns_inboundevent WHERE state = 'new') AS events, "
        "(SELECT max(settled_at) FROM campaigns_touch) AS settled"
    )
    return found or {}


def _queued() -> int:
    """Messages that wait in the broker."""
    with current_app.connection_for_read() as connection:
        return int(connection.default_channel.client.llen("celery"))


def _work_by_hand(cast: Cast, now: datetime) -> None:
    waiting = by_hand.waiting(now=now - CALL_AFTER)
    if waiting:
        with scope(workspace=cast.workspace):
            bob = Member.objects.get(user__email=sample.email("bob"))
        for touch in waiting:
            with scopes_disabled():
                by_hand.done(Touch.objects.get(pk=touch), by=bob, now=now)
