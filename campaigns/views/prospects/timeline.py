"""What happened between us and one person, over all senders and campaigns, newest first.

Each source is asked for one page by keyset, and the newest of all of them are shown: the number of queries is the same
for three events and three thousand. What was written is shown to those who may read that sender's threads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q

from accounts import history_words
from accounts.models import History, Member
from accounts.rights import Scope, Verb, may
from campaigns.running.database import Row, Statement, together
from campaigns.views.naming import names
from campaigns.views.people.reasons import Channel, channel, ended
from outreach.engine.channels import WORDS as WHY
from outreach.engine.kinds import WORDS, Kind
from prospects.models import Prospect

A_PAGE: Final = 30

STATES: Final[dict[str, str]] = {
    "reserved": "open in guided sending",
    "dispatching": "on its way",
    "sent": "",
    "refused": "refused",
    "uncertain": "not known whether it arrived",
    "not_sent": "not sent",
    "cancelled": "cancelled",
    "skipped": "skipped",
}
RESPONSES: Final[dict[str, str]] = {
    "accepted": "Invite accepted",
    "declined": "Declined",
    "lapsed": "The invite vanished without an answer",
    "withdrawn": "The invite was withdrawn",
    "accepted_inmail": "InMail accepted without words",
    "inmail_accepted": "InMail accepted without words",
    "inmail_declined": "InMail declined",
}
"""Answers that are no message."""

INTENTS: Final[dict[str, str]] = {
    "interested": "Interested",
    "question": "Question",
    "not_now": "Not now",
    "not_interested": "Not interested",
    "out_of_office": "Out of office",
    "opt_out": "Asked not to be contacted",
}
CREDITS: Final[dict[str, str]] = {
    "returned": "1 credit spent and returned",
    "spent": "1 credit spent",
    "released": "1 credit reserved and released",
    "reserved": "1 credit reserved",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `parts`: of the sentence, foreign ones apart. `text`: what was written, "" when nothing
    or when the member may not read it (`hidden`). `tone`: what the mark is coloured by; `off`: it did not happen."""

    key: tuple[datetime, int, int]
    parts: tuple[history_words.Part, ...]
    sender: str = ""
    campaign: str = ""
    campaign_id: int | None = None
    channel: Channel | None = None
    badge: str = ""
    tone: str = ""
    off: bool = False
    inbound: bool = False
    subject: str = ""
    text: str = ""
    hidden: bool = False
    credit: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        return self.key[0]

    @property
    def cursor(self) -> str:
        at, rank, number = self.key
        return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{rank}-{number}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of events, and the cursor of the older ones ("" = there are none)."""

    events: list[Event]
    older: str


_NEVER = (datetime.max.replace(tzinfo=UTC), 99, 0)


def before(cursor: str) -> tuple[datetime, int, int]:
    """The place in the timeline that a cursor names; the newest end for one that cannot be read."""
    try:
        at, rank, number = cursor.split("-")
        return datetime.strptime(at, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC), int(rank), int(number) % 2**62
    except ValueError:
        return _NEVER


def of(prospect: Prospect, member: Member, *, cursor: str = "") -> Timeline:
    """The events of this person before the cursor, as the member may see them."""
    end = before(cursor)
    told = [*_asked(prospect, member, end), *_history(prospect, member, end)]
    told.sort(key=lambda event: event.key, reverse=True)
    return Timeline(told[:A_PAGE], told[A_PAGE - 1].cursor if len(told) > A_PAGE else "")


_TOUCHES = """
SELECT {rank} AS rank, t.id, {at} AS at, t.kind, t.state, t.subject, t.text, t.refusal, t.response, t.crossed,
  coalesce(t.decision ->> 'why', '') AS why, coalesce(t.evidence ->> 'detail', '') AS detail,
  s.name AS sender, s.owner_id, c.name AS campaign, c.id AS campaign_id,
  (SELECT array_agg(m.debit || ' ' || m.credit ORDER BY m.id) FROM accounts_credittransfer m WHERE m.touch = t.id)
    AS moves
