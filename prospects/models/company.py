from django.db import models
from django.db.models.functions import Lower

from accounts.tenancy import TenantModel, one_tenant, scoped


class Company(TenantModel):
    """Where prospects work, one row per name and workspace."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=200, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("company"),
            # The name first: with the workspace first, foreign keys would be checked through this index.
            models.UniqueConstraint(Lower("name"), "workspace", name="company_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
