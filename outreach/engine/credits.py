"""InMail credits: who may spend them, the movements of the ledger, and what one costs.

A movement takes `amount` from its debit account and gives it to its credit account, so all accounts together are always
zero. `available` and `reserved` are never negative; together they never pass the cap while anything is available (a
lowered cap can leave only reservations above it). Each movement's `cause` is unique per balance: doing it twice is
doing it once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from outreach.engine.decisions import Move
from outreach.engine.facts import Credits

GRANT = "grant"
AVAILABLE = "available"
RESERVED = "reserved"
SPENT = "spent"
RETURNED = "returned"
EXPIRED = "expired"
CLIPPED = "clipped"
FORFEITED = "forfeited"
ADJUSTMENT = "adjustment"

ACCOUNTS = (GRANT, AVAILABLE, RESERVED, SPENT, RETURNED, EXPIRED, CLIPPED, FORFEITED, ADJUSTMENT)

RETURN_WINDOW = timedelta(days=90)
"""A response within this time after the InMail was sent returns its credit (LinkedIn Help, InMail credits)."""


ENDING = timedelta(days=31)
"""Credits whose life ends within this time are lost before the next grant or with it: no renewal period is longer."""


class WrongMove(ValueError):
    """A movement that the ledger must not hold; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One sender's credits of one product. The cap applies to available + reserved."""

    available: int = 0
    reserved: int = 0
    cap: int = 0

    @property
    def room(self) -> int:
        """How many credits fit under the cap."""
        return max(0, self.cap - self.available - self.reserved)


@dataclass(frozen=True, slots=True)
class Lot:
    """Credits that expire together. `expires_at`: None = only the cap limits them."""

    key: str
    remaining: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenInMail:
    """A sent InMail that cost a credit and has had no response yet."""

    touch_id: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Observation:
    """What the provider's balance says about ours.

    `outcome`: equal, returned (the provider gave back credits we did not see), above (more than open InMails can
    explain), below, or unknown. `returns`: credits to book as returned, unattributed. `hold`: stop InMail of this
    sender until a person explains the difference. `difference`: provider minus ours, after reservations in doubt.
    """

    outcome: str
    difference: int = 0
    returns: int = 0
    hold: bool = False
    why: str = ""


def spendable(c: Credits, tier: int) -> int:
    """Credits that may go to a person of this tier: all for 3, unheld or expiring ones for 2, none for 1."""
    if c.blocked or tier < 2:
        return 0
    if tier >= 3:
        return max(0, c.available)
    return max(0, c.available - c.held, min(c.expiring, c.available))


def expiring(balance: Balance, grant: int) -> int:
    """How many of the available credits the next grant would clip."""
    return min(balance.available, max(0, grant - balance.room))


def released(balance: Balance, grant: int, ending: int) -> int:
    """How many held credits tier 2 may have, because they would be lost otherwise: clipped by the next grant, or at the
    end of their life (`ending`: those in lots that end within ENDING).

    What is set aside counts as spent: else several touches on their way would each take the same credit.
    """
    return min(balance.available, max(0, ending, grant - balance.room - balance.reserved))


def needs_release(c: Credits, tier: int) -> bool:
    """Whether a credit for a person of this tier comes out of those held for tier 3."""
    return tier < 3 and spendable(c, tier) > 0 and c.available <= c.held


def apply(balance: Balance, moves: Iterable[Move]) -> Balance:
    """The balance after these movements, taken together. Raises WrongMove when the result must not be."""
    available, reserved = balance.available, balance.reserved
    for move in moves:
        if move.amount <= 0 or move.debit == move.credit or not {move.debit, move.credit} <= set(ACCOUNTS):
            raise WrongMove(f"A movement takes at least 1 credit from one account to another: {move} does not.")
        available += move.amount * ((move.credit == AVAILABLE) - (move.debit == AVAILABLE))
        reserved += move.amount * ((move.credit == RESERVED) - (move.debit == RESERVED))
    if available < 0:
        raise WrongMove(f"Not enough credits: {-available} more would be needed. Wait for the next grant or a return.")
    if reserved < 0:
        raise WrongMove("More reservations would be settled than are open: look for a touch settled twice.")
    if available and available + reserved > balance.cap:
        raise WrongMove(f"{available + reserved} credits would pass the cap of {balance.cap}: clip the rest.")
    return Balance(available, reserved, balance.cap)


