"""The part of Liquid that message templates may use, and what is wrong with a template that uses more.

Values are strings and nothing else: looked up by name among those given, never by attribute, never from a clock.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from liquid import BoundTemplate, Environment, FalsyStrictUndefined, RenderContext, Token
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.arguments import KeywordArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Blank, Empty, IntegerLiteral, Nil, RangeLiteral, StringLiteral
from liquid.builtin.filters.misc import default
from liquid.builtin.filters.string import capitalize, downcase, strip, truncate, upcase
from liquid.builtin.tags.case_tag import CaseTag
from liquid.builtin.tags.if_tag import IfTag
from liquid.builtin.tags.unless_tag import UnlessTag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.undefined import UNDEFINED, is_undefined

from outreach.language.marks import DEEPEST, LONGEST_MARK, MARKS, Problem, nearest
from outreach.language.plain import clean, shows

LONGEST_VALUE = 20_000
LONGEST_OUTPUT = 100_000
"""Characters of one value, bytes of a rendered text: far above any channel's limit, far below what would cost time."""


def _passing_on_empty(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, except that an empty variable goes through it, so that a later `default` still sees it."""

    @wraps(filter_)
    def filtered(value: object, *args: object, **named: object) -> object:
        return value if is_undefined(value) else filter_(value, *args, **named)

    return filtered


FILTERS: Mapping[str, Callable[..., Any]] = {
    "default": default,
    "capitalize": _passing_on_empty(capitalize),
    "upcase": _passing_on_empty(upcase),
    "downcase": _passing_on_empty(downcase),
    "strip": _passing_on_empty(strip),
    "truncate": _passing_on_empty(truncate),
}


def fill(value: str) -> str:
    """The value as it is written out; empty when it shows nothing, is far too long, or is itself an unfilled
    placeholder."""
    if len(value) > LONGEST_VALUE:
        return ""
    value = clean(value).strip()
    return value if shows(value) and not any(mark in value for mark in MARKS) else ""


class _Context(RenderContext):
    """Looks a name up among the values and nowhere else: no attributes, no counters, no `now` (Liquid brings one)."""

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        name = str(path[0])
        value = self.globals.get(name)
        filled = fill(value) if isinstance(value, str) and len(path) == 1 else ""
        return filled or self.env.undefined(name, hint=name, token=token)


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    """Liquid with our tags and filters only, and limits where a template could grow."""

    template_class = _Template
    block_nesting_limit = DEEPEST + 1
    context_depth_limit = DEEPEST + 2
    loop_iteration_limit = 1
    local_namespace_limit = 1
    output_stream_limit = LONGEST_OUTPUT
    suppress_blank_control_flow_blocks = False

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (content.Literal, output.Output, illegal.Illegal, IfTag, UnlessTag, CaseTag):
            self.add_tag(tag)
        self.filters.update(FILTERS)


_ENVIRONMENT = _Environment(undefined=FalsyStrictUndefined)


@dataclass(frozen=True, slots=True)
class Use:
    """A variable where it is used."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A template ready to be filled in, the variables it uses, and what it must not hold."""

    template: BoundTemplate
    uses: tuple[Use, ...]
    problems: tuple[Problem, ...]


def parse(source: str) -> Parsed:
    """Parse a source whose marks are whole (marks.check), and look at every part of it. Never raises: a source that
    cannot be parsed is an empty template with one problem."""
    try:
        template = _ENVIRONMENT.from_string(source)
    except LiquidError as error:
        return Parsed(_ENVIRONMENT.from_string(""), (), (_unreadable(error),))
    context = _Context(template)
    uses: list[Use] = []
    problems: list[Problem] = []
    nodes = list(template.nodes)
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children(context))
        for expression in _expressions(node):
            _look_at(expression, uses, problems)
    return Parsed(template, tuple(uses), tuple(sorted(problems, key=lambda problem: problem.line)))


def plainly(error: LiquidError) -> str:
    """The parser's own words on one line, without its drawing of the place."""
    return " ".join(str(error.message or "it is not understood").split())[:200].rstrip(".")


def _expressions(node: Node) -> Iterator[Expression]:
    waiting = list(node.expressions())
    while waiting:
        expression = waiting.pop()
        yield expression
        waiting.extend(expression.children())


def _look_at(expression: Expression, uses: list[Use], problems: list[Problem]) -> None:
    """Note the variables of one expression and what is not allowed in it."""
    sentence = None
    if isinstance(expression, Path):
        if len(expression.path) == 1 and isinstance(expression.path[0], str):
            uses.append(Use(expression.path[0], _line(expression.token)))
        else:
            sentence = "a variable is a plain name without parts"
    elif isinstance(expression, RangeLiteral):
        sentence = "ranges are not known here"
    elif isinstance(expression, EqExpression | NeExpression):
        # Whatever shows nothing is missing, so every spelling of "is empty" asks the same.
        if _is_empty(expression.right):
            expression.right = Nil(expression.right.token)
        if _is_empty(expression.left):
            expression.left = Nil(expression.left.token)
    elif isinstance(expression, LtExpression | GtExpression | LeExpression | GeExpression):
        sentence = "values are text, compare them with == or !="
    elif isinstance(expression, ContainsExpression) and not isinstance(expression.left, Path | StringLiteral):
        sentence = "name a variable before contains"
    elif isinstance(expression, FilteredExpression):
        for used in expression.filters or ():
            if misuse := _misuse(used):
                problems.append(Problem(misuse, _line(used.token)))
    if sentence:
        problems.append(Problem(f"{_mark(expression.token)} is not possible: {sentence}.", _line(expression.token)))


def _misuse(used: Filter) -> str | None:
    """What is wrong with a filter or with what it is given."""
    given = [arg.value for arg in used.args]
    named = any(isinstance(arg, KeywordArgument) for arg in used.args)
    if used.name not in FILTERS:
        near = nearest(used.name, list(FILTERS)) or f" Known are {', '.join(FILTERS)}."
        return f"The filter {used.name} is not known.{near}"
    if used.name == "default":
        return None if len(given) == 1 and not named else 'default needs one text: write it as default: "there".'
    if used.name == "truncate":
        fits = 1 <= len(given) <= 2 and isinstance(given[0], IntegerLiteral) and not named
        return None if fits else "truncate needs a number of characters: write it as truncate: 40."
    return f"The filter {used.name} stands alone: take away what follows it." if given else None


def _is_empty(expression: Expression) -> bool:
    return isinstance(expression, Blank | Empty) or (
        isinstance(expression, StringLiteral) and not shows(expression.value)
    )


def _unreadable(error: LiquidError) -> Problem:
    if error.token is None:
        return Problem(f"The template cannot be read: {plainly(error)}.", 1)
    return Problem(f"{_mark(error.token)} cannot be read: {plainly(error)}.", _line(error.token))


def _line(token: Token) -> int:
    return token.source.count("\n", 0, max(token.start_index, 0)) + 1


def _mark(token: Token) -> str:
    """The mark in which a token stands, as its author wrote it."""
    at = max(token.start_index, 0)
    start = max(token.source.rfind("{{", 0, at + 1), token.source.rfind("{%", 0, at + 1), 0)
    closing = "%}" if token.source.startswith("{%", start) else "}}"
    inside = token.source[start : start + LONGEST_MARK + 4].partition(closing)[0]
    return f"{' '.join(inside.split())[:60]} {closing}"
