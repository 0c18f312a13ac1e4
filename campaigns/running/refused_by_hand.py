"""When a person cannot open a guided touch, or cannot say what they say of it: the refusals, each one sentence."""

from zoneinfo import ZoneInfo

from accounts import rights
from accounts.models import Member
from campaigns.models import Touch
from campaigns.running.database import Row
from campaigns.running.obstacles import Held
from outreach.engine.causes import WORDS, Cause
from outreach.engine.kinds import BY_HAND, NEVER

NotAllowed = rights.NotAllowed


class NotGuided(Exception):
    """Nobody opens this touch and sends it by hand. The message is one sentence."""


class CannotOpen(Exception):
    """This touch cannot be opened now, or not any more. The message is one sentence that says what to do."""


class CannotSay(Exception):
    """This cannot be said of the touch as it stands. The message is one sentence that says what to do."""


def require_guided(touch: Touch, by: Member) -> None:
    """Raises NotAllowed and NotGuided."""
    rights.require(by, rights.Verb.STEER, owner=touch.sender.owner_id)
    if touch.kind in BY_HAND:
        raise NotGuided("A call or a task needs no opening: do it and say so.")
    if not touch.guided:
        raise NotGuided("This sender acts through its connector: nobody has to do this by hand.")


AS_IT_STANDS = {
    "planned": "It is not open, or its time ran out: open it first.",
    "sent": "It is recorded as sent already.",
    "refused": "It is recorded as refused already.",
    "not_sent": "It is recorded as not sent already.",
    "cancelled": "It was taken back since it was opened: the person's page says why.",
    "skipped": "It is skipped already.",
}


def require_open(t: Row) -> None:
    """Raises CannotSay unless something may have become of the touch that only a person knows."""
    if t["state"] in AS_IT_STANDS:
        raise CannotSay(AS_IT_STANDS[t["state"]])


def why_not(held: Held, zone: ZoneInfo) -> str:
    """What the gate held it for, in the words of the sender's time."""
    match held.cause:
        case "gone":
            return "This touch is not planned any more: take the next one."
        case "ended":
            return "The sequence is over for this person, so this touch was taken back."
        case "redecide":
            return "What is known of this person changed, and the step is decided again: take the next one."
    words = WORDS[Cause(held.cause)]
    if held.until is None or held.until >= NEVER:
        return f"{words}."
    return f"{words}: open it from {held.until.astimezone(zone):%a %d %b %H:%M} on."
