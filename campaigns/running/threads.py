"""Conversations: each message once, the thread's place in the list kept by the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.running.database import Row, rows, together
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
    preview = " ".join(said.text.split())[:200]
    _, stored = together(
        (
            "INSERT INTO campaigns_thread (workspace_id, sender_id, prospect_id, provider_chat, state, subject, "
            "last_at, "
            "last_inbound_at, preview, unread) VALUES (%s, %s, %s, %s, 'open', %s, %s, NULL, '', 0) "
            "ON CONFLICT (sender_id, provider_chat) DO NOTHING",
            (said.workspace, said.sender, said.prospect, said.chat, said.subject[:300], said.at),
        ),
        (
            "INSERT INTO campaigns_message (workspace_id, thread_id, sender_id, provider_message, inbound, text, "
            "at, stored_at, "
            "touch_id, by_hand, intent) SELECT t.workspace_id, t.id, t.sender_id, %s, %s, %s, %s, %s, %s, %s, %s "
            "FROM campaigns_thread t WHERE t.sender_id = %s AND t.provider_chat = %s "
            "ON CONFLICT (sender_id, provider_message) DO NOTHING RETURNING id, thread_id",
            (
                said.message,
                said.inbound,
                said.text,
                said.at,
                now,
                said.touch,
                said.by_hand,
                said.intent,
                said.sender,
                said.chat,
            ),
        ),
    )
    if not stored:
        return None
    [made] = stored
    together(
        (
            "UPDATE campaigns_thread SET last_at = greatest(last_at, %s), preview = CASE WHEN %s >= last_at "
            "THEN %s ELSE preview END, "
            "last_inbound_at = CASE WHEN %s THEN greatest(last_inbound_at, %s) ELSE last_inbound_at END, "
            "unread = unread + %s, state = CASE WHEN %s THEN 'open' ELSE state END WHERE id = %s",
            (said.at, said.at, preview, said.inbound, said.at, int(said.inbound), said.inbound, made["thread_id"]),
        )
    )
    return int(made["id"])


def record_own(t: Row, chat: str, message: str, *, now: datetime) -> None:
    """The text of a touch that arrived, in its thread. Without a message id the provider's echo brings it."""
    if not message:
        return
    store(
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


def known(sender: int, message: str) -> bool:
    """Whether this message stands in a thread already."""
    return bool(
        rows("SELECT 1 AS one FROM campaigns_message WHERE sender_id = %s AND provider_message = %s", (sender, message))
    )
