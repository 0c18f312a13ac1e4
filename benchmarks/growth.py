"""What one claimed touch costs when the rows or the senders become ten or a hundred times as many.

Ours: microseconds of `turns.claim` for each head, in a database with many rows or senders; bound: the same in one with
few; they take turns. The promise is a ratio of at most 1.3, so that a ratio below that is good here. Beside it an idle
tick in both. `errors`: heads that were claimed twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from benchmarks import crowds, worlds
from benchmarks.line import Line, compare
from benchmarks.timing import seconds_of, times
from benchmarks.worlds import START
from campaigns.running import turns
from campaigns.running.database import rows
from campaigns.running.obstacles import Head
from outreach.engine.kinds import LONG_AGO, NEVER

SIZES: dict[str, tuple[tuple[int, int], ...]] = {
    "XS": ((100, 2), (100, 20), (1_000, 20)),
    "S": ((20_000, 100), (20_000, 10_000), (200_000, 10_000)),
    "L": ((1_000_000, 1_000), (1_000_000, 100_000), (10_000_000, 100_000)),
}
"""Enrollments and senders: few of both, many senders, many of both."""
ROUNDS = {"XS": 2, "S": 9, "L": 15}
CLAIMS = 5
"""Claims in a round."""
WIDE = 50
"""Senders a claim takes, also where there are hardly more: the cost of a claim is spread over the same number."""


@dataclass
class Size:
    """One database, what was claimed in it, and the microseconds of each head by rounds."""

    database: str
    enrollments: int
    senders: int
    costs: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    claimed: list[int] = field(default_factory=list)

    @property
    def words(self) -> str:
        return f"{self.enrollments:,} enrollments, {self.senders:,} senders"


def run(size: str) -> Iterator[Line]:
    sizes = [
        Size(name, *numbers) for name, numbers in zip(worlds.copies("few", "wide", "long"), SIZES[size], strict=True)
    ]
    for one in sizes:
        with worlds.inside(one.database):
            crowds.gather(one.enrollments, one.senders)
            worlds.settle()
    for _ in range(ROUNDS[size] + 1):
        for one in sizes:
            with worlds.inside(one.database):
                _claim(one)
    for one in sizes:
        with worlds.inside(one.database):
            rows("UPDATE campaigns_lane SET allowed_at = %s", (NEVER,))
            worlds.settle()
    for _ in range(6):
        for one in sizes:
            with worlds.inside(one.database):
                one.idle.append(median(times(lambda: turns.claim(now=START), 50)))
    few, wide, long = sizes
    yield _line("a claimed head, more senders", wide, few)
    yield _line("a claimed head, more rows", long, wide)
    yield compare(
        "growth",
        f"idle tick, {long.words}, beside {few.words}",
        "ms",
        ours=long.idle[1:],
        bound=few.idle[1:],
    )


def _claim(one: Size) -> None:
    """Some claims in a row, each of other senders. Afterwards, as when they had acted, their lanes stand behind the
    others and their turns are given back."""
    heads: list[Head] = []
    limit = min(WIDE, max(1, one.senders // CLAIMS))

    def claim() -> None:
        for _ in range(CLAIMS):
            heads.extend(head for turn in turns.claim(now=START, limit=limit) for head in turn.heads)

    seconds = seconds_of(claim)
    one.costs.append(seconds * 1e6 / len(heads))
    one.claimed += [head.touch for head in heads]
    whose = sorted({head.sender for head in heads})
    rows(
        "UPDATE campaigns_lane SET allowed_at = %s WHERE sender_id = ANY(%s) AND kind = ANY(%s)",
        (LONG_AGO + timedelta(seconds=len(one.costs)), whose, [str(kind) for kind in crowds.KINDS]),
    )
    rows("UPDATE accounts_senderturn SET until = %s WHERE sender_id = ANY(%s)", (LONG_AGO, whose))


def _line(what: str, many: Size, few: Size) -> Line:
    return compare(
        "growth",
        f"{what}: {many.words}, beside {few.words}",
        "µs/head",
        ours=many.costs[1:],
        bound=few.costs[1:],
        errors=len(many.claimed) - len(set(many.claimed)),
    )
