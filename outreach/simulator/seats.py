"""The seats: LinkedIn members whose accounts are linked, their subscription and the limits the network sets them."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outreach.simulator import chance
from outreach.simulator.clock import DAY, WEEK, month_start, write_instant
from outreach.simulator.people import make_provider_id, make_slug
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.conversations import Chat, Message
    from outreach.simulator.invitations import Invitation
    from outreach.simulator.journal import Row


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscription gives. `product` is its key in the InMail balance, `feature` its word in premiumFeatures."""

    product: str | None
    feature: str | None
    grant: int
    cap: int
    first_of_month: bool
    note_characters: int
    notes_a_month: int | None


PLANS: dict[str, Terms] = {
    "free": Terms(None, None, 0, 0, False, 200, 5),
    "career": Terms("premium", "premium", 5, 15, False, 300, None),
    "business": Terms("premium", "premium", 15, 45, False, 300, None),
    "sn_core": Terms("sales_navigator", "sales_navigator", 50, 150, True, 300, None),
    "recruiter_lite": Terms("recruiter", "recruiter", 30, 120, False, 300, None),
}
PRODUCTS = ("premium", "recruiter", "sales_navigator")
STATUSES = ("OK", "STOPPED", "ERROR", "CREDENTIALS", "PERMISSIONS", "CONNECTING")

# Volume limits nobody publishes are off unless a seat is seeded with them; the two that vendors agree on are on.
# <kind>_day and <kind>_week are rolling, <kind>_month is the calendar month in UTC.
USUAL_LIMITS: dict[str, int | None] = {
    "invites_day": None,
    "invites_week": 100,
    "dm_day": None,
    "inmail_day": None,
    "open_inmail_day": None,
    "open_inmail_month": 800,
    "profile_reads_day": None,
    "engagement_day": None,
}

_COUNTED_AS = {
    "invite": "invites",
    "invite_note": "invites",
    "dm": "dm",
    "inmail": "inmail",
    "open_inmail": "open_inmail",
    "view": "engagement",
    "like": "engagement",
    "comment": "engagement",
    "withdraw": "engagement",
    "profile_read": "profile_reads",
}


@dataclass(slots=True)
class Seat:
    """One linked account. Fields up to `rest` are kept on disk, the others are rebuilt from what happened."""

    id: str
    name: str
    plan: str
    provider_id: str
    slug: str
    headline: str
    created_at: int
    connections: int = 600
    billing_day: int = 1
    grant: int | None = None
    cap: int | None = None
    limits: dict[str, int | None] = field(default_factory=lambda: dict(USUAL_LIMITS))
    pending_stop: int | None = 700
    acceptance_floor: float | None = 0.08
    status: str = "OK"
    restricted_until: int = 0

    balances: dict[str, int] = field(default_factory=dict)
    counted: dict[str, list[int]] = field(default_factory=dict)
    noted: list[int] = field(default_factory=list)
    invitations: "list[Invitation]" = field(default_factory=list)
    pending: "dict[int, Invitation]" = field(default_factory=dict)
    withdrawn: dict[int, int] = field(default_factory=dict)
    invited: dict[int, int] = field(default_factory=dict)
    connected: dict[int, int] = field(default_factory=dict)
    relations: list[tuple[int, int]] = field(default_factory=list)
    chats: "dict[str, Chat]" = field(default_factory=dict)
    messages: "list[Message]" = field(default_factory=list)

    def row(self) -> "Row":
        """What the journal keeps."""
        return [
            *(
                self.id,
                self.name,
                self.plan,
                self.provider_id,
                self.slug,
                self.headline,
                self.created_at,
                self.connections,
            ),
            *(
                self.billing_day,
                self.grant,
                self.cap,
                self.limits,
                self.pending_stop,
                self.acceptance_floor,
                self.status,
            ),
            self.restricted_until,
        ]

    @property
    def terms(self) -> Terms:
        return PLANS[self.plan]

    @property
    def monthly_grant(self) -> int:
        return self.terms.grant if self.grant is None else self.grant

    @property
    def balance_cap(self) -> int:
        return self.terms.cap if self.cap is None else self.cap

    def restricted(self, now: int) -> bool:
        return now < self.restricted_until

    # -- what is counted

    def count(self, kind: str, at: int) -> None:
        """Remember an act at its instant. Acts are counted in the order of time."""
        times = self.counted.setdefault(_COUNTED_AS[kind], [])
        times.append(at)
        if times[0] <= at - 64 * DAY:
            del times[: bisect_right(times, at - 32 * DAY)]

    def used(self, allowance: str, since: int) -> int:
        """How many acts of this allowance lie after `since`."""
        times = self.counted.get(allowance, [])
        return len(times) - bisect_right(times, since)

    def used_this_month(self, allowance: str, now: int) -> int:
        times = self.counted.get(allowance, [])
        return len(times) - bisect_left(times, month_start(now))

    def check_volume(self, kind: str, now: int) -> None:
        """Raises Refusal when one more act of this kind would pass a limit (but for the weekly cap of invites)."""
        allowance = _COUNTED_AS[kind]
        day = self.limits.get(f"{allowance}_day")
        if day is not None and self.used(allowance, now - DAY) >= day:
            raise Refusal("limit_exceeded", f"The limit of {day} a day for this action is reached.")
        month = self.limits.get(f"{allowance}_month")
        if month is not None and self.used_this_month(allowance, now) >= month:
            raise Refusal("limit_exceeded", f"The limit of {month} a month for this action is reached.")

    def invites_in_week(self, now: int) -> int:
        return self.used("invites", now - WEEK)

    def notes_this_month(self, now: int) -> int:
        return len(self.noted) - bisect_left(self.noted, month_start(now))

    def connect(self, person: int, at: int) -> None:
        """Make this person first-degree from `at` on. Connecting twice is once."""
        if person not in self.connected:
            self.connected[person] = at
            entry = (at, person)
            if self.relations and entry < self.relations[-1]:
                self.relations.insert(bisect_right(self.relations, entry), entry)
            else:
                self.relations.append(entry)

    def messages_between(self, after: int | None, before: int | None) -> "tuple[int, int]":
        """The slice of `messages` later than `after` and earlier than `before` (both exclusive)."""
        start = 0 if after is None else bisect_right(self.messages, after, key=lambda m: m.at)
        end = len(self.messages) if before is None else bisect_left(self.messages, before, key=lambda m: m.at)
        return start, max(start, end)


