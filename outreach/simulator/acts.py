"""What the control plane can make people and owners of seats do: by script beforehand, or at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from outreach.simulator import conversations, hooks, invitations
from outreach.simulator.people import Person
from outreach.simulator.replies import KINDS

if TYPE_CHECKING:
    from outreach.simulator.conversations import Chat
    from outreach.simulator.invitations import Invitation
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

Given = dict[str, Any]

_SCRIPT = {"accept_after_h", "decline_after_h", "ignore_invites", "reply", "degree"}
_FACTS = {"blocks", "open_profile", "inmail", "needs_email"}


def script(world: "World", person: Person, given: Given) -> None:
    """Settle what a person is like and does, in place of their temper.

    `accept_after_h`, `decline_after_h` or `ignore_invites`: what becomes of invitations. `reply`: {after_h, text or
    kind, every?, to_note?}, or null for somebody who never answers; it answers the first message of ours in a chat,
    with `every` each of them, with `to_note` an accepted note as well. `blocks`, `open_profile`, `inmail`,
    `needs_email`: true or false. `degree`: {account_id: 1, 2, 3 or 0}. What is left out stays.
    Raises ValueError with one sentence, and has then changed nothing.
    """
    check(world, given)
    for name in _FACTS & set(given):
        setattr(person, name, given[name])
    if {"accept_after_h", "decline_after_h", "ignore_invites"} & set(given):
        for name in ("accept_after_h", "decline_after_h", "ignore_invites"):
            person.script.pop(name, None)
    for account_id, degree in (given.get("degree") or {}).items():
        seat = world.seats[account_id]
        if degree == 1:
            world.connect(seat, person)
        else:
            world.disconnect(seat, person)
    degrees = person.script.get("degree", {}) | (given.get("degree") or {})
    person.script |= {name: given[name] for name in _SCRIPT & set(given)}
    if degrees:
        person.script["degree"] = degrees
    world.keep_person(person)


def check(world: "World", given: Given) -> None:
    """Raises ValueError with one sentence when this is no script."""
    if unknown := set(given) - _SCRIPT - _FACTS:
        raise ValueError(f"A script has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(_SCRIPT | _FACTS))}.")
    for name in _FACTS & set(given):
        if not isinstance(given[name], bool):
            raise ValueError(f"{name} is true or false.")
    if given.get("reply") is not None:
        _check_reply(given["reply"])
    for account_id, degree in (given.get("degree") or {}).items():
        if account_id not in world.seats or degree not in (0, 1, 2, 3):
            raise ValueError("degree is an object of account ids with 1, 2, 3 or 0.")


def perform(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    """Do one of ACTS now. Raises ValueError when it cannot be done."""
    act = ACTS.get(given["act"])
    if act is None:
        raise ValueError(f"There is no act {given['act']!r}; the acts are {', '.join(ACTS)}.")
    return act(world, seat, person, given)


def _check_reply(reply: Any) -> None:
    known = {"after_h", "text", "kind", "every", "to_note"}
    if not isinstance(reply, dict) or "after_h" not in reply or set(reply) - known:
        raise ValueError("reply is null or an object with after_h and, if wanted, text, kind, every, to_note.")
    if reply.get("kind") is not None and reply["kind"] not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}.")


def _pending(seat: "Seat", person: Person) -> "Invitation":
    invitation = seat.pending.get(person.index)
    if invitation is None:
        raise ValueError("No invitation to this person is pending.")
    return invitation


def _chat(world: "World", seat: "Seat", person: Person, given: Given) -> "Chat":
    """The chat last spoken in with this person, or the one named."""
    if "chat_id" in given:
        return world.chats[given["chat_id"]]
    for chat in reversed(seat.chats.values()):
        if chat.people == [person.index]:
            return chat
    return conversations.open_chat(world, seat, [person.index], "classic", None, False)


def _accept(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    invitation = _pending(seat, person)
    invitations.accept(world, invitation)
    return {"invitation_id": invitation.id}


def _decline(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    invitation = _pending(seat, person)
    invitations.decline(world, invitation)
    return {"invitation_id": invitation.id}


def _reply(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    chat = _chat(world, seat, person, given)
    last = chat.messages[-1].id if chat.messages else chat.id
    message = conversations.answer(world, chat, last, given.get("text"), given.get("kind"))
    return {"chat_id": chat.id, "message_id": message.id}


def _respond_silently(kind: str) -> Callable[["World", "Seat", Person, Given], Given]:
    def respond(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
        for chat in reversed(seat.chats.values()):
            for message in chat.messages:
                if chat.people == [person.index] and message.kind in ("inmail", "open_inmail") and not message.response:
                    conversations.respond_silently(world, message.id, kind)
                    return {"chat_id": chat.id, "message_id": message.id}
        raise ValueError("No InMail to this person is open.")

    return respond


def _write_by_hand(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    chat = _chat(world, seat, person, given)
    message = conversations.write(world, chat, given["text"], "hand")
    return {"chat_id": chat.id, "message_id": message.id}


def _withdraw_by_hand(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    invitation = _pending(seat, person)
    invitations.withdraw(world, seat, invitation.id, by_hand=True)
    return {"invitation_id": invitation.id}


def _invite_by_hand(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    if person.index in seat.pending or person.index in seat.connected:
        raise ValueError("This person is connected or invited already.")
    return {"invitation_id": invitations.create(world, seat, person, given.get("text"), by_hand=True).id}


def _connect_by_hand(world: "World", seat: "Seat", person: Person, given: Given) -> Given:
    if person.index in seat.pending:
        invitations.accept(world, seat.pending[person.index])
    elif person.index not in seat.connected:
        world.connect(seat, person)
        hooks.announce_relation(world, seat, person)
    return {"connected": True}


ACTS: dict[str, Callable[["World", "Seat", Person, Given], Given]] = {
    "accept": _accept,
    "decline": _decline,
    "reply": _reply,
    "accept_inmail": _respond_silently("accept"),
    "decline_inmail": _respond_silently("decline"),
    "write_by_hand": _write_by_hand,
    "withdraw_by_hand": _withdraw_by_hand,
    "invite_by_hand": _invite_by_hand,
    "connect_by_hand": _connect_by_hand,
}
