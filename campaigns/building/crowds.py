"""For whom the texts of a draft are tried: its people with what a text may name about them, as far as they matter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Sender
from campaigns.building import drafts
from campaigns.models import Campaign
from campaigns.running import terms, texts
from campaigns.running.database import Row, rows
from outreach.engine.facts import Terms

STANDARD = ("first_name", "last_name", "title", "company", "location", "sender_name")
"""Variables that everybody has, filled or empty. Columns of imported files come on top."""

MOST = 2_000
"""So many people are rendered one by one; of more, those whose values are longest and those with a value missing."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the draft, as far as texts go. `kind` of a text depends on `connected`."""

    id: int
    name: str
    sender: str
    terms: Terms
    connected: bool
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people of a draft for whom texts are tried. `total`: how many there are; `known`: the variables they have."""

    people: tuple[Person, ...]
    total: int
    known: frozenset[str]


def crowd(campaign: Campaign, *, now: datetime, variables: Sequence[str] = (), most: int = MOST) -> Crowd:
    """The people of the draft, at most `most`: then those whose `variables` are longest, and some where one is missing.
    Of a draft without people, some of the workspace with its senders. In the workspace's scope."""
    total = rows("SELECT count(*) AS n FROM campaigns_enrollment WHERE campaign_id = %s", (campaign.pk,))[0]["n"]
    custom = _custom(campaign)
    if total == 0:
        return Crowd(tuple(_strangers(campaign, now)), 0, frozenset(STANDARD) | set(custom))
    found = _read(campaign, now, _weight(variables) if total > most else "", most)
    if total > most and variables:
        for name in variables:
            found += _read(campaign, now, "", 20, missing=name)
        found = list({row["id"]: row for row in found}.values())
    return Crowd(tuple(map(_person, found)), total, frozenset(STANDARD) | set(custom))


def _person(row: Row) -> Person:
    values = texts.variables(row, {"name": row["sender"]})
    name = f"{row['first_name']} {row['last_name']}".strip() or row["slug"]
    return Person(row["id"], name, row["sender"], terms.of(row), row["connected"], values)


_WHO = (
    "SELECT p.id, p.first_name, p.last_name, p.slug, p.title, p.location, p.custom, c.name AS company, "
    "s.name AS sender, coalesce(r.degree = '1', false) AS connected, t.* FROM campaigns_enrollment e "
    "JOIN prospects_prospect p ON p.id = e.prospect_id LEFT JOIN prospects_company c ON c.id = p.company_id "
    "JOIN accounts_sender s ON s.id = e.sender_id LEFT JOIN prospects_relationship r ON r.prospect_id = p.id "
    f"AND r.sender_id = s.id {terms.JOIN.format(day='%s')} WHERE e.campaign_id = %s "
)

_COLUMNS = {
    "first_name": "p.first_name",
    "last_name": "p.last_name",
    "title": "p.title",
    "company": "coalesce(c.name, '')",
    "location": "p.location",
}


def _weight(variables: Sequence[str]) -> str:
    """Order by the length of what these variables hold, the longest first."""
    lengths = [f"octet_length({_COLUMNS[name]})" for name in variables if name in _COLUMNS]
    if any(name not in STANDARD for name in variables):
        lengths.append("octet_length(p.custom::text)")
    return " + ".join(lengths)


def _read(campaign: Campaign, now: datetime, weight: str, most: int, missing: str = "") -> list[Row]:
    lacking = f"AND {_COLUMNS[missing]} = '' " if missing in _COLUMNS else "AND false " if missing else ""
    order = f"{weight} DESC, p.id" if weight else "p.id"
    return rows(f"{_WHO}{lacking}ORDER BY {order} LIMIT %s", (now.date(), campaign.pk, most))


def _strangers(campaign: Campaign, now: datetime) -> Iterator[Person]:
    """Some people of the workspace, for a draft that has none yet, with the first of its senders."""
    found = rows(
        "SELECT p.id, p.first_name, p.last_name, p.slug, p.title, p.location, p.custom, c.name AS company "
        "FROM prospects_prospect p LEFT JOIN prospects_company c ON c.id = p.company_id "
        "WHERE p.workspace_id = %s ORDER BY p.id LIMIT 100",
        (campaign.workspace_id,),
    )
    seats = drafts.senders_of(campaign)
    plan = _terms(seats[0], now) if seats else terms.NONE
    name = seats[0].name if seats else campaign.owner.user.name
    for row in found:
        values = texts.variables(row, {"name": name})
        full = f"{row['first_name']} {row['last_name']}".strip() or row["slug"]
        yield Person(row["id"], full, name, plan, False, values)


def _terms(sender: Sender, now: datetime) -> Terms:
    found = rows(
        f"SELECT t.* FROM accounts_sender s {terms.JOIN.format(day='%s')} WHERE s.id = %s", (now.date(), sender.pk)
    )
    return terms.of(found[0])


def _custom(campaign: Campaign) -> list[str]:
    """Variables that come from columns of imported files: those of the draft's people, of anybody when it has none."""
    mine = rows(
        "SELECT DISTINCT jsonb_object_keys(p.custom) AS key FROM campaigns_enrollment e "
        "JOIN prospects_prospect p ON p.id = e.prospect_id WHERE e.campaign_id = %s ORDER BY 1 LIMIT 100",
        (campaign.pk,),
    )
    found = mine or rows(
        "SELECT DISTINCT jsonb_object_keys(custom) AS key FROM (SELECT custom FROM prospects_prospect "
        "WHERE workspace_id = %s ORDER BY id LIMIT 1000) p ORDER BY 1 LIMIT 100",
        (campaign.workspace_id,),
    )
    names = (texts.name_of(row["key"]) for row in found)
    return sorted({name for name in names if name and name not in STANDARD})
