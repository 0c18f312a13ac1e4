"""What comes in: stored first under a unique key, then worked in order, each event in one transaction."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import OperationalError

from campaigns.running import lanes, messages, relations
from campaigns.running.database import Row, again, commit, rows, short_transaction, together
from outreach.connectors.base import Event, Standing
from outreach.web import errors, news

log = logging.getLogger(__name__)
TRIES = 3
BATCH = 200
ABOUT_SOMEBODY = ("message", "relation")


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
    found = rows(
        "SELECT id, workspace_id, sender_id, kind, payload, at, via FROM campaigns_inboundevent WHERE state = 'new' "
        f"ORDER BY at, id LIMIT {limit:d}"  # a plan made for any limit would read the whole queue
    )
    for event in found:
        try:
            again(_work_one, event, now)
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


def _work_one(listed: Row, now: datetime) -> None:
    payload = json.loads(listed["payload"])
    event = listed | {"payload": payload}
    with short_transaction():
        mine, whose = together(
            (
                "SELECT 1 AS one FROM campaigns_inboundevent WHERE id = %s AND state = 'new' "
                "FOR NO KEY UPDATE SKIP LOCKED",
                (event["id"],),
            ),
            relations.finding(event["sender_id"], payload["provider_id"], payload["slug"], payload["chat"]),
        )
        if not mine:
            return
        if not whose and event["kind"] in ABOUT_SOMEBODY:
            if not _is_stranger(event):
                return  # a profile that was read this moment says who it is: the next call works it
            outcome, wake = relations.UNKNOWN, False
        else:
            outcome, wake = _apply(event, whose[0]["prospect_id"] if whose else None, now)
        commit(
            (
                "UPDATE campaigns_inboundevent SET state = %s, problem = %s, worked_at = %s WHERE id = %s",
                ("done" if not outcome else "ignored", outcome, now, event["id"]),
            )
        )
    if event["kind"] == "message":
        news.tell(event["workspace_id"], "inbox")
    if wake:
        lanes.credits_arrived([event["sender_id"]], now=now)


def _is_stranger(event: Row) -> bool:
    """Whether nobody of ours is known by this provider id, until this transaction ends: whoever learns it later finds
    the event ignored, and has it worked."""
    payload = event["payload"]
    _, whose = together(
        relations.naming(payload["provider_id"]),
        relations.finding(event["sender_id"], payload["provider_id"], payload["slug"], payload["chat"]),
    )
    return not whose


def _apply(event: Row, prospect: int | None, now: datetime) -> tuple[str, bool]:
    """Do what the event says about this prospect. (why it was ignored or "", whether a credit came back)."""
    match event["kind"]:
        case "message" if prospect is not None:
            return messages.take(event, prospect, now)
        case "relation" if prospect is not None:
            return relations.accepted(
                prospect, event["sender_id"], event["payload"]["provider_id"], event["at"], now
            ), False
        case "account_status":
            return _status(event, now), False
        case _:
            return "Nothing follows from this event.", False


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
