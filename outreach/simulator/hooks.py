"""Webhooks: who listens to what, the body of each event, and the faults a test has ordered for them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outreach.simulator import chance
from outreach.simulator.clock import HOUR, write_instant
from outreach.simulator.people import Person

if TYPE_CHECKING:
    from outreach.simulator.conversations import Chat, Message
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

SOURCES = ("messaging", "users", "account_status", "email", "email_tracking", "calendar_event")
EVENTS = {
    "messaging": ("message_received", "message_read", "message_reaction", "message_edited", "message_deleted"),
    "users": ("new_relation",),
}
WAIT_FOR_NEXT = HOUR  # how long an event told to arrive out of order waits for one to overtake it


@dataclass(slots=True)
class Hook:
    """One registered webhook. `account_ids` None means all present and future accounts."""

    id: str
    request_url: str
    source: str
    name: str | None = None
    format: str = "json"
    account_ids: list[str] | None = None
    enabled: bool = True
    headers: list[dict[str, str]] = field(default_factory=list)
    data: list[dict[str, str]] = field(default_factory=list)
    events: list[str] | None = None

    def row(self) -> list[Any]:
        return [
            *(self.id, self.request_url, self.source, self.name, self.format, self.account_ids, self.enabled),
            *(self.headers, self.data, self.events),
        ]

    def hears(self, source: str, event: str | None, account_id: str) -> bool:
        if not self.enabled or self.source != source:
            return False
        if self.account_ids is not None and account_id not in self.account_ids:
            return False
        wanted = self.events if self.events is not None else list(EVENTS.get(source, ()))
        return event is None or event in wanted


def register(world: "World", hook: Hook) -> None:
    """Add a webhook; events from now on reach it."""
    world.hooks[hook.id] = hook
    world.journal.put("hook", hook.id, hook.row())


def new_id(world: "World") -> str:
    """An id no webhook has had."""
    world.hooks_made += 1
    world.keep_meta()
    return "wh_" + chance.token(19, world.seed, "hook", world.hooks_made)


def remove(world: "World", hook_id: str) -> None:
    """Forget a webhook and whatever was on its way to it."""
    del world.hooks[hook_id]
    world.journal.put("hook", hook_id, None)
    for item in world.agenda.of_kind("webhook"):
        if item.args[0] == hook_id:
            world.agenda.finish(item)


def announce_message(world: "World", chat: "Chat", message: "Message") -> None:
    """`message_received`, for messages of both sides."""
    if not any(hook.source == "messaging" for hook in world.hooks.values()):
        return
    seat = world.seats[chat.account_id]
    others = [_attendee(world, seat, world.people.everyone[index]) for index in chat.people]
    if message.sender is None:
        sender = {
            "attendee_id": attendee_id(world, seat, seat.provider_id),
            "attendee_name": seat.name,
            "attendee_provider_id": seat.provider_id,
            "attendee_profile_url": f"https://www.linkedin.com/in/{seat.provider_id}",
        }
    else:
        sender = _attendee(world, seat, world.people.everyone[message.sender])
    body = {
        "event": "message_received",
        "account_id": seat.id,
        "account_type": "LINKEDIN",
        "account_info": {"type": "LINKEDIN", "feature": chat.product, "user_id": seat.provider_id},
        "chat_id": chat.id,
        "message_id": message.id,
        "message": message.text,
        "timestamp": write_instant(message.at),
        "sender": sender,
        "attendees": others,
        "attachments": None,
        "reaction": None,
        "reaction_sender": None,
    }
    announce(world, "messaging", "message_received", seat.id, body, 0)


def announce_relation(world: "World", seat: "Seat", person: Person) -> None:
    """`new_relation`, up to eight hours late."""
    body = {
        "event": "new_relation",
        "account_id": seat.id,
        "account_type": "LINKEDIN",
        "user_full_name": person.name,
        "user_provider_id": person.provider_id,
        "user_public_identifier": person.slug,
        "user_profile_url": person.url + "/",
        "user_picture_url": None,
    }
    late = chance.fraction(world.seed, "relation webhook", seat.id, person.slug) * world.rates.relation_webhook_hours
    announce(world, "users", "new_relation", seat.id, body, round(late * HOUR))


def announce_status(world: "World", seat: "Seat", message: str) -> None:
    """`account_status`: OK, CREDENTIALS and so on."""
    body = {"AccountStatus": {"account_id": seat.id, "account_type": "LINKEDIN", "message": message}}
    announce(world, "account_status", None, seat.id, body, 0)


def announce(
    world: "World", source: str, event: str | None, account_id: str, body: dict[str, Any], late_ms: int
) -> None:
    """Put one event on its way to every webhook that hears it, bent by the faults ordered for it."""
    for hook in list(world.hooks.values()):
        if not hook.hears(source, event, account_id):
            continue
        addressed = body if source == "account_status" else body | {"webhook_name": hook.name or ""}
        flags: list[str] = []
        copies, wait = 1, world.clock.stretch(late_ms)
        for fault in world.faults.strike_webhook(event or source, account_id):
            copies += fault.double
            wait += round(fault.delay_s * 1000)
            if fault.wrong_secret:
                flags.append("wrong_secret")
            if fault.out_of_order:
                flags.append("hold")
                wait += world.clock.stretch(WAIT_FOR_NEXT)
        for _ in range(copies):
            world.agenda.plan(world.clock.now() + wait, "webhook", [hook.id, addressed, 0, flags])


def attendee_id(world: "World", seat: "Seat", provider_id: str) -> str:
    """The vendor's id of a member as seen from a seat."""
    return chance.token(22, world.seed, "attendee", seat.id, provider_id)


def _attendee(world: "World", seat: "Seat", person: Person) -> dict[str, Any]:
    return {
        "attendee_id": attendee_id(world, seat, person.provider_id),
        "attendee_name": person.name,
        "attendee_profile_url": f"https://www.linkedin.com/in/{person.provider_id}",
        "attendee_provider_id": person.provider_id,
    }
