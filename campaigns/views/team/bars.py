"""How long replies took, and what credits did week by week, as drawings. Geometry here, paint in classes; the table
beneath each has the same numbers."""

from dataclasses import dataclass
from datetime import date, timedelta

from campaigns.metrics.spending import Week
from campaigns.metrics.timing import DELAYS, Replies
from campaigns.views.moments import span
from campaigns.views.team.asked import Asked
from campaigns.views.team.numbers import Number, number

HIGH, BASE = 78, 104
ZERO, UP, DOWN = 40, 24, 72
MOST_WEEKS = 14
"""So many weeks are drawn at most, the newest; the table has them all."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """Replies that took so long. `middle`: half of all replies are here or before."""

    label: str
    replies: Number
    x: str
    width: str
    at: str
    y: str
    height: str
    above: str
    middle: bool


@dataclass(frozen=True, slots=True)
class Delays:
    """`median` in words, "" when nobody replied."""

    bars: tuple[Delayed, ...]
    median: str


def delays(asked: Asked, found: Replies) -> Delays:
    """Human replies by how long they took."""
    most = max(found.counts.values())
    every, so_far, bars = sum(found.counts.values()), 0, []
    for n, (name, delay) in enumerate(DELAYS.items()):
        count = found.counts[name]
        height = HIGH * count / max(most, 1)
        wide = 100 / len(DELAYS)
        bars.append(
            Delayed(
                label=delay.label,
                replies=number(asked, count, name),
                x=f"{(n + 0.09) * wide:.4g}%",
                width=f"{0.82 * wide:.4g}%",
                at=f"{(n + 0.5) * wide:.4g}%",
                y=f"{BASE - height:.4g}",
                height=f"{height:.4g}",
                above=f"{BASE - height - 5:.4g}",
                middle=so_far < every / 2 <= so_far + count,
            )
        )
        so_far += count
    return Delays(tuple(bars), span(found.median) if found.median is not None else "")


@dataclass(frozen=True, slots=True)
class Credited:
    """A week's credits: returned above the line, spent and expired below it."""

    label: str
    granted: Number
    spent: Number
    returned: Number
    expired: Number
    x: str
    width: str
    at: str
    returned_y: str
    returned_height: str
    returned_above: str
    spent_height: str
    expired_y: str
    expired_height: str
    below: str


@dataclass(frozen=True, slots=True)
class Weeks:
    """`bars`: every week with a movement, the oldest first; `drawn`: those of the drawing, the last weeks."""

    bars: tuple[Credited, ...]
    drawn: tuple[Credited, ...]


def weeks(asked: Asked, found: list[Week]) -> Weeks:
    """What credits did week by week. Weeks in which none moved are drawn empty, so that distance is time."""
    by = {week.first: week for week in found}
    first = min(by, default=asked.cut.first)
    firsts = [first + timedelta(weeks=n) for n in range((max(by, default=first) - first).days // 7 + 1)] if by else []
    all_weeks = [by.get(day) or Week(day, 0, 0, 0, 0) for day in firsts]
    drawn = all_weeks[-MOST_WEEKS:]
    most_up = max((week.returned for week in drawn), default=0)
    most_down = max((week.spent + week.expired for week in drawn), default=0)
    scale = min(UP / max(most_up, 1), DOWN / max(most_down, 1))
    begin = len(all_weeks) - len(drawn)
    made = [_week(asked, n - begin, len(drawn), week, scale) for n, week in enumerate(all_weeks)]
    return Weeks(tuple(one for one, week in zip(made, all_weeks, strict=True) if week.first in by), tuple(made[begin:]))


def _week(asked: Asked, n: int, columns: int, week: Week, scale: float) -> Credited:
    wide = 100 / columns
    up, spent, expired = week.returned * scale, week.spent * scale, week.expired * scale
    days = {"first": max(week.first, asked.cut.first), "last": min(week.first + timedelta(days=6), asked.cut.last)}
    return Credited(
        label=_words(week.first),
        granted=number(asked, week.granted, "granted", **days),
        spent=number(asked, week.spent, "spent", **days),
        returned=number(asked, week.returned, "returned", **days),
        expired=number(asked, week.expired, "expired", **days),
        x=f"{(n + 0.22) * wide:.4g}%",
        width=f"{0.56 * wide:.4g}%",
        at=f"{(n + 0.5) * wide:.4g}%",
        returned_y=f"{ZERO - up:.4g}",
        returned_height=f"{up:.4g}",
        returned_above=f"{ZERO - up - 4:.4g}",
        spent_height=f"{spent:.4g}",
        expired_y=f"{ZERO + 1 + spent + (1 if expired else 0):.4g}",
        expired_height=f"{expired:.4g}",
        below=f"{ZERO + spent + expired + 14:.4g}",
    )


def _words(day: date) -> str:
    return f"{day.day} {day:%b}"
