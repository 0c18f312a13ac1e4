"""What happened, in words: one sentence for each verb that history knows. Pure; whoever asks brings the names.

A clause says what to write with `{subject}`, `{key}` for a value of the row, `{key:one|many}` for a count of things,
and `{key:kind}` for the name of what the value is the id of. Clauses after the first are added where the row has all
that they name.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from re import compile as pattern
from string import Formatter
from typing import Any

from accounts import terms


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
}
"""Our words before a subject's name."""

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "Members and workspace": {
        "founded": ("founded the workspace {workspace}",),
        "joined": ("added {subject}", " as {role}"),
        "self:joined": ("joined", " as {role}"),
        "changed role": ("changed the role of {subject}", " from {before} to {after}"),
        "left": ("left the workspace",),
        "removed": ("removed {subject} from the workspace",),
        "member:restored": ("brought {subject} back into the workspace",),
        "renamed workspace": ("renamed the workspace", " from {before} to {after}"),
        "invited": ("invited {email}", " as {role}"),
        "invited again": ("sent the invitation of {email} again",),
        "accepted": ("accepted the invitation to {email}", " as {role}"),
        "revoked": ("took back the invitation of {email}",),
    },
    "Subscription tiers": {
        "installed": ("added {subject}, one of LinkedIn’s own",),
        "copied": ("made {subject}", " as a copy of {of}"),
        "terms added": (),
        "terms dropped": (),
    },
    "Credits and limits": {
        "creditbalance:held": ("keeps {held} of {subject} for tier 3", ", {was} before"),
        "adjusted": ("adjusted {subject} by {amount}", ": {note}"),
        "blocked": ("stopped InMail: no more of {subject} are spent", ": {why}"),
        "unblocked": ("lets {subject} be spent again",),
        "cap": ("set the cap of {subject} to {cap}",),
        "caps": (
            "set {subject}",
            ": {day} in 24 hours",
            ", {week} in 7 days",
            ", {month} a month",
            ", {ceiling} at once",
        ),
    },
    "Senders": {
        "connected": ("connected the workspace to {vendor}",),
        "set_up": ("set up {subject}", " on the plan {plan}", ", acting through {connector}"),
        "plan changed": ("put {subject} on the plan {plan}", ", before on {was}"),
        "paused": ("paused {subject}", ": {why}"),
        "campaign:paused": ("paused {subject}", "; {handed_over:touch was|touches were} already handed over"),
        "sender:resumed": ("let {subject} act again", ", which was {was}"),
        "sender:edited": ("changed {subject}", ": {what}"),
    },
    "Campaigns": {
        "created": ("created {subject}", " from the play {play}"),
        "edited": ("edited {subject}", ", step {step}"),
        "waits set": ("set the wait before step {step} of {subject}", " to {days} days"),
        "renamed": ("renamed {subject}", " from {before} to {after}"),
        "enrolled": ("put {people:person|people} into {subject}", " with {senders:sender}"),
        "people removed": ("took {people:person|people} out of {subject}",),
        "people left out": ("left {people:person|people} out of {subject}",),
        "senders chosen": ("chose the senders of {subject}", ": {senders:sender}"),
        "launched": ("launched {subject}", " for {people:person|people}"),
        "campaign:resumed": ("resumed {subject}", " for {people:person|people}"),
        "archived": ("archived {subject}",),
        "restored": ("restored {subject}",),
    },
    "One person": {
        "held": ("holds {subject}", "; {cancelled:planned touch was|planned touches were} cancelled"),
        "resumed": ("resumed {subject}",),
        "stopped": ("stopped {subject}", "; {cancelled:planned touch was|planned touches were} cancelled"),
        "handed_over": ("handed {subject} over", " from {was:sender}", " to {to:sender}"),
        "was_sent": ("found that {subject} was sent",),
        "was_not_sent": ("found that {subject} was not sent",),
        "done_by_hand": ("did {subject} by hand",),
        "skipped_by_hand": ("skipped {subject}",),
        "added": ("added {subject}",),
        "gathered": ("gathered {people:person|people} into {subject}",),
        "tiers set": ("put {people:person|people} into another tier",),
        "tier set": ("put {subject} into tier {after}", ", before tier {before}"),
    },
    "Inbox": {
        "answered": ("answered in {subject}",),
        "took an answer back": ("took an answer in {subject} back",),
        "done": ("marked {subject} as done",),
        "reopened": ("opened {subject} again",),
        "snoozed": ("let {subject} sleep",),
        "assigned": ("changed who answers in {subject}", " to {to:member}"),
        "labelled": ("labelled {subject}", " as {after}", ", before {before}"),
        "outcome set": ("noted what came of {subject}", ": {outcome}", ", on {on}"),
        "noted": ("wrote a note beside {subject}",),
        "thread:undone": ("took back what was done with {subject}",),
    },
    "Do not contact": {
        "suppressed": ("put {subject} on the list of whom nobody contacts", ": {reason}"),
        "forbade": ("put {people:person|people} on the list of whom nobody contacts", ": {reason}"),
        "listed": ("put {addresses:address|addresses} on the list of whom nobody contacts", ": {reason}"),
        "suppression_lifted": ("lets {subject} be contacted again", ": {reason}"),
        "address lifted": ("took {subject} off", ", put there for “{why}”", ", because: {reason}"),
    },
    "Files": {
        "uploaded": ("uploaded {subject}",),
        "sender named": ("said that {subject} holds the connections of {sender:sender}",),
        "columns chosen": ("chose the columns of {subject}",),
        "cells corrected": ("corrected {cells:cell|cells} of {subject}",),
        "checked": ("checked {subject}",),
        "applying": ("began to import {subject}",),
        "applied": ("imported {subject}",),
        "failed": ("could not import {subject}", ": {problem}"),
        "stop asked": ("asked to stop the import of {subject}",),
        "cancelled": ("stopped the import of {subject}",),
        "undone": ("undid the import of {subject}", ": {removed:person was|people were} removed", ", {stayed} stayed"),
    },
}
"""What each verb says, by what it is about; `kind:verb` where one verb means another thing of another subject."""

