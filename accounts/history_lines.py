"""What happened, as sentences: a row of history in the words of `accounts.history_words`. Pure; whoever asks brings the
names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from re import compile as pattern
from string import Formatter
from typing import Any

from accounts import history_words


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence. `foreign`: written by somebody, so to be kept apart from our words. `url`: where it
    leads, if anywhere."""

    text: str
    foreign: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What something is called, and where it is shown. `of`: our words before the name, such as "the campaign"."""

    name: str
    of: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when, by whom, and the rest of the sentence in pieces."""

    at: datetime
    who: str
    parts: tuple[Part, ...]
    by_member: bool

    @property
    def text(self) -> str:
        return f"{self.who} {''.join(part.text for part in self.parts)}."


ACTORS = {
    "engine": "Parley",
    "inbound": "Parley, on the person’s own words,",
}
"""Who acts where no member did."""

KINDS = {
    "campaign": "the campaign",
    "sender": "the sender",
    "plan": "the plan",
    "prospect": "",
    "member": "",
    "touch": "a touch to",
    "enrollment": "the sequence of",
    "import": "the file",
    "audience": "the audience",
    "creditbalance": "the InMail credits of",
    "allowance": "the limits of",
    "connection": "the connection to",
    "invitation": "the invitation of",
    "thread": "the conversation with",
    "suppression": "an address on the list of whom nobody contacts",
    "apikey": "the API key",
}
"""Our words before a subject's name."""

_CODE = pattern("[a-z]+(_[a-z]+)+")
"""A word of our own that stands in the row as it is written in code, such as opted_out."""


def line(row: Any, names: Mapping[str, Named] | None = None, *, zone: tzinfo = UTC) -> Line:
    """One row of history as a sentence. `names`: what subjects ("campaign:12") are called."""
    clauses = history_words.clauses(row)
    known = names or {}
    parts: list[Part] = []
    for number, clause in enumerate(clauses):
        if number == 0 or _has_all(clause, row.data):
            parts += _parts(clause, row.subject, row.data, known)
    if parts and parts[-1].foreign:  # the sentence ends with a full stop of its own
        parts[-1] = replace(parts[-1], text=parts[-1].text.rstrip("."))
    member = row.by is not None
    if member and (key := known.get(_key(row))) is not None:
        return Line(row.at.astimezone(zone), f"{row.by.user}, with the API key {key.name},", tuple(parts), member)
    who = str(row.by.user) if member else ACTORS.get(row.actor, row.actor.capitalize() or "Parley")
    return Line(row.at.astimezone(zone), who, tuple(parts), member)


def references(row: Any) -> set[str]:
    """The subjects whose names the sentence needs, such as "campaign:12"."""
    found = {row.subject} | ({_key(row)} - {""})
    for clause in history_words.clauses(row):
        for _, key, of in _pieces(clause):
            if of and "|" not in of and key in row.data:
                value = row.data[key]
                found |= {f"{of}:{one}" for one in (value if isinstance(value, list) else [value])}
    return found


def _key(row: Any) -> str:
    """The key of the API with which it was done, as a subject; "" for none."""
    key = getattr(row, "api_key_id", None)
    return f"apikey:{key}" if key else ""


def _pieces(clause: str) -> Iterator[tuple[str, str, str]]:
    """Literal text, the key after it and the kind of what the key is the id of, piece by piece."""
    for literal, key, of, _ in Formatter().parse(clause):
        yield literal, key or "", of or ""


def _has_all(clause: str, data: Mapping[str, Any]) -> bool:
    keys = [key for _, key, _ in _pieces(clause) if key and key != "subject"]
    return all(data.get(key) not in (None, "", [], 0) for key in keys)


def _parts(clause: str, subject: str, data: Mapping[str, Any], names: Mapping[str, Named]) -> Iterator[Part]:
    for literal, key, of in _pieces(clause):
        if literal:
            yield Part(literal)
        if key == "subject":
            yield from _name(subject, names)
        elif key and "|" in of:
            yield Part(_counted(data.get(key), *of.split("|")))
        elif key and of:
            value = data.get(key)
            ids = value if isinstance(value, list) else [value]
            for number, one in enumerate(ids):
                if number:
                    yield Part(", ")
                yield from _name(f"{of}:{one}", names, plainly=True)
        elif key:
            said = _value(data.get(key))
            yield Part(said.upper() if key == "role" and said == "sdr" else said, foreign=True)


def _name(subject: str, names: Mapping[str, Named], *, plainly: bool = False) -> Iterator[Part]:
    kind, _, _ = subject.partition(":")
    named = names.get(subject)
    of = (named.of if named is not None and named.of else "") or KINDS.get(kind, f"a {kind}")
    if of and not plainly:
        yield Part(f"{of} " if named is not None and named.name else of)
    if named is not None and named.name:
        yield Part(named.name, foreign=True, url=named.url)
    elif plainly or not of:
        yield Part("somebody who is gone")


def _counted(value: Any, one: str, many: str) -> str:
    number = value if isinstance(value, int) else 0
    return f"{number:,} {one if number == 1 else many}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return " to ".join(_value(one) for one in value)
    text = "nothing" if value is None else str(value)
    return text.replace("_", " ") if _CODE.fullmatch(text) else text
