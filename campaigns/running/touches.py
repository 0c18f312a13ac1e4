"""The only writer of touches after the gate: sent, refused, not sent, uncertain, each once and in one transaction.

A late answer may still turn uncertain into sent. Each verb locks in the one order: prospect, person lock, enrollment,
touch, allowances, balance, lanes.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts import ledger
from campaigns.running import allowances, conversations, lanes, relations, threads
from campaigns.running.database import (
    Row,
    Statement,
    again,
    clock_statement,
    commit,
    read_clock,
    short_transaction,
    together,
)
from outreach.engine.kinds import Budget, Kind
from outreach.engine.refusals import Consequence, Effect, after_refusal

LOOKS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=60))
"""When we look for evidence of an uncertain touch, after it became uncertain."""

FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that a touch arrived: the provider's ids, and by which way we learnt it."""

    by: str
    message: str = ""
    chat: str = ""
    invitation: str = ""


COLUMNS = (
    "id, workspace_id, enrollment_id, prospect_id, sender_id, kind, state, attempt, gate_at, holds_pending, "
    "holds_credit, balance_id, subject, text, response_at, step_key, guided"
)
"""What the verbs need of a touch: not its decision, which is long."""


def lock_person(touch: int) -> Row | None:
    """Lock the touch's prospect, conversation, enrollment and the touch, in that order; what its verbs need of the
    touch, with `now`, the clock after the last lock."""
    whose = "(SELECT {} FROM campaigns_touch WHERE id = %s)"  # a touch never changes hands
    prospect, _, enrollment, found, told = together(
        (
            f"SELECT replied_at FROM prospects_prospect WHERE id = {whose.format('prospect_id')} FOR NO KEY UPDATE",
            (touch,),
        ),
        (
            f"SELECT id FROM campaigns_personlock WHERE prospect_id = {whose.format('prospect_id')} AND released_at "
            "IS NULL FOR NO KEY UPDATE",
            (touch,),
        ),
        (
            f"SELECT state FROM campaigns_enrollment WHERE id = {whose.format('enrollment_id')} FOR NO KEY UPDATE",
            (touch,),
        ),
        (f"SELECT {COLUMNS} FROM campaigns_touch WHERE id = %s FOR NO KEY UPDATE", (touch,)),
        clock_statement(),
    )
    if not found:
        return None
    return found[0] | {
        "replied_at": prospect[0]["replied_at"],
        "enrollment_state": enrollment[0]["state"],
        "now": read_clock(told),
    }


def mark_sent(touch: int, proof: Proof, *, now: datetime | None = None) -> bool:
    """It arrived: settle the credit, write the message, and look for the next step. False when that was known
    already. `now`: the clock's when it is not given."""
    return again(_mark_sent, touch, proof, now)


def _mark_sent(touch: int, proof: Proof, now: datetime | None) -> bool:
    with short_transaction():
        t = lock_person(touch)
        if t is None or t["state"] not in ("dispatching", "uncertain"):
            return False
        now = now or t["now"]
        commit(*record_sent(t, proof, now))
    if t["holds_credit"] and t["response_at"]:
        lanes.credits_arrived([t["sender_id"]], now=now)
    return True


