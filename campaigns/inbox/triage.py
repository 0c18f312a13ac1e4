"""What a member does with a conversation besides answering: done, snooze, assign, label, note, outcome; and the way
back. Each is one transaction with its history, and doing it twice is doing it once."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models, transaction

from accounts import history, rights
from accounts.models import Member
from accounts.rights import Scope, Verb, may
from campaigns.models import Note, PersonLock, Thread, WayBack
from campaigns.models.thread import LABELS, Outcome, ThreadState
from campaigns.running import conversations
from campaigns.running.database import rows, together
from campaigns.running.outcomes import KEEP_CONVERSATION
from prospects.models import Prospect

NotAllowed = rights.NotAllowed
WAY_BACK = timedelta(seconds=30)
"""How long an act can be undone. The page offers it for ten seconds; the rest is for a slow line."""
LONGEST_SNOOZE = timedelta(days=365)
LONGEST_NOTE = 5_000


class NotTriaged(Exception):
    """This cannot be done to the thread. The message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an act did. `changed`: False when it was so already; `way_back`: the number that `undo` takes."""

    changed: bool
    way_back: int | None = None


def done(thread: Thread, *, by: Member, now: datetime) -> Change:
    """Nothing is left to do: the thread leaves the list, and with it the hold on the person, if the sequence is over.
    Raises NotAllowed."""
    require(thread, by)
    with transaction.atomic():
        Prospect.objects.select_for_update(no_key=True).get(pk=thread.prospect_id)
        lock = (
            PersonLock.objects.select_for_update(no_key=True, of=("self",))
            .filter(
                prospect=thread.prospect_id,
                released_at=None,
                enrollment__sender=thread.sender_id,
                enrollment__state__in=("stopped", "finished"),
            )
            .first()
        )
        change = _change(
            _locked(thread),
            "done",
            {"state": ThreadState.DONE, "done_at": now, "snoozed_until": None, "unread": 0},
            by,
            now,
            unless={"state": ThreadState.DONE},
            lock=lock,
        )
        if change.changed and lock is not None:
            rows("UPDATE campaigns_personlock SET released_at = %s WHERE id = %s", (now, lock.pk))
            together(conversations.waking(thread.prospect_id, "in_conversation", now))
    return change


def reopen(thread: Thread, *, by: Member, now: datetime) -> Change:
    """Back among the open ones, from done or snoozed. Raises NotAllowed."""
    require(thread, by)
    with transaction.atomic():
        opened = {"state": ThreadState.OPEN, "done_at": None, "snoozed_until": None}
        return _change(_locked(thread), "reopened", opened, by, now, unless={"state": ThreadState.OPEN})


def snooze(thread: Thread, until: datetime, *, by: Member, now: datetime) -> Change:
    """Out of the list until then, or until the person writes. Raises NotAllowed, NotTriaged."""
    require(thread, by)
    if until <= now:
        raise NotTriaged("Choose a time that is still to come.")
    if until > now + LONGEST_SNOOZE:
        raise NotTriaged("Choose a time within a year.")
    with transaction.atomic():
        asleep = {"state": ThreadState.SNOOZED, "snoozed_until": until, "done_at": None}
        return _change(_locked(thread), "snoozed", asleep, by, now, until=until.isoformat())


def wake_due(*, now: datetime) -> int:
    """Open the threads whose snooze is over. How many."""
    return len(
        rows(
            "UPDATE campaigns_thread SET state = 'open', snoozed_until = NULL WHERE state = 'snoozed' AND "
            "snoozed_until <= %s RETURNING id",
            (now,),
        )
    )


def assignable(thread: Thread) -> list[Member]:
    """The members who may answer in this thread, by name."""
    everybody = Member.objects.filter(workspace=thread.workspace_id, left_at=None).select_related("user")
    found = [member for member in everybody if _may_answer(member, thread)]
    return sorted(found, key=lambda member: str(member).casefold())


def assign(thread: Thread, to: Member | None, *, by: Member, now: datetime) -> Change:
    """From now on this is `to`'s to answer; nobody's for None. Raises NotAllowed, NotTriaged."""
    require(thread, by)
    if to is not None and (to.workspace_id != thread.workspace_id or not _may_answer(to, thread)):
        raise NotTriaged("This member may not answer for this sender: choose its owner, a manager or an admin.")
    with transaction.atomic():
        return _change(
            _locked(thread), "assigned", {"assignee_id": to.pk if to else None}, by, now, to=to.pk if to else None
        )


def label(thread: Thread, intent: str, *, by: Member, now: datetime) -> Change:
    """Correct what the reply is after; the rules' reading stays with the message. Raises NotAllowed, NotTriaged."""
    require(thread, by)
    if intent not in LABELS:
        raise NotTriaged("Choose one of the labels.")
    with transaction.atomic():
        found = _locked(thread)
        said = {"label": intent, "label_by_id": by.pk}
        return _change(found, "labelled", said, by, now, unless={"label": intent}, before=found.label, after=intent)


def outcome(thread: Thread, what: str, *, on: date | None = None, by: Member, now: datetime) -> Change:
    """What came of it. `on`: the day of the meeting, which a booked meeting needs. "" takes an outcome back.
    Raises NotAllowed, NotTriaged."""
    require(thread, by)
    if what not in Outcome.values:
        raise NotTriaged("Choose one of the outcomes.")
    if what == Outcome.MEETING and on is None:
        raise NotTriaged("Say on which day the meeting is.")
    if on is not None and abs(on - now.date()) > timedelta(days=730):
        raise NotTriaged("Choose a day within two years.")
    with transaction.atomic():
        found = _locked(thread)
        day = on if what == Outcome.MEETING else (found.outcome_on if what else None)
        came = {"outcome": what, "outcome_on": day, "outcome_at": now if what else None}
        same = {"outcome": what, "outcome_on": day}
        return _change(found, "outcome set", came, by, now, unless=same, outcome=what or "none", on=str(day or ""))


