"""Reservations of many touches settled at once: as `post` or `void` for each of them, in one round trip.

The balances are locked first, in the lock order; then one statement decides on what is true under the locks and moves
balances, lots and ledger together.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString, cast

from django.db import connection

from accounts.ledger.movements import NotReserved, SettledOtherwise
from outreach import session

_LOCK: LiteralString = (
    "SELECT id FROM accounts_creditbalance WHERE id = ANY(%(balances)s) ORDER BY sender_id, id FOR NO KEY UPDATE"
)

# What is released one after the other while a balance is above its cap is clipped: the first so many of each balance.
_SETTLE: LiteralString = """
WITH asked AS (
  SELECT DISTINCT balance_id, touch FROM unnest(%(balances)s::bigint[], %(touches)s::bigint[]) a (balance_id, touch)
), r AS (
  SELECT DISTINCT ON (t.balance_id, t.touch) t.id, t.balance_id, t.touch, t.lot_id,
         'settle:' || substr(t.cause, 9) AS cause
  FROM asked a JOIN accounts_credittransfer t ON t.touch = a.touch AND t.balance_id = a.balance_id
  WHERE t.credit = 'reserved' ORDER BY t.balance_id, t.touch, t.id DESC
), done AS (
  SELECT r.id, t.credit FROM r JOIN accounts_credittransfer t ON t.balance_id = r.balance_id AND t.cause = r.cause
), made AS (
  INSERT INTO accounts_credittransfer
         (workspace_id, balance_id, debit, credit, amount, cause, touch, lot_id, at, note)
  SELECT b.workspace_id, b.id, 'reserved',
         CASE WHEN %(spent)s THEN 'spent'
              WHEN row_number() OVER (PARTITION BY b.id ORDER BY r.id) <= b.available + b.reserved - b.cap
              THEN 'clipped' ELSE 'available' END,
         1, r.cause, r.touch, r.lot_id, %(now)s, ''
  FROM r JOIN accounts_creditbalance b ON b.id = r.balance_id WHERE r.id NOT IN (SELECT id FROM done)
  RETURNING balance_id, credit, lot_id
), moved AS (
  UPDATE accounts_creditbalance b SET reserved = b.reserved - m.settled, available = b.available + m.back
  FROM (SELECT balance_id, count(*)::int AS settled, (count(*) FILTER (WHERE credit = 'available'))::int AS back
        FROM made GROUP BY 1) m WHERE b.id = m.balance_id
), refilled AS (
  UPDATE accounts_creditlot l SET remaining = l.remaining + m.back
  FROM (SELECT lot_id, count(*)::int AS back FROM made WHERE credit = 'available' GROUP BY 1) m WHERE l.id = m.lot_id
)
SELECT (SELECT count(*) FROM asked) AS asked, (SELECT count(*) FROM r) AS reserved,
       (SELECT count(*) FROM done WHERE (credit = 'spent') <> %(spent)s) AS otherwise,
       (SELECT count(*) FROM made) AS made"""


def post_all(touches: Iterable[tuple[int, int]], *, now: datetime) -> int:
    """These InMails, (balance, touch) each, were sent: spend their credits. How many were not spent before.

    Raises NotReserved or SettledOtherwise when one of them is not as it must be; the caller's transaction is void then.
    """
    return _settle_all(touches, now=now, spent=True)


def void_all(touches: Iterable[tuple[int, int]], *, now: datetime) -> int:
    """These InMails, (balance, touch) each, were not sent: release their credits, or clip them where the cap was
    lowered meanwhile. How many were not released before. Raises as `post_all`."""
    return _settle_all(touches, now=now, spent=False)


def _settle_all(touches: Iterable[tuple[int, int]], *, now: datetime, spent: bool) -> int:
    pairs = list(touches)
    if not pairs:
        return 0
    values = {
        "balances": [balance for balance, _ in pairs],
        "touches": [touch for _, touch in pairs],
        "now": now,
        "spent": spent,
    }
    connection.ensure_connection()
    with connection.wrap_database_errors:
        _, [found] = session.of(cast(Any, connection.connection)).run([(_LOCK, values), (_SETTLE, values)])
    if missing := found["asked"] - found["reserved"]:
        raise NotReserved(f"{missing} of {found['asked']} touches hold no credit: reserve one before settling it.")
    if wrong := found["otherwise"]:
        was = "released" if spent else "spent"
        raise SettledOtherwise(f"The credits of {wrong} touches were already {was}: a reservation is settled once.")
    return int(found["made"])
