"""One enrollment's facts become one decision: what to send and when, or what it waits for, or why it is over."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from outreach.engine.causes import Cause
from outreach.engine.channels import WORDS, Why, choose, preference
from outreach.engine.decisions import Choice, Decision, Finish, Send, Skip, Stop, Wait
from outreach.engine.facts import DoneFacts, EnrollmentFacts
from outreach.engine.kinds import COUNTED_STATES, OPEN_STATES, TEXTS, Budget, Kind
from outreach.engine.sequence import NextStep, next_step

FOLLOW_UP_AFTER = timedelta(days=5)
"""A second InMail to a silent person leaves no earlier than this after the first, and there is no third."""

_INMAILS: frozenset[Kind] = frozenset({Kind.INMAIL, Kind.OPEN_INMAIL})

_LEARNT_LATER: frozenset[Why] = frozenset(
    {Why.NO_POST, Why.NO_EMAIL, Why.NO_PHONE, Why.NO_CREDIT, Why.BALANCE_HELD, Why.HELD_FOR_TIER_3}
)
"""Lacks that may be gone when the step falls due: they are judged then, not before."""

_SENDER_STATES: dict[str, Cause] = {
    "setting_up": Cause.PAUSED_SENDER,
    "paused": Cause.PAUSED_SENDER,
    "archived": Cause.PAUSED_SENDER,
    "disconnected": Cause.DISCONNECTED,
    "frozen": Cause.FROZEN,
}
"""A resting sender is decided for like an active one: its allowances know until when they rest."""


def decide_many(batch: Iterable[EnrollmentFacts], now: datetime, seed: int | str) -> list[Decision]:
    """A decision per enrollment, in the order given; none depends on another."""
    return [decide(f, now, seed) for f in batch]


def decide(f: EnrollmentFacts, now: datetime, seed: int | str) -> Decision:
    """What to do about this enrollment at `now`: the same facts, instant and seed give the same decision.

    What stops comes first, then what pauses, then the next step, then its channel at the moment it falls due.
    """
    over = _over(f) or _halted(f, now)
    if over is not None:
        return over
    step = next_step(f, now, seed)
    if not isinstance(step, NextStep):
        return step
    if f.needs_approval:
        return Wait(Cause.NEEDS_APPROVAL, None, "The touch waits for approval", step.step.key)
    if f.missing_text:
        return Wait(Cause.MISSING_TEXT, None, f"The text is missing: {f.missing_text}", step.step.key)
    at = max(now, step.due)
    choice = choose(f.person, f.sender, step.step, at, notes_left(f, at))
    if choice.kind is None:
        return _without_channel(f, step, choice, now)
    if choice.kind in _INMAILS:
        return _send_inmail(f, step, choice, choice.kind)
    return _send(step, choice, choice.kind, step.due)


def notes_left(f: EnrollmentFacts, at: datetime) -> int | None:
    """Noted invites the sender's allowance leaves in the month of `at`, None when it is unlimited or not given."""
    for allowance in f.allowances:
        if allowance.budget is Budget.NOTES_MONTH and allowance.limits.month is not None:
            used = allowance.month_used if allowance.month == at.year * 100 + at.month else 0
            return max(0, allowance.limits.month - used)
    return None


def _over(f: EnrollmentFacts) -> Decision | None:
    if f.person.suppressed:
        return Stop("suppressed", "This person must not be contacted")
    if f.person.replied_at is not None:
        return Stop("replied", f"They replied on {f.person.replied_at:%Y-%m-%d at %H:%M} UTC")
    if f.state == "stopped":
        return Stop("stopped", "The sequence was stopped for this person")
    if f.state == "finished":
        return Finish("finished_before")
    return None


def _halted(f: EnrollmentFacts, now: datetime) -> Wait | None:
    """What a person, the sender or an earlier touch holds up, in the order of causes."""
    if f.state == "held":
        return Wait(Cause.STOPPED, None, "A person put the sequence on hold")
    if f.campaign_state != "running":
        return Wait(Cause.PAUSED_CAMPAIGN, None, f"The campaign is {f.campaign_state}")
    if f.sender.state in _SENDER_STATES:
        return Wait(_SENDER_STATES[f.sender.state], None, f"The sender is {f.sender.state.replace('_', ' ')}")
    open_touch = next((done for done in f.done if done.state in OPEN_STATES), None)
    if f.uncertain_open or open_touch is not None:
        return Wait(Cause.UNCERTAIN_OPEN, None, "An earlier touch is not settled yet", _key(open_touch))
    if f.in_conversation_with not in (None, f.id):
        return Wait(Cause.IN_CONVERSATION, None, f"Enrollment {f.in_conversation_with} is in conversation with them")
    if f.company_opens_at is not None and f.company_opens_at > now:
        why = "Enough people of their company were approached lately"
        return Wait(Cause.COMPANY_THROTTLE, f.company_opens_at, why)
    return None


def _key(done: DoneFacts | None) -> int | None:
    return None if done is None else done.step_key


def _without_channel(f: EnrollmentFacts, step: NextStep, choice: Choice, now: datetime) -> Decision:
    """Waiting may bring a credit or end a cool-down; a step that is optional or impossible is skipped."""
    why = WORDS[Why(choice.why)]
    if choice.why in _LEARNT_LATER and step.due > now:
        return Wait(Cause.NOT_DUE, step.due, f"Not due yet; at present: {why}", step.step.key, choice.options)
    if choice.cause == Cause.NO_CHANNEL or step.step.optional:
        return Skip(step.step.key, preference(step.step.act)[-1], why, choice.options)
    until = f.person.invite_not_before if choice.cause == Cause.COOL_DOWN else None
    return Wait(choice.cause, until, why, step.step.key, choice.options)


def _send_inmail(f: EnrollmentFacts, step: NextStep, choice: Choice, kind: Kind) -> Decision:
    """An InMail, or the one follow-up that a silent one may have where the plan allows it."""
    before = [done.at for done in f.done if done.kind in _INMAILS and done.state in COUNTED_STATES]
    if not before:
        return _send(step, choice, kind, step.due)
    if len(before) > 1 or f.sender.terms.follow_up == "none":
        return Skip(step.step.key, kind, "They are silent, and no further InMail may follow", choice.options)
    return _send(step, choice, kind, max(step.due, max(before) + FOLLOW_UP_AFTER))


def _send(step: NextStep, choice: Choice, kind: Kind, not_before: datetime) -> Decision:
    if kind in TEXTS and kind is not Kind.INVITE_NOTE and not step.step.has_text:
        return Wait(Cause.MISSING_TEXT, None, "The step has no text for this channel", step.step.key, choice.options)
    return Send(step.step.key, kind, not_before, WORDS[Why(choice.why)], choice.options)
