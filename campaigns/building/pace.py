"""How long a number of first touches takes, counted from a sender's caps day by day. Rough on purpose: it knows caps,
working days and what was counted lately, and neither gaps, answers nor refusals."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from outreach.engine.facts import Allowance, Hours
from outreach.engine.windows import day_start, local_day, next_open, open_left

MOST_DAYS = 400
"""Days that are counted forward; what is not done by then has no date."""

_DAY = timedelta(days=1)


def done_on(n: int, allowances: Sequence[Allowance], hours: Hours, start: datetime) -> date | None:
    """The sender's local day on which the last of `n` acts falls, when every day from `start` on uses what its caps
    leave; None when that is beyond MOST_DAYS, or never."""
    opened = next_open(hours, start)
    if opened is None or n <= 0:
        return None
    used = _counted(allowances, hours)
    months = _months(allowances)
    pending = sum(a.outstanding for a in allowances if a.limits.ceiling is not None)
    at, left = opened, n
    for _ in range(MOST_DAYS):
        day = local_day(hours, at)
        room = _room(allowances, hours, at, day, used, months, pending)
        took = min(left, room)
        used[day] += took
        months[day.year * 100 + day.month] += took
        pending += took
        left -= took
        if left <= 0:
            return day
        following = next_open(hours, day_start(hours, day + _DAY))
        if following is None:
            return None
        at = following
    return None


def _room(
    allowances: Sequence[Allowance],
    hours: Hours,
    at: datetime,
    day: date,
    used: Counter[date],
    months: Counter[int],
    pending: int,
) -> int:
    """How many acts this day takes at most."""
    room = 10**9
    for a in allowances:
        limits = a.limits
        if a.rest_until is not None and a.rest_until > at + open_left(hours, at):
            return 0
        if limits.day is not None:
            room = min(room, limits.day - used[day])
        if limits.week is not None:
            room = min(room, limits.week - sum(used[day - n * _DAY] for n in range(7)))
        if limits.month is not None:
            room = min(room, limits.month - months[day.year * 100 + day.month])
        if limits.ceiling is not None:
            room = min(room, limits.ceiling - pending)
        if limits.gap_s:
            room = min(room, 1 + int(open_left(hours, at).total_seconds()) // limits.gap_s)
    return max(0, room)


def _counted(allowances: Sequence[Allowance], hours: Hours) -> Counter[date]:
    """Acts already counted, by local day: of the fullest of the allowances."""
    rings = (Counter(local_day(hours, datetime.fromtimestamp(at, UTC)) for at in a.ring) for a in allowances)
    return max(rings, key=lambda ring: ring.total(), default=Counter())


def _months(allowances: Sequence[Allowance]) -> Counter[int]:
    return Counter({a.month: a.month_used for a in allowances if a.limits.month is not None})
