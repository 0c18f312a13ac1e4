"""A campaign of many people is paused, goes on, and goes over to another sender, while ticks claim for everybody else.

For each verb three lines. People a second, beside one bare UPDATE of the same rows (none for the pause, which is one
row). The longest round trip to the database, beside one second: no statement took longer. The 95th percentile of a
claim meanwhile, beside that of claims before: the promise is less than three times. `errors`: people who are not where
the verb should have put them.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from django.db import connection
from django_scopes import scope

from accounts.models import Sender
from benchmarks import crowds, worlds
from benchmarks.line import Line, compare
from benchmarks.timing import seconds_of
from benchmarks.worlds import START, World
from campaigns.building import campaigns
from campaigns.models import Campaign, CampaignSender
from campaigns.running import moving, turns
from campaigns.running.database import rows
from outreach.engine.kinds import LONG_AGO
from outreach.session import Session

SIZES = {"XS": (300, 200, 5, 20), "S": (30_000, 20_000, 200, 200), "L": (1_000_000, 200_000, 1_000, 1_000)}
"""People of the campaign; those of all others, their senders; claims before."""
MOST_MS = 1_000.0


def run(size: str) -> Iterator[Line]:
    people, others, senders, before = SIZES[size]
    world = crowds.gather(others, senders)
    was, to = worlds.clone_sender(world.senders[0], 2, label="mover")
    crowds.crowd(world, people, [was], "moved", pool=people)
    campaign = _campaign(world, was, to)
    worlds.settle()
    watch = Watch(world)
    quiet = [watch.claim() for _ in range(before + 5)][5:]
    with scope(workspace=world.workspace):
        yield from _lines(
            "pause", people, quiet, watch.beside(lambda: campaigns.pause(campaign, by=world.mara, now=START))
        )
        rows("UPDATE campaigns_enrollment SET cause = 'paused_campaign' WHERE campaign_id = %s", (campaign.pk,))
        worlds.settle()
        bare = _bare("UPDATE campaigns_enrollment SET decide_at = %s WHERE campaign_id = %s", (START, campaign.pk))
        resumed = watch.beside(lambda: campaigns.resume(campaign, by=world.mara, now=START))
        asleep = _count("campaign_id = %s AND decide_at > %s", (campaign.pk, START))
        yield from _lines("resume", people, quiet, resumed, bare=bare, errors=asleep)
        worlds.settle()
        bare = _bare("UPDATE campaigns_enrollment SET sender_id = %s WHERE campaign_id = %s", (to, campaign.pk))
        bare += _bare(
            "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s WHERE sender_id = %s AND "
            "state = 'planned'",
            (START, was),
        )
        seats = {seat.pk: seat for seat in Sender.objects.filter(pk__in=[was, to])}
        moved = watch.beside(lambda: moving.move(campaign, seats[was], seats[to], by=world.mara, now=START))
        left = _count("campaign_id = %s AND sender_id <> %s AND state = 'active'", (campaign.pk, to))
        yield from _lines("move", people, quiet, moved, bare=bare, errors=left)


def _campaign(world: World, was: int, to: int) -> Campaign:
    with scope(workspace=world.workspace):
        campaign = Campaign.objects.get(name="moved 0")
        for seat in (was, to):
            CampaignSender.objects.get_or_create(workspace=world.workspace, campaign=campaign, sender_id=seat)
        rows("UPDATE campaigns_enrollment SET sender_id = %s WHERE campaign_id = %s", (was, campaign.pk))
        return campaign


@dataclass
class Seen:
    """What was seen of one verb: its seconds, its round trips and the claims meanwhile, in milliseconds."""

    seconds: float = 0.0
    trips: list[float] = field(default_factory=list)
    claims: list[float] = field(default_factory=list)


@dataclass
class Watch:
    """Claims as a tick does, again and again; before each, those claimed before are given back."""

    world: World
    claimed: list[int] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)

    def claim(self) -> float:
        rows("UPDATE accounts_senderturn SET until = %s WHERE sender_id = ANY(%s)", (LONG_AGO, self.claimed))
        rows(
            "UPDATE campaigns_touch SET leased_until = %s WHERE id IN (SELECT id FROM campaigns_touch "
            "WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)",
            (LONG_AGO, self.heads),
        )
        taken: list[turns.Turn] = []
        spent = seconds_of(lambda: taken.extend(turns.claim(now=START))) * 1000
        self.claimed = [turn.sender for turn in taken]
        self.heads = [head.touch for turn in taken for head in turn.heads]
        return spent

    def beside(self, verb: Callable[[], Any]) -> Seen:
        """Let the verb work in a thread of its own, and claim until it is done."""
        seen = Seen()
        problems: list[BaseException] = []

        def work() -> None:
            try:
                with scope(workspace=self.world.workspace), _timed(threading.get_ident(), seen.trips):
                    seen.seconds = seconds_of(verb)
            except BaseException as problem:
                problems.append(problem)
            finally:
                connection.close()

        worker = threading.Thread(target=work)
        worker.start()
        while worker.is_alive():
            seen.claims.append(self.claim())
        worker.join()
        if problems:
            raise problems[0]
        return seen


class _timed:
    """How long this thread waits for each answer of the database, whichever way it asks."""

    def __init__(self, thread: int, trips: list[float]) -> None:
        self.thread, self.trips = thread, trips

    def __enter__(self) -> None:
        self.run = run = Session.run

        def timed(session: Session, *args: Any, **how: Any) -> Any:
            began = time.perf_counter()
            try:
                return run(session, *args, **how)
            finally:
                self.note(began)

        Session.run = timed  # type: ignore[method-assign]
        self.wrapped = connection.execute_wrapper(self.orm)
        self.wrapped.__enter__()

    def orm(self, execute: Any, *args: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*args)
        finally:
            self.note(began)

    def note(self, began: float) -> None:
        if threading.get_ident() == self.thread:
            self.trips.append((time.perf_counter() - began) * 1000)

    def __exit__(self, *_: object) -> None:
        self.wrapped.__exit__(None, None, None)
        Session.run = self.run  # type: ignore[method-assign]


def _bare(statement: str, values: tuple[Any, ...]) -> float:
    """Seconds of one statement that is taken back."""
    with worlds.bare() as database:
        database.autocommit = False
        seconds = seconds_of(lambda: database.execute(statement, values))
        database.rollback()
    return seconds


def _count(where: str, values: tuple[Any, ...]) -> int:
    return int(rows(f"SELECT count(*) AS n FROM campaigns_enrollment WHERE {where}", values)[0]["n"])


def _lines(
    verb: str, people: int, quiet: list[float], seen: Seen, *, bare: float | None = None, errors: int = 0
) -> Iterator[Line]:
    yield compare(
        "bulk",
        f"{verb} {people:,}",
        "people/s",
        ours=[people / seen.seconds],
        bound=[people / bare] if bare else None,
        errors=errors,
    )
    longest = max(seen.trips)
    yield compare(
        "bulk",
        f"{verb} {people:,}: longest statement",
        "ms",
        ours=[longest],
        bound=[MOST_MS],
        errors=errors,
    )
    meanwhile, before = _p95(seen.claims), _p95(quiet)
    yield compare("bulk", f"{verb} {people:,}: p95 of a claim meanwhile", "ms", ours=[meanwhile], bound=[before])


def _p95(figures: list[float]) -> float:
    return quantiles(figures, n=20)[-1] if len(figures) > 1 else figures[0]
