"""A person we may approach."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from outreach.engine.kinds import Seniority
from prospects.models.company import Company


class ProspectQuerySet(models.QuerySet["Prospect"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class Prospect(TenantModel):
    """`slug` is the /in/ part of the profile address. `facts_version` rises whenever a fact changes that a decision
    looked at. `open_profile` empty = unknown; its age is `checked_at`. `replied_at`: first human reply, any channel."""

    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=300, blank=True)
    company = TenantForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="prospects")
    slug = models.CharField(max_length=200, blank=True)
    member_id = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=60, blank=True)
    location = models.CharField(max_length=200, blank=True)
    seniority = models.CharField(max_length=10, default=Seniority.UNKNOWN)
    tier = models.PositiveSmallIntegerField(default=1)
    open_profile = models.BooleanField(null=True, blank=True)
    premium = models.BooleanField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    custom = models.JSONField(default=dict)
    sample = models.BooleanField(default=False, db_default=False, help_text="invented: only practice senders write")
    facts_version = models.IntegerField(default=1)
    replied_at = models.DateTimeField(null=True, blank=True)
    suppressed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = scoped(ProspectQuerySet)

    class Meta:
        constraints = [
            *one_tenant("prospect", "company"),
            models.UniqueConstraint(fields=["workspace", "slug"], condition=~Q(slug=""), name="prospect_slug_once"),
            models.UniqueConstraint(
                fields=["workspace", "member_id"], condition=~Q(member_id=""), name="prospect_member_once"
            ),
            models.CheckConstraint(condition=Q(tier__in=[1, 2, 3]), name="prospect_tier_known"),
        ]
        indexes = [models.Index(fields=["workspace", "email"], condition=~Q(email=""), name="prospect_email")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.slug or self.email
