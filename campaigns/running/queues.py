"""Queues: who is before whom for an allowance of a sender, and when each can go, by the rules run forward.

A queue is what the claim takes one head of at a time: the planned touches of a sender whose kinds share their main
allowance, the longest due first.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.running import allowances
from campaigns.running.database import Row
from campaigns.running.lanes import MAIN_BUDGET
from outreach.engine import pacing
from outreach.engine.decisions import Opening
from outreach.engine.facts import Allowance, Hours, SenderFacts
from outreach.engine.kinds import ALLOWANCES, CREDIT_COST, Budget, Kind
from outreach.engine.windows import next_open

MOST = 200
"""Acts that are run forward one by one; who stands further back goes at their pace, or that of the caps if slower."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in a queue. `touch`: the planned touch, None when it is still to be written."""

    enrollment: int
    kind: Kind
    not_before: datetime
    touch: int | None = None

    @property
    def order(self) -> tuple[datetime, bool, int]:
        """The order in which the claim takes heads; what is still to be written comes last of its instant."""
        return (self.not_before, self.touch is None, self.touch or self.enrollment)


@dataclass(frozen=True, slots=True)
class Place:
    """`position`: 1 for the head, None for who is not due yet. `at`: when they can go if everybody before them goes at
    the first opening; `latest`: when the caps' average pace has let everybody before them go. None = not by time."""

    position: int | None
    at: datetime | None
    latest: datetime | None


@dataclass(slots=True)
class Queue:
    """One sender's queue. `credits`: InMail credits that may be spent."""

    hours: Hours
    longest_work_s: int
    allowances: dict[Budget, Allowance]
    credits: int = 0
    waiting: list[Waiting] = field(default_factory=list)


def of(sender: SenderFacts, rows: Iterable[Row]) -> Queue:
    """An empty queue of this sender. `rows`: its allowances."""
    return Queue(
        hours=sender.hours,
        longest_work_s=sender.longest_work_s,
        allowances={Budget(row["budget"]): allowances.from_row(row) for row in rows},
        credits=0 if sender.credits.blocked else sender.credits.available,
    )


def name(kind: Kind) -> str:
    """The queue in which this kind waits."""
    return MAIN_BUDGET[kind] or kind.value


def opening(queue: Queue, kind: Kind, now: datetime) -> Opening:
    """When the allowances of this kind have room at once, and what binds."""
    needed = [queue.allowances[budget] for budget in ALLOWANCES[kind] if budget in queue.allowances]
    return pacing.fits(needed, queue.hours, now, longest_work_s=queue.longest_work_s)


def before(queue: Queue, enrollment: int, now: datetime) -> int:
    """How many stand before this enrollment, which is due; 0 for the head and for who is not due."""
    due = sorted((one for one in queue.waiting if one.not_before <= now), key=lambda one: one.order)
    return next((place for place, one in enumerate(due) if one.enrollment == enrollment), 0)


def places(queue: Queue, now: datetime, only: Container[int] | None = None) -> dict[int, Place]:
    """Everybody's place by enrollment, or the places of these enrollments only."""
    run = Queue(queue.hours, queue.longest_work_s, dict(queue.allowances), queue.credits)
    paces = {kind: spacing(queue, kind) for kind in {one.kind for one in queue.waiting}}
    found: dict[int, Place] = {}
    went: list[datetime] = []
    at, position = now, 0
    for one in sorted(queue.waiting, key=lambda one: one.order):
        due = one.not_before <= now
        position += due
        wanted = only is None or one.enrollment in only
        if len(went) < MOST:
            goes = _go(run, one.kind, max(at, one.not_before))
            if goes is not None:
                at = goes
                went.append(goes)
        else:
            at = max(at, one.not_before) + max((went[-1] - went[0]) / (MOST - 1), paces[one.kind])
            goes = next_open(queue.hours, at) if wanted else at
        if not wanted:
            continue
        latest = goes
        if goes is not None and position > 1:
            steady = next_open(queue.hours, max(went[0], one.not_before) + (position - 1) * paces[one.kind])
            latest = max(goes, steady) if steady is not None else None
        found[one.enrollment] = Place(position if due else None, goes, latest)
    return found


def _go(run: Queue, kind: Kind, at: datetime) -> datetime | None:
    """Let one act go at its first opening from `at` on, and count it. None when waiting alone does not let it go."""
    if CREDIT_COST[kind] > run.credits:
        return None
    goes = opening(run, kind, at).at
    if goes is not None:
        run.credits -= CREDIT_COST[kind]
        for budget in ALLOWANCES[kind]:
            if budget in run.allowances:
                run.allowances[budget] = pacing.take(run.allowances[budget], goes, longest_work_s=run.longest_work_s)
    return goes


def spacing(queue: Queue, kind: Kind) -> timedelta:
    """The average time between two acts when the caps of this kind are used up evenly."""
    apart = timedelta()
    for limits in (queue.allowances[budget].limits for budget in ALLOWANCES[kind] if budget in queue.allowances):
        rates = [(_DAY, limits.day), (7 * _DAY, limits.week)]
        apart = max(apart, timedelta(seconds=limits.gap_s), *(width / cap for width, cap in rates if cap))
    return apart
