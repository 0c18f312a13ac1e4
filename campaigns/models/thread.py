"""Conversations of a sender with a prospect, and what was said in them."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Member, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from campaigns.models.touch import Touch
from prospects.models import Prospect


class ThreadState(models.TextChoices):
    OPEN = "open", "Open"
    SNOOZED = "snoozed", "Snoozed"
    DONE = "done", "Done"


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class Thread(TenantModel):
    """List order and unread count are kept by the transaction that stores a message."""

    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, related_name="threads")
    prospect = TenantForeignKey(Prospect, on_delete=models.PROTECT, related_name="threads")
    provider_chat = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=ThreadState.choices, default=ThreadState.OPEN)
    subject = models.CharField(max_length=300, blank=True)
    last_at = models.DateTimeField()
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    unread = models.PositiveIntegerField(default=0)

    objects = scoped(ThreadQuerySet)

    class Meta:
        constraints = [
            *one_tenant("thread", "sender", "prospect"),
            models.UniqueConstraint(fields=["sender", "provider_chat"], name="thread_chat_once"),
        ]
        indexes = [models.Index(fields=["workspace", "state", "-last_at", "-id"], name="thread_list")]


class Message(TenantModel):
    """`intent`: what the text says (engine words). `by_hand`: sent by the owner on linkedin.com, not by a touch."""

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
