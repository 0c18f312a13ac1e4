"""Touches per second of the whole path, beside a bare client that makes the same HTTP calls and commits.

Ours: one process plays virtual days in lock-step, as the workers do it live: the simulator's webhooks come in over HTTP
through our own web process and are stored; they are worked (replies, acceptances); enrollments are decided; due heads
are claimed; the profile is read and kept, inboxes are looked at where follow-ups need it; the gate; one hand-over; the
record. Each day a new wave of people is launched (not timed), so every day has first touches and follow-ups. Moving our
own clock, asking what is due next and the daily house-keeping belong to the time-lapse and are not timed.

Bound: after each day of ours, two clients that decide nothing do that day again, each with its own simulator of the
same seed: the same requests in the same order at the same virtual instants, over one kept-alive connection; the
simulator's webhooks go to a bare endpoint that does one INSERT; and between the calls they commit one-row INSERTs, so
that all legs have the same number of writing transactions. The bare client is what anybody would write with the
libraries (httpx2, psycopg) and parses each answer; the floor beside it uses raw sockets and parses nothing. Ours are
counted as the transaction ids that the server gave out while the stopwatch ran; transactions that only read are not
counted, though ours wait for them too. The answers must have the same status as ours had, and the two simulators must
have accepted the same touches.

The first day warms up caches and prepared statements and is not counted. `errors`: breaches that the whole proof finds
with the simulator's record, touches in doubt, and differences between the legs.
"""

import http.client
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django_scopes import scope

from benchmarks import outside, processes, worlds
from benchmarks.line import Line, compare
from benchmarks.timing import Watch
from benchmarks.worlds import START, World
from campaigns.building import campaigns, exports, sample
from campaigns.proof import verify
from campaigns.running import house, inbound, planning, turns
from campaigns.running.database import row
from campaigns.timelapse.cast import PLAY_OF_TIER
from campaigns.timelapse.moments import due_parts, rounded
from campaigns.timelapse.outside import Outside
from outreach.connectors import registry
from outreach.connectors.base import Seat
from outreach.connectors.wire import Reply, Request, Wire
from prospects import imports
from prospects.models import Prospect

