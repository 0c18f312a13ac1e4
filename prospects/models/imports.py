"""A file of prospects on its way in: what it is, where it stands, and each row that could not be taken."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Member, Sender
from accounts.tenancy import TenantForeignKey, TenantModel, one_tenant, scoped
from prospects.models.audience import Audience
from prospects.models.prospect import Prospect

LEASE: Final = timedelta(seconds=60)
"""How long a worker that says nothing still holds an import; it says something after every batch."""


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", "Uploaded"
    CHECKED = "checked", "Checked"
    APPLYING = "applying", "Applying"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    UNDONE = "undone", "Undone"


TRANSITIONS: list[tuple[str, str]] = [
    ("uploaded", "checked"),
    ("uploaded", "failed"),
    ("uploaded", "cancelled"),
    ("checked", "uploaded"),  # a column or a cell was changed: it is checked again
    ("checked", "applying"),
    ("checked", "failed"),
    ("checked", "cancelled"),
    ("applying", "applied"),
    ("applying", "failed"),
    ("applying", "cancelled"),
    ("failed", "uploaded"),
    ("failed", "applying"),
    ("failed", "cancelled"),
    ("failed", "undone"),
    ("cancelled", "applying"),
    ("cancelled", "undone"),
    ("applied", "undone"),
]


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, member: Member) -> Self:
        return self.filter(workspace=member.workspace_id)

    def waiting(self, now: datetime) -> Self:
        """Files that a worker should take up: those to check or to apply that no living worker holds."""
        return self.filter(
            Q(lease_until=None) | Q(lease_until__lte=now),
            Q(state=ImportState.UPLOADED, asks="") | Q(state=ImportState.APPLYING),
            kept=True,
        )

    def with_people(self) -> Self:
        return self.select_related("by__user", "sender", "audience")


class Import(TenantModel):
    """`sender`: whose connections they are (LinkedIn's own export). `digest`: SHA-256 of the file. `audience_name`: the
    list that everybody taken will join. `kept`: its bytes lie in ImportPart. `asks`: what a person must answer before
    it can be checked ("sender"). `meanings`: what each column means, in the order of `headers`. `corrections`: line →
    column number → what a person put into that cell.

    `total` rows are in the file, `done` of them were gone through, `began_with` before `started_at`; `seen_at` is the
    last sign of life. `holder` and `lease_until`: the worker at it; `tries`: how often one took it up since it last got
    on. `stop_at`: a person wants it to stop. `begun_at`: when people were first taken from it.
    """

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    digest = models.CharField(max_length=64)
    by = TenantForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    sender = TenantForeignKey(Sender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    audience = TenantForeignKey(Audience, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    audience_name = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=ImportState.choices)
    at = models.DateTimeField()
    new = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    suppressed = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    kept = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(default=0)
    asks = models.CharField(max_length=10, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    headers = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    meanings = models.JSONField(default=list)
    corrections = models.JSONField(default=dict)

    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    began_with = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    holder = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    stop_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = scoped(ImportQuerySet)

    class Meta:
        constraints = [
            *one_tenant("import", "by", "sender", "audience"),
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("total")) | Q(total=0), name="import_done_of_total"),
            models.CheckConstraint(
                condition=Q(holder=None, lease_until=None) | Q(holder__isnull=False, lease_until__isnull=False),
                name="import_held_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(kept=True) & Q(state__in=["uploaded", "applying"]),
                name="import_waiting",
            ),
            models.Index(fields=["workspace", "digest"], name="import_digest"),
        ]
        triggers = [pgtrigger.FSM(name="states", field="state", transitions=TRANSITIONS)]

    def __str__(self) -> str:
        return self.name

    @property
    def at_work(self) -> bool:
        """Whether a worker is at it or will be."""
        return self.kept and (
            self.state == ImportState.APPLYING or (self.state == ImportState.UPLOADED and not self.asks)
        )

    @property
    def taken(self) -> int:
        return self.new + self.updated + self.unchanged


class ImportPart(TenantModel):
    """A piece of a file's bytes, where every worker can read it; gone when the file is no longer needed."""

    upload = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("importpart", "upload"),
            models.UniqueConstraint(fields=["upload", "number"], name="importpart_once"),
        ]


class ImportRow(TenantModel):
    """A row that was not taken as it stands, and the sentence that says why. `place`: number of the column that a
    person could correct, from 0."""

    upload = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    verdict = models.CharField(max_length=12)
    problem = models.CharField(max_length=300)
    place = models.PositiveSmallIntegerField(null=True, blank=True)
    raw = models.JSONField(default=dict)

    objects = scoped()

    class Meta:
        constraints = [*one_tenant("importrow", "upload")]
        indexes = [models.Index(fields=["upload", "verdict", "line"], name="importrow_of_upload")]


class ImportedPerson(TenantModel):
    """Whom an import took, from which line. `new`: nobody knew them before; `joined`: they came into its audience by
    it. What an undo goes by."""

    upload = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="people")
    prospect = TenantForeignKey(Prospect, on_delete=models.CASCADE, related_name="imported")
    line = models.PositiveIntegerField()
    new = models.BooleanField()
    joined = models.BooleanField(default=False)

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("importedperson", "upload", "prospect"),
            models.UniqueConstraint(fields=["upload", "prospect"], name="importedperson_once"),
        ]


class ColumnMemory(TenantModel):
    """What the columns of files with these headers mean, as somebody here said last. `headers`: SHA-256 of them."""

    headers = models.CharField(max_length=64)
    meanings: Any = models.JSONField(default=list)
    at = models.DateTimeField()

    objects = scoped()

    class Meta:
        constraints = [
            *one_tenant("columnmemory"),
            models.UniqueConstraint(fields=["workspace", "headers"], name="columnmemory_once"),
        ]
