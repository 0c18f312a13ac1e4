"""Frozen outputs of the engine. Every decision carries its reason, its options and the version of the rules."""

from dataclasses import dataclass, field
from datetime import datetime

from outreach.engine.kinds import EPOCH_RULE, Kind


@dataclass(frozen=True, slots=True)
class Option:
    """A channel that was considered: whether it could be taken, what it costs in credits, and why or why not."""

    kind: Kind
    ok: bool
    why: str
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """The channel chosen now, or none. `cause` names what is in the way when `kind` is None and waiting may help."""

    kind: Kind | None
    why: str
    options: tuple[Option, ...] = ()
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """The earliest instant a rule allows, and the rule that binds. `at` None = never until somebody acts."""

    at: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class Send:
    """Plan this touch: kind, step, and the instant before which it is not due."""

    step_key: int
    kind: Kind
    not_before: datetime
    why: str
    options: tuple[Option, ...] = ()
    rule: str = EPOCH_RULE


@dataclass(frozen=True, slots=True)
class Skip:
    """This step will not be done for this person (recorded); decide again for the next one."""

    step_key: int
    kind: Kind
    why: str
    options: tuple[Option, ...] = ()
    rule: str = EPOCH_RULE


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to plan now. `until`: when to look again (None = when a fact changes)."""

    cause: str
    until: datetime | None
    why: str
    step_key: int | None = None
    options: tuple[Option, ...] = ()
    rule: str = EPOCH_RULE


@dataclass(frozen=True, slots=True)
class Finish:
    """The sequence is over for this person without a stop."""

    why: str
    rule: str = EPOCH_RULE


@dataclass(frozen=True, slots=True)
class Stop:
    """The sequence ends here: replied, declined, suppressed, opted out …"""

    reason: str
    why: str
    rule: str = EPOCH_RULE


Decision = Send | Skip | Wait | Finish | Stop


@dataclass(frozen=True, slots=True)
class Move:
    """One movement between two ledger accounts. `cause` is unique in the ledger: a retry is free."""

    debit: str
    credit: str
    amount: int
    cause: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """What an inbound event does: to the sequence, the credit, and the person."""

    sequence: str
    returns_credit: bool = False
    human_reply: bool = False
    suppresses: bool = False
    reason: str = ""
    also: tuple[str, ...] = field(default=())
