"""Lanes: where touches of one kind wait for one sender. Whoever adds work lowers the hint; whoever uses up or frees an
allowance recomputes the lanes that share it. Lanes come last in the lock order, by (sender, kind)."""

from collections.abc import Iterable
from datetime import datetime

from campaigns.running.database import Statement, rows, short_transaction, together
from outreach.engine.credits import ENDING
from outreach.engine.kinds import ALLOWANCES, LONG_AGO, NEVER, Kind

MAIN_BUDGET: dict[Kind, str] = {kind: budgets[0] if budgets else "" for kind, budgets in ALLOWANCES.items()}
"""The allowance by which lanes are grouped: of lanes that share it, one head is taken at a time."""

_PAIRS = [(kind.value, budget.value) for kind, budgets in ALLOWANCES.items() for budget in budgets]
PAIR_KINDS = [kind for kind, _ in _PAIRS]
PAIR_BUDGETS = [budget for _, budget in _PAIRS]
_NEEDS = ", ".join(f"('{kind}', '{budget}')" for kind, budget in _PAIRS)
"""Which kind needs which allowances, written into the statement: it never changes while we run."""

CREDIT = "credit"
"""Stands beside the budgets for lanes that need a credit."""


def sharing(budgets: Iterable[str]) -> list[str]:
    """Kinds whose lanes must be recomputed when one of these budgets changed."""
    asked = set(budgets)
    kinds = {kind.value for kind, needed in ALLOWANCES.items() if asked & {budget.value for budget in needed}}
    if CREDIT in asked:
        kinds.add(Kind.INMAIL.value)
    return sorted(kinds)


def recompute(sender: int, budgets: Iterable[str]) -> list[Statement]:
    """Two statements: lock the lanes in order, then compute from a snapshot younger than those locks. In one statement
    two allowances that open at once could each see the other's old value, and the lane would sleep for ever."""
    kinds = sharing(budgets)
    return [
        (
            "SELECT 1 FROM campaigns_lane WHERE sender_id = %s AND kind = ANY(%s) ORDER BY kind FOR NO KEY UPDATE",
            (sender, kinds),
        ),
        (
            "UPDATE campaigns_lane l SET allowed_at = greatest("
            f" (SELECT coalesce(max(a.allowed_at), %s) FROM (VALUES {_NEEDS}) k(kind, budget)"
            "  JOIN campaigns_allowance a ON a.sender_id = l.sender_id AND a.budget = k.budget WHERE k.kind = l.kind),"
            " CASE WHEN l.kind = 'inmail' AND NOT EXISTS (SELECT 1 FROM accounts_creditbalance b"
            "  WHERE b.sender_id = l.sender_id AND b.available > 0 AND b.blocked = '') THEN %s::timestamptz END)"
            " WHERE l.sender_id = %s AND l.kind = ANY(%s)",
            (LONG_AGO, NEVER, sender, kinds),
        ),
    ]


def wake(work: Iterable[tuple[int, str, datetime]]) -> None:
    """Work was added: (sender, kind, earliest instant). Locks in order, then lowers the hints."""
    if statements := waking(work):
        together(*statements)


def waking(work: Iterable[tuple[int, str, datetime]]) -> list[Statement]:
    """The statements of `wake`; none without work."""
    earliest: dict[tuple[int, str], datetime] = {}
    for sender, kind, at in work:
        earliest[sender, kind] = min(at, earliest.get((sender, kind), NEVER))
    if not earliest:
        return []
    keys = sorted(earliest)
    senders, kinds, instants = [s for s, _ in keys], [k for _, k in keys], [earliest[key] for key in keys]
    return [
        (
            "SELECT 1 FROM campaigns_lane l JOIN unnest(%s::bigint[], %s::text[]) w(sender_id, kind) USING "
            "(sender_id, kind) "
            "ORDER BY l.sender_id, l.kind FOR NO KEY UPDATE OF l",
            (senders, kinds),
        ),
        (
            "UPDATE campaigns_lane l SET due_hint = least(l.due_hint, w.at) "
            "FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) w(sender_id, kind, at) "
            "WHERE l.sender_id = w.sender_id AND l.kind = w.kind AND l.due_hint > w.at",
            (senders, kinds, instants),
        ),
    ]


def credits_arrived(senders: Iterable[int], *, now: datetime) -> None:
    """A grant, a void or a return: wake as many of those who wait for a credit as there are credits, the highest tier
    first (the rest would only find the credits gone), then open the InMail lanes. A transaction of its own: it locks
    enrollments and touches, which come before the balances in the lock order."""
    for sender in sorted(set(senders)):
        with short_transaction():
            _wake_for_credit(sender, now)


def _wake_for_credit(sender: int, now: datetime) -> None:
    together(
        (
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE id IN (SELECT e.id FROM campaigns_enrollment e "
            "JOIN prospects_prospect p ON p.id = e.prospect_id WHERE e.sender_id = %s AND e.state = 'active' "
            "AND e.cause IN ('no_credit', 'held_for_tier_3') AND e.decide_at > %s ORDER BY p.tier DESC, e.id "
            "LIMIT (SELECT coalesce(max(available), 0) FROM accounts_creditbalance WHERE sender_id = %s))",
            (now, sender, now, sender),
        ),
    )
    woken = rows(
        "UPDATE campaigns_touch SET not_before = %s, cause = '' WHERE state = 'planned' AND id IN ("
        "SELECT t.id FROM campaigns_touch t JOIN prospects_prospect p ON p.id = t.prospect_id "
        "WHERE t.sender_id = %s AND t.state = 'planned' AND t.cause IN ('no_credit', 'held_for_tier_3') "
        "ORDER BY p.tier DESC, t.planned_at, t.id "
        "LIMIT (SELECT coalesce(max(available), 0) FROM accounts_creditbalance WHERE sender_id = %s)) RETURNING kind",
        (now, sender, sender),
    )
    together(*recompute(sender, [CREDIT]), *waking((sender, touch["kind"], now) for touch in woken))


def senders_to_wake_for_credit(*, now: datetime) -> list[int]:
    """Senders that have a credit while somebody sleeps for want of one: a worker died between the credit and the
    waking. A credit that is held for tier 3 is none for those who wait for that, until the end of its life is near."""
    ending = (
        "EXISTS (SELECT 1 FROM accounts_creditlot o WHERE o.balance_id = b.id AND o.remaining > 0 "
        "AND o.expires_at <= %(ending)s)"
    )
    return [
        row["sender_id"]
        for row in rows(
            "SELECT b.sender_id FROM accounts_creditbalance b WHERE b.available > 0 AND b.blocked = '' AND ("
            "EXISTS (SELECT 1 FROM campaigns_lane l WHERE l.sender_id = b.sender_id AND l.kind = 'inmail' "
            "AND l.allowed_at = %(never)s) "
            "OR EXISTS (SELECT 1 FROM campaigns_enrollment e WHERE e.sender_id = b.sender_id AND e.state = 'active' "
            "AND e.decide_at = %(never)s AND (e.cause = 'no_credit' "
            "OR e.cause = 'held_for_tier_3' AND (b.available > b.held OR " + ending + "))) "
            "OR EXISTS (SELECT 1 FROM campaigns_touch t WHERE t.sender_id = b.sender_id AND t.kind = 'inmail' "
            "AND t.state = 'planned' AND NOT t.guided AND t.not_before = %(never)s AND (t.cause = 'no_credit' "
            "OR t.cause = 'held_for_tier_3' AND (b.available > b.held OR " + ending + ")))) ORDER BY 1",
            {"never": NEVER, "ending": now + ENDING},
        )
    ]
