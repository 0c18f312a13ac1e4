"""What a human reply cost. Pure arithmetic in US cents, exact until it is written.

Price per credit = the plan's monthly price ÷ its monthly grant. Gross = price × credits spent ÷ human replies. Net
takes off the returned credits that were spent again. The share of the seats is the same money seen another way, by days
and not by credits, and is never added to it.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from campaigns.metrics.rates import Rate


@dataclass(frozen=True, slots=True)
class Spending:
    """Credits of one price. `cents`: of one credit, None when its price is not known. `again`: of the returned, those
    that were spent again."""

    cents: Fraction | None
    spent: int
    again: int


@dataclass(frozen=True, slots=True)
class PerReply:
    """What a human reply cost. `cents`: all that was paid; `rate`: human replies of the touches it was paid for."""

    cents: Fraction
    rate: Rate

    @property
    def value(self) -> Fraction | None:
        """Cents for one reply; None when there was none."""
        return self.cents / self.rate.hits if self.rate.hits else None

    @property
    def words(self) -> str:
        """`$19.80`; of few touches the likely range `$11.35 to $43.60`; without a reply `over $30.10`."""
        if not self.rate.n or not self.cents:
            return "$0.00" if self.rate.hits else ""
        if self.value is None:
            return f"over {money(self._at(self.rate.high))}"
        return money(self.value) if self.rate.enough else self.range

    @property
    def range(self) -> str:
        """The likely range: what it costs at either end of the reply rate's interval. "" when there was no reply."""
        if not self.rate.hits or not self.cents:
            return ""
        return f"{money(self._at(self.rate.high))} to {money(self._at(self.rate.low))}"

    def _at(self, share: float) -> Fraction:
        return self.cents / (self.rate.n * Fraction(share))


@dataclass(frozen=True, slots=True)
class CreditCost:
    """The credits' part of what replies cost. `unpriced`: credits spent by senders whose plan grants none."""

    gross: PerReply
    net: PerReply
    unpriced: int


def credit_cost(spendings: Iterable[Spending], rate: Rate) -> CreditCost:
    """Gross and net for these credits. `rate`: human replies of the InMails that the credits paid."""
    gross = net = Fraction(0)
    unpriced = 0
    for one in spendings:
        if one.cents is None:
            unpriced += one.spent
        else:
            gross += one.cents * one.spent
            net += one.cents * (one.spent - one.again)
    return CreditCost(PerReply(gross, rate), PerReply(max(net, Fraction(0)), rate), unpriced)


def seat_share(prices: Iterable[tuple[date, int]]) -> Fraction:
    """Cents for seats, day by day: (day, the plan's monthly price in cents) for each day of each seat."""
    return sum((Fraction(cents, monthrange(day.year, day.month)[1]) for day, cents in prices), Fraction(0))


def money(cents: Fraction) -> str:
    """`$19.80`, rounded to cents, halves up; `$1,240` from a thousand dollars on."""
    whole = int(cents + Fraction(1, 2))
    return f"${whole // 100:,}.{whole % 100:02d}" if whole < 100_000 else f"${(whole + 50) // 100:,}"
