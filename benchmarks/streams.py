"""Milliseconds of ordinary pages while event streams are open, beside the same pages without any.

A web process as `./dev up` starts it (uvicorn, one worker), on real PostgreSQL and a real broker. A few signed-in
members ask for their inbox and for Today, each after a short pause, over kept connections: first alone, then while
members of several workspaces hold streams open and news is published for one workspace after the other. Both take
turns. Streams are read by a process of their own, and opening them is not part of the pages' time.

Ours is the p95 (p50) of a page beside the streams, the bound that without them; the ratio is of all turns together, as
a p95 needs many pages. CPU is all that the web process used, per page. What pages would ask for when they hear news is
not part of it. `errors`: pages that were not answered with 200, streams that were refused or ended by the server, news
that a stream of its workspace did not get or got twice, and news that a stream of another workspace got.

Beside them, with the streams and without: database connections, threads and memory of the web process. And how long it
takes to let in all streams when they come at once, as after a restart.
"""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from accounts import workspaces
from accounts.models import Member, Role, User, Workspace
from benchmarks import processes, worlds
from benchmarks.line import Line
from campaigns.building import campaigns
from campaigns.running import planning, threads
from campaigns.running.database import rows
from campaigns.running.threads import Said
from outreach import clock
from outreach.web import news

SIZES = {"XS": (12, 1, 0.5), "S": (500, 2, 6.5), "L": (500, 6, 20.0)}
"""Streams, turns, seconds of each half of a turn."""
WORKSPACES = 25
MEMBERS = 5
"""Of each workspace: the streams are shared out among them."""
SENDERS = 10
NEWS_S = 0.2
PAUSE_S = 0.25
"""How long a client reads a page before it asks for the next."""
PEOPLE, CONVERSATIONS = 100, 200
"""What the pages show."""
ARRIVES_S = 1.0
"""News that is not there after this, and after all streams of a workspace could be told twice, is lost."""


@dataclass(frozen=True, slots=True)
class Room:
    """A workspace and the cookies of its members."""

    workspace: Workspace
    cookies: list[str]


@dataclass
class Found:
    """What was measured in one of the two ways."""

    pages_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    connections: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)
    errors: int = 0


@dataclass
class Readers:
    """Streams that were opened, how long that took, and what each heard: filled when they are closed."""

    took_s: float
    streams: list[dict[str, Any]] = field(default_factory=list)


