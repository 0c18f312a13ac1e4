"""Keys of the API, and the answers that are given again when a call comes twice."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models.workspace import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)


class ApiKey(TenantModel):
    """Who holds the token acts as `by`, within `scopes`, until it expires, is revoked, or `by` is no member any more.

    Only the token's SHA-256 is kept; `prefix` is its beginning, by which people know it. `window_at`, `window_used`:
    the minute that is being counted, and the calls in it.
    """

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    by = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    window_at = models.DateTimeField(null=True, blank=True)
    window_used = models.PositiveIntegerField(default=0)

    objects = scoped(ApiKeyQuerySet)

    class Meta:
        constraints = [
            *one_tenant("apikey", "by"),
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=Q(revoked_at=None), name="apikey_name_once"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="apikey_lives_a_while"),
            models.CheckConstraint(condition=~Q(scopes=[]), name="apikey_may_something"),
        ]

    def __str__(self) -> str:
        return self.name

    def expired(self, now: datetime) -> bool:
        return self.expires_at <= now


class ApiCall(TenantModel):
    """A call that changes something, by the Idempotency-Key that it came with. `digest`: SHA-256 of what was asked.

    `status` and `body`: what was answered, None while it is under way; then `busy_until` says when whoever works on it
    is given up, and the same call may be made again.
    """

    api_key = TenantForeignKey(ApiKey, on_delete=models.CASCADE, related_name="calls", db_index=False)
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    busy_until = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("apicall", "api_key"),
            models.UniqueConstraint(fields=["api_key", "key"], name="apicall_once"),
        ]
        indexes = [models.Index(fields=["at"], name="apicall_by_age")]
