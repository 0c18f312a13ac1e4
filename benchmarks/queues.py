"""Plain claim and complete, beside job queues on the same server.

Ours: `turns.claim` of many senders' heads, then one transaction that completes them and gives their turns back; nothing
is decided, checked or handed over, as nothing is done in the peers' jobs. Bound: DELETE … RETURNING of as many rows of
a table that has nothing but a key. Peers: Procrastinate and PgQueuer, one process with as many jobs in work, when
PEERS_PYTHON names an interpreter that has them (`./dev bench queues` makes one). `errors`: heads that were claimed
twice or not at all.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from benchmarks import crowds, worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate
from benchmarks.worlds import START
from campaigns.running import turns
from campaigns.running.database import rows
from outreach.engine.kinds import LONG_AGO

SIZES = {"XS": (1, 100, 10), "S": (2, 1_000, 100), "L": (5, 20_000, 1_000)}
"""Rounds, jobs in each, senders."""
AT_ONCE = 200
"""Jobs claimed and completed at a time."""
PEERS = ("procrastinate", "pgqueuer")
JOBS = Path(__file__).parent / "peers" / "jobs.py"

_DELETE = (
    "DELETE FROM bench_floor WHERE id IN (SELECT id FROM bench_floor ORDER BY id "
    f"LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED) RETURNING id"
)


def run(size: str) -> Iterator[Line]:
    rounds, jobs, senders = SIZES[size]
    crowds.gather((rounds + 1) * jobs + 10 * senders, senders)
    worlds.make_table("CREATE TABLE bench_floor (id bigserial PRIMARY KEY)", "bench_floor")
    worlds.settle()
    database = worlds.bare()
    ours, bound = [], []
    peers: dict[str, list[float]] = {name: [] for name in PEERS}
    claimed: list[int] = []
    databases = iter(worlds.blanks([f"{name}_{n}" for name in PEERS for n in range(rounds + 1)]))
    for _ in range(rounds + 1):
        ours.append(rate(lambda: _work(jobs, claimed)))
        database.execute("INSERT INTO bench_floor SELECT FROM generate_series(1, %s)", (jobs,))
        bound.append(rate(lambda: sum(database.execute(_DELETE).rowcount for _ in range(jobs // AT_ONCE + 1))))
        for name, figures in peers.items():
            address = next(databases)
            if (seconds := _peer(name, address, jobs)) is not None:
                figures.append(jobs / seconds)
    wrong = len(claimed) - len(set(claimed)) + abs(len(set(claimed)) - len(ours) * jobs)
    for name, figures in peers.items():
        yield compare(
            "queues",
            f"{jobs:,} claimed and completed, {AT_ONCE} at a time, beside {name}",
            "jobs/s",
            ours=ours[1:],
            bound=bound[1:],
            peer=figures[1:],
            errors=wrong,
        )


def _work(jobs: int, claimed: list[int]) -> int:
    """Claim and complete so many."""
    done = 0
    while done < jobs:
        taken = turns.claim(now=START, limit=min(AT_ONCE // 2, (jobs - done + 1) // 2))
        heads = [head.touch for turn in taken for head in turn.heads][: jobs - done]
        if not heads:
            break
        with transaction.atomic():
            rows("UPDATE campaigns_touch SET state = 'skipped', settled_at = %s WHERE id = ANY(%s)", (START, heads))
            rows(
                "UPDATE accounts_senderturn SET until = %s WHERE sender_id = ANY(%s)",
                (LONG_AGO, [turn.sender for turn in taken]),
            )
        claimed += heads
        done += len(heads)
    return done


def _peer(name: str, address: str, jobs: int) -> float | None:
    """Seconds that the peer needs for so many jobs, in a database of its own; None where it is not installed."""
    python = os.environ.get("PEERS_PYTHON")
    if not python:
        return None
    command = [python, str(JOBS), name, address, str(jobs)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
