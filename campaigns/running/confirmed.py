"""What is confirmed, as relations of SQL: touches that were sent with what came of them, and credits that moved.

The one definition of every number in the reports: rollups, recounts, cuts and the rows behind a number all read these.
A human reply counts for the touch that it answers: of those that this sender had sent to the person by then, the newest
that carried a text in a conversation, else the newest invite. Whatever the person writes until the next touch is part
of the same reply. A meeting counts in the same way for the touch that led to it. Answers that our members write are no
touches of outreach and count nowhere.
"""

from typing import Any

from campaigns.models.rollup import COLUMNS
from outreach.engine.kinds import Kind

CHANNELS: dict[str, tuple[Kind, ...]] = {
    "invite": (Kind.INVITE, Kind.INVITE_NOTE),
    "dm": (Kind.DM,),
    "open_inmail": (Kind.OPEN_INMAIL,),
    "inmail": (Kind.INMAIL,),
    "email": (Kind.EMAIL,),
    "whatsapp": (Kind.WHATSAPP,),
    "engage": (Kind.VIEW, Kind.FOLLOW, Kind.LIKE, Kind.COMMENT),
    "other": (Kind.WITHDRAW, Kind.CALL, Kind.TASK),
}
"""Channel → its kinds."""

ANSWERABLE: tuple[str, ...] = ("invite", "dm", "open_inmail", "inmail", "email", "whatsapp")
"""Channels whose touches a person can answer."""

_REACHING = [kind.value for channel in ANSWERABLE for kind in CHANNELS[channel]]
_SPOKEN = [kind.value for channel in ANSWERABLE[1:] for kind in CHANNELS[channel]]

TOUCHES: dict[str, str] = {
    "sent": "true",
    "accepted": "x.accepted",
    "declined": "x.declined",
    "replied": "x.replied",
    "out_of_office": "x.out_of_office",
    "opted_out": "x.opted_out",
    "meetings": "x.meeting",
}
"""Measure of touches → the condition of its rows."""

TRANSFERS: dict[str, str] = {
    "granted": "x.debit = 'grant' AND x.credit = 'available'",
    "spent": "x.credit = 'spent'",
    "returned": "x.debit = 'returned' AND x.credit IN ('available', 'clipped')",
    "clipped": "x.credit = 'clipped'",
    "expired": "x.credit = 'expired'",
    "forfeited": "x.credit = 'forfeited'",
}
"""Measure of credits → the condition of its rows, whose amounts add up to it. A return above the cap counts as returned
and as clipped."""

VALUES: dict[str, Any] = {
    "reaching": _REACHING,
    "spoken": _SPOKEN,
    "kinds": [kind.value for kinds in CHANNELS.values() for kind in kinds],
    "channels": [channel for channel, kinds in CHANNELS.items() for _ in kinds],
}
"""Values that the relations take beside those of the span."""

# `span`: (workspace_id, since, until), which the caller puts before it. `sender_id + 0` leads a plan made without
# statistics to the person's index: a person has few touches, a sender many.
SENT = """
sent AS (
  SELECT t.id, t.workspace_id, t.gate_at AS at, (t.gate_at AT TIME ZONE 'UTC')::date AS day, t.sender_id, s.owner_id,
    e.campaign_id, t.enrollment_id, t.prospect_id, t.kind, k.channel, p.tier, t.response, t.response_at,
    t.kind IN ('invite', 'invite_note') AND t.response = 'accepted' AS accepted,
    t.response IN ('declined', 'lapsed', 'inmail_declined') AS declined,
    coalesce(r.human > 0, false) AS replied,
    coalesce(r.human = 0 AND r.machine > 0, false) AS out_of_office,
    coalesce(r.stop > 0, false) AS opted_out,
    coalesce(g.n > 0, false) AS meeting,
    r.replied_at, g.met_at
  FROM span w
  JOIN accounts_sender s ON s.workspace_id = w.workspace_id
  JOIN campaigns_touch t ON t.sender_id = s.id AND t.gate_at >= w.since AND t.gate_at < w.until
  JOIN campaigns_enrollment e ON e.id = t.enrollment_id
  JOIN prospects_prospect p ON p.id = t.prospect_id
  JOIN unnest(%(kinds)s::text[], %(channels)s::text[]) k(kind, channel) ON k.kind = t.kind
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.intent <> 'out_of_office') AS human,
      count(*) FILTER (WHERE m.intent = 'out_of_office') AS machine,
      count(*) FILTER (WHERE m.intent = 'stop') AS stop,
      min(m.at) FILTER (WHERE m.intent <> 'out_of_office') AS replied_at
    FROM campaigns_thread h JOIN campaigns_message m ON m.thread_id = h.id
    WHERE h.prospect_id = t.prospect_id AND h.sender_id + 0 = t.sender_id AND m.inbound AND m.at >= t.gate_at
      AND t.kind = ANY(%(reaching)s::text[])
      AND t.id = (
        SELECT o.id FROM campaigns_touch o
        WHERE o.prospect_id = t.prospect_id AND o.sender_id + 0 = t.sender_id AND o.state = 'sent' AND o.step_key > 0
          AND o.kind = ANY(%(reaching)s::text[]) AND o.gate_at <= m.at
        ORDER BY (o.kind = ANY(%(spoken)s::text[])) DESC, o.gate_at DESC, o.id DESC LIMIT 1)
  ) r ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS n, min(h.outcome_at) AS met_at FROM campaigns_thread h
    WHERE h.prospect_id = t.prospect_id AND h.sender_id + 0 = t.sender_id AND h.outcome IN ('meeting', 'held', 'won')
      AND t.kind = ANY(%(reaching)s::text[]) AND h.outcome_at >= t.gate_at
      AND t.id = (
        SELECT o.id FROM campaigns_touch o
        WHERE o.prospect_id = t.prospect_id AND o.sender_id + 0 = t.sender_id AND o.state = 'sent' AND o.step_key > 0
          AND o.kind = ANY(%(reaching)s::text[]) AND o.gate_at <= h.outcome_at
        ORDER BY (o.kind = ANY(%(spoken)s::text[])) DESC, o.gate_at DESC, o.id DESC LIMIT 1)
  ) g ON true
  WHERE t.state = 'sent' AND t.step_key > 0
)"""
"""Relation `sent`: each touch of outreach that was sent in the span, and what came of it."""

