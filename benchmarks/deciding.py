"""Decisions per second, facts and writes included, beside the pure engine and beside a bare INSERT of the same touches.

Ours: `planning.decide_due`, 200 enrollments a transaction: locks, facts, the decision, the planned touch, its lane.
Bound of the first case: one INSERT of the same touches, to as many other enrollments, 200 a transaction. Bound of the
second: the engine alone on facts that are in memory. `errors`: decisions that planned nothing.
"""

import json
from collections.abc import Iterator
from typing import Any

from django_scopes import scope

from benchmarks import worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate
from benchmarks.worlds import START
from campaigns.building import campaigns
from campaigns.running import facts, planning
from campaigns.running.database import Row, rows
from outreach.engine.planner import decide

SIZES = {"XS": 2, "S": 12, "L": 250}
"""Batches of 200 enrollments."""
SENDERS = 5

_COLUMNS = {
    "workspace_id": "bigint",
    "enrollment_id": "bigint",
    "prospect_id": "bigint",
    "sender_id": "bigint",
    "kind": "text",
    "step_key": "int",
    "generation": "int",
    "attempt": "int",
    "state": "text",
    "guided": "bool",
    "facts_version": "int",
    "decision": "jsonb",
    "planned_at": "timestamptz",
    "not_before": "timestamptz",
}
_INSERT = (
    f"INSERT INTO campaigns_touch ({', '.join(_COLUMNS)}, leased_until, cause, holds_pending, holds_credit, "
    f"subject, text, "
    "text_hash, refusal, provider_message, provider_chat, evidence, looks, response, crossed) "
    "SELECT i.*, '2000-01-01+00', '', false, false, '', '', '', '', '', '', '{}', 0, '', false "
    f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in _COLUMNS.values())}) i"
)


def run(size: str) -> Iterator[Line]:
    batches = SIZES[size]
    worlds.turn_to(START)
    world = worlds.found(SENDERS)
    enrolled: list[list[int]] = []
    with scope(workspace=world.workspace):
        for label in ("ours", "bound"):
            people = worlds.people(world.workspace.pk, (batches + 1) * planning.BATCH, label)
            campaign = campaigns.create(label, "volume", by=world.mara, seed=3, now=START)
            campaigns.enroll(campaign, people, world.senders, by=world.mara, now=START)
            if label == "ours":
                campaigns.launch(campaign, by=world.mara, now=START)
            found = rows("SELECT id FROM campaigns_enrollment WHERE campaign_id = %s ORDER BY id", (campaign.pk,))
            enrolled.append([enrollment["id"] for enrollment in found])
    worlds.settle()
    database = worlds.bare()
    ours, bare, engine = [], [], []
    for batch in range(batches + 1):
        mine, theirs = (ids[batch * planning.BATCH : (batch + 1) * planning.BATCH] for ids in enrolled)
        loaded = facts.load(mine, now=START)
        engine.append(rate(lambda: len([decide(one.facts, START, one.seed) for one in loaded])))  # noqa: B023
        ours.append(rate(lambda: planning.decide_due(now=START)))
        columns = _columns(mine, theirs)
        bare.append(rate(lambda: database.execute(_INSERT, columns).rowcount))  # noqa: B023
    undecided = rows(
        "SELECT count(*) AS n FROM campaigns_enrollment e WHERE e.state = 'active' AND NOT EXISTS (SELECT 1 "
        "FROM campaigns_touch t "
        "WHERE t.enrollment_id = e.id AND t.state = 'planned')"
    )[0]["n"]
    count = batches * planning.BATCH
    yield compare(
        "deciding",
        f"decided, planned and written, {count:,}, beside a bare INSERT",
        "decisions/s",
        ours=ours[1:],
        bound=bare[1:],
        errors=undecided,
    )
    yield compare(
        "deciding", f"the same {count:,} beside the engine alone", "decisions/s", ours=ours[1:], bound=engine[1:]
    )


def _columns(decided: list[int], twins: list[int]) -> list[list[Any]]:
    """The touches of `decided` as columns, for `twins`."""
    touches: list[Row] = rows("SELECT * FROM campaigns_touch WHERE enrollment_id = ANY(%s) ORDER BY id", (decided,))
    known = {
        enrollment["id"]: enrollment
        for enrollment in rows(
            "SELECT id, workspace_id, prospect_id, sender_id FROM campaigns_enrollment WHERE id = ANY(%s)", (twins,)
        )
    }
    for touch, twin in zip(touches, twins, strict=True):
        touch |= known[twin] | {"enrollment_id": twin}
        if not isinstance(touch["decision"], str):
            touch["decision"] = json.dumps(touch["decision"])
    return [[touch[column] for touch in touches] for column in _COLUMNS]