def replay(moves: Iterable[Move], cap: int) -> Balance:
    """The balance that a whole ledger adds up to, under the cap now in force. Raises WrongMove like `apply`."""
    return apply(Balance(cap=cap), moves)


def _under_cap(balance: Balance, source: str, amount: int, cause: str) -> tuple[Move, ...]:
    """Bring credits in from `source`: what the cap leaves becomes available, the rest is clipped, both written."""
    if amount < 0:
        raise WrongMove(f"{amount} credits cannot be brought in: give a number of 0 or more.")
    fits = min(amount, balance.room)
    moves = (Move(source, AVAILABLE, fits, cause), Move(source, CLIPPED, amount - fits, f"{cause}:clipped"))
    return tuple(move for move in moves if move.amount)


def grant_moves(balance: Balance, amount: int, period: str) -> tuple[Move, ...]:
    """The grant of one period, see `periods.key`."""
    return _under_cap(balance, GRANT, amount, f"grant:{period}")


def reserve_moves(touch_id: int, opening: int = 0) -> tuple[Move, ...]:
    """Set one credit aside for a touch. `opening`: 0, or the number of the guided touch's later openings."""
    return (Move(AVAILABLE, RESERVED, 1, _numbered("reserve", touch_id, opening)),)


def post_moves(touch_id: int, opening: int = 0) -> tuple[Move, ...]:
    """The InMail was sent. Post and void share their cause: a reservation is settled once."""
    return (Move(RESERVED, SPENT, 1, _numbered("settle", touch_id, opening)),)


def void_moves(balance: Balance, touch_id: int, opening: int = 0) -> tuple[Move, ...]:
    """The InMail was not sent. The credit is available again, or clipped at once when the cap was lowered."""
    target = CLIPPED if balance.available + balance.reserved > balance.cap else AVAILABLE
    return (Move(RESERVED, target, 1, _numbered("settle", touch_id, opening)),)


def _numbered(verb: str, touch_id: int, opening: int) -> str:
    return f"{verb}:{touch_id}:{opening}" if opening else f"{verb}:{touch_id}"


def return_moves(balance: Balance, touch_id: int, unattributed: int = 0) -> tuple[Move, ...]:
    """The credit of one answered InMail comes back, once. Ask `return_due` or `answered` first.

    `unattributed`: returns booked from observations and not yet attributed. One of them is then this InMail's return:
    it is attributed, and the balance stays.
    """
    if unattributed > 0:
        return _attribute_moves(touch_id)
    return (Move(RETURNED, AVAILABLE if balance.room else CLIPPED, 1, f"return:{touch_id}"),)


def unattributed_moves(balance: Balance, amount: int, observation_id: int) -> tuple[Move, ...]:
    """Returns seen only in the provider's balance, booked with the observation as their cause."""
    return _under_cap(balance, RETURNED, amount, f"observed:{observation_id}")


def _attribute_moves(touch_id: int) -> tuple[Move, ...]:
    return (Move(AVAILABLE, RETURNED, 1, f"attribute:{touch_id}"), Move(RETURNED, AVAILABLE, 1, f"return:{touch_id}"))


def cap_moves(balance: Balance, cap: int, key: str) -> tuple[Move, ...]:
    """A new cap takes effect: what is available above it is clipped. Apply with `recap`. `key`: of the new terms."""
    excess = min(balance.available, max(0, balance.available + balance.reserved - cap))
    return (Move(AVAILABLE, CLIPPED, excess, f"cap:{key}"),) if excess else ()


def recap(balance: Balance, cap: int, key: str) -> tuple[Balance, tuple[Move, ...]]:
    """The balance under a new cap and the movements that lead there."""
    moves = cap_moves(balance, cap, key)
    return apply(replace(balance, cap=cap), moves), moves


