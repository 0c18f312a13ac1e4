"""Why not yet: one answer for everybody who has not been touched, asked of the rules at this moment.

What rows remember of a cause is not asked where the rules can be: a cause that was lifted a second ago is gone here.
The number of queries does not grow with the number of people (a version's steps are read once per process).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.running import facts, queues
from campaigns.running.database import Row, rows, together
from campaigns.running.facts import Loaded
from campaigns.running.queues import Place, Queue, Waiting
from outreach.engine.causes import LIFTED_BY, Cause, Lifter, why_not, words_of
from outreach.engine.decisions import Decision, Opening, Send, Skip
from outreach.engine.facts import DoneFacts, EnrollmentFacts
from outreach.engine.kinds import NEVER, Kind, TouchState
from outreach.engine.planner import decide

FIRST = "First in the queue: it goes with the sender's next turn"
"""Words for a head that nothing holds up."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an enrollment is idle. `until`: the next eligible time, None when time alone does not lift it;
    `until_latest`: the other end of its range. `position`: place in the queue, 1 = the head. `kind`: what comes next,
    None when nothing is planned. `who`: the enrollment in conversation with the person, when that is the cause.
    `ahead`: what the head of the queue waits for, for those behind it (QUEUE: it goes with the next turn)."""

    enrollment: int
    cause: Cause
    until: datetime | None
    until_latest: datetime | None
    position: int | None
    words: str
    lifted_by: Lifter
    kind: Kind | None = None
    who: int | None = None
    ahead: Cause | None = None
    campaign: int = 0
    sender: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One enrollment: its facts after the steps that are skipped, what the engine decides, and its planned touch."""

    loaded: Loaded
    facts: EnrollmentFacts
    decision: Decision
    touch: Row | None

    @property
    def kind(self) -> Kind | None:
        return self.decision.kind if isinstance(self.decision, Send) else None


def explain(workspace: int, now: datetime, enrollments: Sequence[int] | None = None) -> list[Reason]:
    """Why each of these enrollments of the workspace is idle, in id order. None: all whose sequence is not over."""
    return reasons(*stand(workspace, now, enrollments), now)


def reasons(cases: Sequence[Case], found: dict[tuple[int, str], Queue], now: datetime) -> list[Reason]:
    """Why each of these cases is idle. `found`: the queues that they stand in, as `stand` gives them."""
    mine = {case.facts.id for case in cases}
    places = {key: queues.places(queue, now, mine) for key, queue in found.items()}
    heads = {key: _head(queue, now) for key, queue in found.items()}
    return [_reason(case, found, places, heads, now) for case in cases]


def stand(
    workspace: int, now: datetime, enrollments: Sequence[int] | None
) -> tuple[list[Case], dict[tuple[int, str], Queue]]:
    """The cases of these enrollments, and the queues that they stand in."""
    ids = rows(
        "SELECT id FROM campaigns_enrollment WHERE workspace_id = %(workspace)s AND CASE WHEN %(ids)s::bigint[] IS "
        "NULL THEN state IN ('waiting', 'active', 'held') ELSE id = ANY(%(ids)s::bigint[]) END ORDER BY id",
        {"workspace": workspace, "ids": None if enrollments is None else list(enrollments)},
    )
    loaded = facts.load([row["id"] for row in ids], now=now)
    senders = sorted({one.sender for one in loaded})
    planned, budgets = together(
        (
            "SELECT t.id, t.enrollment_id, t.sender_id, t.kind, t.step_key, t.not_before, t.cause, "
            "e.state = 'active' AND c.state = 'running' AS moves FROM campaigns_touch t "
            "JOIN campaigns_enrollment e ON e.id = t.enrollment_id JOIN campaigns_campaign c ON c.id = e.campaign_id "
            "WHERE t.sender_id = ANY(%s) AND t.state = 'planned' AND t.step_key > 0 ORDER BY t.id",
            (senders,),
        ),
        ("SELECT * FROM campaigns_allowance WHERE sender_id = ANY(%s) ORDER BY id", (senders,)),
    )
    touches = {touch["enrollment_id"]: touch for touch in planned}
    cases = [_case(one, touches.get(one.facts.id), now) for one in loaded]
    return cases, _queues(cases, planned, budgets)


def _case(one: Loaded, touch: Row | None, now: datetime) -> Case:
    f, decision = decided(one, one.facts, now)
    return Case(one, f, decision, touch)


def decided(one: Loaded, f: EnrollmentFacts, now: datetime) -> tuple[EnrollmentFacts, Decision]:
    """What the engine decides on these facts of an enrollment, after the steps that are skipped for the person, which
    stand in the facts given back."""
    decision = decide(f, now, one.seed)
    while isinstance(decision, Skip):
        attempt = one.attempts.get(decision.step_key, 0) + 1
        skipped = DoneFacts(decision.step_key, attempt, decision.kind, TouchState.SKIPPED, now)
        f = replace(f, done=(*f.done, skipped))
        decision = decide(f, now, one.seed)
    return f, decision


