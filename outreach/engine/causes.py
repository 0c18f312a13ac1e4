"""Why not yet: one answer for every idle enrollment, with the next eligible time and who can lift it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.engine.channels import depends_on_profile, stale
from outreach.engine.decisions import Decision, Finish, Opening, Send, Skip, Stop, Wait
from outreach.engine.facts import EnrollmentFacts, Hours
from outreach.engine.kinds import TEXTS, Invitation, Kind, TouchState
from outreach.engine.windows import next_shared

INBOX_FRESH = timedelta(minutes=15)
"""A follow-up goes out only when the sender's inbox was looked at completely within this time."""


class Cause(StrEnum):
    """What is in the way, in order: the first that holds is the cause."""

    SUPPRESSED = "suppressed"
    STOPPED = "stopped"
    PAUSED_CAMPAIGN = "paused_campaign"
    PAUSED_SENDER = "paused_sender"
    DISCONNECTED = "disconnected"
    FROZEN = "frozen"
    UNCERTAIN_OPEN = "uncertain_open"
    IN_CONVERSATION = "in_conversation"
    COMPANY_THROTTLE = "company_throttle"
    NEEDS_APPROVAL = "needs_approval"
    MISSING_TEXT = "missing_text"
    WAITING_ANSWER = "waiting_answer"
    NOT_DUE = "not_due"
    COOL_DOWN = "cool_down"
    NO_CHANNEL = "no_channel"
    NO_CREDIT = "no_credit"
    HELD_FOR_TIER_3 = "held_for_tier_3"
    STALE_OPEN_PROFILE = "stale_open_profile"
    STALE_INBOX = "stale_inbox"
    PENDING_CEILING = "pending_ceiling"
    MONTH_CAP = "month_cap"
    WEEK_CAP = "week_cap"
    DAY_CAP = "day_cap"
    WARM_UP = "warm_up"
    HEALTH = "health"
    LIMIT_REST = "limit_rest"
    GAP = "gap"
    OUTSIDE_HOURS = "outside_hours"
    HOLIDAY = "holiday"
    QUEUE = "queue"


class Lifter(StrEnum):
    """Who can take a cause away."""

    TIME = "time"
    SDR = "sdr"
    MANAGER = "manager"
    ADMIN = "admin"
    PROSPECT = "prospect"
    PROVIDER = "provider"


ORDER: dict[Cause, int] = {cause: place for place, cause in enumerate(Cause)}

WORDS: dict[Cause, str] = {
    Cause.SUPPRESSED: "This person must not be contacted",
    Cause.STOPPED: "The sequence is over or on hold for this person",
    Cause.PAUSED_CAMPAIGN: "The campaign is not running",
    Cause.PAUSED_SENDER: "The sender is not active",
    Cause.DISCONNECTED: "The sender must be connected again",
    Cause.FROZEN: "The sender is restricted and frozen until a person lifts it",
    Cause.UNCERTAIN_OPEN: "An earlier touch is not settled yet",
    Cause.IN_CONVERSATION: "Another campaign is in conversation with this person",
    Cause.COMPANY_THROTTLE: "Enough people of this company are being approached now",
    Cause.NEEDS_APPROVAL: "The touch waits for approval",
    Cause.MISSING_TEXT: "The text is missing or cannot be sent as it is",
    Cause.WAITING_ANSWER: "The invite waits for an answer",
    Cause.NOT_DUE: "The next step is not due yet",
    Cause.COOL_DOWN: "It is too early for another invite to this person",
    Cause.NO_CHANNEL: "No channel to this person is open",
    Cause.NO_CREDIT: "No InMail credit is left",
    Cause.HELD_FOR_TIER_3: "The credits left are held for tier 3",
    Cause.STALE_OPEN_PROFILE: "The profile must be read again before the channel is chosen",
    Cause.STALE_INBOX: "The sender's inbox must be read before a follow-up",
    Cause.PENDING_CEILING: "Too many invites are waiting for an answer",
    Cause.MONTH_CAP: "The month's allowance is used up",
    Cause.WEEK_CAP: "The week's allowance is used up",
    Cause.DAY_CAP: "The day's allowance is used up",
    Cause.WARM_UP: "The sender is warming up and has done today's share",
    Cause.HEALTH: "Too few invites were accepted lately, so this kind is paused",
    Cause.LIMIT_REST: "LinkedIn said that a limit was reached, so this kind rests",
    Cause.GAP: "The least time between two touches has not passed yet",
    Cause.OUTSIDE_HOURS: "It is outside working hours",
    Cause.HOLIDAY: "The sender has a day off",
    Cause.QUEUE: "Others are before this person in the queue",
}

LIFTED_BY: dict[Cause, Lifter] = {
    Cause.SUPPRESSED: Lifter.ADMIN,
    Cause.STOPPED: Lifter.SDR,
    Cause.PAUSED_CAMPAIGN: Lifter.SDR,
    Cause.PAUSED_SENDER: Lifter.SDR,
    Cause.DISCONNECTED: Lifter.SDR,
    Cause.FROZEN: Lifter.ADMIN,
    Cause.UNCERTAIN_OPEN: Lifter.SDR,
    Cause.IN_CONVERSATION: Lifter.MANAGER,
    Cause.COMPANY_THROTTLE: Lifter.TIME,
    Cause.NEEDS_APPROVAL: Lifter.MANAGER,
    Cause.MISSING_TEXT: Lifter.SDR,
    Cause.WAITING_ANSWER: Lifter.PROSPECT,
    Cause.NOT_DUE: Lifter.TIME,
    Cause.COOL_DOWN: Lifter.TIME,
    Cause.NO_CHANNEL: Lifter.SDR,
    Cause.NO_CREDIT: Lifter.PROVIDER,
    Cause.HELD_FOR_TIER_3: Lifter.MANAGER,
    Cause.STALE_OPEN_PROFILE: Lifter.TIME,
    Cause.STALE_INBOX: Lifter.TIME,
    Cause.PENDING_CEILING: Lifter.PROSPECT,
    Cause.MONTH_CAP: Lifter.TIME,
    Cause.WEEK_CAP: Lifter.TIME,
    Cause.DAY_CAP: Lifter.TIME,
    Cause.WARM_UP: Lifter.TIME,
    Cause.HEALTH: Lifter.TIME,
    Cause.LIMIT_REST: Lifter.TIME,
    Cause.GAP: Lifter.TIME,
    Cause.OUTSIDE_HOURS: Lifter.TIME,
    Cause.HOLIDAY: Lifter.TIME,
    Cause.QUEUE: Lifter.TIME,
}

