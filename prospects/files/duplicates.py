"""The same person twice in one file, recognised by member id, then slug, then e-mail address.

One e-mail address with two different slugs is two people: small firms share a mailbox.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, overload

from prospects.files.rows import Problem, Row


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row about somebody whom the file named before. of: the line of the first row; by: what both have in common."""

    row: Row
    of: int
    by: Literal["member_id", "slug", "email"]


@dataclass(slots=True)
class _Person:
    line: int
    slug: str
    member_id: str


@overload
def deduplicate(rows: Iterable[Row]) -> Iterator[Row | Duplicate]: ...
@overload
def deduplicate(rows: Iterable[Row | Problem]) -> Iterator[Row | Duplicate | Problem]: ...
def deduplicate(rows: Iterable[Row | Problem]) -> Iterator[Row | Duplicate | Problem]:
    """Each row as it is, or as the duplicate of the first row about that person; problems pass through. Keeps order.

    What a duplicate adds (its slug, its e-mail address) counts as the first person's from then on.
    """
    by_member: dict[str, _Person] = {}
    by_slug: dict[str, _Person] = {}
    by_email: dict[str, list[_Person]] = {}
    for row in rows:
        if isinstance(row, Problem):
            yield row
            continue
        person: _Person | None = None
        by: Literal["member_id", "slug", "email"] = "member_id"
        if row.member_id:
            person = by_member.get(row.member_id)
        if person is None and row.slug:
            person, by = by_slug.get(row.slug), "slug"
        if person is None and row.email:
            same = (other for other in by_email.get(row.email, ()) if not _differ(row, other))
            person, by = next(same, None), "email"
        found = person is not None
        if person is None:
            person = _Person(row.line, row.slug, row.member_id)
        else:
            person.slug = person.slug or row.slug
            person.member_id = person.member_id or row.member_id
        if row.member_id:
            by_member.setdefault(row.member_id, person)
        if row.slug:
            by_slug.setdefault(row.slug, person)
        if row.email and person not in (sharing := by_email.setdefault(row.email, [])):
            sharing.append(person)
        yield Duplicate(row, person.line, by) if found else row


def _differ(row: Row, other: _Person) -> bool:
    """True when LinkedIn knows the two as different people, whatever their e-mail address."""
    if row.slug and other.slug:
        return row.slug != other.slug
    # Ids of different kinds (ACo…, ACw…) are written differently for one person and prove nothing.
    return bool(row.member_id and other.member_id) and row.member_id[:3] == other.member_id[:3]
