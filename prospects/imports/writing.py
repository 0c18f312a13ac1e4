"""Stores what was decided for one batch, in the caller's transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import F

from accounts import history
from outreach.engine.kinds import Seniority
from prospects.imports import companies
from prospects.imports.batches import Batch, Remark, Taken, Verdict
from prospects.imports.journey import Journey
from prospects.imports.people import Claim, Person
from prospects.models import Import, ImportedPerson, ImportRow, Prospect
from prospects.models.imports import LEASE

COUNTED: Final = {
    Verdict.NEW: "new",
    Verdict.UPDATED: "updated",
    Verdict.UNCHANGED: "unchanged",
    Verdict.DUPLICATE: "duplicates",
    Verdict.INVALID: "invalid",
    Verdict.SUPPRESSED: "suppressed",
}
"""The column of an import that counts each verdict."""

_COLUMNS: Final = {
    "company_id": "bigint",
    "slug": "text",
    "member_id": "text",
    "email": "text",
    "first_name": "text",
    "last_name": "text",
    "title": "text",
    "phone": "text",
    "location": "text",
    "seniority": "text",
    "tier": "smallint",
    "open_profile": "boolean",
    "premium": "boolean",
    "checked_at": "timestamptz",
    "custom": "jsonb",
}
_RECORDS: Final = f"jsonb_to_recordset(%(people)s::jsonb) AS n(id bigint, rise int, {
    ', '.join(f'{name} {kind}' for name, kind in _COLUMNS.items())
})"
_IDS: Final = "SELECT nextval(pg_get_serial_sequence('prospects_prospect', 'id')) FROM generate_series(1, %s)"
_INSERT: Final = (
    f"INSERT INTO prospects_prospect (id, workspace_id, created_at, facts_version, sample, {', '.join(_COLUMNS)}) "
    f"SELECT id, %(workspace)s, %(now)s, 1, false, {', '.join(_COLUMNS)} FROM {_RECORDS}"
)
_UPDATE: Final = (
    f"UPDATE prospects_prospect p SET {', '.join(f'{name} = n.{name}' for name in _COLUMNS)}, "
    f"facts_version = p.facts_version + n.rise FROM {_RECORDS} WHERE p.workspace_id = %(workspace)s AND p.id = n.id"
)
_RELATE: Final = (
    "INSERT INTO prospects_relationship (workspace_id, sender_id, prospect_id, degree, connected_at, provider_id, "
    "invitation, invitation_id, chat_id, post_id) "
    "SELECT %s, %s, id, degree, connected_at, '', '', '', '', '' "
    "FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS n(id, degree, connected_at) "
    "ON CONFLICT (prospect_id, sender_id) DO UPDATE SET degree = excluded.degree, connected_at = excluded.connected_at"
)
_JOIN: Final = (
    "INSERT INTO prospects_audiencemember (workspace_id, audience_id, prospect_id) "
    "SELECT %s, %s, id FROM unnest(%s::bigint[]) AS n(id) ON CONFLICT (audience_id, prospect_id) DO NOTHING "
    "RETURNING prospect_id"
)
# Company by company, through the index, whatever the planner believes of the table (see people.py).
_CROSSING: Final = (
    "SELECT p.id FROM unnest(%(companies)s::bigint[]) AS c(id) CROSS JOIN LATERAL (SELECT id FROM prospects_prospect "
    "WHERE company_id = c.id AND workspace_id = %(workspace)s AND seniority = ANY(%(great)s) AND tier <> "
    "%(tier)s OFFSET 0) p"
)
_CROSS: Final = (
    "WITH locked AS MATERIALIZED (SELECT id FROM prospects_prospect "
    "WHERE workspace_id = %(workspace)s AND id = ANY(%(people)s) ORDER BY id FOR NO KEY UPDATE) "
    "UPDATE prospects_prospect SET tier = %(tier)s, facts_version = facts_version + 1 "
    "WHERE workspace_id = %(workspace)s AND id = ANY(%(people)s) AND (SELECT count(*) FROM locked) > 0"
)
_GREAT: Final = [str(Seniority.OWNER), str(Seniority.C_LEVEL)]


class TakenAway(Exception):
    """Another worker holds this import now."""


def store(journey: Journey, batch: Batch) -> dict[int, Claim]:
    """Write companies, people, relationships, the audience and the remarks. The claims of the file's rows on people."""
    wanted: dict[str, str] = {}
    for one in batch.taken:
        if one.after.company_id is None and one.after.company:
            wanted.setdefault(one.after.company, one.row.company)
    employers = companies.store(journey.workspace, batch.companies, wanted)
    taken = [_placed(one, employers) for one in batch.taken]
    stored = _update(journey, taken) + _insert(journey, taken)
    _relate(journey, stored)
    changed = {one.after.id for one in stored if one.decides_otherwise}
    changed |= _cross(journey, batch, employers)
    changed |= _suppress(journey, batch.to_suppress)
    joined: set[int] = set()
    if journey.audience is not None and stored:
        with connection.cursor() as cursor:
            cursor.execute(_JOIN, [journey.workspace, journey.audience, [one.after.id for one in stored]])
            joined = {prospect for (prospect,) in cursor.fetchall()}
    _remember(journey, stored, joined)
    remark(journey, batch)
    if changed:
        journey.changed(sorted(changed), journey.now)
    return batch.claims | {
        one.after.id: Claim(one.row.line, one.row.slug, one.row.member_id, one.row.email) for one in stored
    }


