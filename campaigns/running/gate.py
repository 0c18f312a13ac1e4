"""The gate: one short transaction in which a planned touch becomes `dispatching`, or nothing is used up.

It re-reads the facts under lock, in the one lock order, reserves the slot and the credit, freezes the text, and commits
before anything is handed over. Every refusal moves the head of its lane in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from accounts import ledger
from campaigns.running import allowances, lanes, seats, terms, texts
from campaigns.running.database import Row, Statement, again, clock_statement, read_clock, short_transaction, together
from outreach import clock
from outreach.connectors.base import Connector, Outgoing
from outreach.engine import credits, pacing
from outreach.engine.causes import FOLLOW_UPS, INBOX_FRESH, Cause
from outreach.engine.channels import PROFILE_FRESH
from outreach.engine.facts import Allowance, Credits, Hours, Terms
from outreach.engine.kinds import ALLOWANCES, NEVER, Kind

CALL_TIME = timedelta(seconds=settings.HTTP_TIMEOUT_S + 10)
"""Longest call of a connector, its time-out and some, that a turn must outlive."""
MARGIN = timedelta(seconds=20)
TURN = timedelta(seconds=pacing.D_SECONDS) + CALL_TIME + MARGIN
"""How long a turn lasts after a gate: the hand-over may begin D later, take its time-out, and a margin."""

NEEDS_PROFILE: frozenset[Kind] = frozenset({Kind.INMAIL, Kind.OPEN_INMAIL})
"""Kinds for which the Open Profile flag must be fresh, or a credit might be spent for nothing."""


@dataclass(frozen=True, slots=True)
class Head:
    """A claimed touch: what the claim knows of it, read without a lock."""

    touch: int
    workspace: int
    enrollment: int
    campaign: int
    prospect: int
    sender: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A touch that passed the gate: hand it over once, before `due_by`."""

    head: Head
    outgoing: Outgoing
    gate_at: datetime
    due_by: datetime
    connector: Connector


@dataclass(frozen=True, slots=True)
class Held:
    """A touch that did not pass: `cause` says why; `gone` (settled elsewhere), `redecide` (facts changed) and
    `lost_turn` are no causes that a page shows."""

    cause: str
    until: datetime | None = None


class _Now:
    """What the gate read under lock."""

    def __init__(self, head: Head, answers: list[list[Row]]) -> None:
        (
            self.turn,
            campaign,
            sender,
            prospect,
            lock,
            enrollment,
            touch,
            self.allowed,
            balance,
            relation,
            other,
            now,
        ) = answers
        self.campaign, self.sender, self.prospect = campaign[0], sender[0], prospect[0]
        self.holder = lock[0]["enrollment_id"] if lock else None
        self.enrollment, self.touch = enrollment[0], touch[0]
        self.balance = balance[0] if balance else None
        self.relation = relation[0] if relation else {}
        self.other = bool(other)
        self.now = read_clock(now)
        self.head = head
        self.hours: Hours = allowances.hours_of(self.sender)
        self.work_s = allowances.longest_work_s(self.sender["vendor"] or self.sender["connector"])
        self.terms: Terms = terms.of(self.sender)
        self.budgets: list[Allowance] = [allowances.from_row(row) for row in self.allowed]


def enter(head: Head, token: int) -> Dispatch | Held:
    """Let the touch through, or say what is in the way. One whole transaction; called again after a deadlock."""
    return again(_enter, head, token)


def _enter(head: Head, token: int) -> Dispatch | Held:
    with short_transaction():
        answers = together(*_read(head, token))
        if not answers[0]:
            return Held("lost_turn")
        if not answers[6] or not answers[5] or not answers[3]:
            return Held("gone")
        n = _Now(head, answers)
        held = _why_held(n)
        if held is not None:
            _hold(n, held)
            return held
        opening = pacing.fits(n.budgets, n.hours, n.now, longest_work_s=n.work_s)
        if opening.at is None or opening.at > n.now:
            if head.kind is Kind.INVITE_NOTE and opening.cause == Cause.MONTH_CAP:
                _hold(n, Held("redecide"))  # the month's notes are used up: without one it may go today
                return Held("redecide")
            _no_room(n)
            return Held(opening.cause, opening.at)
        try:
            frozen = texts.freeze(n.head.kind, n.touch, n.enrollment, n.prospect, n.sender, n.terms)
        except texts.MissingText as missing:
            held = Held("missing_text")
            _hold(n, held, str(missing))
            return held
        return _pass(n, frozen)


