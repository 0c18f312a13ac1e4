"""Working hours: when a sender may act, in its own zone, over clock changes and days off.

Hours are wall time. A wall time names one instant: the first at which the local clock shows it or later. So a time that
does not exist (the clock jumps over it) moves forward to the jump, and a time that comes twice (the clock goes back)
counts the first time only. An interval that spans a change is simply an hour shorter or longer.

Instants that come in are timezone-aware; instants that go out are UTC.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outreach.engine.facts import Hours, Minutes

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Keys of the JSON form, in the order of `Hours.week`."""

DAY_MINUTES = 1440
HORIZON_DAYS = 400
"""How many days ahead an opening is looked for; hours with none are treated as closed for good."""

SHARED_WITHIN = timedelta(days=28)
"""Two clocks that share no working hour within this time are taken to share none."""

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_DAY = timedelta(days=1)
_NOTHING = timedelta()

Span = tuple[datetime, datetime]
"""Open from the first instant (inside) to the second (outside), both UTC."""


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether `at` lies in working hours. The start of an interval is inside, its end is outside."""
    return any(start <= at < end for start, end in _spans_of(hours, local_day(hours, at)))


def next_open(hours: Hours, at: datetime) -> datetime | None:
    """The first instant at or after `at` in working hours; None when there is none within 400 days."""
    if not any(hours.week):
        return None
    first = local_day(hours, at)
    for ahead in range(HORIZON_DAYS + 1):
        for start, end in _spans_of(hours, first + ahead * _DAY):
            if at < end:
                return max(at.astimezone(UTC), start)
    return None


def next_shared(hours: Hours, zone: str, at: datetime) -> tuple[datetime | None, bool]:
    """The first instant at or after `at` in working hours on the sender's clock and on the clock of `zone` as well.

    The same week is read on both clocks; days off are the sender's alone. The second value says whether the two meet
    within four weeks: when they never do, the sender's hours alone count.
    """
    theirs = Hours(zone, hours.week)
    here = next_open(hours, at)
    while here is not None and here - at <= SHARED_WITHIN:
        there = next_open(theirs, here)
        if there is None:
            break
        if there == here:
            return here, True
        here = next_open(hours, there)
    return next_open(hours, at), False


def closes_at(hours: Hours, at: datetime) -> datetime:
    """The end of the run of working time that contains `at`, at most the end of the local day.

    Intervals that touch are one run. Raises ValueError when `at` is outside working hours.
    """
    for start, end in _spans_of(hours, local_day(hours, at)):
        if start <= at < end:
            return end
    raise ValueError(f"{at.isoformat()} is outside working hours; ask is_open first.")


def local_day(hours: Hours, at: datetime) -> date:
    """The sender's calendar day at `at`."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; pass an aware datetime.")
    return at.astimezone(_zone(hours.zone)).date()


def day_start(hours: Hours, day: date) -> datetime:
    """The first instant of a local day."""
    return _instant(hours.zone, day, 0)


def open_left(hours: Hours, at: datetime) -> timedelta:
    """How much working time the local day still has from `at` on."""
    spans = _spans_of(hours, local_day(hours, at))
    return sum((end - max(start, at) for start, end in spans if end > at), _NOTHING)


def after_working(hours: Hours, at: datetime, working: timedelta) -> datetime:
    """The instant when `working` of working time has passed since `at`, within the local day.

    When the local day has no more than that left, the end of its last interval (`at` when nothing is left).
    """
    end = at.astimezone(UTC)
    for start, until in _spans_of(hours, local_day(hours, at)):
        if until <= at:
            continue
        begin = max(start, at.astimezone(UTC))
        if working < until - begin:
            return begin + working
        working -= until - begin
        end = until
    return end


def why_closed(hours: Hours, at: datetime) -> Literal["outside_hours", "holiday"]:
    """What keeps `at` closed: `holiday` when a day off takes working time that would still have come that day."""
    day = local_day(hours, at)
    if day in hours.days_off:
        spans = _spans(hours.zone, hours.week[day.weekday()], day)
        if any(at < end for _start, end in spans):
            return "holiday"
    return "outside_hours"


def ROUND_THE_CLOCK(zone: str) -> Hours:
    """Every hour of every day."""
    _known_zone(zone)
    return Hours(zone=zone, week=(((0, DAY_MINUTES),),) * 7)


