"""Conversations of a sender with a prospect, and what was said in them."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Member, Sender
from accounts.rights import Scope, Verb, may
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from campaigns.models.enrollment import Enrollment
from campaigns.models.touch import Touch
from outreach.engine.kinds import LONG_AGO
from outreach.language.replies import Intent
from prospects.models import Prospect


class ThreadState(models.TextChoices):
    OPEN = "open", "Open"
    SNOOZED = "snoozed", "Snoozed"
    DONE = "done", "Done"


class Outcome(models.TextChoices):
    """What came of a conversation. `MEETING`: booked; `HELD`: it took place."""

    NONE = "", "No outcome"
    MEETING = "meeting", "Meeting booked"
    HELD = "held", "Meeting held"
    WON = "won", "Won"
    LOST = "lost", "Lost"


LABELS: dict[str, str] = {
    Intent.INTERESTED: "Interested",
    Intent.QUESTION: "Question",
    Intent.NOT_NOW: "Not now",
    Intent.NOT_INTERESTED: "Not interested",
    Intent.OUT_OF_OFFICE: "Out of office",
    Intent.UNSURE: "Unsure",
    Intent.STOP: "Asked to stop",
}
"""What a reply is after, in the words of a page."""


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)

    def readable_by(self, member: Member) -> Self:
        """The threads that this member may read: of their own senders, of the team, all, or none."""
        match may(member, Verb.READ_THREADS):
            case Scope.NONE:
                return self.none()
            case Scope.OWN:
                return self.visible_to(member).filter(sender__owner=member)
            case _:
                return self.visible_to(member)

    def answered(self) -> Self:
        """Those in which the person wrote: the inbox. What only we said is no reply to triage."""
        return self.filter(last_inbound_at__isnull=False)


class Thread(TenantModel):
    """List order, label and unread count are kept by the transaction that stores a message.

    `kind`: of the touch that began it. `enrollment`: whose conversation it is. `asked_at`: the person's last words,
    machines' notes aside; `answered_at`: ours, by whichever way. `label_by`: who corrected the rules' label.
    `outcome_on`: the day of the meeting.
    """

    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, related_name="threads")
    prospect = TenantForeignKey(Prospect, on_delete=models.PROTECT, related_name="threads")
    provider_chat = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=ThreadState.choices, default=ThreadState.OPEN)
    subject = models.CharField(max_length=300, blank=True)
    last_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    unread = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12, default="dm")
    enrollment = TenantForeignKey(
        Enrollment, on_delete=models.PROTECT, null=True, blank=True, related_name="threads", db_index=False
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(default=LONG_AGO)
    label = models.CharField(max_length=20, blank=True)
    label_by = TenantForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    assignee = TenantForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    outcome_on = models.DateField(null=True, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)

    objects = scoped(ThreadQuerySet)

    @property
    def waits_for_answer(self) -> bool:
        """Whether the last word is the person's."""
        return self.asked_at is not None and self.asked_at > self.answered_at

    class Meta:
        constraints = [
            *one_tenant("thread", "sender", "prospect", "enrollment", "label_by", "assignee"),
            models.UniqueConstraint(fields=["sender", "provider_chat"], name="thread_chat_once"),
            models.CheckConstraint(condition=Q(state__in=ThreadState.values), name="thread_state_known"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="thread_outcome_known"),
            models.CheckConstraint(
                condition=Q(state="snoozed", snoozed_until__isnull=False)
                | ~Q(state="snoozed") & Q(snoozed_until__isnull=True),
                name="thread_snooze_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | ~Q(state="done") & Q(done_at__isnull=True),
                name="thread_done_has_an_instant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "state", "-last_at", "-id"],
                condition=Q(last_inbound_at__isnull=False),
                name="thread_list",
            ),
            models.Index(
                fields=["workspace", "state", "sender", "label", "assignee"],
                condition=Q(last_inbound_at__isnull=False),
                name="thread_splits",
            ),
            models.Index(fields=["snoozed_until"], condition=Q(state="snoozed"), name="thread_to_wake"),
        ]


class Message(TenantModel):
    """`intent`: what the text says (engine words), `evidence`: the words in it that decided that. `by_hand`: sent by
    the owner on linkedin.com, not by a touch. `did`: what a reply did, written by the transaction that did it:
    `stopped` (sequences), `cancelled` (kinds of the planned touches), `crossed` (touches on their way), `returned`
    (credits), `postponed_until`, `suppressed`."""

    thread = TenantForeignKey(Thread, on_delete=models.PROTECT, related_name="messages")
    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, related_name="+")
    provider_message = models.CharField(max_length=200)
    inbound = models.BooleanField()
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    stored_at = models.DateTimeField()
    touch = TenantForeignKey(Touch, on_delete=models.PROTECT, null=True, blank=True, related_name="messages")
    by_hand = models.BooleanField(default=False)
    intent = models.CharField(max_length=20, blank=True)
    evidence = models.CharField(max_length=200, blank=True)
    did = models.JSONField(default=dict)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("message", "thread", "sender", "touch"),
            models.UniqueConstraint(fields=["sender", "provider_message"], name="message_once"),
        ]
        indexes = [
            models.Index(fields=["thread", "-at", "-id"], name="message_list"),
            models.Index(fields=["touch"], condition=Q(touch__isnull=False), name="message_of_touch"),
        ]


class Note(TenantModel):
    """What a member wrote beside a thread, for colleagues. Never sent."""

    thread = TenantForeignKey(Thread, on_delete=models.PROTECT, related_name="notes", db_index=False)
    by = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    text = models.TextField()

    objects = scoped()

    class Meta:
        constraints = [*one_tenant("note", "thread", "by")]
        indexes = [models.Index(fields=["thread", "at"], name="note_list")]


class Draft(TenantModel):
    """An answer that a member has begun and not sent."""

    thread = TenantForeignKey(Thread, on_delete=models.PROTECT, related_name="drafts", db_index=False)
    member = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField()
    at = models.DateTimeField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("draft", "thread", "member"),
            models.UniqueConstraint(fields=["thread", "member"], name="draft_once"),
        ]


class Presence(TenantModel):
    """A member who has a thread open. `at`: when their page last said so; `wrote_at`: when they last wrote an answer.
    Short-lived: an old row says nothing."""

    thread = TenantForeignKey(Thread, on_delete=models.PROTECT, related_name="presences", db_index=False)
    member = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    wrote_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("presence", "thread", "member"),
            models.UniqueConstraint(fields=["thread", "member"], name="presence_once"),
        ]


class Answer(TenantModel):
    """An answer that a member sent in a thread, and the touch that carries it. `key`: of the form it was sent with."""

    thread = TenantForeignKey(Thread, on_delete=models.PROTECT, related_name="answers", db_index=False)
    touch = TenantForeignKey(Touch, on_delete=models.PROTECT, related_name="answers", db_index=False)
    by = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=40)
    at = models.DateTimeField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("answer", "thread", "touch", "by"),
            models.UniqueConstraint(fields=["thread", "key"], name="answer_once"),
            models.UniqueConstraint(fields=["touch"], name="answer_of_touch"),
        ]


class WayBack(TenantModel):
    """What a member's act on a thread changed, as it was before: what undoes the act for a while."""

    thread = TenantForeignKey(Thread, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    was = models.JSONField()
    became = models.JSONField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [*one_tenant("wayback", "thread", "by")]
