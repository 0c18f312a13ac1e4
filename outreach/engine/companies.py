"""The optional throttle of a company: so many of its people are approached for the first time within so many days."""

from collections.abc import Iterable
from datetime import datetime, timedelta


def opens_at(approached: Iterable[datetime], people: int, within: timedelta, now: datetime) -> datetime | None:
    """From when on one more of the company may be approached; None when one may now. `approached`: when each of the
    others got their first touch; who was approached exactly `within` ago does not count any more."""
    recent = sorted(at for at in approached if at + within > now)
    return recent[len(recent) - people] + within if len(recent) >= people else None
