"""Where everyone is and why: people by state, senders and what is left of their limits, causes, people one by one."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.running import allowances, why
from campaigns.running.database import Row, together
from campaigns.running.why import Reason
from outreach.engine import pacing
from outreach.engine.causes import ORDER, Cause, Lifter
from outreach.engine.causes import WORDS as CAUSE_WORDS
from outreach.engine.facts import Allowance
from outreach.engine.kinds import NEVER, WORDS, Budget, Kind
from outreach.engine.pacing import Usage


@dataclass(frozen=True, slots=True)
class Room:
    """What one allowance has used of its caps, and when it has room again (None = not by time; `cause` says why)."""

    budget: Budget
    usage: Usage
    caps: dict[str, int]
    opens_at: datetime | None
    cause: str

    @property
    def uses(self) -> list[tuple[str, int, int]]:
        """(window, used, cap) for each cap."""
        used = {"24 h": self.usage.day, "7 d": self.usage.week, "month": self.usage.month, "now": self.usage.pending}
        return [(window, used[window], cap) for window, cap in self.caps.items()]


@dataclass(frozen=True, slots=True)
class Seat:
    """A sender: its state, its allowances that have a cap, and its credits."""

    name: str
    state: str
    reason: str
    rooms: tuple[Room, ...]
    credits: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Blocker:
    """A cause: how many wait for it, and when the first and the last of them may go (None = not by time)."""

    cause: Cause
    words: str
    people: int
    first: datetime | None
    last: datetime | None
    lifted_by: Lifter


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a campaign: how far they are, what comes next, and why not yet."""

    enrollment: int
    name: str
    campaign: str
    sender: str
    state: str
    reason: str
    last_kind: str
    last_state: str
    last_at: datetime | None
    response: str
    why: Reason | None

    @property
    def next(self) -> str:
        return WORDS[self.why.kind] if self.why and self.why.kind else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """One workspace at one moment. `people` holds the first of `found` that were asked for."""

    at: datetime
    states: dict[str, int]
    seats: tuple[Seat, ...]
    blockers: tuple[Blocker, ...]
    people: tuple[Person, ...]
    found: int


_PEOPLE = """
SELECT e.id, e.state, e.reason, c.name AS campaign, s.name AS sender, p.first_name, p.last_name, p.slug,
  t.kind, t.state AS touch_state, coalesce(t.gate_at, t.settled_at) AS touch_at, t.response, count(*) OVER () AS found
FROM campaigns_enrollment e
JOIN campaigns_campaign c ON c.id = e.campaign_id JOIN accounts_sender s ON s.id = e.sender_id
JOIN prospects_prospect p ON p.id = e.prospect_id
LEFT JOIN LATERAL (SELECT * FROM campaigns_touch t WHERE t.enrollment_id = e.id
  AND t.state NOT IN ('planned', 'cancelled', 'skipped') ORDER BY t.id DESC LIMIT 1) t ON true
WHERE e.workspace_id = %(workspace)s AND (%(campaign)s = '' OR c.name = %(campaign)s)
  AND (%(person)s = ''
    OR strpos(lower(concat_ws(' ', p.first_name, p.last_name, p.slug, p.email)), lower(%(person)s)) > 0)
ORDER BY array_position(ARRAY['active', 'held', 'waiting', 'stopped', 'finished'], e.state::text), e.id
LIMIT %(limit)s"""

USABLE: dict[str, frozenset[Budget]] = {
    "linkedin": frozenset(Budget) - {Budget.MAIL, Budget.WHATSAPP},
    "mailbox": frozenset({Budget.MAIL}),
    "whatsapp": frozenset({Budget.WHATSAPP}),
}
"""Which allowances a kind of sender can use at all."""


def of(workspace: int, now: datetime, *, campaign: str = "", person: str = "", limit: int = 30) -> Standing:
    """Where everyone is. `campaign`: only its people; `person`: only whose name, slug or e-mail holds this text."""
    asked = {"workspace": workspace, "campaign": campaign, "person": person, "limit": limit}
    states, people, senders, rows, credits, inside = together(
        (
            "SELECT e.state, count(*) AS n FROM campaigns_enrollment e JOIN campaigns_campaign c ON c.id = "
            "e.campaign_id WHERE e.workspace_id = %(workspace)s AND (%(campaign)s = '' OR c.name = %(campaign)s) "
            "GROUP BY 1 ORDER BY 1",
            asked,
        ),
        (_PEOPLE, asked),
        (
            "SELECT s.id, s.name, s.state, s.state_reason, s.kind, s.zone, s.hours, s.days_off, s.connector, k.vendor "
            "FROM accounts_sender s LEFT JOIN accounts_connection k ON k.id = s.connection_id "
            "WHERE s.workspace_id = %(workspace)s AND s.state <> 'archived' ORDER BY s.id",
            asked,
        ),
        ("SELECT * FROM campaigns_allowance WHERE workspace_id = %(workspace)s ORDER BY id", asked),
        (
            "SELECT sender_id, product, available, reserved, held, cap, blocked FROM accounts_creditbalance "
            "WHERE workspace_id = %(workspace)s AND (cap > 0 OR available + reserved > 0) ORDER BY id",
            asked,
        ),
        (
            "SELECT e.id FROM campaigns_enrollment e JOIN campaigns_campaign c ON c.id = e.campaign_id "
            "WHERE e.workspace_id = %(workspace)s AND (%(campaign)s = '' OR c.name = %(campaign)s)",
            asked,
        ),
    )
    mine = {row["id"] for row in inside}
    reasons = {one.enrollment: one for one in why.explain(workspace, now) if one.enrollment in mine}
    return Standing(
        at=now,
        states={row["state"]: row["n"] for row in states},
        seats=tuple(_seats(senders, rows, credits, now)),
        blockers=tuple(_blockers(list(reasons.values()))),
        people=tuple(_person(row, reasons.get(row["id"])) for row in people),
        found=people[0]["found"] if people else 0,
    )


