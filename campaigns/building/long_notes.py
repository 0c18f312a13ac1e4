"""Invite notes that would no longer fit: rendered for the people they still wait for, longest values first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.running import texts
from campaigns.running.database import Row, rows
from outreach.language import fitting, templates

LOOKED_AT = 200
"""People per note for whom it is rendered: those whose values are the longest."""


@dataclass(frozen=True, slots=True)
class LongNote:
    """A note that is longer than will be allowed. `people`: for how many of those looked at; `more`: there are others
    behind them who were not looked at. `example`: one of them; empty when nobody is enrolled yet."""

    campaign: int
    campaign_name: str
    step: int
    variant: str
    longest: int
    people: int
    more: bool
    example: str


def longer_than(chars: int, *, workspace: int, senders: Sequence[int]) -> list[LongNote]:
    """Notes of drafts and launched campaigns that these senders are still to send and that have more characters than
    this, once filled in. Two queries."""
    found = _notes(workspace, senders)
    people: dict[int, list[Row]] = {}
    for person in _people(found, senders):
        people.setdefault(person["note_id"], []).append(person)
    long = (_measure(note, people.get(note["id"], []), chars) for note in found)
    return [note for note in long if note is not None]


def _notes(workspace: int, senders: Sequence[int]) -> list[Row]:
    return rows(
        "SELECT a.id, a.note, a.name, t.key, v.id AS version, c.id AS campaign, c.name AS campaign_name "
        "FROM campaigns_variant a JOIN campaigns_step t ON t.id = a.step_id "
        "JOIN campaigns_version v ON v.id = t.version_id JOIN campaigns_campaign c ON c.id = v.campaign_id "
        "WHERE c.workspace_id = %s AND c.state IN ('draft', 'running', 'paused') AND a.note <> '' AND ("
        "EXISTS (SELECT FROM campaigns_campaignsender s WHERE s.campaign_id = c.id AND s.sender_id = ANY(%s)) "
        "OR EXISTS (SELECT FROM campaigns_enrollment e WHERE e.version_id = v.id AND e.sender_id = ANY(%s) "
        "AND e.state IN ('waiting', 'active', 'held'))) ORDER BY c.name, t.position, a.id",
        (workspace, list(senders), list(senders)),
    )


def _people(notes: Sequence[Row], senders: Sequence[int]) -> list[Row]:
    """The people to whom each note may still go, with the longest values of the variables that it uses."""
    asked: list[dict[str, Any]] = []
    for note in notes:
        try:
            uses = templates.variables(note["note"])
        except templates.BrokenTemplate:
            continue  # the gate refuses it anyhow, whatever its length
        asked.append({"id": note["id"], "version": note["version"], "key": note["key"], "uses": sorted(uses)})
    return rows(
        "SELECT n.id AS note_id, q.* FROM jsonb_to_recordset(%s::jsonb) "
        "AS n (id bigint, version bigint, key int, uses jsonb) CROSS JOIN LATERAL ("
        "SELECT p.first_name, p.last_name, p.title, p.location, p.custom::text AS custom, o.name AS company, "
        "s.name AS sender_name, count(*) OVER () AS waiting FROM campaigns_enrollment e "
        "JOIN prospects_prospect p ON p.id = e.prospect_id LEFT JOIN prospects_company o ON o.id = p.company_id "
        "JOIN accounts_sender s ON s.id = e.sender_id "
        "WHERE e.version_id = n.version AND e.sender_id = ANY(%s) AND e.state IN ('waiting', 'active', 'held') "
        "AND NOT EXISTS (SELECT FROM campaigns_touch t WHERE t.enrollment_id = e.id AND t.step_key = n.key "
        "AND t.state NOT IN ('planned', 'cancelled', 'skipped', 'not_sent')) "
        "ORDER BY CASE WHEN n.uses ? 'first_name' THEN length(p.first_name) ELSE 0 END "
        "+ CASE WHEN n.uses ? 'last_name' THEN length(p.last_name) ELSE 0 END "
        "+ CASE WHEN n.uses ? 'title' THEN length(p.title) ELSE 0 END "
        "+ CASE WHEN n.uses ? 'location' THEN length(p.location) ELSE 0 END "
        "+ CASE WHEN n.uses ? 'company' THEN coalesce(length(o.name), 0) ELSE 0 END "
        '+ CASE WHEN n.uses <@ \'["first_name", "last_name", "title", "location", "company", "sender_name"]\' '
        "THEN 0 ELSE length(p.custom::text) END DESC, e.id LIMIT " + str(LOOKED_AT) + ") q",
        (json.dumps(asked), list(senders)),
    )


def _measure(note: Row, people: Sequence[Row], chars: int) -> LongNote | None:
    over: list[tuple[int, str]] = []
    for person in people or [_NOBODY]:
        values = texts.variables(person, {"name": person["sender_name"]})
        try:
            length = fitting.count(templates.render(note["note"], values))
        except (templates.BrokenTemplate, templates.EmptyVariable):
            continue  # blocked whatever the plan says
        if length > chars:
            over.append((length, f"{person['first_name']} {person['last_name']}".strip()))
    if not over:
        return None
    longest, example = max(over)
    return LongNote(
        campaign=note["campaign"],
        campaign_name=note["campaign_name"],
        step=note["key"],
        variant=note["name"],
        longest=longest,
        people=len(over) if people else 0,
        more=bool(people) and len(over) == LOOKED_AT < people[0]["waiting"],
        example=example,
    )


_NOBODY: Row = {
    "first_name": "",
    "last_name": "",
    "title": "",
    "location": "",
    "custom": "{}",
    "company": "",
    "sender_name": "",
}
