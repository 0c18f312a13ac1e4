"""One LinkedIn seat, mailbox or number that we act as, and the turn that lets one worker at a time act as it."""

from typing import Self

from django.db import models

from accounts.models.connection import Connection
from accounts.models.plan import Plan
from accounts.models.workspace import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from outreach.engine.kinds import LONG_AGO


class SenderQuerySet(models.QuerySet["Sender"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class SenderState(models.TextChoices):
    SETTING_UP = "setting_up", "Setting up"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    RESTING = "resting", "Resting"
    DISCONNECTED = "disconnected", "Disconnected"
    FROZEN = "frozen", "Frozen"
    ARCHIVED = "archived", "Archived"


class Sender(TenantModel):
    """`hours`: working intervals per weekday in `zone`. `days_off`: all days off, that is `own_days_off` and the public
    holidays of `holidays_of`. `warm_from`: first day of warm-up; empty = established.
    `provider_account`: the vendor's id of the linked seat; `provider_id`: the seat's own id on LinkedIn."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, default="linkedin")
    owner = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="senders")
    plan = TenantForeignKey(Plan, on_delete=models.PROTECT, related_name="senders", null=True, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    hours = models.JSONField()
    days_off = models.JSONField(default=list)
    own_days_off = models.JSONField(default=list)
    holidays_of = models.CharField(max_length=12, blank=True, help_text="country, or country and region: DE-BY")
    their_hours = models.BooleanField(
        default=False, help_text="waits for the prospect's working hours too, where their place is known"
    )
    state = models.CharField(max_length=12, choices=SenderState.choices, default=SenderState.SETTING_UP)
    state_reason = models.CharField(max_length=300, blank=True)
    connector = models.CharField(max_length=20, default="guided")
    connection = TenantForeignKey(Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="senders")
    provider_account = models.CharField(max_length=120, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    consent_by = TenantForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    consent_at = models.DateTimeField(null=True, blank=True)
    warm_from = models.DateField(null=True, blank=True)
    week_override = models.PositiveSmallIntegerField(null=True, blank=True)
    spread = models.BooleanField(default=True)
    anchor_day = models.PositiveSmallIntegerField(
        default=1, help_text="day of the month on which the billing cycle starts"
    )
    inbox_at = models.DateTimeField(null=True, blank=True, help_text="last complete look at the inbox")
    relations_at = models.DateTimeField(
        null=True, blank=True, help_text="last complete look at connections and invites"
    )
    invites_at = models.DateTimeField(null=True, blank=True, help_text="last complete look at pending invites")
    balance_at = models.DateTimeField(null=True, blank=True, help_text="last look at the provider's credit balance")
    limits_on = models.DateField(null=True, blank=True, help_text="day whose limits stand in the allowances")
    created_at = models.DateTimeField()

    objects = scoped(SenderQuerySet)

    class Meta:
        constraints = [
            *one_tenant("sender", "owner", "plan", "connection", "consent_by"),
            models.CheckConstraint(condition=models.Q(state__in=SenderState.values), name="sender_state_known"),
            models.UniqueConstraint(
                fields=["connection", "provider_account"],
                condition=~models.Q(provider_account=""),
                name="sender_seat_once",
            ),
            models.CheckConstraint(
                condition=models.Q(connector="guided") | models.Q(consent_at__isnull=False),
                name="sender_automatic_needs_consent",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SenderTurn(TenantModel):
    """The right to act as a sender, held by one worker at a time: whoever holds `token` until `until`."""

    sender = models.OneToOneField(Sender, on_delete=models.CASCADE, related_name="turn")
    owner = models.CharField(max_length=80, blank=True)
    token = models.BigIntegerField(default=0)
    until = models.DateTimeField(default=LONG_AGO)

    objects = scoped()

    class Meta:
        constraints = [*one_tenant("senderturn", "sender")]
