"""Days that people name in a text, in English, German, French, Spanish, Dutch and Italian spellings.

A day without a year is the one nearest to the moment of writing: at most two months back, else ahead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january januar janner jan janvier janv enero ene januari gennaio",
            "february februar feb fevrier fevr febrero februari febbraio",
            "march marz maerz mar mars marzo maart mrt",
            "april apr avril avr abril abr aprile",
            "may mai mayo mei maggio",
            "june juni jun juin junio giugno",
            "july juli jul juillet juil julio luglio",
            "august aug aout agosto ago augustus",
            "september sept sep septembre septiembre settembre",
            "october oktober oct okt octobre octubre ottobre",
            "november nov novembre noviembre",
            "december dezember dec dez decembre diciembre dic dicembre",
        ),
        1,
    )
    for name in names.split()
}
_WEEKDAYS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes maandag lunedi",
            "tuesday tue tues dienstag mardi martes dinsdag martedi",
            "wednesday wed mittwoch mercredi miercoles woensdag mercoledi",
            "thursday thu thur thurs donnerstag jeudi jueves donderdag giovedi",
            "friday freitag vendredi viernes vrijdag venerdi",
            "saturday samstag sonnabend samedi sabado zaterdag sabato",
            "sunday sonntag dimanche domingo zondag domenica",
        )
    )
    for name in names.split()
}
_NUMBERS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "a an one einem einer ein un une una uno een",
            "two zwei deux dos twee due couple",
            "three drei trois tres drie tre few",
            "four vier quatre cuatro quattro",
            "five funf fuenf cinq cinco vijf cinque",
            "six sechs seis zes sei",
        ),
        1,
    )
    for name in names.split()
}


def _one_of(names: dict[str, int]) -> str:
    return "(?:" + "|".join(sorted(names, key=len, reverse=True)) + ")"


_MONTH = rf"(?P<month>{_one_of(MONTHS)})\b\.?"
_YEAR = r"(?:,? ?(?:de |del )?(?P<year>20\d\d)\b)?"
_DAY = r"(?P<day>\d{1,2})"
_UNIT = (
    r"(?P<unit>days?|tagen?|jours?|dias?|dagen|giorni|weeks?|wochen?|semaines?|semanas?|weken|settiman[ae]|"
    r"months?|monate?n?|mois|mes(?:es)?|maand(?:en)?|mes[ei])"
)
_IN = (
    r"in|im|en|em|until|till|til|after|from|by|before|since|bis|nach|ab|seit|apres|hasta|despues de|vanaf|na|tot|"
    r"dopo|a|da"
)
_PART = (
    r"early|mid|late|beginning of|start of|middle of|end of|anfang|mitte|ende|debut|mi|fin|"
    r"a principios de|a mediados de|a finales de|begin|midden|eind|inizio|meta|fine"
)
_COUNT = rf"(?P<number>\d{{1,2}}|{_one_of(_NUMBERS)})"

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("iso", r"\b(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b"),
        ("dotted", r"(?<![\d.])(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\.(?: ?(?P<year>20\d\d|\d\d)\b)?(?!\d)"),
        (
            "dotted",
            r"\b(?:bis|ab|am|vom|zum|dem|den|until|on|from|to|au|al|tot)(?: zum| dem)? "
            r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})(?![\d.%])(?! ?(?:uhr|h|am|pm)\b)",
        ),
        (
            "slashed",
            r"(?<![\d/-])(?P<day>\d{1,2})(?P<mark>[/-])(?P<month>\d{1,2})(?P=mark)(?P<year>20\d\d|\d\d)(?![\d/-])",
        ),
        ("slashed", r"(?<![\d/])(?!24/7)(?P<day>\d{1,2})/(?P<month>\d{1,2})(?![\d/%])"),
        ("named", rf"\b{_DAY}(?:st|nd|rd|th|er|\.|o|º)?(?: of| de)? ?{_MONTH}{_YEAR}"),
        ("named", rf"\b{_MONTH} ?(?:the )?{_DAY}(?:st|nd|rd|th)?\b(?![:.,]?\d)(?! (?:de )?{_one_of(MONTHS)}\b){_YEAR}"),
        ("month", rf"\b(?P<part>{_PART})[ -]{_MONTH}{_YEAR}"),
        ("month", rf"\b(?P<part>{_IN})(?: next| nachsten)? {_MONTH}{_YEAR}(?! \d)"),
        ("quarter", r"\bq(?P<quarter>[1-4])(?:[ /]?(?P<year>20\d\d))?\b"),
        ("next", r"\b(?:next|coming) (?P<unit>week|month|quarter|year)\b"),
        ("next", r"\bnachste[nrsm]? (?P<unit>woche|monat|quartal|jahr)\b"),
        ("next", r"\b(?P<unit>semaine|mois|trimestre|annee) prochaine?\b"),
        ("next", r"\bproxim[oa] (?P<unit>semana|mes|trimestre|ano)\b"),
        ("next", r"\b(?P<unit>semana|mes|trimestre|ano) (?:que viene|proxim[oa])\b"),
        ("next", r"\bvolgende? (?P<unit>week|maand|kwartaal|jaar)\b"),
        ("next", r"\bprossim[oa] (?P<unit>settimana|mese|trimestre|anno)\b"),
        ("next", r"\b(?P<unit>new year)\b"),
        ("ahead", rf"\b(?:in|within|dans|en|dentro de|over|tra|fra) (?:a )?{_COUNT}(?: of)? {_UNIT}\b"),
        ("tomorrow", r"\btomorrow\b|(?<!guten )\bmorgen\b|\bdemain\b|(?<!la )\bmanana\b|\bdomani\b"),
        ("weekday", rf"\b(?P<weekday>{_one_of(_WEEKDAYS)})\b"),
    )
)


FAR = timedelta(days=732)
"""Days further off than this are not meant as an appointment."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A day named in a folded text, and where."""

    day: date
    start: int
    end: int


