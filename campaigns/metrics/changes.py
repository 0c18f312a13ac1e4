"""Whether a number is another than before, or only looks so. Pure arithmetic.

A change is told with its likely range, and called one only when chance alone would seldom make it (95 %).
"""

from dataclasses import dataclass
from math import sqrt

from campaigns.metrics.rates import Rate


@dataclass(frozen=True, slots=True)
class Change:
    """`dir`: up, down, or "" when it may be chance; `by`: how much, when it is clear; `words`: the rest."""

    dir: str
    by: str
    words: str


NOTHING = Change("", "", "")


def of_shares(now: Rate, before: Rate) -> Change:
    """From one share to another; the interval of the difference is Newcombe's, of the two Wilson intervals."""
    if not before.n:
        return NOTHING
    was = f"Was {before.words}"
    if not now.n:
        return Change("", "", was)
    low, high = difference(now, before)
    if low <= 0 <= high:
        return Change("", "", f"{was}, no clear change")
    by = (now.share or 0.0) - (before.share or 0.0)
    return Change(
        "up" if by > 0 else "down", f"{_points(by)} points", f"likely {_points(low)} to {_points(high)}. {was}"
    )


def difference(now: Rate, before: Rate) -> tuple[float, float]:
    """The 95 % interval of how much larger the share is than before. Both must have been tried."""
    p, q = now.share or 0.0, before.share or 0.0
    low = p - q - sqrt((p - now.low) ** 2 + (before.high - q) ** 2)
    high = p - q + sqrt((now.high - p) ** 2 + (q - before.low) ** 2)
    return low, high


def of_counts(now: int, before: int, *, days: int, days_before: int) -> Change:
    """From one count of rare things to another, each over so many days."""
    if not now + before:
        return NOTHING
    expected = days / (days + days_before)
    share = Rate(now, now + before)
    if share.low <= expected <= share.high:
        return Change("", "", f"{before:,} before, no clear change")
    return Change("up" if now / (now + before) > expected else "down", f"{now - before:+,}", f"from {before:,}")


def of_doings(now: int, before: int) -> Change:
    """From one count of what we did ourselves to another: that is no chance, and neither good nor bad."""
    if not before:
        return NOTHING
    return Change("", "", f"{now - before:+,} from {before:,}" if now != before else f"As many as before, {before:,}")


def _points(share: float) -> str:
    value = 100 * share
    return f"{value:+.1f}" if abs(value) < 9.95 else f"{value:+.0f}"
