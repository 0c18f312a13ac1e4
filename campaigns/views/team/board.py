"""The Team page put together: every count with the address of its rows, every rate with its interval."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import CreditBalance, Member, Sender
from campaigns.metrics import changes, funnel, spending, timing
from campaigns.metrics.behind import AGAIN
from campaigns.metrics.changes import NOTHING, Change
from campaigns.metrics.cost import CreditCost, Spending, credit_cost
from campaigns.metrics.funnel import Count, Funnel
from campaigns.metrics.rates import ENOUGH, Rate
from campaigns.metrics.spending import Credits
from campaigns.models import Campaign
from campaigns.running import confirmed
from campaigns.views.moments import span
from campaigns.views.people.reasons import Channel, channel
from campaigns.views.team import bars, compared, seats
from campaigns.views.team.asked import CHANNELS, Asked
from campaigns.views.team.bars import Delays, Weeks
from campaigns.views.team.chart import Column, Trend, trend
from campaigns.views.team.compared import Was
from campaigns.views.team.numbers import Number, number
from campaigns.views.team.seats import Seats
from outreach.engine.credits import price_per_credit


@dataclass(frozen=True, slots=True)
class Bar:
    """A tier's part of a bar. Geometry in percent from the left."""

    tier: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a funnel. `key`: what it is of: a member, a channel, a campaign …; `change`: of its share of human
    replies; `answers_in`: how long replies wait for us; `left`: credits that can be spent."""

    name: str
    key: Any
    sent: Number
    invites: Number
    accepted: Number
    replied: Number
    away: Number
    stopped: Number
    meetings: Number
    inmails: Number
    acceptance: Rate
    reply: Rate
    meeting: Rate
    chan: Channel | None = None
    tier: int | None = None
    initials: str = ""
    cost: CreditCost | None = None
    sent_bars: tuple[Bar, ...] = ()
    replied_bars: tuple[Bar, ...] = ()
    meetings_bars: tuple[Bar, ...] = ()
    change: Change = NOTHING
    answers_in: str = ""
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Purse:
    """One sender's credits in the period."""

    sender: Sender
    granted: Number
    spent: Number
    returned: Number
    again: Number
    clipped: Number
    expired: Number
    forfeited: Number


@dataclass(frozen=True, slots=True)
class Board:
    total: Line
    people: list[Line]
    channels: list[Line]
    tiers: list[Line]
    campaigns: list[Line]
    purses: list[Purse]
    purse_sums: dict[str, Number]
    cost: CreditCost
    seats: Seats | None
    invites_for_one: str
    trend: Trend
    days: list[tuple[Column, Number, Number]]
    was: Was | None
    delays: Delays
    weeks: Weeks
    enough: int = ENOUGH


def board(
    asked: Asked,
    owners: dict[int, Member],
    senders: dict[int, Sender],
    campaigns: list[Campaign],
    now: datetime,
) -> Board:
    """Everything the page shows. The queries are as many for one sender as for many."""
    cut = asked.cut
    found = funnel.read(cut)
    moved = spending.credits(cut)
    waits = {} if cut.fine else timing.ours(cut)
    total = _line(asked, "All", None, found.total, cost=_cost(moved, found.total), answers_in=_answers_in(waits, None))
    was = compared.was(asked, found, now) if asked.compares else None
    drawn = trend(asked, found)
    purses = _purses(asked, moved, senders)
    return Board(
        total=total,
        people=_people(asked, found, moved, owners, senders, was, waits),
        channels=_channels(asked, found),
        tiers=_tiers(asked, found),
        campaigns=[] if cut.fine or cut.sdr or cut.sender else _campaigns(asked, campaigns),
        purses=purses,
        purse_sums={
            name: number(asked, sum(getattr(purse, name).n for purse in purses), name)
            for name in (*confirmed.TRANSFERS, AGAIN)
        },
        cost=_cost(moved, found.total),
        seats=None if cut.fine else seats.share(asked, list(senders.values()), found.total),
        invites_for_one=_invites_for_one(found),
        trend=drawn,
        days=[
            (
                column,
                number(asked, column.count.sent, "sent", first=column.first, last=column.last),
                number(asked, column.count.replied, "replied", first=column.first, last=column.last),
            )
            for column in drawn.columns
        ],
        was=was,
        delays=bars.delays(asked, timing.replies(cut)),
        weeks=bars.weeks(asked, spending.weekly(cut)),
    )


def _line(asked: Asked, name: str, key: Any, count: Count, **more: Any) -> Line:
    narrower = more.pop("narrower", {})

    def of(what: str, n: int, **also: Any) -> Number:
        return number(asked, n, what, **{**narrower, **also})

    return Line(
        name=name,
        key=key,
        sent=of("sent", count.sent),
        invites=of("sent", count.invites, channel="invite"),
        accepted=of("accepted", count.accepted),
        replied=of("replied", count.replied),
        away=of("out_of_office", count.out_of_office),
        stopped=of("opted_out", count.opted_out),
        meetings=of("meetings", count.meetings),
        inmails=of("sent", count.inmails, channel="inmail"),
        acceptance=count.acceptance,
        reply=count.reply,
        meeting=count.meeting,
        **more,
    )


