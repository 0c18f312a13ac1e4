"""Many senders with many planned touches, written at once: what a tick finds after months of growth.

The rows are what the product's verbs would have left behind, one by one. They are written without asking the
constraints and before the indexes, which are made afterwards: millions of rows in minutes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django_scopes import scopes_disabled

from benchmarks import worlds
from benchmarks.worlds import START, World
from campaigns.building import campaigns
from campaigns.running.database import rows
from outreach.engine.kinds import LONG_AGO, NEVER, Kind
from prospects.models import Prospect

KINDS = (Kind.INVITE, Kind.DM)
"""Every sender has a lane of each with work; they share no allowance, so a turn claims one head of each."""
PEOPLE = 100_000
"""Most different prospects: who comes after them is one of them again, in another campaign."""
MANY = 50_000
"""From so many rows on, indexes are made afterwards."""

_ENROLLMENTS = """
INSERT INTO campaigns_enrollment (workspace_id, campaign_id, version_id, prospect_id, sender_id, state, reason,
  generation, entered_at, decide_at, cause)
SELECT %(workspace)s, %(campaign)s, %(version)s, p.id,
  (%(senders)s::bigint[])[1 + (%(first)s + p.n) %% cardinality(%(senders)s::bigint[])], 'active', '', 1, %(now)s,
  %(never)s, ''
FROM unnest(%(people)s::bigint[]) WITH ORDINALITY p(id, n)"""

_TOUCHES = """
INSERT INTO campaigns_touch (workspace_id, enrollment_id, prospect_id, sender_id, kind, step_key, generation, attempt,
  state, guided, facts_version, decision, planned_at, not_before, leased_until, cause, holds_pending, holds_credit,
  subject, text, text_hash, refusal, provider_message, provider_chat, evidence, looks, response, crossed)
SELECT workspace_id, id, prospect_id, sender_id,
  (%(kinds)s::text[])[1 + (id / cardinality(%(senders)s::bigint[])) %% cardinality(%(kinds)s::text[])], 1, 1, 1,
  'planned', false, 1, '{}', %(now)s, %(now)s - %(overdue)s::interval - random() * interval '7 days',
  '2000-01-01+00', '', false, false,
  '', '', '', '', '', '', '{}', 0, '', false
FROM campaigns_enrollment WHERE campaign_id = %(campaign)s AND id > %(after)s ORDER BY id"""


def gather(enrollments: int, senders: int) -> World:
    """A world in which so many enrollments, shared among so many senders, each have a touch that is due."""
    worlds.turn_to(START)
    world = worlds.found(1)
    ids = [world.senders[0].pk, *worlds.clone_sender(world.senders[0], senders - 1)]
    crowd(world, enrollments, ids, "crowd")
    return world


def crowd(
    world: World, enrollments: int, senders: Sequence[int], label: str, *, overdue: str = "0 days", pool: int = PEOPLE
) -> None:
    """Let so many enrollments of these senders each have a touch that was due up to a week ago, or `overdue` longer.
    `pool`: people in each campaign."""
    people = worlds.people(world.workspace.pk, min(enrollments, pool), label)
    seed, others = people[0], people[1:]
    with _at_once("campaigns_enrollment", "campaigns_touch", many=enrollments >= MANY) as write:
        for number, first in enumerate(range(0, enrollments - 1, len(others))):
            campaign = _campaign(world, f"{label} {number}", seed)
            some = others[: enrollments - 1 - first]
            _join(write, world, campaign, some, senders, first, overdue)
    rows(
        "UPDATE campaigns_lane SET due_hint = %s, allowed_at = %s WHERE sender_id = ANY(%s) AND kind = ANY(%s)",
        (LONG_AGO, LONG_AGO, list(senders), [str(kind) for kind in KINDS]),
    )


def _campaign(world: World, name: str, seed: int) -> tuple[int, int]:
    """A running campaign with one person in it: its id and its version's."""
    with scopes_disabled():
        first = Prospect.objects.get(pk=seed)
        campaign = campaigns.create(name, "volume", by=world.mara, seed=1, now=START)
        campaigns.enroll(campaign, [first.pk], world.senders, by=world.mara, now=START)
        campaigns.launch(campaign, by=world.mara, now=START)
        return campaign.pk, campaign.versions.get().pk


def _join(
    write: Any,
    world: World,
    campaign: tuple[int, int],
    people: Sequence[int],
    senders: Sequence[int],
    first: int,
    overdue: str,
) -> None:
    [(after,)] = write.execute("SELECT max(id) FROM campaigns_enrollment").fetchall()
    values = {
        "workspace": world.workspace.pk,
        "campaign": campaign[0],
        "version": campaign[1],
        "people": list(people),
        "senders": list(senders),
        "kinds": [str(kind) for kind in KINDS],
        "first": first,
        "after": after,
        "overdue": overdue,
        "now": START,
        "never": NEVER,
    }
    write.execute(_ENROLLMENTS, values)
    write.execute(_TOUCHES, values)


@contextmanager
def _at_once(*tables: str, many: bool) -> Iterator[Any]:
    """A connection that writes these tables without their triggers and, when there is much, without their indexes."""
    with worlds.as_superuser() as write:
        write.execute("SET session_replication_role = replica")
        write.execute("SET maintenance_work_mem = '512MB'")
        write.execute("SET synchronous_commit = off")
        made = write.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c "
            "WHERE c.conindid = i.indexrelid)",
            (list(tables),),
        ).fetchall()
        if not many:
            made = []
        for name, _ in made:
            write.execute(f"DROP INDEX {name}")
        yield write
        for _, definition in made:
            write.execute(definition)
