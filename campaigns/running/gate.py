"""The gate: one short transaction in which a planned touch becomes `dispatching`, or nothing is used up.

It re-reads the facts under lock, in the one lock order, reserves the slot and the credit, freezes the text, and commits
before anything is handed over. Every refusal moves the head of its lane in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts import ledger
from campaigns.running import allowances, lanes, seats, texts
from campaigns.running.database import Row, Statement, again, commit, short_transaction, together
from campaigns.running.obstacles import (
    CALL_TIME,
    MARGIN,
    MUST_BE_THERE,
    Head,
    Held,
    Seen,
    reading,
    why_held,
    why_released,
)
from campaigns.running.outcomes import KEEP_CONVERSATION
from outreach.connectors.base import Connector, Outgoing
from outreach.engine import pacing
from outreach.engine.causes import Cause
from outreach.engine.facts import Allowance
from outreach.engine.kinds import NEVER, Kind


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A touch that passed the gate: hand it over once, before `due_by`."""

    head: Head
    outgoing: Outgoing
    gate_at: datetime
    due_by: datetime
    connector: Connector


def enter(head: Head, token: int) -> Dispatch | Held:
    """Let the touch through, or say what is in the way. One whole transaction; called again after a deadlock."""
    return again(_enter, head, token)


def _enter(head: Head, token: int) -> Dispatch | Held:
    with short_transaction():
        admitted = admit(head, together(*reading(head, token)))
        if isinstance(admitted, Held):
            return admitted
        n, frozen = admitted
        due_by = n.now + timedelta(seconds=pacing.D_SECONDS)
        dispatch = Dispatch(head, _outgoing(n, frozen), n.now, due_by, seats.of(n.sender))
        take_up(n, frozen, "dispatching", due_by, due_by + CALL_TIME + MARGIN)
        return dispatch


def admit(head: Head, answers: list[list[Row]]) -> tuple[Seen, texts.Frozen] | Held:
    """Judge what `reading` answered: the touch may pass, with its text, or it was held and its lane moved. In the
    caller's transaction, which ends with it or with `take_up`."""
    if not answers[0]:
        return Held("lost_turn")
    if not all(answers[place] for place in MUST_BE_THERE):
        return Held("gone")
    n = Seen(head, answers)
    held = why_held(n)
    if held is not None:
        _give_up(n, held) if n.answers else hold(n, held)
        return held
    opening = pacing.fits(n.budgets, n.hours, n.now, longest_work_s=n.work_s)
    if opening.at is None or opening.at > n.now:
        if head.kind is Kind.INVITE_NOTE and opening.cause == Cause.MONTH_CAP:
            hold(n, Held("redecide"))  # the month's notes are used up: without one it may go today
            return Held("redecide")
        _no_room(n)
        return Held(opening.cause, opening.at)
    try:
        frozen = (
            texts.answer(n.touch)
            if n.answers
            else texts.freeze(n.head.kind, n.touch, n.enrollment, n.prospect, n.sender, n.terms)
        )
    except texts.MissingText as missing:
        held = Held("missing_text")
        hold(n, held, str(missing))
        return held
    return n, frozen


RETRY = timedelta(minutes=1)
"""When a head that waits for something in passing (a profile, the inbox) is tried again at the latest."""


def hold(n: Seen, held: Held, words: str = "") -> None:
    """Move the head, so that the next in the lane is tried: what it waits for decides until when. Ends the caller's
    transaction."""
    t = n.touch["id"]
    if held.cause in ("gone", "lost_turn"):
        return
    writes: list[Statement] = []
    if held.cause == "ended":
        writes.append(("UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s WHERE id = %s", (n.now, t)))
        writes.append(_decide_again(n))
    elif held.cause == "redecide":
        writes.append(("UPDATE campaigns_touch SET leased_until = %s WHERE id = %s", (n.now + RETRY, t)))
        writes.append(_decide_again(n))
    else:
        passing = held.cause in ("stale_open_profile", "stale_inbox")
        later = n.now + RETRY if passing else held.until or NEVER
        writes.append(
            (
                "UPDATE campaigns_touch SET not_before = %s, cause = %s, leased_until = '2000-01-01+00', "
                "evidence = CASE WHEN %s = '' THEN evidence ELSE evidence || jsonb_build_object('missing', "
                "%s::text) END WHERE id = %s",
                (later, held.cause, words, words, t),
            )
        )
        writes.append(
            (
                "UPDATE campaigns_enrollment SET cause = %s, cause_until = %s WHERE id = %s",
                (held.cause, held.until, n.enrollment["id"]),
            )
        )
    if held.cause == "no_credit":
        writes += lanes.recompute(n.head.sender, [lanes.CREDIT])
    commit(*writes)


