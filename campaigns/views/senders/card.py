"""A sender as its own page shows it: figures, pace of every budget, health, credits and what happened lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts import history_words, plans
from accounts.history_words import Line, Named
from accounts.models import CreditBalance, CreditLot, History, Sender
from accounts.models.sender import SenderState
from campaigns.models import Allowance
from campaigns.running import allowances, seat_health
from campaigns.running.seat_health import Reason, Seen
from campaigns.views.moments import moment
from campaigns.views.senders.strips import LABELS, OF_KIND, TONES, Purse, hours_of, purse, width
from outreach.engine import credits, pacing
from outreach.engine.facts import Hours, Terms
from outreach.engine.kinds import ALLOWANCES, Budget, Kind
from outreach.engine.limits import PENDING_WARN

HEALTH_TONES = {"Good": "ok", "Fair": "warn", "Poor": "bad"}
CONNECTORS = {
    "guided": "By hand, no login stored",
    "unipile": "Through Unipile",
    "simulator": "Practice seat, nobody real hears from it",
}
SOON = timedelta(days=14)
"""Credits that end within this time are said to."""
LATEST = 8
"""Entries of the history that the page shows."""


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str
    unit: str
    words: str


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


@dataclass(frozen=True, slots=True)
class Credits:
    """One product's credits. `grant`: what comes next, in words; `soon`: (how many, when) of those that end first."""

    balance: CreditBalance
    purse: Purse
    grant: str
    soon: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history, and when on the sender's clock."""

    line: Line
    moment: str


@dataclass(frozen=True, slots=True)
class Card:
    """`next_grant`: what the page says of credits to come."""

    state: str
    tone: str
    connector: str
    health: str
    health_tone: str
    reasons: tuple[Reason, ...]
    figures: tuple[Figure, ...]
    paces: tuple[Pace, ...]
    purses: tuple[Credits, ...]
    history: tuple[Entry, ...]
    seen: Seen


def card(sender: Sender, now: datetime) -> Card:
    """The sender with its plan and connection already fetched, in its workspace's scope."""
    hours = hours_of(sender)
    zone = ZoneInfo(hours.zone)
    seen = seat_health.look([sender.pk], now=now)[sender.pk]
    reasons = seat_health.reasons(sender, seen, now, said(seen, now, zone))
    health = seat_health.word(reasons)
    waiting = seat_health.planned([sender.pk])[sender.pk]
    paces = tuple(_paces(sender, hours, waiting, now))
    purses = tuple(_credits(sender, now))
    return Card(
        state=SenderState(sender.state).label,
        tone=TONES.get(sender.state, "neutral"),
        connector=CONNECTORS.get(sender.connector, sender.connector),
        health=health,
        health_tone=HEALTH_TONES[health],
        reasons=tuple(reasons),
        figures=tuple(_figures(paces, seen, purses, health, reasons)),
        paces=paces,
        purses=purses,
        history=tuple(_history(sender, purses, now, zone)),
        seen=seen,
    )


def zone_of(sender: Sender) -> ZoneInfo:
    """The sender's clock."""
    return ZoneInfo(sender.zone)


