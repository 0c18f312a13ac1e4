"""What the pages of an import show: counts, columns, cells to correct, how far it is. Reads only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

from prospects.files.mapping import Field, Kind
from prospects.imports import source
from prospects.imports.batches import Verdict
from prospects.imports.undoing import Undone
from prospects.models import Import, ImportRow
from prospects.models.imports import LEASE, ImportState

CELLS: Final = 5
"""Rows that can be corrected on the page at once; the others come when these are done."""

KINDS: Final = {
    Kind.LINKEDIN_CONNECTIONS: "LinkedIn’s own export of connections",
    Kind.SALES_NAVIGATOR: "a Sales Navigator export",
    Kind.GENERIC: "a list of people",
}
_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ENCODINGS: Final = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
TONES: Final = {
    ImportState.UPLOADED: "neutral",
    ImportState.CHECKED: "warn",
    ImportState.APPLYING: "accent",
    ImportState.APPLIED: "ok",
    ImportState.FAILED: "bad",
    ImportState.CANCELLED: "neutral",
    ImportState.UNDONE: "neutral",
}
_WORDS: Final = {"linkedin_url": "Profile address", "sales_nav_url": "Sales Navigator address", "email": "E-mail"}
MEANINGS: Final = [
    *((str(field), _WORDS.get(field, str(field).replace("_", " ").capitalize())) for field in Field),
    (source.CUSTOM, "A field of its own"),
    (source.LEFT_OUT, "Leave out"),
]
"""What a column can mean, with its words."""


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of outcome: how many rows, and where its part of the bar begins and how wide it is."""

    label: str
    paint: str
    count: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: what it means here and what stands in it."""

    place: int
    header: str
    meaning: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that a better value would make usable. `repeated`: the one before it has the same reason."""

    line: int
    place: int
    header: str
    value: str
    sentence: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """An import in the list of past ones."""

    upload: Import
    tone: str
    words: str


OUTCOMES: Final = (
    ("new", "new", "mark"),
    ("updated", "updated", "t2"),
    ("unchanged", "unchanged", "t1"),
    ("duplicates", "twice in the file", "twice"),
    ("invalid", "not usable", "warn"),
    ("suppressed", "may not be contacted", "lockd"),
)


def page(upload: Import, now: datetime, typed: dict[str, Any]) -> dict[str, Any]:
    """The context of one import's page. typed: what somebody sent that was refused."""
    state = ImportState(upload.state)
    found: dict[str, Any] = {
        "upload": upload,
        "tone": TONES[state],
        "what": what(upload),
        "wait": "1s" if upload.started_at is None or (now - upload.started_at).total_seconds() < 20 else "2s",
        "progress": progress(upload, now) if upload.at_work else None,
        "shares": shares(upload) if state is not ImportState.UPLOADED else [],
        "may_go_on": upload.kept and state in (ImportState.FAILED, ImportState.CANCELLED),
        "may_undo": bool(upload.begun_at) and state in (ImportState.APPLIED, ImportState.CANCELLED, ImportState.FAILED),
    }
    if state is ImportState.CHECKED:
        wanted = cells(upload)
        if "cells" in typed:
            wanted = [_typed(cell, typed["cells"]) for cell in wanted]
        found |= {
            "columns": columns(upload, typed.get("columns")),
            "meanings": MEANINGS,
            "cells": wanted,
            "more_cells": upload.invalid - len(wanted),
            "before": earlier(upload),
            "people": upload.new + upload.updated,
        }
    return found


def what(upload: Import) -> str:
    """What kind of file it is, in half a sentence; empty until it was read."""
    if not upload.headers:
        return ""
    matched = sum(1 for meaning in upload.meanings if meaning not in (source.CUSTOM, source.LEFT_OUT))
    return (
        f"{upload.total:,} rows, {_DELIMITERS.get(upload.delimiter, 'columns')}, "
        f"{_ENCODINGS.get(upload.encoding, upload.encoding)}, {matched} of {len(upload.headers)} columns matched. "
        f"It looks like {KINDS[Kind(upload.kind)]}."
    )