SIZES = {"XS": (1, 4, 3), "S": (5, 60, 20), "L": (7, 600, 100)}
"""Counted days, people launched each day, senders."""
GRAIN = timedelta(minutes=15)
DAY = timedelta(days=1)
WORKED_BY_TIME = ("decide", "lanes", "inbound")
"""What the path waits for; house-keeping, calls and daily looks are not part of it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the simulator as it was written, and the status it was answered with."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int


@dataclass
class Leg:
    """One day as we played it: requests and moves of the clock in order."""

    seconds: float = 0.0
    cpu: float = 0.0
    touches: int = 0
    commits: int = 0
    webhooks: int = 0
    doubts: int = 0
    script: list[Call | datetime] = field(default_factory=list)


def run(size: str) -> Iterator[Line]:
    days, people, senders = SIZES[size]
    worlds.make_table("CREATE TABLE bench_webhook (id bigserial PRIMARY KEY, body jsonb NOT NULL)", "bench_webhook")
    worlds.make_table("CREATE TABLE bench_commit (id bigserial PRIMARY KEY, what text NOT NULL)", "bench_commit")
    worlds.make_table("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO PUBLIC", "bench_commit")
    with (
        outside.started("outreach.asgi:application") as mine,
        outside.started("benchmarks.endpoint:application") as theirs,
        outside.started("benchmarks.endpoint:application") as third,
        tempfile.TemporaryDirectory() as folder,
    ):
        ours = Ours(mine, people=people * (days + 1), senders=senders, waves=days + 1, folder=Path(folder))
        crowd = {"people": people * (days + 1), "senders": senders, "secret": ours.world.connection.hook_secret}
        bare, floor = Bare(theirs, Libraries, **crowd), Bare(third, Sockets, **crowd)
        legs: list[Leg] = []
        bare_s: list[float] = []
        floor_s: list[float] = []
        for day in range(days + 1):
            legs.append(ours.play(day))
            bare_s.append(bare.play(legs[-1]))
            floor_s.append(floor.play(legs[-1]))
        errors = _errors(mine, theirs) + bare.differences + floor.differences + sum(leg.doubts for leg in legs)
        what = f"the whole path, {sum(leg.touches for leg in legs[1:])} touches by {senders} senders"
        for beside, spent_s in (("bare client", bare_s), ("raw sockets, nothing parsed", floor_s)):
            yield compare(
                "path",
                f"{what}, beside a {beside}" if spent_s is bare_s else f"{what}, beside {beside}",
                "touches/s",
                ours=[leg.touches / leg.seconds for leg in legs[1:]],
                bound=[leg.touches / spent for leg, spent in zip(legs[1:], spent_s[1:], strict=True)],
                errors=errors,
            )
        for case, per_touch in (
            ("HTTP calls per touch", [sum(isinstance(one, Call) for one in leg.script) for leg in legs[1:]]),
            ("writing transactions per touch", [leg.commits for leg in legs[1:]]),
            ("webhooks per touch", [leg.webhooks for leg in legs[1:]]),
        ):
            count = [n / leg.touches for n, leg in zip(per_touch, legs[1:], strict=True)]
            yield compare("path", case, "per touch", ours=count)
        cpu = [1000 * leg.cpu / leg.touches for leg in legs[1:]]
        yield compare("path", "CPU of the worker process per touch", "ms", ours=cpu)


class Ours:
    """Tidewell on virtual time, day by day."""

    def __init__(self, where: Outside, *, people: int, senders: int, waves: int, folder: Path) -> None:
        worlds.turn_to(START)
        outside.seed(where, people=people, senders=senders)
        self.where, self.now, self.waves = where, START, waves
        self.world: World = worlds.found(senders, simulator=where.simulator_url, key=processes.KEY)
        sample.hook(self.world.connection, where.web_url, now=START)
        path = folder / "people.csv"
        path.write_bytes(exports.sales_navigator_csv(where.people()))
        with scope(workspace=self.world.workspace):
            imports.apply(path, by=self.world.bob, name=path.name, now=START)
        worlds.settle()

    def play(self, day: int) -> Leg:
        """Launch the day's wave and work until the next day begins."""
        leg, watch, end = Leg(), Watch(), START + (day + 1) * DAY
        house.keep(now=self.now)
        house.keep_credits(now=self.now)
        self.launch(day)
        with recorded(leg):
            self._work(leg, watch, None)
            while (at := self._next()) < end:
                self._work(leg, watch, at)
            self._work(leg, watch, end)
        leg.seconds = watch.seconds
        return leg

    def launch(self, wave: int) -> None:
        """Every so-manieth of the people, by tier into its play."""
        with scope(workspace=self.world.workspace):
            for tier, play in PLAY_OF_TIER.items():
                chosen = Prospect.objects.filter(tier=tier).order_by("id").values_list("id", flat=True)
                mine = list(chosen)[wave :: self.waves]
                if mine:
                    made = campaigns.create(f"{play.title()} {wave}", play, by=self.world.mara, seed=wave, now=self.now)
                    campaigns.enroll(made, mine, self.world.senders, by=self.world.mara, now=self.now)
                    campaigns.launch(made, by=self.world.mara, now=self.now)

    def _next(self) -> datetime:
        parts = due_parts()
        ahead = [parts[part] for part in WORKED_BY_TIME] + [self.where.next_at()]
        return rounded(max(min(at for at in ahead if at is not None), self.now + GRAIN), GRAIN)

    def _work(self, leg: Leg, watch: Watch, at: datetime | None) -> None:
        if at is not None:
            worlds.turn_to(at)
            self.now = at
        before, cpu = _given_out(), time.process_time()
        with watch.running():
            if at is not None:
                leg.script.append(at)
                leg.webhooks += outside.advance(self.where, at)
            settle(self.now, leg)
        leg.cpu += time.process_time() - cpu
        leg.commits += _given_out() - before