REACHES: frozenset[Kind] = TEXTS | {Kind.INVITE, Kind.CALL}
"""Kinds that the person notices when they come."""

FOLLOW_UPS: frozenset[Kind] = frozenset({Kind.DM, Kind.OPEN_INMAIL, Kind.INMAIL, Kind.EMAIL, Kind.WHATSAPP})
"""Kinds that are a follow-up once this enrollment has reached the person before."""


def first(openings: Sequence[Opening], now: datetime) -> tuple[Cause, datetime | None]:
    """The first cause, in order, among openings that lie ahead, and when all of them are over (None = not by time).

    Without one that lies ahead: queue, now. Raises ValueError for a cause that is not in the list.
    """
    ahead = [opening for opening in openings if opening.at is None or opening.at > now]
    if not ahead:
        return Cause.QUEUE, now
    times = [opening.at for opening in ahead if opening.at is not None]
    cause = min((Cause(opening.cause) for opening in ahead), key=ORDER.__getitem__)
    return cause, max(times) if len(times) == len(ahead) else None


def why_not(
    f: EnrollmentFacts, decision: Decision, openings: Sequence[Opening], now: datetime
) -> tuple[Cause, datetime | None]:
    """Why this enrollment is idle at `now`, and its next eligible time (None = not until somebody acts).

    `decision`: the planner's on these facts; `openings`: what pacing says about the touch it plans, if any.
    """
    match decision:
        case Stop(reason="suppressed"):
            return Cause.SUPPRESSED, None
        case Stop() | Finish():
            return Cause.STOPPED, None
        case Wait(cause=cause, until=until):
            return Cause(cause), until
        case Skip():
            return Cause.NO_CHANNEL, None
        case Send():
            return _why_not_sent(f, decision, openings, now)


CAMPAIGN_WORDS: dict[str, str] = {
    "draft": "The campaign is a draft and has not been launched",
    "running": "The campaign is running",
    "paused": "The campaign is paused",
    "finished": "The campaign is finished",
    "archived": "The campaign is put away",
}


def words_of(cause: Cause, f: EnrollmentFacts) -> str:
    """The cause in words, where the facts say more than its name: what ended the sequence, how the campaign stands."""
    if cause is Cause.PAUSED_CAMPAIGN:
        return CAMPAIGN_WORDS[f.campaign_state]
    if cause is not Cause.STOPPED:
        return WORDS[cause]
    if f.person.replied_at is not None:
        return f"They replied on {f.person.replied_at.day} {f.person.replied_at:%b %Y}"
    if f.state == "held":
        return "Somebody put the sequence on hold"
    if f.state == "stopped":
        return "The sequence was stopped for this person"
    return "No step is left for this person"


def their_opening(hours: Hours, zone: str, kind: Kind, now: datetime) -> Opening | None:
    """The first instant at which it is working time for the person as well, where that counts (`zone`) and their hours
    and the sender's ever meet. None when it does not count, or for what they do not notice."""
    if not zone or kind not in REACHES:
        return None
    at, meet = next_shared(hours, zone, now)
    return Opening(at, Cause.OUTSIDE_HOURS) if meet else None


def stale_inbox(f: EnrollmentFacts, kind: Kind, now: datetime) -> bool:
    """Whether this touch is a follow-up that must wait for a fresh look at the sender's inbox. A guided sender's is
    looked at by the person who opens the touch, as the profile is."""
    reached = any(done.state is TouchState.SENT for done in f.done)
    looked = f.sender.inbox_at
    return reached and kind in FOLLOW_UPS and not f.sender.guided and (looked is None or now - looked > INBOX_FRESH)


def _why_not_sent(
    f: EnrollmentFacts, send: Send, openings: Sequence[Opening], now: datetime
) -> tuple[Cause, datetime | None]:
    waits = f.person.invitation is Invitation.PENDING and send.kind is Kind.WITHDRAW
    due = Opening(send.not_before, Cause.WAITING_ANSWER if waits else Cause.NOT_DUE)
    theirs = their_opening(f.sender.hours, f.person.zone, send.kind, now)
    cause, until = first([due, *openings, *([theirs] if theirs else [])], now)
    # What is read again in passing has no time of its own, so it is named only when nothing before it is in the way,
    # and not where no time opens the way: nobody passes there until what closes it is lifted.
    step = next((step for step in f.steps if step.key == send.step_key), None)
    old = step is not None and depends_on_profile(step) and stale(f.person, now) and not f.sender.guided
    for passing, holds in (
        (Cause.STALE_OPEN_PROFILE, old),
        (Cause.STALE_INBOX, stale_inbox(f, send.kind, now)),
    ):
        if holds and until is not None and ORDER[passing] < ORDER[cause]:
            return passing, until
    return cause, until
