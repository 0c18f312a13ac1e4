"""Renewal periods of a plan: which one an instant is in, and which are still to be granted."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta


def key(renewal: str, now: datetime, anchor_day: int = 1) -> str:
    """The first day (UTC) of the renewal period that holds `now`, as 2027-03-01: the key of its one grant.

    `renewal`: "month" (first of the calendar month) or "anniversary" (`anchor_day` of the billing cycle, 1 to 31; in a
    shorter month its last day). Raises ValueError for another renewal or day.
    """
    return _period_start(renewal, now.astimezone(UTC).date(), anchor_day).isoformat()


def due(last_key: str | None, renewal: str, now: datetime, anchor_day: int = 1) -> tuple[str, ...]:
    """Periods to grant now, oldest first, each once: those begun after `last_key`, or the current one when None."""
    start = _period_start(renewal, now.astimezone(UTC).date(), anchor_day)
    if not last_key:
        return (start.isoformat(),)
    keys: list[str] = []
    while start.isoformat() > last_key:
        keys.append(start.isoformat())
        start = _period_start(renewal, start - timedelta(days=1), anchor_day)
    return tuple(reversed(keys))


def following(renewal: str, now: datetime, anchor_day: int = 1) -> date:
    """The first day of the period after the one that holds `now`. Raises ValueError like `key`."""
    today = now.astimezone(UTC).date()
    start = _period_start(renewal, today, anchor_day)
    return next(
        later
        for ahead in range(1, 33)  # no period is longer than a month
        if (later := _period_start(renewal, today + timedelta(days=ahead), anchor_day)) > start
    )


def _period_start(renewal: str, day: date, anchor_day: int) -> date:
    if renewal not in ("month", "anniversary"):
        raise ValueError(f'The renewal {renewal!r} is not known: use "month" or "anniversary".')
    if not 1 <= anchor_day <= 31:
        raise ValueError(f"The billing cycle cannot start on day {anchor_day}: give a day from 1 to 31.")
    anchor = 1 if renewal == "month" else anchor_day
    start = _on_day(day, anchor)
    return start if start <= day else _on_day(day.replace(day=1) - timedelta(days=1), anchor)


def _on_day(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))