FROM campaigns_touch t JOIN accounts_sender s ON s.id = t.sender_id
JOIN campaigns_enrollment e ON e.id = t.enrollment_id JOIN campaigns_campaign c ON c.id = e.campaign_id
WHERE t.workspace_id = %(workspace)s AND t.prospect_id = %(prospect)s AND {which}"""
_DONE = "coalesce(t.gate_at, t.settled_at, t.planned_at)"
_ENROLLMENTS = """
SELECT {rank} AS rank, e.id, {at} AS at, e.state, e.reason, s.name AS sender, c.name AS campaign, c.id AS campaign_id
FROM campaigns_enrollment e JOIN accounts_sender s ON s.id = e.sender_id
JOIN campaigns_campaign c ON c.id = e.campaign_id
WHERE e.workspace_id = %(workspace)s AND e.prospect_id = %(prospect)s AND {at} IS NOT NULL"""
_SOURCES: Final[tuple[tuple[int, str, str, str], ...]] = (
    (1, "e.entered_at", "e.id", _ENROLLMENTS.format(rank=1, at="e.entered_at")),
    (2, _DONE, "t.id", _TOUCHES.format(rank=2, at=_DONE, which="t.state <> 'planned'")),
    (
        3,
        "t.response_at",
        "t.id",
        _TOUCHES.format(
            rank=3,
            at="t.response_at",
            which="t.response_at IS NOT NULL AND t.response NOT IN ('', 'reply', 'out_of_office')",
        ),
    ),
    (
        4,
        "m.at",
        "m.id",
        "SELECT 4 AS rank, m.id, m.at, m.inbound, m.text, m.by_hand, m.intent, h.subject, s.name AS sender, s.owner_id "
        "FROM campaigns_message m JOIN campaigns_thread h ON h.id = m.thread_id JOIN accounts_sender s ON s.id = "
        "m.sender_id WHERE h.workspace_id = %(workspace)s AND h.prospect_id = %(prospect)s AND (m.inbound OR "
        "m.touch_id IS NULL)",
    ),
    (5, "e.ended_at", "e.id", _ENROLLMENTS.format(rank=5, at="e.ended_at")),
    (
        6,
        "i.at",
        "i.id",
        "SELECT 6 AS rank, i.id, i.at, i.kind FROM prospects_intent i WHERE i.workspace_id = %(workspace)s AND "
        "i.prospect_id = %(prospect)s",
    ),
)
"""rank (of several things at one instant), instant, id and rows of each source."""

_HISTORY_RANK = 7
_WHY: Final[dict[str, str]] = {why.value: words for why, words in WHY.items()}


def _asked(prospect: Prospect, member: Member, end: tuple[datetime, int, int]) -> Iterator[Event]:
    args: dict[str, Any] = {
        "workspace": member.workspace_id,
        "prospect": prospect.pk,
        "at": end[0],
        "rank": end[1],
        "id": end[2],
    }
    statements: list[Statement] = [
        (
            f"{source} AND ({at}, {rank}, {number}) < (%(at)s, %(rank)s, %(id)s) ORDER BY {at} DESC, {number} DESC "
            f"LIMIT {A_PAGE + 1}",
            args,
        )
        for rank, at, number, source in _SOURCES
    ]
    reads = _reader(member)
    for row in (row for answer in together(*statements) for row in answer):
        yield _TELL[row["rank"]](row, reads)


class _Reader:
    """Whose threads the member may read."""

    def __init__(self, scope: Scope, member: int) -> None:
        self.scope, self.member = scope, member

    def may_read(self, row: Row) -> bool:
        return self.scope in (Scope.TEAM, Scope.ALL) or (self.scope is Scope.OWN and row["owner_id"] == self.member)


def _reader(member: Member) -> _Reader:
    return _Reader(may(member, Verb.READ_THREADS), member.pk)


def _key(row: Row) -> tuple[datetime, int, int]:
    return row["at"], row["rank"], row["id"]


def _say(*pieces: str | history_words.Part) -> tuple[history_words.Part, ...]:
    return tuple(history_words.Part(piece) if isinstance(piece, str) else piece for piece in pieces)


def _foreign(text: str) -> history_words.Part:
    return history_words.Part(text, foreign=True)


def _touch(row: Row, reads: _Reader) -> Event:
    readable = reads.may_read(row)
    state: str = STATES.get(row["state"], "")
    notes = [_refusal(row["refusal"], row["detail"])] if row["state"] in ("refused", "not_sent") else []
    if row["crossed"]:
        notes.append("It crossed with their answer.")
    return Event(
        _key(row),
        _say(WORDS[Kind(row["kind"])]),
        sender=row["sender"],
        campaign=row["campaign"],
        campaign_id=row["campaign_id"],
        channel=channel(row["kind"]),
        badge=state,
        tone={"refused": "bad", "uncertain": "warn", "not_sent": "warn", "dispatching": "accent"}.get(row["state"], ""),
        off=row["state"] in ("cancelled", "skipped", "not_sent"),
        subject=row["subject"] if readable else "",
        text=row["text"] if readable else "",
        hidden=bool(row["text"]) and not readable,
        credit=credit_words(row["moves"] or []),
        why="" if row["state"] in ("cancelled", "skipped") else _WHY.get(row["why"]) or str(row["why"]),
        notes=tuple(note for note in notes if note),
    )


def _refusal(refusal: str, detail: str) -> str:
    return ": ".join(part for part in (refusal.rpartition("/")[2].replace("_", " "), detail) if part)


def credit_words(moves: list[str]) -> str:
    """What became of a touch's credit. `moves`: "debit credit" of its transfers, in order."""
    pairs = [tuple(move.split(" ")) for move in moves]
    if any(debit == "returned" for debit, _ in pairs):
        return CREDITS["returned"]
    if any(credit == "spent" for _, credit in pairs):
        return CREDITS["spent"]
    if any(debit == "reserved" for debit, _ in pairs):
        return CREDITS["released"]
    return CREDITS["reserved"] if pairs else ""


