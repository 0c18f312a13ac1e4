"""A prospect in a campaign, pinned to a version and a sender; and the lock that keeps one live conversation per
person."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Member, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from campaigns.models.campaign import Campaign, Version
from outreach.engine.kinds import NEVER
from prospects.models import Prospect


class EnrollmentState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    ACTIVE = "active", "Active"
    HELD = "held", "Held"
    STOPPED = "stopped", "Stopped"
    FINISHED = "finished", "Finished"


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class Enrollment(TenantModel):
    """`decide_at`: when the engine must look again (NEVER = when a fact changes). `cause`, `cause_until`: why not
    yet."""

    campaign = TenantForeignKey(Campaign, on_delete=models.PROTECT, related_name="enrollments")
    version = TenantForeignKey(Version, on_delete=models.PROTECT, related_name="enrollments")
    prospect = TenantForeignKey(Prospect, on_delete=models.PROTECT, related_name="enrollments", db_index=False)
    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, related_name="enrollments", db_index=False)
    state = models.CharField(max_length=8, choices=EnrollmentState.choices, default=EnrollmentState.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    generation = models.PositiveSmallIntegerField(default=1)
    entered_at = models.DateTimeField()
    decide_at = models.DateTimeField(default=NEVER)
    cause = models.CharField(max_length=20, blank=True)
    cause_until = models.DateTimeField(null=True, blank=True)
    postponed_until = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    last_touch_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = scoped(EnrollmentQuerySet)

    class Meta:
        constraints = [
            *one_tenant("enrollment", "campaign", "version", "prospect", "sender"),
            models.UniqueConstraint(fields=["campaign", "prospect"], name="enrollment_once"),
            models.CheckConstraint(condition=Q(state__in=EnrollmentState.values), name="enrollment_state_known"),
            models.CheckConstraint(condition=~Q(state="stopped") | ~Q(reason=""), name="enrollment_stop_has_reason"),
        ]
        indexes = [
            models.Index(fields=["decide_at", "id"], condition=Q(state="active"), name="enrollment_to_decide"),
            models.Index(fields=["prospect"], name="enrollment_of_person"),
            models.Index(fields=["sender"], condition=Q(state="active"), name="enrollment_of_sender"),
        ]


class PersonLock(TenantModel):
    """Who holds the one live conversation with a person. Never deleted: `released_at` ends it, and verify reads
    the spans."""

    prospect = TenantForeignKey(Prospect, on_delete=models.PROTECT, related_name="locks")
    enrollment = TenantForeignKey(Enrollment, on_delete=models.PROTECT, related_name="locks")
    taken_at = models.DateTimeField()
    release_at = models.DateTimeField(default=NEVER)
    released_at = models.DateTimeField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("personlock", "prospect", "enrollment"),
            models.UniqueConstraint(
                fields=["workspace", "prospect"], condition=Q(released_at__isnull=True), name="personlock_one_live"
            ),
        ]
        indexes = [models.Index(fields=["release_at"], condition=Q(released_at__isnull=True), name="personlock_due")]