def _people(
    asked: Asked,
    found: Funnel,
    moved: list[Credits],
    owners: dict[int, Member],
    senders: dict[int, Sender],
    was: Was | None,
    waits: dict[int | None, timing.Ours],
) -> list[Line]:
    """By the member who owns the sender, the most human replies first."""
    counts: dict[int, Count] = defaultdict(Count)
    spent: dict[int, list[Credits]] = defaultdict(list)
    for sender, count in found.by_sender.items():
        counts[senders[sender].owner_id] += count
    for one in moved:
        spent[senders[one.sender].owner_id].append(one)
    before: dict[int, Count] = defaultdict(Count)
    for sender, count in (was.by_sender if was else {}).items():
        before[senders[sender].owner_id] += count
    left = _left(senders)
    lines = [
        _line(
            asked,
            str(owners[owner].user),
            owner,
            count,
            narrower={"sdr": owner},
            initials="".join(word[0] for word in str(owners[owner].user).split()[:2]).upper(),
            cost=_cost(spent[owner], count),
            change=changes.of_shares(count.reply, before[owner].reply),
            answers_in=_answers_in(waits, owner),
            left=left.get(owner),
        )
        for owner, count in counts.items()
    ]
    return sorted(lines, key=lambda line: (-line.replied.n, -line.sent.n, line.key))


def _answers_in(waits: dict[int | None, timing.Ours], owner: int | None) -> str:
    """Half of the replies waited less; "" when none was answered."""
    found = waits.get(owner)
    return span(found.median) if found and found.median is not None else ""


def _left(senders: dict[int, Sender]) -> dict[int, int]:
    """Credits that can be spent now, by owner."""
    rows = CreditBalance.objects.filter(sender__in=senders).values_list("sender", "available")
    found: dict[int, int] = defaultdict(int)
    for sender, available in rows:
        found[senders[sender].owner_id] += available
    return found


def _channels(asked: Asked, found: Funnel) -> list[Line]:
    """By channel, with bars of its tiers: touches on one scale for all channels, human replies on another."""
    by = found.by_channel
    return [
        _line(
            asked,
            CHANNELS[name],
            name,
            count,
            narrower={"channel": name},
            chan=_drawn(name),
            sent_bars=_bars(found, name, "sent", max(one.sent for one in by.values())),
            replied_bars=_bars(found, name, "replied", max(one.replied for one in by.values())),
            meetings_bars=_bars(found, name, "meetings", max(one.replied for one in by.values())),
        )
        for name, count in by.items()
    ]


def _bars(found: Funnel, name: str, what: str, most: int) -> tuple[Bar, ...]:
    bars, x = [], 0.0
    for tier in (1, 2, 3):
        count = found.by_channel_and_tier.get((name, tier))
        width = 100 * getattr(count, what) / most if count and most else 0.0
        if width:
            bars.append(Bar(tier, f"{x:.4g}%", f"{width:.4g}%"))
        x += width
    return tuple(bars)


def _tiers(asked: Asked, found: Funnel) -> list[Line]:
    order = list(CHANNELS)
    return [
        _line(
            asked, CHANNELS[name], name, count, narrower={"channel": name, "tier": tier}, chan=_drawn(name), tier=tier
        )
        for (name, tier), count in sorted(
            found.by_channel_and_tier.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]


def _drawn(name: str) -> Channel | None:
    first = channel(confirmed.CHANNELS[name][0])
    return Channel(first.hue, first.icon, CHANNELS[name]) if first else None


def _campaigns(asked: Asked, campaigns: list[Campaign]) -> list[Line]:
    names = {campaign.pk: campaign.name for campaign in campaigns}
    lines = [
        _line(asked, names[pk], pk, count, narrower={"campaign": pk})
        for pk, count in funnel.by_campaign(asked.cut).items()
    ]
    return sorted(lines, key=lambda line: (-line.replied.n, -line.sent.n, line.key))


def _cost(moved: list[Credits], count: Count) -> CreditCost:
    spendings = [Spending(price_per_credit(one.price_cents, one.grant), one.spent, one.again) for one in moved]
    return credit_cost(spendings, count.inmail_reply)


def _purses(asked: Asked, moved: list[Credits], senders: dict[int, Sender]) -> list[Purse]:
    by_sender: dict[int, list[Credits]] = defaultdict(list)
    for one in moved:
        by_sender[one.sender].append(one)
    return [
        Purse(
            senders[pk],
            **{
                name: number(asked, sum(getattr(one, name) for one in found), name, sender=pk)
                for name in (*confirmed.TRANSFERS, AGAIN)
            },
        )
        for pk, found in sorted(by_sender.items(), key=lambda item: senders[item[0]].name)
    ]


def _invites_for_one(found: Funnel) -> str:
    """How many invites one human reply took, to the invite itself or to the message after it. "" without any."""
    by = found.by_channel
    invites = by.get("invite", Count()).sent
    replies = by.get("invite", Count()).replied + by.get("dm", Count()).replied
    if not invites:
        return ""
    rate = Rate(min(replies, invites), invites)
    if not replies:
        return f"over {1 / rate.high:.0f}"
    return f"{invites / replies:.0f}" if rate.enough else f"{1 / rate.high:.0f} to {1 / rate.low:.0f}"
