"""The inbox: the conversations in which somebody replied, split by what they are after and whose they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Count, F, Min, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from accounts.access import member_of, member_required
from accounts.models import Member
from accounts.rights import Verb
from campaigns.models import Thread
from campaigns.models.thread import LABELS, ThreadQuerySet, ThreadState
from campaigns.views.moments import moment
from campaigns.views.people.reasons import Channel, channel
from campaigns.views.prospects.persons import day, initials
from outreach import clock
from outreach.language.replies import Intent
from outreach.web.htmx import htmx

PAGE = 40
MOST_DONE = 1_000
"""Up to so many finished conversations are counted; they only ever become more."""
TONES: dict[str, str] = {
    Intent.INTERESTED: "ok",
    Intent.QUESTION: "accent",
    Intent.STOP: "bad",
    Intent.UNSURE: "warn",
}
STATES: dict[str, str] = {
    "": "All open",
    "mine": "Mine",
    "unassigned": "Unassigned",
    "snoozed": "Snoozed",
    "done": "Done",
}
SPLITS: dict[str, str] = {"": "All open", **LABELS, **{key: words for key, words in STATES.items() if key}}
"""What can be shown, in the order of the page; labels are those of the open ones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. `after`: the last row that was shown."""

    show: str
    text: str
    after: tuple[datetime, int] | None

    @classmethod
    def of(cls, query: QueryDict) -> "Asked":
        show = query.get("show", "")
        return cls(
            show if show in SPLITS else "",
            " ".join(query.get("q", "").replace("\0", "").split())[:100],
            _cursor(query.get("after", "")),
        )

    def query(self, **changed: str) -> str:
        """The query of this list with something changed; "" takes it away."""
        now = {"show": self.show, "q": self.text} | changed
        said = urlencode({key: value for key, value in now.items() if value})
        return f"?{said}" if said else ""


@dataclass(frozen=True, slots=True)
class Split:
    words: str
    count: str
    url: str
    here: bool
    gap: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation of the list."""

    thread: Thread
    url: str
    name: str
    initials: str
    hue: int
    channel: Channel | None
    when: str
    label: str
    tone: str
    campaign: str
    here: bool

    @property
    def sender_initials(self) -> str:
        return initials(self.thread.sender.name)

    @property
    def sender_hue(self) -> int:
        return int(self.thread.sender_id % 8 + 1)


@member_required(Verb.READ_THREADS)
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    member, now, asked = member_of(request), clock.now(), Asked.of(request.GET)
    page = listed(member, asked, now)
    part = request.GET.get("part", "") if htmx(request) else ""
    fragment = {"more": "#more", "list": "#found", "news": "#news"}.get(part, "")
    if not fragment and htmx(request):
        fragment = "#panes"
    if fragment != "#more":
        page |= {"splits": splits(member, asked)}
    if not fragment:
        page |= {"waiting": waiting(member, now)}
    response = drawn(request, f"campaigns/inbox.html{fragment}", page)
    if part == "list":
        response["HX-Replace-Url"] = reverse("inbox") + asked.query()
    return response


