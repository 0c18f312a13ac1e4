"""Decide, in batches: facts in, decisions out, and the planned touch with its lane written in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError

from campaigns.running import facts
from campaigns.running.database import Row, Statement, again, commit, rows, short_transaction, together
from campaigns.running.facts import Loaded
from campaigns.running.outcomes import KEEP_CONVERSATION as KEEP_CONVERSATION
from campaigns.running.outcomes import Outcome, explain
from outreach.engine.decisions import Finish, Send, Skip, Stop, Wait
from outreach.engine.facts import DoneFacts, EnrollmentFacts
from outreach.engine.kinds import BY_HAND, NEVER, TouchState
from outreach.engine.planner import decide

log = logging.getLogger(__name__)
BATCH = 200
PUT_OFF = timedelta(minutes=10)
"""When somebody is tried again for whom nothing could be decided."""


def decide_due(*, now: datetime, limit: int = BATCH) -> int:
    """Decide for the enrollments that are due a decision, at most `limit`. How many were decided."""
    due = rows(
        "SELECT id, prospect_id FROM campaigns_enrollment WHERE state = 'active' AND decide_at <= %s "
        f"ORDER BY decide_at, id LIMIT {limit:d}",  # a plan made for any limit would read the whole queue
        (now,),
    )
    if not due:
        return 0
    try:
        return again(_decide, due, now)
    except OperationalError:
        raise  # the database's, not theirs
    except Exception:
        log.exception("Of %s enrollments one cannot be decided", len(due))
        return sum(_decide_alone(one, now) for one in due)


def _decide_alone(one: Row, now: datetime) -> int:
    """Decide for one of a batch that failed. Whoever it failed for is put off, so that the others go on."""
    try:
        return again(_decide, [one], now)
    except OperationalError:
        raise
    except Exception:
        log.exception("Enrollment %s cannot be decided", one["id"])
        rows(
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE id = %s AND state = 'active'",
            (now + PUT_OFF, one["id"]),
        )
        return 1


def without_notes(*, now: datetime) -> int:
    """This month's notes of a sender are used up: whoever waits for one is decided again, and goes without it. How
    many."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (month + timedelta(days=32)).replace(day=1)
    return len(
        rows(
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE state = 'active' AND decide_at > %s AND id IN ("
            "SELECT t.enrollment_id FROM campaigns_touch t JOIN campaigns_allowance a ON a.sender_id = t.sender_id "
            "AND a.budget = 'notes_month' AND a.month = %s AND a.month_used >= a.month_cap "
            "WHERE t.state = 'planned' AND t.kind = 'invite_note' AND t.not_before < %s) RETURNING id",
            (now, now, month.year * 100 + month.month, following),
        )
    )


def decide_these(enrollments: Sequence[int], *, now: datetime) -> int:
    """Decide for these enrollments now."""
    due = rows(
        "SELECT id, prospect_id FROM campaigns_enrollment WHERE id = ANY(%s) AND state = 'active'", (list(enrollments),)
    )
    return again(_decide, due, now) if due else 0


def facts_changed(prospects: Sequence[int], now: datetime) -> None:
    """Facts of these people changed outside (an import): whoever waits for them is decided again. In the caller's
    transaction, which holds the prospects."""
    rows(
        "UPDATE campaigns_enrollment SET decide_at = least(decide_at, %s) WHERE id IN (SELECT id FROM "
        "campaigns_enrollment WHERE prospect_id = ANY(%s) AND state = 'active' ORDER BY id FOR NO KEY UPDATE)",
        (now, list(prospects)),
    )


def _decide(due: list[Row], now: datetime) -> int:
    ids, prospects = [e["id"] for e in due], sorted({e["prospect_id"] for e in due})
    with short_transaction():
        free, _, locked = together(
            (
                "SELECT id FROM prospects_prospect WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                (prospects,),
            ),
            (
                "SELECT id FROM campaigns_personlock WHERE prospect_id = ANY(%s) AND released_at IS NULL "
                "ORDER BY prospect_id FOR NO KEY UPDATE SKIP LOCKED",
                (prospects,),
            ),
            (
                "SELECT id, prospect_id FROM campaigns_enrollment WHERE id = ANY(%s) AND state = 'active' "
                "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                (ids,),
            ),
        )
        mine = {p["id"] for p in free}
        mine_too = [e["id"] for e in locked if e["prospect_id"] in mine]
        decide_locked(mine_too, now)
    return len(mine_too)


def decide_locked(enrollments: Sequence[int], now: datetime, *, after: Sequence[Statement] = ()) -> Outcome:
    """Decide for active enrollments that the caller has locked, with their people and conversations, in a
    `short_transaction`, which is committed by this. `after`: writes of the caller's that come first."""
    ids = list(enrollments)
    answers = together(
        *after,
        (
            "SELECT id, enrollment_id, step_key, kind, state, attempt, not_before, cause FROM campaigns_touch "
            "WHERE enrollment_id = ANY(%s) AND state IN ('planned', 'reserved', 'dispatching', 'uncertain') "
            "AND step_key > 0 ORDER BY id FOR NO KEY UPDATE",
            (ids,),
        ),
        *facts.statements(ids, now),
    )
    planned, *told = answers[len(after) :]
    ahead = {touch["enrollment_id"]: touch for touch in planned}
    out = Outcome()
    for one in facts.read(told):
        _plan(one, ahead.get(one.facts.id), out, now)
    commit(*out.statements(now))
    return out


def _plan(one: Loaded, ahead: Row | None, out: Outcome, now: datetime) -> None:
    """One enrollment's decision, after the steps that are skipped for this person."""
    f, decision = one.facts, decide(one.facts, now, one.seed)
    attempts = dict(one.attempts)
    while isinstance(decision, Skip):
        attempts[decision.step_key] = attempts.get(decision.step_key, 0) + 1
        if ahead is not None and ahead["state"] == "planned" and ahead["step_key"] == decision.step_key:
            out.cancels.append(ahead["id"])
            ahead = None
        out.inserts.append(_touch(one, decision, attempts[decision.step_key], now, "skipped"))
        f = _with_skip(f, decision, attempts[decision.step_key], now)
        decision = decide(f, now, one.seed)
    planned = ahead if ahead is not None and ahead["state"] == "planned" else None
    match decision:
        case Send():
            _plan_send(one, decision, planned, attempts, out, now)
        case Wait(cause=cause, until=until):
            if planned is not None:
                out.cancels.append(planned["id"])
            out.waits.append((f.id, until or NEVER, cause, until))
        case Stop(reason=reason):
            if planned is not None:
                out.cancels.append(planned["id"])
            out.ends.append((f.id, "stopped", reason))
        case Finish(why=why):
            if planned is not None:
                out.cancels.append(planned["id"])
            out.ends.append((f.id, "finished", why[:40]))


def _plan_send(
    one: Loaded, decision: Send, planned: Row | None, attempts: dict[int, int], out: Outcome, now: datetime
) -> None:
    if planned is not None and planned["step_key"] == decision.step_key:
        # The same step: only its lane, its moment and the facts it was decided on may have changed.
        out.moves.append(
            (
                planned["id"],
                decision.kind,
                decision.not_before,
                one.facts_version,
                explain(one, decision),
                decision.kind in BY_HAND or one.guided,
            )
        )
    else:
        if planned is not None:
            out.cancels.append(planned["id"])
        attempt = attempts.get(decision.step_key, 0) + 1
        out.inserts.append(_touch(one, decision, attempt, now, "planned"))
    out.work.append((one.sender, decision.kind, decision.not_before))
    out.waits.append((one.facts.id, NEVER, "", None))


def _touch(one: Loaded, decision: Send | Skip, attempt: int, now: datetime, state: str) -> tuple[Any, ...]:
    return (
        one.workspace,
        one.facts.id,
        one.prospect,
        one.sender,
        str(decision.kind),
        decision.step_key,
        one.facts.generation,
        attempt,
        state,
        decision.kind in BY_HAND or one.guided,
        one.facts_version,
        explain(one, decision),
        now,
        decision.not_before if isinstance(decision, Send) else now,
        now if state == "skipped" else None,
    )


def _with_skip(f: EnrollmentFacts, decision: Skip, attempt: int, now: datetime) -> EnrollmentFacts:
    done = DoneFacts(decision.step_key, attempt, decision.kind, TouchState.SKIPPED, now)
    return replace(f, done=(*f.done, done))
