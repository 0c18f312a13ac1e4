"""Days as exports write them: 04 May 2026, 4-May-26, 2026-05-04, 4. Mai 2026, 4 de mayo de 2026, 04.05.2026."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

from prospects.files.cells import fold

EARLIEST: Final = date(2003, 5, 1)
"""LinkedIn opened in May 2003; no connection is older."""

# English, German, French, Spanish, Italian, Dutch, Portuguese. Any beginning of three letters or more will do.
_MONTHS: Final = (
    "january januar janner janvier enero gennaio januari janeiro",
    "february februar fevrier febrero febbraio februari fevereiro",
    "march marz maerz mars marzo maart mrt marco",
    "april avril abril aprile",
    "may mai mayo maggio mei maio",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre settembre setembro setiembre",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro",
)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ].*)?", re.ASCII)
_NUMERIC = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?:,?[t ].*)?", re.ASCII)
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s-]*(?:de )?([a-z]{3,10})\.?[\s-]*(?:(?:de|del) )?(\d{4}|\d{2})(?:,? \d.*)?",
    re.ASCII,
)
_MONTH_FIRST = re.compile(r"([a-z]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:,? \d.*)?", re.ASCII)


@lru_cache(maxsize=8192)
def day(text: str) -> date | None:
    """The day a cell names, or None: not understood, impossible, or 03/04/2026, which two continents read differently.

    Two-digit years belong to this century.
    """
    folded = " ".join(fold(text[:60]).split())
    if found := _ISO.fullmatch(folded):
        return _date(found[1], int(found[2]), found[3])
    if found := _NUMERIC.fullmatch(folded):
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or first > 12 or first == second:
            return _date(found[4], second, found[1])
        return _date(found[4], first, found[3]) if second > 12 else None
    if found := _DAY_FIRST.fullmatch(folded):
        return _date(found[3], month(found[2]), found[1])
    if found := _MONTH_FIRST.fullmatch(folded):
        return _date(found[3], month(found[1]), found[2])
    return None


def month(word: str) -> int | None:
    """1 to 12 for a month's name or its beginning in one of the seven languages; None when unknown or ambiguous."""
    if len(word) < 3:
        return None
    found = {number for number, names in enumerate(_MONTHS, 1) if any(n.startswith(word) for n in names.split())}
    return found.pop() if len(found) == 1 else None


def _date(year: str, month: int | None, day: str) -> date | None:
    if month is None:
        return None
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
    except ValueError:
        return None
