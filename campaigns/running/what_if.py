"""What would be decided if some facts were others: planner and pacing, asked on supposed facts. Nothing is written."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from campaigns.running import blockers, queues, why
from campaigns.running.why import Case
from outreach.engine.causes import Cause, why_not, words_of
from outreach.engine.decisions import Decision, Send
from outreach.engine.facts import Allowance, EnrollmentFacts
from outreach.engine.kinds import Degree


class Used(StrEnum):
    """How much of the sender's allowances is supposed to be used."""

    AS_IT_IS = "as_it_is"
    NOTHING = "nothing"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Supposed:
    """Facts that may be supposed to be others. `open_profile`: None = not known; `credits`: free to spend or held."""

    degree: Degree
    open_profile: bool | None
    tier: int
    credits: int
    used: Used = Used.AS_IT_IS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would be decided. `cause` and `until` as for everybody who waits: QUEUE = it goes with the next turn."""

    decision: Decision
    cause: Cause
    words: str
    until: datetime | None


def as_it_is(case: Case) -> Supposed:
    """The facts as they are."""
    person, sender = case.loaded.facts.person, case.loaded.facts.sender
    return Supposed(person.degree, person.open_profile, person.tier, sender.credits.available)


def suppose(case: Case, supposed: Supposed, now: datetime) -> Outcome:
    """What would be decided on these facts if nothing but the step itself were in the way and nobody stood before
    them."""
    changed = _changed(blockers.without_halts(case.loaded.facts), supposed, now)
    facts, decision = why.decided(case.loaded, changed, now)
    if not isinstance(decision, Send):
        cause, until = why_not(facts, decision, (), now)
        return Outcome(decision, cause, words_of(cause, facts), until)
    line = blockers.empty_queue(case)
    line.allowances = {budget: _used(a, supposed.used, now) for budget, a in line.allowances.items()}
    cause, until = why_not(facts, decision, (queues.opening(line, decision.kind, now),), now)
    return Outcome(decision, cause, words_of(cause, facts), until)


def _changed(f: EnrollmentFacts, supposed: Supposed, now: datetime) -> EnrollmentFacts:
    person, credits = f.person, f.sender.credits
    connected = supposed.degree is Degree.FIRST
    return replace(
        f,
        person=replace(
            person,
            degree=supposed.degree,
            open_profile=supposed.open_profile,
            tier=supposed.tier,
            connected_at=(person.connected_at or now) if connected else None,
        ),
        sender=replace(f.sender, credits=replace(credits, available=supposed.credits)),
        allowances=tuple(_used(a, supposed.used, now) for a in f.allowances),
    )


def _used(a: Allowance, used: Used, now: datetime) -> Allowance:
    """The allowance with so much used: acts of an hour ago fill a day, acts of two days ago a week."""
    match used:
        case Used.NOTHING:
            return replace(a, ring=(), month_used=0, outstanding=0, rest_until=None)
        case Used.DAY if a.limits.day:
            return replace(a, ring=(*a.ring, *_acts(now - timedelta(hours=1), a.limits.day)))
        case Used.WEEK if a.limits.week:
            return replace(a, ring=tuple(sorted((*a.ring, *_acts(now - timedelta(days=2), a.limits.week)))))
        case Used.MONTH if a.limits.month is not None:
            return replace(a, month=now.year * 100 + now.month, month_used=a.limits.month)
        case _:
            return a


def _acts(at: datetime, count: int) -> tuple[int, ...]:
    return (ceil(at.timestamp()),) * count
