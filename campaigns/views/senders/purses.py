"""A sender's InMail credits as its pages draw them, and what the next grant brings."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts import plans
from accounts.models import CreditBalance, CreditLot, Sender
from campaigns.views.moments import moment
from outreach.engine import credits, periods
from outreach.engine.facts import Terms

PRODUCTS = {"premium": "InMail credits", "sales_navigator": "InMail credits", "recruiter": "Recruiter credits"}
MOST_PIPS = 20
"""More credits than this are a figure only: nobody counts them."""
SOON = timedelta(days=14)
"""Credits that end within this time are said to."""


@dataclass(frozen=True, slots=True)
class Pip:
    """One credit drawn: `kind` is reserved, free or held; `x` its place."""

    kind: str
    x: int


@dataclass(frozen=True, slots=True)
class Purse:
    """The credits of one product."""

    label: str
    available: int
    reserved: int
    held: int
    cap: int
    blocked: str
    pips: tuple[Pip, ...]

    @property
    def left(self) -> int:
        return self.available + self.reserved

    @property
    def width(self) -> int:
        return 12 * len(self.pips) + 1

    @property
    def words(self) -> str:
        parts = [f"{self.reserved} reserved"] if self.reserved else []
        parts += [f"{self.held} held for tier 3"] if self.held else []
        return ", ".join([*parts, f"cap {self.cap}"])


@dataclass(frozen=True, slots=True)
class Credits:
    """One product's credits. `grant`: what comes next, in words; `soon`: (how many, when) of those that end first."""

    balance: CreditBalance
    purse: Purse
    grant: str
    soon: tuple[tuple[int, str], ...]


def purse(balance: CreditBalance) -> Purse:
    """The balance as the page draws it."""
    held = min(balance.held, balance.available)
    kinds = ["reserved"] * balance.reserved + ["free"] * (balance.available - held) + ["held"] * held
    return Purse(
        label=PRODUCTS.get(balance.product, f"{balance.product.replace('_', ' ').capitalize()} credits"),
        available=balance.available,
        reserved=balance.reserved,
        held=held,
        cap=balance.cap,
        blocked=balance.blocked,
        pips=tuple(Pip(kind, 12 * place) for place, kind in enumerate(kinds)) if len(kinds) <= MOST_PIPS else (),
    )


def credits_of(sender: Sender, now: datetime) -> list[Credits]:
    """The sender's credits by product, the one that the plan pays for first."""
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
    on = periods.following(terms.renewal, now, sender.anchor_day)
    words = f"+{terms.grant} on {on.day} {on:%b}"
    return f"{words}, {lost} would be lost at the cap of {balance.cap}" if lost else words
