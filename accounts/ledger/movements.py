"""The credit of one touch: set aside at the gate, then spent or released once, and given back once by an answer.

Each verb is one round trip of two statements in the caller's transaction: the first takes the balance row's lock, the
second starts after the wait, so that it decides on what is true under the lock, and moves balance, lot and ledger
together. Every verb may be repeated; what was done is not done again.
"""

from datetime import UTC, datetime
from typing import Any, LiteralString, cast

from django.db import connection

from outreach import session
from outreach.engine.credits import return_due


class LedgerRefusal(Exception):
    """A movement that the ledger refuses. The message is a sentence for people."""


class NotEnoughCredits(LedgerRefusal):
    """No credit may be set aside now. `blocked`: the balance is held until a person acts, waiting does not help."""

    def __init__(self, sentence: str, *, blocked: bool = False) -> None:
        super().__init__(sentence)
        self.blocked = blocked


class NotReserved(LedgerRefusal):
    """The touch holds no credit of this balance."""


class SettledOtherwise(LedgerRefusal):
    """The reservation was already settled the other way: spent instead of released, or released instead of spent."""


class NotSpent(LedgerRefusal):
    """The touch spent no credit of this balance, so none can come back."""


_LOCK: LiteralString = "SELECT id FROM accounts_creditbalance WHERE id = %(balance)s FOR NO KEY UPDATE"

_RESERVE: LiteralString = """
WITH b AS (
  SELECT b.id, b.workspace_id, b.available, b.blocked, t.taken, t.settled, t.spent,
         b.available - (SELECT coalesce(sum(remaining), 0) FROM accounts_creditlot
                        WHERE balance_id = b.id AND remaining > 0 AND expires_at <= %(now)s) AS alive,
         (SELECT id FROM accounts_creditlot WHERE balance_id = b.id AND remaining > 0 AND expires_at > %(now)s
          ORDER BY expires_at, id LIMIT 1) AS lot_id
  FROM accounts_creditbalance b,
       (SELECT count(*) FILTER (WHERE credit = 'reserved') AS taken,
               count(*) FILTER (WHERE debit = 'reserved') AS settled,
               count(*) FILTER (WHERE credit = 'spent') AS spent
        FROM accounts_credittransfer WHERE touch = %(touch)s) t
  WHERE b.id = %(balance)s
), made AS (
  INSERT INTO accounts_credittransfer
         (workspace_id, balance_id, debit, credit, amount, cause, touch, lot_id, at, note)
  SELECT workspace_id, id, 'available', 'reserved', 1,
         'reserve:' || %(touch)s || CASE taken WHEN 0 THEN '' ELSE ':' || taken END, %(touch)s, lot_id, %(now)s,
         %(note)s
  FROM b WHERE taken = settled AND spent = 0 AND blocked = '' AND alive > %(leave)s
  RETURNING lot_id
), moved AS (
  UPDATE accounts_creditbalance SET available = available - 1, reserved = reserved + 1
  FROM made WHERE id = %(balance)s
), drawn AS (
  UPDATE accounts_creditlot SET remaining = remaining - 1 FROM made WHERE id = made.lot_id
)
SELECT taken > settled AS held, spent, blocked, alive, (SELECT count(*) FROM made) AS made FROM b"""

_SETTLE: LiteralString = """
WITH r AS (
  SELECT balance_id, lot_id, 'settle:' || substr(cause, 9) AS cause FROM accounts_credittransfer
  WHERE touch = %(touch)s AND balance_id = %(balance)s AND credit = 'reserved' ORDER BY id DESC LIMIT 1
), done AS (
  SELECT t.credit FROM accounts_credittransfer t JOIN r ON t.balance_id = r.balance_id AND t.cause = r.cause
), made AS (
  INSERT INTO accounts_credittransfer
         (workspace_id, balance_id, debit, credit, amount, cause, touch, lot_id, at, note)
  SELECT b.workspace_id, b.id, 'reserved',
         CASE WHEN %(spent)s THEN 'spent' WHEN b.available + b.reserved > b.cap THEN 'clipped' ELSE 'available' END,
         1, r.cause, %(touch)s, r.lot_id, %(now)s, ''
  FROM accounts_creditbalance b, r WHERE b.id = %(balance)s AND NOT EXISTS (SELECT FROM done)
  RETURNING credit, lot_id
), moved AS (
  UPDATE accounts_creditbalance
  SET reserved = reserved - 1, available = available + (made.credit = 'available')::int
  FROM made WHERE id = %(balance)s
), refilled AS (
  UPDATE accounts_creditlot SET remaining = remaining + 1
  FROM made WHERE id = made.lot_id AND made.credit = 'available'
)
SELECT EXISTS (SELECT FROM r) AS reserved, (SELECT credit FROM done) AS done, (SELECT count(*) FROM made) AS made"""

