"""The next step of one enrollment, what an inbound event does to it, and what follows a refusal."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from outreach.engine.causes import Cause
from outreach.engine.decisions import Finish, Reaction, Wait
from outreach.engine.facts import DoneFacts, EnrollmentFacts, StepFacts
from outreach.engine.kinds import Invitation, TouchState
from outreach.engine.refusals import Effect, Scope, after_refusal

ANSWER_WAIT = timedelta(days=30)
"""How long after the last touch a pending invite keeps an enrollment open when nothing else is left to do."""

OUT_OF_OFFICE = timedelta(days=7)
"""How long an out-of-office answer without a date postpones."""

_UNDONE: frozenset[TouchState] = frozenset({TouchState.PLANNED, TouchState.NOT_SENT, TouchState.CANCELLED})


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step to do next and the instant before which it is not due."""

    step: StepFacts
    due: datetime


class InboundKind(StrEnum):
    """What can come in from outside about a person."""

    MESSAGE = "message"
    QUICK_REPLY = "quick_reply"
    INMAIL_ACCEPTED = "inmail_accepted"
    INMAIL_DECLINED = "inmail_declined"
    OUT_OF_OFFICE = "out_of_office"
    OPT_OUT = "opt_out"
    INVITE_ACCEPTED = "invite_accepted"
    INVITE_VANISHED = "invite_vanished"
    REACTION = "reaction"
    VIEW = "view"
    BOUNCE = "bounce"
    OWN_MESSAGE = "own_message"


class Flow(StrEnum):
    """What an inbound event does to the sequence (`Reaction.sequence`)."""

    STOP = "stop"
    CONTINUE = "continue"
    BRANCH = "branch"
    POSTPONE = "postpone"
    END_EMAIL = "end_email"


REACTIONS: dict[InboundKind, Reaction] = {
    InboundKind.MESSAGE: Reaction(Flow.STOP, True, True, reason="replied", also=("stop_everywhere",)),
    InboundKind.QUICK_REPLY: Reaction(Flow.STOP, True, True, reason="replied", also=("stop_everywhere",)),
    InboundKind.INMAIL_ACCEPTED: Reaction(Flow.BRANCH, True, reason="accepted_inmail"),
    InboundKind.INMAIL_DECLINED: Reaction(Flow.STOP, True, reason="declined", also=("no_more_inmail",)),
    InboundKind.OUT_OF_OFFICE: Reaction(Flow.POSTPONE, True, reason="out_of_office"),
    InboundKind.OPT_OUT: Reaction(
        Flow.STOP, True, True, suppresses=True, reason="opted_out", also=("stop_everywhere", "before_classifier")
    ),
    InboundKind.INVITE_ACCEPTED: Reaction(Flow.BRANCH, reason="accepted", also=("dm_possible",)),
    InboundKind.INVITE_VANISHED: Reaction(Flow.CONTINUE, reason="lapsed", also=("no_more_invites",)),
    InboundKind.REACTION: Reaction(Flow.CONTINUE, reason="intent", also=("intent",)),
    InboundKind.VIEW: Reaction(Flow.CONTINUE, reason="intent", also=("intent",)),
    InboundKind.BOUNCE: Reaction(Flow.END_EMAIL, reason="bounced", also=("suppress_address",)),
    InboundKind.OWN_MESSAGE: Reaction(
        Flow.POSTPONE, reason="sent_by_hand", also=("record_in_thread", "suggest_adjustment")
    ),
}
"""`returns_credit` means: when it answers an InMail within its window (credits.return_due), once per InMail."""


def react(kind: InboundKind) -> Reaction:
    """What this event does to the sequence, the credit and the person."""
    return REACTIONS[kind]


def postponed_until(kind: InboundKind, at: datetime, given: datetime | None = None, gap_h: int = 0) -> datetime | None:
    """The instant to which an event at `at` moves the next step, None when it does not.

    `given`: the date of return an out-of-office names; one that is past counts as none. `gap_h`: the least hours the
    next step waits, which a message sent by hand starts again.
    """
    if kind is InboundKind.OUT_OF_OFFICE:
        return given if given is not None and given > at else at + OUT_OF_OFFICE
    if kind is InboundKind.OWN_MESSAGE:
        return at + timedelta(hours=gap_h)
    return None


