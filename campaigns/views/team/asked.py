"""What the address of the Team page asks for: days and filters, and the same address with something changed."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.http import QueryDict

from campaigns.metrics.funnel import Cut
from campaigns.running import confirmed
from outreach.engine.kinds import WORDS, Kind

PERIODS: dict[str, str] = {"7": "7 days", "30": "30 days", "90": "90 days", "month": "Month"}
USUAL = "30"
LONGEST = 366
"""Days that one page counts at most."""
DAY = timedelta(days=1)

CHANNELS: dict[str, str] = {
    "invite": "Invite",
    **{name: WORDS[Kind(name)] for name in confirmed.ANSWERABLE if name != "invite"},
    "engage": "View, follow, like, comment",
    "other": "Withdraw, call, task",
}
"""Channels in words, in the order of the funnel."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`cut`: what to count. `period`: the choice that is on, "" for days of one's own. `wrong`: what was not
    understood, in one sentence."""

    cut: Cut
    period: str
    today: date
    wrong: str = ""
    compares: bool = True

    @property
    def days(self) -> int:
        return (self.cut.last - self.cut.first).days + 1

    @property
    def words(self) -> str:
        """`24 Oct to 22 Nov 2026`."""
        return _span(self.cut.first, self.cut.last)

    @property
    def before(self) -> Cut:
        """What is compared with: as many days just before, of a month the same days of the month before."""
        first, last = self.cut.first, self.cut.last
        if self.period == "month":
            end = first - DAY
            return replace(self.cut, first=end.replace(day=1), last=min(end, end.replace(day=min(last.day, end.day))))
        return replace(self.cut, first=first - self.days * DAY, last=first - DAY)

    @property
    def before_words(self) -> str:
        return _span(self.before.first, self.before.last)

    def parts(self, **changed: object) -> dict[str, str]:
        """The query of this page with something changed; None and "" take it away."""
        cut = self.cut
        when: dict[str, object] = (
            {"period": self.period} if self.period else {"from": f"{cut.first}", "to": f"{cut.last}"}
        )
        now: dict[str, object] = {
            **when,
            "sdr": cut.sdr,
            "channel": cut.channel,
            "tier": cut.tier,
            "campaign": cut.campaign,
            "sender": cut.sender,
            "compare": "" if self.compares else "no",
            **changed,
        }
        if now.get("period") == USUAL:
            now["period"] = ""
        return {name: f"{value}" for name, value in now.items() if value not in (None, "")}

    def address(self, **changed: object) -> str:
        return f"?{urlencode(self.parts(**changed))}"


def read(query: QueryDict, workspace: int, now: datetime) -> Asked:
    """What this query asks for. What cannot be understood is left out and told; days to come are cut off."""
    today = now.astimezone(UTC).date()
    period, wrong = query.get("period", "") or USUAL, ""
    if query.get("from") or query.get("to"):
        period = ""
    first = last = today
    if period not in PERIODS and period:
        period, wrong = USUAL, "That period is not known: choose 7, 30 or 90 days, the month, or days of your own."
    if not period:
        try:
            first, last = _between(query.get("from", ""), query.get("to", ""), today)
            period = next((name for name in PERIODS if (first, last) == (_first(name, today), today)), "")
        except ValueError as refusal:
            period, wrong = USUAL, str(refusal)
    if period:
        first, last = _first(period, today), today
    channel = query.get("channel", "")
    cut = Cut(
        workspace,
        first,
        last,
        sdr=_number(query.get("sdr", "")),
        channel=channel if channel in CHANNELS else "",
        tier=tier if (tier := _number(query.get("tier", ""))) in (1, 2, 3) else None,
        campaign=_number(query.get("campaign", "")),
        sender=_number(query.get("sender", "")),
    )
    return Asked(cut, period, today, wrong, compares=query.get("compare") != "no")


def _first(period: str, today: date) -> date:
    return today.replace(day=1) if period == "month" else today - (int(period) - 1) * DAY


def _between(first: str, last: str, today: date) -> tuple[date, date]:
    try:
        end = min(date.fromisoformat(last), today) if last else today
        begin = date.fromisoformat(first) if first else end
    except ValueError:
        raise ValueError("That is no day: write it as 2026-11-22. These are the last 30 days.") from None
    if begin > end:
        raise ValueError("The first day is after the last: turn them round. These are the last 30 days.")
    if (end - begin).days >= LONGEST:
        raise ValueError(f"That is more than {LONGEST} days: choose fewer. These are the last 30 days.")
    if begin.year < 2000:
        raise ValueError("That is long before the first touch. These are the last 30 days.")
    return begin, end


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _span(first: date, last: date) -> str:
    if first == last:
        return _day(last, year=True)
    return f"{_day(first, year=first.year != last.year)} to {_day(last, year=True)}"


def _day(day: date, *, year: bool) -> str:
    return f"{day.day} {day:%b %Y}" if year else f"{day.day} {day:%b}"
