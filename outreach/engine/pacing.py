"""Pacing: the earliest moment at which a sender's allowance has room, and what each act does to the allowance.

Caps are exact over rolling windows. An act counts from its counted instant (the clock inside the gate). The hand-over
may follow up to `D_SECONDS` later and the provider may work on it for `longest_work_s` more, so a window is longer than
its name by that slack: wherever in it the provider's clock puts each act, no 24 hours, 7 days or UTC month holds more
than the cap. For the same reason no monthly allowance is used in the last slack of a UTC month.

Instants are timezone-aware; rings hold epoch seconds rounded up, so rounding can only delay.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from outreach.engine.decisions import Opening
from outreach.engine.facts import Allowance, Hours
from outreach.engine.kinds import Budget
from outreach.engine.windows import after_working, day_start, local_day, next_open, open_left, why_closed

D_SECONDS = 60
"""Hand-over deadline: a touch not handed to the connector this long after its counted instant is not made."""

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS

_TICK = 1
"""One second more than a window, so that a provider that counts both ends of it still sees no more than the cap."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What is used up: acts of the last 24 hours, the last 7 days, this UTC month, and units in use now."""

    day: int
    week: int
    month: int
    pending: int


def slack_s(longest_work_s: int) -> int:
    """Seconds by which a provider may see an act later than we count it. Raises ValueError when out of range."""
    if not 0 <= longest_work_s <= DAY_SECONDS:
        raise ValueError(f"longest_work_s must be from 0 to {DAY_SECONDS} seconds, not {longest_work_s}.")
    return D_SECONDS + longest_work_s


def opens_at(a: Allowance, hours: Hours, now: datetime, *, longest_work_s: int) -> Opening:
    """The earliest instant from `now` on at which the allowance has room for one more act, and what binds.

    The cause is the rule that asks for the latest instant before that instant is moved into working hours (the order
    of heed on a tie: month, week, day, rest, gap); `outside_hours` or `holiday` only when no such rule binds; "" when
    there is room now. `at` is None when waiting does not help: a full ceiling, a cap of 0, hours without an opening.
    """
    slack = slack_s(longest_work_s)
    if never := _never(a, now):
        return Opening(None, never)
    at, cause = now.astimezone(UTC), ""
    for bound, name in _bounds(a, hours, slack):
        if bound > at:
            at, cause = bound, name
    while True:
        free = _out_of_month_end(at, slack) if a.limits.month is not None else at
        if free > at and not cause:
            cause = "month_cap"
        opened = next_open(hours, free)
        if opened is None:
            return Opening(None, why_closed(hours, free))
        if opened > free and not cause:
            cause = why_closed(hours, free)
        if opened == at:
            return Opening(at, cause)
        at = opened  # moving into hours may reach the end of a month, leaving that may reach a closed hour


def fits(allowances: Sequence[Allowance], hours: Hours, now: datetime, *, longest_work_s: int) -> Opening:
    """The earliest instant from `now` on at which all the allowances have room at once, and what binds.

    No allowances at all leave only the working hours. A single None makes the answer None.
    """
    at, cause = now.astimezone(UTC), ""
    if not allowances:
        opened = next_open(hours, at)
        return Opening(opened, "" if opened == at else why_closed(hours, at))
    while True:
        openings = [opens_at(a, hours, at, longest_work_s=longest_work_s) for a in allowances]
        for opening in openings:
            if opening.at is None:
                return opening
        latest = max(openings, key=_when)
        if _when(latest) == at:
            return Opening(at, cause)
        at, cause = _when(latest), cause or latest.cause


def take(a: Allowance, now: datetime, *, longest_work_s: int) -> Allowance:
    """The allowance after an act counted at `now`. Looks at no cap: ask `opens_at` first, under the same lock.

    Drops what no window reaches any more, and keeps a day beyond that: a connector that declares longer work tomorrow
    still finds its window whole.
    """
    taken = _count(a, _second(now))
    reach = WEEK_SECONDS + slack_s(longest_work_s) + _TICK + DAY_SECONDS
    return replace(taken, ring=taken.ring[bisect_right(taken.ring, _second(now) - reach) :])


def counted_second(at: datetime) -> int:
    """The epoch second under which a ring holds an act of this instant."""
    return _second(at)


def give_back(a: Allowance, counted: int) -> Allowance:
    """The allowance without the act counted at that epoch second. For guided touches only, that never left the house:
    what may have reached a provider stays counted. Raises ValueError when no such act is counted."""
    if a.budget is Budget.PENDING:
        return lower(a)
    at = bisect_left(a.ring, counted)
    if at == len(a.ring) or a.ring[at] != counted:
        raise ValueError(f"The {a.budget} allowance counts no act at {counted}; nothing to give back.")
    month_used = a.month_used - (a.month == _month(counted))
    given = replace(a, ring=a.ring[:at] + a.ring[at + 1 :], month_used=month_used)
    return given if a.limits.ceiling is None else lower(given)


