"""Instants and working hours as words. Clock times are in the zone given, which the page names."""

from datetime import UTC, datetime, timedelta, tzinfo

from outreach.engine.facts import Hours
from outreach.engine.kinds import NEVER
from outreach.engine.windows import DAY_MINUTES

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def moment(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """`12:10` today, `Tue 09:14` within six days, `22 Nov 09:14` this year, else `3 Jan 2027`."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    clock = f"{there:%H:%M}"
    days = (there.date() - here.date()).days
    if days == 0:
        return clock
    if 0 < days < 7:
        return f"{_DAYS[there.weekday()]} {clock}"
    if there.year == here.year:
        return f"{there.day} {there:%b} {clock}"
    return f"{there.day} {there:%b %Y}"


def ahead(at: datetime | None, now: datetime) -> str:
    """How long until `at`, rounded: `now`, `in 8 min`, `in 22 h`, `in 3 days`; "" when waiting does not help."""
    if at is None or at >= NEVER:
        return ""
    return f"in {span(at - now)}" if at > now else "now"


def span(length: timedelta) -> str:
    """How long that is, rounded: `8 min`, `22 h`, `3 days`; at least a minute."""
    if length < timedelta(minutes=90):
        return f"{max(round(length / timedelta(minutes=1)), 1)} min"
    if length < timedelta(hours=36):
        return f"{round(length / timedelta(hours=1))} h"
    return f"{round(length / timedelta(days=1))} days"


def hours_words(hours: Hours) -> str:
    """`Mon to Fri 09:00 to 17:30`, `around the clock`, or the days one by one."""
    if all(day == ((0, DAY_MINUTES),) for day in hours.week):
        return "around the clock"
    runs: list[tuple[int, int]] = []
    for day, intervals in enumerate(hours.week):
        if not intervals:
            continue
        if runs and runs[-1][1] == day - 1 and hours.week[runs[-1][0]] == intervals:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return ", ".join(_run(hours, first, last) for first, last in runs) or "no working hours"


def _run(hours: Hours, first: int, last: int) -> str:
    days = _DAYS[first] if first == last else f"{_DAYS[first]} to {_DAYS[last]}"
    spans = " and ".join(f"{_clock(start)} to {_clock(end)}" for start, end in hours.week[first])
    return f"{days} {spans}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
