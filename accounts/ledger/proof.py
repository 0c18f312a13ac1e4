"""Recomputes every promise of the credit ledger from its transfers, whatever the constraints already forbid."""

from dataclasses import dataclass
from typing import LiteralString

from django.db import connection

from outreach.engine.credits import (
    ADJUSTMENT,
    AVAILABLE,
    CLIPPED,
    EXPIRED,
    FORFEITED,
    GRANT,
    RESERVED,
    RETURNED,
    SPENT,
)


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that does not hold. `rows`: the rows that show it, as table:id."""

    rule: str
    sentence: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A question whose every answer, a row (table:id, …), is a breach."""

    rule: str
    sentence: str
    sql: LiteralString


WAYS: tuple[tuple[str, str], ...] = (
    (GRANT, AVAILABLE),
    (GRANT, CLIPPED),
    (AVAILABLE, RESERVED),
    (RESERVED, SPENT),
    (RESERVED, AVAILABLE),
    (RESERVED, CLIPPED),
    (RETURNED, AVAILABLE),
    (RETURNED, CLIPPED),
    (RETURNED, ADJUSTMENT),
    (ADJUSTMENT, RETURNED),
    (ADJUSTMENT, AVAILABLE),
    (AVAILABLE, ADJUSTMENT),
    (AVAILABLE, CLIPPED),
    (AVAILABLE, EXPIRED),
    (AVAILABLE, FORFEITED),
)
"""The movements that there are, as (debit, credit): each takes from one account what it gives to another."""

# Every transfer with the balance right after it. Ids of one balance rise in the order of its lock.
_RUNNING: LiteralString = """
WITH running AS (
  SELECT t.*,
    sum(CASE 'available' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0 END) OVER w AS available,
    sum(CASE 'reserved' WHEN credit THEN amount WHEN debit THEN -amount ELSE 0 END) OVER w AS reserved
  FROM accounts_credittransfer t WHERE %(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s
  WINDOW w AS (PARTITION BY balance_id ORDER BY id)
)
"""