def remark(journey: Journey, batch: Batch) -> None:
    """Write what is to be told about single lines, add the batch to the counts, and give a sign of life.

    Raises TakenAway, so that the batch leaves nothing, when another worker has taken the import up meanwhile.
    """
    ImportRow.objects.bulk_create(_row(journey, one) for one in batch.remarks)
    counted: dict[str, Any] = {column: F(column) + batch.counts[verdict] for verdict, column in COUNTED.items()}
    now = journey.told() if journey.told else journey.now
    if journey.holder is not None:
        counted |= {"lease_until": now + LEASE, "tries": 0}
    held = Import.objects.filter(workspace=journey.workspace, pk=journey.upload, holder=journey.holder).update(
        done=F("done") + batch.size, seen_at=now, **counted
    )
    if not held:
        raise TakenAway


def _row(journey: Journey, one: Remark) -> ImportRow:
    sentence = one.sentence if len(one.sentence) <= 300 else f"{one.sentence[:299]}…"
    return ImportRow(
        workspace_id=journey.workspace,
        upload_id=journey.upload,
        line=one.line,
        verdict=one.verdict,
        problem=sentence,
        place=one.place,
        raw=one.raw,
    )


def _remember(journey: Journey, stored: Sequence[Taken], joined: set[int]) -> None:
    """Whom this import took, for an undo, and for whoever goes on when this process ends here."""
    ImportedPerson.objects.bulk_create(
        (
            ImportedPerson(
                workspace_id=journey.workspace,
                upload_id=journey.upload,
                prospect_id=one.after.id,
                line=one.row.line,
                new=not one.before.id,
                joined=one.after.id in joined,
            )
            for one in stored
        ),
        # A file that is applied again by hand finds those of its first time.
        ignore_conflicts=True,
    )


def _placed(one: Taken, employers: dict[str, int]) -> Taken:
    if one.after.company_id is not None or not one.after.company:
        return one
    return replace(one, after=replace(one.after, company_id=employers[one.after.company]))


def _insert(journey: Journey, taken: Iterable[Taken]) -> list[Taken]:
    new = [one for one in taken if not one.before.id]
    if not new:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_IDS, [len(new)])
        ids = sorted(number for (number,) in cursor.fetchall())
        made = [replace(one, after=replace(one.after, id=number)) for one, number in zip(new, ids, strict=True)]
        people = [{"id": one.after.id} | _stored(one.after) for one in made]
        cursor.execute(_INSERT, {"people": _json(people), "workspace": journey.workspace, "now": journey.now})
    return made


def _update(journey: Journey, taken: Iterable[Taken]) -> list[Taken]:
    old = [one for one in taken if one.before.id]
    changed = [
        {"id": one.after.id, "rise": int(one.decides_otherwise)} | _stored(one.after)
        for one in old
        if one.after != one.before
    ]
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, {"people": _json(changed), "workspace": journey.workspace})
    return old


def _stored(person: Person) -> dict[str, object]:
    return {name: getattr(person, name) for name in _COLUMNS}


def _json(people: list[dict[str, object]]) -> str:
    return json.dumps(people, cls=DjangoJSONEncoder, ensure_ascii=False)


def _relate(journey: Journey, stored: Sequence[Taken]) -> None:
    """What the sender is to these people, where the file said something new about it."""
    news = [
        one.after
        for one in stored
        if (one.after.degree, one.after.connected_at) != (one.before.degree, one.before.connected_at)
    ]
    if not news:
        return
    columns = [[getattr(person, name) for person in news] for name in ("id", "degree", "connected_at")]
    with connection.cursor() as cursor:
        cursor.execute(_RELATE, [journey.workspace, journey.sender, *columns])


def _cross(journey: Journey, batch: Batch, employers: dict[str, int]) -> set[int]:
    """The tier of those at the top of companies that became an enterprise, or no longer count as one."""
    moved: set[int] = set()
    for grown, tier in ((True, 3), (False, 2)):
        ids = [employers[key] for key, up in batch.companies.crossing().items() if up is grown]
        if ids:
            arguments: dict[str, Any] = {"workspace": journey.workspace, "tier": tier}
            with connection.cursor() as cursor:
                cursor.execute(_CROSSING, arguments | {"companies": ids, "great": _GREAT})
                people = [prospect for (prospect,) in cursor.fetchall()]
                if people:
                    cursor.execute(_CROSS, arguments | {"people": people})
                    moved |= set(people)
    return moved


def _suppress(journey: Journey, people: Sequence[int]) -> set[int]:
    """Whom the file shows to be the owner of a suppressed address must not be contacted either.

    Only the person is marked. Their other addresses do not join the list: an e-mail address may be a shared mailbox,
    and the list would spread from one file to the next to everybody who reads it.
    """
    for prospect in Prospect.objects.filter(workspace=journey.workspace, pk__in=people).order_by("pk"):
        prospect.suppressed_at = journey.now
        prospect.facts_version += 1
        prospect.save(update_fields=["suppressed_at", "facts_version"])
        reason = "a file named one of their addresses, which must not be contacted"
        history.note(prospect, "suppressed", by=journey.by, now=journey.now, reason=reason)
    return set(people)
