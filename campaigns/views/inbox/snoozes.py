"""Until when a conversation may sleep: moments worth choosing, exact, in the zone of the member who chooses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_date, parse_datetime, parse_time

MORNING = time(9)
LATER = timedelta(hours=3)
LATEST = time(20)
"""What is later than this is no longer today."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`words`: what it is called; `at`: the instant."""

    key: str
    words: str
    at: datetime


def choices(now: datetime, zone: ZoneInfo) -> list[Choice]:
    """The moments, the soonest first; of two names of one moment the plainer one."""
    here = now.astimezone(zone)
    soon = here + LATER
    soon = (soon + timedelta(minutes=30 - soon.minute % 30)).replace(second=0, microsecond=0)
    monday = 7 - here.weekday()
    found = [Choice(key, words, morning(now, zone, days)) for key, words, days in _days(monday)]
    if soon.date() == here.date() and soon.time() <= LATEST:
        found.append(Choice("later", "Later today", soon.astimezone(UTC)))
    once = {one.at: one for one in reversed(found)}
    return sorted(once.values(), key=lambda one: one.at)


def _days(monday: int) -> list[tuple[str, str, int]]:
    return [
        ("1", "Tomorrow", 1),
        ("monday", "On Monday", monday),
        ("3", "In 3 days", 3),
        ("7", "In a week", 7),
        ("30", "In a month", 30),
    ]


def morning(now: datetime, zone: ZoneInfo, days: int) -> datetime:
    """That many days on, in the morning there."""
    return _instant(now.astimezone(zone).date() + timedelta(days=days), MORNING, zone)


def read(until: str, on: str, at: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant that a form names: one of the choices by its key or its instant, or a day with a time of day. None
    when it names none."""
    for one in choices(now, zone):
        if until == one.key:
            return one.at
    try:
        said = parse_datetime(until) if until else None
        day = parse_date(on) if on else None
        clock = parse_time(at) if at else MORNING
    except ValueError:
        return None
    if said is not None:
        return said.astimezone(UTC) if said.tzinfo and 2000 < said.year < 9000 else None
    return _instant(day, clock, zone) if day and clock and 2000 < day.year < 9000 else None


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock.replace(tzinfo=None), zone).astimezone(UTC)
