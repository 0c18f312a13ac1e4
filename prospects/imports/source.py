"""A file that is being imported: checked whole, its columns understood, its records in order."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from prospects.files import mapping, records
from prospects.files.cells import clean
from prospects.files.duplicates import deduplicate
from prospects.files.mapping import Field, Mapping
from prospects.files.reading import Sheet, read
from prospects.files.rows import Corrections
from prospects.imports.batches import Record

CUSTOM: Final = "custom"
"""A column that becomes a custom field under its own name."""

LEFT_OUT: Final = ""
_LOOKED_AT: Final = 50
_SHOWN: Final = 3
_SAMPLE_LENGTH: Final = 80


@dataclass(frozen=True, slots=True)
class Source:
    """A checked file with what its columns mean, its SHA-256, and what a person corrected in it."""

    sheet: Sheet
    mapping: Mapping
    digest: str
    corrections: Corrections = field(default_factory=dict)

    def records(self) -> Iterator[Record]:
        return deduplicate(records.parse(self.sheet, self.mapping, self.corrections))


def opened(source: bytes | Path, *, max_bytes: int | None = None) -> Source:
    """Check the file whole and guess what its columns mean. Raises UnreadableFile."""
    sheet = read(source) if max_bytes is None else read(source, max_bytes=max_bytes + 1)
    if isinstance(source, bytes):
        digest = hashlib.sha256(source).hexdigest()
    else:
        with source.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Source(sheet, mapping.guess(sheet.headers), digest)


def meanings(of: Mapping, width: int) -> list[str]:
    """What each column means, in order: the code of a field, CUSTOM, or LEFT_OUT."""
    said = [LEFT_OUT] * width
    for one, places in of.columns.items():
        for place in places:
            said[place] = str(one)
    for place in of.custom:
        said[place] = CUSTOM
    return said


def meant(guessed: Mapping, headers: Sequence[str], said: Sequence[str]) -> Mapping:
    """The guessed mapping after a person said what each column means."""
    now = meanings(guessed, len(headers))
    for place, one in enumerate(said):
        if one == now[place]:
            continue
        if one == CUSTOM:
            header = headers[place] or f"Column {place + 1}"
            guessed = mapping.assign(guessed, place, _free_name(header, guessed.custom.values()))
        else:
            guessed = mapping.assign(guessed, place, Field(one) if one else None)
    return guessed


def fingerprint(headers: Sequence[str]) -> str:
    """The same for every file with these columns in this order."""
    return hashlib.sha256("\x1f".join(map(mapping.normalise, headers)).encode()).hexdigest()


def samples(sheet: Sheet) -> list[list[str]]:
    """The first few different values of each column."""
    found: list[list[str]] = [[] for _ in sheet.headers]
    for _, record in islice(sheet.records(), _LOOKED_AT):
        for place, cell in enumerate(record[: len(found)]):
            value = clean(cell[: 4 * _SAMPLE_LENGTH])[:_SAMPLE_LENGTH]
            if value and len(found[place]) < _SHOWN and value not in found[place]:
                found[place].append(value)
    return found


def _free_name(name: str, taken: Iterable[str]) -> str:
    names, plain, again = set(taken), name[: mapping.CUSTOM_NAME_LENGTH - 8], 2
    name = plain
    while name in names:
        name, again = f"{plain} ({again})", again + 1
    return name
