"""What happened between us and one person, over all senders and campaigns, newest first.

Each source is asked for one page by keyset, and the newest of all of them are shown: the number of queries is the same
for three events and three thousand. What was written is shown to those who may read that sender's threads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q

from accounts import history_lines
from accounts.models import History, Member
from accounts.rights import Verb, may
from campaigns.running.database import Statement, together
from campaigns.views.naming import names
from campaigns.views.prospects.happenings import TELL, Event, Reader
from prospects.models import Prospect

A_PAGE: Final = 30


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
        yield TELL[row["rank"]](row, reads)


def _reader(member: Member) -> Reader:
    return Reader(may(member, Verb.READ_THREADS), member.pk)


def _history(prospect: Prospect, member: Member, end: tuple[datetime, int, int]) -> Iterator[Event]:
    """What members decided about this person, or about them in a campaign."""
    enrollments = prospect.enrollments.values_list("pk", flat=True)
    subjects = [f"prospect:{prospect.pk}", *(f"enrollment:{pk}" for pk in enrollments)]
    earlier = Q(at__lt=end[0])
    if end[1] >= _HISTORY_RANK:
        earlier |= Q(at=end[0], pk__lt=end[2]) if end[1] == _HISTORY_RANK else Q(at=end[0])
    rows = History.objects.visible_to(member).filter(earlier, subject__in=subjects).select_related("by__user")
    decided = list(rows.order_by("-at", "-pk")[: A_PAGE + 1])
    known = names(member, {subject for row in decided for subject in history_lines.references(row)})
    for row in decided:
        line = history_lines.line(row, known)
        yield Event(
            (row.at, _HISTORY_RANK, row.pk),
            (history_lines.Part(line.who, foreign=line.by_member), history_lines.Part(" "), *line.parts),
        )
