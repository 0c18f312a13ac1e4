from django.db import models

from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from prospects.models.prospect import Prospect


class Audience(TenantModel):
    """A saved list of prospects."""

    name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("audience"),
            models.UniqueConstraint(fields=["workspace", "name"], name="audience_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class AudienceMember(TenantModel):
    audience = TenantForeignKey(Audience, on_delete=models.CASCADE, related_name="members")
    prospect = TenantForeignKey(Prospect, on_delete=models.CASCADE, related_name="+")

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("audiencemember", "audience", "prospect"),
            models.UniqueConstraint(fields=["audience", "prospect"], name="audiencemember_once"),
        ]
