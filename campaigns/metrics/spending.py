"""What credits did in a cut: granted, spent, returned, spent again, lost."""

from dataclasses import dataclass
from datetime import date

from campaigns.metrics.funnel import SPAN, WHOSE, Cut
from campaigns.running import confirmed
from campaigns.running.database import rows

# Credits are alike, so the oldest goes first: a return is spent again when as many credits have left the balance as had
# come before it, and it is a touch that takes it and not the cap, the calendar or the end of the plan. `p` holds for
# every movement how many had come and gone by then.
SPENT_AGAIN = """
pool AS (
  SELECT c.id, c.balance_id, c.at, c.debit, c.credit,
    c.amount * (c.credit = 'available' AND c.debit <> 'reserved')::int AS came,
    c.amount * ((c.debit = 'available' AND c.credit <> 'reserved') OR
                (c.debit = 'reserved' AND c.credit <> 'available'))::int AS went
  FROM accounts_credittransfer c
  WHERE c.balance_id IN (SELECT r.balance_id FROM moved r WHERE r.debit = 'returned')
), p AS (
  SELECT pool.*, sum(came) OVER w AS all_came, sum(went) OVER w AS all_gone
  FROM pool WINDOW w AS (PARTITION BY balance_id ORDER BY id)
), again AS (
  SELECT r.id, sum(least(r.all_came, o.all_gone) - greatest(r.all_came - r.came, o.all_gone - o.went))::int AS units
  FROM p r JOIN p o ON o.balance_id = r.balance_id AND o.credit = 'spent'
    AND o.all_gone > r.all_came - r.came AND o.all_gone - o.went < r.all_came
  WHERE r.debit = 'returned' AND r.came > 0 AND r.at >= %(since)s::timestamptz AND r.at < %(until)s::timestamptz
  GROUP BY r.id
)"""


@dataclass(frozen=True, slots=True)
class Credits:
    """What the credits of a sender did in these days, at one price. `price_cents`, `grant`: of its plan on the day."""

    sender: int
    price_cents: int
    grant: int
    granted: int
    spent: int
    returned: int
    clipped: int
    expired: int
    forfeited: int
    again: int


def credits(cut: Cut) -> list[Credits]:
    """Movements of credits by sender and price, in one query."""
    sums = ", ".join(
        f"coalesce(sum(x.amount) FILTER (WHERE {condition}), 0)::int AS {name}"
        for name, condition in confirmed.TRANSFERS.items()
    )
    found = rows(
        f"WITH {SPAN}, {confirmed.MOVED}, {SPENT_AGAIN} "
        f"SELECT x.sender_id AS sender, coalesce(m.price_cents, 0) AS price_cents, "
        f'coalesce(m."grant", 0) AS "grant", {sums}, coalesce(sum(a.units), 0)::int AS again '
        "FROM moved x JOIN accounts_sender s ON s.id = x.sender_id LEFT JOIN again a ON a.id = x.id "
        'LEFT JOIN LATERAL (SELECT n.price_cents, n."grant" FROM accounts_planterms n WHERE n.plan_id = s.plan_id '
        "AND n.valid_from <= x.day ORDER BY n.valid_from DESC LIMIT 1) m ON true "
        f"WHERE {WHOSE} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        cut.values(),
    )
    return [Credits(**row) for row in found]


@dataclass(frozen=True, slots=True)
class Week:
    """What credits did in a week; `first` is its Monday, which may lie before the cut."""

    first: date
    granted: int
    spent: int
    returned: int
    expired: int


def weekly(cut: Cut) -> list[Week]:
    """Movements of credits by week, the weeks without any left out."""
    sums = ", ".join(
        f"coalesce(sum(x.amount) FILTER (WHERE {confirmed.TRANSFERS[name]}), 0)::int AS {name}"
        for name in ("granted", "spent", "returned", "expired")
    )
    found = rows(
        f"WITH {SPAN}, {confirmed.MOVED} SELECT date_trunc('week', x.day::timestamp)::date AS first, {sums} "
        f"FROM moved x WHERE {WHOSE} GROUP BY 1 ORDER BY 1",
        cut.values(),
    )
    return [Week(**row) for row in found]
