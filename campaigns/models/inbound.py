"""What the outside world told us, stored before it is worked."""

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT

from accounts.models import Connection, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped


class InboundState(models.TextChoices):
    NEW = "new", "New"
    DONE = "done", "Done"
    IGNORED = "ignored", "Ignored"
    QUARANTINED = "quarantined", "Quarantined"


class InboundEvent(TenantModel):
    """`key` is the same for the same event however often and by whichever way it comes. `at`: the provider's time."""

    connection = TenantForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=250)
    kind = models.CharField(max_length=30)
    payload = models.JSONField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    via = models.CharField(max_length=8, default="webhook")
    state = models.CharField(max_length=12, choices=InboundState.choices, default=InboundState.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    worked_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("inboundevent", "connection", "sender"),
            models.UniqueConstraint(fields=["connection", "key"], name="inboundevent_once"),
        ]
        indexes = [
            models.Index(fields=["at", "id"], condition=Q(state="new"), name="inboundevent_new"),
            models.Index(KT("payload__provider_id"), condition=Q(state="ignored"), name="inboundevent_of_stranger"),
        ]