def _give_up(n: Seen, held: Held) -> None:
    """Nobody decides about an answer again: it does not go, and whoever wrote it is told why and has the text."""
    if held.cause != "gone":
        commit(
            (
                "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = %s WHERE id = %s",
                (n.now, held.cause, n.touch["id"]),
            )
        )


def _decide_again(n: Seen) -> Statement:
    return (
        "UPDATE campaigns_enrollment SET decide_at = least(decide_at, %s) WHERE id = %s AND state = 'active'",
        (n.now, n.enrollment["id"]),
    )


def _no_room(n: Seen) -> None:
    """Pacing says later: the lane learns when, the touch stays its head."""
    commit(
        ("UPDATE campaigns_touch SET leased_until = '2000-01-01+00' WHERE id = %s", (n.touch["id"],)),
        *_saved(n, n.budgets),
        *lanes.recompute(n.head.sender, [a.budget for a in n.budgets]),
    )


def _saved(n: Seen, budgets: list[Allowance]) -> list[Statement]:
    """A call by hand or a task uses none."""
    rows = zip((row["id"] for row in n.allowed), budgets, strict=True)
    return [allowances.save(rows, n.hours, n.now, n.work_s)] if budgets else []


def take_up(n: Seen, frozen: texts.Frozen, state: str, due_by: datetime, reap_at: datetime) -> None:
    """Reserve the slot and the credit, freeze the text, take the conversation. Ends the caller's transaction."""
    head, now = n.head, n.now
    paid = head.kind is Kind.INMAIL
    writes: list[Statement] = [
        (
            "UPDATE campaigns_touch SET state = %s, gate_at = %s, due_by = %s, reap_at = %s, "
            "holds_pending = %s, "
            "holds_credit = %s, balance_id = %s, subject = %s, text = %s, text_hash = %s, cause = '' WHERE id = %s",
            (
                state,
                now,
                due_by,
                reap_at,
                any(a.limits.ceiling is not None for a in n.budgets),
                paid,
                n.balance["id"] if paid and n.balance else None,
                frozen.subject,
                frozen.text,
                frozen.hash,
                head.touch,
            ),
        )
    ]
    if n.holder is None:
        writes.insert(
            0,
            (
                "INSERT INTO campaigns_personlock (workspace_id, prospect_id, enrollment_id, taken_at, release_at) "
                "VALUES (%s, %s, %s, %s, %s)",
                (head.workspace, head.prospect, head.enrollment, now, now + KEEP_CONVERSATION if n.answers else NEVER),
            ),
        )
    elif n.answers:
        writes.insert(
            0,
            (
                "UPDATE campaigns_personlock SET release_at = greatest(release_at, %s) WHERE prospect_id = %s AND "
                "released_at IS NULL",
                (now + KEEP_CONVERSATION, head.prospect),
            ),
        )
    taken = [pacing.take(a, now, longest_work_s=n.work_s) for a in n.budgets]
    writes += _saved(n, taken)
    budgets: list[Any] = [a.budget for a in n.budgets]
    if paid and n.balance:
        together(*writes)
        writes = []
        ledger.reserve(n.balance["id"], touch=head.touch, now=now, note=why_released(n))
        budgets.append(lanes.CREDIT)
    commit(*writes, *lanes.recompute(head.sender, budgets))


def _outgoing(n: Seen, frozen: texts.Frozen) -> Outgoing:
    return Outgoing(
        kind=n.head.kind,
        provider_id=n.relation["provider_id"],
        slug=n.prospect["slug"],
        text=frozen.text,
        subject=frozen.subject,
        chat_id=n.touch["provider_chat"] or n.relation["chat_id"] if n.head.kind is Kind.DM else "",
        invitation_id=n.relation["invitation_id"] if n.head.kind is Kind.WITHDRAW else "",
        post_id=n.relation["post_id"],
    )