def _read(head: Head, token: int) -> list[Statement]:
    """Locks in the one order, then reads what the locks protect, then the clock: the counted instant comes last."""
    person = (head.prospect, head.sender)
    now = f"({clock.sql()})"
    return [
        (
            f"UPDATE accounts_senderturn SET until = {now} + %s WHERE sender_id = %s AND token = %s AND until > "
            f"{now} RETURNING token",
            (TURN, head.sender, token),
        ),
        ("SELECT state, name FROM campaigns_campaign WHERE id = %s FOR SHARE", (head.campaign,)),
        (
            "SELECT s.id, s.state, s.zone, s.hours, s.days_off, s.connector, s.inbox_at, s.plan_id, s.name, "
            f"{seats.COLUMNS}, t.* "
            "FROM accounts_sender s LEFT JOIN accounts_connection k ON k.id = s.connection_id "
            f"{terms.JOIN.format(day=f'{now}::date')} WHERE s.id = %s FOR SHARE OF s",
            (head.sender,),
        ),
        (
            "SELECT p.*, c.name AS company FROM prospects_prospect p LEFT JOIN prospects_company c ON c.id = "
            "p.company_id "
            "WHERE p.id = %s FOR NO KEY UPDATE OF p",
            (head.prospect,),
        ),
        (
            "SELECT enrollment_id FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL FOR "
            "NO KEY UPDATE",
            (head.prospect,),
        ),
        ("SELECT * FROM campaigns_enrollment WHERE id = %s FOR NO KEY UPDATE", (head.enrollment,)),
        ("SELECT * FROM campaigns_touch WHERE id = %s FOR NO KEY UPDATE", (head.touch,)),
        allowances.lock(head.sender, [budget.value for budget in ALLOWANCES[head.kind]]),
        (
            "SELECT * FROM accounts_creditbalance WHERE sender_id = %s AND %s ORDER BY cap > 0 DESC, id DESC "
            "LIMIT 1 FOR NO KEY UPDATE",
            (head.sender, head.kind is Kind.INMAIL),
        ),
        ("SELECT * FROM prospects_relationship WHERE prospect_id = %s AND sender_id = %s", person),
        (
            "SELECT 1 AS one FROM campaigns_touch WHERE workspace_id = %s AND prospect_id = %s "
            "AND state IN ('reserved', 'dispatching', 'uncertain')",
            (head.workspace, head.prospect),
        ),
        clock_statement(),
    ]


def _why_held(n: _Now) -> Held | None:
    """What stands in the way besides pacing and texts, in the order of causes."""
    t, e = n.touch, n.enrollment
    if t["state"] != "planned" or t["kind"] != n.head.kind:
        return Held("gone")
    if e["state"] != "active" or n.prospect["suppressed_at"] or n.prospect["replied_at"]:
        return Held("ended")
    if n.campaign["state"] != "running":
        return Held("paused_campaign")
    if n.sender["state"] not in ("active", "resting"):
        return Held("paused_sender")
    if n.other:
        return Held("uncertain_open")
    if n.holder is not None and n.holder != e["id"]:
        return Held("in_conversation")
    if t["facts_version"] != n.prospect["facts_version"]:
        return Held("redecide")
    if t["not_before"] > n.now:
        return Held("not_due", t["not_before"])
    return _why_stale(n) or _why_no_credit(n)


