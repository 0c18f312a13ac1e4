"""The simulator's own clock, in whole milliseconds since 1970 (UTC). Only here is the machine's time read.

Three modes:

- `real`: the wall clock; people take hours and days.
- `accelerated`: every stamp and every limit (rolling day, rolling week, the 21 days after a withdrawal, the 90 days
  of an InMail, monthly grants) stays on the wall clock, but what people and the vendor keep others waiting for
  (accepting, answering, late and repeated webhooks) is divided by the factor. So a rule can never be judged
  differently by the two sides, whose clocks agree, and a demonstration still sees answers within seconds.
- `manual`: starts at a given instant and moves only when told; nothing happens in between.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Mode = Literal["real", "accelerated", "manual"]

HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY


@dataclass(slots=True)
class Clock:
    """What time it is here, and how long a wait lasts."""

    mode: Mode = "real"
    factor: float = 1.0
    at: int = 0

    def now(self) -> int:
        """Milliseconds since 1970. Never runs backwards, even when the machine's clock does."""
        if self.mode != "manual":
            self.at = max(self.at, time.time_ns() // 1_000_000)
        return self.at

    def move(self, at: int) -> None:
        """Set a manual clock forward; an earlier instant leaves it where it is."""
        self.at = max(self.at, at)

    def stretch(self, wait: int) -> int:
        """How long a wait of `wait` milliseconds lasts on this clock."""
        return max(1, int(wait / self.factor)) if self.mode == "accelerated" and wait else wait


def write_instant(at: int) -> str:
    """ISO 8601 in UTC with exactly three decimals, as the vendor writes it."""
    whole, rest = divmod(at, 1000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def read_instant(text: str) -> int:
    """Milliseconds of an ISO 8601 instant with its zone. Raises ValueError with one sentence."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is no ISO 8601 instant; write it like 2026-05-04T09:30:00.000Z.") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone; end it with Z or an offset.")
    return round(moment.timestamp() * 1000)


def month_start(at: int) -> int:
    """Midnight (UTC) of the first day of the month in which `at` lies."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return round(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp() * 1000)


def say_age(at: int, now: int) -> str:
    """Display text such as "3 weeks ago"."""
    minutes = max(0, now - at) // 60_000
    for size, name in (
        (525_600, "year"),
        (43_200, "month"),
        (10_080, "week"),
        (1_440, "day"),
        (60, "hour"),
        (1, "minute"),
    ):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"
