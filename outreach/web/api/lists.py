"""Lists: which filters there are, and pages by keyset, so that the next one begins after a row, whatever came or went.

A filter is named in an allow-list or refused: what a caller writes never becomes the name of a column.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from outreach.web.api.bodies import BIGGEST
from outreach.web.api.problems import Problem
from outreach.web.numbers import whole

A_PAGE: Final = 50
MOST: Final = 100
LONGEST: Final = 200
"""Characters of a filter's value."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter. `read`: its value from what was written, None for nonsense; `narrow`: what it leaves; `takes`: what it
    takes, in words; `enum`: the values there are, where they can be listed."""

    takes: str
    read: Callable[[str], Any]
    narrow: Callable[[Any], Q]
    kind: Any = str
    enum: Sequence[str] | None = None


def number(lookup: str) -> Filter:
    """Rows whose `lookup` is this id."""

    def read(text: str) -> int | None:
        found = whole(text) if text == text.strip() else None
        return found if found and found <= BIGGEST else None

    shape = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
    return Filter("the number of a row", read, lambda value: Q(**{lookup: value}), kind=shape)


def choice(lookup: str, values: Sequence[str], *, empty: str = "") -> Filter:
    """Rows whose `lookup` is one of these values. `empty`: how the empty one is written."""

    def narrow(value: str) -> Q:
        return Q(**{lookup: "" if empty and value == empty else value})

    known = [*values, *([empty] if empty else [])]
    words = ", ".join(known)
    return Filter(f"one of {words}", lambda text: text if text in known else None, narrow, enum=known)


_PLAIN = r"^[^\s\x00-\x1f][^\x00-\x1f]*$"


def text(lookup: str, *, lower: bool = False) -> Filter:
    """Rows whose `lookup` is this text. `lower`: where it is kept in lower case."""

    def read(value: str) -> str | None:
        return value if len(value) <= LONGEST and re.fullmatch(_PLAIN, value) else None

    def narrow(value: str) -> Q:
        return Q(**{lookup: value.lower() if lower else value})

    shape = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": _PLAIN}
    return Filter(f"a text of up to {LONGEST} characters", read, narrow, kind=shape)


def flag(condition: Q) -> Filter:
    """Rows of which this is true, or those of which it is false."""
    yes = {"true": True, "false": False}
    return Filter("true or false", yes.get, lambda value: condition if value else ~condition, enum=list(yes))


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its filters by name, and its order, all fields in the same direction, the last one unique.

    `name` is what its cursors belong to.
    """

    name: str
    filters: Mapping[str, Filter]
    order: Sequence[str] = ("-pk",)
    instants: frozenset[str] = field(default_factory=frozenset)

    def parameters(self) -> list[OpenApiParameter]:
        """What the schema says of the query."""
        place = {"type": "string", "minLength": 1, "maxLength": 1_000}
        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": A_PAGE}
        return [
            *(
                OpenApiParameter(
                    name, one.kind if one.enum is None else OpenApiTypes.STR, enum=one.enum, description=_sentence(one)
                )
                for name, one in self.filters.items()
            ),
            OpenApiParameter("cursor", place, description="Where to go on: next_cursor of the page before."),
            OpenApiParameter("limit", size, description="Rows of a page."),
        ]

    def page(self, rows: "QuerySet[Any]", asked: QueryDict, *, workspace: int) -> tuple[list[Any], str | None]:
        """The rows that are asked for, and the cursor of the next page, None on the last. Raises Problem."""
        wanted = self._understand(asked)
        limit = _limit(wanted.pop("limit", None))
        cursor = wanted.pop("cursor", None)
        for name, value in wanted.items():
            if (read := self.filters[name].read(value)) is None:
                raise Problem(400, "wrong-filter", f"The filter {name} takes {self.filters[name].takes}.")
            rows = rows.filter(self.filters[name].narrow(read))
        salt = f"api:{workspace}:{self.name}:{sorted(wanted.items())}"
        if cursor is not None:
            rows = rows.filter(self._after(cursor, salt))
        found = list(rows.order_by(*self.order)[: limit + 1])
        if len(found) <= limit:
            return found, None
        return found[:limit], signing.dumps(self._place(found[limit - 1]), salt=salt)

    def _understand(self, asked: QueryDict) -> dict[str, str]:
        known = [*self.filters, "cursor", "limit"]
        for name, values in asked.lists():
            if name not in known:
                raise Problem(400, "wrong-filter", f"There is no filter {name[:80]!r} here: use {', '.join(known)}.")
            if len(values) > 1:
                raise Problem(400, "wrong-filter", f"Give {name} once.")
        return {name: str(asked[name]) for name in asked}

    def _after(self, cursor: str, salt: str) -> Q:
        """The rows behind the place that a cursor of this very list names."""
        try:
            place = signing.loads(cursor, salt=salt)
        except (signing.BadSignature, ValueError):
            raise Problem(
                400, "wrong-cursor", "This cursor is not of this list and these filters: begin again without one."
            ) from None
        found, same = Q(), Q()
        for name, told in zip(self.order, place, strict=True):
            value = parse_datetime(told) if name.strip("-") in self.instants else told
            beyond = "lt" if name.startswith("-") else "gt"
            found |= same & Q(**{f"{name.strip('-')}__{beyond}": value})
            same &= Q(**{name.strip("-"): value})
        return found

    def _place(self, row: Any) -> list[Any]:
        values = (getattr(row, name.strip("-")) for name in self.order)
        return [value.isoformat() if isinstance(value, datetime) else value for value in values]


def _limit(written: str | None) -> int:
    if written is None:
        return A_PAGE
    limit = whole(written)
    if limit is None or not 1 <= limit <= MOST or written != written.strip():
        raise Problem(400, "wrong-filter", f"The filter limit takes a number from 1 to {MOST}.")
    return limit


def _sentence(one: Filter) -> str:
    return f"Takes {one.takes}." if one.enum is None else ""
