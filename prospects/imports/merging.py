"""What a row changes of what is known. Pure: a person and a row in, the person afterwards out.

An empty cell never overwrites. The keys by which LinkedIn knows somebody (slug, member id) are filled in, never
replaced: who is who must not depend on the order of files.
"""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any, Final

from outreach.engine.kinds import Degree, Invitation, Seniority
from prospects.files import titles
from prospects.files.mapping import normalise
from prospects.files.rows import Row
from prospects.imports.people import Person

_PLAIN: Final = ("first_name", "last_name", "title", "email", "phone", "location", "premium")
_LOOKED_AT: Final = ("tier", "seniority", "open_profile", "degree")
_LOOKED_FOR: Final = ("email", "phone")


def merge(
    person: Person, row: Row, *, company: str, employees: int | None, slug_is_free: bool, of_sender: bool, now: datetime
) -> Person:
    """The person as known after this row.

    company: its name in lower case, empty when the row names none. employees: the size of the company that the person
    works for afterwards. of_sender: the row's degree is about the import's sender.
    """
    values: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(row, name)) not in ("", None)}
    if row.slug and not person.slug and slug_is_free:
        values["slug"] = row.slug
    if row.member_id and not person.member_id:
        values["member_id"] = row.member_id
    if row.custom:
        values["custom"] = person.custom | row.custom
    if company and company != person.company:
        values |= {"company": company, "company_id": None}
    values |= _open_profile(person, row, now) | _worth(person, row, company, employees)
    if of_sender:
        values |= _degree(person, row, now)
    return replace(person, **values)


def decides_otherwise(before: Person, after: Person) -> bool:
    """True when a fact changed that a decision looks at."""
    return any(getattr(before, fact) != getattr(after, fact) for fact in _LOOKED_AT) or any(
        bool(getattr(before, fact)) != bool(getattr(after, fact)) for fact in _LOOKED_FOR
    )


def _worth(person: Person, row: Row, company: str, employees: int | None) -> dict[str, Any]:
    """Seniority when the title says something new, tier when seniority or company does; else what a person set."""
    seniority = person.seniority
    if row.title and (row.title != person.title or seniority == Seniority.UNKNOWN):
        seniority = str(titles.seniority(row.title))
    moved = bool(company) and company != person.company
    if person.id and seniority == person.seniority and not moved:
        return {}
    return {"seniority": seniority, "tier": titles.tier(Seniority(seniority), employees)}


def _open_profile(person: Person, row: Row, now: datetime) -> dict[str, Any]:
    """A flag whose day is known gives way only to a later one. A flag without a day is taken, but must be checked."""
    if row.open_profile is None:
        return {}
    told_at = _told_at(row.custom, now)
    if person.checked_at is not None and (told_at is None or told_at <= person.checked_at):
        return {}
    return {"open_profile": row.open_profile, "checked_at": told_at}


def _told_at(custom: dict[str, str], now: datetime) -> datetime | None:
    """When the export looked at the profile, if it says so ("timestamp") with its zone and not in the future."""
    for name, value in custom.items():
        if normalise(name) == "timestamp":
            try:
                told = datetime.fromisoformat(value)
            except ValueError:
                return None
            return told if told.tzinfo is not None and told <= now else None
    return None


def _degree(person: Person, row: Row, now: datetime) -> dict[str, Any]:
    """The degree and since when. A connection and what a look at the profile found are not undone by a file; while an
    invite is pending, its acceptance is booked by whoever watches the sender, not here."""
    if row.degree is None:
        return {}
    degree = Degree(str(row.degree))
    if degree is not Degree.FIRST:
        settled = person.degree == Degree.FIRST or (person.degree and person.looked_at is not None)
        return {} if settled else {"degree": str(degree)}
    if person.invitation == Invitation.PENDING:
        return {}
    since = datetime.combine(row.connected_on, time.min, UTC) if row.connected_on else None
    if since is not None and since > now:
        since = None
    return {"degree": str(degree), "connected_at": person.connected_at or since}
