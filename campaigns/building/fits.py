"""What is wrong with a step's texts: read as templates, then filled in for everybody of a crowd and measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from campaigns.building import drafts
from campaigns.building.crowds import Crowd, Person
from campaigns.models import Step
from campaigns.running import terms, texts
from outreach.engine.facts import Terms
from outreach.engine.kinds import Kind
from outreach.language import fitting, templates

LABELS = {"note": "Note", "subject": "Subject", "text": "Text"}
"""Words for the texts of a step."""

FALLBACKS = {"first_name": "there", "company": "your team"}
"""What is suggested in place of an empty variable."""

NEAR = 0.93
"""From this share of a limit on, a text is nearly too long."""


@dataclass(slots=True)
class Field:
    """One text of a step. `longest`: characters in the worst case, None while it cannot be filled in; `limit`: None =
    none known; `problems` stop a launch, `hints` do not. Each is one sentence."""

    name: str
    label: str
    source: str
    longest: int | None = None
    limit: int | None = None
    problems: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        if self.limit is None or self.longest is None:
            return "ok"
        return "over" if self.longest > self.limit else "near" if self.longest > NEAR * self.limit else "ok"

    @property
    def width(self) -> str:
        return width(self.longest, self.limit)


def used_by(variant: Mapping[str, str]) -> set[str]:
    """The variables that a step's texts use, as far as they can be read."""
    found: set[str] = set()
    for name in LABELS:
        try:
            found |= templates.variables(variant[name])
        except templates.BrokenTemplate:
            continue
    return found


def lint(one: Field, step: Step, known: frozenset[str]) -> None:
    if not one.source.strip():
        optional = one.name == "note"
        words = f"The {one.label.lower()} is empty"
        if optional:
            one.hints.append(f"{words}: the invite goes without a note.")
        else:
            one.problems.append(f"{words}: write one.")
        return
    several = "\n" in one.source
    for problem in templates.lint(one.source, known=known):
        sentence = f"Line {problem.line}: {problem.sentence}" if several else problem.sentence
        if sentence not in one.problems:
            one.problems.append(sentence)


def look_for_fallbacks(one: Field) -> None:
    """Variables that somebody without a value would stop at."""
    used = templates.variables(one.source)
    for name in sorted(used):
        try:
            templates.render(one.source, {other: "" if other == name else "x" for other in used})
        except templates.EmptyVariable as empty:
            one.hints.append(
                f"{empty.name} has no fallback, and whoever lacks it would wait: "
                f'{{{{ {empty.name} | default: "{FALLBACKS.get(empty.name, "…")}" }}}} gives it one.'
            )
        except templates.BrokenTemplate:
            continue


@dataclass(slots=True)
class Tried:
    """One person's texts by field: their length, or what is missing."""

    person: Person
    lengths: dict[str, int] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    empty: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    missing: int = 0

    @property
    def size(self) -> int:
        return sum(self.lengths.values())


def kinds(step: Step, person: Person) -> Iterator[tuple[str, Kind]]:
    """Which fields of a step this person would get, and as what."""
    fields = drafts.FIELDS.get(step.act, ())
    if "note" in fields and not person.connected and person.terms.note_chars > 0 and person.terms.notes_month != 0:
        yield "note", Kind.INVITE_NOTE
    if step.act in ("approach", "inmail"):
        yield "text", Kind.DM if person.connected else Kind.INMAIL
    elif "text" in fields and step.act not in ("call", "task"):
        yield "text", Kind.DM if step.act == "message" else Kind(step.act)


def _limit(kind: Kind, name: str, plan: Terms) -> int | None:
    lengths = fitting.LENGTHS.get(kind, fitting.Length())
    if kind is Kind.INVITE_NOTE:
        return plan.note_chars
    return lengths.subject if name == "subject" else lengths.text