SAID: dict[str, tuple[str, ...]] = {key: clauses for verbs in GROUPS.values() for key, clauses in verbs.items()}


_CODE = pattern("[a-z]+(_[a-z]+)+")
"""A word of our own that stands in the row as it is written in code, such as opted_out."""


def line(row: Any, names: Mapping[str, Named] | None = None, *, zone: tzinfo = UTC) -> Line:
    """One row of history as a sentence. `names`: what subjects ("campaign:12") are called."""
    clauses = _of(row)
    known = names or {}
    parts: list[Part] = []
    for number, clause in enumerate(clauses):
        if number == 0 or _has_all(clause, row.data):
            parts += _parts(clause, row.subject, row.data, known)
    if parts and parts[-1].foreign:  # the sentence ends with a full stop of its own
        parts[-1] = replace(parts[-1], text=parts[-1].text.rstrip("."))
    member = row.by is not None
    who = str(row.by.user) if member else ACTORS.get(row.actor, row.actor.capitalize() or "Parley")
    return Line(row.at.astimezone(zone), who, tuple(parts), member)


def references(row: Any) -> set[str]:
    """The subjects whose names the sentence needs, such as "campaign:12"."""
    found = {row.subject}
    for clause in _of(row):
        for _, key, of in _pieces(clause):
            if of and "|" not in of and key in row.data:
                value = row.data[key]
                found |= {f"{of}:{one}" for one in (value if isinstance(value, list) else [value])}
    return found


def knows(verb: str) -> bool:
    """Whether this verb has words, for one kind of subject at least."""
    return any(key.rpartition(":")[2] == verb for key in SAID)


def verbs() -> dict[str, list[str]]:
    """The verbs that there are, each in the first group that has it."""
    found: dict[str, list[str]] = {}
    placed: set[str] = set()
    for group, said in GROUPS.items():
        for verb in dict.fromkeys(key.rpartition(":")[2] for key in said):
            if verb not in placed:
                placed.add(verb)
                found.setdefault(group, []).append(verb)
    return found


def _of(row: Any) -> tuple[str, ...]:
    """The clauses for a row. Who did something to themselves has words of its own."""
    if (special := _SPECIAL.get(row.verb)) is not None:
        return special(row.data)
    kind, _, pk = row.subject.partition(":")
    oneself = kind == "member" and row.by is not None and str(row.by.pk) == pk
    for key in ([f"self:{row.verb}"] if oneself else []) + [f"{kind}:{row.verb}", row.verb]:
        if key in SAID:
            return SAID[key]
    return (f"{_literal(row.verb.replace('_', ' '))} {{subject}}",)


def _saved(data: Mapping[str, Any]) -> tuple[str, ...]:
    before = data.get("before")
    known = terms.changes(before, data) if before else []
    changed = ", ".join(f"{label.lower()} {was} → {now}" for label, was, now in known)
    said = f"saved terms of {{subject}} from {_day(data)}"
    if data.get("instead_of"):
        said += f" instead of {_day(data, 'instead_of')}"
    return (said, f": {_literal(changed)}") if changed else (said,)


def _dropped(data: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"took back the terms of {{subject}} from {_day(data)}",)


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], tuple[str, ...]]] = {"terms added": _saved, "terms dropped": _dropped}


def _day(data: Mapping[str, Any], key: str = "valid_from") -> str:
    try:
        day = date.fromisoformat(str(data.get(key, "")))
    except ValueError:
        return "an unknown day"
    return f"{day.day} {day:%B %Y}"


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


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
