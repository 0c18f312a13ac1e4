"""Every text and control colour on every surface, in both themes, against WCAG 2.2 AA."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

CSS = Path(settings.BASE_DIR, "static/css/tokens.css").read_text()
SURFACES = ["frame", "sheet", "sunken", "raised", "hover", "selected"]
WORDS = ["ink", "ink-2", "ink-3", "accent", "ok", "warn", "bad", "credit", "ch-invite", "ch-email", "ch-engage"]
TONES = ["accent", "ok", "warn", "bad", "credit"]
OKLCH = r"oklch\(([\d.]+)% ([\d.]+)(?: ([\d.]+))?[^)]*\)"
TOKEN = re.compile(rf"--([\w-]+):\s*light-dark\({OKLCH},\s*{OKLCH}\);")

type Colour = list[float]


def tokens() -> dict[str, tuple[Colour, Colour]]:
    """Lightness, chroma and hue of each token, light and dark."""
    found = {}
    for match in TOKEN.finditer(CSS):
        numbers = [float(number or 0) for number in match.groups()[1:]]
        found[match[1]] = (numbers[:3], numbers[3:])
    return found


def luminance(colour: Colour) -> float:
    """Relative luminance of an OKLCH colour."""
    lightness, chroma, hue = colour[0] / 100, colour[1], math.radians(colour[2])
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    cone = [
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    ]
    rows = (
        (0.2126, (4.0767416621, -3.3077115913, 0.2309699292)),
        (0.7152, (-1.2684380046, 2.6097574011, -0.3413193965)),
        (0.0722, (-0.0041960863, -0.7034186147, 1.7076147010)),
    )
    return sum(weight * min(1, max(0, sum(f * c for f, c in zip(row, cone, strict=True)))) for weight, row in rows)


def ratio(one: Colour, two: Colour) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def pairs() -> Iterator[tuple[str, str, float]]:
    """What stands on what, and the least contrast it needs."""
    yield from ((word, surface, 4.5) for word in WORDS for surface in SURFACES)
    yield from ((word, f"{tone}-soft", 4.5) for tone in TONES for word in (tone, "ink", "ink-2"))
    yield from (("on-accent", fill, 4.5) for fill in ("accent-solid", "accent-press"))
    yield from (("focus", surface, 3.0) for surface in SURFACES)
    yield from (("control", surface, 3.0) for surface in ("frame", "sheet", "sunken", "raised"))
    yield from ((f"{tone}-solid", surface, 3.0) for tone in ("ok", "warn", "bad") for surface in ("sheet", "raised"))


def test_every_pair_can_be_read_in_both_themes() -> None:
    found = tokens()
    weak = [
        f"{theme}: {front} on {back} is {got:.2f}, needs {need}"
        for front, back, need in pairs()
        for theme, ink, paper in zip(("light", "dark"), found[front], found[back], strict=True)
        if (got := ratio(ink, paper)) < need
    ]
    assert weak == []


def test_black_on_white_is_21_to_1() -> None:
    assert round(ratio([0, 0, 0], [100, 0, 0]), 1) == 21.0
