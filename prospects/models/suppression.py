from django.db import models

from accounts.models import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped


class Suppression(TenantModel):
    """Do not contact. `digest` is a keyed hash of an e-mail address or a profile, so it outlives erasure and
    re-import."""

    digest = models.CharField(max_length=64)
    what = models.CharField(max_length=10, help_text="email, slug or member_id")
    reason = models.CharField(max_length=60)
    at = models.DateTimeField()
    by = TenantForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("suppression", "by"),
            models.UniqueConstraint(fields=["workspace", "digest"], name="suppression_once"),
        ]
