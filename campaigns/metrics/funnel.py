"""From touch to reply, cut by SDR, channel, tier, campaign and day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from campaigns.metrics import rollups
from campaigns.metrics.rates import Rate
from campaigns.running import confirmed
from campaigns.running.database import Row, rows


@dataclass(frozen=True, slots=True)
class Cut:
    """What is asked for: days of one workspace (UTC, both ends in it), and of whom. None and "" ask for everything.

    `sdr`: the member who owns the sender; `campaign`, `sender`: ids; `tier`: the prospect's, as it is now.
    """

    workspace: int
    first: date
    last: date
    sdr: int | None = None
    channel: str = ""
    tier: int | None = None
    campaign: int | None = None
    sender: int | None = None

    @property
    def fine(self) -> bool:
        """Whether the daily tables are too coarse for it."""
        return bool(self.channel or self.tier or self.campaign)

    def values(self) -> dict[str, Any]:
        since, until = rollups.bounds(self.first, self.last)
        return confirmed.VALUES | {
            "workspace": self.workspace,
            "since": since,
            "until": until,
            "first": self.first,
            "last": self.last,
            "sdr": self.sdr,
            "channel": self.channel,
            "of_channel": [kind.value for kind in confirmed.CHANNELS.get(self.channel, ())],
            "tier": self.tier,
            "campaign": self.campaign,
            "sender": self.sender,
        }


@dataclass(frozen=True, slots=True)
class Count:
    """Confirmed touches of one cut, and what came of them."""

    sent: int = 0
    invites: int = 0
    accepted: int = 0
    declined: int = 0
    answerable: int = 0
    replied: int = 0
    out_of_office: int = 0
    opted_out: int = 0
    meetings: int = 0
    inmails: int = 0
    inmail_replies: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    @property
    def acceptance(self) -> Rate:
        return Rate(self.accepted, self.invites)

    @property
    def reply(self) -> Rate:
        """Of the touches that a person can answer, those that a human answered."""
        return Rate(self.replied, self.answerable)

    @property
    def meeting(self) -> Rate:
        """Of the touches that a person can answer, those that led to a meeting."""
        return Rate(self.meetings, self.answerable)

    @property
    def inmail_reply(self) -> Rate:
        return Rate(self.inmail_replies, self.inmails)


_NAMES = tuple(Count.__dataclass_fields__)
_SENT = [f"sent_{kind}" for kinds in confirmed.CHANNELS.values() for kind in kinds]
_ANSWERABLE = [f"sent_{kind}" for channel in confirmed.ANSWERABLE for kind in confirmed.CHANNELS[channel]]

_FROM_TABLE: dict[str, str] = {
    "sent": " + ".join(_SENT),
    "invites": "sent_invite + sent_invite_note",
    "accepted": "accepted",
    "declined": "declined",
    "answerable": " + ".join(_ANSWERABLE),
    "replied": " + ".join(f"replied_{channel}" for channel in confirmed.ANSWERABLE),
    "out_of_office": "out_of_office",
    "opted_out": "opted_out",
    "meetings": "meetings",
    "inmails": "sent_inmail",
    "inmail_replies": "replied_inmail",
}
_FROM_TOUCHES: dict[str, str] = {
    "sent": "true",
    "invites": "x.channel = 'invite'",
    "accepted": "x.accepted",
    "declined": "x.declined",
    "answerable": "x.kind = ANY(%(reaching)s::text[])",
    "replied": "x.replied",
    "out_of_office": "x.out_of_office",
    "opted_out": "x.opted_out",
    "meetings": "x.meeting",
    "inmails": "x.channel = 'inmail'",
    "inmail_replies": "x.channel = 'inmail' AND x.replied",
}
_KNOWN_BY: dict[str, str] = {
    "accepted": "coalesce(x.response_at, x.at) <= %(known_by)s::timestamptz",
    "declined": "coalesce(x.response_at, x.at) <= %(known_by)s::timestamptz",
    "replied": "x.replied_at <= %(known_by)s::timestamptz",
    "meetings": "x.met_at <= %(known_by)s::timestamptz",
    "inmail_replies": "x.replied_at <= %(known_by)s::timestamptz",
}
"""What makes a count one of what had come by an instant."""

SPAN = (
    "span AS (SELECT %(workspace)s::bigint AS workspace_id, %(since)s::timestamptz AS since, "
    "%(until)s::timestamptz AS until)"
)
"""Relation `span`: the days of a cut."""
WHOSE = (
    "(%(sdr)s::bigint IS NULL OR x.owner_id = %(sdr)s::bigint) "
    "AND (%(sender)s::bigint IS NULL OR x.sender_id = %(sender)s::bigint) "
    "AND (%(campaign)s::bigint IS NULL OR x.campaign_id = %(campaign)s::bigint) "
    "AND (%(tier)s::int IS NULL OR x.tier = %(tier)s::int) "
    "AND (%(channel)s::text = '' OR x.kind = ANY(%(of_channel)s::text[]))"
)
"""The condition that a row of `sent` or `moved`, as x, is of the cut."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """The counts of a cut: all together, by sender, by day, by (channel, tier)."""

    total: Count
    by_sender: dict[int, Count]
    by_day: dict[date, Count]
    by_channel_and_tier: dict[tuple[str, int], Count]

    @property
    def by_channel(self) -> dict[str, Count]:
        """In the order of the channels, only those with a touch."""
        found: dict[str, Count] = {}
        for channel in confirmed.CHANNELS:
            counts = [count for (of, _), count in self.by_channel_and_tier.items() if of == channel]
            if counts:
                found[channel] = sum(counts, Count())
        return found


def read(cut: Cut) -> Funnel:
    """Count what was sent in these days and what came of it. Two queries at most, however many rows there are."""
    values = cut.values()
    if cut.fine:
        found = _touches("(x.sender_id), (x.day), (x.channel, x.tier), ()", values)
    else:
        found = _tables(values) + _touches("(x.channel, x.tier)", values)
    total, senders, days, cells = Count(), {}, {}, {}
    for row in found:
        count = Count(*(row[name] for name in _NAMES))
        if row["sender_id"] is not None:
            senders[row["sender_id"]] = count
        elif row["day"] is not None:
            days[row["day"]] = count
        elif row["channel"] is not None:
            cells[row["channel"], row["tier"]] = count
        else:
            total = count
    return Funnel(total, senders, days, cells)


def as_it_stood(cut: Cut, known_by: datetime) -> tuple[Count, dict[int, Count]]:
    """What had come of these touches by that instant: all together, and by sender. Of automatic answers and of who
    asked to stop it knows no instant, so it has those of today."""
    found = _touches("(x.sender_id), ()", cut.values() | {"known_by": known_by}, _KNOWN_BY)
    counts = {row["sender_id"]: Count(*(row[name] for name in _NAMES)) for row in found}
    return counts.pop(None, Count()), counts


def _touches(sets: str, values: dict[str, Any], also: dict[str, str] | None = None) -> list[Row]:
    conditions = {
        name: f"{said} AND {also[name]}" if also and name in also else said for name, said in _FROM_TOUCHES.items()
    }
    sums = ", ".join(f"(count(*) FILTER (WHERE {condition}))::int AS {name}" for name, condition in conditions.items())
    keys = ", ".join(
        f"x.{key}" if f"x.{key}" in sets else f"NULL AS {key}" for key in ("sender_id", "day", "channel", "tier")
    )
    return rows(
        f"WITH {SPAN}, {confirmed.SENT} SELECT {keys}, {sums} FROM sent x WHERE {WHOSE} "
        f"GROUP BY GROUPING SETS ({sets}) HAVING count(*) > 0 ORDER BY 1, 2, 3, 4",
        values,
    )


def _tables(values: dict[str, Any]) -> list[Row]:
    """The same sums from the daily tables; days that are marked are counted from their rows."""
    sums = ", ".join(f"sum({expression})::int AS {name}" for name, expression in _FROM_TABLE.items())
    return rows(
        f"WITH {rollups.reading('sender_id')} SELECT x.sender_id, x.day, NULL AS channel, NULL AS tier, {sums} "
        "FROM read x JOIN accounts_sender s ON s.id = x.sender_id "
        "WHERE (%(sdr)s::bigint IS NULL OR s.owner_id = %(sdr)s::bigint) "
        "AND (%(sender)s::bigint IS NULL OR x.sender_id = %(sender)s::bigint) "
        f"GROUP BY GROUPING SETS ((x.sender_id), (x.day), ()) HAVING sum({_FROM_TABLE['sent']}) > 0 ORDER BY 1, 2",
        values,
    )


def by_campaign(cut: Cut) -> dict[int, Count]:
    """Counts of the days by campaign, from the daily table. Only for a cut of everybody."""
    sums = ", ".join(f"sum({expression})::int AS {name}" for name, expression in _FROM_TABLE.items())
    found = rows(
        f"WITH {rollups.reading('campaign_id')} SELECT x.campaign_id, {sums} FROM read x GROUP BY 1 "
        f"HAVING sum({_FROM_TABLE['sent']}) > 0",
        cut.values(),
    )
    return {row["campaign_id"]: Count(*(row[name] for name in _NAMES)) for row in found}
