"""Names of people: whether a text is one, and how a full name divides."""

import re
from typing import Final

_TITLES: Final = frozenset(
    {
        "dr",
        "prof",
        "professor",
        "mr",
        "mrs",
        "ms",
        "mx",
        "miss",
        "herr",
        "frau",
        "dipl-ing",
        "ing",
        "mag",
        "mme",
        "m",
        "sir",
        "dame",
    }
)
_CREDENTIALS: Final = re.compile(
    r"(?:mba|emba|phd|md|jd|msc|bsc|ma|ba|llm|cpa|cfa|pmp|acca|aca|cissp|shrm-\w+|sphr|phr|jr|sr|ii|iii|iv|esq|rn|"
    r"pe|csm|dba|mag|dipl\S*|m\.?sc|b\.?sc|ph\.?d|m\.?b\.?a|cfp|ccp|cips|fcca|mcips)\.?",
    re.IGNORECASE,
)
_PLACEHOLDERS: Final = frozenset({"linkedin member", "linkedin user", "membre de linkedin", "utilisateur linkedin"})


def is_name(text: str) -> bool:
    """False for blanks, dashes and dots, and what LinkedIn shows in place of a hidden name."""
    return any(map(str.isalnum, text)) and text.lower() not in _PLACEHOLDERS


def split(full: str) -> tuple[str, str]:
    """First and last name of a full name. "Bergström, Jon" is turned round; titles and degrees are left off."""
    parts = [part.strip() for part in _without_credentials(full).split(",")]
    if len(parts) == 2 and all(map(is_name, parts)):
        return parts[1], parts[0]
    words = _without_titles(" ".join(parts)).split()
    while len(words) > 2 and words[-1].isupper() and _CREDENTIALS.fullmatch(words[-1]):
        words = words[:-1]
    return (words[0], " ".join(words[1:])) if words else ("", "")


def complete(first: str, last: str, full: str, *, first_alone: bool) -> tuple[str, str]:
    """First and last name from whatever of the three is known.

    first_alone: the file has neither a last nor a full name, so its first-name column may hold whole names.
    A "Name" beside a first name is a last name in German and French files, a full name in others.
    """
    if first and last:
        return _without_titles(first), _without_credentials(last)
    if first and full:
        return first, full.removeprefix(first).strip() if full != first else ""
    if last and full:
        return full.removesuffix(last).strip() if full != last else "", last
    if full:
        return split(full)
    if first_alone and " " in first:
        return split(first)
    return first, last


def _without_titles(first: str) -> str:
    """ "Dr. Konrad" is addressed as Konrad."""
    words = first.split(" ")
    while len(words) > 1 and words[0].lower().rstrip(".") in _TITLES:
        words = words[1:]
    return " ".join(words)


def _without_credentials(last: str) -> str:
    """ "Eisenhardt, MBA" is Eisenhardt."""
    name, comma, end = last.rpartition(",")
    while comma and name.strip() and all(map(_CREDENTIALS.fullmatch, end.split())):
        last = name.strip()
        name, comma, end = last.rpartition(",")
    return last