def drawn(request: HttpRequest, template: str, page: dict[str, Any], status: int = 200) -> HttpResponse:
    """The page with its times in the member's zone, which it names as `zone`."""
    zone = zone_of(member_of(request))
    with timezone.override(zone):
        response = render(request, template, page | {"zone": zone.key.replace("_", " ")}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def zone_of(member: Member) -> ZoneInfo:
    """Where the member is."""
    try:
        return ZoneInfo(member.user.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def waiting(member: Member, now: datetime) -> str:
    """How many conversations are open, and since when the oldest of them has waited for an answer; "" for none."""
    found = (
        answered(member)
        .filter(state=ThreadState.OPEN)
        .order_by()
        .aggregate(n=Count("pk"), since=Min("asked_at", filter=Q(asked_at__gt=F("answered_at"))))
    )
    if not found["n"]:
        return ""
    open_now = f"{found['n']:,} open"
    return (
        f"{open_now}, the oldest waits since {moment(found['since'], now, zone_of(member))}"
        if found["since"]
        else open_now
    )


@member_required(Verb.READ_THREADS)
@require_safe
def inbox_count(request: HttpRequest) -> HttpResponse:
    """How many conversations are open, for the navigation."""
    open_now = answered(member_of(request)).filter(state=ThreadState.OPEN).count()
    return render(request, "campaigns/inbox_count.html", {"open": open_now})


def answered(member: Member) -> ThreadQuerySet:
    return cast(ThreadQuerySet, Thread.objects.readable_by(member).answered())


def found(member: Member, asked: Asked) -> ThreadQuerySet:
    """The conversations that are asked for, in no order yet."""
    rows = answered(member)
    if asked.show in (ThreadState.SNOOZED, ThreadState.DONE):
        rows = rows.filter(state=asked.show)
    else:
        rows = rows.filter(state=ThreadState.OPEN)
    if asked.show in LABELS:
        rows = rows.filter(label=asked.show)
    elif asked.show == "mine":
        rows = rows.filter(_mine(member))
    elif asked.show == "unassigned":
        rows = rows.filter(assignee=None)
    for word in asked.text.split():
        rows = rows.filter(
            Q(prospect__first_name__icontains=word)
            | Q(prospect__last_name__icontains=word)
            | Q(prospect__company__name__icontains=word)
            | Q(preview__icontains=word)
            | Q(sender__name__icontains=word)
            | Q(enrollment__campaign__name__icontains=word)
        )
    return rows


def _mine(member: Member) -> Q:
    """Given to me; or given to nobody, while the sender is mine."""
    return Q(assignee=member) | Q(assignee=None, sender__owner=member)


def listed(member: Member, asked: Asked, now: datetime, here: int | None = None) -> dict[str, Any]:
    """A page of the list. `here`: the conversation that is open beside it."""
    rows = found(member, asked)
    if asked.after is not None:
        at, pk = asked.after
        rows = rows.filter(Q(last_at__lt=at) | Q(last_at=at, pk__lt=pk))
    shown = list(
        rows.select_related("prospect", "sender", "enrollment__campaign").order_by("-last_at", "-pk")[: PAGE + 1]
    )
    last = shown[PAGE - 1] if len(shown) > PAGE else None
    return {
        "asked": asked,
        "query": asked.query(),
        "threads": [line(thread, asked, now.astimezone(zone_of(member)), here) for thread in shown[:PAGE]],
        "more": reverse("inbox") + asked.query(after=f"{last.last_at.isoformat()}~{last.pk}") if last else "",
        "now": now,
        "empty": not shown and not asked.text and not asked.show and not answered(member).exists(),
    }


def line(thread: Thread, asked: Asked, now: datetime, here: int | None) -> Line:
    """`now`: in the zone in which times are told."""
    name, last_at = str(thread.prospect), thread.last_at.astimezone(now.tzinfo)
    return Line(
        thread=thread,
        url=reverse("thread", args=[thread.pk]) + asked.query(),
        name=name,
        initials=initials(name),
        hue=thread.prospect_id % 8 + 1,
        channel=channel(thread.kind),
        when=f"{last_at:%H:%M}" if last_at.date() == now.date() else day(last_at, now),
        label=LABELS.get(thread.label, ""),
        tone=TONES.get(thread.label, "neutral"),
        campaign=thread.enrollment.campaign.name if thread.enrollment else "",
        here=thread.pk == here,
    )


def splits(member: Member, asked: Asked) -> list[Split]:
    """Every split with how many stand in it; a label nobody has is left out."""
    counts = counted(member)
    shown = []
    for key, words in SPLITS.items():
        n = counts.get(key, 0)
        if key in LABELS and not n and key != asked.show:
            continue
        url = reverse("inbox") + asked.query(show=key)
        said = f"{MOST_DONE:,}+" if key == "done" and n > MOST_DONE else f"{n:,}" if n else ""
        shown.append(Split(words, said, url, key == asked.show, gap=key == "mine"))
    return shown


def counted(member: Member) -> dict[str, int]:
    """How many conversations this member may read stand in each split."""
    rows = cast(
        Iterable[dict[str, Any]],
        answered(member)
        .exclude(state=ThreadState.DONE)
        .values("state", "label", "assignee", "sender__owner")
        .annotate(n=Count("pk"))
        .order_by(),
    )
    counts: dict[str, int] = dict.fromkeys(SPLITS, 0)
    for row in rows:
        if row["state"] == ThreadState.SNOOZED:
            counts["snoozed"] += row["n"]
            continue
        counts[""] += row["n"]
        if row["label"] in LABELS:
            counts[row["label"]] += row["n"]
        if row["assignee"] is None:
            counts["unassigned"] += row["n"]
        if row["assignee"] == member.pk or (row["assignee"] is None and row["sender__owner"] == member.pk):
            counts["mine"] += row["n"]
    done = answered(member).filter(state=ThreadState.DONE).order_by().values("pk")[: MOST_DONE + 1]
    counts["done"] = done.count()
    return counts


def _cursor(text: str) -> tuple[datetime, int] | None:
    """The place in the list that an address names, None when it names none."""
    at, _, pk = text.partition("~")
    try:
        when = parse_datetime(at)
    except ValueError:
        return None
    if when is None or when.tzinfo is None or not pk.isdecimal() or len(pk) > 18:
        return None
    return when, int(pk)