CHECKS: tuple[Check, ...] = (
    Check(
        "I1",
        "A transfer does not move credits between two accounts in a way that exists.",
        """
        SELECT 'credittransfer:' || id FROM accounts_credittransfer
        WHERE (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
          AND (amount <= 0 OR NOT (debit, credit) IN (SELECT * FROM unnest(%(debits)s::text[], %(credits)s::text[])))
        """,
    ),
    Check(
        "I2",
        "Credits available or reserved were below zero after this transfer.",
        _RUNNING + "SELECT 'credittransfer:' || id FROM running WHERE available < 0 OR reserved < 0",
    ),
    Check(
        "I3",
        "A touch held more than one credit at once, or settled one that it did not hold.",
        """
        SELECT 'credittransfer:' || id, 'touch:' || touch FROM (
          SELECT id, touch, sum((credit = 'reserved')::int * amount - (debit = 'reserved')::int * amount)
                            OVER (PARTITION BY balance_id, touch ORDER BY id) AS held
          FROM accounts_credittransfer
          WHERE (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s) AND 'reserved' IN (debit, credit)
        ) t WHERE held NOT IN (0, 1) OR touch IS NULL
        """,
    ),
    Check(
        "I4",
        "A touch was paid more than once, or a credit was spent without a touch.",
        """
        SELECT 'touch:' || touch, 'credittransfer:' || min(id), 'credittransfer:' || max(id)
        FROM accounts_credittransfer
        WHERE (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s) AND credit = 'spent'
        GROUP BY touch HAVING sum(amount) > 1 OR touch IS NULL
        """,
    ),
    Check(
        "I5",
        "A touch returned more than one credit, or one that it had not spent before.",
        """
        SELECT 'touch:' || r.touch, 'credittransfer:' || min(r.id), 'credittransfer:' || max(r.id)
        FROM accounts_credittransfer r
        WHERE (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
          AND r.debit = 'returned' AND r.touch IS NOT NULL
        GROUP BY r.balance_id, r.touch
        HAVING sum(r.amount) > 1 OR NOT EXISTS (
          SELECT FROM accounts_credittransfer s
          WHERE s.balance_id = r.balance_id AND s.touch = r.touch AND s.credit = 'spent' AND s.id < min(r.id))
        """,
    ),
    Check(
        "I5",
        "More touches claimed a return seen in the provider's balance than it had brought in.",
        """
        WITH t AS (
          SELECT balance_id, split_part(cause, ':', 2) AS observation, debit, amount FROM accounts_credittransfer
          WHERE (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
            AND ((debit = 'adjustment' AND credit = 'returned') OR (debit = 'returned' AND touch IS NULL))
        )
        SELECT 'creditobservation:' || observation, 'creditbalance:' || balance_id
        FROM t GROUP BY balance_id, observation
        HAVING sum(CASE debit WHEN 'adjustment' THEN amount ELSE -amount END) > 0
        """,
    ),
    Check(
        "I7",
        "The balance is not the sum of its transfers.",
        """
        SELECT 'creditbalance:' || b.id FROM accounts_creditbalance b
        LEFT JOIN accounts_credittransfer t ON t.balance_id = b.id
        WHERE %(workspace)s::bigint IS NULL OR b.workspace_id = %(workspace)s
        GROUP BY b.id
        HAVING b.available <> coalesce(sum(CASE 'available' WHEN credit THEN amount WHEN debit THEN -amount END), 0)
            OR b.reserved <> coalesce(sum(CASE 'reserved' WHEN credit THEN amount WHEN debit THEN -amount END), 0)
        """,
    ),
    Check(
        "I7",
        "A movement with the same cause was booked twice.",
        """
        SELECT 'creditbalance:' || balance_id, 'credittransfer:' || min(id), 'credittransfer:' || max(id)
        FROM accounts_credittransfer WHERE %(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s
        GROUP BY balance_id, cause HAVING count(*) > 1
        """,
    ),
    Check(
        "I8",
        "More credits than the cap were kept after this transfer.",
        # A cap that changes at the very instant of a transfer may have changed before or after it.
        _RUNNING
        + """
        , caps AS (
          SELECT b.id AS balance_id, (h.data ->> 'cap')::int AS cap, h.at,
                 lead(h.at, 1, 'infinity') OVER (PARTITION BY b.id ORDER BY h.id) AS until
          FROM accounts_creditbalance b
          JOIN accounts_history h ON h.workspace_id = b.workspace_id AND h.subject = 'creditbalance:' || b.id
           AND h.verb = 'cap'
        )
        SELECT 'credittransfer:' || r.id, 'creditbalance:' || r.balance_id
        FROM running r JOIN accounts_creditbalance b ON b.id = r.balance_id
        LEFT JOIN caps c ON c.balance_id = r.balance_id AND r.at BETWEEN c.at AND c.until
        WHERE r.available > 0
        GROUP BY r.id, r.balance_id, r.available, r.reserved, b.cap
        HAVING r.available + r.reserved > coalesce(max(c.cap), b.cap)
        """,
    ),
    Check(
        "I8",
        "A balance keeps more credits than its cap.",
        """
        SELECT 'creditbalance:' || id FROM accounts_creditbalance
        WHERE (%(workspace)s::bigint IS NULL OR workspace_id = %(workspace)s)
          AND available > 0 AND available + reserved > cap
        """,
    ),
    Check(
        "I9",
        "Transfers could be edited: the trigger that keeps them append-only is missing or off.",
        """
        SELECT 'accounts_credittransfer:' WHERE NOT EXISTS (
          SELECT FROM pg_trigger WHERE tgrelid = 'accounts_credittransfer'::regclass
          AND tgname LIKE 'pgtrigger_append_only_%%' AND tgenabled <> 'D')
        """,
    ),
    Check(
        "lots",
        "A lot does not hold what came into it less what left it.",
        """
        SELECT 'creditlot:' || l.id FROM accounts_creditlot l
        LEFT JOIN accounts_credittransfer t ON t.lot_id = l.id AND 'available' IN (t.debit, t.credit)
        WHERE %(workspace)s::bigint IS NULL OR l.workspace_id = %(workspace)s
        GROUP BY l.id
        HAVING l.remaining <> coalesce(sum(CASE t.credit WHEN 'available' THEN t.amount ELSE -t.amount END), 0)
            OR l.remaining > l.amount
        """,
    ),
    Check(
        "lots",
        "The lots hold more credits than are available.",
        """
        SELECT 'creditbalance:' || b.id FROM accounts_creditbalance b JOIN accounts_creditlot l ON l.balance_id = b.id
        WHERE %(workspace)s::bigint IS NULL OR b.workspace_id = %(workspace)s
        GROUP BY b.id HAVING sum(l.remaining) > b.available
        """,
    ),
)


def proof(workspace_id: int | None = None) -> list[Breach]:
    """Every breach in one workspace's ledger, or in all; empty when the ledger is exact.

    What it takes touches to say (each paid InMail has its spend, a free one none, an answer came within 90 days) is
    checked where touches live.
    """
    values = {
        "workspace": workspace_id,
        "debits": [debit for debit, _ in WAYS],
        "credits": [credit for _, credit in WAYS],
    }
    breaches: list[Breach] = []
    with connection.cursor() as cursor:
        for check in CHECKS:
            cursor.execute(check.sql, values)
            breaches += [Breach(check.rule, check.sentence, tuple(row)) for row in cursor.fetchall()]
    return breaches
