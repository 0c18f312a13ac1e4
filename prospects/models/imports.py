"""A file of prospects on its way in, and each row that could not be taken."""

from django.db import models

from accounts.models import Member, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from prospects.models.audience import Audience


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", "Uploaded"
    CHECKED = "checked", "Checked"
    APPLYING = "applying", "Applying"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNDONE = "undone", "Undone"


class Import(TenantModel):
    """`sender`: whose connections they are (LinkedIn's own export). `digest`: SHA-256 of the file."""

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    digest = models.CharField(max_length=64)
    by = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    audience = TenantForeignKey(Audience, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=ImportState.choices)
    at = models.DateTimeField()
    new = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("import", "by", "sender", "audience"),
            models.CheckConstraint(condition=models.Q(state__in=ImportState.values), name="import_state_known"),
        ]


class ImportRow(TenantModel):
    """A row that was not taken as it stands, and the sentence that says why."""

    upload = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12)
    problem = models.CharField(max_length=300)
    raw = models.JSONField(default=dict)

    objects = scoped()

    class Meta:
        constraints = [*one_tenant("importrow", "upload")]
