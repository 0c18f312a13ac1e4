"""Budgets of a sender with their exact rings, and the lanes in which work waits for them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Greatest

from accounts.models import Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from outreach.engine.kinds import LONG_AGO, NEVER


class Allowance(TenantModel):
    """`ring`: counted instants as epoch seconds rounded up, oldest first. `allowed_at`: when the rules allow the next
    act; written only when an act is counted or a cap changes. `reason`: what set the day cap."""

    sender = TenantForeignKey(Sender, on_delete=models.CASCADE, related_name="allowances")
    budget = models.CharField(max_length=16)
    day_cap = models.PositiveIntegerField(null=True, blank=True)
    week_cap = models.PositiveIntegerField(null=True, blank=True)
    month_cap = models.PositiveIntegerField(null=True, blank=True)
    ceiling = models.PositiveIntegerField(null=True, blank=True)
    gap_s = models.PositiveIntegerField(default=0)
    spread = models.BooleanField(default=False)
    reason = models.CharField(max_length=12, default="plan")
    ring = ArrayField(models.IntegerField(), default=list)
    month = models.IntegerField(default=0)
    month_used = models.PositiveIntegerField(default=0)
    outstanding = models.PositiveIntegerField(default=0)
    allowed_at = models.DateTimeField(default=LONG_AGO)
    opening_cause = models.CharField(max_length=16, blank=True)
    rest_until = models.DateTimeField(null=True, blank=True)
    limited_at = models.DateTimeField(null=True, blank=True, help_text="last time the provider said limit")
    paused_until = models.DateTimeField(null=True, blank=True, help_text="end of a pause for health")
    paused_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("allowance", "sender"),
            models.UniqueConstraint(fields=["sender", "budget"], name="allowance_once"),
        ]


class Lane(TenantModel):
    """Where touches of one kind wait for one sender. `due_hint`: earliest work (NEVER = parked); whoever adds work
    lowers it. `allowed_at`: latest of the allowances its kind uses. `next_at`: when it is worth a look."""

    sender = TenantForeignKey(Sender, on_delete=models.CASCADE, related_name="lanes")
    kind = models.CharField(max_length=12)
    allowed_at = models.DateTimeField(default=LONG_AGO)
    due_hint = models.DateTimeField(default=NEVER)
    next_at = models.GeneratedField(
        expression=Greatest("allowed_at", "due_hint"), output_field=models.DateTimeField(), db_persist=True
    )

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("lane", "sender"),
            models.UniqueConstraint(fields=["sender", "kind"], name="lane_once"),
        ]
        indexes = [models.Index(fields=["next_at"], name="lane_next")]
