"""One conversation as its page shows it: what was said, what each reply did, and whom it is with."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from accounts.models import Member
from campaigns.building.selections import DEGREES
from campaigns.inbox import answers
from campaigns.inbox.answers import Shown
from campaigns.models import Message, Note, PersonLock, Thread
from campaigns.models.thread import LABELS
from campaigns.running.database import Row, together
from campaigns.views.moments import moment
from campaigns.views.people.reasons import Channel, channel
from campaigns.views.prospects.happenings import STATES, credit_words
from campaigns.views.prospects.persons import day, initials, open_profile
from outreach.engine.channels import WORDS as WHY
from outreach.engine.kinds import NEVER, WORDS, Kind
from prospects.models import Relationship

A_PAGE = 40
TOUCHES = 12
REASONS: dict[str, str] = {why.value: words for why, words in WHY.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A message or a note. `dir`: in, out or note; `did`: what a reply did, in sentences; `day`: heads a new day."""

    at: datetime
    dir: str
    who: str
    text: str
    day: str = ""
    channel: Channel | None = None
    small: str = ""
    label: str = ""
    evidence: str = ""
    did: tuple[str, ...] = ()
    returned: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """A touch in the side panel. `off`: it will not happen."""

    channel: Channel | None
    words: str
    when: str
    credit: str
    now: bool = False
    off: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What a credit did here. `change`: of what the sender has left."""

    when: str
    words: str
    change: int


@dataclass(frozen=True, slots=True)
class Why:
    """Why a message went on this channel."""

    channel: Channel
    when: str
    words: str


def talk(thread: Thread, now: datetime, before: str = "") -> dict[str, Any]:
    """What was said, the newest page of it or the one before an instant, and what is still under way. `now`: in the
    zone in which days are told."""
    end = _instant(before)
    said = Message.objects.filter(thread=thread).select_related("touch")
    if end is not None:
        said = said.filter(Q(at__lt=end[0]) | Q(at=end[0], pk__lt=end[1]))
    messages = list(said.order_by("-at", "-pk")[: A_PAGE + 1])
    older, messages = len(messages) > A_PAGE, messages[:A_PAGE]
    first = messages[-1] if messages else None
    notes = Note.objects.filter(thread=thread).select_related("by__user").order_by("-at", "-pk")
    if older and first is not None:
        notes = notes.filter(at__gte=first.at)
    if end is not None:
        notes = notes.filter(at__lt=end[0])
    seen = list(thread_unread(messages, thread.unread))
    items = [_message(one, thread, one.pk in seen) for one in messages] + [_note(one) for one in notes[:A_PAGE]]
    items.sort(key=lambda one: one.at)
    days, shown = "", []
    for one in items:
        of = day(one.at.astimezone(now.tzinfo), now).capitalize()
        shown.append(Said(**{name: getattr(one, name) for name in one.__slots__} | {"day": of if of != days else ""}))
        days = of
    pending: list[Shown] = answers.under_way(thread, now) if end is None else []
    return {
        "said": shown,
        "pending": pending,
        "older": f"{first.at.isoformat()}~{first.pk}" if older and first is not None else "",
        "newest": end is None,
        "read_from": next((one.evidence for one in messages if one.inbound and one.intent == thread.label), ""),
    }


def thread_unread(messages: list[Message], unread: int) -> set[int]:
    """The newest of their messages, as many as are unread."""
    return {one.pk for one in [one for one in messages if one.inbound][:unread]}


def _message(one: Message, thread: Thread, unread: bool) -> Said:
    if not one.inbound:
        kind = one.touch.kind if one.touch else None
        small = "written on LinkedIn" if one.by_hand else ""
        return Said(one.at, "out", thread.sender.name, one.text, channel=channel(kind), small=small)
    return Said(
        one.at,
        "in",
        str(thread.prospect),
        one.text,
        label=LABELS.get(one.intent, ""),
        evidence=one.evidence,
        did=tuple(_did(one.did)),
        returned=bool(one.did.get("returned")),
        unread=unread,
    )


def _note(one: Note) -> Said:
    return Said(one.at, "note", str(one.by), one.text)


def _did(did: dict[str, Any]) -> list[str]:
    """What a reply did, one sentence each."""
    told = []
    cancelled = [WORDS[Kind(kind)].lower() for kind in did.get("cancelled", [])]
    if stopped := did.get("stopped", 0):
        said = "Sequence stopped by this reply." if stopped == 1 else f"{stopped} sequences stopped by this reply."
        told.append(said)
    if cancelled:
        many = "touch" if len(cancelled) == 1 else "touches"
        told.append(f"{len(cancelled)} planned {many} cancelled: {', '.join(cancelled)}.")
    if crossed := did.get("crossed", 0):
        told.append(f"{crossed} {'touch was' if crossed == 1 else 'touches were'} on the way already.")
    if until := parse_datetime(did.get("postponed_until", "")):
        told.append(f"Sequence waits until {until.day} {until:%b %Y}.")
    if did.get("suppressed"):
        told.append("Nobody here contacts this person any more.")
    return told


_PERSON = """
SELECT t.id, t.kind, t.state, t.refusal, t.step_key, coalesce(t.gate_at, t.settled_at, t.not_before) AS at, s.name AS
  sender, (SELECT array_agg(m.debit || ' ' || m.credit ORDER BY m.id) FROM accounts_credittransfer m WHERE m.touch =
  t.id) AS moves
