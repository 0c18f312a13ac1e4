"""The people who match a selection: a page of them, those an act is meant for, and what would bring more.

Pages are taken by keyset: the next one begins after a person, whatever came or went before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.models import Member
from campaigns.building.selections import Selection, condition
from campaigns.running.database import Row, Statement, row, rows, together
from outreach.engine.kinds import Seniority

A_PAGE: Final = 50

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
    where, args = condition(selection, member, now)
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
            f"SELECT count(*) AS n FROM prospects_prospect p WHERE {condition(selection, member, now)[0]}",
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
    matching, args = condition(where, member, now)
    found = rows(f"SELECT p.id FROM prospects_prospect p WHERE {matching} ORDER BY p.id", args)
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
        where, args = condition(selection.without(name), member, now)
        statements.append((f"SELECT count(*) AS n FROM prospects_prospect p WHERE {where}", args))
    if not statements:
        return []
    counts = [answer[0]["n"] for answer in together(*statements)]
    found = [Relief(name, people) for name, people in zip(names, counts, strict=True) if people]
    return sorted(found, key=lambda one: -one.people)