def parse_hours(value: object, *, zone: str = "", days_off: Iterable[date] = ()) -> Hours:
    """Hours from their JSON form: `{"mon": [["09:00", "17:30"]], …}`; a day that is not named is free.

    The object may also carry `"zone"` (an IANA name) and `"days_off"` (ISO dates); the arguments are for callers that
    keep those elsewhere: a given `zone` goes before the object's, days off are added up. Intervals are sorted, those
    that touch stay apart. Raises ValueError with one sentence that says what to change.
    """
    if not isinstance(value, Mapping):
        raise ValueError('Working hours must be an object of days, for example {"mon": [["09:00", "17:30"]]}.')
    for key in value:
        if key not in (*DAYS, "zone", "days_off"):
            raise ValueError(f"Working hours do not know the day {key!r}; use mon, tue, wed, thu, fri, sat or sun.")
    named = zone or value.get("zone")
    if not isinstance(named, str) or not named:
        raise ValueError('Working hours need a time zone, for example "Europe/Berlin".')
    _known_zone(named)
    week = tuple(_parse_day(name, value.get(key, [])) for key, name in zip(DAYS, _NAMES, strict=True))
    off = frozenset(days_off) | frozenset(_parse_days_off(value.get("days_off", [])))
    return Hours(zone=named, week=week, days_off=off)


def dump_hours(hours: Hours) -> dict[str, object]:
    """The JSON form that `parse_hours` reads: zone, the days that have hours, and days off when there are any."""
    dumped: dict[str, object] = {"zone": hours.zone}
    for key, intervals in zip(DAYS, hours.week, strict=True):
        if intervals:
            dumped[key] = [[_clock(start), _clock(end)] for start, end in intervals]
    if hours.days_off:
        dumped["days_off"] = [day.isoformat() for day in sorted(hours.days_off)]
    return dumped


def _parse_day(name: str, value: object) -> tuple[Minutes, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f'{name} must be a list of intervals, for example [["09:00", "17:30"]].')
    intervals = sorted(_parse_interval(name, pair) for pair in value)
    for (_, end), (start, _) in pairwise(intervals):
        if start < end:
            raise ValueError(f"{name} has intervals that overlap at {_clock(start)}; make them one or move them apart.")
    return tuple(intervals)


def _parse_interval(name: str, value: object) -> Minutes:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f'{name}: each interval needs a start and an end, for example ["09:00", "17:30"].')
    start, end = (_parse_clock(name, text) for text in value)
    if start >= end:
        raise ValueError(f"{name}: {_clock(start)} to {_clock(end)} must end after it starts; split it at midnight.")
    return start, end


def _parse_clock(name: str, text: object) -> int:
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise ValueError(f"{name}: {text!r} is no time of day; write it as HH:MM from 00:00 to 24:00.")
    return int(text[:2]) * 60 + int(text[3:])


def _parse_days_off(value: object) -> Iterator[date]:
    if not isinstance(value, list | tuple):
        raise ValueError('Days off must be a list of dates, for example ["2027-12-24"].')
    for text in value:
        try:
            yield date.fromisoformat(text)
        except (TypeError, ValueError):
            raise ValueError(f"{text!r} is no date for a day off; write it as YYYY-MM-DD.") from None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _known_zone(name: str) -> None:
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'{name!r} is no known time zone; use an IANA name such as "Europe/Berlin".') from None


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _spans_of(hours: Hours, day: date) -> tuple[Span, ...]:
    intervals = hours.week[day.weekday()]
    if not intervals or day in hours.days_off:
        return ()
    return _spans(hours.zone, intervals, day)


@lru_cache(maxsize=8192)
def _spans(zone: str, intervals: tuple[Minutes, ...], day: date) -> tuple[Span, ...]:
    """The day's working time as instants, oldest first, runs merged, without the ones a clock change swallowed."""
    spans: list[Span] = []
    for start_minute, end_minute in sorted(intervals):
        start, end = _instant(zone, day, start_minute), _instant(zone, day, end_minute)
        if spans and start <= spans[-1][1]:
            start, end = spans[-1][0], max(end, spans[-1][1])
            spans.pop()
        if start < end:
            spans.append((start, end))
    return tuple(spans)


def _instant(zone: str, day: date, minute: int) -> datetime:
    """The first instant at which the clock of `zone` shows that minute of that day, or later."""
    if minute == DAY_MINUTES:
        day, minute = day + _DAY, 0
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    tz = _zone(zone)
    at = wall.replace(tzinfo=tz).astimezone(UTC)
    if at.astimezone(tz).replace(tzinfo=None) == wall:
        return at
    # The clock jumps over this time. The jump lies between the two readings of it; find it to the second.
    before, after = wall.replace(tzinfo=tz, fold=1).astimezone(UTC), at
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(tz).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after
