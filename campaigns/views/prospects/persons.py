"""A prospect as lists and pages show them: words for what is known and how old that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.building.selections import DEGREES, SENIORITIES
from campaigns.running.database import Row
from outreach.engine.channels import PROFILE_FRESH
from outreach.engine.kinds import WORDS, Kind


@dataclass(frozen=True, slots=True)
class OpenProfile:
    """`state`: yes, no or unknown; `age`: of the check."""

    state: str
    words: str
    age: str
    stale: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the list."""

    id: int
    name: str
    initials: str
    hue: int
    title: str
    company: str
    tier: int
    seniority: str
    degree: str
    open: OpenProfile
    touched: str
    holder: str
    holder_initials: str
    suppressed: bool


def person(row: Row, now: datetime) -> Person:
    return Person(
        id=row["id"],
        name=(name := name_of(row)),
        initials=initials(name),
        hue=row["id"] % 8 + 1,
        title=row["title"],
        company=row["company"] or "",
        tier=row["tier"],
        seniority="" if row["seniority"] == "unknown" else SENIORITIES.get(row["seniority"], ""),
        degree=DEGREES.get(row["degree"] or "", ""),
        open=open_profile(row["open_profile"], row["checked_at"], now),
        touched=_touched(row, now),
        holder=row["holder"] or "",
        holder_initials=initials(row["holder"] or ""),
        suppressed=row["suppressed_at"] is not None,
    )


def name_of(row: Any) -> str:
    """What to call somebody: their name, else their profile, else their address."""
    return f"{row['first_name']} {row['last_name']}".strip() or row["slug"] or row["email"] or "Somebody without a name"


def initials(name: str) -> str:
    """Two letters at most, of what is read as letters."""
    words = [letter for word in name.split() if (letter := next(filter(str.isalnum, word), ""))]
    return f"{words[0]}{words[-1] if len(words) > 1 else ''}".upper() if words else "?"


def open_profile(flag: bool | None, checked_at: datetime | None, now: datetime) -> OpenProfile:
    if flag is None:
        return OpenProfile("unknown", "Unknown", "", False)
    stale = is_stale(checked_at, now)
    old = age(checked_at, now) if checked_at else "not checked"
    return OpenProfile("yes" if flag else "no", "Open" if flag else "Not open", old, stale)


def _touched(row: Row, now: datetime) -> str:
    """The last thing that happened between us: their answer, or our touch with its day."""
    touched, replied = row["touch_at"], row["replied_at"]
    if replied is not None and (touched is None or replied >= touched):
        return f"Replied {day(replied, now)}"
    if touched is None:
        return ""
    return f"{WORDS[Kind(row['kind'])]}, {day(touched, now)}"


def day(at: datetime, now: datetime) -> str:
    """`today`, `Tue`, `6 Nov`, `6 Nov 2025`."""
    if at.date() == now.date():
        return "today"
    if timedelta() < now - at < timedelta(days=6):
        return f"{at:%a}"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def is_stale(checked_at: datetime | None, now: datetime) -> bool:
    """Whether an Open Profile flag is so old that it is read again before it is relied on."""
    return checked_at is None or now - checked_at > PROFILE_FRESH


def age(at: datetime, now: datetime) -> str:
    """`today`, `1 d`, `19 d`."""
    days = max((now - at) // timedelta(days=1), 0)
    return f"{days} d" if days else "today"
