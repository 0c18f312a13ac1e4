"""Conversations: each message once, the thread's place in the list kept by the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.running.database import Row, Statement, together
from outreach.engine.kinds import Kind

SPOKEN: frozenset[Kind] = frozenset({Kind.DM, Kind.INMAIL, Kind.OPEN_INMAIL})
"""Kinds whose text stands in a thread. A note on an invite joins it when the invite is accepted."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message as the provider tells it."""

    workspace: int
    sender: int
    prospect: int
    chat: str
    message: str
    text: str
    at: datetime
    inbound: bool
    subject: str = ""
    intent: str = ""
    touch: int | None = None
    by_hand: bool = False


def store(said: Said, *, now: datetime) -> int | None:
    """Store a message and move its thread up the list. The message's id, or None when it was stored before."""
    *_, stored = together(*storing(said, now=now))
    return int(stored[0]["id"]) if stored else None


def storing(said: Said, *, now: datetime) -> list[Statement]:
    """The statements of `store`, to travel with others: the last one answers the message's id if it is new."""
    preview = " ".join(said.text.split())[:200]
    return [
        (
            "INSERT INTO campaigns_thread (workspace_id, sender_id, prospect_id, provider_chat, state, subject, "
            "last_at, last_inbound_at, preview, unread) VALUES (%s, %s, %s, %s, 'open', %s, %s, NULL, '', 0) "
            "ON CONFLICT (sender_id, provider_chat) DO NOTHING",
            (said.workspace, said.sender, said.prospect, said.chat, said.subject[:300], said.at),
        ),
        (
            "WITH made AS (INSERT INTO campaigns_message (workspace_id, thread_id, sender_id, provider_message, "
            "inbound, text, at, stored_at, touch_id, by_hand, intent) "
            "SELECT t.workspace_id, t.id, t.sender_id, %(message)s, %(inbound)s, %(text)s, %(at)s, %(now)s, "
            "%(touch)s::bigint, %(by_hand)s, %(intent)s "
            "FROM campaigns_thread t WHERE t.sender_id = %(sender)s AND t.provider_chat = %(chat)s "
            "ON CONFLICT (sender_id, provider_message) DO NOTHING RETURNING id, thread_id) "
            "UPDATE campaigns_thread t SET last_at = greatest(last_at, %(at)s), "
            "preview = CASE WHEN %(at)s >= last_at THEN %(preview)s ELSE preview END, "
            "last_inbound_at = CASE WHEN %(inbound)s THEN greatest(last_inbound_at, %(at)s) ELSE last_inbound_at END, "
            "unread = unread + %(inbound)s::int, state = CASE WHEN %(inbound)s THEN 'open' ELSE state END "
            "FROM made WHERE t.id = made.thread_id RETURNING made.id",
            {
                "message": said.message,
                "inbound": said.inbound,
                "text": said.text,
                "at": said.at,
                "now": now,
                "touch": said.touch,
                "by_hand": said.by_hand,
                "intent": said.intent,
                "sender": said.sender,
                "chat": said.chat,
                "preview": preview,
            },
        ),
    ]


def own(t: Row, chat: str, message: str, *, now: datetime) -> list[Statement]:
    """The text of a touch that arrived, in its thread. Without a message id the provider's echo brings it."""
    if not message:
        return []
    return storing(
        Said(
            workspace=t["workspace_id"],
            sender=t["sender_id"],
            prospect=t["prospect_id"],
            chat=chat,
            message=message,
            text=t["text"],
            at=now,
            inbound=False,
            subject=t["subject"],
            touch=t["id"],
        ),
        now=now,
    )


def knowing(sender: int, message: str) -> Statement:
    """Answers a row when this message stands in a thread already."""
    return ("SELECT 1 AS one FROM campaigns_message WHERE sender_id = %s AND provider_message = %s", (sender, message))
