"""Confirmed things by day: two wide tables that are always equal to a recount, and the marks of days to count anew.

Days are UTC. What came of a touch counts on the day on which the touch was sent, so that every rate is a share of what
was sent; credits count on the day on which they moved.
"""

import pgtrigger
from django.db import models

from accounts.models import CreditTransfer, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from campaigns.models.campaign import Campaign
from campaigns.models.thread import Message, Thread
from campaigns.models.touch import Touch


def _count() -> models.PositiveIntegerField:  # type: ignore[type-arg]  # generic only in the stubs
    return models.PositiveIntegerField(default=0)


class Counts(TenantModel):
    """One day's confirmed things. `replied_…`: touches of that channel that a human answered; `declined`: invites and
    InMails that were declined or lapsed; `out_of_office`: touches that only a machine answered; `opted_out`: those
    among the replied after which the person asked to be left alone; `meetings`: touches that led to a meeting, booked,
    held or won."""

    day = models.DateField()
    sent_invite = _count()
    sent_invite_note = _count()
    sent_dm = _count()
    sent_open_inmail = _count()
    sent_inmail = _count()
    sent_view = _count()
    sent_follow = _count()
    sent_like = _count()
    sent_comment = _count()
    sent_withdraw = _count()
    sent_email = _count()
    sent_whatsapp = _count()
    sent_call = _count()
    sent_task = _count()
    accepted = _count()
    declined = _count()
    replied_invite = _count()
    replied_dm = _count()
    replied_open_inmail = _count()
    replied_inmail = _count()
    replied_email = _count()
    replied_whatsapp = _count()
    out_of_office = _count()
    opted_out = _count()
    meetings = _count()
    granted = _count()
    spent = _count()
    returned = _count()
    clipped = _count()
    expired = _count()
    forfeited = _count()

    class Meta:
        abstract = True


COLUMNS: tuple[str, ...] = tuple(
    field.name for field in Counts._meta.local_fields if isinstance(field, models.PositiveIntegerField)
)
"""The columns that count."""


class CampaignDay(Counts):
    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("campaignday", "campaign"),
            models.UniqueConstraint(fields=["campaign", "day"], name="campaignday_once"),
        ]
        indexes = [models.Index(fields=["workspace", "day"], name="campaignday_of_day")]


class SenderDay(Counts):
    sender = TenantForeignKey(Sender, on_delete=models.CASCADE, related_name="+", db_index=False)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("senderday", "sender"),
            models.UniqueConstraint(fields=["sender", "day"], name="senderday_once"),
        ]
        indexes = [models.Index(fields=["workspace", "day"], name="senderday_of_day")]


class RollupMark(TenantModel):
    """A day whose rows are older than what happened. Written by the transaction of the change, so that no crash loses
    it; only ever added, so that nobody waits for anybody."""

    day = models.DateField()

    objects = scoped()

    class Meta:
        constraints = [*one_tenant("rollupmark")]
        indexes = [models.Index(fields=["workspace", "day"], name="rollupmark_of_day")]


# A touch that is sent, and a message that answers one, may move an answer from one touch to another: all days of this
# sender with this person are counted anew. A person has few touches and a sender many, which a plan made over an empty
# table cannot know: + 0 keeps it from the sender's index.
_DAYS = """
INSERT INTO campaigns_rollupmark (workspace_id, day)
SELECT DISTINCT t.workspace_id, (t.gate_at AT TIME ZONE 'UTC')::date FROM campaigns_touch t
WHERE t.prospect_id = {prospect} AND t.sender_id + 0 = {sender} AND t.state = 'sent' AND t.gate_at IS NOT NULL;
RETURN NULL;
"""
_OF_TOUCH = _DAYS.format(prospect="NEW.prospect_id", sender="NEW.sender_id")
_OF_MESSAGE = _DAYS.format(
    prospect="(SELECT prospect_id FROM campaigns_thread WHERE id = NEW.thread_id)", sender="NEW.sender_id"
)
_OF_TRANSFER = """
INSERT INTO campaigns_rollupmark (workspace_id, day) VALUES (NEW.workspace_id, (NEW.at AT TIME ZONE 'UTC')::date);
RETURN NULL;
"""


def _after(operation: pgtrigger.Operation, condition: str, func: str) -> pgtrigger.Trigger:
    """Marks days after rows that are written like this."""
    name = "mark_new" if operation is pgtrigger.Insert else "mark"
    return pgtrigger.Trigger(
        name=name, when=pgtrigger.After, operation=operation, condition=pgtrigger.Condition(condition), func=func
    )


class CountedTouch(Touch):
    """Touches as the reports see them: each that is sent or answered marks its day."""

    class Meta:
        proxy = True
        triggers = [
            _after(pgtrigger.Insert, "NEW.state = 'sent'", _OF_TOUCH),
            _after(
                pgtrigger.Update,
                "NEW.state = 'sent' AND (OLD.state <> 'sent' OR OLD.response <> NEW.response)",
                _OF_TOUCH,
            ),
        ]


class CountedMessage(Message):
    """Messages as the reports see them: what a person writes marks the days of the touches it may answer."""

    class Meta:
        proxy = True
        triggers = [
            _after(pgtrigger.Insert, "NEW.inbound", _OF_MESSAGE),
            _after(pgtrigger.Update, "NEW.inbound AND (OLD.intent <> NEW.intent OR OLD.at <> NEW.at)", _OF_MESSAGE),
        ]


class CountedThread(Thread):
    """Conversations as the reports see them: an outcome marks the days of the touches that may have led to it."""

    class Meta:
        proxy = True
        triggers = [
            _after(
                pgtrigger.Update,
                "OLD.outcome <> NEW.outcome OR OLD.outcome_at IS DISTINCT FROM NEW.outcome_at",
                _OF_TOUCH,
            )
        ]


class CountedTransfer(CreditTransfer):
    """Movements of credits as the reports see them: each marks its day."""

    class Meta:
        proxy = True
        triggers = [_after(pgtrigger.Insert, "NEW.credit NOT IN ('reserved')", _OF_TRANSFER)]
