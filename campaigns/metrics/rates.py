"""Shares of what was tried, with how sure one can be of them. Pure arithmetic."""

from dataclasses import dataclass
from math import sqrt

Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""

ENOUGH = 30
"""From how many tries on a single number is shown; of fewer only the range is honest."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `n` tries, 0 ≤ hits ≤ n. Raises ValueError for anything else."""

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n:
            raise ValueError(f"{self.hits} of {self.n} is no share: give from 0 to {self.n} hits.")

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None when nothing was tried."""
        return self.hits / self.n if self.n else None

    @property
    def low(self) -> float:
        """Lower end of the Wilson score interval at 95 %; 0 when nothing was tried."""
        return self._ends()[0]

    @property
    def high(self) -> float:
        """Upper end of the Wilson score interval at 95 %; 1 when nothing was tried."""
        return self._ends()[1]

    @property
    def enough(self) -> bool:
        """Whether there were tries enough for a single number."""
        return self.n >= ENOUGH

    @property
    def words(self) -> str:
        """`33%`, of few tries `8 to 42%`, of none ""."""
        if not self.n:
            return ""
        return percent(self.hits / self.n) if self.enough else f"{self.range}%"

    @property
    def range(self) -> str:
        """`29 to 38`: the interval in percent, outwards to whole numbers where it is wide."""
        low, high = self._ends()
        digits = 1 if 100 * (high - low) < 3 else 0
        return f"{100 * low:.{digits}f} to {100 * high:.{digits}f}"

    def _ends(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        p, z2 = self.hits / self.n, Z * Z
        middle = p + z2 / (2 * self.n)
        half = Z * sqrt(p * (1 - p) / self.n + z2 / (4 * self.n * self.n))
        whole = 1 + z2 / self.n
        low = 0.0 if not self.hits else max(0.0, (middle - half) / whole)
        high = 1.0 if self.hits == self.n else min(1.0, (middle + half) / whole)
        return low, high


def percent(share: float) -> str:
    """`33%`, below ten `9.5%`."""
    value = 100 * share
    return f"{value:.1f}%" if 0 < value < 9.95 else f"{value:.0f}%"
