"""A sender's allowances between the database and the engine: read under lock, counted, written back with their
opening."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import Any

from accounts.models import Sender
from campaigns.models import Allowance as AllowanceRow
from campaigns.models import Lane
from campaigns.running import caps, lanes, terms
from campaigns.running.database import Row, Statement, commit, rows, short_transaction, together
from outreach.connectors import registry
from outreach.engine import limits, pacing
from outreach.engine.facts import Allowance, Hours, Limits
from outreach.engine.kinds import LONG_AGO, NEVER, Budget, Kind
from outreach.engine.windows import parse_hours

GUIDED_WORK_S = 0
"""A guided act has no provider call of ours that could arrive late."""


def hours_of(row: Row) -> Hours:
    """Working hours from the columns zone, hours and days_off (JSON as the database writes it)."""
    return _hours(row["zone"], row["hours"], row["days_off"])


@lru_cache(maxsize=1024)
def _hours(zone: str, week: str, days_off: str) -> Hours:
    return parse_hours(json.loads(week), zone=zone, days_off=[date.fromisoformat(day) for day in json.loads(days_off)])


def longest_work_s(connector: str) -> int:
    """The longest that the sender's provider may work on one request, in seconds."""
    return GUIDED_WORK_S if connector == "guided" else ceil(registry.capabilities(connector).longest_work_s)


def from_row(row: Row) -> Allowance:
    return Allowance(
        budget=Budget(row["budget"]),
        limits=Limits(
            day=row["day_cap"],
            week=row["week_cap"],
            month=row["month_cap"],
            ceiling=row["ceiling"],
            gap_s=row["gap_s"],
            spread=row["spread"],
            reason=row["reason"],
        ),
        ring=tuple(row["ring"]),
        month=row["month"],
        month_used=row["month_used"],
        outstanding=row["outstanding"],
        rest_until=_later(row["rest_until"], row["paused_until"]),
    )


def _later(*instants: datetime | None) -> datetime | None:
    known = [at for at in instants if at is not None]
    return max(known) if known else None


def lock(sender: int, budgets: Iterable[str]) -> Statement:
    """Locks the sender's allowances of these budgets, in id order."""
    return (
        "SELECT * FROM campaigns_allowance WHERE sender_id = %s AND budget = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        (sender, list(budgets)),
    )


def save(counted: Iterable[tuple[int, Allowance]], hours: Hours, now: datetime, work_s: int) -> Statement:
    """Writes allowances back, by the ids of their rows, with the instant at which each next has room."""
    values: list[Any] = []
    for row_id, a in counted:
        opening = pacing.opens_at(a, hours, now, longest_work_s=work_s)
        opens = opening.at or NEVER
        values += [row_id, list(a.ring), a.month, a.month_used, a.outstanding, opens, opening.cause]
    one = "(%s::bigint, %s::int[], %s::int, %s::int, %s::int, %s::timestamptz, %s::text)"
    return (
        "UPDATE campaigns_allowance a SET ring = n.ring, month = n.month, month_used = n.month_used, "
        "outstanding = n.outstanding, allowed_at = n.allowed_at, opening_cause = n.cause "
        f"FROM (VALUES {', '.join([one] * (len(values) // 7))}) "
        "n(id, ring, month, month_used, outstanding, allowed_at, cause) WHERE a.id = n.id",
        values,
    )


def take_one(sender: int, budget: Budget, hours: Hours, now: datetime, work_s: int) -> datetime | None:
    """Count one act of a budget that has no touch (a profile read). None when counted, else when it may be. One whole
    transaction."""
    with short_transaction():
        (found,) = together(lock(sender, [budget]))
        a = from_row(found[0])
        opening = pacing.opens_at(a, hours, now, longest_work_s=work_s)
        if opening.at is None or opening.at > now:
            return opening.at or NEVER
        commit(save([(found[0]["id"], pacing.take(a, now, longest_work_s=work_s))], hours, now, work_s))
    return None


def count_by_hand(sender: int, kind: Kind, at: datetime, now: datetime) -> None:
    """The owner did such an act by hand: it enters the ring at its own time, so that caps count it. Own lock; recompute
    of the lanes included, so it comes last in its transaction."""
    budget = lanes.MAIN_BUDGET[kind]
    found = rows(
        "SELECT s.zone, s.hours, s.days_off, s.connector, k.vendor FROM accounts_sender s "
        "LEFT JOIN accounts_connection k ON k.id = s.connection_id WHERE s.id = %s",
        (sender,),
    )
    hours, work_s = hours_of(found[0]), longest_work_s(found[0]["vendor"] or found[0]["connector"])
    (locked,) = together(lock(sender, [budget]))
    if locked:
        a = pacing.seen_by_hand(from_row(locked[0]), at)
        together(save([(locked[0]["id"], a)], hours, now, work_s), *lanes.recompute(sender, [budget]))


