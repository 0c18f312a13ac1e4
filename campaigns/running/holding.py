"""One person's sequence held, let go on, or stopped by somebody: three verbs under the one lock order.

What was handed over before stays handed over: its answer is recorded as always, and only what is planned goes.
"""

from dataclasses import dataclass
from datetime import datetime

from accounts import history, rights
from accounts.models import Member
from campaigns.models import Enrollment
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import reservations
from campaigns.running.database import Row, Statement, again, short_transaction, together
from campaigns.running.planning import KEEP_CONVERSATION
from campaigns.running.touches import COLUMNS as TOUCH
from outreach.engine.kinds import NEVER

NotAllowed = rights.NotAllowed
BY_HAND = "by_hand"
"""The reason of a sequence that a member stopped: the only stop that a member may take back."""

_LIVE = (EnrollmentState.WAITING, EnrollmentState.ACTIVE)


class NotHeld(Exception):
    """The sequence is over for a reason that no member takes back here. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb found. `changed`: False when it was so already. `was`: the state before. `cancelled`: planned touches
    that will not go; `on_the_way`: touches that were handed over already or may have been."""

    changed: bool
    was: str
    cancelled: int = 0
    on_the_way: int = 0


def hold(enrollment: Enrollment, *, by: Member, now: datetime) -> Done:
    """Leave this person alone until resumed. Holding twice is one hold; a stop by hand may become a hold.
    Raises NotAllowed, NotHeld."""
    return again(_change, enrollment, EnrollmentState.HELD, by, now)


def resume(enrollment: Enrollment, *, by: Member, now: datetime) -> Done:
    """Go on where the sequence was held or stopped by hand: the next step is decided again. Raises NotAllowed,
    NotHeld."""
    return again(_change, enrollment, EnrollmentState.ACTIVE, by, now)


def stop(enrollment: Enrollment, *, by: Member, now: datetime) -> Done:
    """End the sequence for this person, in this campaign only. Raises NotAllowed; NotHeld when it ended otherwise."""
    return again(_change, enrollment, EnrollmentState.STOPPED, by, now)


def require_own(enrollment: Enrollment, by: Member) -> None:
    """Whoever steers the sender or the campaign may hold and stop its people. Raises NotAllowed."""
    owner = by.pk if enrollment.campaign.owner_id == by.pk else enrollment.sender.owner_id
    rights.require(by, rights.Verb.STEER, owner=owner)


def _change(enrollment: Enrollment, to: EnrollmentState, by: Member, now: datetime) -> Done:
    require_own(enrollment, by)
    with short_transaction():
        locked, touches = lock(enrollment)
        was, before = locked["state"], _state_after_resume(locked)
        if to == EnrollmentState.ACTIVE:
            to = before
        if was == to and (was != EnrollmentState.STOPPED or locked["reason"] == BY_HAND):
            return Done(False, was)
        if was == EnrollmentState.FINISHED or (was == EnrollmentState.STOPPED and locked["reason"] != BY_HAND):
            raise NotHeld(f"The sequence is over for {enrollment.prospect}, so there is nothing to change.")
        if was in _LIVE and to in _LIVE:
            return Done(False, was)
        planned = [touch["id"] for touch in touches if touch["state"] in ("planned", "reserved")]
        together(*_writes(locked, to, planned, now))
        reservations.give_back(touches, now)
        verb = {EnrollmentState.HELD: "held", EnrollmentState.STOPPED: "stopped"}.get(to, "resumed")
        history.note(enrollment, verb, by=by, now=now, was=was, cancelled=len(planned))
    return Done(True, was, len(planned), len(touches) - len(planned))


def lock(enrollment: Enrollment) -> tuple[Row, list[Row]]:
    """Lock the person, the conversation, the enrollment and its open touches, in that order; the last two as rows. In
    the caller's transaction."""
    _, _, locked, touches = together(
        ("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (enrollment.prospect_id,)),
        (
            "SELECT id FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL FOR NO KEY UPDATE",
            (enrollment.prospect_id,),
        ),
        (
            "SELECT e.id, e.state, e.reason, e.sender_id, e.last_touch_at, c.state AS campaign_state "
            "FROM campaigns_enrollment e JOIN campaigns_campaign c ON c.id = e.campaign_id WHERE e.id = %s "
            "FOR NO KEY UPDATE OF e",
            (enrollment.pk,),
        ),
        (
            f"SELECT {TOUCH} FROM campaigns_touch WHERE enrollment_id = %s AND state IN ('planned', 'reserved', "
            "'dispatching', 'uncertain') ORDER BY id FOR NO KEY UPDATE",
            (enrollment.pk,),
        ),
    )
    return locked[0], touches


def _state_after_resume(locked: Row) -> EnrollmentState:
    """A draft's people wait for its launch."""
    return EnrollmentState.WAITING if locked["campaign_state"] == "draft" else EnrollmentState.ACTIVE


def _writes(locked: Row, to: EnrollmentState, planned: list[int], now: datetime) -> list[Statement]:
    stops, goes_on = to == EnrollmentState.STOPPED, to == EnrollmentState.ACTIVE
    release = NEVER if not stops else max(now, (locked["last_touch_at"] or now) + KEEP_CONVERSATION)
    return [
        (
            "UPDATE campaigns_personlock SET release_at = %s WHERE enrollment_id = %s AND released_at IS NULL",
            (release, locked["id"]),
        ),
        (
            "UPDATE campaigns_enrollment SET state = %s, reason = %s, decide_at = %s, cause = '', cause_until = NULL, "
            "ended_at = %s WHERE id = %s",
            (str(to), BY_HAND if stops else "", now if goes_on else NEVER, now if stops else None, locked["id"]),
        ),
        (
            "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = %s WHERE id = ANY(%s)",
            (now, "held" if to == EnrollmentState.HELD else BY_HAND, planned),
        ),
    ]