def try_on(step: Step, variant: Mapping[str, str], person: Person, fields: dict[str, Field], sound: set[str]) -> Tried:
    tried = Tried(person)
    for name, kind in kinds(step, person):
        with_subject = "subject" in fields and kind in texts.WITH_SUBJECT
        if name not in sound or (with_subject and "subject" not in sound):
            continue
        try:
            subject, text = texts.written(kind, dict(variant), person.values)
        except texts.MissingText as missing:
            _note_missing(tried, missing, name, with_subject, variant)
            continue
        tried.lengths[name] = fitting.count(text)
        if (limit := _limit(kind, name, person.terms)) is not None:
            tried.limits[name] = limit
        if with_subject:
            tried.lengths["subject"] = fitting.count(subject)
            tried.limits["subject"] = _limit(kind, "subject", person.terms) or 0
    return tried


def _note_missing(
    tried: Tried, missing: texts.MissingText, name: str, with_subject: bool, variant: Mapping[str, str]
) -> None:
    cause = missing.__cause__
    where = name
    if isinstance(cause, templates.EmptyVariable):
        if with_subject and cause.name not in variables_of(variant[name]):
            where = "subject"
        tried.empty[where] = cause.name
    tried.failed[where] = str(missing)


def variables_of(source: str) -> frozenset[str]:
    try:
        return templates.variables(source)
    except templates.BrokenTemplate:
        return frozenset()


def sum_up(fields: dict[str, Field], tried: Sequence[Tried], among: Crowd) -> None:
    """One sentence for everybody who has the same trouble with a text."""
    whole = among.total or len(among.people)
    least = "at least " if among.total > len(among.people) else ""
    for name, one in fields.items():
        lacking: dict[str, int] = {}
        for case in tried:
            if variable := case.empty.get(name):
                lacking[variable] = lacking.get(variable, 0) + 1
        for variable, n in sorted(lacking.items()):
            one.hints = [hint for hint in one.hints if not hint.startswith(f"{variable} has no fallback")]
            one.problems.append(
                f"{variable} is empty for {least}{n:,} of {_people(whole)}: give it a fallback, as in "
                f'{{{{ {variable} | default: "{FALLBACKS.get(variable, "…")}" }}}}.'
            )
        others = [case.failed[name] for case in tried if name in case.failed and name not in case.empty]
        if others:
            one.problems.append(others[0])
        lengths = [case.lengths[name] for case in tried if name in case.lengths]
        one.longest = max(lengths, default=None)
        _too_long(one, [case for case in tried if name in case.lengths], whole, least)


def _too_long(one: Field, tried: Sequence[Tried], whole: int, least: str) -> None:
    """One sentence per limit that somebody's text passes: a plan may allow a shorter note than another."""
    over: dict[int, list[Tried]] = {}
    for case in tried:
        limit = case.limits.get(one.name)
        if limit is not None and case.lengths[one.name] > limit:
            over.setdefault(limit, []).append(case)
    for limit, cases in sorted(over.items()):
        length = max(case.lengths[one.name] for case in cases)
        seats = sorted({case.person.sender for case in cases})
        on = (
            f" on the plan of {seats[0]}"
            if one.name == "note" and limit < fitting.NOTE_PAID and len(seats) == 1
            else ""
        )
        on = on or (" on a free plan" if one.name == "note" and limit < fitting.NOTE_PAID else "")
        one.problems.append(
            f"Too long for {least}{len(cases):,} of {_people(whole)} once names are filled in: the "
            f"{one.label.lower()} has up to {length:,} characters and may have {limit:,}{on}, "
            f"so shorten it by {length - limit:,}."
        )


def set_limits(fields: dict[str, Field], step: Step, people: Sequence[Person]) -> None:
    """The tightest limit that holds for anybody, of the act itself when there is nobody."""
    everybody = people or [Person(0, "", "", replace(terms.NONE), False, {})]
    for person in everybody:
        for name, kind in kinds(step, person):
            for each in (name, *(["subject"] if kind in texts.WITH_SUBJECT else [])):
                limit = _limit(kind, each, person.terms)
                one = fields.get(each)
                if one is not None and limit is not None and (one.limit is None or limit < one.limit):
                    one.limit = limit


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"


def width(length: int | None, limit: int | None) -> str:
    """The filled part of a counter, in percent."""
    return f"{min(100 * (length or 0) / limit, 100):.4g}%" if limit else "0%"
