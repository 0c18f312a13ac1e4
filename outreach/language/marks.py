"""The marks of a template (`{{ … }}` and `{% … %}`) as they stand in its source, before anything is parsed.

Everything an author can get wrong in the frame of a template is found here, in linear time, with the line and a
sentence that says what to do; the parser behind it sees only frames that are whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

LONGEST_MARK = 500
"""Characters between the braces; the parser's own patterns are quadratic in it."""

DEEPEST = 8
"""Blocks inside blocks."""

MARKS = ("{{", "}}", "{%", "%}")
"""None of these may ever stand in a text that is sent."""

TAGS = ("if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase")
_ENDS = {"if": "endif", "unless": "endunless", "case": "endcase"}
_INSIDE = {"elsif": ("if", "unless"), "else": ("if", "unless", "case"), "when": ("case",)}

_OPENING = re.compile(r"\{\{|\{%|\}\}|%\}")
_TAG = re.compile(r"-?\s*(\w*)\s*([^-]?)")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a template: a sentence for its author and the line (from 1)."""

    sentence: str
    line: int


def nearest(name: str, known: Sequence[str]) -> str:
    """A space and the question whether a near known name was meant, else nothing."""
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def check(source: str) -> list[Problem]:
    """What is wrong with the frame of this template, in order; none when every mark is whole and every block closed."""
    return list(_check(source))


def _check(source: str) -> Iterator[Problem]:
    open_blocks: list[tuple[str, int]] = []
    line, counted, at = 1, 0, 0
    while found := _OPENING.search(source, at):
        start, mark = found.start(), found.group()
        line += source.count("\n", counted, start)
        counted = start
        if mark in ("}}", "%}"):
            opening = "{{" if mark == "}}" else "{%"
            yield Problem(f"{mark} closes nothing: put {opening} before it or take it away.", line)
            at = start + 2
            continue
        closing = "}}" if mark == "{{" else "%}"
        end = source.find(closing, start + 2, start + 2 + LONGEST_MARK + 2)
        if end < 0:
            far = source.find(closing, start + 2) >= 0
            yield Problem(
                f"What stands between {mark} and {closing} is longer than {LONGEST_MARK} characters: shorten it."
                if far
                else f"{mark} is never closed: add {closing}.",
                line,
            )
            return
        inside = source[start + 2 : end]
        at = end + 2
        if mark == "{{":
            if not inside.strip(" \t\n-"):
                yield Problem("{{ }} names no variable: write one between the braces, as in {{ first_name }}.", line)
            continue
        if problem := _tag(inside, line, open_blocks):
            yield problem
    for name, since in reversed(open_blocks):
        yield Problem(f"{{% {name} %}} is never closed: add {{% {_ENDS[name]} %}} after it.", since)


def _tag(inside: str, line: int, open_blocks: list[tuple[str, int]]) -> Problem | None:
    """What is wrong with this tag; keeps the blocks that are open at this place."""
    match = _TAG.match(inside)
    name, more = (match[1], match[2]) if match else ("", "")
    inner = open_blocks[-1][0] if open_blocks else ""
    if name not in TAGS:
        shown = name or inside.strip()[:20]
        return Problem(f"{{% {shown} %}} is not known: templates know if, unless and case.{nearest(name, TAGS)}", line)
    if name in _INSIDE and inner not in _INSIDE[name]:
        where = " or ".join(f"{{% {block} %}}" for block in _INSIDE[name])
        return Problem(f"{{% {name} %}} belongs inside {where}.", line)
    if name == "else":
        return Problem("{% else %} takes no condition: write elsif.", line) if more else None
    if name in _INSIDE or name in _ENDS:
        if name in _ENDS:
            open_blocks.append((name, line))
            if len(open_blocks) == DEEPEST + 1:
                return Problem(f"Blocks stand more than {DEEPEST} deep: make the text simpler.", line)
        return None if more else Problem(f"{{% {name} %}} has no condition: name a variable after it.", line)
    if not inner:
        return Problem(f"{{% {name} %}} closes nothing: take it away.", line)
    if _ENDS[inner] != name:
        return Problem(f"{{% {name} %}} stands where {{% {_ENDS[inner]} %}} is expected.", line)
    open_blocks.pop()
    return None
