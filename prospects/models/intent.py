from django.db import models

from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from prospects.models.prospect import Prospect


class Intent(TenantModel):
    """A buying signal: something the person did, seen at `at`. `key` makes the same signal count once."""

    prospect = TenantForeignKey(Prospect, on_delete=models.CASCADE, related_name="intents")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("intent", "prospect"),
            models.UniqueConstraint(fields=["prospect", "key"], name="intent_once"),
        ]
