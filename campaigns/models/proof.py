"""What the promises came to when they were last recomputed."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped


class ProofRunQuerySet(models.QuerySet["ProofRun"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class ProofRun(TenantModel):
    """One recomputation of a workspace's promises, part by part: `done` of `total` parts are. `checks`: what each
    found, as plain values. `broken`: how many do not hold. `asked_by`: None = the nightly one."""

    asked_by = TenantForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField()
    broken = models.PositiveSmallIntegerField(default=0)
    checks = models.JSONField(default=list)

    objects = scoped(ProofRunQuerySet)

    class Meta:
        constraints = [
            *one_tenant("proofrun", "asked_by"),
            models.UniqueConstraint(fields=["workspace"], condition=Q(ended_at=None), name="proofrun_one_at_a_time"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="proofrun_done"),
        ]
        indexes = [models.Index(fields=["workspace", "-began_at"], name="proofrun_last")]
