"""What comes in: stored first under a unique key, then worked in order, each event in one transaction.

A reply stops everything for that person, on every channel, sender and campaign of the workspace, under the same
locks as
the gate: what was stored before the gate is never ignored by it, and what crossed in transit is marked as such.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError
from django_scopes import scope

from accounts import ledger
from accounts.models import Workspace
from campaigns.running import allowances, lanes, relations, threads, touches
from campaigns.running.database import Row, again, clock_statement, read_clock, row, rows, short_transaction, together
from campaigns.running.planning import KEEP_CONVERSATION
from outreach.connectors.base import Event, Standing
from outreach.engine.kinds import NEVER, Kind
from outreach.engine.sequence import Flow, InboundKind, postponed_until, react
from outreach.language import fitting, replies
from outreach.web import errors
from prospects import suppressions
from prospects.models import Prospect

log = logging.getLogger(__name__)
TRIES = 3
BATCH = 200
RETURN_WINDOW = timedelta(days=90)
UNANSWERED = ("", InboundKind.OUT_OF_OFFICE.value)
"""Responses of a touch after which a person may still answer it."""


def store(workspace: int, connection: int, events: Iterable[Event], *, via: str, now: datetime) -> int:
    """Store events that are not stored yet. How many were new. A webhook and a poll of the same thing make one row."""
    values = [_columns(workspace, connection, event, via, now) for event in events]
    if not values:
        return 0
    made = rows(
        "INSERT INTO campaigns_inboundevent (workspace_id, connection_id, sender_id, key, kind, payload, at, "
        "received_at, via, "
        "state, attempts, problem) SELECT i.workspace_id, i.connection_id, s.id, i.key, i.kind, i.payload, "
        "i.at, i.received_at, "
        "i.via, CASE WHEN s.id IS NULL THEN 'ignored' ELSE 'new' END, 0, "
        "CASE WHEN s.id IS NULL THEN 'No sender of ours belongs to this seat.' ELSE '' END "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[], "
        "%s::timestamptz[], %s::text[]) i(workspace_id, connection_id, account, key, kind, payload, at, "
        "received_at, via) "
        "LEFT JOIN accounts_sender s ON s.connection_id = i.connection_id AND s.provider_account = i.account "
        "AND s.provider_account <> '' ON CONFLICT (connection_id, key) DO NOTHING RETURNING id",
        tuple(list(column) for column in zip(*values, strict=True)),
    )
    return len(made)


def _columns(workspace: int, connection: int, event: Event, via: str, now: datetime) -> tuple[Any, ...]:
    key = event.key
    if event.kind == "account_status":  # it has neither id nor time of its own: a state, told again, is the same state
        key = f"status:{event.account}:{event.status}:{now.isoformat()}"
    payload = {
        "provider_id": event.provider_id,
        "slug": event.slug,
        "name": event.name,
        "chat": event.chat_id,
        "message": event.message_id,
        "text": event.text,
        "outbound": event.outbound,
        "subject": event.subject,
        "status": str(event.status),
    }
    clean = json.dumps(
        {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in payload.items()}
    )
    return (workspace, connection, event.account, key[:250], event.kind, clean, event.at or now, now, via)


def work(*, now: datetime, limit: int = BATCH) -> int:
    """Work the stored events in order of their time. How many were found."""
    found = rows("SELECT id FROM campaigns_inboundevent WHERE state = 'new' ORDER BY at, id LIMIT %s", (limit,))
    for event in found:
        try:
            again(_work_one, event["id"], now)
        except Exception as error:
            if isinstance(error, OperationalError) and errors.database_is_away(error):
                raise  # that says nothing about the event: the next call works it
            log.exception("Inbound event %s could not be worked", event["id"])
            _put_aside(event["id"], f"{type(error).__name__}: {error}")
    return len(found)


def _put_aside(event: int, problem: str) -> None:
    """Count the failed attempt; after three the event is quarantined with its reason, and the queue moves on."""
    rows(
        "UPDATE campaigns_inboundevent SET attempts = attempts + 1, problem = %s, "
        "state = CASE WHEN attempts + 1 >= %s THEN 'quarantined' ELSE state END WHERE id = %s AND state = 'new'",
        (problem[:300], TRIES, event),
    )


def _work_one(event_id: int, now: datetime) -> None:
    with short_transaction():
        event = row(
            "SELECT * FROM campaigns_inboundevent WHERE id = %s AND state = 'new' FOR NO KEY UPDATE SKIP LOCKED",
            (event_id,),
        )
        if event is None:
            return
        event["payload"] = json.loads(event["payload"])
        outcome, wake = _apply(event, now)
        rows(
            "UPDATE campaigns_inboundevent SET state = %s, problem = %s, worked_at = %s WHERE id = %s",
            ("done" if not outcome else "ignored", outcome, now, event_id),
        )
    if wake:
        lanes.credits_arrived([event["sender_id"]], now=now)


def _apply(event: Row, now: datetime) -> tuple[str, bool]:
    """Do what the event says. (why it was ignored or "", whether a credit came back)."""
    match event["kind"]:
        case "message":
            return _message(event, now)
        case "relation":
            return relations.accepted(
                event["sender_id"], event["payload"]["provider_id"], event["payload"]["slug"], event["at"], now
            ), False
        case "account_status":
            return _status(event, now), False
        case _:
            return "Nothing follows from this event.", False


def _message(event: Row, now: datetime) -> tuple[str, bool]:
    p = event["payload"]
    prospect = relations.find(event["sender_id"], p["provider_id"], p["slug"], p["chat"])
    if prospect is None:
        return "The person is no prospect of ours.", False
    _, _, enrollments, told = together(
        ("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (prospect,)),
        (
            "SELECT 1 AS one FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL FOR NO "
            "KEY UPDATE",
            (prospect,),
        ),
        (
            "SELECT id, state, sender_id FROM campaigns_enrollment WHERE prospect_id = %s ORDER BY id FOR NO "
            "KEY UPDATE",
            (prospect,),
        ),
        clock_statement(),  # under the lock that the gate takes too: what was stored first has the earlier instant
    )
    now = max(now, read_clock(told))
    open_touches = rows(
        "SELECT * FROM campaigns_touch WHERE prospect_id = %s AND (state IN ('planned', 'reserved', "
        "'dispatching', 'uncertain') "
        "OR (sender_id = %s AND state = 'sent' AND (response = ANY(%s) OR kind = 'invite_note'))) "
        "ORDER BY id FOR NO KEY UPDATE",
        (prospect, event["sender_id"], list(UNANSWERED)),
    )
    said = threads.Said(
        workspace=event["workspace_id"],
        sender=event["sender_id"],
        prospect=prospect,
        chat=p["chat"],
        message=p["message"],
        text=p["text"],
        at=event["at"],
        inbound=not p["outbound"],
        subject=p["subject"],
    )
    if p["outbound"]:
        return _own_message(event, said, open_touches, enrollments, now), False
    return _reply(event, said, open_touches, enrollments, now)


def _own_message(event: Row, said: threads.Said, open_touches: list[Row], enrollments: list[Row], now: datetime) -> str:
    """Our own message as the provider echoes it: evidence for an open touch, or something the owner wrote by hand."""
    if threads.known(said.sender, said.message):
        return ""
    known = fitting.text_hash(said.text)
    mine = [t for t in open_touches if t["sender_id"] == said.sender and fitting.text_hash(t["text"]) == known]
    for t in mine:
        if t["state"] in ("dispatching", "uncertain") and Kind(t["kind"]) in threads.SPOKEN:
            owner = next(e for e in enrollments if e["id"] == t["enrollment_id"])
            touches.record_sent(
                t | {"replied_at": _replied_at(said.prospect), "enrollment_state": owner["state"]},
                touches.Proof(by=event["via"], message=said.message, chat=said.chat),
                now,
            )
            return ""
    touch = next((t for t in mine if t["state"] == "sent"), None)
    if touch is not None or any(t["kind"] == Kind.INVITE_NOTE for t in mine):
        threads.store(replace(said, touch=(touch or mine[0])["id"]), now=now)
        return ""
    if threads.store(replace(said, by_hand=True), now=now) is None:
        return ""
    for t in open_touches:
        if t["state"] == "planned" and t["sender_id"] == said.sender:
            gap = row(
                "SELECT s.wait_min_h FROM campaigns_step s JOIN campaigns_enrollment e ON e.version_id = s.version_id "
                "WHERE e.id = %s AND s.key = %s",
                (t["enrollment_id"], t["step_key"]),
            )
            until = postponed_until(InboundKind.OWN_MESSAGE, said.at, gap_h=gap["wait_min_h"] if gap else 0)
            _postpone([t["enrollment_id"]], until or now, said.prospect, now)
    allowances.count_by_hand(said.sender, Kind.DM, said.at, now)
    return ""


def _replied_at(prospect: int) -> datetime | None:
    found = row("SELECT replied_at FROM prospects_prospect WHERE id = %s", (prospect,))
    return found["replied_at"] if found else None


def _reply(
    event: Row, said: threads.Said, open_touches: list[Row], enrollments: list[Row], now: datetime
) -> tuple[str, bool]:
    """The person wrote: what it means decides whether everything stops, waits, or is suppressed for good."""
    reading = replies.read(said.text, at=said.at)
    if threads.store(replace(said, intent=reading.intent), now=now) is None:
        return "", False
    reaction = react(InboundKind(reading.kind))
    word = "reply" if reaction.human_reply else reading.kind
    _note_response(said, open_touches, word)
    returned = reaction.returns_credit and _give_back(said, open_touches, word, now)
    live = [e["id"] for e in enrollments if e["state"] in ("waiting", "active", "held")]
    if reaction.sequence == Flow.STOP:
        _stop(said, live, open_touches, reaction.reason, now)
        if reaction.human_reply:
            rows(
                "UPDATE prospects_prospect SET replied_at = coalesce(replied_at, %s) WHERE id = %s",
                (said.at, said.prospect),
            )
        if reaction.suppresses:
            with scope(workspace=Workspace(pk=event["workspace_id"])):
                suppressions.suppress(Prospect.objects.get(pk=said.prospect), reason=reaction.reason, by=None, now=now)
    elif reaction.sequence == Flow.POSTPONE:
        until = postponed_until(InboundKind(reading.kind), said.at, reading.until)
        _postpone(live, until or now, said.prospect, now)
    return "", returned


def _stop(said: threads.Said, live: list[int], open_touches: list[Row], reason: str, now: datetime) -> None:
    """Every channel, sender and campaign of the workspace: enrollments stop, planned touches go, what is on its way is
    marked as crossed, the conversation stays with its holder for a while."""
    planned = [t["id"] for t in open_touches if t["state"] in ("planned", "reserved")]
    crossing = [t["id"] for t in open_touches if t["state"] in ("dispatching", "uncertain")]
    together(
        (
            "UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s",
            (said.prospect,),
        ),
        (
            "UPDATE campaigns_personlock SET release_at = %s WHERE prospect_id = %s AND released_at IS NULL",
            (now + KEEP_CONVERSATION, said.prospect),
        ),
        (
            "UPDATE campaigns_enrollment SET state = 'stopped', reason = %s, ended_at = %s, decide_at = %s, "
            "cause = '', "
            "cause_until = NULL WHERE id = ANY(%s)",
            (reason, now, NEVER, live),
        ),
        (
            "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = %s WHERE id = ANY(%s)",
            (now, reason, planned),
        ),
        ("UPDATE campaigns_touch SET crossed = true WHERE id = ANY(%s)", (crossing,)),
    )


def _postpone(live: list[int], until: datetime, prospect: int, now: datetime) -> None:
    together(
        (
            "UPDATE campaigns_enrollment SET postponed_until = greatest(postponed_until, %s), decide_at = CASE "
            "WHEN state = 'active' "
            "THEN least(decide_at, %s) ELSE decide_at END WHERE id = ANY(%s)",
            (until, now, live),
        ),
        ("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (prospect,)),
    )


def _note_response(said: threads.Said, open_touches: list[Row], word: str) -> None:
    """The newest touch that this answers carries the answer, for the reports."""
    answered = [
        t
        for t in open_touches
        if t["sender_id"] == said.sender
        and t["gate_at"]
        and t["gate_at"] <= said.at
        and not _may_return(t, said)
        and t["state"] in ("sent", "dispatching", "uncertain")
        and t["response"] in UNANSWERED
        and Kind(t["kind"]) in threads.SPOKEN
    ]
    if answered:
        rows(
            "UPDATE campaigns_touch SET response = %s, response_at = %s WHERE id = %s",
            (word[:16], said.at, answered[-1]["id"]),
        )


def _may_return(t: Row, said: threads.Said) -> bool:
    """Whether this is an InMail whose credit this response may bring back."""
    return bool(
        t["kind"] == Kind.INMAIL
        and t["sender_id"] == said.sender
        and t["state"] in ("sent", "dispatching", "uncertain")
        and not t["response"]
        and t["gate_at"] <= said.at <= t["gate_at"] + RETURN_WINDOW
    )


def _give_back(said: threads.Said, open_touches: list[Row], word: str, now: datetime) -> bool:
    """One response returns one credit: that of the oldest open InMail of this conversation, at most 90 days old.
    An InMail that is still on its way keeps the response, and its credit comes back when it is known to be sent."""
    answered = next((t for t in open_touches if _may_return(t, said)), None)
    if answered is None:
        return False
    rows(
        "UPDATE campaigns_touch SET response = %s, response_at = %s WHERE id = %s",
        (word[:16], said.at, answered["id"]),
    )
    if answered["state"] != "sent":
        return False
    returned = ledger.give_back(
        answered["balance_id"], touch=answered["id"], sent_at=answered["gate_at"], responded_at=said.at, now=now
    )
    if returned:
        together(*lanes.recompute(said.sender, [lanes.CREDIT]))
    return returned


_STANDINGS = {
    Standing.ACTIVE: "active",
    Standing.LOGGED_OUT: "disconnected",
    Standing.STOPPED: "disconnected",
    Standing.GONE: "archived",
}


def _status(event: Row, now: datetime) -> str:
    """The seat's standing at the vendor. A frozen or paused sender is lifted by a person only."""
    state = _STANDINGS.get(event["payload"]["status"])
    if state is None:
        return "This status changes nothing."
    from_states = ["disconnected"] if state == "active" else ["active", "resting", "disconnected", "paused"]
    rows(
        "UPDATE accounts_sender SET state = %s, state_reason = %s WHERE id = %s AND state = ANY(%s)",
        (
            state,
            "" if state == "active" else "The vendor says that this seat is not connected: connect it again.",
            event["sender_id"],
            from_states,
        ),
    )
    if state == "active":
        rows(
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE sender_id = %s AND state = 'active' AND cause "
            "IN ('disconnected', 'paused_sender')",
            (now, event["sender_id"]),
        )
    return ""
