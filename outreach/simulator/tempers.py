"""How people take what reaches them: whether they accept, whether and when they answer, and with what.

Each judgement is one draw keyed by the seat, the person and the event, so it is the same whenever and in whatever order
it is asked for. What a test has scripted for a person goes before their temper.
"""

from typing import TYPE_CHECKING

from outreach.simulator import chance
from outreach.simulator.clock import HOUR
from outreach.simulator.people import Person
from outreach.simulator.rates import Range

if TYPE_CHECKING:
    from outreach.simulator.conversations import Chat, Message
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

AUTOMATIC_MS = 60_000


def degree(world: "World", seat: "Seat", person: Person) -> int:
    """1, 2 or 3, or 0 for out of the network, as seen from this seat."""
    if person.index in seat.connected:
        return 1
    given = person.script.get("degree", {}).get(seat.id)
    if given is not None and given != 1:
        return int(given)
    if person.newcomer:
        return 2
    draw = chance.fraction(world.seed, "degree", seat.id, person.slug) - world.rates.first_degree
    if draw < world.rates.second_degree:
        return 2
    return 3 if draw < world.rates.second_degree + world.rates.third_degree else 0


def starts_connected(world: "World", seat: "Seat", person: Person) -> bool:
    """Whether the two were connected before the simulation began."""
    if person.newcomer:
        return False
    return chance.fraction(world.seed, "degree", seat.id, person.slug) < world.rates.first_degree


def judge_invitation(world: "World", seat: "Seat", person: Person, noted: bool, nth: int) -> tuple[str, int] | None:
    """`accept` or `decline` with the wait in milliseconds, or None for an invitation that stays unanswered."""
    script = person.script
    if script.get("accept_after_h") is not None:
        return "accept", round(script["accept_after_h"] * HOUR)
    if script.get("decline_after_h") is not None:
        return "decline", round(script["decline_after_h"] * HOUR)
    if script.get("ignore_invites"):
        return None
    key = ("invitation", seat.id, person.slug, nth)
    rates = world.rates
    if seat.connections < 150 and chance.fraction(world.seed, *key, "seen") < rates.undelivered_when_thin:
        return None
    share = _lean(rates.accept_note if noted else rates.accept_blank, person)
    draw = chance.fraction(world.seed, *key)
    if draw >= share + rates.decline:
        return None
    wait = chance.waiting_ms(rates.accept_hours, 0.5, rates.accept_hours_most, world.seed, *key, "wait")
    return ("accept" if draw < share else "decline"), wait


def judge_note(world: "World", seat: "Seat", person: Person, invitation_id: str) -> int | None:
    """The wait in milliseconds until somebody who accepted answers the note by itself, or None."""
    if "reply" in person.script:
        reply = person.script["reply"]
        return round(reply["after_h"] * HOUR) if reply and reply.get("to_note") else None
    key = ("note", seat.id, person.slug, invitation_id)
    if chance.fraction(world.seed, *key) >= world.rates.note_reply:
        return None
    return chance.waiting_ms(world.rates.reply_hours, 0.3, world.rates.reply_hours_most, world.seed, *key, "wait")


def judge_message(world: "World", chat: "Chat", message: "Message", person: Person) -> tuple[str, int] | None:
    """What a message of ours leads to: `reply`, `silent_accept` or `silent_decline` with the wait in ms, or None."""
    sent = sum(1 for m in chat.messages if m.sender is None and m.kind != "note")
    script = person.script.get("reply", False)
    if script is not False:
        if not script or (sent > 1 and not script.get("every")):
            return None
        return "reply", round(script["after_h"] * HOUR)
    rates, key = world.rates, ("message", message.id)
    if message.kind == "inmail":
        share = _lean(rates.inmail_reply_senior if person.senior else rates.inmail_reply, person)
    else:
        share = _lean(rates.open_inmail_reply if message.kind == "open_inmail" else rates.dm_reply, person)
    if sent > 1:
        share *= rates.follow_up
    draw = chance.fraction(world.seed, *key)
    if draw < share:
        if kind_of_reply(world, message.id) == "out_of_office":
            return "reply", AUTOMATIC_MS + chance.number(world.seed, *key, "wait") % (3 * AUTOMATIC_MS)
        return "reply", chance.waiting_ms(rates.reply_hours, 0.3, rates.reply_hours_most, world.seed, *key, "wait")
    if message.kind != "inmail":
        return None
    wait = chance.waiting_ms(rates.reply_hours, 0.3, rates.reply_hours_most, world.seed, *key, "silent wait")
    if draw < share + rates.inmail_silent_accept:
        return "silent_accept", wait
    return ("silent_decline", wait) if draw < share + rates.inmail_silent_accept + rates.inmail_silent_decline else None


def kind_of_reply(world: "World", message_id: str) -> str:
    """interested, question, not_now, not_interested, out_of_office or stop."""
    return chance.weigh(tuple(world.rates.replies.items()), world.seed, "kind of reply", message_id)


def _lean(share: Range, person: Person) -> float:
    low, high = share
    return low + (high - low) * person.warmth
