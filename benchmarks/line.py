"""One result, as the JSON line that is printed for it."""

import json
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """`ours`, `bound` and `peer` are in `unit`; `ratio` and `peer_ratio` are ours over theirs. `errors`: what was found
    wrong afterwards, 0 when the figure may be believed. What a benchmark does not have is None."""

    bench: str
    case: str
    unit: str
    ours: float
    bound: float | None = None
    ratio: float | None = None
    peer: float | None = None
    peer_ratio: float | None = None
    errors: int = 0

    def show(self) -> None:
        keys = ("bench", "case", "ours", "bound", "ratio", "peer", "peer_ratio", "errors", "unit")
        known = asdict(self)
        print(json.dumps({key: _short(known[key]) for key in keys}), flush=True)


def compare(
    bench: str,
    case: str,
    unit: str,
    *,
    ours: list[float],
    bound: list[float] | None = None,
    peer: list[float] | None = None,
    errors: int = 0,
) -> Line:
    """The medians of figures that were taken in turns, and the medians of their ratios turn by turn."""
    return Line(
        bench=bench,
        case=case,
        unit=unit,
        ours=median(ours),
        bound=median(bound) if bound else None,
        ratio=_ratio(ours, bound),
        peer=median(peer) if peer else None,
        peer_ratio=_ratio(ours, peer),
        errors=errors,
    )


def _ratio(ours: list[float], theirs: list[float] | None) -> float | None:
    if not theirs:
        return None
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value
