"""The trend as a drawing: touches above, human replies below, each with a scale of its own. Geometry here, paint in
classes; the table beneath has the same numbers."""

from dataclasses import dataclass
from datetime import date, timedelta

from campaigns.metrics.funnel import Count, Funnel
from campaigns.views.team.asked import Asked

DAILY = 31
"""Up to so many days each has a column, of more each week."""
HIGH, TOP, BASE, SECOND = 56, 18, 74, 158
LABELS = 7


@dataclass(frozen=True, slots=True)
class Column:
    """A day or a week. Geometry in px from the top and in percent from the left."""

    first: date
    last: date
    count: Count
    label: str
    x: str
    width: str
    middle: str
    sent_y: str
    sent_height: str
    sent_label_y: str
    replied_y: str
    replied_height: str
    replied_label_y: str
    named: bool
    numbered: bool

    @property
    def words(self) -> str:
        return _words(self.first) if self.first == self.last else f"{_words(self.first)} to {_words(self.last)}"


@dataclass(frozen=True, slots=True)
class Trend:
    columns: tuple[Column, ...]
    weekly: bool
    most_sent: int
    most_replied: int

    @property
    def label(self) -> str:
        """What the drawing shows, for who does not see it."""
        sent, replied = (sum(getattr(c.count, name) for c in self.columns) for name in ("sent", "replied"))
        touches = "1 touch" if sent == 1 else f"{sent} touches"
        replies = "1 human reply" if replied == 1 else f"{replied} human replies"
        return f"{touches} sent and {replies} to them, by {'week' if self.weekly else 'day'}"


def trend(asked: Asked, funnel: Funnel) -> Trend:
    """The columns of the period, those without a touch too."""
    weekly = asked.days > DAILY
    spans = _weeks(asked.cut.first, asked.cut.last) if weekly else _days(asked.cut.first, asked.cut.last)
    counts = [
        sum((funnel.by_day.get(first + timedelta(days=n), Count()) for n in range((last - first).days + 1)), Count())
        for first, last in spans
    ]
    most_sent = max((count.sent for count in counts), default=0)
    most_replied = max((count.replied for count in counts), default=0)
    every = max(1, -(-len(spans) // LABELS))
    columns = tuple(
        _column(n, len(spans), span, count, most_sent, most_replied, every)
        for n, (span, count) in enumerate(zip(spans, counts, strict=True))
    )
    return Trend(columns, weekly, most_sent, most_replied)


def _days(first: date, last: date) -> list[tuple[date, date]]:
    return [(first + timedelta(days=n),) * 2 for n in range((last - first).days + 1)]


def _weeks(first: date, last: date) -> list[tuple[date, date]]:
    """Weeks from Monday to Sunday; the first and the last may be shorter."""
    found = []
    while first <= last:
        end = min(first + timedelta(days=6 - first.weekday()), last)
        found.append((first, end))
        first = end + timedelta(days=1)
    return found


def _column(
    n: int, columns: int, span: tuple[date, date], count: Count, most_sent: int, most_replied: int, every: int
) -> Column:
    wide = 100 / columns
    sent = HIGH * count.sent / max(most_sent, 1)
    replied = HIGH * count.replied / max(most_replied, 1)
    return Column(
        first=span[0],
        last=span[1],
        count=count,
        label=_words(span[0]),
        x=f"{(n + 0.14) * wide:.4g}%",
        width=f"{0.72 * wide:.4g}%",
        middle=f"{(n + 0.5) * wide:.4g}%",
        sent_y=f"{BASE - sent:.4g}",
        sent_height=f"{sent:.4g}",
        sent_label_y=f"{BASE - sent - 4:.4g}",
        replied_y=f"{SECOND - replied:.4g}",
        replied_height=f"{replied:.4g}",
        replied_label_y=f"{SECOND - replied - 4:.4g}",
        named=n % every == every // 2 if columns > LABELS else True,
        numbered=columns <= 14,
    )


def _words(day: date) -> str:
    return f"{day.day} {day:%b}"