def forfeit_moves(balance: Balance, key: str) -> tuple[Move, ...]:
    """The plan was cancelled: what is available is lost. `key` names the plan's end."""
    return (Move(AVAILABLE, FORFEITED, balance.available, f"forfeit:{key}"),) if balance.available else ()


def adjust_moves(balance: Balance, amount: int, key: str) -> tuple[Move, ...]:
    """An explained difference, up (amount > 0) or down. Raises WrongMove when it does not fit; `key` names it."""
    if amount > balance.room:
        raise WrongMove(f"An adjustment of {amount} passes the cap of {balance.cap}: enter at most {balance.room}.")
    if -amount > balance.available:
        raise WrongMove(f"An adjustment of {amount} takes more than there is: enter at least {-balance.available}.")
    if not amount:
        return ()
    source, target = (ADJUSTMENT, AVAILABLE) if amount > 0 else (AVAILABLE, ADJUSTMENT)
    return (Move(source, target, abs(amount), f"adjust:{key}"),)


def draw(lots: Sequence[Lot], amount: int = 1) -> tuple[tuple[str, int], ...]:
    """Which lots give `amount` credits, those that expire first before the others. Raises WrongMove when too few."""
    drawn: list[tuple[str, int]] = []
    for lot in sorted(
        lots, key=lambda lot: (lot.expires_at is None, lot.expires_at or datetime.max.replace(tzinfo=UTC))
    ):
        take = min(lot.remaining, amount - sum(n for _, n in drawn))
        if take > 0:
            drawn.append((lot.key, take))
    if sum(n for _, n in drawn) < amount:
        raise WrongMove(f"The lots hold fewer than {amount} credits: check them against the balance.")
    return tuple(drawn)


def expire_moves(lots: Iterable[Lot], now: datetime) -> tuple[Move, ...]:
    """What is left in lots whose life is over. A void can refill a lot that expired, so the cause names the instant."""
    return tuple(
        Move(AVAILABLE, EXPIRED, lot.remaining, f"expire:{lot.key}:{now:%Y%m%dT%H%M%S}")
        for lot in lots
        if lot.remaining > 0 and lot.expires_at is not None and lot.expires_at <= now
    )


def return_due(sent_at: datetime, responded_at: datetime) -> bool:
    """Whether a response at this time returns the credit of an InMail sent then."""
    return sent_at <= responded_at <= sent_at + RETURN_WINDOW


def lost(sent_at: datetime, now: datetime) -> bool:
    """Whether an unanswered InMail sent then is closed: no answer can return its credit any more."""
    return now > sent_at + RETURN_WINDOW


def answered(inmails: Iterable[OpenInMail], responded_at: datetime) -> OpenInMail | None:
    """The InMail whose credit one response returns: the oldest of the thread still open, or None."""
    due = [inmail for inmail in inmails if return_due(inmail.sent_at, responded_at)]
    return min(due, key=lambda inmail: (inmail.sent_at, inmail.touch_id), default=None)


def observe(ours: Balance, provider: int | None, open_inmails: int) -> Observation:
    """Compare the provider's balance with ours, after booking grants that are due. `open_inmails`: not yet returned.

    A reservation in flight may or may not be off the provider's balance, so anything between available and
    available + reserved is equal. The ledger is never overwritten: the answer says what to book or whom to ask.
    """
    if provider is None:
        return Observation("unknown", why="The provider gives no balance")
    if provider < ours.available:
        difference = provider - ours.available
        return Observation("below", difference, hold=True, why=f"The provider has {-difference} fewer than the ledger")
    difference = max(0, provider - ours.available - ours.reserved)
    if not difference:
        return Observation("equal", why="The provider's balance agrees with the ledger")
    if difference > open_inmails:
        why = f"The provider has {difference} more than the ledger, and only {open_inmails} InMails are open"
        return Observation("above", difference, why=why)
    return Observation("returned", difference, difference, why=f"{difference} of the open InMails had a response")


def price_per_credit(price_cents: int, grant: int) -> Fraction | None:
    """Cents per credit: plan price over monthly grant; None for a plan without credits."""
    return Fraction(price_cents, grant) if grant > 0 else None
