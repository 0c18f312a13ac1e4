"""Why somebody waits, in the words of a page: one sentence, the next possible moment and its place, who can lift it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import Sender
from campaigns.running.waits import Segment
from campaigns.running.why import Reason
from campaigns.views.moments import ahead, moment
from outreach.engine.causes import WORDS, Cause, Lifter
from outreach.engine.kinds import BY_HAND, NEVER, Kind
from outreach.engine.kinds import WORDS as KINDS

LIFTERS: dict[Lifter, str] = {
    Lifter.TIME: "Passes by itself",
    Lifter.SDR: "An SDR",
    Lifter.MANAGER: "A manager",
    Lifter.ADMIN: "An admin",
    Lifter.PROSPECT: "The person's answer",
    Lifter.PROVIDER: "The next grant or a return",
}
"""Who can take a cause away."""

UNTIL: dict[Lifter, str] = {
    Lifter.TIME: "No time known",
    Lifter.SDR: "When an SDR acts",
    Lifter.MANAGER: "When a manager acts",
    Lifter.ADMIN: "When an admin acts",
    Lifter.PROSPECT: "On their answer",
    Lifter.PROVIDER: "With the next credit",
}
"""The next possible moment where no clock knows it."""

SHORT: dict[Cause, str] = {
    Cause.SUPPRESSED: "Must not be contacted",
    Cause.STOPPED: "On hold, or replied before",
    Cause.PAUSED_CAMPAIGN: "The campaign is not running",
    Cause.PAUSED_SENDER: "A sender that is not active",
    Cause.DISCONNECTED: "A sender that is disconnected",
    Cause.FROZEN: "A sender that is frozen",
    Cause.UNCERTAIN_OPEN: "A touch that is not settled",
    Cause.IN_CONVERSATION: "Another campaign's conversation",
    Cause.COMPANY_THROTTLE: "Others of the same company",
    Cause.NEEDS_APPROVAL: "An approval",
    Cause.MISSING_TEXT: "A text that is missing or too long",
    Cause.WAITING_ANSWER: "An answer to an invite",
    Cause.NOT_DUE: "The next step is not due",
    Cause.COOL_DOWN: "The rest after an invite",
    Cause.NO_CHANNEL: "An open channel",
    Cause.NO_CREDIT: "An InMail credit",
    Cause.HELD_FOR_TIER_3: "A credit that is not held for tier 3",
    Cause.STALE_OPEN_PROFILE: "A fresh look at the profile",
    Cause.STALE_INBOX: "A fresh inbox",
    Cause.PENDING_CEILING: "Answers to other invites",
    Cause.MONTH_CAP: "Next month's allowance",
    Cause.WEEK_CAP: "This week's allowance",
    Cause.DAY_CAP: "The day's allowance",
    Cause.WARM_UP: "The warm-up",
    Cause.HEALTH: "The health of a sender",
    Cause.LIMIT_REST: "A rest after LinkedIn's limit",
    Cause.GAP: "The gap between two touches",
    Cause.OUTSIDE_HOURS: "Working hours",
    Cause.HOLIDAY: "A day off",
    Cause.QUEUE: "Their turn in a queue",
}
"""What people wait for, as a short line of a list. Every cause has one."""

_OF_SENDER: dict[Cause, str] = {
    Cause.PAUSED_SENDER: "{} is not active",
    Cause.DISCONNECTED: "{} must be connected again",
    Cause.FROZEN: "{} is restricted and frozen until a person lifts it",
    Cause.STALE_INBOX: "The inbox of {} must be read before a follow-up",
    Cause.PENDING_CEILING: "Too many invites of {} are waiting for an answer",
    Cause.MONTH_CAP: "The month's allowance of {} is used up",
    Cause.WEEK_CAP: "The week's allowance of {} is used up",
    Cause.DAY_CAP: "The day's allowance of {} is used up",
    Cause.WARM_UP: "{} is warming up and has done today's share",
    Cause.NO_CREDIT: "{} has no InMail credit left",
    Cause.OUTSIDE_HOURS: "It is outside the working hours of {}",
    Cause.HOLIDAY: "{} has a day off",
}

ENDS: dict[str, str] = {
    "replied": "they replied",
    "opted_out": "they asked not to be contacted",
    "do_not_contact": "they must not be contacted",
    "declined": "they declined",
    "by_hand": "a member stopped the sequence",
}
"""Why a sequence stopped for good, as half a sentence. Every reason that is written has one."""


def ended(reason: str) -> str:
    """Why a sequence stopped, as half a sentence."""
    return ENDS.get(reason, reason.replace("_", " "))


CHANNELS: dict[Kind, tuple[str, str]] = {
    Kind.INVITE: ("invite", "invite"),
    Kind.INVITE_NOTE: ("invite", "invite"),
    Kind.DM: ("message", "message"),
    Kind.OPEN_INMAIL: ("open", "open"),
    Kind.INMAIL: ("inmail", "inmail"),
    Kind.VIEW: ("engage", "eye"),
    Kind.FOLLOW: ("engage", "ring"),
    Kind.LIKE: ("engage", "engage"),
    Kind.COMMENT: ("engage", "engage"),
    Kind.WITHDRAW: ("invite", "withdraw"),
    Kind.EMAIL: ("email", "email"),
    Kind.WHATSAPP: ("whatsapp", "whatsapp"),
    Kind.CALL: ("", "ring"),
    Kind.TASK: ("", "done"),
}
"""Hue and glyph of each kind. Every kind has them."""

BADGES: dict[Segment, tuple[str, str]] = {
    Segment.READY: ("accent", "Ready"),
    Segment.WAITING: ("neutral", "Waiting"),
    Segment.NEEDS_YOU: ("warn", "Needs you"),
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of touch as it is drawn."""

    hue: str
    icon: str
    words: str


