"""A sender as its own page shows it: figures, pace of every budget, health, credits and what happened lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts import history_lines
from accounts.history_lines import Line, Named
from accounts.models import History, Sender
from accounts.models.sender import SenderState
from campaigns.running import seat_health
from campaigns.running.seat_health import Reason, Seen
from campaigns.views.moments import moment
from campaigns.views.senders.paces import Pace, Window, paces_of
from campaigns.views.senders.purses import Credits, credits_of
from campaigns.views.senders.strips import TONES, hours_of
from outreach.engine.kinds import Budget

HEALTH_TONES = {"Good": "ok", "Fair": "warn", "Poor": "bad"}
CONNECTORS = {
    "guided": "By hand, no login stored",
    "unipile": "Through Unipile",
    "simulator": "Practice sender, nobody real hears from it",
}
LATEST = 8
"""Entries of the history that the page shows."""


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str
    unit: str
    words: str


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
    paces = tuple(paces_of(sender, hours, waiting, now))
    purses = tuple(credits_of(sender, now))
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


def _history(sender: Sender, purses: Sequence[Credits], now: datetime, zone: ZoneInfo) -> list[Entry]:
    names = {f"creditbalance:{one.balance.pk}": Named(sender.name) for one in purses}
    names[f"sender:{sender.pk}"] = Named(sender.name)
    rows = History.objects.filter(workspace=sender.workspace_id, subject__in=list(names)).exclude(verb="cap")
    return [
        Entry(history_lines.line(row, names, zone=zone), moment(row.at, now, zone))
        for row in rows.select_related("by__user").order_by("-id")[:LATEST]
    ]
