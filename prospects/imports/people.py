"""Whom a row is about: people known already, found by member id, then slug, then e-mail address.

One e-mail address with two different slugs is two people: small firms share a mailbox.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from outreach.engine.kinds import Degree, Invitation, Seniority
from prospects.files.rows import Row


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one person, and what the import's sender is to them. `id` 0: nobody yet.

    company: the name in lower case. looked_at: when the sender last looked at the profile.
    """

    id: int = 0
    slug: str = ""
    member_id: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    phone: str = ""
    location: str = ""
    seniority: str = Seniority.UNKNOWN
    tier: int = 1
    open_profile: bool | None = None
    premium: bool | None = None
    checked_at: datetime | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    suppressed: bool = False
    company_id: int | None = None
    company: str = ""
    employees: int | None = None
    degree: str = Degree.UNKNOWN
    connected_at: datetime | None = None
    invitation: str = Invitation.NONE
    looked_at: datetime | None = None


class Claim(NamedTuple):
    """The row of this file for which a person was found or made."""

    line: int
    slug: str
    member_id: str
    email: str


# Key by key: LATERAL with OFFSET 0 or LIMIT is not flattened, so every look-up goes through its index. A join
# would read
# the whole table for every batch, most of all right after an import, when the planner believes it to be empty.
_KEYS = """
SELECT found.id FROM unnest(%(slugs)s::text[]) AS given(key) CROSS JOIN LATERAL (
    SELECT id FROM prospects_prospect WHERE workspace_id = %(workspace)s AND slug <> '' AND slug = given.key
    OFFSET 0) found
UNION SELECT found.id FROM unnest(%(members)s::text[]) AS given(key) CROSS JOIN LATERAL (
    SELECT id FROM prospects_prospect
    WHERE workspace_id = %(workspace)s AND member_id <> '' AND member_id = given.key OFFSET 0) found
UNION SELECT found.id FROM unnest(%(emails)s::text[]) AS given(key) CROSS JOIN LATERAL (
    SELECT id FROM prospects_prospect WHERE workspace_id = %(workspace)s AND email <> '' AND email = given.key
    OFFSET 0) found
"""
_LOCK = """
SELECT id FROM prospects_prospect WHERE workspace_id = %(workspace)s AND id = ANY(%(people)s)
ORDER BY id FOR NO KEY UPDATE
"""
# Read after the locks and not with them: a statement that waited for a lock joins what was there before it waited.
_WHAT = """
SELECT p.id, p.slug, p.member_id, p.email, p.first_name, p.last_name, p.title, p.phone, p.location, p.seniority, p.tier,
    p.open_profile, p.premium, p.checked_at, p.custom, p.suppressed_at IS NOT NULL, p.company_id,
    coalesce(lower(c.name), ''), c.employees, coalesce(r.degree, ''), r.connected_at, coalesce(r.invitation, ''),
    r.checked_at
FROM unnest(%(people)s::bigint[]) AS given(id)
CROSS JOIN LATERAL (SELECT * FROM prospects_prospect WHERE id = given.id AND workspace_id = %(workspace)s LIMIT 1) p
LEFT JOIN LATERAL (
    SELECT name, employees FROM prospects_company
    WHERE id = p.company_id AND workspace_id = %(workspace)s LIMIT 1) c ON true
LEFT JOIN LATERAL (
    SELECT degree, connected_at, invitation, checked_at FROM prospects_relationship
    WHERE prospect_id = p.id AND sender_id = %(sender)s AND workspace_id = %(workspace)s LIMIT 1) r ON true
ORDER BY p.id
"""
_CUSTOM = 14


def find(workspace: int, sender: int | None, rows: Iterable[Row], *, lock: bool) -> list[Person]:
    """Everybody in the workspace who shares a key with one of the rows, by id; locked until the transaction ends."""
    rows = list(rows)
    keys: dict[str, Any] = {
        "workspace": workspace,
        "slugs": [row.slug for row in rows if row.slug],
        "members": [row.member_id for row in rows if row.member_id],
        "emails": [row.email for row in rows if row.email],
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, keys)
        people = {"workspace": workspace, "sender": sender, "people": [person for (person,) in cursor.fetchall()]}
        if not people["people"]:
            return []
        if lock:
            cursor.execute(_LOCK, people)
        cursor.execute(_WHAT, people)
        return [Person(*_with_custom(columns)) for columns in cursor.fetchall()]


def _with_custom(columns: Sequence[Any]) -> list[Any]:
    values = list(columns)
    if isinstance(values[_CUSTOM], str):
        values[_CUSTOM] = json.loads(values[_CUSTOM])
    return values


class Known:
    """The people among whom the rows of one batch are looked up. `claims`: person → the row that was about them.

    The rows of a file are compared with each other before they come here, so two rows with one e-mail address that
    arrive are about two people.
    """

    def __init__(self, people: Iterable[Person], claims: dict[int, Claim]) -> None:
        people = list(people)
        self.claims = {person.id: claims[person.id] for person in people if person.id in claims}
        self._by_member: dict[str, Person] = {}
        self._by_slug: dict[str, Person] = {}
        self._by_email: dict[str, list[Person]] = {}
        for person in people:
            if person.member_id:
                self._by_member[person.member_id] = person
            if person.slug:
                self._by_slug[person.slug] = person
            if person.email:
                self._by_email.setdefault(person.email, []).append(person)

    def whom(self, row: Row) -> Person | None:
        """The person whom the row is about, None when nobody known is."""
        found = self._by_member.get(row.member_id) or self._by_slug.get(row.slug)
        if found is not None:
            return found
        sharing = self._by_email.get(row.email, ()) if row.email else ()
        return next((person for person in sharing if self._same(row, person)), None)

    def slug_is_free(self, slug: str) -> bool:
        return slug not in self._by_slug

    def _same(self, row: Row, person: Person) -> bool:
        claim = self.claims.get(person.id)
        if claim is None:
            return not _differ(row, person.slug, person.member_id)
        if claim.email:
            return False
        differs = _differ(row, person.slug or claim.slug, person.member_id)
        return not (differs or _differ(row, "", claim.member_id))


def _differ(row: Row, slug: str, member_id: str) -> bool:
    """True when LinkedIn knows the two as different people, whatever their e-mail address."""
    if row.slug and slug:
        return row.slug != slug
    # Ids of different kinds (ACo…, ACw…) are written differently for one person and prove nothing.
    return bool(row.member_id and member_id) and row.member_id[:3] == member_id[:3] and row.member_id != member_id
