"""The channels that a decision weighed, as lines of a page."""

from collections.abc import Iterator
from dataclasses import dataclass

from campaigns.views.people.reasons import Channel, channel
from outreach.engine.channels import WORDS, Why
from outreach.engine.decisions import Decision, Option


@dataclass(frozen=True, slots=True)
class Considered:
    """An option that was weighed: what it costs, and why it won or lost."""

    channel: Channel | None
    won: bool
    credits: int
    words: str


def considered(decision: Decision) -> Iterator[Considered]:
    """Each option of the decision, in the order in which they were weighed."""
    chosen = getattr(decision, "kind", None)
    options: tuple[Option, ...] = getattr(decision, "options", ())
    for option in options:
        won = option.ok and option.kind == chosen
        words = f"{'Chosen' if won else 'Lost'}: {small(WORDS[Why(option.why)])}"
        yield Considered(channel(option.kind), won, option.cost, words)


def small(words: str) -> str:
    """The words as they go on inside a sentence."""
    return words if words[:2].isupper() or words.startswith(("InMail", "LinkedIn")) else words[0].lower() + words[1:]