def from_row(row: "list[Any]") -> Seat:
    """The seat a journal row describes."""
    return Seat(*row)


_NAMES = {"id", "name", "plan", "provider_id", "slug", "headline", "status", "limits"}
_NUMBERS = {"connections", "age_days", "billing_day", "credits"}
_NUMBERS_OR_NULL = {"weekly_cap", "grant", "cap", "pending_stop", "acceptance_floor"}


def check_order(order: "dict[str, Any]") -> None:
    """Raises ValueError with one sentence when the control plane cannot make a seat of this."""
    known = _NAMES | _NUMBERS | _NUMBERS_OR_NULL
    if not isinstance(order, dict):
        raise ValueError("An account is an object.")
    if unknown := set(order) - known:
        raise ValueError(f"An account has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}.")
    check_plan(order.get("plan", "free"))
    check_limits(order.get("limits") or {})
    for name in (_NUMBERS | _NUMBERS_OR_NULL) & set(order):
        if not isinstance(order[name], int | float) and not (order[name] is None and name in _NUMBERS_OR_NULL):
            raise ValueError(f"{name} is a number.")
    if order.get("status", "OK") not in STATUSES:
        raise ValueError(f"status is one of {', '.join(STATUSES)}.")


def check_plan(plan: "Any") -> None:
    """Raises ValueError when this is no subscription."""
    if plan not in PLANS:
        raise ValueError(f"{plan!r} is no plan; the plans are {', '.join(PLANS)}.")


def check_limits(limits: "dict[str, Any]") -> None:
    """Raises ValueError when one of these is no limit."""
    for name, most in limits.items():
        if name not in USUAL_LIMITS:
            raise ValueError(f"There is no limit {name!r}; the limits are {', '.join(USUAL_LIMITS)}.")
        if most is not None and not isinstance(most, int):
            raise ValueError(f"The limit {name} is a whole number, or null for none.")


def from_order(seed: int, account_id: str, order: "dict[str, Any]", now: int, number: int) -> Seat:
    """The seat the control plane ordered; `now` in milliseconds, `number` counts seats from 1."""
    name = str(order.get("name") or f"Seat {number}")
    limits = USUAL_LIMITS | (order.get("limits") or {})
    if "weekly_cap" in order:
        limits["invites_week"] = order["weekly_cap"]
    first, _, last = name.partition(" ")
    ending = f"{chance.number(seed, 'seat', account_id) % 4096:03x}"
    created_at = now - int(order.get("age_days", 400) * DAY)
    return Seat(
        id=account_id,
        name=name,
        plan=order.get("plan", "free"),
        provider_id=order.get("provider_id") or make_provider_id(seed, "seat", account_id),
        slug=order.get("slug") or f"{make_slug(first, last).strip('-')}-{ending}",
        headline=order.get("headline") or "Sales development",
        created_at=created_at,
        connections=int(order.get("connections", 600)),
        billing_day=int(order.get("billing_day") or write_instant(created_at)[8:10]),
        grant=order.get("grant"),
        cap=order.get("cap"),
        limits=limits,
        pending_stop=order.get("pending_stop", 700),
        acceptance_floor=order.get("acceptance_floor", 0.08),
        status=order.get("status", "OK"),
    )