def _seats(senders: list[Row], rows: list[Row], credits: list[Row], now: datetime) -> list[Seat]:
    by_sender: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_sender[row["sender_id"]].append(row)
    return [
        Seat(
            name=sender["name"],
            state=sender["state"],
            reason=sender["state_reason"],
            rooms=tuple(
                room
                for row in by_sender[sender["id"]]
                if row["budget"] in USABLE.get(sender["kind"], frozenset(Budget))
                and (room := _room(allowances.from_row(row), sender, now)).caps
            ),
            credits=tuple(balance for balance in credits if balance["sender_id"] == sender["id"]),
        )
        for sender in senders
    ]


def _room(allowance: Allowance, sender: Row, now: datetime) -> Room:
    limits = allowance.limits
    caps = {"24 h": limits.day, "7 d": limits.week, "month": limits.month, "now": limits.ceiling}
    opening = pacing.opens_at(
        allowance,
        allowances.hours_of(sender),
        now,
        longest_work_s=allowances.longest_work_s(sender["vendor"] or sender["connector"]),
    )
    return Room(
        allowance.budget,
        pacing.rolling(allowance, now),
        {window: cap for window, cap in caps.items() if cap is not None},
        opening.at,
        opening.cause,
    )


def _blockers(reasons: list[Reason]) -> list[Blocker]:
    by_cause: dict[Cause, list[Reason]] = defaultdict(list)
    for reason in reasons:
        by_cause[reason.cause].append(reason)
    found = []
    for cause, waiting in sorted(by_cause.items(), key=lambda item: (-len(item[1]), ORDER[item[0]])):
        times = [reason.until for reason in waiting if reason.until is not None]
        lasts = [reason.until_latest for reason in waiting if reason.until_latest is not None]
        found.append(
            Blocker(
                cause,
                CAUSE_WORDS[cause],
                len(waiting),
                min(times, default=None),
                max(lasts, default=None) if len(lasts) == len(waiting) else None,
                waiting[0].lifted_by,
            )
        )
    return found


def _person(row: Row, reason: Reason | None) -> Person:
    return Person(
        enrollment=row["id"],
        name=f"{row['first_name']} {row['last_name']}".strip() or row["slug"],
        campaign=row["campaign"],
        sender=row["sender"],
        state=row["state"],
        reason=row["reason"],
        last_kind=WORDS[Kind(row["kind"])] if row["kind"] else "",
        last_state=row["touch_state"] or "",
        last_at=row["touch_at"],
        response=row["response"] or "",
        why=reason,
    )


def as_dict(standing: Standing) -> dict[str, Any]:
    """Plain values for JSON; instants as ISO 8601, null = not by time."""
    return {
        "at": _iso(standing.at),
        "states": standing.states,
        "senders": [
            {
                "name": seat.name,
                "state": seat.state,
                "reason": seat.reason,
                "allowances": [
                    {
                        "allowance": room.budget.value,
                        "used": {window: used for window, used, _ in room.uses},
                        "caps": room.caps,
                        "opens_at": _iso(room.opens_at),
                        "cause": room.cause,
                    }
                    for room in seat.rooms
                ],
                "credits": [{key: v for key, v in row.items() if key != "sender_id"} for row in seat.credits],
            }
            for seat in standing.seats
        ],
        "causes": [
            {
                "cause": blocker.cause.value,
                "words": blocker.words,
                "people": blocker.people,
                "first": _iso(blocker.first),
                "last": _iso(blocker.last),
                "lifted_by": blocker.lifted_by.value,
            }
            for blocker in standing.blockers
        ],
        "found": standing.found,
        "people": [_person_dict(person) for person in standing.people],
    }


def _person_dict(person: Person) -> dict[str, Any]:
    reason = person.why
    return {
        "enrollment": person.enrollment,
        "name": person.name,
        "campaign": person.campaign,
        "sender": person.sender,
        "state": person.state,
        "reason": person.reason,
        "last": {
            "touch": person.last_kind,
            "state": person.last_state,
            "at": _iso(person.last_at),
            "response": person.response,
        }
        if person.last_kind
        else None,
        "next": person.next or None,
        "cause": reason.cause.value if reason else None,
        "until": _iso(reason.until) if reason else None,
        "until_latest": _iso(reason.until_latest) if reason else None,
        "position": reason.position if reason else None,
        "lifted_by": reason.lifted_by.value if reason else None,
        "in_conversation_with": reason.who if reason else None,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None and at < NEVER else None
