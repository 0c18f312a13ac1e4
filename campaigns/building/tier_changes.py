"""What new terms of a plan would change on their day: for whom, which credits, which caps, which notes. Nothing is
written; the same arithmetic does it when the day comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from accounts import plans, terms
from accounts.models import Plan, Sender
from accounts.models.sender import SenderState
from campaigns.building import long_notes
from campaigns.building.long_notes import LongNote
from campaigns.building.projection import Projected, Purse, project, terms_on
from campaigns.running.database import rows
from outreach.engine import credits, limits
from outreach.engine.credits import Balance, Lot
from outreach.engine.facts import Limits, Terms
from outreach.engine.kinds import Budget


@dataclass(frozen=True, slots=True)
class Loss:
    """One sender's credits on that day. `kept`: what there would be without the change; `anyway`: what would be lost
    without it."""

    sender: str
    now: int
    kept: int
    after: Projected
    anyway: int


@dataclass(frozen=True, slots=True)
class CapChange:
    """A cap that changes, and for whom."""

    label: str
    was: str
    will_be: str
    senders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """A campaign whose people are with senders on this plan. `people`: those not at their end yet."""

    pk: int
    name: str
    state: str
    people: int


@dataclass(frozen=True, slots=True)
class Changes:
    """All that terms from a day on change. `until`: the day on which the next terms follow them, if any do."""

    day: date
    until: date | None
    numbers: list[tuple[str, str, str]]
    senders: list[Loss]
    caps: list[CapChange]
    campaigns: list[Touched]
    notes: list[LongNote]
    credit_was: str
    credit_will_be: str

    @property
    def lost(self) -> int:
        return sum(loss.after.lost for loss in self.senders)

    @property
    def lost_anyway(self) -> int:
        return sum(min(loss.anyway, loss.after.lost) for loss in self.senders)

    @property
    def clipped(self) -> int:
        return sum(loss.after.clipped for loss in self.senders)

    @property
    def forfeited(self) -> int:
        return sum(loss.after.forfeited for loss in self.senders)

    @property
    def has_credits(self) -> bool:
        return any(loss.now or loss.kept or loss.after.left or loss.after.lost for loss in self.senders)


def preview(
    plan: Plan, day: date, numbers: Mapping[str, Any], *, now: datetime, instead_of: date | None = None
) -> Changes:
    """What these numbers would change from `day` on, in a number of queries that does not grow with the senders.

    `instead_of`: the day of terms not yet in force that these replace. The numbers must fit together, and `day` must
    be one to come.
    """
    known = {row.valid_from: plans.facts(row) for row in plan.terms.select_related("plan")}
    before = {since: known[since] for since in known if since not in (instead_of, day)}
    will_be = Terms(plan=plan.code, **{name: numbers[name] for name in terms.NUMBERS})
    was = terms_on(before, day - timedelta(days=1)) or will_be
    with_it = {**before, day: will_be}
    senders = list(
        plan.senders.exclude(state=SenderState.ARCHIVED)
        .prefetch_related("balances__lots", "allowances")
        .order_by("name", "id")
    )
    ids = [sender.pk for sender in senders]
    shorter = will_be.note_chars < was.note_chars
    return Changes(
        day=day,
        until=min((since for since in with_it if since > day), default=None),
        numbers=terms.changes(_numbers(was), _numbers(will_be)),
        senders=[_loss(sender, before, with_it, now=now, day=day) for sender in senders],
        caps=_caps(senders, was, will_be, day),
        campaigns=_campaigns(plan.workspace_id, ids),
        notes=long_notes.longer_than(will_be.note_chars, workspace=plan.workspace_id, senders=ids) if shorter else [],
        credit_was=credit_price(was.price_cents, was.grant),
        credit_will_be=credit_price(will_be.price_cents, will_be.grant),
    )


def credit_price(price_cents: int, grant: int) -> str:
    """What one credit of a plan costs, such as `$2.40`; empty for a plan without credits."""
    price = credits.price_per_credit(price_cents, grant)
    return "" if price is None else f"${round(Fraction(price)) / 100:,.2f}"


def _numbers(known: Terms) -> dict[str, Any]:
    return {name: getattr(known, name) for name in terms.NUMBERS}


def _loss(
    sender: Sender, before: Mapping[date, Terms], with_it: Mapping[date, Terms], *, now: datetime, day: date
) -> Loss:
    purses = {
        balance.product: Purse(
            Balance(balance.available, balance.reserved, balance.cap),
            balance.granted_period,
            [Lot(str(lot.pk), lot.remaining, lot.expires_at) for lot in balance.lots.all() if lot.remaining],
        )
        for balance in sender.balances.all()
    }
    kept = project(purses, before, sender.anchor_day, now=now, day=day)
    after = project(purses, with_it, sender.anchor_day, now=now, day=day)
    held = sum(purse.balance.available + purse.balance.reserved for purse in purses.values())
    return Loss(sender=sender.name, now=held, kept=kept.left, after=after, anyway=kept.lost)


_LABELS = {
    Budget.INVITES: "Invites in 7 days",
    Budget.NOTES_MONTH: "Notes a month",
    Budget.OPEN_INMAIL: "Free InMails a month",
    Budget.INMAIL: "InMails in 24 hours",
}


def _caps(senders: Sequence[Sender], was: Terms, will_be: Terms, day: date) -> list[CapChange]:
    """The caps of each sender that differ on that day, with what its owner chose and its warm-up taken in."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for sender in senders:
        paused = {row.budget: row.paused_at for row in sender.allowances.all()}
        for budget, label in _LABELS.items():
            old, new = (_limits(sender, budget, known, day, paused.get(budget)) for known in (was, will_be))
            for part in ("day", "week", "month"):
                if (before := getattr(old, part)) != (after := getattr(new, part)):
                    found.setdefault((label, _cap(before), _cap(after)), []).append(sender.name)
    return [CapChange(label, before, after, tuple(names)) for (label, before, after), names in found.items()]


def _limits(sender: Sender, budget: Budget, known: Terms, day: date, paused_at: datetime | None) -> Limits:
    age = max(0, (day - sender.warm_from).days) if sender.warm_from else None
    since_pause = (day - paused_at.astimezone(UTC).date()).days if paused_at and budget is Budget.INVITES else None
    return limits.in_force(
        budget,
        known,
        age_days=age,
        week_override=sender.week_override,
        health_days=since_pause,
        spread=sender.spread,
    )


def _cap(value: int | None) -> str:
    return "no limit" if value is None else f"{value:,}"


def _campaigns(workspace: int, senders: Sequence[int]) -> list[Touched]:
    """Campaigns not at their end whose people, or whose seats, these senders are; most people first."""
    found = rows(
        "SELECT c.id, c.name, c.state, count(e.id) AS people FROM campaigns_campaign c "
        "LEFT JOIN campaigns_enrollment e ON e.campaign_id = c.id AND e.sender_id = ANY(%s) "
        "AND e.state IN ('waiting', 'active', 'held') "
        "WHERE c.workspace_id = %s AND c.state IN ('draft', 'running', 'paused') "
        "GROUP BY c.id HAVING count(e.id) > 0 OR EXISTS (SELECT FROM campaigns_campaignsender s "
        "WHERE s.campaign_id = c.id AND s.sender_id = ANY(%s)) ORDER BY people DESC, c.name",
        (list(senders), workspace, list(senders)),
    )
    return [Touched(row["id"], row["name"], row["state"], row["people"]) for row in found]
