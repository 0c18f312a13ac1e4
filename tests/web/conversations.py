"""Conversations for the pages of the inbox, as the running path leaves them."""

from datetime import datetime, timedelta
from typing import Any

from django_scopes import scope

from accounts.models import Connection, Sender
from campaigns.models import Campaign, Message, PersonLock, Thread
from campaigns.running import threads
from campaigns.running.database import rows
from campaigns.running.threads import Said
from outreach.language import replies
from tests.cast import MONDAY, campaign, connection, enroll, prospects

HOUR = timedelta(hours=1)


def conversation(
    by: Sender,
    text: str = "Interesting, tell me more.",
    *,
    at: datetime = MONDAY - HOUR,
    into: Campaign | None = None,
    **name: Any,
) -> Thread:
    """Somebody answered this sender's message at `at`, and their sequence is stopped."""
    with scope(workspace=by.workspace):
        if by.connection_id is None:
            connected(by)
        into = into or Campaign.objects.filter(name="Dock delays").first() or campaign(by.owner, "Dock delays")
        [person] = prospects(by.workspace, 1, **name)
        [enrollment] = enroll(into, by, [person], "stopped", reason="replied", ended_at=at, last_touch_at=at - HOUR)
        PersonLock.objects.create(
            workspace=by.workspace,
            prospect=person,
            enrollment=enrollment,
            taken_at=at - HOUR,
            release_at=at + 720 * HOUR,
        )
        said = Said(
            workspace=by.workspace_id,
            sender=by.pk,
            prospect=person.pk,
            chat=f"chat-{person.pk}",
            message=f"ours-{person.pk}",
            text="Three shifts, one gate: shall I send the note?",
            at=at - HOUR,
            inbound=False,
            enrollment=enrollment.pk,
        )
        threads.store(said, now=said.at)
        reading = replies.read(text, at=at)
        threads.store(
            Said(
                **{name: getattr(said, name) for name in said.__slots__}
                | {
                    "message": f"theirs-{person.pk}",
                    "text": text,
                    "at": at,
                    "inbound": True,
                    "intent": reading.intent,
                    "evidence": reading.evidence,
                }
            ),
            now=at,
        )
        Message.objects.filter(provider_message=f"theirs-{person.pk}").update(
            did={"stopped": 1, "cancelled": ["invite", "dm"], "returned": 1}
        )
        return Thread.objects.get(prospect=person)


def connected(by: Sender) -> Sender:
    """The sender, acting through a connection."""
    made = Connection.objects.filter(workspace=by.workspace).first() or connection(by.workspace)
    rows("UPDATE accounts_sender SET connection_id = %s WHERE id = %s", (made.pk, by.pk))
    by.refresh_from_db()
    return by
