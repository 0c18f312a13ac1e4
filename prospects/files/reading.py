"""Bytes become a sheet: encoding, delimiter and header found, the whole file checked once, its records streamed.

Memory stays small for any size: nothing is held but one record. What cannot be read is refused with one sentence
before anything of it is used, so half a file never becomes half an import.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from prospects.files import encoding, mapping
from prospects.files.cells import clean
from prospects.files.encoding import UnreadableFile

__all__ = ["Sheet", "UnreadableFile", "read"]

SEARCHED: Final = 15
"""Records at the top among which the header is looked for: exports put notes above it."""

DELIMITERS: Final = (",", ";", "\t")
_LINE_LENGTH: Final = 1_000_000
_AGAIN: Final = "export or download it again"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A checked file: its headers and, as often as wanted, its records.

    header_line: number of the header's line, from 1. count: records below it that are not blank.
    """

    headers: tuple[str, ...]
    header_line: int
    delimiter: str
    encoding: str
    count: int
    source: bytes | Path = field(repr=False)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The line where each record begins and its cells as they stand, in order; blank records left out."""
        for record in _records(self.source, self.encoding, self.delimiter):
            if record.line > self.header_line and not record.blank:
                yield record.line, record.cells


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]
    ended: bool = True

    @property
    def blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)

    @property
    def width(self) -> int:
        """Cells up to the last that is filled in: spreadsheets write thousands of empty columns after it."""
        return max((column for column, cell in enumerate(self.cells, 1) if cell.strip()), default=0)


def read(data: bytes | Path, *, max_bytes: int = 200 * 1024 * 1024, max_columns: int = 300) -> Sheet:
    """Check a file whole and give back its sheet.

    A file of max_bytes or more, or with max_columns or more, is refused: both are the first size that is too much.
    Raises UnreadableFile, with one sentence for a person, for everything that is no list of people in CSV.
    """
    try:
        return _read(data, max_bytes, max_columns)
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {data!s}: check the path.") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{data!s} is a folder: give the path of the CSV file in it.") from None
    except PermissionError:
        raise UnreadableFile(f"The file {data!s} may not be read: check its permissions.") from None


def _read(data: bytes | Path, max_bytes: int, max_columns: int) -> Sheet:
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    if size >= max_bytes:
        raise UnreadableFile(
            f"This file has {_megabytes(size)}; the limit is {_megabytes(max_bytes)}: split it into smaller files."
        )
    with _opened(data) as stream:
        encoding.refuse_other_kinds(stream)
        codec = encoding.detect(stream)
    header, delimiter = _find_header(data, codec, max_columns)
    headers = tuple(clean(cell) for cell in header.cells)
    while headers and not headers[-1]:
        headers = headers[:-1]
    count = _check(data, codec, delimiter, header.line, len(headers))
    return Sheet(headers, header.line, delimiter, codec, count, data)


def _find_header(data: bytes | Path, codec: str, max_columns: int) -> tuple[_Record, str]:
    """The header and the delimiter under which it names the most fields. Raises UnreadableFile when there is none."""
    best: tuple[int, int, _Record, str] | None = None
    widest = 0
    blank = True
    damaged: UnreadableFile | None = None
    for delimiter in DELIMITERS:
        try:
            for place, record in enumerate(_records(data, codec, delimiter)):
                if place >= SEARCHED:
                    break
                blank = blank and record.blank
                width = record.width
                widest = max(widest, width)
                fields = mapping.recognised(record.cells)
                if fields & mapping.NAMES and (best is None or (len(fields), width) > best[:2]):
                    best = (len(fields), width, record, delimiter)
        except UnreadableFile as reason:
            damaged = damaged or reason
    if best is not None and best[1] < max_columns:
        return best[2], best[3]
    if widest >= max_columns:
        raise UnreadableFile(
            f"This file has {best[1] if best else widest:,} columns and fewer than {max_columns:,} can be read: "
            "keep the columns you need and delete the others."
        )
    if damaged:
        raise damaged
    if blank:
        raise UnreadableFile("This file is empty: export the list again and choose the new file.")
    raise UnreadableFile(
        "No header with names was found in the first lines of this file: "
        "one row must name its columns, for example First Name, Last Name, URL."
    )


def _check(data: bytes | Path, codec: str, delimiter: str, header_line: int, width: int) -> int:
    """Walk through the whole file once and count its records. Raises UnreadableFile when it is damaged or cut."""
    count = short = 0
    last: _Record | None = None
    for record in _records(data, codec, delimiter):
        if record.line <= header_line or record.blank:
            continue
        count += 1
        last = record
        if len(record.cells) < width:
            short += 1
    if last is None:
        raise UnreadableFile("This file has a header and no people below it: export the list again.")
    if short == 1 and count > 1 and not last.ended and len(last.cells) < width:
        # Every other record is complete and the last one breaks off without a line end: the rest got lost.
        raise UnreadableFile(
            f"This file breaks off on line {last.line:,}, with {len(last.cells)} of {width} columns: {_AGAIN}."
        )
    return count


def _records(data: bytes | Path, codec: str, delimiter: str) -> Iterator[_Record]:
    with _opened(data) as stream:
        text = io.TextIOWrapper(stream, encoding=codec, newline="")
        try:
            yield from _parse(text, delimiter)
        finally:
            text.detach()


def _parse(text: io.TextIOWrapper, delimiter: str) -> Iterator[_Record]:
    """The records. A quoted cell that never ends shows by the reader asking for a line that is not there."""
    exhausted = False
    ended = True

    def lines() -> Iterator[str]:
        nonlocal exhausted, ended
        while line := text.readline(_LINE_LENGTH):
            ended = line[-1] in "\r\n"
            if not ended and len(line) == _LINE_LENGTH:
                raise UnreadableFile(f"One line of this file has over {_LINE_LENGTH:,} characters: {_AGAIN} as CSV.")
            yield line
        exhausted = True

    reader = csv.reader(lines(), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise UnreadableFile(
                f"The record on line {line:,} has a cell of over {csv.field_size_limit():,} characters "
                f"or lacks a closing quote: correct that line or {_AGAIN}."
            ) from None
        except UnicodeError:
            raise UnreadableFile(f"This file has damaged characters after line {line:,}: {_AGAIN}.") from None
        if exhausted:
            raise UnreadableFile(
                f"A quoted cell begins on line {line:,} and never ends, so a part of this file is missing: {_AGAIN}."
            )
        yield _Record(line, cells, ended)


@contextmanager
def _opened(data: bytes | Path) -> Iterator[BinaryIO]:
    stream: BinaryIO = io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")
    try:
        yield stream
    finally:
        stream.close()


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MB" if size >= 1024 * 1024 else f"{size:,} bytes"
