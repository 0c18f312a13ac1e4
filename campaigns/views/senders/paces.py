"""How fast a sender may go: every budget with its caps, the next possible moment, and the rule that binds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import Sender
from accounts.models.sender import SenderState
from campaigns.models import Allowance
from campaigns.running import allowances
from campaigns.views.moments import moment
from campaigns.views.senders.strips import LABELS, OF_KIND, caps, width
from outreach.engine import pacing
from outreach.engine.facts import Hours
from outreach.engine.kinds import ALLOWANCES, Budget, Kind
from outreach.engine.limits import PENDING_WARN


@dataclass(frozen=True, slots=True)
class Window:
    """One cap of a budget. `width`, `ahead`: of used, and of used and planned, in percent."""

    label: str
    used: int
    cap: int
    width: str
    ahead: str


@dataclass(frozen=True, slots=True)
class Pace:
    """A budget: its caps, what is planned, the next possible moment, and the rule that binds."""

    budget: Budget
    label: str
    windows: tuple[Window, ...]
    planned: int
    next: str
    at: datetime | None
    rule: str
    tone: str


def paces_of(sender: Sender, hours: Hours, waiting: Mapping[str, int], now: datetime) -> list[Pace]:
    """The budgets that the sender can use, in the page's order. `waiting`: planned touches by kind."""
    ahead: dict[Budget, int] = dict.fromkeys(Budget, 0)
    for kind, count in waiting.items():
        for budget in ALLOWANCES[Kind(kind)]:
            ahead[budget] += count
    rows = {row.budget: row for row in Allowance.objects.filter(sender=sender)}
    vendor = sender.connection.vendor if sender.connection else sender.connector
    work_s = allowances.longest_work_s(vendor)
    found = []
    for budget, label in LABELS.items():
        row = rows.get(budget)
        if row is None or budget not in OF_KIND.get(sender.kind, frozenset(Budget)):
            continue
        windows = tuple(_windows(row, ahead[budget], now))
        if windows:
            found.append(_pace(row, label, windows, ahead[budget], hours, work_s, sender.state, now))
    return found


def _windows(row: Allowance, planned: int, now: datetime) -> list[Window]:
    return [
        Window(label, count, cap, width(count, cap), width(count + planned, cap) if planned else "")
        for label, count, cap in caps(row, now)
    ]


def _pace(
    row: Allowance,
    label: str,
    windows: tuple[Window, ...],
    planned: int,
    hours: Hours,
    work_s: int,
    state: str,
    now: datetime,
) -> Pace:
    opening = pacing.opens_at(allowances.from_row(vars(row)), hours, now, longest_work_s=work_s)
    if row.budget == Budget.PENDING:
        full = windows[0].used >= windows[0].cap
        words, at = ("Not until invites are answered", None) if full else ("", None)
    elif opening.at is None:
        words, at = "Not by waiting", None
    elif opening.at <= now:
        words, at = "Now", opening.at
    else:
        words, at = moment(opening.at, now, ZoneInfo(hours.zone)), opening.at
    rule = _rule(row, opening.cause)
    if state != SenderState.ACTIVE and row.budget != Budget.PENDING:
        words, at, rule = "Not before it is active", None, f"The sender is {SenderState(state).label.lower()}"
    tone = "warn" if row.budget == Budget.PENDING and windows[0].used >= PENDING_WARN else ""
    return Pace(Budget(row.budget), label, windows, planned, words, at, rule, tone)


def _rule(row: Allowance, cause: str) -> str:
    match cause:
        case "day_cap":
            return f"{row.day_cap} in any 24 hours"
        case "week_cap":
            return f"{row.week_cap} in any 7 days"
        case "month_cap":
            return f"{row.month_cap} a month"
        case "warm_up":
            return f"Warming up: {row.day_cap} in any 24 hours"
        case "health":
            return "Too few invites were accepted"
        case "limit_rest":
            return "LinkedIn said that a limit was reached"
        case "gap":
            return "Spread over the working day" if row.spread else f"At least {row.gap_s} s apart"
        case "outside_hours":
            return "Working hours"
        case "holiday":
            return "A day off"
        case "pending_ceiling":
            return f"{row.ceiling} invites wait for an answer"
        case _:
            return "Nothing is in the way" if row.budget != Budget.PENDING else f"Invites stop at {row.ceiling}"