def find(text: str, today: date) -> list[Mention]:
    """The days named in a folded text, in order, each once; weekdays and months beside a full date belong to it."""
    taken = bytearray(len(text))
    mentions: list[Mention] = []
    for name, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            start, end = found.span()
            if any(taken[start:end]):
                continue
            day = _day(name, {key: value for key, value in found.groupdict().items() if value}, today)
            taken[start:end] = b"\x01" * (end - start)
            if day is not None and abs(day - today) <= FAR:
                mentions.append(Mention(day, start, end))
    mentions.sort(key=lambda mention: mention.start)
    return list(_without_weekdays_of_dates(text, mentions))


def _without_weekdays_of_dates(text: str, mentions: list[Mention]) -> Iterator[Mention]:
    """Leave out "Monday" in "Monday, 3 August": the date says which one."""
    for mention, following in zip(mentions, [*mentions[1:], None], strict=False):
        weekday = text[mention.start : mention.end] in _WEEKDAYS
        if (
            following
            and weekday
            and text[mention.end : following.start].strip(" .,(") in ("", "the", "den", "dem", "le")
        ):
            continue
        yield mention


def _day(name: str, part: dict[str, str], today: date) -> date | None:
    """The day one match names; None when there is no such day."""
    year = int(part["year"]) if "year" in part else None
    if year is not None and year < 100:
        year += 2000
    match name:
        case "iso" | "dotted":
            return _dated(today, year, int(part["month"]), int(part["day"]))
        case "slashed":
            first, second = int(part["day"]), int(part["month"])
            days = [day for pair in ((second, first), (first, second)) if (day := _dated(today, year, *pair))]
            ahead = [day for day in days if day > today]
            return min(ahead) if ahead else (days[0] if days else None)
        case "named":
            return _dated(today, year, MONTHS[part["month"]], int(part["day"]))
        case "month":
            return _part_of_month(today, year, MONTHS[part["month"]], part["part"])
        case "quarter":
            return _dated(today, year, 3 * int(part["quarter"]) - 2, 1)
        case "next":
            return _next(today, part["unit"])
        case "ahead":
            number = _NUMBERS.get(part["number"]) or int(part["number"])
            unit = part["unit"]
            if unit.startswith(("mo", "mes", "maand")):
                return _first_of(today.replace(day=1), number).replace(day=min(today.day, 28))
            return today + timedelta(days=number * (1 if unit.startswith(("d", "t", "j", "g")) else 7))
        case "tomorrow":
            return today + timedelta(days=1)
        case _:
            return today + timedelta(days=(_WEEKDAYS[part["weekday"]] - today.weekday() - 1) % 7 + 1)


def _dated(today: date, year: int | None, month: int, day: int) -> date | None:
    """The day, in the year nearest to today when none is given; None when there is none."""
    years = (year,) if year else (today.year - 1, today.year, today.year + 1)
    for candidate in years:
        try:
            dated = date(candidate, month, day)
        except ValueError:
            continue
        if year or dated >= today - timedelta(days=60):
            return dated
    return None


def _part_of_month(today: date, year: int | None, month: int, part: str) -> date | None:
    if part.startswith(("mi", "a med", "meta")):
        return _dated(today, year, month, 15)
    first = _dated(today, year, month, 1)
    if first and part in ("late", "end of", "ende", "fin", "a finales de", "eind", "fine"):
        return _first_of(first, 1) - timedelta(days=1)
    return first


def _next(today: date, unit: str) -> date:
    """The first day of the next week, month, quarter or year."""
    first = today.replace(day=1)
    if unit in ("week", "woche", "semaine", "semana", "settimana"):
        return today + timedelta(days=7 - today.weekday())
    if unit in ("quarter", "quartal", "trimestre", "kwartaal"):
        return _first_of(first, 3 - (today.month - 1) % 3)
    if unit in ("year", "jahr", "annee", "ano", "jaar", "anno", "new year"):
        return date(today.year + 1, 1, 1)
    return _first_of(first, 1)


def _first_of(first: date, months: int) -> date:
    """The first day of the month so many months after that of `first`."""
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, 1)
