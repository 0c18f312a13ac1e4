"""A sender's budgets as strips: what is used of each cap, and when the budget has room again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Sender
from accounts.models.sender import SenderState
from campaigns.models import Allowance
from campaigns.running import allowances
from campaigns.views.moments import hours_words, moment
from campaigns.views.senders.purses import Purse, purse
from outreach.engine import facts, pacing
from outreach.engine.kinds import NEVER, Budget
from outreach.engine.limits import PENDING_WARN
from outreach.engine.windows import next_open, parse_hours, why_closed

LABELS: dict[Budget, str] = {
    Budget.INVITES: "Invites",
    Budget.PENDING: "Pending",
    Budget.NOTES_MONTH: "Notes",
    Budget.MESSAGES: "Messages",
    Budget.INMAIL: "InMail",
    Budget.OPEN_INMAIL: "Free InMail",
    Budget.ENGAGEMENT: "Engagement",
    Budget.MAIL: "E-mail",
    Budget.WHATSAPP: "WhatsApp",
    Budget.PROFILE_READS: "Profile reads",
}
"""Words for the page, in its order."""

OF_KIND: dict[str, frozenset[Budget]] = {
    "linkedin": frozenset(Budget) - {Budget.MAIL, Budget.WHATSAPP},
    "mailbox": frozenset({Budget.MAIL}),
    "whatsapp": frozenset({Budget.WHATSAPP}),
}
"""Which budgets a kind of sender can use at all."""

UNTIL: dict[str, str] = {
    "month_cap": "full until {}",
    "week_cap": "full until {}",
    "day_cap": "full until {}",
    "warm_up": "warming up, full until {}",
    "health": "paused for health until {}",
    "limit_rest": "LinkedIn's limit, rests until {}",
    "outside_hours": "opens {}",
    "holiday": "day off, opens {}",
}
"""What is said of a budget that opens later, by cause; `next {}` for the rest."""

NOT_BY_TIME: dict[str, str] = {
    "pending_ceiling": "full until invites are answered",
    "health": "paused for health",
    "outside_hours": "no working hours ahead",
    "holiday": "no working hours ahead",
}

TONES: dict[str, str] = {
    SenderState.ACTIVE: "ok",
    SenderState.RESTING: "warn",
    SenderState.PAUSED: "warn",
    SenderState.DISCONNECTED: "bad",
    SenderState.FROZEN: "bad",
}
MAIN: tuple[Budget, ...] = (Budget.INVITES, Budget.MESSAGES, Budget.INMAIL, Budget.MAIL, Budget.WHATSAPP)
"""The budgets that a list of senders shows."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One cap. `note`: over which window it counts and, once per budget, when the budget has room. `width`: of the
    filled part, in percent; `ahead`: of what is used and planned together, "" when nothing is planned."""

    label: str
    used: int
    cap: int
    width: str
    tone: str
    note: str
    planned: int = 0
    ahead: str = ""

    @property
    def left(self) -> int:
        return max(self.cap - self.used, 0)


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a main budget. `week`: None without a weekly cap."""

    label: str
    today: int
    week: int | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A sender as the page shows it. `inmail`: whether it is of a kind that could have InMail credits."""

    id: int
    name: str
    initials: str
    hue: int
    plan: str
    place: str
    hours: str
    state: str
    tone: str
    reason: str
    strips: tuple[Strip, ...]
    purses: tuple[Purse, ...]
    inmail: bool


def seat(sender: Sender, now: datetime) -> Seat:
    """The sender with its plan, allowances and balances already fetched."""
    hours = hours_of(sender)
    related: Any = sender
    return Seat(
        id=sender.pk,
        name=sender.name,
        initials=initials(sender),
        hue=hue(sender),
        plan=sender.plan.name if sender.plan else "",
        place=sender.zone.rpartition("/")[2].replace("_", " "),
        hours=hours_words(hours),
        state=SenderState(sender.state).label,
        tone=TONES.get(sender.state, "neutral"),
        reason=sender.state_reason,
        strips=tuple(_strips(sender, related.allowances.all(), hours, now)),
        purses=tuple(map(purse, related.balances.all())),
        inmail=Budget.INMAIL in OF_KIND.get(sender.kind, ()),
    )


def initials(sender: Sender) -> str:
    """The letters on the sender's square."""
    return "".join(word[0] for word in sender.name.split()[:2]).upper()


