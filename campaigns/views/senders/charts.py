"""A sender's day and its two weeks of invites as drawings: what was done, and what the pacing rules let follow of the
touches that are planned. Geometry here, paint in classes; each has a table of the same numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Sender
from accounts.models.sender import SenderState
from campaigns.models import Allowance, Touch
from campaigns.running import allowances
from campaigns.views.senders.strips import OF_KIND, hours_of
from outreach.engine import pacing
from outreach.engine.facts import Hours
from outreach.engine.kinds import ALLOWANCES, COUNTED_STATES, NEVER, Budget, Kind
from outreach.engine.windows import day_start, local_day, next_open

BACK = AHEAD = 7
MOST_PLANNED = 200
"""More planned touches than this are not drawn: they lie beyond the week."""
DAY = timedelta(days=1)
INVITES = (Kind.INVITE, Kind.INVITE_NOTE)


@dataclass(frozen=True, slots=True)
class Mark:
    """One act on the line of the day. `kind`: mark (an invite), bar (another), or ghost (planned)."""

    x: str
    kind: str
    tall: bool


@dataclass(frozen=True, slots=True)
class Hour:
    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Today:
    """The local day from its first to its last hour. `now`: where the present is, "" outside; `clock`: its time."""

    hours: tuple[Hour, ...]
    marks: tuple[Mark, ...]
    done: int
    planned: int
    now: str
    clock: str
    words: str


@dataclass(frozen=True, slots=True)
class Day:
    """One column. `sent` and `planned` invites; `week`: the sum of the seven days that end with it. Geometry in px
    from the top and percent from the left."""

    label: str
    phone: bool
    sent: int
    planned: int
    week: int
    ahead: bool
    today: bool
    x: str
    middle: str
    sum_x: str
    sum_end: str
    sum_y: str
    sum_height: str
    sum_label_y: str
    sent_y: str
    sent_height: str
    all_y: str
    all_height: str
    label_y: str

    @property
    def count(self) -> int:
        return self.sent + self.planned

    @property
    def words(self) -> str:
        return f"{self.sent} of {self.count}" if self.today and self.planned else str(self.count)


@dataclass(frozen=True, slots=True)
class Weeks:
    days: tuple[Day, ...]
    day_cap: int
    week_cap: int
    now: int


@dataclass(frozen=True, slots=True)
class Charts:
    today: Today | None
    weeks: Weeks | None


def charts(sender: Sender, now: datetime) -> Charts:
    """The sender's drawings, with its connection already fetched, in its workspace's scope."""
    hours = hours_of(sender)
    rows = {Budget(row.budget): row for row in Allowance.objects.filter(sender=sender)}
    first = day_start(hours, local_day(hours, now) - (BACK + 6) * DAY)
    done: list[tuple[str, datetime]] = list(
        Touch.objects.filter(sender=sender, gate_at__gte=first, state__in=sorted(COUNTED_STATES))
        .order_by("gate_at")
        .values_list("kind", "gate_at")  # type: ignore[arg-type]  # who is counted has passed the gate
    )
    ahead = _ahead(sender, rows, hours, now)
    return Charts(_today(done, ahead, hours, now), _weeks(sender, rows.get(Budget.INVITES), done, ahead, hours, now))


def _ahead(sender: Sender, rows: dict[Budget, Allowance], hours: Hours, now: datetime) -> list[tuple[str, datetime]]:
    """When the planned touches may go, kind by kind, by the same arithmetic that the gate uses."""
    if sender.state != SenderState.ACTIVE:
        return []
    waiting: dict[Budget, list[tuple[datetime, str]]] = {}
    planned = Touch.objects.filter(sender=sender, state="planned", not_before__lt=now + AHEAD * DAY)
    for kind, at in planned.order_by("not_before", "id").values_list("kind", "not_before")[:MOST_PLANNED]:
        if budgets := ALLOWANCES[Kind(kind)]:
            waiting.setdefault(budgets[0], []).append((at, kind))
    work_s = allowances.longest_work_s(sender.connection.vendor if sender.connection else sender.connector)
    found = []
    for budget, touches in waiting.items():
        if budget not in rows:
            continue
        a, at = allowances.from_row(vars(rows[budget])), now
        for not_before, kind in touches:
            opening = pacing.opens_at(a, hours, max(at, min(not_before, NEVER)), longest_work_s=work_s)
            if opening.at is None or opening.at > now + (AHEAD + 1) * DAY:
                break
            at = opening.at
            a = pacing.take(a, at, longest_work_s=work_s)
            found.append((kind, at))
    return found


def _today(
    done: Sequence[tuple[str, datetime]], ahead: Sequence[tuple[str, datetime]], hours: Hours, now: datetime
) -> Today | None:
    day = local_day(hours, now)
    start, end = day_start(hours, day), day_start(hours, day + DAY)
    acts = [(kind, at) for kind, at in done if start <= at < end]
    plans = [(kind, at) for kind, at in ahead if start <= at < end]
    opens, closes = _open_part(hours, start, end)
    instants = [at for _, at in (*acts, *plans)]
    if opens is None and not instants:
        return None
    begin = min([*([opens] if opens else []), *instants])
    until = max([*([closes] if closes else []), *instants])
    zone = ZoneInfo(hours.zone)
    begin = _whole_hour(begin, zone)
    until = max(until, begin + timedelta(hours=1))
    marks = [_mark(kind, at, begin, until, ghost=False) for kind, at in acts]
    marks += [_mark(kind, at, begin, until, ghost=True) for kind, at in plans]
    inside = begin <= now <= until
    local = now.astimezone(zone)
    return Today(
        tuple(_hours(begin, until, zone)),
        tuple(marks),
        len(acts),
        len(plans),
        _place(now, begin, until) if inside else "",
        f"{local:%H:%M}",
        f"Today from {begin.astimezone(zone):%H:%M} to {until.astimezone(zone):%H:%M}: {len(acts)} touches done, "
        f"{len(plans)} planned, now {local:%H:%M}",
    )


def _open_part(hours: Hours, start: datetime, end: datetime) -> tuple[datetime | None, datetime | None]:
    """The first and the last working instant of a local day."""
    opens = next_open(hours, start)
    if opens is None or opens >= end:
        return None, None
    day = local_day(hours, opens)
    minutes = hours.week[day.weekday()][-1][1]
    return opens, min(end, day_start(hours, day) + timedelta(minutes=minutes))


def _whole_hour(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    return (local - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)).astimezone(
        UTC
    )


def _hours(begin: datetime, until: datetime, zone: ZoneInfo) -> list[Hour]:
    span = (until - begin) / timedelta(hours=1)
    step = 1 if span <= 10 else 2 if span <= 16 else 3
    found = []
    at = begin
    while at < until - timedelta(minutes=20):
        found.append(Hour(_place(at, begin, until), f"{at.astimezone(zone):%H:%M}"))
        at += timedelta(hours=step)
    return found


def _mark(kind: str, at: datetime, begin: datetime, until: datetime, *, ghost: bool) -> Mark:
    invite = Kind(kind) in INVITES
    return Mark(_place(at, begin, until), "ghost" if ghost else "mark" if invite else "bar", invite)


def _place(at: datetime, begin: datetime, until: datetime) -> str:
    share = (at - begin) / (until - begin)
    return f"{100 * min(max(share, 0), 0.995):.4g}%"


def _weeks(
    sender: Sender,
    row: Allowance | None,
    done: Sequence[tuple[str, datetime]],
    ahead: Sequence[tuple[str, datetime]],
    hours: Hours,
    now: datetime,
) -> Weeks | None:
    if row is None or not row.week_cap or Budget.INVITES not in OF_KIND.get(sender.kind, ()):
        return None
    today = local_day(hours, now)
    sent, planned = (
        _per_day(row, done, hours),
        Counter(local_day(hours, at) for kind, at in ahead if Kind(kind) in INVITES),
    )
    days = [today + n * DAY for n in range(-BACK, AHEAD)]
    weeks = [sum(sent[day - n * DAY] + planned[day - n * DAY] for n in range(7)) for day in days]
    used = pacing.rolling(allowances.from_row(vars(row)), now).week
    highest = max(row.day_cap or 0, *(sent[day] + planned[day] for day in days), 1)
    return Weeks(
        tuple(
            _day(n, day, today, sent[day], planned[day], week, highest, max(row.week_cap, *weeks))
            for n, (day, week) in enumerate(zip(days, weeks, strict=True))
        ),
        row.day_cap or 0,
        row.week_cap,
        used,
    )


def _per_day(row: Allowance, done: Sequence[tuple[str, datetime]], hours: Hours) -> Counter[date]:
    """Invites by local day: of the ring as far as it reaches back, which holds those done by hand too, else of
    touches."""
    ring = [datetime.fromtimestamp(second, UTC) for second in row.ring]
    reach = ring[0] if ring else datetime.max.replace(tzinfo=UTC)
    older = [at for kind, at in done if Kind(kind) in INVITES and at < reach - timedelta(seconds=2)]
    return Counter(local_day(hours, at) for at in (*older, *ring))


def _day(n: int, day: date, today: date, sent: int, planned: int, week: int, highest: int, most: int) -> Day:
    left, wide = 100 * n / (BACK + AHEAD), 100 / (BACK + AHEAD)
    sum_height = 60 * week / most
    sent_height, all_height = 36 * sent / highest, 36 * (sent + planned) / highest
    weekend = day.weekday() >= 5 and not sent and not planned
    label = "Today" if day == today else f"{day:%a}" if weekend else f"{day:%a} {day.day}"
    return Day(
        label=label,
        phone=n % 2 == BACK % 2,
        sent=sent,
        planned=planned,
        week=week,
        ahead=day >= today,
        today=day == today,
        x=f"{left + wide / 4:.4g}%",
        middle=f"{left + wide / 2:.4g}%",
        sum_x=f"{left:.4g}%",
        sum_end=f"{left + wide:.4g}%",
        sum_y=f"{74 - sum_height:.4g}",
        sum_height=f"{sum_height:.4g}",
        sum_label_y=f"{max(74 - sum_height - 5, 9):.4g}",
        sent_y=f"{150 - sent_height:.4g}",
        sent_height=f"{sent_height:.4g}",
        all_y=f"{150 - all_height:.4g}",
        all_height=f"{all_height:.4g}",
        label_y=f"{150 - all_height - 5:.4g}",
    )
