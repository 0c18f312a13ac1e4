"""Decide, in batches: facts in, decisions out, and the planned touch with its lane written in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.running import facts, lanes
from campaigns.running.database import Row, Statement, again, rows, short_transaction, together
from campaigns.running.facts import Loaded
from outreach.engine.decisions import Decision, Finish, Option, Send, Skip, Stop, Wait
from outreach.engine.facts import DoneFacts, EnrollmentFacts
from outreach.engine.kinds import BY_HAND, NEVER, TouchState
from outreach.engine.planner import decide

BATCH = 200
KEEP_CONVERSATION = timedelta(days=30)
"""A finished enrollment keeps its person this long after the last touch, for a late answer."""


@dataclass(slots=True)
class Outcome:
    """What a batch of decisions writes."""

    inserts: list[tuple[Any, ...]] = field(default_factory=list)
    moves: list[tuple[Any, ...]] = field(default_factory=list)
    cancels: list[int] = field(default_factory=list)
    waits: list[tuple[Any, ...]] = field(default_factory=list)
    ends: list[tuple[Any, ...]] = field(default_factory=list)
    work: list[tuple[int, str, datetime]] = field(default_factory=list)


def decide_due(*, now: datetime, limit: int = BATCH) -> int:
    """Decide for the enrollments that are due a decision, at most `limit`. How many were decided."""
    due = rows(
        "SELECT id, prospect_id FROM campaigns_enrollment WHERE state = 'active' AND decide_at <= %s "
        "ORDER BY decide_at, id LIMIT %s",
        (now, limit),
    )
    return again(_decide, due, now) if due else 0


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
        planned, *answers = together(
            (
                "SELECT id, enrollment_id, step_key, kind, state, attempt, not_before, cause FROM campaigns_touch "
                "WHERE enrollment_id = ANY(%s) AND state IN ('planned', 'reserved', 'dispatching', 'uncertain') "
                "ORDER BY id FOR NO KEY UPDATE",
                (mine_too,),
            ),
            *facts.statements(mine_too, now),
        )
        ahead = {touch["enrollment_id"]: touch for touch in planned}
        out = Outcome()
        loaded = facts.read(answers)
        for one in loaded:
            _plan(one, ahead.get(one.facts.id), out, now)
        _write(out, now)
    return len(loaded)


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


def explain(one: Loaded, decision: Decision) -> str:
    """The decision as JSON: what was decided, why, the options and why the losers lost, the inputs, and the rules'
    version."""
    options = getattr(decision, "options", ())
    person, sender = one.facts.person, one.facts.sender
    return json.dumps(
        {
            "verb": type(decision).__name__.lower(),
            "why": decision.why,
            "rule": decision.rule,
            "options": [_option(option) for option in options],
            "inputs": {
                "person": {key: _plain(value) for key, value in asdict(person).items()},
                "sender": sender.id,
                "plan": sender.terms.plan,
                "credits": asdict(sender.credits),
                "version": one.version,
                "seed": one.seed,
            },
        }
    )


def _option(option: Option) -> dict[str, Any]:
    return {"kind": option.kind, "ok": option.ok, "why": option.why, "cost": option.cost}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _write(out: Outcome, now: datetime) -> None:
    """All writes of the batch, in the lock order: enrollments, touches, lanes."""
    statements: list[Statement] = []
    if out.waits:
        ids, decide_at, causes, until = zip(*out.waits, strict=True)
        statements.append(
            (
                "UPDATE campaigns_enrollment e SET decide_at = w.decide_at, cause = w.cause, cause_until = w.until "
                "FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::timestamptz[]) w(id, decide_at, "
                "cause, until) "
                "WHERE e.id = w.id",
                (list(ids), list(decide_at), [str(cause) for cause in causes], list(until)),
            )
        )
    if out.ends:
        ids, states, reasons = zip(*out.ends, strict=True)
        statements += [
            (
                "UPDATE campaigns_personlock l SET release_at = greatest(%s, coalesce(e.last_touch_at, %s) + %s) "
                "FROM campaigns_enrollment e WHERE e.id = l.enrollment_id AND l.released_at IS NULL AND e.id = ANY(%s)",
                (now, now, KEEP_CONVERSATION, list(ids)),
            ),
            (
                "UPDATE campaigns_enrollment e SET state = w.state, reason = w.reason, decide_at = %s, cause = '', "
                "cause_until = NULL, ended_at = %s FROM unnest(%s::bigint[], %s::text[], %s::text[]) w(id, "
                "state, reason) "
                "WHERE e.id = w.id",
                (NEVER, now, list(ids), list(states), list(reasons)),
            ),
        ]
    if out.cancels:
        statements.append(
            (
                "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s WHERE id = ANY(%s) AND state = "
                "'planned'",
                (now, out.cancels),
            )
        )
    if out.moves:
        ids, kinds, moments, versions, decisions, guided = zip(*out.moves, strict=True)
        statements.append(
            (
                "UPDATE campaigns_touch t SET kind = m.kind, not_before = m.not_before, facts_version = m.version, "
                "decision = m.decision, guided = m.guided, leased_until = '2000-01-01+00', cause = '' "
                "FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::int[], %s::jsonb[], %s::bool[]) "
                "m(id, kind, not_before, version, decision, guided) WHERE t.id = m.id AND t.state = 'planned'",
                (
                    list(ids),
                    [str(kind) for kind in kinds],
                    list(moments),
                    list(versions),
                    list(decisions),
                    list(guided),
                ),
            )
        )
    if out.inserts:
        columns = [list(column) for column in zip(*out.inserts, strict=True)]
        statements.append(
            (
                "INSERT INTO campaigns_touch (workspace_id, enrollment_id, prospect_id, sender_id, kind, "
                "step_key, generation, "
                "attempt, state, guided, facts_version, decision, planned_at, not_before, settled_at, "
                "leased_until, cause, "
                "holds_pending, holds_credit, subject, text, text_hash, refusal, provider_message, "
                "provider_chat, evidence, "
                "looks, response, crossed) SELECT i.*, '2000-01-01+00', '', false, false, '', '', '', '', '', "
                "'', '{}', 0, '', false "
                "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::int[], "
                "%s::int[], %s::int[], "
                "%s::text[], %s::bool[], %s::int[], %s::jsonb[], %s::timestamptz[], %s::timestamptz[], "
                "%s::timestamptz[]) i",
                tuple(columns),
            )
        )
    statements += lanes.waking(out.work)
    if statements:
        together(*statements)