def lower(a: Allowance) -> Allowance:
    """One unit fewer in use. Raises ValueError when none is: the same end was told twice."""
    if a.outstanding <= 0:
        raise ValueError(f"The {a.budget} allowance has no unit in use; it must not be lowered twice.")
    return replace(a, outstanding=a.outstanding - 1)


def rest(a: Allowance, until: datetime) -> Allowance:
    """No act before `until`. A longer rest that already holds stays."""
    return a if a.rest_until is not None and a.rest_until >= until else replace(a, rest_until=until)


def seen_by_hand(a: Allowance, at: datetime) -> Allowance:
    """The allowance after an act that the person did by hand at `at`: it counts at its own time."""
    return _count(a, _second(at))


def rolling(a: Allowance, now: datetime) -> Usage:
    """What is used up at `now`, for display: the law's windows without their slack."""
    end = _second(now)
    day, week = (len(a.ring) - bisect_right(a.ring, end - width) for width in (DAY_SECONDS, WEEK_SECONDS))
    return Usage(day, week, a.month_used if a.month == _month(end) else 0, a.outstanding)


def _when(opening: Opening) -> datetime:
    assert opening.at is not None
    return opening.at


def _never(a: Allowance, now: datetime) -> str:
    """The cause when no waiting gives room, else ""."""
    limits = a.limits
    if limits.ceiling is not None and a.outstanding >= limits.ceiling:
        return "pending_ceiling"
    if limits.month == 0:
        return "month_cap"
    if limits.week == 0:
        return "week_cap"
    if limits.day == 0 and not _paused_by_health(a, now):
        return _day_cause(a)
    return ""


def _paused_by_health(a: Allowance, now: datetime) -> bool:
    """A pause by health is a day cap of 0 that ends with the rest; after it the cap is set anew."""
    return a.limits.day == 0 and a.limits.reason == "health" and a.rest_until is not None and a.rest_until > now


def _day_cause(a: Allowance) -> str:
    return a.limits.reason if a.limits.reason in ("warm_up", "health") else "day_cap"


def _bounds(a: Allowance, hours: Hours, slack: int) -> list[tuple[datetime, str]]:
    """Instants before which a rule allows no act, with the rule, in the order of heed."""
    limits, ring = a.limits, a.ring
    bounds: list[tuple[datetime, str]] = []
    if limits.month is not None and a.month_used >= limits.month:
        bounds.append((_month_after(a.month), "month_cap"))
    if limits.week and len(ring) >= limits.week:
        bounds.append((_instant(ring[-limits.week] + WEEK_SECONDS + slack + _TICK), "week_cap"))
    if limits.day and len(ring) >= limits.day:
        bounds.append((_instant(ring[-limits.day] + DAY_SECONDS + slack + _TICK), _day_cause(a)))
    if a.rest_until is not None:
        bounds.append((a.rest_until.astimezone(UTC), "health" if limits.day == 0 else "limit_rest"))
    if ring:
        bounds.append((_after_gap(a, hours), "gap"))
    return bounds


def _after_gap(a: Allowance, hours: Hours) -> datetime:
    """The end of the gap after the newest act.

    Spread: what is left of the local day's working time is shared by the acts left of its cap and the one just done,
    so a full day's acts stand evenly from the first to one share before closing. The share is of the local day, not of
    the rolling window: a steady sender always has a full window, and would wait for ever on its own past.
    """
    last = _instant(a.ring[-1])
    gap = last + timedelta(seconds=a.limits.gap_s)
    if not a.limits.spread or not a.limits.day:
        return gap
    today = len(a.ring) - bisect_left(a.ring, _second(day_start(hours, local_day(hours, last))))
    shares = max(a.limits.day - today, 0) + 1
    share = timedelta(seconds=ceil(open_left(hours, last).total_seconds() / shares))
    return max(gap, after_working(hours, last, share))


def _count(a: Allowance, counted: int) -> Allowance:
    if a.budget is Budget.PENDING:  # a counter: no ring, no month
        return replace(a, outstanding=a.outstanding + 1)
    month, used = a.month, a.month_used
    if _month(counted) > month:
        month, used = _month(counted), 0
    used += _month(counted) == month
    ring = list(a.ring)
    insort(ring, counted)
    outstanding = a.outstanding + (a.limits.ceiling is not None)
    return replace(a, ring=tuple(ring), month=month, month_used=used, outstanding=outstanding)


def _second(at: datetime) -> int:
    """Epoch seconds, rounded up."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; pass an aware datetime.")
    return int(at.replace(microsecond=0).timestamp()) + (at.microsecond > 0)


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _month(second: int) -> int:
    """The UTC month as YYYYMM."""
    at = _instant(second)
    return at.year * 100 + at.month


def _month_after(month: int) -> datetime:
    year, number = divmod(month, 100)
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _out_of_month_end(at: datetime, slack: int) -> datetime:
    """`at`, or the start of the next UTC month when an act at `at` might be seen only then."""
    turn = _month_after(at.year * 100 + at.month)
    return turn if at >= turn - timedelta(seconds=slack) else at
