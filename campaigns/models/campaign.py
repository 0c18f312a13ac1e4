"""A campaign, its versions and their steps. A launched version never changes; enrollments pin the one they entered."""

from typing import Self

import pgtrigger
from django.db import models

from accounts.models import Member, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from prospects.models import Audience


class CampaignState(models.TextChoices):
    DRAFT = "draft", "Draft"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    ARCHIVED = "archived", "Archived"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class Campaign(TenantModel):
    """`audience`: whom it was planned for, None for a tier or everybody; who is in it stands in its enrollments.
    `left_out`: how many were not enrolled, by reason."""

    name = models.CharField(max_length=120)
    play = models.CharField(max_length=20)
    owner = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="campaigns")
    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT)
    seed = models.BigIntegerField(default=0, help_text="draws waits and variants; the same seed gives the same answer")
    created_at = models.DateTimeField()
    launched_at = models.DateTimeField(null=True, blank=True)
    audience = TenantForeignKey(Audience, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    left_out = models.JSONField(default=dict)

    objects = scoped(CampaignQuerySet)

    class Meta:
        constraints = [
            *one_tenant("campaign", "owner", "audience"),
            models.UniqueConstraint(fields=["workspace", "name"], name="campaign_name_once"),
            models.CheckConstraint(condition=models.Q(state__in=CampaignState.values), name="campaign_state_known"),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignSender(TenantModel):
    """A sender that may act for a campaign."""

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="seats")
    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, related_name="+")

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("campaignsender", "campaign", "sender"),
            models.UniqueConstraint(fields=["campaign", "sender"], name="campaignsender_once"),
        ]


_REFUSE = (
    "RAISE EXCEPTION 'A launched version never changes: make the next version.' USING ERRCODE = 'restrict_violation';"
)


class Version(TenantModel):
    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    launched_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("version", "campaign"),
            models.UniqueConstraint(fields=["campaign", "number"], name="version_number_once"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__launched_at__isnull=False),
                func=_REFUSE,
            )
        ]


_FROZEN = """
IF EXISTS (SELECT 1 FROM campaigns_version v WHERE v.id = {row}.version_id AND v.launched_at IS NOT NULL) THEN
  {refuse}
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""


class Step(TenantModel):
    """One step. `key` survives edits and versions, so that no step repeats. Waits are hours after `after`."""

    version = TenantForeignKey(Version, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    key = models.PositiveSmallIntegerField()
    act = models.CharField(max_length=12)
    when = models.CharField(max_length=14, default="any")
    after = models.CharField(max_length=12, default="last_touch")
    wait_min_h = models.PositiveSmallIntegerField(default=0)
    wait_max_h = models.PositiveSmallIntegerField(default=0)
    optional = models.BooleanField(default=False)

    objects = scoped()

    class Meta:
        ordering = ["version_id", "position"]
        constraints = [
            *one_tenant("step", "version"),
            models.UniqueConstraint(fields=["version", "key"], name="step_key_once"),
            models.UniqueConstraint(fields=["version", "position"], name="step_position_once"),
            models.CheckConstraint(condition=models.Q(wait_max_h__gte=models.F("wait_min_h")), name="step_wait_range"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen_row",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=_FROZEN.format(row="OLD", refuse=_REFUSE),
            ),
            pgtrigger.Trigger(
                name="frozen_new",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_FROZEN.format(row="NEW", refuse=_REFUSE),
            ),
        ]


_FROZEN_TEXT = _FROZEN.replace(
    "FROM campaigns_version v WHERE v.id = {row}.version_id",
    "FROM campaigns_version v JOIN campaigns_step s ON s.version_id = v.id WHERE s.id = {row}.step_id",
)


class Variant(TenantModel):
    """A text of a step, in Liquid. `note` is the text of an invite, `subject` that of an InMail."""

    step = TenantForeignKey(Step, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=40, default="A")
    weight = models.PositiveSmallIntegerField(default=1)
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    note = models.TextField(blank=True)

    objects = scoped()

    class Meta:
        ordering = ["step_id", "id"]
        constraints = [
            *one_tenant("variant", "step"),
            models.UniqueConstraint(fields=["step", "name"], name="variant_name_once"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="frozen_row",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=_FROZEN_TEXT.format(row="OLD", refuse=_REFUSE),
            ),
            pgtrigger.Trigger(
                name="frozen_new",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_FROZEN_TEXT.format(row="NEW", refuse=_REFUSE),
            ),
        ]
