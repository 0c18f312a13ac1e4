"""What a touch that a person opened holds until it is copied: its slots, a unit of the pending ceiling, a credit.

A lapse, a reply or a change of mind gives all of it back, because nothing was sent; from the copy on nothing is.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from accounts import ledger
from campaigns.running import allowances, conversations, lanes
from campaigns.running.database import Row, rows, together
from outreach.engine import pacing
from outreach.engine.facts import Allowance
from outreach.engine.kinds import ALLOWANCES, Budget, Kind


def put_back(t: Row, now: datetime) -> None:
    """An opened touch is planned as before. In the caller's transaction, which has locked it with `lock_person`."""
    together(("UPDATE campaigns_touch SET state = 'planned', cause = '' WHERE id = %s", (t["id"],)))
    let_go(t, now)
    give_back([t], now)


def let_go(t: Row, now: datetime) -> None:
    """The opened touch did not happen: who waits for it is decided again, and a conversation that only the opening
    began is over. In the caller's transaction, which has locked the person."""
    ended = rows(
        "UPDATE campaigns_personlock l SET released_at = %s, release_at = least(release_at, %s) "
        "FROM campaigns_enrollment e WHERE e.id = l.enrollment_id AND l.enrollment_id = %s AND l.released_at IS NULL "
        "AND e.last_touch_at IS NULL RETURNING l.id",
        (now, now, t["enrollment_id"]),
    )
    conversations.wake(t["prospect_id"], "uncertain_open", now)
    if ended:
        conversations.wake(t["prospect_id"], "in_conversation", now)


def give_back(touches: Iterable[Row], now: datetime) -> None:
    """Those of these touches that were reserved hold nothing any more. In the caller's transaction, which has locked
    them and planned or cancelled them since; `touches`: as they were before that."""
    reserved = [t for t in touches if t["state"] == "reserved"]
    if not reserved:
        return
    together(
        (
            "UPDATE campaigns_touch SET gate_at = NULL, due_by = NULL, reap_at = NULL, holds_pending = false, "
            "holds_credit = false, balance_id = NULL, subject = '', text = '', text_hash = '', "
            "evidence = evidence - 'opened_by' WHERE id = ANY(%s)",
            ([t["id"] for t in reserved],),
        )
    )
    budgets = _return_slots(reserved, now)
    paid = [t for t in reserved if t["holds_credit"]]
    ledger.void_all([(t["balance_id"], t["id"]) for t in paid], now=now)
    for t in paid:
        budgets[t["sender_id"]].add(lanes.CREDIT)
    for sender in sorted(budgets):
        together(*lanes.recompute(sender, budgets[sender]))


def _return_slots(reserved: list[Row], now: datetime) -> dict[int, set[str]]:
    """By sender: the budgets that have more room now."""
    found = rows(
        "SELECT a.*, s.zone, s.hours, s.days_off, s.connector, k.vendor FROM campaigns_allowance a "
        "JOIN accounts_sender s ON s.id = a.sender_id LEFT JOIN accounts_connection k ON k.id = s.connection_id "
        "WHERE a.sender_id = ANY(%s) ORDER BY a.id FOR NO KEY UPDATE OF a",
        (sorted({t["sender_id"] for t in reserved}),),
    )
    changed: dict[int, set[str]] = defaultdict(set)
    for row in found:
        before = a = allowances.from_row(row)
        for t in reserved:
            if t["sender_id"] == row["sender_id"]:
                a = without(a, t)
        if a != before:
            work_s = allowances.longest_work_s(row["vendor"] or row["connector"])
            together(allowances.save([(row["id"], a)], allowances.hours_of(row), now, work_s))
            changed[row["sender_id"]].add(a.budget)
    return changed


def without(a: Allowance, t: Row) -> Allowance:
    """The allowance without what this reserved touch takes of it. A slot that its ring dropped is gone."""
    if a.budget is Budget.PENDING:
        return pacing.lower(a) if t["holds_pending"] and a.outstanding else a
    second = pacing.counted_second(t["gate_at"])
    taken = a.budget in ALLOWANCES[Kind(t["kind"])] and second in a.ring
    return pacing.give_back(a, second) if taken else a
