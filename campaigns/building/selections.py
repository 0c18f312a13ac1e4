"""Which people: the filter of the list of prospects, as it stands in an address, in words, and in the database.

The same filter serves the list, its count, and acts on everybody who matches. What cannot be understood in an address
narrows nothing. Pages are taken by keyset: the next one begins after a person, whatever came or went before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from accounts.models import Member
from campaigns.running.database import Row, Statement, row, rows, together
from outreach.engine.channels import PROFILE_FRESH
from outreach.engine.kinds import Degree, Seniority

A_PAGE: Final = 50
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

_SENIORITY_RANK = "array_position(ARRAY[{}], p.seniority::text)".format(
    ", ".join(f"'{code.value}'" for code in reversed(Seniority))
)
SORTS: Final[dict[str, tuple[str, ...]]] = {
    "tier": ("p.tier",),
    "person": ("lower(p.last_name)", "lower(p.first_name)"),
    "company": ("lower(coalesce(c.name, ''))",),
    "seniority": (_SENIORITY_RANK,),
    "open": ("coalesce(p.checked_at, '1000-01-01+00'::timestamptz)",),
    "new": (),
}
"""Expressions by which each column sorts; the id follows them all in the same direction, so that no two are equal."""

_COMPANY = "LEFT JOIN prospects_company c ON c.id = p.company_id AND c.workspace_id = p.workspace_id"


class Grown(Exception):
    """More people match than the member saw. The message is one sentence."""


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


def _where(selection: Selection, member: Member, now: datetime) -> tuple[str, dict[str, Any]]:
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


def count(selection: Selection, member: Member, now: datetime) -> int:
    """How many people match."""
    where, args = _where(selection, member, now)
    [found] = rows(f"SELECT count(*) AS n FROM prospects_prospect p WHERE {where}", args)
    return int(found["n"])


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of the list, how many match in all, and after whom the next page begins (None = that was the last)."""

    people: list[Row]
    found: int
    after: int | None


def page(selection: Selection, member: Member, now: datetime, *, sort: str = "-tier", after: int | None = None) -> Page:
    """A page of the people who match. `sort`: a column of SORTS, with a minus in front for the greatest first;
    `after`: the person whom the last page ended with."""
    column, falls = sort.removeprefix("-"), sort.startswith("-")
    keys = (*SORTS.get(column, ()), "p.id")
    where, args = _where(selection, member, now)
    if after is not None:
        last = row(
            f"SELECT {', '.join(f'{key} AS k{n}' for n, key in enumerate(keys))} FROM prospects_prospect p {_COMPANY} "
            "WHERE p.workspace_id = %s AND p.id = %s",
            (member.workspace_id, after),
        )
        if last is not None:
            args |= last
            where += (
                f" AND ({', '.join(keys)}) {'<' if falls else '>'} ({', '.join(f'%(k{n})s' for n in range(len(keys)))})"
            )
    joined = _COMPANY if column == "company" else ""
    order = ", ".join(f"{key}{' DESC' if falls else ''}" for key in keys)
    found = _PAGE.format(joined=joined, where=where, order=order, limit=A_PAGE + 1)
    statements: list[Statement] = [
        (found, args),
        (f"SELECT count(*) AS n FROM prospects_prospect p WHERE {where}", args),
    ]
    if after is not None:
        statements[1] = (
            f"SELECT count(*) AS n FROM prospects_prospect p WHERE {_where(selection, member, now)[0]}",
            args,
        )
    people, [matching] = together(*statements)
    more = len(people) > A_PAGE
    return Page(people[:A_PAGE], int(matching["n"]), people[A_PAGE - 1]["id"] if more else None)


# Key by key behind the page: what is known of fifty people, whatever the workspace holds.
_PAGE = """
WITH page AS MATERIALIZED (
  SELECT p.id, row_number() OVER (ORDER BY {order}) AS place FROM prospects_prospect p {joined}
  WHERE {where} ORDER BY {order} LIMIT {limit})
SELECT p.id, p.first_name, p.last_name, p.slug, p.email, p.title, p.tier, p.seniority, p.open_profile, p.checked_at,
  p.suppressed_at, p.replied_at, c.name AS company, r.degree, t.kind, t.state AS touch_state, t.gate_at AS touch_at,
  k.holder
FROM page JOIN prospects_prospect p ON p.id = page.id
LEFT JOIN LATERAL (SELECT name FROM prospects_company WHERE id = p.company_id LIMIT 1) c ON true
LEFT JOIN LATERAL (SELECT min(nullif(degree, '')) AS degree FROM prospects_relationship
  WHERE prospect_id = p.id) r ON true
LEFT JOIN LATERAL (SELECT kind, state, gate_at FROM campaigns_touch WHERE prospect_id = p.id
  AND state IN ('sent', 'dispatching', 'uncertain') ORDER BY gate_at DESC, id DESC LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT s.name AS holder FROM campaigns_personlock l
  JOIN campaigns_enrollment e ON e.id = l.enrollment_id JOIN accounts_sender s ON s.id = e.sender_id
  WHERE l.workspace_id = p.workspace_id AND l.prospect_id = p.id AND l.released_at IS NULL LIMIT 1) k ON true
ORDER BY page.place"""


def chosen(
    member: Member, now: datetime, *, people: list[str], everybody: bool, where: Selection, expected: int
) -> list[int]:
    """The people of an act: those ticked, or everybody who matches. Raises Grown when more match than were seen."""
    if not everybody:
        ticked = [int(one) for one in people if one.isascii() and one.isdigit() and len(one) < 19]
        found = rows(
            "SELECT id FROM prospects_prospect WHERE workspace_id = %s AND id = ANY(%s) ORDER BY id",
            (member.workspace_id, ticked),
        )
        return [one["id"] for one in found]
    condition, args = _where(where, member, now)
    found = rows(f"SELECT p.id FROM prospects_prospect p WHERE {condition} ORDER BY p.id", args)
    if len(found) > expected:
        raise Grown(
            f"{len(found):,} people match now and you saw {expected:,}: look at the list again before you choose all."
        )
    return [one["id"] for one in found]


@dataclass(frozen=True, slots=True)
class Relief:
    """A filter that could be dropped, and how many people that brings back."""

    name: str
    people: int


def relief(selection: Selection, member: Member, now: datetime) -> list[Relief]:
    """For a list without a match: what dropping each filter alone brings back, the most helpful first."""
    names = list(selection.parts)
    statements: list[Statement] = []
    for name in names:
        where, args = _where(selection.without(name), member, now)
        statements.append((f"SELECT count(*) AS n FROM prospects_prospect p WHERE {where}", args))
    if not statements:
        return []
    counts = [answer[0]["n"] for answer in together(*statements)]
    found = [Relief(name, people) for name, people in zip(names, counts, strict=True) if people]
    return sorted(found, key=lambda one: -one.people)
