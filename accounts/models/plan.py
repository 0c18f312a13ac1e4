"""LinkedIn subscription tiers as rows: what they grant and allow, each from a date. Admins edit them."""

from typing import Self

from django.db import models

from accounts.models.workspace import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class Plan(TenantModel):
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)

    objects = scoped(PlanQuerySet)

    class Meta:
        constraints = [
            *one_tenant("plan"),
            models.UniqueConstraint(fields=["workspace", "code"], name="plan_code_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Renewal(models.TextChoices):
    MONTH = "month", "First of the month, UTC"
    ANNIVERSARY = "anniversary", "First day of the billing cycle"


class FollowUp(models.TextChoices):
    PAID = "paid", "A second InMail costs a credit"
    ONCE = "once", "One follow-up is allowed"
    NONE = "none", "No second InMail before an answer"


class PlanTerms(TenantModel):
    """What a plan allows from `valid_from` on, until the next row. Terms once in force are never edited."""

    plan = TenantForeignKey(Plan, on_delete=models.CASCADE, related_name="terms")
    valid_from = models.DateField()
    grant = models.PositiveSmallIntegerField(help_text="InMail credits granted each period")
    cap = models.PositiveSmallIntegerField(help_text="most credits that can be kept")
    renewal = models.CharField(max_length=12, choices=Renewal.choices, default=Renewal.MONTH)
    credit_life_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="empty: only the cap limits")
    product = models.CharField(max_length=20, default="premium", help_text="premium, sales_navigator or recruiter")
    inmail = models.BooleanField(default=False)
    follow_up = models.CharField(max_length=6, choices=FollowUp.choices, default=FollowUp.NONE)
    note_chars = models.PositiveSmallIntegerField(default=300)
    notes_month = models.PositiveSmallIntegerField(null=True, blank=True, help_text="empty: unlimited")
    invites_week = models.PositiveSmallIntegerField(default=100)
    invites_week_ceiling = models.PositiveSmallIntegerField(default=200)
    open_month = models.PositiveSmallIntegerField(default=0, help_text="free InMails to Open Profiles a month")
    price_cents = models.PositiveIntegerField(default=0, help_text="as entered by your admin, US cents a month")

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("planterms", "plan"),
            models.UniqueConstraint(fields=["plan", "valid_from"], name="planterms_one_per_day"),
            models.CheckConstraint(condition=models.Q(cap__gte=models.F("grant")), name="planterms_cap_holds_grant"),
            models.CheckConstraint(
                condition=models.Q(invites_week_ceiling__gte=models.F("invites_week")), name="planterms_ceiling_above"
            ),
        ]
