"""Answers of members in threads: each is a touch that goes through the one way out, beside any sequence.

An answer is queued for ten seconds, in which it can be taken back; then it passes the gate as the head of its lane, is
handed over once, and is sent, refused or uncertain like any touch. It has no step, so nobody decides about it again:
what does not go says why, and its text is there to be sent anew.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import history, rights
from accounts.models import Member
from campaigns.inbox import presence, triage
from campaigns.models import Answer, Draft, Message, Thread, Touch
from campaigns.running import lanes
from campaigns.running.database import Row, again, rows, short_transaction, together
from campaigns.running.obstacles import ANSWER
from outreach.engine.kinds import EPOCH_RULE, GONE_STATES, LONG_AGO, Kind, TouchState
from outreach.language import fitting
from outreach.language.plain import unify

NotAllowed = rights.NotAllowed
UNDO = timedelta(seconds=10)
"""How long an answer waits in the queue, to be taken back."""
TAKEN_BACK = "taken_back"
MOST = 32_000
"""The generation of a touch is a small number."""


NOT_ACTIVE = "{} is not active: let the sender act again, then send this."
STANDS_STILL: dict[str, str] = {
    "setting_up": "{} is not set up yet: finish that, then send this.",
    "disconnected": "{} is disconnected: connect the sender again, then send this.",
    "frozen": "{} was restricted by LinkedIn: an admin lifts that, then send this.",
}
"""Why a sender sends nothing, by its state."""


class CannotAnswer(Exception):
    """This answer does not go. The message is one sentence that says what to do; what was written stays."""


class AlsoAnswered(CannotAnswer):
    """Somebody else answers, or wrote while this answer was written: it goes when the member says so again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer that is not a message of the thread yet, in words. `tone`: of its badge; `why`: one sentence."""

    answer: Answer
    text: str
    words: str
    tone: str
    why: str = ""
    can_take_back: bool = False
    failed: bool = False


def answer(
    thread: Thread,
    text: str,
    *,
    key: str,
    by: Member,
    now: datetime,
    seen: int | None = None,
    despite: bool = False,
) -> Answer:
    """Queue this answer, which goes in ten seconds at the earliest. The same key again is the same answer.

    `seen`: the newest message that the member had before them (`newest`), None when nobody can say; of what others
    wrote since, and of who is answering now, the member is told before anything goes out. `despite`: they were told of
    who is answering. Raises NotAllowed, AlsoAnswered, CannotAnswer.
    """
    triage.require(thread, by)
    text = unify(text.replace("\0", "")).strip()
    if not text:
        raise CannotAnswer("Write your answer first.")
    if problem := fitting.check(Kind.DM, "", text, note_chars=0):
        raise CannotAnswer(problem)
    if not key or len(key) > 40:
        raise CannotAnswer("This page is out of date: load it again, your draft is kept.")
    return again(_answer, thread, text, key, by, now, seen, despite)


def newest(thread: Thread) -> int:
    """The number of the newest message of the thread, 0 when there is none."""
    return Message.objects.filter(thread=thread).order_by("-pk").values_list("pk", flat=True).first() or 0


def obstacle(thread: Thread) -> str:
    """Why no answer can go in this thread now, whoever writes it, in one sentence; "" when one can."""
    sender = {name: getattr(thread.sender, name) for name in ("state", "name", "connection_id")}
    try:
        _require_free(thread, sender, {"suppressed_at": thread.prospect.suppressed_at}, [])
    except CannotAnswer as refusal:
        return str(refusal)
    return ""


def _require_alone(thread: Thread, by: Member, seen: int, despite: bool, now: datetime) -> None:
    """Raises AlsoAnswered when a colleague answered since, or is answering now."""
    ours = Message.objects.filter(thread=thread, pk__gt=seen, inbound=False)
    last = ours.exclude(touch__answers__by=by).order_by("-pk").values_list("touch__answers__by__user__name").first()
    if last is not None:
        who = last[0] or f"{thread.sender}"
        raise AlsoAnswered(f"{who} wrote to {thread.prospect} while you were writing: read it, then send yours or not.")
    busy = [] if despite else [one for one in presence.others(thread, than=by, now=now) if one.writes]
    if busy:
        raise AlsoAnswered(
            f"{busy[0].member} is answering {thread.prospect} at this moment: ask, or send yours anyway."
        )


def _answer(thread: Thread, text: str, key: str, by: Member, now: datetime, seen: int | None, despite: bool) -> Answer:
    with short_transaction():
        senders = rows(
            "SELECT state, name, connection_id FROM accounts_sender WHERE id = %s FOR SHARE", (thread.sender_id,)
        )
        person, locks, enrollments, ahead = together(
            ("SELECT suppressed_at FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (thread.prospect_id,)),
            (
                "SELECT id, enrollment_id FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL "
                "FOR NO KEY UPDATE",
                (thread.prospect_id,),
            ),
            (
                "SELECT id, state, sender_id FROM campaigns_enrollment WHERE prospect_id = %s ORDER BY id FOR NO KEY "
                "UPDATE",
                (thread.prospect_id,),
            ),
            (
                "SELECT state, step_key FROM campaigns_touch WHERE prospect_id = %s AND (state IN ('reserved', "
                "'dispatching', 'uncertain') OR state = 'planned' AND step_key = %s)",
                (thread.prospect_id, ANSWER),
            ),
        )
        known: Answer | None = Answer.objects.filter(thread=thread, key=key).first()
        if known is not None:
            return known
        _require_free(thread, senders[0], person[0], ahead)
        if seen is not None:
            _require_alone(thread, by, seen, despite, now)
        enrollment = _whose(thread, locks[0] if locks else None, enrollments, now)
        made = _queue(thread, enrollment, text, by, now)
        queued: Answer = Answer.objects.create(
            workspace_id=thread.workspace_id, thread=thread, touch=made, by=by, key=key, at=now
        )
        Draft.objects.filter(thread=thread, member=by).delete()
        presence.stop_writing(thread, by)
        history.note(thread, "answered", by=by, now=now)
        together(*lanes.waking([(thread.sender_id, Kind.DM, made.leased_until)]))
    return queued


def _require_free(thread: Thread, sender: Row, person: Row, ahead: list[Row]) -> None:
    if person["suppressed_at"]:
        raise CannotAnswer(f"{thread.prospect} must not be contacted: lift that first.")
    if sender["connection_id"] is None:
        raise CannotAnswer(f"{sender['name']} sends by hand: answer on LinkedIn, and it appears here.")
    if sender["state"] not in ("active", "resting"):
        raise CannotAnswer(STANDS_STILL.get(sender["state"], NOT_ACTIVE).format(sender["name"]))
    if any(touch["state"] == "planned" for touch in ahead):
        raise CannotAnswer("An answer to this person is queued already: wait until it is sent, or take it back.")
    if any(touch["state"] == "uncertain" for touch in ahead):
        raise CannotAnswer("It is not known whether the last touch arrived: settle that first.")
    if ahead:
        raise CannotAnswer("A touch to this person is on its way: send this in a minute.")


def _whose(thread: Thread, lock: Row | None, enrollments: list[Row], now: datetime) -> int:
    """The enrollment in whose conversation this answer goes. One of another sender that is over gives way."""
    mine = [one["id"] for one in enrollments if one["sender_id"] == thread.sender_id]
    if not mine:
        raise CannotAnswer(
            f"{thread.prospect} is in no campaign of {thread.sender}: answer on LinkedIn, and it appears here."
        )
    if lock is None:
        return next((one for one in mine if one == thread.enrollment_id), int(mine[-1]))
    if lock["enrollment_id"] in mine:
        return int(lock["enrollment_id"])
    holder = next(one for one in enrollments if one["id"] == lock["enrollment_id"])
    if holder["state"] not in ("stopped", "finished"):
        raise CannotAnswer(
            f"Another sender is in conversation with {thread.prospect}: stop that sequence or hand it over first."
        )
    rows("UPDATE campaigns_personlock SET released_at = %s WHERE id = %s", (now, lock["id"]))
    return int(mine[-1])


def _queue(thread: Thread, enrollment: int, text: str, by: Member, now: datetime) -> Touch:
    """The planned touch. Its `not_before` is long past, so that an answer goes before what a sequence planned; what
    holds it for the ten seconds is its lease."""
    last = Touch.objects.filter(enrollment=enrollment, step_key=ANSWER).order_by("-generation").first()
    if last is not None and last.generation >= MOST:
        raise CannotAnswer("This conversation has too many answers: go on in LinkedIn.")
    made: Touch = Touch.objects.create(
        workspace_id=thread.workspace_id,
        enrollment_id=enrollment,
        prospect_id=thread.prospect_id,
        sender_id=thread.sender_id,
        kind=Kind.DM,
        step_key=ANSWER,
        generation=last.generation + 1 if last else 1,
        facts_version=0,
        decision={
            "verb": "answer",
            "why": "A member wrote this answer.",
            "rule": EPOCH_RULE,
            "options": [{"kind": Kind.DM, "ok": True, "why": "answer", "cost": 0}],
            "inputs": {"member": by.pk, "thread": thread.pk},
        },
        planned_at=now,
        not_before=LONG_AGO,
        leased_until=now + UNDO,
        text=text,
        provider_chat=thread.provider_chat,
    )
    return made


def take_back(queued: Answer, *, by: Member, now: datetime) -> bool:
    """Keep a queued answer from going; its text is a draft again. False when it was taken back already.
    Raises NotAllowed, CannotAnswer when it was handed over."""
    triage.require(queued.thread, by)
    return again(_take_back, queued, by, now)


def _take_back(queued: Answer, by: Member, now: datetime) -> bool:
    with short_transaction():
        rows("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (queued.thread.prospect_id,))
        touch = Touch.objects.select_for_update(no_key=True, of=("self",)).get(pk=queued.touch_id)
        if touch.refusal == TAKEN_BACK:
            return False
        if touch.state != TouchState.PLANNED:
            raise CannotAnswer("It was handed over already, so it cannot be taken back.")
        touch.state, touch.settled_at, touch.refusal = TouchState.CANCELLED, now, TAKEN_BACK
        touch.save(update_fields=["state", "settled_at", "refusal"])
        keep_draft(queued.thread, touch.text, by=by, now=now)
        history.note(queued.thread, "took an answer back", by=by, now=now)
    return True


def keep_draft(thread: Thread, text: str, *, by: Member, now: datetime) -> None:
    """Keep what the member has written so far; nothing written, nothing kept. Raises NotAllowed."""
    triage.require(thread, by)
    text = text.replace("\0", "")[:20_000]
    if not text.strip():
        Draft.objects.filter(thread=thread, member=by).delete()
        return
    Draft.objects.update_or_create(
        thread=thread, member=by, defaults={"workspace_id": thread.workspace_id, "text": text, "at": now}
    )


def draft(thread: Thread, by: Member) -> str:
    """What the member has written so far."""
    found = Draft.objects.filter(thread=thread, member=by).first()
    return found.text if found else ""


WHY: dict[str, str] = {
    "suppressed": "This person must not be contacted.",
    "paused_sender": "The sender was not active.",
    "uncertain_open": "It was not known whether another touch had arrived.",
    "in_conversation": "Another sender had begun a conversation with this person.",
    "late": "It was begun too late.",
    "opted_out": "They asked not to be contacted.",
    "not_found": "It was looked for and not found.",
}
"""Why an answer did not go."""


def under_way(thread: Thread, now: datetime) -> list[Shown]:
    """The thread's answers that are no message yet, or never will be; the oldest first."""
    found = (
        Answer.objects.filter(thread=thread)
        .exclude(touch__refusal=TAKEN_BACK)
        .exclude(touch__messages__isnull=False)
        .select_related("touch", "by__user", "thread__sender")
        .order_by("pk")
    )
    opens = rows(
        "SELECT allowed_at FROM campaigns_lane WHERE sender_id = %s AND kind = %s", (thread.sender_id, Kind.DM)
    )
    return [_shown(one, opens[0]["allowed_at"] if opens else LONG_AGO, now) for one in found]


