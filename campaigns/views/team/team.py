"""The Team page: what was done, what came of it, what it cost; and the rows behind every number."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from accounts.access import member_of, member_required
from accounts.models import Member, Sender
from accounts.rights import Verb
from campaigns.building.statements import ENTRIES
from campaigns.metrics import behind
from campaigns.metrics.behind import MEASURES, OF_CREDITS
from campaigns.models import Campaign, Touch
from campaigns.running.database import Row
from campaigns.views.people.reasons import Channel, channel
from campaigns.views.team import asked as team_asked
from campaigns.views.team.asked import CHANNELS, PERIODS, Asked
from campaigns.views.team.board import Board, Line, board
from outreach import clock
from outreach.web.csv import download

A_PAGE = 50
HEADS = (
    "Cut",
    "Of",
    "Tier",
    "Touches sent",
    "Invites",
    "Accepted",
    "Share accepted",
    "Share accepted at least",
    "Share accepted at most",
    "Touches that can be answered",
    "Human replies",
    "Share replied",
    "Share replied at least",
    "Share replied at most",
    "Out of office",
    "Asked to stop",
    "Meetings",
    "InMails",
    "Gross cost per reply in cents",
    "Net cost per reply in cents",
)
ROW_HEADS = ("When (UTC)", "What", "Number", "Person", "Tier", "Sender", "Campaign", "Replied (UTC)")


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the page without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Known:
    """Who and what can be asked for, by id."""

    senders: dict[int, Sender]
    owners: dict[int, Member]
    campaigns: list[Campaign]


@member_required(Verb.SEE)
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    member, asked, known = _asked(request)
    shown = board(asked, known.owners, known.senders, known.campaigns, clock.now())
    page: dict[str, Any] = _frame(asked, known) | {
        "board": shown,
        "file": reverse("team-file") + asked.address(),
        "nothing": not shown.total.sent.n,
    }
    if not shown.total.sent.n:
        page["first_use"] = not Touch.objects.visible_to(member).filter(state="sent").exists()
    return render(request, "campaigns/team.html", page)


@member_required(Verb.SEE)
@require_safe
def team_file(request: HttpRequest) -> StreamingHttpResponse:
    _, asked, known = _asked(request)
    shown = board(asked, known.owners, known.senders, known.campaigns, clock.now())
    name = f"team-{asked.cut.first:%Y-%m-%d}-to-{asked.cut.last:%Y-%m-%d}.csv"
    return download(name, HEADS, _lines(shown))


@member_required(Verb.SEE)
@require_safe
def team_rows(request: HttpRequest) -> HttpResponse:
    _, asked, known = _asked(request)
    what = _what(request)
    found = behind.behind(asked.cut, what, after=_cursor(request.GET.get("after", "")), limit=A_PAGE + 1)
    shown = [_shown(row) for row in found.rows[:A_PAGE]]
    more = ""
    if len(found.rows) > A_PAGE:
        last = found.rows[A_PAGE - 1]
        more = asked.address(what=what, after=f"{last['at'].isoformat()}~{last['id']}")
    page = _frame(asked, known, what) | {
        "what": what,
        "words": MEASURES[what],
        "of_credits": what in OF_CREDITS,
        "replies": what.startswith("replied") or what in ("opted_out", "meetings"),
        "found": found,
        "rows": shown,
        "more": more,
        "later": bool(request.GET.get("after")),
        "start": asked.address(what=what),
        "back": reverse("team") + asked.address(),
        "file": reverse("team-rows-file") + asked.address(what=what),
    }
    return render(request, "campaigns/team_rows.html", page)


@member_required(Verb.SEE)
@require_safe
def team_rows_file(request: HttpRequest) -> StreamingHttpResponse:
    _, asked, _ = _asked(request)
    what = _what(request)
    found = behind.behind(asked.cut, what)
    return download(f"{what}-{asked.cut.first}-to-{asked.cut.last}.csv", ROW_HEADS, _cells(found.rows))


def _asked(request: HttpRequest) -> tuple[Member, Asked, Known]:
    member = member_of(request)
    asked = team_asked.read(request.GET, member.workspace_id, clock.now())
    senders = {one.pk: one for one in Sender.objects.visible_to(member).order_by("name", "pk")}
    owners = {
        one.pk: one
        for one in Member.objects.filter(workspace=member.workspace_id, pk__in={s.owner_id for s in senders.values()})
        .select_related("user")
        .order_by("user__name", "pk")
    }
    campaigns = list(Campaign.objects.visible_to(member).only("name", "workspace").order_by("name", "pk"))
    return member, asked, Known(senders, owners, campaigns)


def _what(request: HttpRequest) -> str:
    what = request.GET.get("what", "sent")
    if what not in MEASURES:
        raise Http404("There is no such number.")
    return what


def _frame(asked: Asked, known: Known, what: str = "") -> dict[str, Any]:
    """The period and the filters, on both pages."""
    also: dict[str, object] = {"what": what} if what else {}
    cut = asked.cut
    gone = "one that is gone"
    campaigns = {one.pk: one.name for one in known.campaigns}
    values: dict[str, tuple[str, str]] = {
        "sdr": ("SDR", str(known.owners[cut.sdr].user) if cut.sdr in known.owners else gone),
        "sender": ("Sender", known.senders[cut.sender].name if cut.sender in known.senders else gone),
        "channel": ("Channel", CHANNELS.get(cut.channel, "")),
        "tier": ("Tier", f"{cut.tier}"),
        "campaign": ("Campaign", campaigns.get(cut.campaign or 0, gone)),
    }
    on = [name for name in values if getattr(cut, name)]
    return {
        "asked": asked,
        "cut": cut,
        "periods": [
            (words, asked.address(period=name, **{"from": "", "to": ""}, **also), name == asked.period)
            for name, words in PERIODS.items()
        ],
        "chips": [Chip(*values[name], asked.address(**{name: ""}, **also)) for name in on],
        "alone": asked.address(compare="no", **also),
        "together": asked.address(compare="", **also),
        "clear": asked.address(**dict.fromkeys(on, ""), **also),
        "hidden": [
            (name, value)
            for name, value in asked.parts(**also).items()
            if name not in ("sdr", "channel", "tier", "campaign", "from", "to", "period")
        ],
        "owners": list(known.owners.values()),
        "campaigns": known.campaigns,
        "channels": CHANNELS,
    }


def _cursor(text: str) -> tuple[datetime, int] | None:
    at, _, pk = text.partition("~")
    try:
        when = parse_datetime(at)
    except ValueError:
        return None
    if when is None or when.tzinfo is None or not (pk.isascii() and pk.isdecimal()) or len(pk) > 18:
        return None
    return when, int(pk)


def _shown(row: Row) -> Row:
    """A row as the page draws it."""
    drawn: Channel | None = channel(row["kind"])
    return row | {
        "person": _person(row),
        "chan": drawn,
        "entry": ENTRIES.get((row["debit"], row["credit"]), ""),
        "address": reverse("enrollment", args=[row["campaign_id"], row["enrollment_id"]])
        if row["enrollment_id"]
        else "",
    }


def _person(row: Row) -> str:
    if row["prospect_id"] is None:
        return ""
    return f"{row['first_name']} {row['last_name']}".strip() or str(row["slug"])


def _cells(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        drawn = channel(row["kind"])
        entry = ENTRIES.get((row["debit"], row["credit"]), "")
        yield (
            _second(row["at"]),
            entry or (drawn.words if drawn else ""),
            row["amount"],
            _person(row),
            row["tier"],
            row["sender"],
            row["campaign"] or "",
            _second(row["replied_at"]),
        )


def _second(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at else ""


def _lines(shown: Board) -> Iterator[tuple[Any, ...]]:
    yield _cut("All", shown.total)
    for cut, lines in (
        ("SDR", shown.people),
        ("Channel", shown.channels),
        ("Channel and tier", shown.tiers),
        ("Campaign", shown.campaigns),
    ):
        for line in lines:
            yield _cut(cut, line)


def _cut(cut: str, line: Line) -> tuple[Any, ...]:
    cost = line.cost
    gross, net = (cost.gross.value, cost.net.value) if cost else (None, None)
    return (
        cut,
        line.name,
        line.tier,
        line.sent.n,
        line.invites.n,
        line.accepted.n,
        *_shares(line.acceptance),
        line.reply.n,
        line.replied.n,
        *_shares(line.reply),
        line.away.n,
        line.stopped.n,
        line.meetings.n,
        line.inmails.n,
        round(float(gross), 2) if gross else None,
        round(float(net), 2) if net else None,
    )


def _shares(rate: Any) -> tuple[Any, Any, Any]:
    """Share, low and high, empty when nothing was tried."""
    if not rate.n:
        return None, None, None
    return round(rate.share, 4), round(rate.low, 4), round(rate.high, 4)
