"""Replies that wait for this member: the open conversations that are theirs or nobody's, who waits longest first."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, F, Min, Q
from django.urls import reverse

from accounts.models import Member
from accounts.rights import Scope, Verb, may
from campaigns.models import Thread
from campaigns.models.thread import LABELS, ThreadState
from campaigns.views.inbox.inbox import TONES
from campaigns.views.moments import span
from campaigns.views.prospects.persons import initials

SHOWN = 5
"""Conversations on the page; the rest is in the inbox."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One person without an answer. `words`: the last they said; `waits`: for how long, `8 min`."""

    name: str
    initials: str
    hue: int
    words: str
    label: str
    tone: str
    sender: str
    since: datetime
    waits: str
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A split of the inbox and how many conversations stand in it."""

    words: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Replies:
    """`open`: the open conversations that are the member's or nobody's; `shared`: nobody's are among them.
    `unanswered`: those in which the person has the last word. `longest`: how long the first of them waits.
    `places`: where in the inbox they all stand."""

    open: int
    unanswered: int
    longest: str
    shared: bool
    people: tuple[Waiting, ...]
    places: tuple[Place, ...]

    @property
    def sentence(self) -> str:
        """`5 open conversations are yours, 3 of them without an answer. The first waits 2 days.`"""
        one = self.open == 1
        said = (
            f"{self.open:,} open conversation{' is' if one else 's are'} yours{' or nobody’s' if self.shared else ''}"
        )
        if not self.unanswered:
            return f"{said}. {'It has' if one else 'Each has'} an answer; mark done what is settled."
        if one:
            return f"{said} and waits for an answer."
        missing = "all" if self.unanswered == self.open else f"{self.unanswered:,} of them"
        return f"{said}, {missing} without an answer. The first waits {self.longest}."

    @property
    def unseen(self) -> int:
        """How many wait for an answer beside those who are shown."""
        return self.unanswered - len(self.people)


def replies(member: Member, now: datetime) -> Replies | None:
    """What waits in the inbox of this member; None for who may read no conversations."""
    reads = may(member, Verb.READ_THREADS)
    if reads is Scope.NONE:
        return None
    theirs = (
        Thread.objects.readable_by(member)
        .answered()
        .filter(Q(assignee=member) | Q(assignee=None), state=ThreadState.OPEN)
    )
    silent = Q(asked_at__gt=F("answered_at"))
    mine = Q(assignee=member) | Q(sender__owner=member)
    counts = theirs.aggregate(
        open=Count("pk"),
        unanswered=Count("pk", filter=silent),
        first=Min("asked_at", filter=silent),
        mine=Count("pk", filter=mine),
        unassigned=Count("pk", filter=Q(assignee=None)),
    )
    people = theirs.filter(silent).select_related("prospect", "sender").order_by("asked_at", "pk")[:SHOWN]
    places = [Place("Mine", counts["mine"], _split("mine"))]
    if reads is not Scope.OWN:  # what is nobody's stands among one's own when one reads nothing else
        places.append(Place("Unassigned", counts["unassigned"], _split("unassigned")))
    return Replies(
        open=counts["open"],
        unanswered=counts["unanswered"],
        longest=span(now - counts["first"]) if counts["first"] else "",
        shared=reads is not Scope.OWN,
        people=tuple(_waiting(thread, now) for thread in people),
        places=tuple(place for place in places if place.count),
    )


def _waiting(thread: Thread, now: datetime) -> Waiting:
    name = str(thread.prospect)
    since = thread.asked_at or thread.last_at
    return Waiting(
        name=name,
        initials=initials(name),
        hue=thread.prospect_id % 8 + 1,
        words=thread.preview,
        label=LABELS.get(thread.label, ""),
        tone=TONES.get(thread.label, "neutral"),
        sender=thread.sender.name,
        since=since,
        waits=span(now - since),
        url=reverse("thread", args=[thread.pk]),
    )


def _split(show: str) -> str:
    return f"{reverse('inbox')}?{urlencode({'show': show})}"
