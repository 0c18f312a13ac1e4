"""The caps in force for each allowance of a sender: the defaults, the plan's terms, warm-up, health, a member's wish.

Numbers come from what providers and practitioners publish; those that a plan sets are rows of that plan and arrive
as `Terms`. The lowest of all that speak holds; `Limits.reason` names the one that set the day cap.
"""

from dataclasses import dataclass
from types import MappingProxyType

from outreach.engine.facts import Limits, Terms
from outreach.engine.kinds import Budget


@dataclass(frozen=True, slots=True)
class Default:
    """One row of the table. `day`: acts in any 24 hours; `day_ceiling`: the most a member may ask for; `gap_s`: least
    seconds between two acts; `spread`: whether the acts may be shared out over the working day."""

    day: int | None
    day_ceiling: int | None
    gap_s: int
    spread: bool


DEFAULTS = MappingProxyType(
    {
        Budget.INVITES: Default(day=20, day_ceiling=40, gap_s=90, spread=True),
        Budget.PENDING: Default(day=None, day_ceiling=None, gap_s=0, spread=False),
        Budget.NOTES_MONTH: Default(day=None, day_ceiling=None, gap_s=0, spread=False),
        Budget.MESSAGES: Default(day=50, day_ceiling=150, gap_s=20, spread=True),
        Budget.OPEN_INMAIL: Default(day=30, day_ceiling=50, gap_s=60, spread=True),
        Budget.INMAIL: Default(day=30, day_ceiling=50, gap_s=60, spread=True),
        Budget.ENGAGEMENT: Default(day=100, day_ceiling=100, gap_s=30, spread=True),
        Budget.MAIL: Default(day=50, day_ceiling=200, gap_s=30, spread=True),
        Budget.WHATSAPP: Default(day=50, day_ceiling=100, gap_s=20, spread=True),
        Budget.PROFILE_READS: Default(day=80, day_ceiling=150, gap_s=0, spread=False),
    }
)
"""Where the numbers come from.

- Invites: 20–25 a day for an established sender, 30–40 for a strong one (LinkedAPI; PhantomBuster 15–25); 90 s apart is
  a practitioners' floor. The week comes from the plan: about 100 by default, about 200 at most (Unipile).
- Messages: 50 a day is what new accounts are told, 100–150 others (LinkedAPI, Unipile); 20 s apart (Unipile).
- InMail and free InMail: 30–50 a day (Unipile); free InMail's month comes from the plan (about 800, Unipile).
- Engagement: 100 other calls a day (Unipile). Profile reads: 80–100 a day, 150 on Sales Navigator (Unipile).
- E-mail and WhatsApp: 50 a day per mailbox or number are ours; WhatsApp 10–20 s apart (Unipile).
- Gaps of InMail, engagement and e-mail are ours. Profile reads need none: each comes with a touch that has its own.
No week cap beside the invites': seven windows of 24 hours already bound any 7 days.
"""

PENDING_CEILING = 700
"""Pending invites at which no more are sent (LinkedAPI 700; others say 1,000)."""

PENDING_WARN = 500
"""Pending invites from which the sender's page warns (LinkedAPI and others)."""

WARM_UP_DAYS = (5, 5, 10, 15)
"""Invites a day by week of a new sender, then the plan's default: the common four-week ramp, taken low."""

HEALTH_PAUSE_DAYS = 7
"""How long invites pause after too few were accepted."""

HEALTH_STEP = min(WARM_UP_DAYS) // 2
"""Invites a day in the week after a health pause: half the lowest step of the warm-up."""


def in_force(
    budget: Budget,
    terms: Terms,
    *,
    age_days: int | None = None,
    day_override: int | None = None,
    week_override: int | None = None,
    health_days: int | None = None,
    spread: bool = True,
) -> Limits:
    """The caps of one allowance today.

    `age_days`: whole days since the sender's warm-up began, None = established.
    `day_override`, `week_override`: what a member chose, bounded by the table's and the plan's ceilings.
    `health_days`: whole days since the last pause by health began, None = never paused. A week of pause (cap 0, to be
    held together with a rest until its end, so that it has an end to show), a week of half the lowest step, then the
    warm-up once more.
    `spread`: the sender's acts are to be shared over the working day.
    Raises ValueError for a negative number.
    """
    for name, number in (("age_days", age_days), ("day_override", day_override), ("week_override", week_override)):
        _refuse_negative(name, number)
    _refuse_negative("health_days", health_days)
    default = DEFAULTS[budget]
    day, reason = _day(budget, terms, day_override), "plan" if day_override is None else "member"
    week = month = ceiling = None
    if budget is Budget.INVITES:
        week = min(terms.invites_week if week_override is None else week_override, terms.invites_week_ceiling)
        for step, why in ((ramp(age_days), "warm_up"), (after_pause(health_days), "health")):
            if step is not None and (day is None or step < day):
                day, reason = step, why
    elif budget is Budget.NOTES_MONTH:
        month = terms.notes_month
    elif budget is Budget.OPEN_INMAIL:
        month = terms.open_month
    elif budget is Budget.PENDING:
        ceiling = PENDING_CEILING
    return Limits(
        day=day,
        week=week,
        month=month,
        ceiling=ceiling,
        gap_s=default.gap_s,
        spread=spread and default.spread,
        reason=reason,
    )


def ramp(days: int | None) -> int | None:
    """Invites a day on that day of the warm-up; None when it is over or was never needed."""
    if days is None or days >= 7 * len(WARM_UP_DAYS):
        return None
    return WARM_UP_DAYS[days // 7]


def after_pause(days: int | None) -> int | None:
    """Invites a day that many days after a pause by health began; None when its effect is over."""
    if days is None:
        return None
    if days < HEALTH_PAUSE_DAYS:
        return 0
    if days < HEALTH_PAUSE_DAYS + 7:
        return HEALTH_STEP
    return ramp(days - HEALTH_PAUSE_DAYS - 7)


def _day(budget: Budget, terms: Terms, override: int | None) -> int | None:
    default = DEFAULTS[budget]
    if budget is Budget.INMAIL and not terms.inmail:
        return 0
    if override is None or default.day_ceiling is None:
        return default.day
    return min(override, default.day_ceiling)


def _refuse_negative(name: str, number: int | None) -> None:
    if number is not None and number < 0:
        raise ValueError(f"{name} must be 0 or more, not {number}.")