@dataclass(frozen=True, slots=True)
class Possible:
    """The next possible moment: the instant in the sender's place, or who must act; and how long that is."""

    words: str
    small: str
    at: datetime | None = None


def channel(kind: str | Kind | None) -> Channel | None:
    if not kind:
        return None
    hue, icon = CHANNELS[Kind(kind)]
    return Channel(hue, icon, KINDS[Kind(kind)])


def sentence(reason: Reason, sender: str, *, holder: str = "", missing: str = "") -> str:
    """Why not yet, in one sentence. `holder`: the campaign in conversation with the person; `missing`: what the gate
    said of a text."""
    if reason.cause is Cause.QUEUE:
        return _queue(reason, sender)
    if reason.cause is Cause.IN_CONVERSATION and holder:
        return f"{holder} is in conversation with this person"
    if reason.cause is Cause.MISSING_TEXT and missing:
        return missing.rstrip(".")
    if reason.cause in (Cause.STOPPED, Cause.PAUSED_CAMPAIGN):
        return reason.words
    return _OF_SENDER.get(reason.cause, WORDS[reason.cause]).format(sender)


def _queue(reason: Reason, sender: str) -> str:
    if reason.kind in BY_HAND:
        return f"Waits for {sender} to do it: {KINDS[Kind(reason.kind)].lower()}"
    if reason.position == 1:
        return f"First in the queue of {sender}, goes with the next turn"
    behind = f"Place {reason.position} in the queue of {sender}"
    if reason.ahead in (None, Cause.QUEUE):
        return behind
    words = WORDS[reason.ahead]
    return f"{behind}: {words if words.startswith('LinkedIn') else words[0].lower() + words[1:]}"


def place(sender: Sender) -> str:
    """The city of the sender's zone."""
    return sender.zone.rpartition("/")[2].replace("_", " ")


def possible(reason: Reason, now: datetime, sender: Sender) -> Possible:
    """When the touch can go at the earliest, on the sender's own clock."""
    if reason.until is None or reason.until >= NEVER:
        return Possible(UNTIL[reason.lifted_by], "")
    if reason.until <= now:
        return Possible("Now", place(sender), now)
    zone = ZoneInfo(sender.zone)
    latest = reason.until_latest
    last = f", or up to {moment(latest, now, zone)}" if latest and reason.until < latest < NEVER else ""
    words = f"{moment(reason.until, now, zone)} {place(sender)}"
    return Possible(words, f"{ahead(reason.until, now)}{last}", reason.until)