# A return that an observation of the provider's balance already brought in is only given its name: both of its
# transfers pass through the adjustment account, so that neither what is available nor what is reserved moves.
_GIVE_BACK: LiteralString = """
WITH b AS (
  SELECT b.id, b.workspace_id, b.available + b.reserved < b.cap AS room,
         EXISTS (SELECT FROM accounts_credittransfer WHERE touch = %(touch)s AND balance_id = b.id AND credit = 'spent')
         AS spent,
         EXISTS (SELECT FROM accounts_credittransfer WHERE touch = %(touch)s AND debit = 'returned') AS done,
         (SELECT o.id FROM accounts_creditobservation o
          WHERE o.balance_id = b.id AND o.outcome = 'returned' AND o.at >= %(sent_at)s
            AND (SELECT sum(amount) FROM accounts_credittransfer t WHERE t.balance_id = b.id
                 AND t.cause IN ('observed:' || o.id, 'observed:' || o.id || ':clipped'))
              > (SELECT count(*) FROM accounts_credittransfer t WHERE t.balance_id = b.id
                 AND starts_with(t.cause, 'attribute:' || o.id || ':'))
          ORDER BY o.id LIMIT 1) AS observation,
         (SELECT p.credit_life_days FROM accounts_sender s JOIN accounts_planterms p ON p.plan_id = s.plan_id
          WHERE s.id = b.sender_id AND p.valid_from <= %(today)s ORDER BY p.valid_from DESC LIMIT 1) AS life
  FROM accounts_creditbalance b WHERE b.id = %(balance)s
), opened AS (
  INSERT INTO accounts_creditlot (workspace_id, balance_id, opened_at, expires_at, amount, remaining)
  SELECT workspace_id, id, %(now)s, %(now)s + life * interval '1 day', 1, 1
  FROM b WHERE spent AND NOT done AND room AND observation IS NULL AND life IS NOT NULL
  RETURNING id
), made AS (
  INSERT INTO accounts_credittransfer
         (workspace_id, balance_id, debit, credit, amount, cause, touch, lot_id, at, note)
  SELECT b.workspace_id, b.id, m.debit, m.credit, 1, m.cause, %(touch)s, (SELECT id FROM opened), %(now)s, m.note
  FROM b, LATERAL (VALUES
    (1, 'returned',
     CASE WHEN b.observation IS NOT NULL THEN 'adjustment' WHEN b.room THEN 'available' ELSE 'clipped' END,
     'return:' || %(touch)s, ''),
    (2, 'adjustment', 'returned', 'attribute:' || b.observation || ':' || %(touch)s,
     'The return that observation ' || b.observation || ' of the provider''s balance had already brought in.')
  ) m (n, debit, credit, cause, note)
  WHERE b.spent AND NOT b.done AND (m.n = 1 OR b.observation IS NOT NULL) ORDER BY m.n
  RETURNING credit
), moved AS (
  UPDATE accounts_creditbalance SET available = available + 1
  FROM made WHERE id = %(balance)s AND made.credit = 'available'
)
SELECT spent, (SELECT count(*) FROM made) AS made FROM b"""


def _ask(statement: LiteralString, balance_id: int, **values: Any) -> session.Row:
    """Lock, then do: the row that the second statement answers. Raises NotReserved for a balance that is not there."""
    values["balance"] = balance_id
    connection.ensure_connection()
    with connection.wrap_database_errors:
        _, found = session.of(cast(Any, connection.connection)).run([(_LOCK, values), (statement, values)])
    if not found:
        raise NotReserved(f"There is no credit balance {balance_id}: open one for the sender's plan first.")
    return found[0]


def reserve(balance_id: int, *, touch: int, now: datetime, leave: int = 0, note: str = "") -> bool:
    """Set one credit aside for a touch; False when it already holds one. `leave`: credits that must stay available.
    `note`: what the statement says beside it.

    Credits that expire first are used first. A touch that was released may be reserved anew, one that was paid may not.
    Raises NotEnoughCredits, or SettledOtherwise for a touch that was paid.
    """
    found = _ask(_RESERVE, balance_id, touch=touch, now=now, leave=leave, note=note[:300])
    if found["made"] or found["held"]:
        return bool(found["made"])
    if found["spent"]:
        raise SettledOtherwise(f"Touch {touch} was already paid with a credit: look for a touch that is sent twice.")
    if found["blocked"]:
        raise NotEnoughCredits(found["blocked"], blocked=True)
    if (alive := found["alive"]) > 0:
        raise NotEnoughCredits(f"The last {alive} credits are held: wait for the next grant, or release held credits.")
    raise NotEnoughCredits("No InMail credit is left: wait for the next grant or for an answer that returns one.")


def post(balance_id: int, *, touch: int, now: datetime) -> bool:
    """The InMail was sent: spend its credit. False when that was done. Raises NotReserved or SettledOtherwise."""
    return _settle(balance_id, touch=touch, now=now, spent=True)


def void(balance_id: int, *, touch: int, now: datetime) -> bool:
    """The InMail was not sent: release its credit, or clip it where the cap was lowered meanwhile.

    False when that was done. Raises NotReserved or SettledOtherwise.
    """
    return _settle(balance_id, touch=touch, now=now, spent=False)


def _settle(balance_id: int, *, touch: int, now: datetime, spent: bool) -> bool:
    found = _ask(_SETTLE, balance_id, touch=touch, now=now, spent=spent)
    done = found["done"]
    if not found["reserved"]:
        raise NotReserved(f"Touch {touch} holds no credit of balance {balance_id}: reserve one before settling it.")
    if done is not None and (done == "spent") is not spent:
        was = "spent" if done == "spent" else "released"
        raise SettledOtherwise(f"The credit of touch {touch} was already {was}: a reservation is settled once.")
    return bool(found["made"])


def give_back(balance_id: int, *, touch: int, sent_at: datetime, responded_at: datetime, now: datetime) -> bool:
    """An answer within 90 days of sending returns the InMail's credit, once, up to the cap.

    False when it came too late or the credit came back before. A return that an observation had brought in without
    knowing whose it was becomes this touch's return and moves nothing. Raises NotSpent before the post.
    """
    if not return_due(sent_at, responded_at):
        return False
    today = now.astimezone(UTC).date()
    found = _ask(_GIVE_BACK, balance_id, touch=touch, sent_at=sent_at, now=now, today=today)
    if not found["spent"]:
        raise NotSpent(f"Touch {touch} spent no credit of balance {balance_id}: book the return after the post.")
    return bool(found["made"])