def next_step(f: EnrollmentFacts, now: datetime, seed: int | str) -> NextStep | Wait | Finish:
    """The first step in order that is not done and whose condition holds now, or why there is none.

    A step whose condition does not hold is passed over, not used up: a late acceptance still finds the steps after it.
    """
    ended = _ended_by_refusal(f)
    if ended is not None:
        return ended
    done = done_keys(f)
    left = [step for step in f.steps if step.key not in done]
    no_invite = _refused_with(f, Effect.NO_INVITE)
    for step in left:
        if holds(step, f) and not (no_invite and step.act == "invite"):
            due = _reference(step, f) + wait(step, f, seed)
            if f.postponed_until is not None:
                due = max(due, f.postponed_until)
            return NextStep(step, due)
    until = last_touch(f) + ANSWER_WAIT
    if left and f.person.invitation is Invitation.PENDING and now < until:
        return Wait(Cause.WAITING_ANSWER, until, "The invite waits for an answer")
    if no_invite and left:
        return Finish("unreachable")
    return Finish("nothing_left_for_this_person" if left else "all_steps_done")


def done_keys(f: EnrollmentFacts) -> frozenset[int]:
    """Keys of the steps that must not be done again: attempts that did not go out, and refusals that were the sender's
    fault, leave their step to do."""
    return frozenset(
        done.step_key
        for done in f.done
        if done.state not in _UNDONE
        and not (done.state is TouchState.REFUSED and after_refusal(done.refusal).scope is Scope.SENDER)
    )


def holds(step: StepFacts, f: EnrollmentFacts) -> bool:
    """Whether the step's condition holds: its `when`, and what its act needs by nature (a message a connection, a
    withdrawal a pending invite). Raises ValueError for a `when` that is not known."""
    connected = f.person.connected
    if step.when not in ("any", "connected", "not_connected"):
        raise ValueError(f"The condition {step.when!r} is not known: use any, connected or not_connected.")
    if step.when != "any" and connected is not (step.when == "connected"):
        return False
    if step.act == "message":
        return connected
    return step.act != "withdraw" or f.person.invitation is Invitation.PENDING


def wait(step: StepFacts, f: EnrollmentFacts, seed: int | str) -> timedelta:
    """The exact wait of this step for this enrollment, between its least and most hours, drawn once: the same inputs
    give the same second. Volume control only: it spreads work, it imitates nobody."""
    low, high = step.wait_min_h * 3600, max(step.wait_min_h, step.wait_max_h) * 3600
    name = f"{seed}:{f.id}:{step.key}:{f.generation}".encode()
    drawn = int.from_bytes(blake2b(name, digest_size=8).digest())
    return timedelta(seconds=low + drawn % (high - low + 1))


def last_touch(f: EnrollmentFacts) -> datetime:
    """When this enrollment last reached the person, or when it was entered."""
    return max((done.at for done in f.done if done.state is TouchState.SENT), default=f.entered_at)


def _reference(step: StepFacts, f: EnrollmentFacts) -> datetime:
    """The instant from which the step's wait counts. An acceptance from before the last touch (people connected long
    ago) counts from that touch, so that two messages never leave together."""
    match step.after:
        case "last_touch":
            return last_touch(f)
        case "invite":
            return f.person.invited_at or last_touch(f)
        case "accepted":
            return max(f.person.connected_at or f.entered_at, last_touch(f))
        case _:
            raise ValueError(f"A wait after {step.after!r} is not known: use last_touch, invite or accepted.")


def _refused_with(f: EnrollmentFacts, effect: Effect) -> DoneFacts | None:
    """A step whose latest attempt ended in a refusal with this effect."""
    latest: dict[int, DoneFacts] = {}
    for done in f.done:
        if done.step_key not in latest or done.attempt >= latest[done.step_key].attempt:
            latest[done.step_key] = done
    return next(
        (done for done in latest.values() if done.refusal and after_refusal(done.refusal).effect is effect), None
    )


def _ended_by_refusal(f: EnrollmentFacts) -> Wait | Finish | None:
    if _refused_with(f, Effect.UNREACHABLE):
        return Finish("unreachable")
    if done := _refused_with(f, Effect.FIX_TEXT):
        return Wait(Cause.MISSING_TEXT, None, f"The text was refused: {done.refusal}", done.step_key)
    return None
