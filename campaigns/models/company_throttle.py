"""How many people of one company a workspace approaches at most."""

from django.db import models
from django.db.models import Q

from accounts.tenancy import TenantModel, one_tenant, scoped


class CompanyThrottle(TenantModel):
    """So many people of one company get their first touch within so many days, over all senders. A workspace without
    a row counts nobody."""

    people = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("companythrottle"),
            models.UniqueConstraint(fields=["workspace"], name="companythrottle_once"),
            models.CheckConstraint(condition=Q(people__gte=1, days__gte=1), name="companythrottle_counts"),
        ]
