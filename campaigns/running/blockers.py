"""Everything that could hold one person back, asked of the rules one by one: what binds, what would bind next if that
were lifted, and what is fulfilled. The binding one is the cause that `why.explain` tells."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from campaigns.running import queues, texts, why
from campaigns.running.database import row, rows
from campaigns.running.queues import Queue
from campaigns.running.texts import Frozen, MissingText
from campaigns.running.why import Case, Reason
from outreach.engine import pacing
from outreach.engine.causes import (
    CAMPAIGN_WORDS,
    LIFTED_BY,
    ORDER,
    REACHES,
    WORDS,
    Cause,
    Lifter,
    stale_inbox,
    words_of,
)
from outreach.engine.channels import depends_on_profile, stale
from outreach.engine.decisions import Decision, Send, Wait
from outreach.engine.facts import Allowance, EnrollmentFacts
from outreach.engine.kinds import ALLOWANCES, CREDIT_COST, OPEN_STATES, TEXTS, Budget, Invitation, Kind
from outreach.engine.kinds import WORDS as KINDS
from outreach.engine.windows import next_open, next_shared, why_closed

BUDGETS: dict[Budget, str] = {
    Budget.INVITES: "invites",
    Budget.PENDING: "invites without an answer",
    Budget.NOTES_MONTH: "notes",
    Budget.MESSAGES: "messages",
    Budget.OPEN_INMAIL: "free InMails",
    Budget.INMAIL: "InMails",
    Budget.ENGAGEMENT: "likes, comments, views and follows",
    Budget.MAIL: "e-mails",
    Budget.WHATSAPP: "WhatsApp messages",
    Budget.PROFILE_READS: "profile reads",
}
"""What an allowance counts, in a sentence."""

_SENDER = {
    "setting_up": Cause.PAUSED_SENDER,
    "paused": Cause.PAUSED_SENDER,
    "archived": Cause.PAUSED_SENDER,
    "disconnected": Cause.DISCONNECTED,
    "frozen": Cause.FROZEN,
}


class Standing(StrEnum):
    BINDING = "binding"
    NEXT = "next"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Blocker:
    """One rule. `words`: what it says of this person now; `until`: when it lets them through by itself (None = not by
    time, or it does already)."""

    cause: Cause
    words: str
    standing: Standing
    until: datetime | None = None

    @property
    def lifted_by(self) -> Lifter:
        return LIFTED_BY[self.cause]


@dataclass(frozen=True, slots=True)
class Trace:
    """One enrollment under the rules at this moment. `blockers`: in the order in which they bind, the clear ones last.
    `decision`: what the engine decides once nothing but the step itself is in the way. `preview`: the text that would
    be sent; `missing`: why there is none."""

    case: Case
    reason: Reason
    blockers: tuple[Blocker, ...]
    decision: Decision
    preview: Frozen
    missing: str


def trace(workspace: int, now: datetime, enrollment: int) -> Trace | None:
    """Everything about why this enrollment of the workspace waits, and for what. None when there is no such one."""
    cases, found = why.stand(workspace, now, [enrollment])
    if not cases:
        return None
    case, (reason,) = cases[0], why.reasons(cases, found, now)
    lifted, decision = why.decided(case.loaded, without_halts(case.facts), now)
    line = found.get((case.loaded.sender, queues.name(decision.kind))) if isinstance(decision, Send) else None
    if line is None and isinstance(decision, Send):
        line = empty_queue(case)
    preview, missing = _preview(case, decision)
    checks = list(_checks(case, lifted, decision, line, missing, now))
    return Trace(case, reason, tuple(_ordered(checks, reason)), decision, preview, missing)


def without_halts(f: EnrollmentFacts) -> EnrollmentFacts:
    """The facts as they would be if nobody and nothing held the sequence up."""
    return replace(
        f,
        state="active",
        campaign_state="running",
        sender=replace(f.sender, state="active"),
        person=replace(f.person, suppressed=False, replied_at=None),
        in_conversation_with=None,
        uncertain_open=False,
        company_opens_at=None,
    )


def empty_queue(case: Case) -> Queue:
    """A queue of this person's sender in which nobody stands: they may stand in none, because something else holds them
    up."""
    found = rows("SELECT * FROM campaigns_allowance WHERE sender_id = %s ORDER BY id", (case.loaded.sender,))
    return queues.of(case.facts.sender, found)


def _preview(case: Case, decision: Decision) -> tuple[Frozen, str]:
    """The text that would go, rendered as at the gate; or why it cannot."""
    if not isinstance(decision, Send) or decision.kind not in TEXTS:
        return Frozen(), ""
    one = case.loaded
    known = row(
        "SELECT p.*, c.name AS company, s.name AS sender_name FROM prospects_prospect p "
        "JOIN accounts_sender s ON s.id = %s LEFT JOIN prospects_company c ON c.id = p.company_id WHERE p.id = %s",
        (one.sender, one.prospect),
    )
    assert known is not None
    try:
        return texts.freeze(
            decision.kind,
            {"step_key": decision.step_key, "generation": case.facts.generation},
            {"id": case.facts.id, "version_id": one.version},
            known,
            {"name": known["sender_name"]},
            case.facts.sender.terms,
        ), ""
    except MissingText as missing:
        return Frozen(), str(missing)


def _ordered(checks: list[Blocker], reason: Reason) -> list[Blocker]:
    """The binding one first, then what else holds in the order of causes, then what is clear."""
    held = [one for one in checks if one.standing is not Standing.CLEAR]
    binding = next((one for one in held if one.cause is reason.cause), None)
    first = Blocker(reason.cause, binding.words if binding else reason.words, Standing.BINDING, reason.until)
    rest = sorted((one for one in held if one.cause is not reason.cause), key=lambda one: ORDER[one.cause])
    clear = [one for one in checks if one.standing is Standing.CLEAR and one.cause is not reason.cause]
    return [first, *rest, *clear]


def _checks(
    case: Case, lifted: EnrollmentFacts, decision: Decision, queue: Queue | None, missing: str, now: datetime
) -> Iterator[Blocker]:
    yield from _person(case.facts)
    yield from _halts(case.facts)
    if isinstance(decision, Send):
        yield from _step(case, lifted, decision, missing, now)
        assert queue is not None
        yield from _room(case, decision, queue, now)
    elif isinstance(decision, Wait):
        yield Blocker(Cause(decision.cause), decision.why, Standing.NEXT, decision.until)


def _either(holds: bool, cause: Cause, held: str, clear: str, until: datetime | None = None) -> Blocker:
    return Blocker(cause, held, Standing.NEXT, until) if holds else Blocker(cause, clear, Standing.CLEAR)


def _person(f: EnrollmentFacts) -> Iterator[Blocker]:
    yield _either(f.person.suppressed, Cause.SUPPRESSED, WORDS[Cause.SUPPRESSED], "They may be contacted")
    over = f.person.replied_at is not None or f.state in ("held", "stopped", "finished")
    yield _either(over, Cause.STOPPED, words_of(Cause.STOPPED, f), "No reply so far")


def _halts(f: EnrollmentFacts) -> Iterator[Blocker]:
    state = f.sender.state
    yield _either(
        f.campaign_state != "running",
        Cause.PAUSED_CAMPAIGN,
        CAMPAIGN_WORDS[f.campaign_state],
        CAMPAIGN_WORDS["running"],
    )
    cause = _SENDER.get(state, Cause.PAUSED_SENDER)
    yield _either(
        state in _SENDER, cause, f"The sender is {state.replace('_', ' ')}", f"The sender is {state.replace('_', ' ')}"
    )
    open_touch = f.uncertain_open or any(done.state in OPEN_STATES for done in f.done)
    yield _either(
        open_touch, Cause.UNCERTAIN_OPEN, WORDS[Cause.UNCERTAIN_OPEN], "Nothing else is on its way to this person"
    )
    elsewhere = f.in_conversation_with not in (None, f.id)
    yield _either(
        elsewhere,
        Cause.IN_CONVERSATION,
        WORDS[Cause.IN_CONVERSATION],
        "No other campaign is in conversation with them",
    )
    if f.company_opens_at is not None:
        yield Blocker(Cause.COMPANY_THROTTLE, WORDS[Cause.COMPANY_THROTTLE], Standing.NEXT, f.company_opens_at)


def _step(case: Case, f: EnrollmentFacts, send: Send, missing: str, now: datetime) -> Iterator[Blocker]:
    if send.kind in TEXTS:
        yield _either(bool(missing), Cause.MISSING_TEXT, missing, "The text is complete and fits")
    due = why.due(case, send)
    answer = f.person.invitation is Invitation.PENDING and send.kind is Kind.WITHDRAW
    cause = Cause.WAITING_ANSWER if answer else Cause.NOT_DUE
    put_off = case.touch["cause"] if case.touch is not None and due > max(now, send.not_before) else ""
    if put_off:
        apart = put_off == Cause.OUTSIDE_HOURS and f.person.zone
        yield Blocker(Cause(put_off), _apart(f.person.zone) if apart else WORDS[Cause(put_off)], Standing.NEXT, due)
    else:
        yield _either(due > now, cause, WORDS[cause], f"The step is due: {KINDS[send.kind]}", due)
    step = next((step for step in f.steps if step.key == send.step_key), None)
    looks = not f.sender.guided  # whoever opens a guided touch looks at the profile and the inbox themselves
    if looks and step is not None and depends_on_profile(step):
        old = stale(f.person, now)
        yield _either(
            old, Cause.STALE_OPEN_PROFILE, WORDS[Cause.STALE_OPEN_PROFILE], "The profile was read lately enough"
        )
    if looks and any(done.state == "sent" for done in f.done):
        old = stale_inbox(f, send.kind, now)
        yield _either(old, Cause.STALE_INBOX, WORDS[Cause.STALE_INBOX], "The sender's inbox was read lately enough")
    if CREDIT_COST[send.kind]:
        left = f.sender.credits.available
        yield _either(
            False, Cause.NO_CREDIT, "", f"{left} InMail credit{'s' if left != 1 else ''} left, one is free to spend"
        )


def _room(case: Case, send: Send, queue: Queue, now: datetime) -> Iterator[Blocker]:
    """The sender's allowances for this kind, its working hours, and the people before this one."""
    for budget in ALLOWANCES[send.kind]:
        if budget in queue.allowances and (said := _allowance(queue.allowances[budget], queue, now)):
            yield said
    opens = next_open(queue.hours, now)
    closed = opens is None or opens > now
    cause = Cause(why_closed(queue.hours, now)) if closed else Cause.OUTSIDE_HOURS
    yield _either(closed, cause, WORDS[cause], "Inside the sender's working hours", opens)
    yield from _their_hours(case, send, queue, now)
    before = queues.before(queue, case.facts.id, now)
    people = f"{before} {'person is' if before == 1 else 'people are'} before them in the sender's queue"
    yield _either(before > 0, Cause.QUEUE, people, "First in the sender's queue")