FROM campaigns_touch t JOIN accounts_sender s ON s.id = t.sender_id
WHERE t.workspace_id = %s AND t.prospect_id = %s AND t.state <> 'skipped' ORDER BY t.id DESC LIMIT %s"""
_CREDITS = """
SELECT m.at, m.debit, m.credit, m.amount FROM accounts_credittransfer m
WHERE m.touch IN (SELECT id FROM campaigns_touch WHERE workspace_id = %s AND prospect_id = %s)
  AND (m.credit = 'spent' OR m.debit = 'returned')
ORDER BY m.id DESC LIMIT %s"""
_WHY = """
SELECT kind, gate_at AS at, decision ->> 'why' AS why FROM campaigns_touch
WHERE workspace_id = %s AND prospect_id = %s AND sender_id = %s AND state = 'sent' AND step_key > 0
  AND decision ->> 'why' = ANY(%s::text[]) ORDER BY gate_at DESC, id DESC LIMIT 1"""
_BALANCE = """
SELECT sum(available)::int AS available FROM accounts_creditbalance WHERE workspace_id = %s AND sender_id = %s"""


def about(thread: Thread, member: Member, now: datetime) -> dict[str, Any]:
    """Whom the conversation is with, what we did, and what it cost. `now`: in the zone in which days are told."""
    prospect = thread.prospect
    touches, moved, sent, balance = together(
        (_PERSON, (member.workspace_id, prospect.pk, TOUCHES)),
        (_CREDITS, (member.workspace_id, prospect.pk, TOUCHES)),
        (_WHY, (member.workspace_id, prospect.pk, thread.sender_id, list(REASONS))),
        (_BALANCE, (member.workspace_id, thread.sender_id)),
    )
    tie = Relationship.objects.filter(prospect=prospect, sender=thread.sender_id).first()
    lock = (
        PersonLock.objects.filter(prospect=prospect, released_at=None)
        .select_related("enrollment__sender")
        .order_by("-pk")
        .first()
    )
    effects = [_effect(row, now) for row in reversed(moved)]
    return {
        "prospect": prospect,
        "initials": initials(str(prospect)),
        "hue": prospect.pk % 8 + 1,
        "person_url": reverse("person", args=[prospect.pk]),
        "open": open_profile(prospect.open_profile, prospect.checked_at, now),
        "degree": DEGREES.get(tie.degree, "") if tie else "",
        "campaign": thread.enrollment.campaign if thread.enrollment else None,
        "decision": reverse("enrollment", args=[thread.enrollment.campaign_id, thread.enrollment_id])
        if thread.enrollment
        else "",
        "touches": [_touch(row, now) for row in reversed(touches)],
        "effects": effects,
        "net": sum(one.change for one in effects),
        "why": _why(sent[0], now) if sent else None,
        "credits": balance[0]["available"] if balance else None,
        "holder": lock.enrollment.sender.name if lock else "",
        "held_until": moment(lock.release_at, now, now.tzinfo or UTC) if lock and lock.release_at < NEVER else "",
    }


def _effect(row: Row, now: datetime) -> Effect:
    change = -row["amount"] if row["credit"] == "spent" else row["amount"]
    words = "Spent on the InMail" if change < 0 else "Came back with an answer"
    if row["credit"] == "clipped":
        words, change = "Came back above the cap, so it was lost", 0
    return Effect(day(row["at"].astimezone(now.tzinfo), now), words, change)


def _why(row: Row, now: datetime) -> Why | None:
    """Why the last touch went on its channel."""
    drawn = channel(row["kind"])
    return Why(drawn, day(row["at"].astimezone(now.tzinfo), now), REASONS[row["why"]]) if drawn else None


def _touch(row: Row, now: datetime) -> Done:
    words = "Answer" if not row["step_key"] else WORDS[Kind(row["kind"])]
    state = STATES.get(row["state"], "planned")
    off = row["state"] in ("cancelled", "not_sent")
    when = "planned" if row["state"] == "planned" else day(row["at"].astimezone(now.tzinfo), now)
    return Done(
        channel(row["kind"]),
        words,
        ", ".join(part for part in (when, row["sender"], state if state != "planned" else "") if part),
        credit_words(row["moves"] or []),
        now=row["state"] in ("dispatching", "planned", "uncertain"),
        off=off,
    )


def _instant(text: str) -> tuple[datetime, int] | None:
    at, _, pk = text.partition("~")
    try:
        when = parse_datetime(at)
    except ValueError:
        return None
    if when is None or when.tzinfo is None or not pk.isdecimal() or len(pk) > 18:
        return None
    return when, int(pk)
