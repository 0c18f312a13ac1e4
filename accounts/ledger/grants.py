"""Credits that come and go with the calendar: the grant of each period, and lots whose life is over."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, LiteralString

from django.db import connection, transaction
from django_scopes import scopes_disabled

from accounts.ledger.booking import Entry, book, locked, note_cap
from accounts.models import CreditBalance, CreditLot, PlanTerms, Sender
from outreach.engine import credits, periods
from outreach.engine.credits import Lot

BATCH = 1000
"""Balances worked on at a time: bounds memory, not the number of balances."""

# A balance that somebody is moving credits of is left for the next call: nothing waits for a whole batch.
_DUE: LiteralString = """
WITH t AS (
  SELECT DISTINCT ON (plan_id) plan_id, product, renewal, inmail FROM accounts_planterms
  WHERE valid_from <= %(today)s ORDER BY plan_id, valid_from DESC
)
SELECT b.id FROM accounts_creditbalance b
JOIN accounts_sender s ON s.id = b.sender_id
JOIN t ON t.plan_id = s.plan_id AND t.inmail AND t.product = b.product
JOIN unnest(%(days)s::int[], %(months)s::text[], %(anniversaries)s::text[]) AS k (day, month, anniversary)
  ON k.day = s.anchor_day
WHERE s.state <> 'archived' AND b.granted_period < CASE t.renewal WHEN 'month' THEN k.month ELSE k.anniversary END
  AND (%(only)s::bigint[] IS NULL OR b.id = ANY(%(only)s::bigint[]))
ORDER BY b.sender_id, b.id LIMIT %(batch)s FOR NO KEY UPDATE OF b SKIP LOCKED
"""


@transaction.atomic
def grant_due(*, now: datetime, balances: Iterable[int] | None = None) -> list[int]:
    """Book every grant that is due, in all workspaces or of these balances; the ids of senders that got any.

    Each period is granted once, whoever asks how often; periods missed are caught up on, each under the terms in force
    when it began, and what passes the cap is clipped. Archived senders get none.
    """
    days = list(range(1, 32))
    values: dict[str, Any] = {
        "today": now.astimezone(UTC).date(),
        "days": days,
        "months": [periods.key("month", now)] * 31,
        "anniversaries": [periods.key("anniversary", now, day) for day in days],
        "only": None if balances is None else list(balances),
        "batch": BATCH,
    }
    senders: list[int] = []
    with scopes_disabled():
        while True:
            with connection.cursor() as cursor:
                cursor.execute(_DUE, values)
                ids = [pk for (pk,) in cursor.fetchall()]
            if not ids:
                return senders
            senders += _grant(locked(*ids), now)


def _grant(rows: list[CreditBalance], now: datetime) -> list[int]:
    terms = _terms({row.sender.plan_id for row in rows if row.sender.plan_id is not None})
    entries = [_entry(row, row.sender, terms[row.sender.plan_id or 0], now) for row in rows]
    caps = {row.pk: row.cap for row in rows}
    granted = {transfer.balance_id for transfer in book(entries, now=now) if transfer.debit == credits.GRANT}
    for row in rows:
        if row.cap != caps[row.pk]:
            note_cap(row, by=None, now=now)
    return [row.sender_id for row in rows if row.pk in granted]


def _entry(row: CreditBalance, sender: Sender, terms: list[PlanTerms], now: datetime) -> Entry:
    """The grants due to one balance, period by period under the terms of each, and then today's cap."""
    entry = Entry(row)
    current = _in_force(terms, now.astimezone(UTC).date())
    assert current is not None  # the query that found the balance looked at the same rows
    for period in periods.due(row.granted_period or None, current.renewal, now, sender.anchor_day):
        entry.period = period
        then = _in_force(terms, date.fromisoformat(period)) or current
        if not then.inmail or then.product != row.product:
            continue
        if then.cap != entry.now_at.cap:
            entry.recap(then.cap, period)
        grant = credits.grant_moves(entry.now_at, then.grant, period)
        entry.add(grant, since=start_of(period), life=then.credit_life_days)
    if current.cap != entry.now_at.cap:  # terms that began after the last of these periods
        entry.recap(current.cap, f"{entry.period}:today")
    return entry


def start_of(period: str) -> datetime:
    """The first instant of a renewal period, by its key."""
    return datetime.fromisoformat(period).replace(tzinfo=UTC)


def _terms(plans: set[int]) -> dict[int, list[PlanTerms]]:
    """All terms of these plans, the newest first."""
    by_plan: dict[int, list[PlanTerms]] = {}
    for terms in PlanTerms.objects.filter(plan__in=plans).order_by("-valid_from"):
        by_plan.setdefault(terms.plan_id, []).append(terms)
    return by_plan


def _in_force(terms: list[PlanTerms], day: date) -> PlanTerms | None:
    return next((t for t in terms if t.valid_from <= day), None)


@transaction.atomic
def expire_due(*, now: datetime) -> list[int]:
    """Take what is left in lots whose life is over, in all workspaces; the ids of senders that lost any."""
    senders: list[int] = []
    with scopes_disabled():
        over = CreditLot.objects.filter(remaining__gt=0, expires_at__lte=now).order_by("balance", "id")
        owners = sorted(set(over.values_list("balance_id", flat=True)))
        for first in range(0, len(owners), BATCH):
            rows = {row.pk: row for row in locked(*owners[first : first + BATCH])}
            entries = [
                Entry(rows[lot.balance_id], list(credits.expire_moves([_as_lot(lot)], now)), lot=lot)
                for lot in over.filter(balance__in=rows)
            ]
            gone = {transfer.balance_id for transfer in book(entries, now=now)}
            senders += [row.sender_id for row in rows.values() if row.pk in gone]
    return senders


def _as_lot(row: CreditLot) -> Lot:
    return Lot(str(row.pk), row.remaining, row.expires_at)
