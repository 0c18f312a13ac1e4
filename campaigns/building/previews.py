"""How a step's texts come out for the people of a draft: what is wrong with them, how long they get in the worst case,
and three real people as they would read them. Rendered by the code that renders what is sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.building import crowds, drafts, fits
from campaigns.building.crowds import Crowd, Person
from campaigns.building.fits import Field, Tried
from campaigns.models import Campaign, Step
from campaigns.running import texts
from campaigns.running.database import Row
from outreach.engine.kinds import Kind


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a rendered text; `filled` came from a variable."""

    text: str
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """One text as one person would get it, or why they would not (`problem`)."""

    label: str
    parts: tuple[Part, ...] = ()
    length: int = 0
    limit: int | None = None
    problem: str = ""

    @property
    def state(self) -> str:
        if self.problem or (self.limit is not None and self.length > self.limit):
            return "over"
        return "near" if self.limit is not None and self.length > fits.NEAR * self.limit else "ok"

    @property
    def width(self) -> str:
        return fits.width(self.length, self.limit)


@dataclass(frozen=True, slots=True)
class Preview:
    """One real person. `why`: what makes them worth a look."""

    person: Person
    why: str
    papers: tuple[Paper, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A step's texts against its people. `people`: how many are in the draft; `read`: of how many the texts were
    rendered."""

    fields: tuple[Field, ...]
    previews: tuple[Preview, ...]
    people: int
    read: int

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(the field's label, the sentence), in the order of the page."""
        return [(one.label, sentence) for one in self.fields for sentence in one.problems]


def check(step: Step, variant: Mapping[str, str], among: Crowd) -> Checked:
    """What becomes of these texts (note, subject, text; as typed) of this step."""
    fields = {name: Field(name, fits.LABELS[name], variant[name]) for name in drafts.FIELDS.get(step.act, ())}
    for one in fields.values():
        fits.lint(one, step, among.known)
    sound = {name for name, one in fields.items() if one.source.strip() and not one.problems}
    for name in sorted(sound):
        fits.look_for_fallbacks(fields[name])
    tried = [fits.try_on(step, variant, person, fields, sound) for person in among.people]
    fits.sum_up(fields, tried, among)
    fits.set_limits(fields, step, among.people)
    return Checked(tuple(fields.values()), tuple(_three(step, variant, fields, sound, tried)), among.total, len(tried))


def check_all(campaign: Campaign, *, now: datetime, most: int = crowds.MOST) -> list[tuple[Step, Row, Checked]]:
    """Every step of the draft with its texts and what is wrong with them."""
    steps = drafts.steps_of(drafts.version_of(campaign))
    used = sorted({name for _, variant in steps for name in fits.used_by(variant)})
    among = crowds.crowd(campaign, now=now, variables=used, most=most)
    return [(step, variant, check(step, variant, among)) for step, variant in steps]


# -- three real people

_OPEN, _CLOSE = "\ue000", "\ue001"


def _three(
    step: Step, variant: Mapping[str, str], fields: dict[str, Field], sound: set[str], tried: Sequence[Tried]
) -> Iterator[Preview]:
    """The longest, one with most missing, and one in the middle."""
    used = {name for each in sound for name in fits.variables_of(fields[each].source)}
    for case in tried:
        case.missing = sum(not case.person.values.get(name, "").strip() for name in used)
    in_order = sorted(tried, key=lambda case: (case.size, case.person.id))
    if not in_order:
        return
    chosen: dict[int, tuple[Tried, str]] = {}
    longest = in_order[-1]
    lacking = max(tried, key=lambda case: (bool(case.failed), case.missing, -case.person.id))
    middle = next(
        (case for case in in_order[len(in_order) // 2 :] + in_order if case not in (longest, lacking)), in_order[0]
    )
    chosen[middle.person.id] = (middle, "typical")
    if len(tried) > 1:
        chosen[longest.person.id] = (longest, f"longest of {len(tried):,}")
    if lacking.missing:
        gone = [name for name in sorted(used) if not lacking.person.values.get(name, "").strip()]
        chosen[lacking.person.id] = (lacking, f"no {' or '.join(gone)} on file".replace("_", " "))
    for case in in_order:
        if len(chosen) >= min(3, len(in_order)):
            break
        chosen.setdefault(case.person.id, (case, "one of them"))
    for case, why in chosen.values():
        yield Preview(case.person, why, tuple(_papers(step, variant, fields, sound, case)))


def _papers(
    step: Step, variant: Mapping[str, str], fields: dict[str, Field], sound: set[str], case: Tried
) -> Iterator[Paper]:
    for name, kind in fits.kinds(step, case.person):
        with_subject = "subject" in fields and kind in texts.WITH_SUBJECT
        names = (*(["subject"] if with_subject else []), name)
        if any(not fields[each].source.strip() for each in names) and name == "note":
            continue
        failed = next((case.failed[each] for each in names if each in case.failed), "")
        if failed or any(each not in sound for each in names):
            label = " and ".join(fields[each].label for each in names).capitalize()
            yield Paper(label, problem=failed or "Mend the text first, then it shows here.")
            continue
        for each, parts in zip(names, _marked(kind, variant, case.person, with_subject), strict=True):
            yield Paper(fields[each].label, parts, case.lengths[each], case.limits.get(each))


def _marked(kind: Kind, variant: Mapping[str, str], person: Person, with_subject: bool) -> tuple[tuple[Part, ...], ...]:
    """The texts in pieces that tell what came from a variable; in one piece where filters do not let that be seen."""
    plain = texts.written(kind, dict(variant), person.values)
    values = {
        name: f"{_OPEN}{value}{_CLOSE}" if value.strip() and _OPEN not in value and _CLOSE not in value else value
        for name, value in person.values.items()
    }
    try:
        marked = texts.written(kind, dict(variant), values)
    except texts.MissingText:
        marked = plain
    found = tuple(
        _parts(with_marks) if with_marks.replace(_OPEN, "").replace(_CLOSE, "") == without else (Part(without),)
        for with_marks, without in zip(marked, plain, strict=True)
    )
    return found if with_subject else found[1:]


def _parts(marked: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    for n, piece in enumerate(marked.split(_OPEN)):
        filled, closed, rest = piece.partition(_CLOSE)
        if n == 0 or not closed:
            parts.append(Part(piece))
            continue
        parts += [Part(filled, True), Part(rest)]
    return tuple(part for part in parts if part.text)
