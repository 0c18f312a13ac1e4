"""What one sender is to one prospect on LinkedIn."""

from django.db import models

from accounts.models import Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from outreach.engine.kinds import Degree, Invitation
from prospects.models.prospect import Prospect


class Relationship(TenantModel):
    """`provider_id`: the prospect's id as this sender's seat sees it. `invite_not_before`: end of a cool-down."""

    prospect = TenantForeignKey(Prospect, on_delete=models.CASCADE, related_name="relationships")
    sender = TenantForeignKey(Sender, on_delete=models.CASCADE, related_name="relationships")
    provider_id = models.CharField(max_length=120, blank=True)
    degree = models.CharField(max_length=4, default=Degree.UNKNOWN, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    invitation = models.CharField(max_length=10, default=Invitation.NONE, blank=True)
    invitation_id = models.CharField(max_length=120, blank=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    invite_not_before = models.DateTimeField(null=True, blank=True)
    inmail_allowed = models.BooleanField(null=True, blank=True)
    chat_id = models.CharField(max_length=120, blank=True)
    post_id = models.CharField(max_length=200, blank=True)
    has_post = models.BooleanField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("relationship", "prospect", "sender"),
            models.UniqueConstraint(fields=["prospect", "sender"], name="relationship_once"),
            models.CheckConstraint(
                condition=models.Q(invitation__in=[i.value for i in Invitation]), name="relationship_invitation"
            ),
            models.CheckConstraint(
                condition=models.Q(degree__in=[d.value for d in Degree]), name="relationship_degree"
            ),
        ]
        indexes = [
            models.Index(fields=["sender", "provider_id"], name="relationship_provider"),
            models.Index(
                fields=["sender", "invited_at"], condition=models.Q(invitation="pending"), name="relationship_pending"
            ),
        ]