def _their_hours(case: Case, send: Send, queue: Queue, now: datetime) -> Iterator[Blocker]:
    """Whether it is working time for the person as well, where the sender waits for that and their place is known."""
    zone = case.facts.person.zone
    if not zone or send.kind not in REACHES:
        return
    place, (at, meet) = zone.replace("_", " "), next_shared(queue.hours, zone, now)
    if not meet:
        words = f"Their working hours ({place}) and the sender's never meet, so the sender's alone count"
        yield Blocker(Cause.OUTSIDE_HOURS, words, Standing.CLEAR)
        return
    closed = at is not None and at > now
    yield _either(closed, Cause.OUTSIDE_HOURS, _apart(zone), f"Working time for them as well ({place})", at)


def _apart(zone: str) -> str:
    return f"It is outside the hours that the sender and the person ({zone.replace('_', ' ')}) share"


def _allowance(a: Allowance, queue: Queue, now: datetime) -> Blocker | None:
    """What the allowance says; None when it has no cap to speak of and is not in the way."""
    opening = pacing.opens_at(a, queue.hours, now, longest_work_s=queue.longest_work_s)
    used, limits, what = pacing.rolling(a, now), a.limits, BUDGETS[a.budget]
    counts = {
        Cause.DAY_CAP: (used.day, limits.day, f"{what} used in 24 hours"),
        Cause.WEEK_CAP: (used.week, limits.week, f"{what} used in 7 days"),
        Cause.MONTH_CAP: (used.month, limits.month, f"{what} used this month"),
        Cause.PENDING_CEILING: (used.pending, limits.ceiling, what),
    }
    said = {cause: f"{n} of {cap} {words}" for cause, (n, cap, words) in counts.items() if cap is not None}
    if not opening.cause or opening.cause in (Cause.OUTSIDE_HOURS, Cause.HOLIDAY):
        return Blocker(next(iter(said)), "; ".join(said.values()), Standing.CLEAR) if said else None
    cause = Cause(opening.cause)
    if cause is Cause.GAP:
        gap = f"At least {limits.gap_s} seconds between two {what}"
        words = f"The {what} of a day are spread over its working hours" if limits.spread else gap
    elif cause is Cause.WARM_UP:
        words = f"Warming up: {said.get(Cause.DAY_CAP, WORDS[cause])}"
    else:
        words = said.get(cause, WORDS[cause])
    return Blocker(cause, words, Standing.NEXT, opening.at)