def due(case: Case, send: Send) -> datetime:
    """When the touch may go at the earliest: the engine's moment, or the later one to which it was put off."""
    put_off = case.touch["not_before"] if case.touch and case.touch["step_key"] == send.step_key else send.not_before
    return max(send.not_before, put_off) if put_off < NEVER else send.not_before


def _head(queue: Queue, now: datetime) -> Cause:
    """What the head of this queue waits for."""
    waiting = [one for one in queue.waiting if one.not_before <= now]
    if not waiting:
        return Cause.QUEUE
    first = queues.opening(queue, min(waiting, key=lambda one: one.order).kind, now)
    return Cause(first.cause) if first.at is None or first.at > now else Cause.QUEUE


def _queues(cases: Iterable[Case], planned: Iterable[Row], budgets: Iterable[Row]) -> dict[tuple[int, str], Queue]:
    """The queues that these people stand in, with everybody else who stands there."""
    mine = {case.facts.id: case for case in cases}
    by_sender: dict[int, list[Row]] = defaultdict(list)
    for row in budgets:
        by_sender[row["sender_id"]].append(row)
    found: dict[tuple[int, str], Queue] = {}
    for case in mine.values():
        if case.kind is None or (key := (case.loaded.sender, queues.name(case.kind))) in found:
            continue
        found[key] = queues.of(case.facts.sender, by_sender[case.loaded.sender])
    for case in mine.values():
        if isinstance(case.decision, Send):
            same = case.touch is not None and case.touch["step_key"] == case.decision.step_key
            found[case.loaded.sender, queues.name(case.decision.kind)].waiting.append(
                Waiting(
                    case.facts.id,
                    case.decision.kind,
                    due(case, case.decision),
                    case.touch["id"] if case.touch is not None and same else None,
                )
            )
    for touch in planned:
        queue = found.get((touch["sender_id"], queues.name(Kind(touch["kind"]))))
        if queue and touch["moves"] and touch["enrollment_id"] not in mine and touch["not_before"] < NEVER:
            queue.waiting.append(Waiting(touch["enrollment_id"], Kind(touch["kind"]), touch["not_before"], touch["id"]))
    return found


def _reason(
    case: Case,
    found: dict[tuple[int, str], Queue],
    places: dict[tuple[int, str], dict[int, Place]],
    heads: dict[tuple[int, str], Cause],
    now: datetime,
) -> Reason:
    if not isinstance(case.decision, Send):
        cause, until = why_not(case.facts, case.decision, (), now)
        who = case.facts.in_conversation_with if cause is Cause.IN_CONVERSATION else None
        return _say(case, cause, until, until, who=who)
    send, touch = case.decision, case.touch
    if touch is not None and touch["cause"] == Cause.MISSING_TEXT and touch["not_before"] >= NEVER:
        return _say(case, Cause.MISSING_TEXT, None, None)
    key = (case.loaded.sender, queues.name(send.kind))
    place = places[key][case.facts.id]
    earliest = due(case, send)
    if earliest > now:
        cause = _not_due(case, send, earliest, now)
        # Where something else has no end in time, this one has: what is left then is named when it has passed.
        return _say(case, cause, place.at or earliest, place.latest)
    if place.position == 1:
        opening = queues.opening(found[key], send.kind, now)
        cause, until = why_not(case.facts, send, (opening,), now)
        return _say(case, cause, until, until, position=1)
    return _say(case, Cause.QUEUE, place.at, place.latest, position=place.position, ahead=heads[key])


def _not_due(case: Case, send: Send, due: datetime, now: datetime) -> Cause:
    """What a touch that is not due waits for: the step's own time, or what it was put off for at the gate."""
    put_off = case.touch["cause"] if case.touch is not None and due > send.not_before else ""
    if put_off:
        return Cause(put_off)
    cause, _ = why_not(case.facts, replace(send, not_before=due), (Opening(due, Cause.NOT_DUE),), now)
    return cause


def _say(
    case: Case,
    cause: Cause,
    until: datetime | None,
    latest: datetime | None,
    *,
    position: int | None = None,
    who: int | None = None,
    ahead: Cause | None = None,
) -> Reason:
    return Reason(
        enrollment=case.facts.id,
        cause=cause,
        until=until,
        until_latest=latest,
        position=position,
        words=FIRST if cause is Cause.QUEUE and position == 1 else words_of(cause, case.facts),
        lifted_by=LIFTED_BY[cause],
        kind=case.kind,
        who=who,
        ahead=ahead,
        campaign=case.loaded.campaign,
        sender=case.loaded.sender,
    )
