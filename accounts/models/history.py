"""Who did what, written in the transaction of the change; and the clock of time-lapses."""

from contextvars import ContextVar
from typing import Self

import pgtrigger
from django.db import models

from accounts.models.api_key import ApiKey
from accounts.models.workspace import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped

PRESENT_KEY: ContextVar[int | None] = ContextVar("present_key", default=None)
"""The key of the API that somebody acts with at the moment, if any: see `accounts.history.through`."""


def present_key() -> int | None:
    return PRESENT_KEY.get()


class HistoryQuerySet(models.QuerySet["History"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class History(TenantModel):
    """One thing that happened. `actor` names the engine, a connector or a command when no member did it; `api_key` the
    key with which a program did it for the member."""

    at = models.DateTimeField()
    by = TenantForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    actor = models.CharField(max_length=40, blank=True)
    api_key = TenantForeignKey(
        ApiKey, on_delete=models.PROTECT, null=True, blank=True, default=present_key, related_name="+", db_index=False
    )
    subject = models.CharField(max_length=60)
    verb = models.CharField(max_length=60)
    data = models.JSONField(default=dict)

    objects = scoped(HistoryQuerySet)

    class Meta:
        constraints = [*one_tenant("history", "by", "api_key")]
        indexes = [
            models.Index(fields=["workspace", "subject", "-id"], name="history_of_subject"),
            models.Index(fields=["workspace", "verb", "-id"], name="history_of_verb"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class VirtualClock(models.Model):
    """The instant that it is, in a time-lapse. One row."""

    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="virtualclock_one_row")]
