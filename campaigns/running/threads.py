"""Conversations: each message once; the thread's place in the list, its label and what is unread are kept by the same
transaction. A reply opens a thread that was done or snoozed."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.running.database import Row, Statement, together
from outreach.engine.kinds import LONG_AGO, Kind
from outreach.language.replies import Intent

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
    evidence: str = ""
    touch: int | None = None
    by_hand: bool = False
    kind: str = "dm"
    enrollment: int | None = None

    @property
    def asks(self) -> bool:
        """Whether a person wrote this to us, no machine."""
        return self.inbound and self.intent != Intent.OUT_OF_OFFICE


def store(said: Said, *, now: datetime) -> int | None:
    """Store a message and move its thread up the list. The message's id, or None when it was stored before."""
    *_, stored = together(*storing(said, now=now))
    return int(stored[0]["id"]) if stored else None


_RELABELS = (
    "%(inbound)s AND (label = '' OR %(asks)s AND %(at)s >= coalesce(asked_at, %(at)s) "
    "AND (label_by_id IS NULL OR %(intent)s <> 'unsure'))"
)
"""The newest words of a person decide; a machine's note only where nobody wrote, and doubt never undoes what a member
said."""


def storing(said: Said, *, now: datetime) -> list[Statement]:
    """The statements of `store`, to travel with others: the last one answers the message's id if it is new."""
    preview = " ".join(said.text.split())[:200]
    return [
        (
            "INSERT INTO campaigns_thread (workspace_id, sender_id, prospect_id, provider_chat, state, subject, "
            "last_at, last_inbound_at, preview, unread, kind, enrollment_id, answered_at, label, outcome) "
            "VALUES (%s, %s, %s, %s, 'open', %s, %s, NULL, '', 0, %s, %s, %s, '', '') "
            "ON CONFLICT (sender_id, provider_chat) DO NOTHING",
            (
                said.workspace,
                said.sender,
                said.prospect,
                said.chat,
                said.subject[:300],
                said.at,
                said.kind,
                said.enrollment,
                LONG_AGO,
            ),
        ),
        (
            "WITH made AS (INSERT INTO campaigns_message (workspace_id, thread_id, sender_id, provider_message, "
            "inbound, text, at, stored_at, touch_id, by_hand, intent, evidence, did) "
            "SELECT t.workspace_id, t.id, t.sender_id, %(message)s, %(inbound)s, %(text)s, %(at)s, %(now)s, "
            "%(touch)s::bigint, %(by_hand)s, %(intent)s, %(evidence)s, '{}' "
            "FROM campaigns_thread t WHERE t.sender_id = %(sender)s AND t.provider_chat = %(chat)s "
            "ON CONFLICT (sender_id, provider_message) DO NOTHING RETURNING id, thread_id) "
            "UPDATE campaigns_thread t SET last_at = greatest(last_at, %(at)s), "
            "preview = CASE WHEN %(at)s >= last_at THEN %(preview)s ELSE preview END, "
            "last_inbound_at = CASE WHEN %(inbound)s THEN greatest(last_inbound_at, %(at)s) ELSE last_inbound_at END, "
            "unread = unread + %(inbound)s::int, state = CASE WHEN %(inbound)s THEN 'open' ELSE state END, "
            "snoozed_until = CASE WHEN %(inbound)s THEN NULL ELSE snoozed_until END, "
            "done_at = CASE WHEN %(inbound)s THEN NULL ELSE done_at END, "
            "asked_at = CASE WHEN %(asks)s THEN greatest(asked_at, %(at)s) ELSE asked_at END, "
            "answered_at = CASE WHEN %(inbound)s THEN answered_at ELSE greatest(answered_at, %(at)s) END, "
            f"label = CASE WHEN {_RELABELS} THEN %(intent)s ELSE label END, "
            f"label_by_id = CASE WHEN {_RELABELS} THEN NULL ELSE label_by_id END, "
            "enrollment_id = coalesce(enrollment_id, %(enrollment)s::bigint) "
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
                "evidence": said.evidence[:200],
                "asks": said.asks,
                "enrollment": said.enrollment,
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
            kind=t["kind"],
            enrollment=t["enrollment_id"],
        ),
        now=now,
    )


def knowing(sender: int, message: str) -> Statement:
    """Answers a row when this message stands in a thread already."""
    return ("SELECT 1 AS one FROM campaigns_message WHERE sender_id = %s AND provider_message = %s", (sender, message))


def returning(t: Row, at: datetime) -> Statement:
    """The reply of this instant brought a credit back after all."""
    return (
        "UPDATE campaigns_message SET did = did || '{\"returned\": 1}' WHERE id = (SELECT m.id FROM "
        "campaigns_message m JOIN campaigns_thread h ON h.id = m.thread_id WHERE h.prospect_id = %s AND "
        "h.sender_id = %s AND m.inbound AND m.at = %s ORDER BY m.id LIMIT 1)",
        (t["prospect_id"], t["sender_id"], at),
    )