def record_sent(t: Row, proof: Proof, now: datetime) -> list[Statement]:
    """The writes of `mark_sent`, for a touch locked by `lock_person` in the caller's transaction: those that are left
    to do."""
    kind = Kind(t["kind"])
    crossed = t["replied_at"] is not None and t["replied_at"] >= t["gate_at"]
    message = proof.message if kind in threads.SPOKEN else ""
    writes: list[Statement] = [
        (
            "UPDATE campaigns_touch SET state = 'sent', settled_at = %s, provider_message = %s, provider_chat = %s, "
            "evidence = evidence || jsonb_build_object('by', %s::text), holds_credit = false, look_at = NULL, "
            "crossed = crossed OR %s "
            "WHERE id = %s",
            (now, message, proof.chat, proof.by, crossed, t["id"]),
        ),
        (
            "UPDATE campaigns_enrollment SET last_touch_at = greatest(last_touch_at, %s), "
            "decide_at = CASE WHEN state = 'active' THEN %s ELSE decide_at END WHERE id = %s",
            (t["gate_at"], now, t["enrollment_id"]),
        ),
        conversations.waking(t["prospect_id"], "uncertain_open", now),
        *relations.after_sent(kind, t, invitation=proof.invitation, chat=proof.chat),
    ]
    if kind in threads.SPOKEN and proof.chat:
        writes += threads.own(t, proof.chat, message, now=now)
    elif kind in threads.SPOKEN and t["guided"]:  # no provider tells us of it: the person did
        writes += threads.own(t, f"guided:{t['prospect_id']}", f"guided:{t['id']}", now=now)
    if t["holds_credit"]:
        together(*writes)
        ledger.post(t["balance_id"], touch=t["id"], now=now)
        if t["response_at"] is not None:  # the answer overtook our record, an out-of-office too
            returned = ledger.give_back(
                t["balance_id"], touch=t["id"], sent_at=t["gate_at"], responded_at=t["response_at"], now=now
            )
            if returned:
                together(threads.returning(t, t["response_at"]))
        return lanes.recompute(t["sender_id"], [lanes.CREDIT])
    return writes


def mark_refused(touch: int, code: str, detail: str, *, now: datetime) -> Consequence | None:
    """The provider said no: give back the credit, and do what this refusal means for the person or the sender.
    None when the touch was settled already."""
    return again(_mark_refused, touch, code, detail, now)


def _mark_refused(touch: int, code: str, detail: str, now: datetime) -> Consequence | None:
    with short_transaction():
        t = lock_person(touch)
        if t is None or t["state"] != "dispatching":
            return None
        consequence = record_refused(t, code, detail, now)
    if t["holds_credit"]:
        lanes.credits_arrived([t["sender_id"]], now=now)
    return consequence


