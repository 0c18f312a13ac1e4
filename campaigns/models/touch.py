"""One attempted act. Its states and uniqueness are kept by the database."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import CreditBalance, Member, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from campaigns.models.enrollment import Enrollment
from outreach.engine.kinds import GONE_STATES, LONG_AGO, OPEN_STATES, WORDS, TouchState
from prospects.models import Prospect

TRANSITIONS: list[tuple[str, str]] = [
    ("planned", "dispatching"),
    ("planned", "reserved"),
    ("planned", "cancelled"),
    ("planned", "skipped"),
    ("planned", "sent"),
    ("reserved", "dispatching"),
    ("reserved", "planned"),
    ("reserved", "cancelled"),
    ("dispatching", "sent"),
    ("dispatching", "refused"),
    ("dispatching", "uncertain"),
    ("dispatching", "not_sent"),
    ("uncertain", "sent"),
    ("uncertain", "not_sent"),
]
"""`planned → sent` is for acts that no connector carries out (calls, tasks): a person says that it was done."""


class TouchQuerySet(models.QuerySet["Touch"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class Touch(TenantModel):
    """`gate_at`: the counted instant. `due_by`: the hand-over is not begun later. `reap_at`: from then on nobody
    can still be working on it. `text`, `subject`, `text_hash`: frozen at the gate, what was sent. `step_key` 0 is no
    step: an answer that a member wrote in a thread, which carries its text and its chat from the start."""

    enrollment = TenantForeignKey(Enrollment, on_delete=models.PROTECT, related_name="touches", db_index=False)
    prospect = TenantForeignKey(Prospect, on_delete=models.PROTECT, related_name="touches", db_index=False)
    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, related_name="touches", db_index=False)
    kind = models.CharField(max_length=12, choices=[(k.value, w) for k, w in WORDS.items()])
    step_key = models.PositiveSmallIntegerField()
    generation = models.PositiveSmallIntegerField(default=1)
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in TouchState], default=TouchState.PLANNED
    )
    guided = models.BooleanField(default=False)
    facts_version = models.IntegerField()
    decision = models.JSONField(default=dict)
    planned_at = models.DateTimeField()
    not_before = models.DateTimeField()
    leased_until = models.DateTimeField(default=LONG_AGO)
    cause = models.CharField(max_length=20, blank=True)

    gate_at = models.DateTimeField(null=True, blank=True)
    due_by = models.DateTimeField(null=True, blank=True)
    reap_at = models.DateTimeField(null=True, blank=True)
    holds_pending = models.BooleanField(default=False)
    holds_credit = models.BooleanField(default=False)
    balance = TenantForeignKey(
        CreditBalance, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    text_hash = models.CharField(max_length=64, blank=True)

    settled_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=60, blank=True)
    provider_message = models.CharField(max_length=200, blank=True)
    provider_chat = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=dict)
    looks = models.PositiveSmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True, blank=True)
    response = models.CharField(max_length=16, blank=True)
    response_at = models.DateTimeField(null=True, blank=True)
    crossed = models.BooleanField(default=False)

    objects = scoped(TouchQuerySet)

    class Meta:
        constraints = [
            *one_tenant("touch", "enrollment", "prospect", "sender", "balance"),
            models.UniqueConstraint(
                fields=["enrollment", "step_key", "generation", "attempt"], name="touch_attempt_once"
            ),
            models.UniqueConstraint(
                fields=["enrollment", "step_key", "generation"],
                condition=~Q(state__in=sorted(GONE_STATES)),
                name="touch_one_live_per_step",
            ),
            models.UniqueConstraint(
                fields=["enrollment"],
                condition=Q(state__in=["planned", *sorted(OPEN_STATES)], step_key__gt=0),
                name="touch_one_ahead_per_enrollment",
            ),
            models.UniqueConstraint(
                fields=["enrollment"],
                condition=Q(state__in=["planned", *sorted(OPEN_STATES)], step_key=0),
                name="touch_one_answer_ahead",
            ),
            models.UniqueConstraint(
                fields=["workspace", "prospect"],
                condition=Q(state__in=sorted(OPEN_STATES)),
                name="touch_one_open_per_person",
            ),
            models.UniqueConstraint(
                fields=["sender"],
                condition=Q(state__in=["reserved", "dispatching"], guided=True),
                name="touch_one_open_by_hand",
            ),
            models.UniqueConstraint(
                fields=["sender", "provider_message"], condition=~Q(provider_message=""), name="touch_provider_id_once"
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in TouchState]), name="touch_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["dispatching", "uncertain", "reserved", "refused"]) | Q(gate_at__isnull=False),
                name="touch_passed_the_gate",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sender", "kind", "not_before", "id"],
                condition=Q(state="planned", guided=False),
                name="touch_head",
            ),
            models.Index(fields=["reap_at"], condition=Q(state__in=["dispatching", "reserved"]), name="touch_to_reap"),
            models.Index(fields=["look_at"], condition=Q(state="uncertain"), name="touch_to_look_for"),
            models.Index(fields=["not_before"], condition=Q(state="planned", guided=True), name="touch_by_hand"),
            models.Index(
                fields=["sender", "not_before"],
                condition=Q(state="planned", cause="stale_open_profile"),
                name="touch_to_freshen",
            ),
            models.Index(fields=["prospect"], name="touch_of_person"),
            models.Index(fields=["sender", "gate_at"], condition=Q(gate_at__isnull=False), name="touch_counted"),
        ]
        triggers = [
            pgtrigger.FSM(name="states", field="state", transitions=TRANSITIONS),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]
