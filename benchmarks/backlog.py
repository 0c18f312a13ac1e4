"""Claiming beside work that nobody may do, and beside a transaction that somebody forgot.

Blocked: heads claimed per second where many rows are overdue whose senders are at their caps; bound: without those
rows. Peer: only finding as many heads in one due order over all senders, with the index that it wants, beside the same
blocked rows. Pinned: claims of the last rounds while a REPEATABLE READ transaction keeps every dead row version of
these rounds; bound: the rate before it began. Between claims, not timed, what was claimed is sent: the rows are written
as gate and record write them. `errors`: heads that were claimed twice, or belong to a blocked sender.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import fmean

import psycopg
from django.db import transaction

from benchmarks import crowds, worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate, seconds_of
from benchmarks.worlds import START
from campaigns.running import turns
from campaigns.running.database import rows
from campaigns.running.obstacles import Head
from outreach.engine.kinds import LONG_AGO

SIZES = {
    "XS": (400, 20, 400, 4, 6),
    "S": (20_000, 500, 50_000, 100, 300),
    "L": (400_000, 1_000, 500_000, 200, 4_000),
}
"""Enrollments, their senders; blocked enrollments, their senders; rounds with the forgotten transaction."""
BLOCKED_ROUNDS = 9
LIMIT = turns.SENDERS_AT_ONCE
STEP = timedelta(milliseconds=100)
"""Between two rounds. A sender rests as long as all others need for one claim each."""

_GLOBAL = """
SELECT t.id FROM campaigns_touch t JOIN campaigns_lane l ON l.sender_id = t.sender_id AND l.kind = t.kind
WHERE t.state = 'planned' AND NOT t.guided AND t.not_before <= %s AND t.leased_until <= %s AND l.next_at <= %s
ORDER BY t.not_before, t.id LIMIT 40"""

_DUE_INDEX = "CREATE INDEX bench_due ON campaigns_touch (not_before, id) WHERE state = 'planned' AND NOT guided"


def run(size: str) -> Iterator[Line]:
    enrollments, senders, blocked, capped, rounds = SIZES[size]
    free, beside = worlds.copies("free", "beside")
    for name in (free, beside):
        with worlds.inside(name):
            world = crowds.gather(enrollments, senders)
            if name == beside:
                barred = worlds.clone_sender(world.senders[0], capped, label="capped")
                crowds.crowd(world, blocked, barred, "blocked", overdue="30 days")
                rows(
                    "UPDATE campaigns_lane SET allowed_at = %s WHERE sender_id = ANY(%s)",
                    (START + timedelta(days=1), barred),
                )
                with worlds.as_migrate() as database:
                    database.execute(_DUE_INDEX)
            worlds.settle()
    yield _blocked(f"{blocked:,} overdue rows of {capped} senders at their caps", free, beside, set(barred))
    with worlds.inside(free):
        yield _pinned(rounds, senders)


def _blocked(case: str, free: str, beside: str, barred: set[int]) -> Line:
    ours, bound, peer = [], [], []
    claimed: list[Head] = []
    now = START
    for _ in range(BLOCKED_ROUNDS):
        now += STEP
        with worlds.inside(beside):
            peer.append(rate(lambda: len(rows(_GLOBAL, (now, now, now)))))  # noqa: B023
        for name, figures in ((free, bound), (beside, ours)):
            with worlds.inside(name):
                heads: list[Head] = []
                figures.append(rate(lambda: len(_claim(now, heads))))  # noqa: B023
                _send(heads, now, STEP)
        claimed += heads
    wrong = len(claimed) - len({head.touch for head in claimed}) + sum(head.sender in barred for head in claimed)
    return compare("backlog", case, "heads/s", ours=ours[1:], bound=bound[1:], peer=peer[1:], errors=wrong)


def _pinned(rounds: int, senders: int) -> Line:
    claimed: list[Head] = []
    rest = STEP * (senders / LIMIT)
    now = START + timedelta(hours=1)
    rows("UPDATE accounts_senderturn SET until = %s", (LONG_AGO,))
    slice_of = max(2, rounds // 10)

    def some(count: int) -> list[float]:
        nonlocal now
        found = []
        for _ in range(count):
            now += STEP
            heads: list[Head] = []
            found.append(seconds_of(lambda: _claim(now, heads)) / max(1, len(heads)))  # noqa: B023
            claimed.extend(heads)
            _send(heads, now, rest)
        return found

    some(slice_of)
    free = some(slice_of)
    with worlds.bare() as forgotten:
        forgotten.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        forgotten.autocommit = False
        forgotten.execute("SELECT count(*) FROM accounts_sender")
        held = some(rounds)[-slice_of:]
    return compare(
        "backlog",
        f"beside a transaction forgotten for {rounds:,} claims",
        "heads/s",
        ours=[1 / fmean(held)],
        bound=[1 / fmean(free)],
        errors=len(claimed) - len({head.touch for head in claimed}),
    )


def _claim(now: datetime, heads: list[Head]) -> list[Head]:
    heads += [head for turn in turns.claim(now=now, limit=LIMIT) for head in turn.heads]
    return heads


def _send(heads: Sequence[Head], now: datetime, rest: timedelta) -> None:
    """What gate, record and the end of a turn write, without deciding anything."""
    touches, whose = [head.touch for head in heads], sorted({head.sender for head in heads})
    kinds = [str(kind) for kind in crowds.KINDS]
    with transaction.atomic():
        rows("UPDATE campaigns_touch SET state = 'dispatching', gate_at = %s WHERE id = ANY(%s)", (now, touches))
        rows(
            "UPDATE campaigns_allowance SET ring = ring || %s, allowed_at = %s WHERE sender_id = ANY(%s) AND "
            "budget IN ('invites', 'messages')",
            (int(now.timestamp()), now + rest, whose),
        )
        rows(
            "UPDATE campaigns_lane SET allowed_at = %s WHERE sender_id = ANY(%s) AND kind = ANY(%s)",
            (now + rest, whose, kinds),
        )
    with transaction.atomic():
        rows("UPDATE campaigns_touch SET state = 'sent', settled_at = %s WHERE id = ANY(%s)", (now, touches))
        rows("UPDATE accounts_senderturn SET until = %s WHERE sender_id = ANY(%s)", (LONG_AGO, whose))
