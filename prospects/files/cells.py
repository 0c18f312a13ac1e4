"""What a single cell says: clean text, yes or no, a degree, a number of employees, an e-mail address, a phone number.

An empty cell is unknown, never no. Text stays as it was written apart from what cannot be seen: markup and formulas
are data here and are made harmless where they are shown or exported.
"""

import re
import sys
import unicodedata
from typing import Final

# Spaces of every kind become a plain space; what has no width, what turns the direction of reading, soft hyphens,
# control characters (U+0000 too, which a database refuses), lone surrogates and invisible tags go.
_SPACES: Final = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_ALONE: Final = (0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0)
_RANGES: Final = (
    (0x00, 0x20),
    (0x7F, 0xA0),
    (0x200B, 0x2010),
    (0x202A, 0x202F),
    (0x2060, 0x2070),
    (0xD800, 0xE000),
    (0xFFF9, 0xFFFC),
    (0xE0000, 0xE0080),
)
_INVISIBLE: Final = (*_ALONE, *(code for first, end in _RANGES for code in range(first, end)))
_CLEAN: Final[dict[int, str | None]] = dict.fromkeys(_INVISIBLE) | {ord(space): " " for space in _SPACES}
_CLEAN_LINES: Final[dict[int, str | None]] = _CLEAN | {ord("\n"): "\n", 0x2028: "\n", 0x2029: "\n"}

# A spreadsheet's "this is text" mark before something that looks like a formula, as safe exports write it.
_TEXT_MARK: Final = re.compile(r"'+(?=[=+\-@|%])")

_YES: Final = frozenset(
    {
        "true",
        "yes",
        "y",
        "1",
        "x",
        "oui",
        "vrai",
        "ja",
        "wahr",
        "j",
        "si",
        "verdadero",
        "vero",
        "sim",
        "verdadeiro",
        "waar",
        "on",
        "✓",
        "✔",
        "☑",
    }
)
_NO: Final = frozenset(
    {"false", "no", "n", "0", "non", "faux", "nein", "falsch", "falso", "nao", "nee", "onwaar", "off", "✗", "✘", "☐"}
)

_DEGREE: Final = re.compile(r"[^0-9]*([123])(?:st|nd|rd|er|e|eme|o|a|\.|\+)*(?:[^0-9]*)", re.ASCII | re.IGNORECASE)
_NO_DEGREE: Final = frozenset({"outofnetwork", "none", "na", "unknown", "self"})
_NUMBER: Final = re.compile(
    r"(?<![0-9])([0-9]{1,3}(?:[., '’][0-9]{3})+|[0-9]{1,9})(?![0-9])(?:[.,]([0-9])[0-9]*)?\s?([kKmM])?\b"
)

_EMAIL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@((?:[^\W_]|-|\.)+)")
_LABEL: Final = re.compile(r"(?!-)(?:[^\W_]|-){1,63}(?<!-)")


def clean(text: str) -> str:
    """One line of visible text: composed (NFC), single spaces, nothing invisible."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text.translate(_CLEAN))
    if "  " in text:
        text = " ".join(text.split())
    text = text.strip()
    return _TEXT_MARK.sub("", text, count=1) if text[:1] == "'" else text


def clean_lines(text: str) -> str:
    """Like clean, keeping line ends: for summaries and notes."""
    if "\n" not in text and "\r" not in text:
        return clean(text)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").translate(_CLEAN_LINES)).strip()
    return _TEXT_MARK.sub("", text, count=1)


def boolean(text: str) -> bool | None:
    """Yes or no in the languages of the exports; None when empty or not understood."""
    word = fold(text)
    return True if word in _YES else False if word in _NO else None


def degree(text: str) -> int | None:
    """1, 2 or 3 from "1st", "2", "3rd+", "2e"; None when empty, out of network or not understood."""
    found = _DEGREE.fullmatch(text)
    return int(found[1]) if found else None


def has_no_degree(text: str) -> bool:
    """True for the words by which exports say that nothing is known or connected."""
    return "".join(c for c in fold(text) if c.isalnum()) in _NO_DEGREE


def employees(text: str) -> int | None:
    """The number of employees, of a range the lower end: "1001-5000", "1,001-5,000", "10,001+", "5K"; else None."""
    found = _NUMBER.search(text)
    if not found:
        return None
    number = int(re.sub(r"[^0-9]", "", found[1]))
    scale = {"k": 1_000, "m": 1_000_000}.get((found[3] or "").lower())
    if scale is None:
        return number
    return min(number * scale + int(found[2] or 0) * scale // 10, sys.maxsize)


def email(text: str) -> str | None:
    """The address in lower case when it is a valid one, else None. "mailto:" and "Name <address>" are understood."""
    text = text.strip().lower().removeprefix("mailto:")
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1]
    text = unicodedata.normalize("NFC", text.strip().strip("'\""))
    found = _EMAIL.fullmatch(text) if len(text) <= 254 else None
    if not found or text.index("@") > 64:
        return None
    labels = found[1].split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or not any(c.isalpha() for c in labels[-1]):
        return None
    return text


def emails(text: str) -> list[str]:
    """The valid addresses of a cell that lists several, split at commas, semicolons, bars, slashes and spaces."""
    return [found for part in re.split(r"[,;|/\s]+", text[:2_000]) if (found := email(part))]


def phone(text: str) -> str | None:
    """A phone number as written, without a spreadsheet's apostrophe; None when it has fewer than five digits."""
    text = text.lstrip("'").strip()
    return text if sum(c.isdigit() for c in text) >= 5 else None


def fold(text: str) -> str:
    """Lower case without accents, for comparing words."""
    lowered = text.strip().lower()
    if lowered.isascii():
        return lowered
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
