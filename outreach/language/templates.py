"""Message templates in Liquid: a small, closed part of it, filled in with plain strings.

Allowed are variables, the tags if, elsif, else, unless, case, when, and the filters default, capitalize, upcase,
downcase, strip and truncate. A value has no attributes, and what it contains is never read as a template. The same
code renders the preview and what is sent.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from liquid.exceptions import LiquidError, OutputStreamLimitError, UndefinedError

from outreach.language import dialect, marks
from outreach.language.dialect import LONGEST_OUTPUT, LONGEST_VALUE, Parsed
from outreach.language.marks import MARKS, Problem, nearest
from outreach.language.plain import clean, shows, tidy

LONGEST_SOURCE = 20_000
"""Characters of a template."""

_SINGLE = re.compile(r"(?<!\{)\{ ?([\w-]+) ?\}(?!\})")

__all__ = ["BrokenTemplate", "EmptyVariable", "Problem", "lint", "render", "variables"]


class BrokenTemplate(ValueError):
    """A template that cannot be read or filled in. `sentence` tells its author what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class EmptyVariable(ValueError):
    """A variable without fallback that is empty for this person. `name`: the variable; `sentence`: what to do."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(name, sentence)
        self.name = name
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


def render(source: str, values: Mapping[str, str], *, single_line: bool = False) -> str:
    """The template filled in with these values, white space tidied.

    A value that shows nothing, or that is itself an unfilled placeholder of another tool, counts as empty; an empty
    one makes a condition false and gives way to `default`. `single_line` is for subjects: line ends become spaces.
    Raises EmptyVariable when an empty one would be written out, BrokenTemplate when the source is no valid template.
    """
    template = _parse(source).template
    try:
        text = template.render(values)
    except UndefinedError as error:
        name = str(error.message)
        raise EmptyVariable(name, _why_empty(name, values.get(name))) from error
    except OutputStreamLimitError as error:
        raise BrokenTemplate(f"The text is longer than {LONGEST_OUTPUT:,} bytes when filled in: shorten it.") from error
    except LiquidError as error:
        raise BrokenTemplate(f"The template cannot be filled in: {dialect.plainly(error)}.") from error
    if single_line:
        text = text.replace("\n", " ")
    text = tidy(text)
    for mark in MARKS:
        if mark in text:
            raise BrokenTemplate(f"The text still holds {mark} after filling in: take it out of the template.")
    return text


def variables(source: str) -> frozenset[str]:
    """The names of all variables the template uses. Raises BrokenTemplate when it cannot be read."""
    return frozenset(use.name for use in _parse(source).uses)


def lint(source: str, *, known: Collection[str]) -> list[Problem]:
    """What is wrong with this template, in order of lines; none means that `render` can fill it in. `known`: the
    names of the variables that exist."""
    problems, parsed = _read(source)
    if parsed is None:
        return list(problems)
    names = sorted(known)
    unknown = (
        Problem(f"The variable {use.name} is not known.{nearest(use.name, names)}", use.line)
        for use in parsed.uses
        if use.name not in known
    )
    return sorted([*problems, *unknown, *_single_braces(clean(source), known)], key=lambda problem: problem.line)


@lru_cache(maxsize=512)
def _read(source: str) -> tuple[tuple[Problem, ...], Parsed | None]:
    """What is wrong with the source whatever the variables are called, and the template when its marks are whole."""
    if len(source) > LONGEST_SOURCE:
        return (Problem(f"The template has {len(source):,} characters: shorten it to {LONGEST_SOURCE:,}.", 1),), None
    source = clean(source)
    if problems := marks.check(source):
        return tuple(problems), None
    parsed = dialect.parse(source)
    return parsed.problems, parsed


def _parse(source: str) -> Parsed:
    """The template, ready to be filled in. Raises BrokenTemplate with the first thing that is wrong with it."""
    problems, parsed = _read(source)
    if problems or parsed is None:
        raise BrokenTemplate(f"Line {problems[0].line}: {problems[0].sentence}")
    return parsed


def _why_empty(name: str, value: str | None) -> str:
    instead = f'or give it a fallback, as in {{{{ {name} | default: "there" }}}}.'
    if value is not None and len(value) > LONGEST_VALUE:
        return f"{name} is longer than {LONGEST_VALUE:,} characters for this person: shorten it, {instead}"
    if value is not None and shows(clean(value)):
        return f"{name} holds an unfilled placeholder for this person: correct it, {instead}"
    return f"{name} is empty for this person: fill it in, {instead}"


def _single_braces(source: str, known: Collection[str]) -> Iterator[Problem]:
    """Variables in single braces, which would be sent as they stand."""
    for found in _SINGLE.finditer(source):
        if (name := found[1]) in known:
            line = source.count("\n", 0, found.start()) + 1
            yield Problem(f"{{{name}}} would be sent as it stands: write {{{{ {name} }}}}.", line)
