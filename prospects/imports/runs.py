"""One import from beginning to end: checked without a trace in the prospects, or applied batch by batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Final

from django.db import IntegrityError, OperationalError, connection, transaction
from django_scopes import scope
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation

from accounts import history
from accounts.models import Member, Sender
from prospects.files.reading import UnreadableFile
from prospects.imports import batches, source, writing
from prospects.imports.batches import Record
from prospects.imports.journey import Changed, Journey, nobody
from prospects.imports.refusals import (
    ImportRefused,
    refuse_audience,
    refuse_without_right,
    refuse_wrong_sender,
)
from prospects.imports.source import Source
from prospects.models import Audience, Import, ImportRow
from prospects.models.imports import ImportState

BATCH: Final = 1_000
"""Rows that are read, locked and written together; each batch is a transaction of its own."""

_TRIES: Final = 5
_OPEN: Final = (ImportState.CHECKED, ImportState.APPLYING, ImportState.FAILED)


def check(file: bytes | Path, *, by: Member, sender: Sender | None, name: str, now: datetime) -> Import:
    """What `apply` would do with this file, counted; problems are kept with their lines. Nobody is made or changed.

    Raises ImportRefused and UnreadableFile, before anything is stored.
    """
    found = _open(file, by, sender)
    with scope(workspace=by.workspace):
        upload = _upload(found, by, sender, name, now, ImportState.UPLOADED)
        journey = _journey(upload, found, by, sender, now)
        with _failing(upload, by, now):
            for records in batched(found.records(), BATCH):
                judge(journey, records)
            Import.objects.filter(workspace=by.workspace_id, pk=upload.pk).update(state=ImportState.CHECKED)
        upload.refresh_from_db()
        return upload


def judge(journey: Journey, records: tuple[Record, ...]) -> None:
    """Count what would become of some rows, and keep the remarks on them. Nobody is made or changed."""
    batch = batches.decide(journey, records, lock=False)
    with transaction.atomic():
        writing.remark(journey, batch)
    journey.claims |= batch.claims
    journey.sizes |= batch.companies.named


def take(journey: Journey, records: tuple[Record, ...]) -> None:
    """Take the people of some rows, in a transaction of its own that is tried again after a deadlock."""
    _again(partial(_take, journey, records))


def apply(
    file: bytes | Path,
    *,
    by: Member,
    name: str,
    now: datetime,
    sender: Sender | None = None,
    audience: str | None = None,
    upload: Import | None = None,
    changed: Changed = nobody,
) -> Import:
    """Take everybody in this file, and put them into the audience of that name. Applying again changes nothing.

    changed: told, batch by batch in its transaction, whose facts a decision would see differently now.
    upload: an earlier check of the same file, or an apply that broke off, to go on with; else it is a new import.
    A batch that broke off leaves nothing; those before it stay and count as unchanged the next time.
    Raises ImportRefused and UnreadableFile, before anything is stored.
    """
    sender = sender or (upload.sender if upload else None)
    found = _open(file, by, sender)
    _refuse_another(upload, found, by)
    refuse_audience(audience)
    with scope(workspace=by.workspace):
        with transaction.atomic():
            upload = _begin(upload, found, by, sender, audience, name, now)
        journey = replace(_journey(upload, found, by, sender, now), changed=changed)
        with _failing(upload, by, now):
            for records in batched(found.records(), BATCH):
                take(journey, records)
            with transaction.atomic():
                Import.objects.filter(workspace=by.workspace_id, pk=upload.pk).update(state=ImportState.APPLIED)
                upload.refresh_from_db()
                counts = {column: getattr(upload, column) for column in writing.COUNTED.values()}
                history.note(upload, "applied", by=by, now=now, name=upload.name, **counts)
        return upload


def _open(file: bytes | Path, by: Member, sender: Sender | None) -> Source:
    refuse_without_right(by)
    found = source.opened(file)
    refuse_wrong_sender(by, sender, found.mapping.kind)
    return found


def _refuse_another(upload: Import | None, file: Source, by: Member) -> None:
    if upload is None:
        return
    if upload.workspace_id != by.workspace_id:
        raise ImportRefused("There is no such import in your workspace.")
    if upload.digest != file.digest:
        raise ImportRefused("This is not the file that was checked: check it again.")
    if upload.state not in _OPEN:
        raise ImportRefused(f"This import is {upload.state} already: import the file again if you want to.")


def _upload(
    file: Source,
    by: Member,
    sender: Sender | None,
    name: str,
    now: datetime,
    state: ImportState,
    audience: Audience | None = None,
) -> Import:
    return Import.objects.create(
        workspace_id=by.workspace_id,
        name=name[:200],
        kind=file.mapping.kind,
        digest=file.digest,
        by=by,
        sender=sender,
        audience=audience,
        state=state,
        at=now,
        begun_at=now if state == ImportState.APPLYING else None,
        total=file.sheet.count,
    )


def _begin(
    upload: Import | None,
    file: Source,
    by: Member,
    sender: Sender | None,
    audience: str | None,
    name: str,
    now: datetime,
) -> Import:
    """The import in the state applying, with nothing counted yet."""
    joined = None
    if audience is not None:
        joined, _ = Audience.objects.get_or_create(
            workspace_id=by.workspace_id, name=audience.strip(), defaults={"created_at": now}
        )
    if upload is None:
        upload = _upload(file, by, sender, name, now, ImportState.APPLYING, joined)
    else:
        ImportRow.objects.filter(workspace=by.workspace_id, upload=upload).delete()
        upload.state, upload.problem, upload.sender = ImportState.APPLYING, "", sender
        upload.audience = joined or upload.audience
        upload.begun_at, upload.total, upload.done = upload.begun_at or now, file.sheet.count, 0
        for column in writing.COUNTED.values():
            setattr(upload, column, 0)
        upload.save()
    # A command that was killed could not say so itself. What was uploaded is none: its workers are seen by their lease.
    Import.objects.filter(
        workspace=by.workspace_id, digest=file.digest, state=ImportState.APPLYING, kept=False
    ).exclude(pk=upload.pk).update(
        state=ImportState.FAILED, problem="It was interrupted, and the file was applied again."
    )
    history.note(upload, "applying", by=by, now=now, name=upload.name, digest=file.digest, sender=sender and sender.pk)
    return upload


def _journey(upload: Import, file: Source, by: Member, sender: Sender | None, now: datetime) -> Journey:
    return Journey(
        workspace=by.workspace_id,
        by=by,
        upload=upload.pk,
        headers=file.sheet.headers,
        now=now,
        sender=sender.pk if sender else None,
        audience=upload.audience_id,
    )


def _take(journey: Journey, records: tuple[Record, ...]) -> None:
    with transaction.atomic(durable=True):
        # Two imports into one workspace take turns: an e-mail address is no unique key, so nothing else would keep
        # both from making the same person.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('import', %s))", [journey.workspace])
        batch = batches.decide(journey, records, lock=True)
        claims = writing.store(journey, batch)
    journey.claims |= claims
    journey.sizes |= batch.companies.named


def _again(verb: Callable[[], None]) -> None:
    """Call `verb`, which is one whole transaction, again when the database ended a deadlock with it, or when somebody
    else made the same person or company in the meantime."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return verb()
        except (OperationalError, IntegrityError) as error:
            if not tries_left or not isinstance(
                error.__cause__, DeadlockDetected | SerializationFailure | UniqueViolation
            ):
                raise


@contextmanager
def _failing(upload: Import, by: Member, now: datetime) -> Iterator[None]:
    """Whatever goes wrong is written to the import before it goes on its way."""
    try:
        yield
    except BaseException as error:
        sentence = "It broke off: apply the file again; what was taken before is not taken twice."
        if isinstance(error, UnreadableFile):
            sentence = error.sentence[:300]
        with transaction.atomic():
            Import.objects.filter(workspace=by.workspace_id, pk=upload.pk).update(
                state=ImportState.FAILED, problem=sentence
            )
            history.note(upload, "failed", by=by, now=now, name=upload.name, problem=sentence)
        raise
