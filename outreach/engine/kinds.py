"""The vocabulary of acts: what a touch does, which budgets it uses up, and what a sender may be."""

from datetime import UTC, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a touch does."""

    INVITE = "invite"
    INVITE_NOTE = "invite_note"
    DM = "dm"
    OPEN_INMAIL = "open_inmail"
    INMAIL = "inmail"
    VIEW = "view"
    FOLLOW = "follow"
    LIKE = "like"
    COMMENT = "comment"
    WITHDRAW = "withdraw"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    CALL = "call"
    TASK = "task"


WORDS: dict[Kind, str] = {
    Kind.INVITE: "Invite",
    Kind.INVITE_NOTE: "Invite with note",
    Kind.DM: "Message",
    Kind.OPEN_INMAIL: "Free InMail",
    Kind.INMAIL: "InMail",
    Kind.VIEW: "View",
    Kind.FOLLOW: "Follow",
    Kind.LIKE: "Like",
    Kind.COMMENT: "Comment",
    Kind.WITHDRAW: "Withdraw",
    Kind.EMAIL: "E-mail",
    Kind.WHATSAPP: "WhatsApp",
    Kind.CALL: "Call",
    Kind.TASK: "Task",
}


class Budget(StrEnum):
    """An allowance of a sender: a budget with its own ring of counted instants (or, for `pending`, a counter)."""

    INVITES = "invites"
    PENDING = "pending"
    NOTES_MONTH = "notes_month"
    MESSAGES = "messages"
    OPEN_INMAIL = "open_inmail"
    INMAIL = "inmail"
    ENGAGEMENT = "engagement"
    MAIL = "mail"
    WHATSAPP = "whatsapp"
    PROFILE_READS = "profile_reads"


ALLOWANCES: dict[Kind, tuple[Budget, ...]] = {
    Kind.INVITE: (Budget.INVITES, Budget.PENDING),
    Kind.INVITE_NOTE: (Budget.INVITES, Budget.PENDING, Budget.NOTES_MONTH),
    Kind.DM: (Budget.MESSAGES,),
    Kind.OPEN_INMAIL: (Budget.OPEN_INMAIL,),
    Kind.INMAIL: (Budget.INMAIL,),
    Kind.VIEW: (Budget.ENGAGEMENT,),
    Kind.FOLLOW: (Budget.ENGAGEMENT,),
    Kind.LIKE: (Budget.ENGAGEMENT,),
    Kind.COMMENT: (Budget.ENGAGEMENT,),
    Kind.WITHDRAW: (Budget.ENGAGEMENT,),
    Kind.EMAIL: (Budget.MAIL,),
    Kind.WHATSAPP: (Budget.WHATSAPP,),
    Kind.CALL: (),
    Kind.TASK: (),
}
"""A touch takes one unit from each of its kind's allowances, all or none."""

BY_HAND: frozenset[Kind] = frozenset({Kind.CALL, Kind.TASK})
"""Kinds that no connector carries out: a person does them and says so."""

TEXTS: frozenset[Kind] = frozenset(
    {Kind.INVITE_NOTE, Kind.DM, Kind.OPEN_INMAIL, Kind.INMAIL, Kind.COMMENT, Kind.EMAIL, Kind.WHATSAPP}
)
"""Kinds that carry a text to the person."""

CREDIT_COST: dict[Kind, int] = {kind: int(kind is Kind.INMAIL) for kind in Kind}

EPOCH_RULE = "engine-0"
"""Version of the rules, stored with each decision: same inputs and same version give the same answer."""


class Degree(StrEnum):
    """Distance between a sender and a prospect on LinkedIn."""

    FIRST = "1"
    SECOND = "2"
    THIRD = "3"
    OUT = "out"
    UNKNOWN = ""


class Invitation(StrEnum):
    """What became of the sender's invite to this person."""

    NONE = ""
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Seniority(StrEnum):
    """How far up somebody is. From the top; unknown when the title says nothing."""

    OWNER = "owner"
    C_LEVEL = "c_level"
    VP = "vp"
    DIRECTOR = "director"
    HEAD = "head"
    MANAGER = "manager"
    SENIOR = "senior"
    STAFF = "staff"
    ENTRY = "entry"
    UNKNOWN = "unknown"


SENIOR: frozenset[Seniority] = frozenset({Seniority.OWNER, Seniority.C_LEVEL, Seniority.VP})
"""VP and above: reached by InMail first."""


class TouchState(StrEnum):
    PLANNED = "planned"
    RESERVED = "reserved"
    DISPATCHING = "dispatching"
    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    NOT_SENT = "not_sent"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


OPEN_STATES: frozenset[TouchState] = frozenset({TouchState.RESERVED, TouchState.DISPATCHING, TouchState.UNCERTAIN})
"""At most one touch per person may be in one of these."""

COUNTED_STATES: frozenset[TouchState] = OPEN_STATES | {TouchState.SENT}
"""Caps count these; reports count `sent` only."""

GONE_STATES: frozenset[TouchState] = frozenset({TouchState.NOT_SENT, TouchState.CANCELLED, TouchState.SKIPPED})
"""Attempts that never reached the person: the step may be tried again."""

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Stands for "not until a fact changes" in columns that must sort: PostgreSQL's infinity does not fit a datetime."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
