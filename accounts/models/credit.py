"""InMail credits: append-only transfers between ledger accounts, a locked balance beside them, lots and
observations."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models.sender import Sender
from accounts.models.workspace import Member
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped


class LedgerAccount(models.TextChoices):
    GRANT = "grant", "Granted by LinkedIn"
    AVAILABLE = "available", "Available"
    RESERVED = "reserved", "Reserved for a touch"
    SPENT = "spent", "Spent"
    RETURNED = "returned", "Returned by an answer"
    EXPIRED = "expired", "Expired"
    CLIPPED = "clipped", "Clipped at the cap"
    FORFEITED = "forfeited", "Forfeited with the plan"
    ADJUSTMENT = "adjustment", "Adjusted"


class CreditBalance(TenantModel):
    """One (sender, product): kept equal to the sum of its transfers, locked only to move credits.

    `held`: kept for tier 3. `blocked`: why no InMail may be reserved now, empty when it may.
    """

    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, related_name="balances")
    product = models.CharField(max_length=20)
    available = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    cap = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    blocked = models.CharField(max_length=300, blank=True)
    granted_period = models.CharField(max_length=20, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("creditbalance", "sender"),
            models.UniqueConstraint(fields=["sender", "product"], name="creditbalance_once"),
            models.CheckConstraint(
                condition=Q(available=0) | Q(cap__gte=F("available") + F("reserved")), name="creditbalance_cap"
            ),
        ]


class CreditLot(TenantModel):
    """Credits that expire together; used oldest first. `expires_at` empty = only the cap limits."""

    balance = TenantForeignKey(CreditBalance, on_delete=models.PROTECT, related_name="lots")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    amount = models.PositiveIntegerField()
    remaining = models.PositiveIntegerField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("creditlot", "balance"),
            models.CheckConstraint(condition=Q(remaining__lte=F("amount")), name="creditlot_remaining"),
        ]
        indexes = [
            models.Index(fields=["balance", "expires_at", "id"], condition=Q(remaining__gt=0), name="creditlot_open")
        ]


class CreditTransfer(TenantModel):
    """One movement. `cause` is unique per balance, so that doing it twice is doing it once. Never updated or
    deleted."""

    balance = TenantForeignKey(CreditBalance, on_delete=models.PROTECT, related_name="transfers")
    debit = models.CharField(max_length=12, choices=LedgerAccount.choices)
    credit = models.CharField(max_length=12, choices=LedgerAccount.choices)
    amount = models.PositiveIntegerField()
    cause = models.CharField(max_length=120)
    touch = models.BigIntegerField(null=True, blank=True, help_text="the touch that moved it")
    lot = TenantForeignKey(CreditLot, on_delete=models.PROTECT, null=True, blank=True, related_name="transfers")
    at = models.DateTimeField()
    by = TenantForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("credittransfer", "balance", "lot", "by"),
            models.UniqueConstraint(fields=["balance", "cause"], name="credittransfer_cause_once"),
            models.UniqueConstraint(fields=["touch"], condition=Q(credit="spent"), name="credittransfer_spent_once"),
            models.UniqueConstraint(
                fields=["touch"], condition=Q(debit="returned"), name="credittransfer_returned_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="credittransfer_moves_something"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="credittransfer_two_accounts"),
        ]
        indexes = [models.Index(fields=["touch"], condition=Q(touch__isnull=False), name="credittransfer_touch")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class CreditObservation(TenantModel):
    """What the provider said its balance is, beside ours at that moment. A difference is explained, never
    overwritten."""

    balance = TenantForeignKey(CreditBalance, on_delete=models.PROTECT, related_name="observations")
    at = models.DateTimeField()
    provider = models.IntegerField()
    ours = models.IntegerField()
    in_doubt = models.IntegerField(default=0, help_text="reserved credits whose touch is not settled")
    outcome = models.CharField(max_length=20)

    objects = scoped()

    class Meta:
        constraints = [*one_tenant("creditobservation", "balance")]