def _shown(one: Answer, opens: datetime, now: datetime) -> Shown:
    touch = one.touch
    match touch.state:
        case TouchState.PLANNED if one.thread.sender.state not in ("active", "resting"):
            why = "The sender is not active: it goes when the sender acts again."
            return Shown(one, touch.text, "Queued", "accent", why, can_take_back=True)
        case TouchState.PLANNED if opens > max(now, touch.leased_until):
            why = f"The sender may write again at {opens:%H:%M on %-d %b} UTC."
            return Shown(one, touch.text, "Queued", "accent", why, can_take_back=True)
        case TouchState.PLANNED:
            return Shown(one, touch.text, "Queued", "accent", "It goes in a few seconds.", can_take_back=True)
        case TouchState.DISPATCHING:
            return Shown(one, touch.text, "Being sent", "accent")
        case TouchState.SENT:
            return Shown(one, touch.text, "Sent", "ok")
        case TouchState.UNCERTAIN:
            why = "Nobody can say whether it arrived. Parley looks for it; do not write it again yet."
            return Shown(one, touch.text, "Uncertain", "warn", why)
        case _:
            reason = touch.refusal.rpartition("/")[2]
            if reason.startswith("member:"):
                reason = "not_found"
            why = WHY.get(reason) or f"{reason.replace('_', ' ').capitalize()}.".removeprefix(".")
            words = "Refused" if touch.state not in GONE_STATES else "Not sent"
            return Shown(one, touch.text, words, "bad", why, failed=True)
