"""An offer to join a workspace, sent by mail."""

from datetime import datetime
from typing import Self

from django.db import models

from accounts.models.workspace import Member, Role
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)

    def open(self) -> Self:
        """Neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(TenantModel):
    """Who holds the token that was mailed may join with this role, once, until it expires or is revoked. Only the
    token's hash is kept."""

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    by = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = TenantForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = scoped(InvitationQuerySet)

    class Meta:
        constraints = [
            *one_tenant("invitation", "by", "accepted_by"),
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None), name="invitation_ends_one_way"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def expired(self, now: datetime) -> bool:
        return self.expires_at <= now
