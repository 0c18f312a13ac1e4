"""How long answers take: theirs to what we sent, and ours to what they wrote."""

from dataclasses import dataclass
from datetime import timedelta

from campaigns.metrics.funnel import SPAN, WHOSE, Cut
from campaigns.running import confirmed
from campaigns.running.database import rows


@dataclass(frozen=True, slots=True)
class Delay:
    """A length of time. `label`: on an axis; `words`: in a sentence; `condition`: of the replies that took it."""

    label: str
    words: str
    condition: str


def _delay(label: str, words: str, over: str, under: str) -> Delay:
    ends = [f"x.replied_at - x.at >= interval '{over}'"] if over else []
    ends += [f"x.replied_at - x.at < interval '{under}'"] if under else []
    return Delay(label, words, " AND ".join(["x.replied", *ends]))


DELAYS: dict[str, Delay] = {
    "replied_1h": _delay("under 1 h", "within an hour", "", "1 hour"),
    "replied_4h": _delay("1 to 4 h", "after 1 to 4 hours", "1 hour", "4 hours"),
    "replied_24h": _delay("4 to 24 h", "after 4 to 24 hours", "4 hours", "24 hours"),
    "replied_3d": _delay("1 to 3 d", "after 1 to 3 days", "24 hours", "72 hours"),
    "replied_7d": _delay("3 to 7 d", "after 3 to 7 days", "72 hours", "168 hours"),
    "replied_later": _delay("over 7 d", "after more than 7 days", "168 hours", ""),
}
"""Measure → the replies that took so long, the shortest first. Every human reply is in one of them."""


@dataclass(frozen=True, slots=True)
class Replies:
    """How long human replies took. `median`: None when there was none; `counts`: by measure."""

    median: timedelta | None
    counts: dict[str, int]


def replies(cut: Cut) -> Replies:
    """How long after the touch that it answers each human reply came."""
    sums = ", ".join(f"(count(*) FILTER (WHERE {delay.condition}))::int AS {name}" for name, delay in DELAYS.items())
    [found] = rows(
        f"WITH {SPAN}, {confirmed.SENT} SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x.replied_at - x.at) AS "
        f"median, {sums} FROM sent x WHERE x.replied AND {WHOSE}",
        cut.values(),
    )
    return Replies(found["median"], {name: found[name] for name in DELAYS})


@dataclass(frozen=True, slots=True)
class Ours:
    """How long we took to answer. `median`: of what was answered; `waits`: what was not yet."""

    median: timedelta | None
    answered: int
    waits: int


def ours(cut: Cut) -> dict[int | None, Ours]:
    """How long people's words of these days waited for ours, by the owner of the sender; all together under None. Of
    words that follow each other the first counts. Days, sender and owner are heeded, the finer cuts are not."""
    found = rows(
        f"WITH {SPAN}, said AS (SELECT s.owner_id, m.at, m.thread_id, m.intent, "
        "lag(m.inbound) OVER (PARTITION BY m.thread_id ORDER BY m.at, m.id) AS after_theirs, m.inbound, "
        "min(m.at) FILTER (WHERE NOT m.inbound) OVER (PARTITION BY m.thread_id ORDER BY m.at, m.id "
        "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS answered_at "
        "FROM span w JOIN campaigns_thread h ON h.workspace_id = w.workspace_id AND h.last_at >= w.since "
        "AND h.last_inbound_at >= w.since JOIN accounts_sender s ON s.id = h.sender_id "
        "JOIN campaigns_message m ON m.thread_id = h.id "
        "WHERE (m.inbound IS FALSE OR m.intent <> 'out_of_office') "
        "AND (%(sdr)s::bigint IS NULL OR s.owner_id = %(sdr)s::bigint) "
        "AND (%(sender)s::bigint IS NULL OR h.sender_id = %(sender)s::bigint)) "
        "SELECT x.owner_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY x.answered_at - x.at) AS median, "
        "count(x.answered_at)::int AS answered, (count(*) - count(x.answered_at))::int AS waits "
        "FROM said x JOIN span w ON x.at >= w.since AND x.at < w.until "
        "WHERE x.inbound AND x.after_theirs IS NOT TRUE GROUP BY GROUPING SETS ((x.owner_id), ())",
        cut.values(),
    )
    return {row["owner_id"]: Ours(row["median"], row["answered"], row["waits"]) for row in found}
