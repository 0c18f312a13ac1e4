"""What the owner of a guided sender sees on linkedin.com and nobody else can: an answer, an acceptance. It has the same
consequences as when a provider tells it."""

import hashlib
from datetime import datetime

from accounts import history, rights
from accounts.models import Member
from campaigns.models import Enrollment
from campaigns.running import lanes, messages, relations
from campaigns.running.database import again, clock_statement, read_clock, rows, short_transaction
from campaigns.running.refused_by_hand import NotAllowed, NotGuided

__all__ = ["NotAllowed", "NotGuided", "accepted", "replied"]

NO_WORDS = "They answered. Their words stand on LinkedIn."
"""The text of an answer that was told without its words."""
LONGEST = 10_000


def replied(enrollment: Enrollment, text: str = "", *, by: Member, now: datetime) -> bool:
    """This person answered, with these words where they are known: everything stops as by every answer; an
    out-of-office postpones, who asks to be left alone is suppressed, a credit comes back. The same words twice are one
    answer: then False. Raises NotAllowed, NotGuided."""
    _require_guided(enrollment, by)
    return again(_replied, enrollment, text.replace("\0", "").strip()[:LONGEST] or NO_WORDS, by, now)


def accepted(enrollment: Enrollment, *, by: Member, now: datetime) -> bool:
    """This person accepted the invite, also when that comes late: the sequence goes on where acceptance leads. False
    when they were connected already. Raises NotAllowed, NotGuided."""
    _require_guided(enrollment, by)
    return again(_accepted, enrollment, by, now)


def _require_guided(enrollment: Enrollment, by: Member) -> None:
    rights.require(by, rights.Verb.STEER, owner=enrollment.sender.owner_id)
    if enrollment.sender.connector != "guided":
        raise NotGuided("This sender hears through its connector: nobody has to say it.")


def _replied(enrollment: Enrollment, text: str, by: Member, now: datetime) -> bool:
    words = hashlib.sha256(text.encode()).hexdigest()[:16]
    message = f"heard:{enrollment.prospect_id}:{words}"
    with short_transaction():
        rows("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (enrollment.prospect_id,))
        if rows(
            "SELECT 1 AS one FROM campaigns_message WHERE sender_id = %s AND provider_message = %s",
            (enrollment.sender_id, message),
        ):
            return False
        said = {"message": message, "chat": f"guided:{enrollment.prospect_id}", "text": text, "subject": ""}
        told = {
            "payload": said | {"outbound": False},
            "workspace_id": enrollment.workspace_id,
            "sender_id": enrollment.sender_id,
            "at": max(now, read_clock(rows(*clock_statement()))),
            "via": f"member:{by.pk}",
        }
        _, returned = messages.take(told, enrollment.prospect_id, now)
        history.note(enrollment, "heard_by_hand", by=by, now=now)
    if returned:
        lanes.credits_arrived([enrollment.sender_id], now=now)
    return True


def _accepted(enrollment: Enrollment, by: Member, now: datetime) -> bool:
    with short_transaction():
        if relations.accepted(enrollment.prospect_id, enrollment.sender_id, "", now, now):
            return False
        history.note(enrollment, "accepted_by_hand", by=by, now=now)
    return True
