"""The provider's own account of InMail credits: what it granted, took and gave back, per seat and product.

Grants come on the first of the month (UTC) for Sales Navigator and on the billing day otherwise, never above the cap.
The first response to an InMail within ninety days gives its credit back, once, and never above the cap.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outreach.simulator.clock import DAY, write_instant
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.conversations import Chat, Message
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

REFUND_WINDOW = 90 * DAY


@dataclass(slots=True)
class Entry:
    """One movement: grant, spend, return or forfeit, with the balance after it."""

    account_id: str
    product: str
    at: int
    kind: str
    amount: int
    balance: int
    cause: str

    def row(self) -> list[Any]:
        return [self.account_id, self.product, self.at, self.kind, self.amount, self.balance, self.cause]

    def as_dict(self) -> dict[str, Any]:
        names = ("account_id", "product", "at", "kind", "amount", "balance", "cause")
        return dict(zip(names, self.row(), strict=True)) | {"at": write_instant(self.at)}


def book(world: "World", seat: "Seat", product: str, kind: str, amount: int, cause: str) -> None:
    """Append one movement and keep the balance beside it."""
    balance = seat.balances.get(product, 0) + amount
    seat.balances[product] = balance
    entry = Entry(seat.id, product, world.clock.now(), kind, amount, balance, cause)
    world.entries.append(entry)
    world.journal.put("entry", str(len(world.entries)), entry.row())


def grant(world: "World", seat: "Seat", cause: str) -> None:
    """The monthly credits, as far as they fit under the cap."""
    product = seat.terms.product
    if product is not None:
        room = seat.balance_cap - seat.balances.get(product, 0)
        book(world, seat, product, "grant", max(0, min(seat.monthly_grant, room)), cause)


def spend(world: "World", seat: "Seat", product: str, cause: str) -> None:
    """One credit for an InMail. Raises Refusal when none is left."""
    if seat.balances.get(product, 0) < 1:
        raise Refusal("insufficient_credits", "There is no InMail credit left on this subscription.")
    book(world, seat, product, "spend", -1, cause)


def respond(world: "World", chat: "Chat", kind: str) -> None:
    """The person responded (a reply, an accept or a decline): the oldest open InMail of the chat is settled.

    Free InMails are settled too, without a credit. One response settles one InMail.
    """
    now = world.clock.now()
    message = next((m for m in chat.messages if m.kind in ("inmail", "open_inmail") and not m.response), None)
    if message is None:
        return
    message.response = kind
    seat = world.seats[chat.account_id]
    if message.kind == "inmail" and now - message.at <= REFUND_WINDOW:
        give_back(world, seat, chat, message)
    world.keep_message(message)


def give_back(world: "World", seat: "Seat", chat: "Chat", message: "Message") -> None:
    """Return an InMail's credit, unless the balance is at its cap or the subscription has changed since."""
    product = PRODUCT_OF_API[chat.product]
    if product in seat.balances and product == seat.terms.product and not message.returned:
        message.returned = True
        book(world, seat, product, "return", min(1, max(0, seat.balance_cap - seat.balances[product])), message.id)


def change_plan(world: "World", seat: "Seat", plan: str) -> None:
    """Another subscription from now on: credits do not move; the new one starts with its first grant."""
    if plan == seat.plan:
        return
    for product, balance in list(seat.balances.items()):
        book(world, seat, product, "forfeit", -balance, f"plan {seat.plan} ended")
    seat.balances.clear()
    seat.plan, seat.grant, seat.cap = plan, None, None
    grant(world, seat, f"plan {plan} began")
    plan_next_grant(world, seat, world.clock.now())


def plan_next_grant(world: "World", seat: "Seat", after: int) -> None:
    """Put the first renewal after an instant on the agenda."""
    if seat.terms.product is not None:
        at = next_grant(after, 1 if seat.terms.first_of_month else seat.billing_day)
        world.agenda.plan(at, "grant", [seat.id, seat.plan])


def next_grant(now: int, day: int) -> int:
    """The first midnight (UTC) after `now` on this day of the month, or on the last day of a shorter month."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    year, month = moment.year, moment.month
    while True:
        last = monthrange(year, month)[1]
        at = round(datetime(year, month, min(day, last), tzinfo=UTC).timestamp() * 1000)
        if at > now:
            return at
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


PRODUCT_OF_API = {"classic": "premium", "sales_navigator": "sales_navigator", "recruiter": "recruiter"}
