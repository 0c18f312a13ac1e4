"""What a person does with an uploaded file: hands it in, answers, corrects, starts it, stops it, takes it back.

The work itself is done by workers (work.py), who find it by a query; nothing here waits for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django_scopes import scopes_disabled

from accounts import history
from accounts.models import Member, Sender
from prospects.files.cells import clean
from prospects.files.mapping import NAMES, Field, Kind
from prospects.imports import parts, source, writing
from prospects.imports.refusals import ImportRefused, refuse_audience, refuse_without_right, refuse_wrong_sender
from prospects.models import ColumnMemory, Import, ImportPart, ImportRow
from prospects.models.imports import ImportState

CORRECTIONS: Final = 500
CELL_LENGTH: Final = 1_000
KEPT_FOR: Final = timedelta(days=30)
"""How long a file waits for somebody to go on with it."""


@transaction.atomic
def receive(chunks: Iterable[bytes], *, by: Member, name: str, audience: str, now: datetime) -> Import:
    """Keep an uploaded file and leave it to the workers to check it. `name`: what the person called the file; nothing
    is stored under it.

    Raises ImportRefused and UnreadableFile; then nothing is kept.
    """
    refuse_without_right(by)
    refuse_audience(audience)
    upload = Import.objects.create(
        workspace_id=by.workspace_id,
        name=(clean(name.replace("\\", "/").rsplit("/", 1)[-1]) or "file.csv")[:200],
        by=by,
        audience_name=audience.strip(),
        state=ImportState.UPLOADED,
        at=now,
        kept=True,
    )
    kept = parts.keep(upload, chunks, max_bytes=settings.IMPORT_MAX_BYTES)
    upload.size, upload.digest = kept.size, kept.digest
    upload.save(update_fields=["size", "digest"])
    history.note(upload, "uploaded", by=by, now=now, name=upload.name, digest=kept.digest, bytes=kept.size)
    return upload


@transaction.atomic
def name_sender(upload: Import, sender: Sender, *, by: Member, now: datetime) -> None:
    """Say whose connections a file holds; it is checked after that. Raises ImportRefused."""
    upload = _locked(upload, by)
    refuse_wrong_sender(by, sender, Kind(upload.kind))
    if upload.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise ImportRefused(f"{_stands(upload)} Import the file again to name another sender.")
    upload.sender, upload.asks = sender, ""
    _check_again(upload)
    history.note(upload, "sender named", by=by, now=now, sender=sender.pk)


@transaction.atomic
def choose_columns(upload: Import, meanings: Sequence[str], *, by: Member, now: datetime) -> None:
    """Say what each column means; files with the same columns are understood so from now on. It is checked again.

    meanings: in the order of the columns; the code of a field, source.CUSTOM or source.LEFT_OUT. Raises ImportRefused.
    """
    upload = _locked(upload, by)
    _refuse_unless_checked(upload)
    known = {source.CUSTOM, source.LEFT_OUT, *(str(field) for field in Field)}
    if len(meanings) != len(upload.headers) or not set(meanings) <= known:
        raise ImportRefused("The columns changed meanwhile: reload the page and choose again.")
    if not {str(name) for name in NAMES} & set(meanings):
        raise ImportRefused("No column holds names now: choose one for the first name or for the full name.")
    if not {"linkedin_url", "sales_nav_url", "member_id", "email"} & set(meanings):
        raise ImportRefused(
            "No column says who somebody is: choose one for the profile address, the member id or the e-mail address."
        )
    upload.meanings = list(meanings)
    _check_again(upload)
    ColumnMemory.objects.update_or_create(
        workspace_id=upload.workspace_id,
        headers=source.fingerprint(upload.headers),
        defaults={"meanings": upload.meanings, "at": now},
    )
    history.note(upload, "columns chosen", by=by, now=now)


@transaction.atomic
def correct(upload: Import, cells: Mapping[tuple[int, int], str], *, by: Member, now: datetime) -> int:
    """Put better values into some cells, (line, column number from 0) → value, and check the file again. The file
    itself stays as it came. How many cells are different now. Raises ImportRefused."""
    upload = _locked(upload, by)
    _refuse_unless_checked(upload)
    corrections: dict[str, dict[str, str]] = {line: dict(places) for line, places in upload.corrections.items()}
    changed = 0
    for (line, place), typed in cells.items():
        value = typed.replace("\0", "").strip()
        if not 0 <= place < len(upload.headers) or line < 1:
            raise ImportRefused("This file has no such cell: reload the page and correct it there.")
        if len(value) > CELL_LENGTH:
            raise ImportRefused(f"The cell on line {line:,} may have up to {CELL_LENGTH:,} characters: shorten it.")
        places = corrections.setdefault(str(line), {})
        if value and places.get(str(place)) != value:
            places[str(place)] = value
            changed += 1
    if not changed:
        raise ImportRefused("No cell was changed: correct one first.")
    if sum(map(len, corrections.values())) > CORRECTIONS:
        raise ImportRefused(f"Up to {CORRECTIONS:,} cells can be corrected here: correct the others in the file.")
    upload.corrections = {line: places for line, places in corrections.items() if places}
    _check_again(upload)
    history.note(upload, "cells corrected", by=by, now=now, cells=changed)
    return changed


@transaction.atomic
def start(upload: Import, *, by: Member, now: datetime) -> bool:
    """Let the workers take the people of a checked file, or go on with one that broke off or was stopped. False when
    it runs or is done already. Raises ImportRefused."""
    upload = _locked(upload, by)
    if upload.state in (ImportState.APPLYING, ImportState.APPLIED):
        return False
    if upload.state not in (ImportState.CHECKED, ImportState.FAILED, ImportState.CANCELLED):
        raise ImportRefused(
            _stands(upload) if upload.state == ImportState.UNDONE else "The file is still being checked."
        )
    if not upload.kept:
        raise ImportRefused(f"{_stands(upload)} The file is not kept any more: upload it again.")
    if upload.state == ImportState.FAILED and not upload.begun_at:
        _check_again(upload)
        return True
    if not upload.begun_at:
        upload.begun_at = now
        _count_anew(upload)
    upload.state, upload.problem, upload.stop_at = ImportState.APPLYING, "", None
    _let_go(upload)
    upload.save()
    history.note(
        upload,
        "applying",
        by=by,
        now=now,
        name=upload.name,
        digest=upload.digest,
        sender=upload.sender_id,
        after_rows=upload.done,
    )
    return True


@transaction.atomic
def cancel(upload: Import, *, by: Member, now: datetime) -> ImportState:
    """Do not import this file; what was taken already stays until undone. An import that a worker is at stops after
    the rows in hand. Twice is once. Returns the state it is in now; APPLYING: it will stop. Raises ImportRefused."""
    upload = _locked(upload, by)
    if upload.state == ImportState.CANCELLED:
        return ImportState.CANCELLED
    if upload.state in (ImportState.APPLIED, ImportState.UNDONE):
        raise ImportRefused(_stands(upload))
    if upload.state == ImportState.APPLYING:
        if upload.stop_at is None:
            upload.stop_at = now
            upload.save(update_fields=["stop_at"])
            history.note(upload, "stop asked", by=by, now=now)
        if upload.lease_until is not None and upload.lease_until > now:
            return ImportState.APPLYING
    upload.state = ImportState.CANCELLED
    _let_go(upload)
    upload.save()
    if not upload.begun_at:
        parts.forget(upload)
    history.note(upload, "cancelled", by=by, now=now, taken=upload.taken if upload.begun_at else 0)
    return ImportState.CANCELLED


def forget_old(*, now: datetime) -> int:
    """Let go of the files that nobody went on with for 30 days. How many."""
    with scopes_disabled(), transaction.atomic():
        old = Import.objects.filter(kept=True, at__lt=now - KEPT_FOR, holder=None).exclude(state=ImportState.APPLYING)
        found = list(old.order_by("pk").values_list("pk", flat=True)[:100])
        ImportPart.objects.filter(upload__in=found).delete()
        Import.objects.filter(pk__in=found).update(kept=False)
    return len(found)


def _locked(upload: Import, by: Member) -> Import:
    refuse_without_right(by)
    return Import.objects.select_for_update(of=("self",), no_key=True).get(workspace=by.workspace_id, pk=upload.pk)


def _refuse_unless_checked(upload: Import) -> None:
    if upload.state == ImportState.UPLOADED:
        raise ImportRefused("The file is still being checked: try again when that is done.")
    if upload.state != ImportState.CHECKED:
        raise ImportRefused(f"{_stands(upload)} Import the file again to change it.")


def _check_again(upload: Import) -> None:
    upload.state, upload.problem = ImportState.UPLOADED, ""
    _count_anew(upload)
    _let_go(upload)
    upload.save()


def _count_anew(upload: Import) -> None:
    ImportRow.objects.filter(workspace=upload.workspace_id, upload=upload).delete()
    upload.done = upload.began_with = 0
    for column in writing.COUNTED.values():
        setattr(upload, column, 0)


def _let_go(upload: Import) -> None:
    """Whoever was at it finds that out with its next batch."""
    upload.holder = upload.lease_until = upload.started_at = None
    upload.tries = 0


def _stands(upload: Import) -> str:
    words = {
        ImportState.APPLIED: "This import is done already.",
        ImportState.APPLYING: "This import is under way.",
        ImportState.UNDONE: "This import was undone: import the file again if you want to.",
        ImportState.CANCELLED: "This import was cancelled.",
        ImportState.FAILED: "This import failed.",
    }
    return words[ImportState(upload.state)]