def run(size: str) -> Iterator[Line]:
    count, turns, seconds = SIZES[size]
    rooms = _furnish()
    port = processes.free_port()
    alone, beside = Found(), Found()
    streams = [(n % WORKSPACES, rooms[n % WORKSPACES].cookies[n // WORKSPACES % MEMBERS]) for n in range(count)]
    wait_s = ARRIVES_S + 2 * news.APART_S * math.ceil(count / WORKSPACES)
    told, opening = 0, []
    with processes.running(processes.web(port)) as [web]:
        processes.await_answer(f"http://127.0.0.1:{port}/health/live", web)
        clients = rooms[0].cookies[:4]
        _ask(port, clients, seconds / 2, Found(), web.pid)  # warms up
        for _ in range(turns):
            _ask(port, clients, seconds, alone, web.pid)
            with _streams(port, [cookie for _, cookie in streams]) as readers, _news(rooms, wait_s) as published:
                opening.append(readers.took_s)
                _ask(port, clients, seconds, beside, web.pid)
            beside.errors += _differences(readers.streams, [room for room, _ in streams], published)
            told += sum(len(stream["heard"]) for stream in readers.streams)
    what = f"{count} streams in {WORKSPACES} workspaces, {told:,} news told"
    for name, share in (("p95", 0.95), ("p50", 0.5)):
        yield _line(
            f"{name} of {len(beside.pages_ms)} pages beside {what}",
            "ms",
            _quantile(beside.pages_ms, share),
            _quantile(alone.pages_ms, share),
            alone.errors + beside.errors,
        )
    yield _line(
        "CPU of the web process per page beside them",
        "ms",
        beside.cpu_ms / len(beside.pages_ms),
        alone.cpu_ms / len(alone.pages_ms),
        0,
    )
    for case, unit, ours, bound in (
        (
            "database connections of the web process",
            "connections",
            beside.connections,
            alone.connections,
        ),
        ("threads of the web process", "threads", beside.threads, alone.threads[:1]),
        ("resident memory of the web process", "MB", beside.resident_mb, alone.resident_mb[:1]),
    ):
        yield _line(f"{case} with {count} streams", unit, max(ours), max(bound), 0)
    yield Line(bench="streams", case=f"letting in {count} streams that come at once", unit="s", ours=median(opening))


def _furnish() -> list[Room]:
    """Tidewell, with people under way and conversations, and other workspaces that share nothing with it."""
    now = clock.now()
    world = worlds.found(SENDERS, now=now)
    with scope(workspace=world.workspace):
        people = worlds.people(world.workspace.pk, PEOPLE + CONVERSATIONS, "streams")
        campaign = campaigns.create("Everybody", "senior", by=world.mara, seed=1, now=now)
        campaigns.enroll(campaign, people[:PEOPLE], world.senders, by=world.mara, now=now)
        campaigns.launch(campaign, by=world.mara, now=now)
        planning.decide_due(now=now)
        for n, person in enumerate(people[PEOPLE:]):
            said = Said(
                workspace=world.workspace.pk,
                sender=world.senders[n % len(world.senders)].pk,
                prospect=person,
                chat=f"chat-{n}",
                message=f"message-{n}",
                text="Tell me more about the gates, and what it takes to try one.",
                at=now,
                inbound=True,
                intent="interested",
            )
            threads.store(said, now=now)
    others = []
    for n in range(1, WORKSPACES):
        admin = User.objects.create_user(f"admin@room-{n}.example", None, name="Ada Admin")
        others.append(workspaces.found(f"Room {n}", admin, now=now))
    made = [Room(workspace, _sign_in(workspace)) for workspace in (world.workspace, *others)]
    worlds.settle()
    return made


def _sign_in(workspace: Workspace) -> list[str]:
    """The cookies of so many members who may read conversations, each with a session as signing in makes it."""
    now = clock.now()
    with scopes_disabled():
        members = list(Member.objects.filter(workspace=workspace).exclude(role=Role.VIEWER).select_related("user"))
    for n in range(len(members), MEMBERS):
        user = User.objects.create_user(f"sdr-{n}@{workspace.slug}.example", None, name=f"Sam Number{n}")
        members.append(workspaces.join(workspace, user, Role.SDR, by=members[0], now=now))
    cookies = []
    for member in members:
        client = Client()
        client.force_login(member.user)
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}")
    return cookies


def _ask(port: int, cookies: list[str], seconds: float, found: Found, web: int) -> None:
    """One client per cookie asks for pages for so long; what they took and what the process then had."""
    end, used = time.monotonic() + seconds, _cpu_ms(web)
    with ThreadPoolExecutor(len(cookies)) as pool:
        clients = [pool.submit(_client, port, cookie, end, n) for n, cookie in enumerate(cookies)]
        for client in clients:
            times, refused = client.result()
            found.pages_ms += times
            found.errors += refused
    found.cpu_ms += _cpu_ms(web) - used
    found.connections.append(_connections())
    status = dict(line.split(":", 1) for line in Path(f"/proc/{web}/status").read_text().splitlines())
    found.threads.append(int(status["Threads"]))
    found.resident_mb.append(int(status["VmRSS"].split()[0]) / 1024)


def _client(port: int, cookie: str, end: float, nth: int) -> tuple[list[float], int]:
    """The milliseconds of each page, and how many were not answered with 200."""
    times, refused = [], 0
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    pages = cycle((reverse("inbox"), reverse("home")))
    for _ in range(nth % 2):
        next(pages)
    time.sleep(PAUSE_S * nth / 4)
    while time.monotonic() < end:
        began = time.perf_counter()
        connection.request("GET", next(pages), headers={"Cookie": cookie, "Accept": "text/html"})
        response = connection.getresponse()
        response.read()
        times.append((time.perf_counter() - began) * 1000)
        refused += response.status != 200
        time.sleep(PAUSE_S)
    connection.close()
    return times, refused


@contextmanager
def _streams(port: int, cookies: list[str]) -> Iterator[Readers]:
    """Streams that are open until the block ends."""
    command = [sys.executable, "-m", "benchmarks.readers"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps({"port": port, "path": reverse("events"), "cookies": cookies}) + "\n")
        process.stdin.flush()
        took = process.stdout.readline()
        if not took:
            raise processes.NotReady("The streams did not open.")
        readers = Readers(float(took))
        try:
            yield readers
        finally:
            process.stdin.write("close\n")
            process.stdin.close()
            readers.streams += json.loads(process.stdout.readline())


@contextmanager
def _news(rooms: list[Room], wait_s: float) -> Iterator[list[list[str]]]:
    """News for one workspace after the other while the block runs: the keys told to each."""
    published: list[list[str]] = [[] for _ in rooms]
    over = Event()

    def publish() -> None:
        for number, nth in enumerate(cycle(range(len(rooms)))):
            if over.wait(NEWS_S):
                return
            key = f"room-{nth}-{number}"
            news.tell(rooms[nth].workspace.pk, key)
            published[nth].append(key)

    publisher = Thread(target=publish)
    publisher.start()
    try:
        yield published
    finally:
        over.set()
        publisher.join()
        time.sleep(wait_s)


def _differences(streams: list[dict[str, Any]], rooms: list[int], published: list[list[str]]) -> int:
    """Streams refused or ended, and news that was lost, doubled or told to others."""
    wrong = 0
    for stream, room in zip(streams, rooms, strict=True):
        heard = stream["heard"]
        wrong += int(stream["status"] != 200) + int(stream["ended"])
        wrong += len(set(published[room]) ^ set(heard)) + len(heard) - len(set(heard))
    return wrong


def _cpu_ms(pid: int) -> float:
    """What the process has used of CPU, itself and the kernel for it."""
    user, kernel = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(kernel)) / os.sysconf("SC_CLK_TCK") * 1000


def _connections() -> int:
    """Connections to this database."""
    return int(rows("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()")[0]["n"])


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


def _line(case: str, unit: str, ours: float, bound: float, errors: int) -> Line:
    return Line(bench="streams", case=case, unit=unit, ours=ours, bound=bound, ratio=ours / bound, errors=errors)