def said(seen: Seen, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """The instants of what was seen, in words and on the sender's clock."""
    instants = {"health_until": seen.health_until, "resting_until": seen.resting_until}
    return {name: moment(at, now, zone) for name, at in instants.items() if at is not None}


def _paces(sender: Sender, hours: Hours, waiting: Mapping[str, int], now: datetime) -> list[Pace]:
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
    used = pacing.rolling(allowances.from_row(vars(row)), now)
    return [
        Window(label, count, cap, width(count, cap), width(count + planned, cap) if planned else "")
        for label, count, cap in (
            ("24 h", used.day, row.day_cap),
            ("7 days", used.week, row.week_cap),
            ("this month", used.month, row.month_cap),
            ("unanswered", used.pending, row.ceiling),
        )
        if cap is not None and (cap or row.reason == "health")
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


def _figures(
    paces: Sequence[Pace], seen: Seen, purses: Sequence[Credits], health: str, reasons: Sequence[Reason]
) -> list[Figure]:
    found = []
    by_budget = {pace.budget: pace for pace in paces}
    for budget in (Budget.INVITES, Budget.PENDING, Budget.MAIL, Budget.WHATSAPP):
        pace = by_budget.get(budget)
        if pace is None:
            continue
        for window in pace.windows:
            label = "Pending invites" if budget is Budget.PENDING else f"{pace.label}, {window.label}"
            found.append(Figure(label, str(window.used), f"of {window.cap}", _beside(pace, window, seen)))
    if Budget.INVITES in by_budget:
        found.append(_accepted(seen))
    for one in purses[:1]:
        words = one.grant.split(",")[0] or "No grant is due"
        found.append(Figure("InMail credits", str(one.purse.left), f"cap {one.purse.cap}", words))
    cautions = sum(reason.tone != "ok" for reason in reasons)
    words = f"{cautions} of {len(reasons)} reasons need you" if cautions else f"{len(reasons)} reasons, all good"
    found.append(Figure("Health", health, "", words))
    return found


def _beside(pace: Pace, window: Window, seen: Seen) -> str:
    if pace.budget is Budget.PENDING:
        return f"{seen.old_pending} older than 21 days" if seen.old_pending else "None older than 21 days"
    if window is pace.windows[0]:
        return f"{pace.planned} planned" if pace.planned else "Nothing planned"
    return f"{max(window.cap - window.used, 0)} left"


def _accepted(seen: Seen) -> Figure:
    if not seen.judged:
        return Figure("Accepted", "–", "", "No invite is a week old yet")
    low, high = seat_health.likely(seen.accepted, seen.judged)
    words = f"Likely {low:.0%} to {high:.0%}, floor 25%"
    return Figure(f"Accepted, last {seen.judged}", f"{seen.accepted / seen.judged:.0%}", "", words)


def _credits(sender: Sender, now: datetime) -> list[Credits]:
    today = now.astimezone(UTC).date()
    terms = plans.terms_by_plan(today, [sender.plan_id]).get(sender.plan_id) if sender.plan_id else None
    balances = [b for b in CreditBalance.objects.filter(sender=sender).order_by("-cap", "id") if b.cap or b.reserved]
    lots = list(CreditLot.objects.filter(balance__in=balances, remaining__gt=0, expires_at__isnull=False))
    zone = ZoneInfo("UTC")
    return [
        Credits(
            balance,
            purse(balance),
            grant_words(balance, sender, terms, now),
            tuple(
                (lot.remaining, moment(lot.expires_at, now, zone))
                for lot in sorted(lots, key=lambda lot: (lot.expires_at, lot.pk))
                if lot.balance_id == balance.pk and lot.expires_at and lot.expires_at <= now + SOON
            ),
        )
        for balance in balances
    ]


def grant_words(balance: CreditBalance, sender: Sender, terms: Terms | None, now: datetime) -> str:
    """What the next grant brings and when, `+15 on 9 Dec, 3 of them lost at the cap`; "" when none is due."""
    if terms is None or not terms.inmail or terms.product != balance.product:
        return ""
    row = credits.Balance(balance.available, balance.reserved, balance.cap)
    lost = credits.expiring(row, terms.grant)
    on = next_grant(terms, sender.anchor_day, now)
    words = f"+{terms.grant} on {on.day} {on:%b}"
    return f"{words}, {lost} would be lost at the cap of {balance.cap}" if lost else words


def next_grant(terms: Terms, anchor_day: int, now: datetime) -> date:
    """The first day of the next renewal period."""
    current = credits.period_key(terms.renewal, now, anchor_day)
    for ahead in range(1, 33):
        key = credits.period_key(terms.renewal, now + timedelta(days=ahead), anchor_day)
        if key > current:
            return date.fromisoformat(key)
    raise AssertionError("a period is never longer than a month")


def _history(sender: Sender, purses: Sequence[Credits], now: datetime, zone: ZoneInfo) -> list[Entry]:
    names = {f"creditbalance:{one.balance.pk}": Named(sender.name) for one in purses}
    names[f"sender:{sender.pk}"] = Named(sender.name)
    rows = History.objects.filter(workspace=sender.workspace_id, subject__in=list(names)).exclude(verb="cap")
    return [
        Entry(history_words.line(row, names, zone=zone), moment(row.at, now, zone))
        for row in rows.select_related("by__user").order_by("-id")[:LATEST]
    ]
