"""The text of a touch: chosen, rendered and checked at the gate, then frozen with its hash. Preview uses the same
code."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from campaigns.running import facts
from campaigns.running.database import Row
from outreach.engine.facts import Terms
from outreach.engine.kinds import TEXTS, Kind
from outreach.language import fitting, templates


class MissingText(Exception):
    """A text cannot be sent as it stands. The message is one sentence that says what is missing."""


WITH_SUBJECT: frozenset[Kind] = frozenset({Kind.INMAIL, Kind.OPEN_INMAIL, Kind.EMAIL})


@dataclass(frozen=True, slots=True)
class Frozen:
    subject: str = ""
    text: str = ""
    hash: str = ""


def freeze(kind: Kind, touch: Row, enrollment: Row, prospect: Row, sender: Row, terms: Terms) -> Frozen:
    """The text of this touch for this person. Raises MissingText when a variable is empty or the result is too long."""
    if kind not in TEXTS:
        return Frozen()
    variants = facts.texts_of(enrollment["version_id"], touch["step_key"])
    if not variants:
        raise MissingText("This step has no text: write one.")
    variant = _choose(variants, f"{enrollment['id']}:{touch['step_key']}:{touch['generation']}")
    return fill(kind, variant, variables(prospect, sender), note_chars=terms.note_chars)


def answer(touch: Row) -> Frozen:
    """What a member wrote, as it will be sent. Raises MissingText."""
    if not touch["text"]:
        raise MissingText("This answer has no text: write one.")
    return Frozen("", touch["text"], fitting.frozen_hash("", touch["text"]))


def fill(kind: Kind, variant: Row, values: Mapping[str, str], *, note_chars: int) -> Frozen:
    """This variant's text with these values, as it would be frozen and sent. `note_chars`: the longest note the
    sender's plan allows. Raises MissingText when a variable is empty or the result is too long."""
    subject, text = written(kind, variant, values)
    if problem_words := fitting.check(kind, subject, text, note_chars=note_chars):
        raise MissingText(problem_words)
    return Frozen(subject, text, fitting.frozen_hash(subject, text))


def written(kind: Kind, variant: Row, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text of this variant with these values, whatever their length. Raises MissingText."""
    source = source_of(kind, variant)
    if not source:
        raise MissingText(f"This step has no text for the channel {kind.value}: write one.")
    try:
        text = templates.render(source, values)
        subject = templates.render(variant["subject"], values, single_line=True) if kind in WITH_SUBJECT else ""
    except (templates.EmptyVariable, templates.BrokenTemplate) as problem:
        raise MissingText(str(problem)) from problem
    if not text or (kind in WITH_SUBJECT and not subject):
        raise MissingText("Nothing is left of the text or its subject for this person: write one without conditions.")
    return subject, text


def source_of(kind: Kind, variant: Row) -> str:
    """The template of a variant that this kind of touch carries, besides its subject."""
    source: str = variant["note"] if kind is Kind.INVITE_NOTE else variant["text"]
    return source


def variables(prospect: Row, sender: Row) -> dict[str, str]:
    """What a text may name about a person and the sender."""
    custom: dict[str, Any] = json.loads(prospect["custom"])
    return {
        **{name_of(key): "" if value is None else str(value) for key, value in custom.items()},
        "first_name": prospect["first_name"],
        "last_name": prospect["last_name"],
        "title": prospect["title"],
        "company": prospect["company"] or "",
        "location": prospect["location"],
        "sender_name": sender["name"],
    }


def name_of(column: str) -> str:
    """A column's heading as a variable: letters, digits and underscores, lower case."""
    return re.sub(r"\W+", "_", column.strip().lower()).strip("_")


def _choose(variants: list[Row], seed: str) -> Row:
    """One of the variants by weight, always the same one for the same seed."""
    total = sum(variant["weight"] for variant in variants)
    drawn = int.from_bytes(blake2b(seed.encode(), digest_size=8).digest()) % max(total, 1)
    for variant in variants:
        drawn -= variant["weight"]
        if drawn < 0:
            return variant
    return variants[0]
