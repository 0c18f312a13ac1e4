"""Who may open what, area by area. Every address stands here with every method that a page can send.

A module of this package is one area. It says

    MATRIX      (url name, method) → status for anonymous, alice, mara, bob, vera, charlie
    ARGUMENTS   optional: a function of the cast that makes something of Tidewell for each address with a variable part,
                so that Charlie is a stranger to it: {url name: {argument: value}}
    PAGES       optional: (url name, who) of the pages that the common tests open in a real browser

Post statuses are those of an empty form: a page that names what is missing answers 422.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from tests.cast import Tidewell

WHO = ("anonymous", "alice", "mara", "bob", "vera", "charlie")

Statuses = tuple[int, int, int, int, int, int]


def areas() -> Iterator[ModuleType]:
    for found in sorted(iter_modules(__path__), key=lambda one: one.name):
        yield import_module(f"{__name__}.{found.name}")


def matrix() -> dict[tuple[str, str], Statuses]:
    """All areas together. An address that stands in two of them is a mistake."""
    found: dict[tuple[str, str], Statuses] = {}
    for area in areas():
        twice = set(found) & set(area.MATRIX)
        assert not twice, f"{area.__name__} names {sorted(twice)} again"
        found |= area.MATRIX
    return found


def pages() -> list[tuple[str, str]]:
    return [page for area in areas() for page in getattr(area, "PAGES", ())]


def arguments(cast: Tidewell, name: str) -> dict[str, Any] | None:
    """What goes into the variable parts of this address, made for this cast; None when it has none."""
    for area in areas():
        if (make := getattr(area, "ARGUMENTS", None)) and any(known == name for known, _ in area.MATRIX):
            found: dict[str, Any] | None = make(cast).get(name)
            return found
    return None