def _answer(row: Row, _: _Reader) -> Event:
    words = RESPONSES.get(row["response"], row["response"].replace("_", " ").capitalize())
    good = row["response"] == "accepted"
    return Event(
        _key(row), _say(words), sender=row["sender"], campaign=row["campaign"], tone="ok" if good else "", inbound=True
    )


def _message(row: Row, reads: _Reader) -> Event:
    readable = reads.may_read(row)
    ours = "Message written by hand by " if row["by_hand"] else "Message of "
    words = "Reply to " if row["inbound"] else ours
    return Event(
        _key(row),
        _say(words, _foreign(row["sender"])),
        badge=INTENTS.get(row["intent"], "") if row["inbound"] else "",
        tone="ok" if row["inbound"] else "",
        inbound=row["inbound"],
        subject=row["subject"] if readable and not row["inbound"] else "",
        text=row["text"] if readable else "",
        hidden=bool(row["text"]) and not readable,
    )


def _entered(row: Row, _: _Reader) -> Event:
    return Event(
        _key(row),
        _say("Entered a campaign"),
        sender=row["sender"],
        campaign=row["campaign"],
        campaign_id=row["campaign_id"],
    )


def _ended(row: Row, _: _Reader) -> Event:
    if row["state"] == "finished":
        words = "The sequence is finished"
    else:
        words = f"The sequence stopped: {ended(row['reason'])}"
    return Event(_key(row), (_foreign(words),), campaign=row["campaign"], campaign_id=row["campaign_id"])


def _intent(row: Row, _: _Reader) -> Event:
    return Event(_key(row), _say("Signal: ", _foreign(row["kind"].replace("_", " "))), tone="accent", inbound=True)


_TELL = {1: _entered, 2: _touch, 3: _answer, 4: _message, 5: _ended, 6: _intent}


def _history(prospect: Prospect, member: Member, end: tuple[datetime, int, int]) -> Iterator[Event]:
    """What members decided about this person, or about them in a campaign."""
    enrollments = prospect.enrollments.values_list("pk", flat=True)
    subjects = [f"prospect:{prospect.pk}", *(f"enrollment:{pk}" for pk in enrollments)]
    earlier = Q(at__lt=end[0])
    if end[1] >= _HISTORY_RANK:
        earlier |= Q(at=end[0], pk__lt=end[2]) if end[1] == _HISTORY_RANK else Q(at=end[0])
    rows = History.objects.visible_to(member).filter(earlier, subject__in=subjects).select_related("by__user")
    decided = list(rows.order_by("-at", "-pk")[: A_PAGE + 1])
    known = names(member, {subject for row in decided for subject in history_words.references(row)})
    for row in decided:
        line = history_words.line(row, known)
        yield Event(
            (row.at, _HISTORY_RANK, row.pk),
            (history_words.Part(line.who, foreign=line.by_member), history_words.Part(" "), *line.parts),
        )
