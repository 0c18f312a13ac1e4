"""A workspace's way to the outside world through one vendor: address, key, and the webhook's secret."""

from django.db import models

from accounts.secrets import SecretField
from accounts.tenancy import TenantModel, one_tenant, scoped


class Connection(TenantModel):
    """`hook` is the unguessable part of the webhook address; `hook_secret` travels in a header of every delivery."""

    vendor = models.CharField(max_length=20)
    base_url = models.CharField(max_length=300)
    api_key = SecretField()
    hook = models.CharField(max_length=64, unique=True)
    hook_secret = SecretField()
    hooked_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("connection"),
            models.UniqueConstraint(fields=["workspace", "vendor", "base_url"], name="connection_once"),
        ]
