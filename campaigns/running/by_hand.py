"""Acts that no connector carries out: a call or a task waits for a person, who says that it was done or skipped."""

from datetime import datetime

from accounts import history
from accounts.models import Member
from campaigns.models import Touch
from campaigns.running import touches
from campaigns.running.database import again, rows, short_transaction, together
from outreach.engine.kinds import BY_HAND, NEVER


class NotByHand(Exception):
    """This touch is not waiting for a person. The message is one sentence."""


def done(touch: Touch, *, by: Member, now: datetime) -> bool:
    """The person did it. Saying it twice is saying it once. Raises NotByHand."""
    return _settle(touch, "sent", by, now)


def skipped(touch: Touch, *, by: Member, now: datetime) -> bool:
    """The person will not do it: the sequence goes on without it."""
    return _settle(touch, "skipped", by, now)


def _settle(touch: Touch, state: str, by: Member, now: datetime) -> bool:
    if touch.kind not in BY_HAND:
        raise NotByHand(f"A {touch.get_kind_display().lower()} is carried out by the sender's connector, not by hand.")
    return again(_settle_once, touch, state, by, now)


def _settle_once(touch: Touch, state: str, by: Member, now: datetime) -> bool:
    with short_transaction():
        t = touches.lock_person(touch.pk)
        if t is None or t["state"] != "planned" or t["enrollment_state"] != "active":
            return False
        together(
            (
                "INSERT INTO campaigns_personlock (workspace_id, prospect_id, enrollment_id, taken_at, release_at) "
                "SELECT %s, %s, %s, %s, %s WHERE NOT EXISTS (SELECT 1 FROM campaigns_personlock "
                "WHERE prospect_id = %s AND released_at IS NULL)",
                (t["workspace_id"], t["prospect_id"], t["enrollment_id"], now, NEVER, t["prospect_id"]),
            ),
            (
                "UPDATE campaigns_enrollment SET decide_at = %s, last_touch_at = CASE WHEN %s THEN %s ELSE "
                "last_touch_at END "
                "WHERE id = %s",
                (now, state == "sent", now, t["enrollment_id"]),
            ),
            (
                "UPDATE campaigns_touch SET state = %s, gate_at = CASE WHEN %s THEN %s ELSE gate_at END, "
                "settled_at = %s, "
                "evidence = evidence || jsonb_build_object('by', %s::text) WHERE id = %s",
                (state, state == "sent", now, now, f"member:{by.pk}", touch.pk),
            ),
        )
        history.note(touch, "done_by_hand" if state == "sent" else "skipped_by_hand", by=by, now=now)
    return True


def waiting(*, now: datetime) -> list[int]:
    """Touches that wait for a person, the oldest first."""
    return [
        touch["id"]
        for touch in rows(
            "SELECT id FROM campaigns_touch WHERE state = 'planned' AND guided AND kind IN ('call', 'task') AND "
            "not_before <= %s "
            "ORDER BY not_before, id",
            (now,),
        )
    ]