def _why_stale(n: _Now) -> Held | None:
    """Facts that age: judged here again, because no version can cover them."""
    kind, cool = n.head.kind, n.relation.get("invite_not_before")
    if kind in (Kind.INVITE, Kind.INVITE_NOTE) and cool is not None and cool > n.now:
        return Held("cool_down", cool)
    if not n.relation.get("provider_id"):
        return Held("stale_open_profile", n.now)
    checked = n.relation.get("checked_at")
    if kind in NEEDS_PROFILE and (checked is None or n.now - checked > PROFILE_FRESH):
        return Held("stale_open_profile", n.now)
    follow_up = n.enrollment["last_touch_at"] is not None and kind in FOLLOW_UPS
    looked = n.sender["inbox_at"]
    if follow_up and (looked is None or n.now - looked > INBOX_FRESH):
        return Held("stale_inbox", n.now)
    return None


def _why_no_credit(n: _Now) -> Held | None:
    if n.head.kind is not Kind.INMAIL:
        return None
    b = n.balance
    if b is None or b["available"] < 1 or b["blocked"]:
        return Held("no_credit")
    grant = n.terms.grant
    spendable = credits.spendable(
        Credits(
            available=b["available"],
            reserved=b["reserved"],
            cap=b["cap"],
            held=b["held"],
            expiring=credits.expiring(credits.Balance(b["available"], b["reserved"], b["cap"]), grant),
        ),
        max(n.prospect["tier"], 2),
    )
    return None if spendable > 0 else Held("held_for_tier_3")


RETRY = timedelta(minutes=1)
"""When a head that waits for something in passing (a profile, the inbox) is tried again at the latest."""


def _hold(n: _Now, held: Held, words: str = "") -> None:
    """Move the head, so that the next in the lane is tried: what it waits for decides until when."""
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
    together(*writes)


def _decide_again(n: _Now) -> Statement:
    return (
        "UPDATE campaigns_enrollment SET decide_at = least(decide_at, %s) WHERE id = %s AND state = 'active'",
        (n.now, n.enrollment["id"]),
    )


def _no_room(n: _Now) -> None:
    """Pacing says later: the lane learns when, the touch stays its head."""
    together(
        ("UPDATE campaigns_touch SET leased_until = '2000-01-01+00' WHERE id = %s", (n.touch["id"],)),
        *[allowances.save(row["id"], a, n.hours, n.now, n.work_s) for row, a in zip(n.allowed, n.budgets, strict=True)],
        *lanes.recompute(n.head.sender, [a.budget for a in n.budgets]),
    )


def _pass(n: _Now, frozen: texts.Frozen) -> Dispatch:
    """Reserve the slot and the credit, freeze the text, take the conversation."""
    head, now = n.head, n.now
    due_by = now + timedelta(seconds=pacing.D_SECONDS)
    paid = head.kind is Kind.INMAIL
    writes: list[Statement] = [
        (
            "UPDATE campaigns_touch SET state = 'dispatching', gate_at = %s, due_by = %s, reap_at = %s, "
            "holds_pending = %s, "
            "holds_credit = %s, balance_id = %s, subject = %s, text = %s, text_hash = %s, cause = '' WHERE id = %s",
            (
                now,
                due_by,
                due_by + CALL_TIME + MARGIN,
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
                (head.workspace, head.prospect, head.enrollment, now, NEVER),
            ),
        )
    taken = [pacing.take(a, now, longest_work_s=n.work_s) for a in n.budgets]
    writes += [allowances.save(row["id"], a, n.hours, now, n.work_s) for row, a in zip(n.allowed, taken, strict=True)]
    budgets: list[Any] = [a.budget for a in n.budgets]
    if paid and n.balance:
        together(*writes)
        writes = []
        ledger.reserve(n.balance["id"], touch=head.touch, now=now)
        budgets.append(lanes.CREDIT)
    together(*writes, *lanes.recompute(head.sender, budgets))
    return Dispatch(head, _outgoing(n, frozen), now, due_by, seats.of(n.sender))


def _outgoing(n: _Now, frozen: texts.Frozen) -> Outgoing:
    return Outgoing(
        kind=n.head.kind,
        provider_id=n.relation["provider_id"],
        slug=n.prospect["slug"],
        text=frozen.text,
        subject=frozen.subject,
        chat_id=n.relation["chat_id"] if n.head.kind is Kind.DM else "",
        invitation_id=n.relation["invitation_id"] if n.head.kind is Kind.WITHDRAW else "",
        post_id=n.relation["post_id"],
    )