def note(thread: Thread, text: str, *, by: Member, now: datetime) -> Note:
    """Write something beside the thread for colleagues; it is never sent. The same words again at once are the same
    note. Raises NotAllowed, NotTriaged."""
    require(thread, by)
    text = text.replace("\0", "").strip()
    if not text:
        raise NotTriaged("Write the note first.")
    if len(text) > LONGEST_NOTE:
        raise NotTriaged(f"A note may have {LONGEST_NOTE:,} characters, this one has {len(text):,}: shorten it.")
    with transaction.atomic():
        _locked(thread)
        last = Note.objects.filter(thread=thread).order_by("-pk").first()
        if last and (last.by_id, last.text) == (by.pk, text) and now - last.at < WAY_BACK:
            return last
        made = Note.objects.create(workspace_id=thread.workspace_id, thread=thread, by=by, at=now, text=text)
        history.note(thread, "noted", by=by, now=now)
    return made


def read(thread: Thread, *, by: Member) -> None:
    """It was looked at. Raises NotAllowed."""
    require(thread, by)
    if thread.unread:
        rows("UPDATE campaigns_thread SET unread = 0 WHERE id = %s", (thread.pk,))


def unread(thread: Thread, *, by: Member, now: datetime) -> Change:
    """Let it look new again. Raises NotAllowed."""
    require(thread, by)
    with transaction.atomic():
        found = _locked(thread)
        return _change(found, "", {"unread": max(found.unread, 1)}, by, now)


def undo(way_back: WayBack, *, by: Member, now: datetime) -> bool:
    """Put back what this act of the member changed, where nobody has changed it since. Once: False the second time.
    Raises NotAllowed, NotTriaged when it is too late."""
    require(way_back.thread, by)
    if way_back.by_id != by.pk:
        raise NotAllowed("Only who did this can undo it.")
    if now - way_back.at > WAY_BACK:
        raise NotTriaged("That is too long ago to undo: change it by hand.")
    with transaction.atomic():
        Prospect.objects.select_for_update(no_key=True).get(pk=way_back.thread.prospect_id)
        found = _locked(way_back.thread)
        if not WayBack.objects.filter(pk=way_back.pk, used_at=None).update(used_at=now):
            return False
        was = dict(way_back.was)
        lock = was.pop("lock", None)
        changed = [name for name in was if _plain(found, name) == way_back.became[name]]
        if "state" in was and "state" not in changed:  # somebody moved it since: their move stands
            changed = []
        for name in changed:
            setattr(found, name, _value(name, was[name]))
        if changed:
            found.save(update_fields=changed)
            _take_back_the_lock(lock, now)
            history.note(found, "undone", by=by, now=now)
    return bool(changed)


def _take_back_the_lock(lock: int | None, now: datetime) -> None:
    """The conversation is held again by whom it was, unless somebody else took it meanwhile."""
    rows(
        "INSERT INTO campaigns_personlock (workspace_id, prospect_id, enrollment_id, taken_at, release_at) "
        "SELECT workspace_id, prospect_id, enrollment_id, %s, greatest(release_at, %s) FROM campaigns_personlock l "
        "WHERE id = %s AND released_at IS NOT NULL AND NOT EXISTS (SELECT FROM campaigns_personlock o WHERE "
        "o.prospect_id = l.prospect_id AND o.released_at IS NULL)",
        (now, now + KEEP_CONVERSATION, lock),
    )


def require(thread: Thread, by: Member) -> None:
    """Raises NotAllowed unless this member may answer in the thread."""
    if not _may_answer(by, thread):
        raise NotAllowed(f"{by} may not answer for {thread.sender}: ask its owner or a manager.")


def _may_answer(member: Member, thread: Thread) -> bool:
    scope = may(member, Verb.ANSWER)
    return scope in (Scope.TEAM, Scope.ALL) or (scope is Scope.OWN and thread.sender.owner_id == member.pk)


def _locked(thread: Thread) -> Thread:
    found: Thread = Thread.objects.select_for_update(no_key=True, of=("self",)).get(pk=thread.pk)
    return found


def _change(
    found: Thread,
    verb: str,
    values: dict[str, Any],
    by: Member,
    now: datetime,
    *,
    unless: dict[str, Any] | None = None,
    lock: PersonLock | None = None,
    **said: Any,
) -> Change:
    """Write these values to a locked thread, with their history and the way back. `unless`: when it is so already,
    nothing changes (the values themselves when not given). No verb: nothing that history should know."""
    same = unless or values
    if all(getattr(found, name) == value for name, value in same.items()):
        return Change(False)
    was = {name: _plain(found, name) for name in values}
    for name, value in values.items():
        setattr(found, name, value)
    found.save(update_fields=list(values))
    if verb:
        history.note(found, verb, by=by, now=now, **said)
    if lock is not None:
        was["lock"] = lock.pk
    way_back = WayBack.objects.create(
        workspace_id=found.workspace_id,
        thread=found,
        by=by,
        at=now,
        was=was,
        became={name: _plain(found, name) for name in values},
    )
    return Change(True, way_back.pk)


def _value(name: str, plain: Any) -> Any:
    """The value that `_plain` wrote down."""
    field = Thread._meta.get_field(name.removesuffix("_id"))
    return field.to_python(plain) if isinstance(field, models.DateField) else plain


def _plain(found: Thread, name: str) -> Any:
    """The value as JSON can hold it."""
    value = getattr(found, name)
    return value.isoformat() if isinstance(value, date) else value