MOVED = """
moved AS (
  SELECT c.id, c.workspace_id, c.at, (c.at AT TIME ZONE 'UTC')::date AS day, b.sender_id, s.owner_id, e.campaign_id,
    t.enrollment_id, t.prospect_id, t.kind, p.tier, c.debit, c.credit, c.amount, c.balance_id, c.touch
  FROM span w
  JOIN accounts_creditbalance b ON b.workspace_id = w.workspace_id
  JOIN accounts_sender s ON s.id = b.sender_id
  JOIN accounts_credittransfer c ON c.balance_id = b.id AND c.at >= w.since AND c.at < w.until
  LEFT JOIN campaigns_touch t ON t.id = c.touch
  LEFT JOIN campaigns_enrollment e ON e.id = t.enrollment_id
  LEFT JOIN prospects_prospect p ON p.id = t.prospect_id
)"""
"""Relation `moved`: each movement of credits in the span, with the touch that moved it."""

ALL_TIME = """
span AS (
  SELECT w.id AS workspace_id, '-infinity'::timestamptz AS since, 'infinity'::timestamptz AS until
  FROM accounts_workspace w WHERE %(workspaces)s::bigint[] IS NULL OR w.id = ANY(%(workspaces)s::bigint[])
)"""
"""Span: everything in these workspaces (value `workspaces`, None = all)."""

SOME_DAYS = """
span AS (
  SELECT w.workspace_id, w.day::timestamp AT TIME ZONE 'UTC' AS since,
    (w.day + 1)::timestamp AT TIME ZONE 'UTC' AS until
  FROM unnest(%(marked)s::bigint[], %(days)s::date[]) w(workspace_id, day)
)"""
"""Span: whole days of workspaces (values `marked` and `days`, side by side)."""


def _counting() -> dict[str, tuple[str, str]]:
    """Column → the relation it is counted in and what is summed."""
    found: dict[str, tuple[str, str]] = {}
    for column in COLUMNS:
        kind, channel = column.removeprefix("sent_"), column.removeprefix("replied_")
        if column.startswith("sent_"):
            found[column] = ("sent", f"count(*) FILTER (WHERE x.kind = '{kind}')")
        elif column.startswith("replied_"):
            found[column] = ("sent", f"count(*) FILTER (WHERE x.replied AND x.channel = '{channel}')")
        elif column in TOUCHES:
            found[column] = ("sent", f"count(*) FILTER (WHERE {TOUCHES[column]})")
        else:
            found[column] = ("moved", f"coalesce(sum(x.amount) FILTER (WHERE {TRANSFERS[column]}), 0)")
    return found


def recount(key: str, span: str) -> str:
    """The WITH clauses that end in the relation `counted`: (workspace_id, day, <key>, every column) of what happened in
    the span. `key`: sender_id or campaign_id."""
    halves = []
    for relation in ("sent", "moved"):
        sums = ", ".join(
            f"{expression if where == relation else '0'} AS {column}"
            for column, (where, expression) in _counting().items()
        )
        halves.append(
            f"SELECT x.workspace_id, x.day, x.{key}, {sums} FROM {relation} x WHERE x.{key} IS NOT NULL "
            "GROUP BY 1, 2, 3"
        )
    total = ", ".join(f"sum(h.{column})::int AS {column}" for column in COLUMNS)
    something = " + ".join(f"sum(h.{column})" for column in COLUMNS)
    return (
        f"{span}, {SENT}, {MOVED}, counted AS (SELECT h.workspace_id, h.day, h.{key}, {total} FROM "
        f"({' UNION ALL '.join(halves)}) h GROUP BY 1, 2, 3 HAVING {something} > 0)"
    )