def free_pending(sender: int, units: int = 1) -> Statement:
    """So many invites are no longer pending: their units of the ceiling are free. Recompute the lanes afterwards."""
    return (
        "UPDATE campaigns_allowance SET outstanding = greatest(0, outstanding - %s), allowed_at = CASE WHEN "
        "allowed_at = %s "
        "THEN %s ELSE allowed_at END, opening_cause = CASE WHEN allowed_at = %s THEN '' ELSE opening_cause END "
        "WHERE sender_id = %s AND budget = 'pending'",
        (units, NEVER, LONG_AGO, NEVER, sender),
    )


def rest(sender: int, kind: Kind, *, now: datetime) -> Statement:
    """The provider said "limit" to this kind: its main allowance rests for 24 hours, for seven days when it said
    so within the last seven. Recompute the lanes afterwards."""
    return (
        "UPDATE campaigns_allowance SET rest_until = r.until, limited_at = %s, allowed_at = "
        "greatest(allowed_at, r.until), "
        "opening_cause = 'limit_rest' FROM (SELECT id, CASE WHEN limited_at > %s THEN %s::timestamptz ELSE %s "
        "END AS until "
        "FROM campaigns_allowance WHERE sender_id = %s AND budget = %s) r WHERE r.id = campaigns_allowance.id",
        (
            now,
            now - timedelta(days=7),
            now + timedelta(days=7),
            now + timedelta(hours=24),
            sender,
            lanes.MAIN_BUDGET[kind],
        ),
    )


def set_up(sender: Sender, *, now: datetime) -> None:
    """Give a sender its allowances and lanes, once, with the limits in force today."""
    AllowanceRow.objects.bulk_create(
        [AllowanceRow(workspace_id=sender.workspace_id, sender=sender, budget=budget) for budget in Budget],
        ignore_conflicts=True,
    )
    Lane.objects.bulk_create(
        [Lane(workspace_id=sender.workspace_id, sender=sender, kind=kind) for kind in Kind], ignore_conflicts=True
    )
    refresh([sender.pk], now=now)


def refresh(senders: Sequence[int], *, now: datetime) -> None:
    """Put the limits in force today into the senders' allowances (a new week of warm-up, new terms, new hours), and
    recompute when each has room."""
    for sender in rows(
        "SELECT s.id, s.zone, s.hours, s.days_off, s.connector, s.warm_from, s.week_override, s.spread, c.vendor, t.* "
        "FROM accounts_sender s LEFT JOIN accounts_connection c ON c.id = s.connection_id "
        f"{terms.JOIN.format(day='%s')} WHERE s.id = ANY(%s) ORDER BY s.id",
        (now.date(), list(senders)),
    ):
        _refresh_one(sender, now)


def _refresh_one(sender: Row, now: datetime) -> None:
    hours, work_s = hours_of(sender), longest_work_s(sender["vendor"] or sender["connector"])
    (found,) = together(lock(sender["id"], list(Budget)))
    age = (now.date() - sender["warm_from"]).days if sender["warm_from"] else None
    writes: list[Statement] = []
    for row in found:
        paused = (now - row["paused_at"]) // timedelta(days=1) if row["paused_at"] else None
        force = limits.in_force(
            Budget(row["budget"]),
            terms.of(sender),
            age_days=age if age is None or age >= 0 else 0,
            week_override=sender["week_override"],
            health_days=paused if row["budget"] == Budget.INVITES else None,
            spread=sender["spread"],
        )
        if caps.differ(row, force):
            writes.append(caps.note(row, force, now))
        row |= {
            "day_cap": force.day,
            "week_cap": force.week,
            "month_cap": force.month,
            "ceiling": force.ceiling,
            "gap_s": force.gap_s,
            "spread": force.spread,
            "reason": force.reason,
        }
        writes.append(
            (
                "UPDATE campaigns_allowance SET day_cap = %s, week_cap = %s, month_cap = %s, ceiling = %s, gap_s = %s, "
                "spread = %s, reason = %s WHERE id = %s",
                (force.day, force.week, force.month, force.ceiling, force.gap_s, force.spread, force.reason, row["id"]),
            )
        )
        writes.append(save([(row["id"], from_row(row))], hours, now, work_s))
    together(*writes, *lanes.recompute(sender["id"], list(Budget)))
