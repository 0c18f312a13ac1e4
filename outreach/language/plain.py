"""Plain text as it may travel: one kind of line end, nothing invisible that hides or turns words, tidy white space."""

import re
import unicodedata

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, spaces without width, marks that turn the reading direction, halves of characters. Joiners stay:
emoji and Persian need them."""

_LOOKS_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters by name that show nothing; people fill compulsory fields with them."""

_RUN = re.compile("[ \t]{2,}|\t")
_EDGES = re.compile("(?m)^[ \t\xa0]+|(?<![ \t\xa0])[ \t\xa0]+$")
_BLANK_LINES = re.compile("\n{3,}")
_LOOSE_MARK = re.compile(r"(?<=[^\s,.]) (?=,|\.(?:\s|\Z))")


def unify(text: str) -> str:
    """The text with every CR LF and lone CR as LF: the form that is counted, frozen and hashed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def clean(text: str) -> str:
    """The text without what nobody sees: line ends become LF; control characters, zero-width spaces, marks that turn
    the reading direction and lone surrogates go."""
    return _INVISIBLE.sub("", _LINE_END.sub("\n", text))


def shows(text: str) -> bool:
    """Whether a reader would see anything of this text."""
    return any(unicodedata.category(char)[0] not in "CZ" and char not in _LOOKS_EMPTY for char in text)


def tidy(text: str) -> str:
    """The text without the gaps that empty conditions leave: one space between words, none at the ends of a line or
    before a comma or full stop, one empty line between paragraphs. Tidying twice is tidying once."""
    text = _EDGES.sub("", _RUN.sub(" ", text))
    text = _LOOSE_MARK.sub("", text)
    return _BLANK_LINES.sub("\n\n", text).strip()
