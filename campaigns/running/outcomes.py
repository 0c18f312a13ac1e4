"""What a batch of decisions writes: touches, enrollments, the ends of conversations, lanes."""

import json
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from campaigns.running import lanes
from campaigns.running.database import Statement
from campaigns.running.facts import Loaded
from outreach.engine.decisions import Decision, Option
from outreach.engine.facts import Credits, PersonFacts
from outreach.engine.kinds import NEVER

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

    def leaves(self, touch: int, kind: str, now: datetime) -> bool:
        """Whether this planned touch was decided to go as it is, now."""
        return any(move[0] == touch and move[1] == kind and move[2] <= now for move in self.moves)

    def statements(self, now: datetime) -> list[Statement]:
        """All writes of the batch, in the lock order: enrollments, touches, lanes."""
        statements: list[Statement] = []
        if self.waits:
            ids, decide_at, causes, until = zip(*self.waits, strict=True)
            statements.append(
                (
                    "UPDATE campaigns_enrollment e SET decide_at = w.decide_at, cause = w.cause, cause_until = w.until "
                    "FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::timestamptz[]) w(id, decide_at, "
                    "cause, until) "
                    "WHERE e.id = w.id",
                    (list(ids), list(decide_at), [str(cause) for cause in causes], list(until)),
                )
            )
        if self.ends:
            ids, states, reasons = zip(*self.ends, strict=True)
            statements += [
                (
                    "UPDATE campaigns_personlock l SET release_at = greatest(%s, coalesce(e.last_touch_at, %s) + %s) "
                    "FROM campaigns_enrollment e WHERE e.id = l.enrollment_id AND l.released_at IS NULL "
                    "AND e.id = ANY(%s)",
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
        if self.cancels:
            statements.append(
                (
                    "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s WHERE id = ANY(%s) AND state = "
                    "'planned'",
                    (now, self.cancels),
                )
            )
        if self.moves:
            ids, kinds, moments, versions, decisions, guided = zip(*self.moves, strict=True)
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
        if self.inserts:
            columns = [list(column) for column in zip(*self.inserts, strict=True)]
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
        return [*statements, *lanes.waking(self.work)]


_PERSON = tuple(each.name for each in fields(PersonFacts))
_CREDITS = tuple(each.name for each in fields(Credits))


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
                "person": {name: _plain(getattr(person, name)) for name in _PERSON},
                "sender": sender.id,
                "plan": sender.terms.plan,
                "credits": {name: getattr(sender.credits, name) for name in _CREDITS},
                "version": one.version,
                "seed": one.seed,
            },
        }
    )


def _option(option: Option) -> dict[str, Any]:
    return {"kind": option.kind, "ok": option.ok, "why": option.why, "cost": option.cost}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
