"""CSV that people open in a spreadsheet: what somebody else wrote must never run there as a formula.

A cell whose first character that shows is one of = + - @ | % (or their full-width forms) gets an apostrophe in front,
which spreadsheets show as text. Every text is quoted; numbers and dates of ours stay what they are.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse

_FORMULA = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20\uff5c\uff05")
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Categories of characters that a spreadsheet may skip before it looks for a formula: control, format, spaces."""

BOM = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""


def safe_cell(value: Any) -> Any:
    """What may stand in a cell. Numbers stay numbers, instants become ISO 8601, None is empty, all else is text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = str(value).replace("\0", "")
    first = next((letter for letter in text if unicodedata.category(letter) not in _UNSEEN), "")
    return f"'{text}" if first in _FORMULA and first else text


def safe_csv(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file line by line, in memory for one line only: a BOM, the header, then the rows, CRLF at each end."""
    yield BOM + _line(headers)
    for row in rows:
        yield _line(row)


def download(name: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """An answer that saves as `name`, which must be a name of ours without quotes or line ends."""
    response = StreamingHttpResponse(safe_csv(headers, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()
