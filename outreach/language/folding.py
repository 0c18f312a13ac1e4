"""One spelling for comparison: lower case, no accents, plain quotes and dashes, one space; with the way back."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from outreach.language.plain import clean

_PLAIN = str.maketrans(dict.fromkeys("’‘ʼ`´ʹ′", "'") | dict.fromkeys("‐‑‒–—−", "-"))
_WRAPPED = 50
"""A line at least this long that ends in a single line end was wrapped by a mail program."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text (`text`), and the text it came from (`original`)."""

    text: str
    original: str
    origins: tuple[int, ...]

    def words(self, start: int, end: int) -> str:
        """The original words of `text[start:end]`."""
        if start >= end:
            return ""
        return " ".join(self.original[self.origins[start] : self.origins[end - 1] + 1].split())


@lru_cache(maxsize=4096)
def _letter(char: str) -> str:
    """One character folded; nothing for a mark that only changes another."""
    decomposed = unicodedata.normalize("NFKD", char.translate(_PLAIN)).casefold()
    return "".join(part for part in unicodedata.normalize("NFKD", decomposed) if unicodedata.category(part) != "Mn")


def fold(text: str) -> str:
    """The text folded, white space as it is."""
    return "".join(map(_letter, text))


def fold_tracked(text: str, longest: int) -> Folded:
    """The first `longest` characters of the text cleaned and folded: lines that a mail program wrapped are joined,
    white space is one space or one line end."""
    text = clean(text[:longest])
    parts: list[str] = []
    origins: list[int] = []
    line_from = 0
    for run in re.finditer(r"\s+|\S+", text):
        found = run.group()
        if found.isspace():
            ends = found.count("\n")
            wrapped = ends == 1 and run.start() - line_from >= _WRAPPED
            parts.append("\n" if ends and not wrapped else " ")
            origins.append(run.start())
            if ends:
                line_from = run.end()
            continue
        for at, char in enumerate(found, run.start()):
            letters = _letter(char).replace("\n", " ")
            parts.append(letters)
            origins.extend([at] * len(letters))
    return Folded("".join(parts)[:longest], text, tuple(origins[:longest]))


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence that holds `text[start:end]` of a folded text begins and ends."""
    ends = _ends(text)
    before = bisect_right(ends, start) - 1
    after = bisect_left(ends, end)
    return (ends[before] if before >= 0 else 0), (ends[after] if after < len(ends) else len(text))


@lru_cache(maxsize=8)
def _ends(text: str) -> tuple[int, ...]:
    """Where sentences end: a line end, or . ! ? ; followed by white space."""
    return tuple(found.end() for found in re.finditer(r"\n|[.!?;]+(?=\s|$)", text))