def hue(sender: Sender) -> int:
    """The colour of the sender's square, 1 to 8."""
    return sender.pk % 8 + 1


def hours_of(sender: Sender) -> facts.Hours:
    """The sender's working hours as the engine has them."""
    off = [date.fromisoformat(day) for day in sender.days_off]
    return parse_hours(sender.hours, zone=sender.zone, days_off=off)


def rooms(sender: Sender, now: datetime) -> list[Room]:
    """What is left today and this week of each main budget. The sender's allowances are fetched already."""
    related: Any = sender
    rows = {row.budget: row for row in related.allowances.all()}
    usable = OF_KIND.get(sender.kind, frozenset(Budget))
    found = []
    for budget in MAIN:
        row = rows.get(budget)
        if row is None or budget not in usable or not row.day_cap:
            continue
        used = pacing.rolling(allowances.from_row(vars(row)), now)
        week = None if row.week_cap is None else max(row.week_cap - used.week, 0)
        today = max(row.day_cap - used.day, 0)
        found.append(Room(LABELS[budget], today if week is None else min(today, week), week))
    return found


def _strips(sender: Sender, budgets: Iterable[Allowance], hours: facts.Hours, now: datetime) -> Iterator[Strip]:
    rows = {row.budget: row for row in budgets}
    usable = OF_KIND.get(sender.kind, frozenset(Budget))
    for budget, label in LABELS.items():
        row = rows.get(budget)
        if row is None or budget not in usable:
            continue
        note = opening(row, hours, now) if sender.state == SenderState.ACTIVE else ""
        for window, count, cap in caps(row, now):
            tone = "warn" if budget is Budget.PENDING and count >= PENDING_WARN else ""
            yield Strip(label, count, cap, width(count, cap), tone, ", ".join(filter(None, (window, note))))
            note = ""


def caps(row: Allowance, now: datetime) -> list[tuple[str, int, int]]:
    """The caps of a budget: over which window each counts, what is used of it, and the cap."""
    used = pacing.rolling(allowances.from_row(vars(row)), now)
    return [
        (window, count, cap)
        for window, count, cap in (
            ("24 h", used.day, row.day_cap),
            ("7 days", used.week, row.week_cap),
            ("this month", used.month, row.month_cap),
            ("unanswered", used.pending, row.ceiling),
        )
        if cap is not None and (cap or row.reason == "health")  # a cap of nothing: not in this plan
    ]


def opening(row: Allowance, hours: facts.Hours, now: datetime) -> str:
    """When the budget has room again, in words; the sender's own clock."""
    at = max(filter(None, (row.allowed_at, row.rest_until, row.paused_until)))
    if row.ceiling is not None and row.outstanding >= row.ceiling:
        return NOT_BY_TIME["pending_ceiling"]
    if at >= NEVER:
        return NOT_BY_TIME.get(row.opening_cause, "closed")
    cause = row.opening_cause if at > now else ""
    opens = next_open(hours, max(at, now))
    if opens is None:
        return NOT_BY_TIME["outside_hours"]
    if opens > now and not cause:
        cause = why_closed(hours, now)
    if opens <= now:
        return "open now"
    return UNTIL.get(cause, "next {}").format(moment(opens, now, ZoneInfo(hours.zone)))


def width(used: int, cap: int) -> str:
    """The filled part of a meter, in percent."""
    return f"{min(100 * used / cap, 100):.4g}%" if cap else "0%"