def record_refused(t: Row, code: str, detail: str, now: datetime) -> Consequence:
    """The writes of `mark_refused`, for a touch locked by `lock_person` in the caller's transaction."""
    consequence = after_refusal(code)
    _close(t, str(consequence.state), code, {"detail": detail[:300]}, now)
    together(
        *_effect(consequence, t, now),
        ("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (t["prospect_id"],)),
        (
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE id = %s AND state = 'active'",
            (now, t["enrollment_id"]),
        ),
    )
    if consequence.effect is Effect.CONNECTED:
        relations.settle_invites(t["prospect_id"], t["sender_id"], "accepted", now, now)
    budgets = _give_back(t, now)
    if consequence.effect is Effect.REST:
        together(allowances.rest(t["sender_id"], Kind(t["kind"]), now=now))
        budgets.add(lanes.MAIN_BUDGET[Kind(t["kind"])])
    if consequence.effect is Effect.HOLD_CREDITS and t["holds_credit"]:
        ledger.block(t["balance_id"], "The provider says that no credit is left; compare the balances.", now=now)
        budgets.add(lanes.CREDIT)
    together(*lanes.recompute(t["sender_id"], budgets))
    return consequence


def _effect(consequence: Consequence, t: Row, now: datetime) -> list[Statement]:
    """What a refusal changes about the person or the sender."""
    who = (t["prospect_id"], t["sender_id"])
    relationship = "UPDATE prospects_relationship SET {} WHERE prospect_id = %s AND sender_id = %s"
    sender = "UPDATE accounts_sender SET state = %s, state_reason = %s WHERE id = %s"
    match consequence.effect:
        case Effect.CONNECTED:
            changes = "degree = '1', connected_at = coalesce(connected_at, %s), invitation = 'accepted'"
            return [(relationship.format(changes), (now, *who))]
        case Effect.NOT_CONNECTED:
            return [(relationship.format("degree = '2', connected_at = NULL"), who)]
        case Effect.COOL_DOWN:
            until = now + (consequence.lasts or timedelta(days=21))
            return [(relationship.format("invite_not_before = %s"), (until, *who))]
        case Effect.NO_INMAIL:
            return [(relationship.format("inmail_allowed = false"), who)]
        case Effect.NO_EMAIL:
            return [("UPDATE prospects_prospect SET email = '' WHERE id = %s", (t["prospect_id"],))]
        case Effect.FREEZE:
            return [(sender, ("frozen", consequence.why, t["sender_id"]))]
        case Effect.RECONNECT:
            return [(sender, ("disconnected", consequence.why, t["sender_id"]))]
        case Effect.CONFIGURE:
            return [(sender, ("paused", consequence.why, t["sender_id"]))]
        case _:
            return []


def mark_not_sent(touch: int, reason: str, *, now: datetime, retry_after_s: float | None = None) -> bool:
    """Surely nothing was handed over: the slot stays counted, the credit is voided, and the step is planned again
    later."""
    return again(_mark_not_sent, touch, reason, now, retry_after_s)


def _mark_not_sent(touch: int, reason: str, now: datetime, retry_after_s: float | None) -> bool:
    with short_transaction():
        t = lock_person(touch)
        if t is None or t["state"] not in ("dispatching", "uncertain"):
            return False
        record_not_sent(t, reason, now, retry_after_s=retry_after_s)
    if t["holds_credit"]:
        lanes.credits_arrived([t["sender_id"]], now=now)
    return True


def record_not_sent(t: Row, reason: str, now: datetime, *, retry_after_s: float | None = None) -> None:
    """The writes of `mark_not_sent`, for a touch locked by `lock_person` in the caller's transaction."""
    wait = max(retry_after(t["attempt"]), timedelta(seconds=retry_after_s or 0))
    _close(t, "not_sent", reason, {}, now)
    together(
        (
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE id = %s AND state = 'active'",
            (now + wait, t["enrollment_id"]),
        )
    )
    budgets = _give_back(t, now)
    if after_refusal(reason).effect is Effect.REST:  # a 429 says "not taken" and "limit" at once
        together(allowances.rest(t["sender_id"], Kind(t["kind"]), now=now))
        budgets.add(lanes.MAIN_BUDGET[Kind(t["kind"])])
    together(*lanes.recompute(t["sender_id"], budgets))


def retry_after(attempt: int) -> timedelta:
    """How long after this attempt a step is planned again: longer each time."""
    doubled: int = 2 ** min(attempt - 1, 10)
    return min(FIRST_RETRY * doubled, LAST_RETRY)


def mark_uncertain(touch: int, detail: str, *, now: datetime) -> bool:
    """Nobody can say whether it arrived: the person is blocked on every channel until evidence or a person decides."""
    return again(_mark_uncertain, touch, detail, now)


def _mark_uncertain(touch: int, detail: str, now: datetime) -> bool:
    with short_transaction():
        t = lock_person(touch)
        if t is None or t["state"] != "dispatching":
            return False
        together(
            (
                "UPDATE campaigns_touch SET state = 'uncertain', settled_at = %s, looks = 0, "
                "look_at = CASE WHEN guided THEN NULL ELSE %s::timestamptz END, "  # only they can look
                "evidence = evidence || jsonb_build_object('doubt', %s::text) WHERE id = %s",
                (now, now + LOOKS[0], detail[:300], touch),
            ),
            (
                "UPDATE campaigns_enrollment SET cause = 'uncertain_open', cause_until = NULL WHERE id = %s AND "
                "state = 'active'",
                (t["enrollment_id"],),
            ),
        )
    return True


def _close(t: Row, state: str, refusal: str, evidence: dict[str, Any], now: datetime) -> None:
    together(
        (
            "UPDATE campaigns_touch SET state = %s, settled_at = %s, refusal = %s, holds_pending = false, "
            "holds_credit = false, "
            "look_at = NULL, evidence = evidence || %s::jsonb WHERE id = %s",
            (state, now, refusal[:60], json.dumps(evidence), t["id"]),
        )
    )
    conversations.wake(t["prospect_id"], "uncertain_open", now)


def _give_back(t: Row, now: datetime) -> set[str]:
    """Free the pending unit and void the credit of a touch that did not arrive. The budgets whose lanes to
    recompute."""
    budgets: set[str] = set()
    if t["holds_pending"]:
        together(allowances.free_pending(t["sender_id"]))
        budgets.add(Budget.PENDING)
    if t["holds_credit"]:
        ledger.void(t["balance_id"], touch=t["id"], now=now)
        budgets.add(lanes.CREDIT)
    return budgets
