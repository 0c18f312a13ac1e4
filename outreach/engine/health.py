"""Health of a sender: is it liked enough to go on, and how long does it rest after the provider said "limit"?

Thresholds: acceptance below 25 % over the last 50 is the practitioners' line for a pause (throttling is said to begin
under 30 %). A rest of a day, then of a week, follows LinkedIn's help: a first restriction lasts hours, repeated ones
days to a week. 13 % over 100 InMails in 14 days is LinkedIn Recruiter's response-rate policy; other plans only see it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Literal

from outreach.engine.limits import HEALTH_PAUSE_DAYS

JUDGED_AFTER = timedelta(days=7)
"""An invite counts for health once it is older than this: younger ones may still be accepted."""

JUDGED_LAST = 50
"""How many of the newest judged invites count."""

ACCEPTANCE_FLOOR = 0.25
"""Invites pause when even the upper bound of acceptance is below this share."""

LIMIT_REST = timedelta(hours=24)
LIMIT_REST_AGAIN = timedelta(days=7)
"""The rest when a second limit answer comes within this same time of the first."""

RESPONSE_WINDOW = timedelta(days=14)
RESPONSE_LEAST = 100
"""Fewer InMails than this in the window say nothing."""
RESPONSE_AMBER = 0.20
RESPONSE_RED = 0.13

_Z = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Health:
    """`upper`: the share that acceptance is at most, with 95 % confidence. `words`: the finding for the page."""

    state: Literal["ok", "paused"]
    upper: float
    words: str


@dataclass(frozen=True, slots=True)
class ResponseRate:
    """`rate`: None while there are too few InMails to say."""

    state: Literal["unknown", "good", "amber", "red"]
    rate: float | None
    words: str


def wilson_upper(hits: int, n: int) -> float:
    """Upper end of the Wilson score interval (95 %) of a share of `hits` in `n`; 1.0 when nothing was seen.

    Raises ValueError unless 0 <= hits <= n.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share; give 0 to {max(n, 0)} hits.")
    if n == 0:
        return 1.0
    share, z2 = hits / n, _Z * _Z
    centre = share + z2 / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return min(1.0, (centre + spread) / (1 + z2 / n))


def invite_health(accepted: int, n: int) -> Health:
    """Whether invites go on: `accepted` of the last `n` judged ones, at most 50, sent since the last pause.

    Raises ValueError when the numbers are no share or n is above 50.
    """
    if n > JUDGED_LAST:
        raise ValueError(f"Health looks at the last {JUDGED_LAST} invites, not {n}; leave out the older ones.")
    upper = wilson_upper(accepted, n)
    if n == 0:
        return Health("ok", upper, "No invite is old enough to judge yet.")
    seen = f"{accepted} of the last {n} invites {'was' if accepted == 1 else 'were'} accepted"
    if upper < ACCEPTANCE_FLOOR:
        return Health(
            "paused",
            upper,
            f"{seen}, at most {upper:.1%} with confidence; below {ACCEPTANCE_FLOOR:.0%} invites pause for "
            f"{HEALTH_PAUSE_DAYS} days and start again slowly.",
        )
    return Health("ok", upper, f"{seen}, {accepted / n:.0%}.")


def resumes_at(paused_at: datetime) -> datetime:
    """When invites go on by themselves after a pause by health."""
    return paused_at + timedelta(days=HEALTH_PAUSE_DAYS)


def after_limit_answer(previous_limit_at: datetime | None, now: datetime) -> datetime:
    """Until when an allowance rests after a limit answer at `now`: a day, or a week when it is the second in 7 days."""
    again = previous_limit_at is not None and now - previous_limit_at <= LIMIT_REST_AGAIN
    return now + (LIMIT_REST_AGAIN if again else LIMIT_REST)


def response_rate(answered: int, n: int) -> ResponseRate:
    """The share of InMails, free ones too, of the last 14 days that were answered. An indicator: it stops nothing.

    Raises ValueError unless 0 <= answered <= n.
    """
    if not 0 <= answered <= n:
        raise ValueError(f"{answered} of {n} is no share; give 0 to {max(n, 0)} answers.")
    if n < RESPONSE_LEAST:
        return ResponseRate(
            "unknown", None, f"{answered} of {n} InMails answered; the rate is judged from {RESPONSE_LEAST}."
        )
    rate = answered / n
    seen = f"{answered} of {n} InMails of the last {RESPONSE_WINDOW.days} days were answered, {rate:.0%}"
    if rate < RESPONSE_RED:
        return ResponseRate("red", rate, f"{seen}; below {RESPONSE_RED:.0%} LinkedIn Recruiter limits bulk sending.")
    if rate < RESPONSE_AMBER:
        return ResponseRate("amber", rate, f"{seen}; below {RESPONSE_AMBER:.0%} is weak.")
    return ResponseRate("good", rate, f"{seen}.")