def shares(upload: Import) -> list[Share]:
    """The outcomes with rows, and always how many are new."""
    total = sum(getattr(upload, column) for column, _, _ in OUTCOMES) or 1
    found, x = [], 0.0
    for column, label, paint in OUTCOMES:
        count = getattr(upload, column)
        width = 100 * count / total
        if count or column == "new":
            found.append(Share(label, paint, count, f"{x:.2f}%", f"{width:.2f}%"))
        x += width
    return found


def progress(upload: Import, now: datetime) -> Progress:
    """How far a worker is, how fast it goes and how long it will take."""
    done = upload.done if upload.holder else upload.began_with
    if upload.holder is None:
        return Progress(done, upload.total, "Waiting for a worker.")
    if upload.seen_at and now - upload.seen_at > LEASE:
        return Progress(done, upload.total, "The worker broke off. Another one goes on by itself in a moment.")
    if upload.stop_at:
        return Progress(done, upload.total, "Stopping after the rows in hand.")
    if not upload.total or not upload.started_at or not upload.seen_at:
        return Progress(0, 0, "Reading the file.")
    seconds = (upload.seen_at - upload.started_at).total_seconds()
    rows = upload.done - upload.began_with
    words = f"{upload.done:,} of {upload.total:,} rows"
    if rows and seconds >= 0.05:
        rate = rows / seconds
        words += f", {rate:,.0f} rows a second, about {_seconds((upload.total - upload.done) / rate)} left"
    return Progress(done, upload.total, f"{words}.")


def columns(upload: Import, said: Sequence[str] | None = None) -> list[Column]:
    meanings = said if said and len(said) == len(upload.headers) else upload.meanings
    return [
        Column(place, header or f"Column {place + 1}", meanings[place], upload.samples[place])
        for place, header in enumerate(upload.headers)
    ]


def cells(upload: Import) -> list[Cell]:
    """The first cells that would make a row usable, by line."""
    rows = ImportRow.objects.filter(
        workspace=upload.workspace_id, upload=upload, verdict=Verdict.INVALID, place__isnull=False
    ).order_by("line", "pk")
    found: list[Cell] = []
    for row in rows[:CELLS]:
        place = row.place or 0
        header = upload.headers[place] or f"Column {place + 1}"
        repeated = bool(found) and found[-1].sentence == row.problem
        found.append(Cell(row.line, place, header, row.raw.get(header, ""), row.problem, repeated))
    return found


def earlier(upload: Import) -> Import | None:
    """An import of the same bytes that took people already."""
    found: Import | None = (
        Import.objects.filter(workspace=upload.workspace_id, digest=upload.digest, state=ImportState.APPLIED)
        .exclude(pk=upload.pk)
        .with_people()
        .order_by("-at")
        .first()
    )
    return found


def failed_rows(upload: Import) -> tuple[list[str], Iterator[list[Any]]]:
    """The rows that are not usable as they stood in the file, with their lines and reasons."""
    rows = ImportRow.objects.filter(workspace=upload.workspace_id, upload=upload, verdict=Verdict.INVALID)
    names = list(dict.fromkeys(header or f"Column {place}" for place, header in enumerate(upload.headers, 1)))
    found = list(rows.order_by("line", "pk"))
    for row in found:
        names += [name for name in row.raw if name not in names]
    return (
        ["Line", "Reason", *names],
        ([row.line, row.problem, *(row.raw.get(name, "") for name in names)] for row in found),
    )


def line(upload: Import) -> Line:
    told = [f"{getattr(upload, column):,} {label}" for column, label, _ in OUTCOMES if getattr(upload, column)]
    words = upload.problem or ", ".join(told)
    if upload.at_work and upload.total:
        words = f"{upload.done:,} of {upload.total:,} rows"
    return Line(upload, TONES[ImportState(upload.state)], words)


def audience_called(name: str) -> str:
    """The name of an audience for which none was given: the file's, without its ending."""
    return (PurePath(name.replace("\\", "/")).stem.strip() or "Import")[:120]


def undone(done: Undone) -> str:
    sentence = f"Undone. {_people(done.removed)} removed"
    if done.stayed:
        sentence += f"; {done.stayed:,} stayed, because something was done with them since"
    return f"{sentence}."


def _people(count: int) -> str:
    return f"{count:,} {'person was' if count == 1 else 'people were'}"


def _typed(cell: Cell, said: dict[tuple[int, int], str]) -> Cell:
    return replace(cell, value=said.get((cell.line, cell.place), cell.value))


def _seconds(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
