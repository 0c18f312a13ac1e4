"""One import from beginning to end: checked without a trace in the prospects, or applied batch by batch."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
from prospects.files import rows
from prospects.files.duplicates import deduplicate
from prospects.files.mapping import Mapping, guess
from prospects.files.reading import Sheet, UnreadableFile, read
from prospects.imports import batches, writing
from prospects.imports.batches import Record
from prospects.imports.journey import Changed, Journey, nobody
from prospects.imports.refusals import ImportRefused, refuse_without_right, refuse_wrong_sender
from prospects.models import Audience, Import, ImportRow
from prospects.models.imports import ImportState

BATCH: Final = 1_000
"""Rows that are read, locked and written together; each batch is a transaction of its own."""

_TRIES: Final = 5
_OPEN: Final = (ImportState.UPLOADED, ImportState.CHECKED, ImportState.APPLYING, ImportState.FAILED)
_NAME_LENGTH: Final = 120


def check(source: bytes | Path, *, by: Member, sender: Sender | None, name: str, now: datetime) -> Import:
    """What `apply` would do with this file, counted; problems are kept with their lines. Nobody is made or changed.

    Raises ImportRefused and UnreadableFile, before anything is stored.
    """
    file = _open(source, by, sender)
    with scope(workspace=by.workspace):
        upload = _upload(file, by, sender, name, now, ImportState.UPLOADED)
        journey = _journey(upload, file, by, sender, now)
        with _failing(upload, by, now):
            for records in file.batches():
                batch = batches.decide(journey, records, lock=False)
                with transaction.atomic():
                    writing.remark(journey, batch)
                journey.claims |= batch.claims
                journey.sizes |= batch.companies.named
            Import.objects.filter(workspace=by.workspace_id, pk=upload.pk).update(state=ImportState.CHECKED)
        upload.refresh_from_db()
        return upload


def apply(
    source: bytes | Path,
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
    file = _open(source, by, sender)
    _refuse_another(upload, file, by)
    _refuse_audience(audience)
    with scope(workspace=by.workspace):
        with transaction.atomic():
            upload = _begin(upload, file, by, sender, audience, name, now)
        journey = replace(_journey(upload, file, by, sender, now), changed=changed)
        with _failing(upload, by, now):
            for records in file.batches():
                _again(partial(_apply, journey, records))
            with transaction.atomic():
                Import.objects.filter(workspace=by.workspace_id, pk=upload.pk).update(state=ImportState.APPLIED)
                upload.refresh_from_db()
                counts = {column: getattr(upload, column) for column in writing.COUNTED.values()}
                history.note(upload, "applied", by=by, now=now, name=upload.name, **counts)
        return upload


@dataclass(frozen=True, slots=True)
class _File:
    sheet: Sheet
    mapping: Mapping
    digest: str

    def batches(self) -> Iterator[tuple[Record, ...]]:
        return batched(deduplicate(rows.parse(self.sheet, self.mapping)), BATCH)


def _open(source: bytes | Path, by: Member, sender: Sender | None) -> _File:
    refuse_without_right(by)
    sheet = read(source)
    mapping = guess(sheet.headers)
    refuse_wrong_sender(by, sender, mapping.kind)
    if isinstance(source, bytes):
        return _File(sheet, mapping, hashlib.sha256(source).hexdigest())
    with source.open("rb") as stream:
        return _File(sheet, mapping, hashlib.file_digest(stream, "sha256").hexdigest())


def _refuse_another(upload: Import | None, file: _File, by: Member) -> None:
    if upload is None:
        return
    if upload.workspace_id != by.workspace_id:
        raise ImportRefused("There is no such import in your workspace.")
    if upload.digest != file.digest:
        raise ImportRefused("This is not the file that was checked: check it again.")
    if upload.state not in _OPEN:
        raise ImportRefused(f"This import is {upload.state} already: import the file again if you want to.")


def _refuse_audience(audience: str | None) -> None:
    if audience is not None and not 1 <= len(audience.strip()) <= _NAME_LENGTH:
        raise ImportRefused(f"Give the audience a name of 1 to {_NAME_LENGTH} characters.")


def _upload(
    file: _File,
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
    )


def _begin(
    upload: Import | None,
    file: _File,
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
        for column in writing.COUNTED.values():
            setattr(upload, column, 0)
        upload.save()
    # A process that was killed could not say so itself.
    Import.objects.filter(workspace=by.workspace_id, digest=file.digest, state=ImportState.APPLYING).exclude(
        pk=upload.pk
    ).update(state=ImportState.FAILED, problem="It was interrupted, and the file was applied again.")
    history.note(upload, "applying", by=by, now=now, name=upload.name, digest=file.digest, sender=sender and sender.pk)
    return upload


def _journey(upload: Import, file: _File, by: Member, sender: Sender | None, now: datetime) -> Journey:
    return Journey(
        workspace=by.workspace_id,
        by=by,
        upload=upload.pk,
        headers=file.sheet.headers,
        now=now,
        sender=sender.pk if sender else None,
        audience=upload.audience_id,
    )


def _apply(journey: Journey, records: tuple[Record, ...]) -> None:
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
