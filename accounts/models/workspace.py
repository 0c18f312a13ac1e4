"""The tenant, and the people in it."""

from typing import Self

from django.conf import settings
from django.db import models

from accounts.tenancy import TenantModel, one_tenant, scoped


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    SDR = "sdr", "SDR"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Admin"


class Workspace(models.Model):
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    created_at = models.DateTimeField()
    sample = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class MemberQuerySet(models.QuerySet["Member"]):
    def visible_to(self, member: "Member") -> Self:
        return self.filter(workspace=member.workspace_id)


class Member(TenantModel):
    """A person in a workspace, with a role. A person may belong to several workspaces. `steps_away_at`: since when they
    do not want to see the first steps."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    steps_away_at = models.DateTimeField(null=True, blank=True)

    objects = scoped(MemberQuerySet)

    class Meta:
        constraints = [
            *one_tenant("member"),
            models.UniqueConstraint(fields=["workspace", "user"], name="member_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="member_role_known"),
        ]

    def __str__(self) -> str:
        return str(self.user)
