"""The time zone that a person's place tells: `Berlin, Germany`, `Greater Chicago Area`, `India`. Unknown in doubt."""

import re
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from outreach.language.folding import fold

_LIST = re.compile(r"[,;/·|]+|\s+[-–]\s+")
_AROUND = re.compile(
    r"^(?:the )?(?:greater|metropolitan|metro) | (?:(?:city|bay|metropolitan|metro) )*(?:area|region)$"
)
_SEASONS = (datetime(2027, 1, 15), datetime(2027, 7, 15))  # noqa: DTZ001 - wall times of any zone


@lru_cache(maxsize=8192)
def zone_of(location: str) -> str:
    """The IANA zone of a place as profiles write it, "" when its words name none, or more than one."""
    parts = [_AROUND.sub("", fold(part).strip()) for part in _LIST.split(location)]
    for known in (_cities(), _countries()):
        found = {known[part] for part in parts if part in known}
        if len(found) == 1:
            return found.pop()
        if found:
            return ""
    return ""


@cache
def _cities() -> dict[str, str]:
    """Zones by the city that gives them their name."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return {fold(name.rpartition("/")[2].replace("_", " ")): name for name in places}


@cache
def _countries() -> dict[str, str]:
    """The zone of each country that has one time only, winter and summer."""
    names: dict[str, str] = dict(_table("iso3166.tab"))
    zones: dict[str, list[str]] = {}
    for codes, _, zone in (row[:3] for row in _table("zone1970.tab")):
        first, *others = codes.split(",")
        zones.setdefault(first, []).insert(0, zone)  # its own zone before one that it shares
        for code in others:
            zones.setdefault(code, []).append(zone)
    return {fold(names[code]): some[0] for code, some in zones.items() if code in names and _one_time(some)}


def _one_time(zones: list[str]) -> bool:
    return len({tuple(at.replace(tzinfo=ZoneInfo(zone)).utcoffset() for at in _SEASONS) for zone in zones}) == 1


def _table(name: str) -> list[list[str]]:
    text = files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
