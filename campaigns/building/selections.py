"""Which people: the filter of the list of prospects, as it stands in an address, in words, and in the database.

The same filter serves the list, its count, and acts on everybody who matches, see `campaigns.building.matches`. What
cannot be understood in an address narrows nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from accounts.models import Member
from outreach.engine.channels import PROFILE_FRESH
from outreach.engine.kinds import Degree, Seniority

LONGEST: Final = 100
"""Longest text that is searched for."""

SENIORITIES: Final[dict[str, str]] = {
    Seniority.OWNER: "Owner",
    Seniority.C_LEVEL: "C-level",
    Seniority.VP: "VP",
    Seniority.DIRECTOR: "Director",
    Seniority.HEAD: "Head",
    Seniority.MANAGER: "Manager",
    Seniority.SENIOR: "Senior",
    Seniority.STAFF: "Staff",
    Seniority.ENTRY: "Entry",
    Seniority.UNKNOWN: "Unknown",
}
"""Words of seniority, the highest first."""

DEGREES: Final[dict[str, str]] = {
    Degree.FIRST: "1st",
    Degree.SECOND: "2nd",
    Degree.THIRD: "3rd",
    Degree.OUT: "Out of network",
}
OPEN: Final[dict[str, str]] = {"yes": "Open", "no": "Not open", "unknown": "Unknown", "old": "Checked over a week ago"}
CONTACT: Final[dict[str, str]] = {"no": "May not be contacted", "yes": "May be contacted"}
TOUCHED: Final[dict[str, str]] = {"never": "Never touched"}
TIERS: Final[dict[str, str]] = {"3": "Tier 3", "2": "Tier 2", "1": "Tier 1"}

CHOICES: Final[dict[str, dict[str, str]]] = {
    "tier": TIERS,
    "seniority": SENIORITIES,
    "degree": DEGREES | {"unknown": "Unknown"},
    "open": OPEN,
    "contact": CONTACT,
    "touched": TOUCHED,
}
LABELS: Final[dict[str, str]] = {
    "q": "Search",
    "tier": "Tier",
    "seniority": "Seniority",
    "degree": "Degree",
    "open": "Open Profile",
    "audience": "Audience",
    "campaign": "In campaign",
    "contact": "Contact",
    "touched": "Touched",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter; an empty part narrows nothing. `q`: words that must all stand in name, title, company or address."""

    q: str = ""
    tier: str = ""
    seniority: str = ""
    degree: str = ""
    open: str = ""
    audience: str = ""
    campaign: str = ""
    contact: str = ""
    touched: str = ""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """From the values of an address or a form."""
        found = {part.name: str(values.get(part.name) or "").replace("\0", "").strip() for part in fields(cls)}
        for name, choices in CHOICES.items():
            if found[name] not in choices:
                found[name] = ""
        for name in ("audience", "campaign"):
            if not (found[name].isascii() and found[name].isdigit() and len(found[name]) < 19):
                found[name] = ""
        return cls(**found | {"q": " ".join(found["q"][:LONGEST].split())})

    @property
    def parts(self) -> dict[str, str]:
        """The parts that narrow."""
        return {part.name: value for part in fields(self) if (value := getattr(self, part.name))}

    def address(self, **more: str) -> str:
        """As the query of an address, such as `tier=3&open=yes`."""
        return urlencode({**self.parts, **{name: value for name, value in more.items() if value}})

    def without(self, name: str) -> "Selection":
        return replace(self, **{name: ""})


def condition(selection: Selection, member: Member, now: datetime) -> tuple[str, dict[str, Any]]:
    """The condition on `p` (a prospect of the member's workspace) and its values."""
    args: dict[str, Any] = {"workspace": member.workspace_id}
    conditions = ["p.workspace_id = %(workspace)s"]
    for number, word in enumerate(selection.q.lower().split()[:6]):
        args[f"word{number}"] = f"%{_literally(word)}%"
        conditions.append(
            f"((p.first_name || ' ' || p.last_name || ' ' || p.title || ' ' || p.slug || ' ' || p.email) "
            f"ILIKE %(word{number})s OR p.company_id IN (SELECT id FROM prospects_company WHERE workspace_id = "
            f"%(workspace)s AND name ILIKE %(word{number})s))"
        )
    if selection.tier:
        args["tier"] = int(selection.tier)
        conditions.append("p.tier = %(tier)s")
    if selection.seniority:
        args["seniority"] = selection.seniority
        conditions.append("p.seniority = %(seniority)s")
    if selection.degree:
        conditions.append(_DEGREE_IS[selection.degree == "unknown"])
        args["degree"] = selection.degree
    if selection.open:
        conditions.append(_OPEN_IS[selection.open])
        args["fresh"] = now - PROFILE_FRESH
    if selection.audience:
        args["audience"] = int(selection.audience)
        conditions.append(
            "p.id IN (SELECT prospect_id FROM prospects_audiencemember WHERE workspace_id = %(workspace)s AND "
            "audience_id = %(audience)s)"
        )
    if selection.campaign:
        args["campaign"] = int(selection.campaign)
        conditions.append(
            "p.id IN (SELECT prospect_id FROM campaigns_enrollment WHERE workspace_id = %(workspace)s AND "
            "campaign_id = %(campaign)s)"
        )
    if selection.contact:
        conditions.append(f"p.suppressed_at IS {'NOT ' if selection.contact == 'no' else ''}NULL")
    if selection.touched:
        conditions.append(
            "NOT EXISTS (SELECT FROM campaigns_touch t WHERE t.prospect_id = p.id AND t.state IN "
            "('sent', 'dispatching', 'uncertain'))"
        )
    return " AND ".join(conditions), args


_BEST = (
    "(SELECT prospect_id FROM prospects_relationship WHERE workspace_id = %(workspace)s AND degree <> '' "
    "GROUP BY prospect_id{})"
)
_DEGREE_IS = {
    False: f"p.id IN {_BEST.format(' HAVING min(degree) = %(degree)s')}",
    True: f"p.id NOT IN {_BEST.format('')}",
}
_OPEN_IS = {
    "yes": "p.open_profile",
    "no": "NOT p.open_profile",
    "unknown": "p.open_profile IS NULL",
    "old": "p.open_profile IS NOT NULL AND (p.checked_at IS NULL OR p.checked_at < %(fresh)s)",
}


def _literally(word: str) -> str:
    """A word in which LIKE finds no wildcard."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
