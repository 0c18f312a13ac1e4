"""Whether a text fits its channel, and the hashes by which a frozen text is found again.

Lengths are counted in UTF-16 code units with a line end as one: LinkedIn's pages and services count so (an emoji is two
or more), it is never less than the number of characters, and so a text that fits here fits either way of counting.
InMail is held to 1,900 although LinkedIn's help says 2,000, which also leaves room for line ends that travel as CR LF.
"""

from dataclasses import dataclass
from hashlib import sha256

from outreach.engine.kinds import WORDS, Kind
from outreach.language.plain import unify

NOTE_PAID = 300
NOTE_FREE = 200
"""Length of an invite's note on a paid and on a free plan; a plan's own terms say which holds."""


@dataclass(frozen=True, slots=True)
class Length:
    """The longest subject and text of a kind; None: no limit known. `advised`: beyond it the text is sent, with a
    warning first."""

    subject: int | None = None
    text: int | None = None
    advised: int | None = None


LENGTHS: dict[Kind, Length] = {
    Kind.INVITE_NOTE: Length(text=NOTE_PAID),
    Kind.DM: Length(text=8_000, advised=1_900),
    Kind.INMAIL: Length(subject=200, text=1_900),
    Kind.OPEN_INMAIL: Length(subject=200, text=1_900),
    Kind.COMMENT: Length(text=1_250),
    Kind.WHATSAPP: Length(text=4_096),
    Kind.EMAIL: Length(),
}
"""Kinds that are not here carry no text. Sources disagree on a message (8,000 or 3,000): hence the advice."""


def count(text: str) -> int:
    """Length as LinkedIn counts: UTF-16 code units, CR LF as one."""
    text = unify(text)
    return len(text) + sum(char > "\uffff" for char in text)


def check(kind: Kind, subject: str, text: str, *, note_chars: int) -> str | None:
    """Why this rendered text does not fit its kind, in one sentence with the numbers, or None when it fits.
    `note_chars`: the longest note the sender's plan allows."""
    limits = LENGTHS.get(kind, Length())
    longest = note_chars if kind is Kind.INVITE_NOTE else limits.text
    if limits.subject is not None and (length := count(subject)) > limits.subject:
        return _too_long("subject", kind, length, limits.subject)
    if longest is not None and (length := count(text)) > longest:
        return _too_long("note" if kind is Kind.INVITE_NOTE else "text", kind, length, longest)
    return None


def advise(kind: Kind, text: str) -> str | None:
    """A warning for a text that fits but may be cut or refused, or None."""
    advised = LENGTHS.get(kind, Length()).advised
    if advised is None or (length := count(text)) <= advised:
        return None
    return (
        f"The text of this {_name(kind)} has {length:,} characters; beyond {advised:,} it may be refused: shorten it."
    )


def frozen_hash(subject: str, text: str) -> str:
    """SHA-256 in hex of subject, line feed and text in UTF-8, line ends as LF: what a touch is frozen with."""
    return text_hash(f"{unify(subject)}\n{unify(text)}")


def text_hash(text: str) -> str:
    """SHA-256 in hex of the text alone in UTF-8, line ends as LF: what a channel's history is searched for."""
    return sha256(unify(text).encode("utf-8", "surrogatepass")).hexdigest()


def _too_long(what: str, kind: Kind, length: int, longest: int) -> str:
    return (
        f"The {what} of this {_name(kind)} has {length:,} characters and may have {longest:,}: "
        f"shorten it by {length - longest:,}."
    )


def _name(kind: Kind) -> str:
    """The kind's words inside a sentence."""
    if kind is Kind.INVITE_NOTE:
        return WORDS[Kind.INVITE].lower()
    return WORDS[kind] if kind in (Kind.INMAIL, Kind.WHATSAPP) else WORDS[kind][0].lower() + WORDS[kind][1:]
