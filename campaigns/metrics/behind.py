"""The rows behind each number.

A number and its rows are asked of the same relations with the same conditions, so that they cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.metrics.funnel import SPAN, WHOSE, Cut
from campaigns.metrics.spending import SPENT_AGAIN
from campaigns.metrics.timing import DELAYS
from campaigns.running import confirmed
from campaigns.running.database import Row, rows

AGAIN = "again"
"""Measure of credits that came back and were spent again: the oldest credit is spent first."""

MEASURES: dict[str, str] = {
    "sent": "Touches sent",
    "accepted": "Invites accepted",
    "declined": "Declined or lapsed",
    "replied": "Human replies",
    "out_of_office": "Out of office",
    "opted_out": "Asked to stop",
    "meetings": "Meetings",
    **{name: f"Human replies {delay.words}" for name, delay in DELAYS.items()},
    "granted": "Credits granted",
    "spent": "Credits spent",
    "returned": "Credits returned",
    "clipped": "Credits clipped at the cap",
    "expired": "Credits expired",
    "forfeited": "Credits forfeited",
    AGAIN: "Returned credits spent again",
}
"""Every measure in words."""

OF_CREDITS: tuple[str, ...] = (*confirmed.TRANSFERS, AGAIN)


@dataclass(frozen=True, slots=True)
class Behind:
    """Rows of a measure, the newest first. `count`: all rows; `total`: what they add up to, which is the number."""

    count: int
    total: int
    rows: Sequence[Row]


def behind(cut: Cut, measure: str, *, after: tuple[datetime, int] | None = None, limit: int | None = None) -> Behind:
    """The touches or movements that a number counts. `after`: the row shown last, (instant, id). Raises KeyError for a
    measure that there is not."""
    of_credits = measure in OF_CREDITS
    if measure == AGAIN:
        relations, amount, condition = f"{confirmed.MOVED}, {SPENT_AGAIN}", "a.units", "a.units > 0"
    elif of_credits:
        relations, amount, condition = confirmed.MOVED, "x.amount", confirmed.TRANSFERS[measure]
    else:
        condition = DELAYS[measure].condition if measure in DELAYS else confirmed.TOUCHES[measure]
        relations, amount = confirmed.SENT, "1"
    relation = "moved" if of_credits else "sent"
    own = (
        "x.debit, x.credit, x.touch, NULL::timestamptz AS replied_at, '' AS response"
        if of_credits
        else "'' AS debit, '' AS credit, x.id AS touch, x.replied_at, x.response"
    )
    joined = " LEFT JOIN again a ON a.id = x.id" if measure == AGAIN else ""
    values = cut.values() | {
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else 0,
        "limit": limit,
    }
    found = rows(
        f"WITH {SPAN}, {relations}, chosen AS (SELECT x.id, x.at, x.sender_id, x.owner_id, x.campaign_id, "
        f"x.enrollment_id, x.prospect_id, x.kind, x.tier, {own}, {amount} AS amount FROM {relation} x{joined} "
        f"WHERE {condition} AND {WHOSE}) "
        "SELECT c.*, n.rows_in_all, n.total, s.name AS sender, g.name AS campaign, p.first_name, p.last_name, p.slug "
        "FROM (SELECT count(*)::int AS rows_in_all, coalesce(sum(amount), 0)::int AS total FROM chosen) n "
        "LEFT JOIN LATERAL (SELECT * FROM chosen WHERE %(after_at)s::timestamptz IS NULL OR (at, id) < "
        "(%(after_at)s::timestamptz, %(after_id)s::bigint) ORDER BY at DESC, id DESC "
        "LIMIT %(limit)s::bigint) c ON true LEFT JOIN accounts_sender s ON s.id = c.sender_id "
        "LEFT JOIN campaigns_campaign g ON g.id = c.campaign_id "
        "LEFT JOIN prospects_prospect p ON p.id = c.prospect_id ORDER BY c.at DESC, c.id DESC",
        values,
    )
    return Behind(found[0]["rows_in_all"], found[0]["total"], [row for row in found if row["id"] is not None])
