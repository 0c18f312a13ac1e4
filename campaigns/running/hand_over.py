"""Another sender of the campaign goes on with a person: under the one lock order, and never over an open conversation
that somebody else leads or a touch that is on its way."""

from datetime import datetime

from accounts import history, rights
from accounts.models import Member, Sender
from campaigns.models import CampaignSender, Enrollment
from campaigns.running import holding
from campaigns.running.database import again, rows, short_transaction, together
from outreach.engine.kinds import NEVER

NotAllowed = rights.NotAllowed


class CannotHandOver(Exception):
    """This person stays with their sender. The message is one sentence that says what to do."""


def senders(enrollment: Enrollment) -> list[Sender]:
    """The other senders of the campaign that could go on with this person, by name."""
    seats = CampaignSender.objects.filter(campaign=enrollment.campaign_id).values("sender")
    return list(
        Sender.objects.filter(pk__in=seats).exclude(pk=enrollment.sender_id).exclude(state="archived").order_by("name")
    )


def hand_over(enrollment: Enrollment, to: Sender, *, by: Member, now: datetime) -> bool:
    """From now on `to` acts for this person in this campaign, and the next step is decided again for that sender. To
    the sender that it has: False. Raises NotAllowed, CannotHandOver."""
    _require_rights(enrollment, to, by)
    return again(_hand_over, enrollment, to, by, now)


def _hand_over(enrollment: Enrollment, to: Sender, by: Member, now: datetime) -> bool:
    with short_transaction():
        held = rows(
            "SELECT id, state FROM accounts_sender WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            (sorted({enrollment.sender_id, to.pk}),),
        )
        locked, touches = holding.lock(enrollment)
        if locked["sender_id"] == to.pk:
            return False
        state = next(sender["state"] for sender in held if sender["id"] == to.pk)
        _require_free(enrollment, to, state, locked["state"], [touch["state"] for touch in touches])
        together(
            (
                "UPDATE campaigns_enrollment SET sender_id = %s, decide_at = CASE WHEN state = 'active' THEN %s ELSE "
                "%s END, cause = '', cause_until = NULL WHERE id = %s",
                (to.pk, now, NEVER, enrollment.pk),
            ),
            (
                "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = 'handed_over' "
                "WHERE id = ANY(%s)",
                (now, [touch["id"] for touch in touches]),
            ),
            (
                "INSERT INTO prospects_relationship (workspace_id, prospect_id, sender_id, provider_id, degree, "
                "invitation, invitation_id, chat_id, post_id) VALUES (%s, %s, %s, '', '', '', '', '', '') "
                "ON CONFLICT (prospect_id, sender_id) DO NOTHING",
                (enrollment.workspace_id, enrollment.prospect_id, to.pk),
            ),
        )
        history.note(enrollment, "handed_over", by=by, now=now, was=locked["sender_id"], to=to.pk)
    return True


def _require_free(enrollment: Enrollment, to: Sender, to_state: str, state: str, touches: list[str]) -> None:
    if state in ("stopped", "finished"):
        raise CannotHandOver(f"The sequence is over for {enrollment.prospect}, so there is nothing to hand over.")
    if to_state == "archived" or not CampaignSender.objects.filter(campaign=enrollment.campaign_id, sender=to).exists():
        raise CannotHandOver(f"{to} does not act for {enrollment.campaign}: choose one of the campaign's senders.")
    if enrollment.prospect.sample and to.connector != "simulator":
        raise CannotHandOver(f"{enrollment.prospect} is a sample: choose a practice sender, real ones never write.")
    if set(touches) - {"planned"}:
        raise CannotHandOver("A touch is on its way or not settled yet: settle it first, then hand over.")
    holder = rows(
        "SELECT c.name FROM campaigns_personlock l JOIN campaigns_enrollment e ON e.id = l.enrollment_id "
        "JOIN campaigns_campaign c ON c.id = e.campaign_id "
        "WHERE l.prospect_id = %s AND l.released_at IS NULL AND l.enrollment_id <> %s",
        (enrollment.prospect_id, enrollment.pk),
    )
    if holder:
        raise CannotHandOver(
            f"{holder[0]['name']} is in conversation with {enrollment.prospect}: wait until it ends, or stop it there."
        )


def may(enrollment: Enrollment, to: Sender, by: Member) -> bool:
    """Whether this member may hand the person over to that sender."""
    try:
        _require_rights(enrollment, to, by)
    except NotAllowed:
        return False
    return True


def _require_rights(enrollment: Enrollment, to: Sender, by: Member) -> None:
    """Both senders must be the member's to steer. Raises NotAllowed."""
    rights.require(by, rights.Verb.STEER, owner=enrollment.sender.owner_id)
    rights.require(by, rights.Verb.STEER, owner=to.owner_id)
