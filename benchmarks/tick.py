"""The tick: claiming the heads of due lanes, beside the same rows written by key, and an idle one beside SELECT 1.

Ours: `turns.claim`, as the task of every two seconds calls it: free turns of senders with due lanes, those lanes,
their heads, leased. Bound: one transaction that writes the same turns and touches by primary key and decides nothing.
Peer: the shape of one-account tools, a loop in the ORM: count what the sender did in a day and in a week, take the
first due row, save it, insert a row into a log; one commit an act, and the indexes that its queries want. Before every
round all turns are given back (not timed). `errors`: heads that were claimed twice.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median
from typing import Any

from django.db import models, transaction
from django_scopes import scopes_disabled

from benchmarks import crowds, worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate, times
from benchmarks.worlds import START
from campaigns.models import Touch
from campaigns.running import turns
from campaigns.running.database import rows
from outreach.engine.kinds import LONG_AGO, NEVER

SIZES = {"XS": (200, 4, 2), "S": (20_000, 200, 9), "L": (1_000_000, 10_000, 15)}
"""Enrollments, senders, rounds."""
IDLE = 100


class Log(models.Model):
    """The peer's log."""

    sender = models.IntegerField()
    touch = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        app_label = "benchmarks"
        managed = False
        db_table = "bench_log"


def run(size: str) -> Iterator[Line]:
    enrollments, senders, rounds = SIZES[size]
    crowds.gather(enrollments, senders)
    worlds.make_table(
        'CREATE TABLE bench_log (id bigserial PRIMARY KEY, sender int, touch bigint, "at" timestamptz)', "bench_log"
    )
    worlds.make_table("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO PUBLIC", "bench_log")
    worlds.settle()
    words = f"{enrollments:,} enrollments, {senders:,} senders"
    for limit in (turns.SENDERS_AT_ONCE, min(200, senders)):
        peer = limit == turns.SENDERS_AT_ONCE
        yield _claims(f"heads claimed, {limit} turns at once, {words}", limit, rounds, with_peer=peer)
    yield _idle(f"idle tick, {words}")


def _claims(case: str, limit: int, rounds: int, *, with_peer: bool) -> Line:
    claimed: list[int] = []
    ours, bound, peer = [], [], []
    database = worlds.bare()
    loop = peer_loop()
    for _ in range(rounds + 1):
        _give_back()
        last: list[turns.Turn] = []
        ours.append(rate(lambda: _claim(limit, last)))  # noqa: B023
        heads = [head for turn in last for head in turn.heads]
        claimed += [head.touch for head in heads]
        _give_back()

        def write() -> int:
            with database.transaction():
                database.execute(
                    "UPDATE accounts_senderturn SET owner = 'bound', token = token + 1, until = %s WHERE "
                    "sender_id = ANY(%s)",
                    (START, [turn.sender for turn in last]),  # noqa: B023
                )
                database.execute(
                    "UPDATE campaigns_touch SET leased_until = %s WHERE id = ANY(%s)",
                    (START + turns.CLAIM, [head.touch for head in heads]),  # noqa: B023
                )
            return len(heads)  # noqa: B023

        bound.append(rate(write))
        if with_peer:
            peer.append(rate(lambda: sum(loop(head.sender, head.kind) for head in heads)))  # noqa: B023
    return compare(
        "tick",
        case,
        "heads/s",
        ours=ours[1:],
        bound=bound[1:],
        peer=peer[1:],
        errors=len(claimed) - len(set(claimed)),
    )


def _claim(limit: int, last: list[turns.Turn]) -> int:
    last += turns.claim(now=START, limit=limit)
    return sum(len(turn.heads) for turn in last)


def peer_loop() -> Callable[[int, str], int]:
    """One act of a tool that asks its tables sender by sender."""

    def one(sender: int, kind: str) -> int:
        with scopes_disabled(), transaction.atomic():
            done = Touch.objects.filter(sender=sender, kind=kind)
            if done.filter(gate_at__gt=START - timedelta(days=1)).count() >= 20:
                return 0
            if done.filter(gate_at__gt=START - timedelta(days=7)).count() >= 100:
                return 0
            due = Touch.objects.filter(sender=sender, kind=kind, state="planned", guided=False, not_before__lte=START)
            touch = due.filter(leased_until__lte=START).order_by("not_before", "id").first()
            if touch is None:
                return 0
            touch.leased_until = START + turns.CLAIM
            touch.save(update_fields=["leased_until"])
            Log(sender=sender, touch=touch.pk, at=START).save(force_insert=True)
        return 1

    return one


def _idle(case: str) -> Line:
    """No lane may act, whatever waits in them. Milliseconds: less is better."""
    rows("UPDATE campaigns_lane SET allowed_at = %s", (NEVER,))
    _give_back()
    worlds.settle()
    found: list[Any] = []
    times(lambda: turns.claim(now=START), 10)
    ours, bound = [], []
    for _ in range(5):
        ours.append(median(times(lambda: found.extend(turns.claim(now=START)), IDLE)))
        bound.append(median(times(lambda: rows("SELECT 1 AS one"), IDLE)))
    return compare("tick", case, "ms", ours=ours, bound=bound, errors=len(found))


def _give_back() -> None:
    rows("UPDATE accounts_senderturn SET until = %s WHERE until > %s", (LONG_AGO, LONG_AGO))
