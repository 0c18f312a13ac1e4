"""Public holidays of a country, or of a part of it, as days on which a sender rests."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache

import holidays
from holidays.registry import COUNTRIES

from outreach.engine.windows import HORIZON_DAYS


class UnknownPlace(ValueError):
    """No holidays are known of this place. The message is one sentence for people."""


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """(code, name) of every country whose holidays are known, by name."""
    found = ((entry[1], re.sub(r"(?<=[a-z])(?=[A-Z])", " ", entry[0])) for entry in COUNTRIES.values())
    return tuple(sorted(found, key=lambda pair: pair[1]))


def place(country: str, region: str) -> str:
    """The place as it is stored: `DE`, `DE-BY`, or "" for none. `region`: its code or its name, as people write it.

    Raises UnknownPlace.
    """
    country, region = country.strip().upper(), " ".join(region.split())
    if not country:
        if region:
            raise UnknownPlace("Choose the country of this region first.")
        return ""
    if country not in dict(countries()):
        raise UnknownPlace("Choose a country of the list.")
    codes, names = _regions(country)
    if not region:
        return country
    code = names.get(region.casefold(), region.upper())
    if code not in codes:
        some = f"one of {', '.join(codes)}" if codes else "nothing: its holidays are the same everywhere"
        raise UnknownPlace(f"“{region[:40]}” is no region of this country: write {some}.")
    return f"{country}-{code}"


def _regions(country: str) -> tuple[tuple[str, ...], dict[str, str]]:
    known = holidays.country_holidays(country)
    aliases: dict[str, str] = getattr(known, "subdivisions_aliases", {})
    return tuple(known.subdivisions), {name.casefold(): code for name, code in aliases.items()}


def days(place: str, first: date, last: date) -> frozenset[date]:
    """The public holidays of the place from one day to another, both included; none for "". Raises UnknownPlace."""
    if not place:
        return frozenset()
    return frozenset(day for day in _of_years(place, first.year, last.year) if first <= day <= last)


@cache
def _of_years(place: str, first: int, last: int) -> frozenset[date]:
    country, _, region = place.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=region or None, years=range(first, last + 1)))
    except NotImplementedError:
        raise UnknownPlace(f"No public holidays are known of {place}: choose the country anew.") from None


def days_off(own: Iterable[str], place: str, now: datetime) -> list[str]:
    """All days off as a sender keeps them, ISO dates in order: its own, and the public holidays of its place from a
    week ago to beyond the farthest day that pacing looks at. Raises UnknownPlace."""
    today = now.date()
    public = days(place, today - timedelta(days=7), today + timedelta(days=HORIZON_DAYS + 31))
    return sorted({*own, *(day.isoformat() for day in public)})
