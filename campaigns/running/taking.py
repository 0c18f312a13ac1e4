"""The conversation with a person passes from one campaign to another: who led it waits from then on.

Under the one lock order, and never over a touch that is on its way.
"""

from datetime import datetime

from accounts import history, rights
from accounts.models import Member
from campaigns.models import Enrollment
from campaigns.running import holding
from campaigns.running.database import Row, again, rows, short_transaction, together
from campaigns.running.hand_over import CannotHandOver
from outreach.engine.kinds import NEVER, OPEN_STATES

NotAllowed = rights.NotAllowed


def holder_of(enrollment: Enrollment) -> Enrollment | None:
    """The enrollment of another campaign that is in conversation with this person, None when none is."""
    found = rows(
        "SELECT enrollment_id FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL "
        "AND enrollment_id <> %s",
        (enrollment.prospect_id, enrollment.pk),
    )
    if not found:
        return None
    return Enrollment.objects.select_related("campaign", "sender", "prospect").get(pk=found[0]["enrollment_id"])


def may(enrollment: Enrollment, holder: Enrollment, by: Member) -> bool:
    """Whether this member may take the conversation from `holder`."""
    try:
        _require_rights(enrollment, holder, by)
    except NotAllowed:
        return False
    return True


def take(enrollment: Enrollment, *, by: Member, now: datetime) -> Enrollment | None:
    """This enrollment leads the conversation with its person from now on, and its next step is decided again; whoever
    led it, who is given back, waits until it ends. None when it led it already. Raises NotAllowed, CannotHandOver."""
    holder = holder_of(enrollment)
    if holder is None:
        _require_led(enrollment, by)
        return None
    _require_rights(enrollment, holder, by)
    return again(_take, enrollment, holder, by, now)


def _require_led(enrollment: Enrollment, by: Member) -> None:
    holding.require_own(enrollment, by)
    if not rows(
        "SELECT 1 AS one FROM campaigns_personlock WHERE enrollment_id = %s AND released_at IS NULL", (enrollment.pk,)
    ):
        raise CannotHandOver(f"Nobody is in conversation with {enrollment.prospect}: it goes on by itself.")


def _require_rights(enrollment: Enrollment, holder: Enrollment, by: Member) -> None:
    """Both sequences must be the member's to steer. Raises NotAllowed."""
    holding.require_own(enrollment, by)
    holding.require_own(holder, by)


def _take(enrollment: Enrollment, holder: Enrollment, by: Member, now: datetime) -> Enrollment | None:
    person = enrollment.prospect_id
    with short_transaction():
        _, lock, live, touches = together(
            ("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (person,)),
            (
                "SELECT enrollment_id FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL "
                "FOR NO KEY UPDATE",
                (person,),
            ),
            (
                "SELECT id, state FROM campaigns_enrollment WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                (sorted([enrollment.pk, holder.pk]),),
            ),
            (
                "SELECT id, state, enrollment_id FROM campaigns_touch WHERE prospect_id = %s AND state IN ('planned', "
                "'reserved', 'dispatching', 'uncertain') ORDER BY id FOR NO KEY UPDATE",
                (person,),
            ),
        )
        leads = lock[0]["enrollment_id"] if lock else None
        if leads == enrollment.pk:
            return None
        if leads != holder.pk:
            raise CannotHandOver("The conversation ended or changed hands meanwhile: look again.")
        _require_free(enrollment, live, touches)
        together(
            (
                "UPDATE campaigns_personlock SET released_at = %s, release_at = least(release_at, %s) "
                "WHERE prospect_id = %s AND released_at IS NULL",
                (now, now, person),
            ),
            (
                "INSERT INTO campaigns_personlock (workspace_id, prospect_id, enrollment_id, taken_at, release_at) "
                "VALUES (%s, %s, %s, %s, %s)",
                (enrollment.workspace_id, person, enrollment.pk, now, NEVER),
            ),
            (
                "UPDATE campaigns_enrollment SET decide_at = %s, cause = '', cause_until = NULL "
                "WHERE id = ANY(%s) AND state = 'active'",
                (now, [enrollment.pk, holder.pk]),
            ),
            (
                "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = 'handed_over' "
                "WHERE id = ANY(%s)",
                (now, [touch["id"] for touch in touches if touch["enrollment_id"] == holder.pk]),
            ),
        )
        history.note(enrollment, "took the conversation", by=by, now=now, was=holder.campaign_id)
        history.note(holder, "gave the conversation", by=by, now=now, to=enrollment.campaign_id)
    return holder


def _require_free(enrollment: Enrollment, live: list[Row], touches: list[Row]) -> None:
    state = next(one["state"] for one in live if one["id"] == enrollment.pk)
    if state in ("stopped", "finished"):
        raise CannotHandOver(f"The sequence is over for {enrollment.prospect}, so it cannot lead the conversation.")
    if state == "held":
        raise CannotHandOver(f"{enrollment.prospect} is on hold here: resume the sequence first.")
    if any(touch["state"] in OPEN_STATES for touch in touches):
        raise CannotHandOver("A touch is on its way or not settled yet: settle it first, then hand over.")
