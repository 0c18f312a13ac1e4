"""What workers do with uploaded files: check them, take their people, stop when told to.

A worker holds an import by a lease that each batch renews. One that dies leaves whole batches behind; when its lease is
over, the next one goes on after them. One that only seemed dead finds with its next batch that somebody else is at it,
and that batch leaves nothing.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import batched, islice
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_scopes import scope, scopes_disabled

from accounts import history
from prospects.files.mapping import Kind
from prospects.files.reading import UnreadableFile
from prospects.files.rows import Row
from prospects.imports import companies, parts, runs, source, writing
from prospects.imports.batches import Record
from prospects.imports.journey import Changed, Journey, nobody
from prospects.imports.people import Claim
from prospects.imports.refusals import ImportRefused, refuse_without_right
from prospects.imports.source import Source
from prospects.imports.writing import TakenAway
from prospects.models import Audience, ColumnMemory, Import, ImportedPerson, ImportRow
from prospects.models.imports import LEASE, ImportState

TRIES: Final = 5
"""How often an import is taken up without getting on, before it is left to a person."""

SHIFT: Final = timedelta(minutes=5)
"""How long a worker stays at one import before it lets others have their turn."""

type Clock = Callable[[], datetime]

log = logging.getLogger(__name__)


def waiting(*, now: datetime, limit: int = 20) -> list[int]:
    """The imports that a worker should take up, oldest first."""
    with scopes_disabled():
        return list(Import.objects.waiting(now).order_by("at", "pk").values_list("pk", flat=True)[:limit])


def work(number: int, *, clock: Clock, changed: Changed = nobody) -> bool:
    """Take this import up, unless somebody holds it, and bring it to its next state. False when there was nothing to
    do.

    clock: reads the clock, at each sign of life. changed: told, batch by batch in its transaction, whose facts changed.
    """
    upload = _take_up(number, now=clock())
    if upload is None:
        return False
    with scope(workspace=upload.workspace):
        try:
            if upload.tries > TRIES:
                raise ImportRefused("It broke off several times and was given up: go on with it, or tell your admin.")
            if upload.state == ImportState.APPLYING and upload.stop_at is not None:
                _leave(upload, ImportState.CANCELLED, now=clock())
                return True
            refuse_without_right(upload.by)
            with parts.opened(upload) as path:
                found = _understood(upload, source.opened(path, max_bytes=settings.IMPORT_MAX_BYTES), now=clock())
                if upload.state == ImportState.APPLYING:
                    _take(upload, found, clock, changed)
                elif not upload.asks:
                    _check(upload, found, clock)
        except TakenAway:
            log.info("Import %s is in other hands now", number)
        except UnreadableFile as refusal:
            _leave(upload, ImportState.FAILED, now=clock(), problem=refusal.sentence, useless=True)
        except ImportRefused as refusal:
            _leave(upload, ImportState.FAILED, now=clock(), problem=refusal.sentence)
        except Exception:
            sentence = "It broke off: go on with it; what was taken before is not taken twice."
            _leave(upload, ImportState.FAILED, now=clock(), problem=sentence)
            raise
    return True


def _take_up(number: int, *, now: datetime) -> Import | None:
    with scopes_disabled(), transaction.atomic():
        found: Import | None = (
            Import.objects.waiting(now)
            .select_for_update(of=("self",), no_key=True, skip_locked=True)
            .select_related("workspace", "by__user", "sender")
            .filter(pk=number)
            .first()
        )
        if found is not None:
            if found.state == ImportState.UPLOADED:
                found.done = 0
                ImportRow.objects.filter(workspace=found.workspace_id, upload=found).delete()
                for column in writing.COUNTED.values():
                    setattr(found, column, 0)
            found.holder, found.lease_until, found.seen_at = uuid4(), now + LEASE, now
            found.started_at, found.began_with, found.tries = now, found.done, found.tries + 1
            found.save()
        return found


def _understood(upload: Import, found: Source, *, now: datetime) -> Source:
    """The file with what its columns mean to the people here; written down, with what else the page shows of it."""
    headers = list(found.sheet.headers)
    said: list[str] = upload.meanings
    if not said:
        remembered = ColumnMemory.objects.filter(
            workspace=upload.workspace_id, headers=source.fingerprint(headers)
        ).first()
        said = remembered.meanings if remembered else source.meanings(found.mapping, len(headers))
    kind = found.mapping.kind
    upload.asks = "sender" if kind is Kind.LINKEDIN_CONNECTIONS and upload.sender_id is None else ""
    seen = {
        "kind": str(kind),
        "headers": headers,
        "meanings": said,
        "samples": source.samples(found.sheet),
        "encoding": found.sheet.encoding,
        "delimiter": found.sheet.delimiter,
        "total": found.sheet.count,
        "asks": upload.asks,
        "lease_until": now + LEASE,
    }
    if upload.asks:
        seen |= {"holder": None, "lease_until": None, "tries": 0}
    _write(upload, **seen)
    corrections = {
        int(line): {int(place): value for place, value in places.items()} for line, places in upload.corrections.items()
    }
    return Source(found.sheet, source.meant(found.mapping, headers, said), found.digest, corrections)


def _check(upload: Import, found: Source, clock: Clock) -> None:
    journey = _journey(upload, found, clock)
    for records in batched(found.records(), runs.BATCH):
        runs.judge(journey, records)
    _leave(upload, ImportState.CHECKED, now=clock())


def _take(upload: Import, found: Source, clock: Clock, changed: Changed) -> None:
    began = clock()
    with transaction.atomic():
        if upload.audience_id is None and upload.audience_name:
            upload.audience, _ = Audience.objects.get_or_create(
                workspace_id=upload.workspace_id, name=upload.audience_name, defaults={"created_at": began}
            )
            _write(upload, audience=upload.audience)
    journey = _journey(upload, found, clock, changed)
    records = found.records()
    _remember(journey, islice(records, upload.done))
    for some in batched(records, runs.BATCH):
        runs.take(journey, some)
        if Import.objects.filter(workspace=upload.workspace_id, pk=upload.pk, stop_at__isnull=False).exists():
            _leave(upload, ImportState.CANCELLED, now=clock())
            return
        if clock() - began > SHIFT:
            _write(upload, holder=None, lease_until=None)
            return
    _leave(upload, ImportState.APPLIED, now=clock())


def _remember(journey: Journey, records: Iterator[Record]) -> None:
    """What the rows that were taken before say for those that come: about whom they were, how large companies are."""
    whom = dict(
        ImportedPerson.objects.filter(workspace=journey.workspace, upload=journey.upload).values_list(
            "line", "prospect_id"
        )
    )
    for some in batched(records, runs.BATCH):
        taken = [one for one in some if isinstance(one, Row) and one.line in whom]
        named = companies.find(journey.workspace, taken, journey.sizes, lock=False)
        for row in taken:
            named.name_size(row)
            journey.claims[whom[row.line]] = Claim(row.line, row.slug, row.member_id, row.email)
        journey.sizes |= named.named


def _journey(upload: Import, found: Source, clock: Clock, changed: Changed = nobody) -> Journey:
    return Journey(
        workspace=upload.workspace_id,
        by=upload.by,
        upload=upload.pk,
        headers=found.sheet.headers,
        now=clock(),
        sender=upload.sender_id,
        audience=upload.audience_id,
        changed=changed,
        holder=upload.holder,
        told=clock,
    )


def _write(upload: Import, **values: object) -> None:
    """Write to the import that this worker holds. Raises TakenAway when it does not hold it any more."""
    held = Import.objects.filter(workspace=upload.workspace_id, pk=upload.pk, holder=upload.holder)
    if not held.update(**values):
        raise TakenAway


def _leave(upload: Import, state: ImportState, *, now: datetime, problem: str = "", useless: bool = False) -> None:
    """Bring the import into this state and let go of it; nothing, when another worker holds it now. useless: the file
    is no list of people, so nobody will go on with it."""
    with transaction.atomic():
        try:
            _write(
                upload,
                state=state,
                problem=problem[:300],
                holder=None,
                lease_until=None,
                tries=0,
                seen_at=now,
                stop_at=F("stop_at") if state == ImportState.CANCELLED else None,
            )
        except TakenAway:
            return
        upload.refresh_from_db()
        if state == ImportState.APPLIED or useless:
            parts.forget(upload)
        if state != ImportState.CHECKED:
            counts = {column: getattr(upload, column) for column in writing.COUNTED.values()}
            told = {"problem": problem} if problem else {}
            history.note(upload, str(state), by=upload.by, now=now, name=upload.name, **counts, **told)