def settle(now: datetime, leg: Leg) -> None:
    """Everything that is due at this instant."""
    busy = True
    while busy:
        busy = bool(inbound.work(now=now)) | bool(planning.decide_due(now=now))
        for turn in turns.claim(now=now):
            busy = True
            for outcome in turns.take(turn):
                leg.touches += outcome == "sent"
                leg.doubts += outcome == "uncertain"


@contextmanager
def recorded(leg: Leg) -> Iterator[None]:
    """Note every request that a connector makes. A list grows, nothing else is different."""
    exchange = Wire.exchange

    def noted(self: Wire, request: Request, timeout_s: float) -> Reply:
        reply = exchange(self, request, timeout_s)
        leg.script.append(Call(request.method, request.target, request.headers, request.body, reply.status))
        return reply

    Wire.exchange = noted  # type: ignore[method-assign]  # looks on, for the time of the block
    try:
        yield
    finally:
        Wire.exchange = exchange  # type: ignore[method-assign]  # as it was


def _given_out() -> int:
    """Transaction ids given out so far: a transaction gets one when it first writes or locks a row."""
    found = row("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS n")
    assert found is not None
    return int(found["n"])


class Libraries:
    """How anybody would write it: httpx2 as it comes, each answer parsed, each commit a transaction of psycopg."""

    def __init__(self, where: Outside) -> None:
        self.client = httpx2.Client(base_url=where.simulator_url, timeout=30)
        self.database = worlds.bare()

    def ask(self, call: Call) -> int:
        answer = self.client.request(call.method, call.target, content=call.body or None, headers=call.headers)
        answer.json()
        return answer.status_code

    def commit(self) -> None:
        with self.database.transaction():
            self.database.execute("INSERT INTO bench_commit (what) VALUES (%s)", ("a step of a touch",))

    def close(self) -> None:
        self.client.close()


class Sockets:
    """The floor: http.client over one connection, answers read as bytes, each commit one statement by itself."""

    def __init__(self, where: Outside) -> None:
        self.calls = http.client.HTTPConnection(urlsplit(where.simulator_url).netloc)
        self.database = worlds.bare()

    def ask(self, call: Call) -> int:
        self.calls.request(call.method, call.target, call.body or None, call.headers)
        answer = self.calls.getresponse()
        answer.read()
        return answer.status

    def commit(self) -> None:
        self.database.execute("INSERT INTO bench_commit (what) VALUES (%s)", ("a step of a touch",))

    def close(self) -> None:
        self.calls.close()


class Bare:
    """A client that decides nothing, on a simulator of the same seed."""

    def __init__(
        self, where: Outside, client: type[Libraries | Sockets], *, people: int, senders: int, secret: str
    ) -> None:
        outside.seed(where, people=people, senders=senders)
        self.where, self.differences, self.client = where, 0, client
        _hook(where, secret)

    def play(self, leg: Leg) -> float:
        """Do the day again; the seconds it took."""
        client = self.client(self.where)
        committed, webhooks, own = 0, 0, leg.commits - leg.webhooks
        watch = Watch()
        with watch.running():
            for done, one in enumerate(leg.script, start=1):
                if isinstance(one, datetime):
                    webhooks += outside.advance(self.where, one)
                else:
                    self.differences += client.ask(one) != one.status
                while committed < own * done // len(leg.script):
                    client.commit()
                    committed += 1
        client.close()
        self.differences += webhooks != leg.webhooks
        return watch.seconds


def _hook(where: Outside, secret: str) -> None:
    """The same webhooks as ours, to the bare endpoint."""
    seat = Seat(base_url=where.simulator_url, api_key=processes.KEY, account="none")
    registry.connect("simulator", seat).hook(f"{where.web_url}/hook/", secret)


def _errors(mine: Outside, theirs: Outside) -> int:
    """Breaches of promises, and touches that one simulator accepted and the other did not."""
    record = mine.accepted()
    breaches = sum(breach.count for check in verify(record=record).checks for breach in check.breaches)
    again = theirs.accepted()
    differ = sum(_plain(a) != _plain(b) for a, b in zip(record, again, strict=False))
    return breaches + differ + abs(len(record) - len(again))


def _plain(act: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(act.get(key) for key in ("at", "account_id", "kind", "provider_id", "text_sha256"))
