"""Chats, messages and attendees. Reads come from the vendor's store, which may lag behind."""

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import TYPE_CHECKING, Any

from outreach.simulator import chance, conversations, cursors, shapes, touches
from outreach.simulator.calls import Answer, Call, acting_seat, seat_of
from outreach.simulator.clock import read_instant
from outreach.simulator.conversations import Chat, Message
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

LAG_LEAST_MS, LAG_SPREAD_MS = 30_000, 30_000


def start_chat(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id)
    attendees = [value for value in call.body.get("attendees_ids", []) if value]
    if not attendees:
        raise Refusal("missing_parameters", "attendees_ids is required.")
    inmail = call.part("linkedin[inmail]")
    if inmail not in (None, "true", "false"):
        raise Refusal("invalid_parameters", "linkedin[inmail] must be true or false.")
    chat, message = conversations.start(
        world,
        seat,
        attendees,
        _text(call),
        call.part("subject"),
        call.part("linkedin[api]"),
        inmail == "true",
    )
    return 201, {
        "object": "ChatStarted",
        "chat_id": None if world.options.chat_id_null else chat.id,
        "message_id": None if world.options.message_id_null else message.id,
    }


def send_message(world: "World", call: Call) -> Answer:
    chat = _chat(world, call)
    seat = acting_seat(world, chat.account_id)
    if call.account_id not in (None, seat.id):
        raise Refusal("account_mismatch", "This chat belongs to another account.")
    message = conversations.reply(world, seat, chat, _text(call))
    return 201, {"object": "MessageSent", "message_id": None if world.options.message_id_null else message.id}


def list_chats(world: "World", call: Call) -> Answer:
    limit, filters = call.limit(100, 250), _filters(call, "chats", ("account_id", "unread", "before", "after"))
    seats = _seats(world, filters)
    by_age: Iterable[Chat] = (
        reversed(seats[0].chats.values())
        if len(seats) == 1
        else merge(*(reversed(s.chats.values()) for s in seats), key=lambda c: -c.timestamp)
    )
    after, before = _instants(filters)
    rows = []
    for chat in by_age:
        visible = _visible(world, chat.messages)
        if not visible:
            continue
        at = visible[-1].at
        if after is not None and at <= after and not world.options.read_lag:
            break
        if (before is not None and at >= before) or (after is not None and at <= after):
            continue
        if filters.get("unread") is not None and (visible[-1].sender is not None) != (filters["unread"] == "true"):
            continue
        rows.append((at, chat.id, chat))
    if world.options.read_lag:  # a chat may stand further up for a message that is not visible yet
        rows.sort(key=lambda row: -row[0])
    some, cursor = _page(iter(rows), limit, filters)
    items = [shapes.chat(world, chat, _visible(world, chat.messages)) for chat in some]
    return 200, {"object": "ChatList", "items": items, "cursor": cursor}


def get_chat(world: "World", call: Call) -> Answer:
    chat = _chat(world, call)
    visible = _visible(world, chat.messages)
    last = shapes.message(world, chat, visible[-1]) if visible else None
    return 200, shapes.chat(world, chat, visible) | {"lastMessage": last}


def list_attendees(world: "World", call: Call) -> Answer:
    chat = _chat(world, call)
    seat = world.seats[chat.account_id]
    people = [shapes.attendee(world, seat, world.people.everyone[index]) for index in chat.people]
    return 200, {"object": "ChatAttendeeList", "items": [shapes.own_attendee(world, seat), *people]}


def list_chat_messages(world: "World", call: Call) -> Answer:
    chat = _chat(world, call)
    limit, filters = call.limit(100, 250), _filters(call, "messages", ("sender_id", "before", "after"))
    return _answer_messages(world, chat.messages[::-1], limit, filters)


def list_messages(world: "World", call: Call) -> Answer:
    names = ("account_id", "sender_id", "before", "after")
    limit, filters = call.limit(100, 250), _filters(call, "messages", names)
    after, before = _instants(filters)
    if (last := filters.get("last")) is not None:
        before = last[0] + 1 if before is None else min(before, last[0] + 1)
    found: list[list[Message]] = []
    for seat in _seats(world, filters):
        start, end = seat.messages_between(after, before)
        found.append(seat.messages[start:end][::-1])
    newest = found[0] if len(found) == 1 else list(merge(*found, key=lambda m: -m.at))
    return _answer_messages(world, newest, limit, filters)


def get_message(world: "World", call: Call) -> Answer:
    message = world.messages.get(call.params["message_id"])
    if message is None or not _visible(world, [message]):
        raise Refusal("resource_not_found", "There is no message with this id.")
    return 200, shapes.message(world, world.chats[message.chat_id], message)


def _answer_messages(world: "World", newest: list[Message], limit: int, filters: dict[str, Any]) -> Answer:
    after, before = _instants(filters)
    sender = filters.get("sender_id")
    rows = (
        (m.at, m.id, m)
        for m in _visible(world, newest)
        if (before is None or m.at < before)
        and (after is None or m.at > after)
        and (sender is None or _sender(world, m) == sender)
    )
    some, cursor = _page(rows, limit, filters)
    items = [shapes.message(world, world.chats[m.chat_id], m) for m in some]
    return 200, {"object": "MessageList", "items": items, "cursor": cursor}


def _page(rows: Iterator[tuple[int, str, Any]], limit: int, filters: dict[str, Any]) -> tuple[list[Any], str | None]:
    """Newest first; the cursor holds the last date and id, so what is written meanwhile shifts nothing."""
    if (last := filters.get("last")) is not None:
        remaining = [row for row in rows if row[0] <= last[0]]
        same = [row[1] for row in remaining if row[0] == last[0]]
        skip = same.index(last[1]) + 1 if last[1] in same else 0
        rows = iter(remaining[skip:])
    some: list[tuple[int, str, Any]] = []
    for row in rows:
        if len(some) == limit:
            at, last_id, _ = some[-1]
            return [r[2] for r in some], cursors.write({**filters, "last": [at, last_id]})
        some.append(row)
    return [r[2] for r in some], None


def _filters(call: Call, purpose: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The filters of a list: those inside the cursor, or those of the query."""
    if facts := cursors.read(call.query.get("cursor"), purpose):
        return facts
    call.flag("unread")
    filters: dict[str, Any] = {"list": purpose}
    for name in names:
        if value := call.query.get(name):
            if name in ("before", "after"):
                _instant(value, name)
            filters[name] = value
    return filters


def _instants(filters: dict[str, Any]) -> tuple[int | None, int | None]:
    after, before = filters.get("after"), filters.get("before")
    return (read_instant(after) if after else None), (read_instant(before) if before else None)


def _instant(text: str, name: str) -> int:
    if len(text) != 24 or not text.endswith("Z"):
        raise Refusal("invalid_parameters", f"{name} must look like 2026-05-04T09:30:00.000Z.")
    try:
        return read_instant(text)
    except ValueError:
        raise Refusal("invalid_parameters", f"{name} must look like 2026-05-04T09:30:00.000Z.") from None


def _seats(world: "World", filters: dict[str, Any]) -> "list[Seat]":
    if not filters.get("account_id"):
        return list(world.seats.values())
    return [seat_of(world, account_id) for account_id in filters["account_id"].split(",")]


def _chat(world: "World", call: Call) -> Chat:
    chat = world.chats.get(call.params["chat_id"])
    if chat is None:
        raise Refusal("resource_not_found", "There is no chat with this id.")
    return chat


def _text(call: Call) -> str:
    text = call.part("text")
    if not text and not call.files:
        raise Refusal("missing_parameters", "text is required when nothing is attached.")
    return touches.unify(text or "")


def _sender(world: "World", message: Message) -> str:
    if message.sender is None:
        return world.seats[message.account_id].provider_id
    return world.people.everyone[message.sender].provider_id


def _visible(world: "World", messages: list[Message]) -> list[Message]:
    """What the vendor's store has by now: everything, or with `read_lag` what is 30 to 60 seconds old."""
    if not world.options.read_lag:
        return messages
    now = world.clock.now()
    return [m for m in messages if m.at + LAG_LEAST_MS + chance.number(world.seed, "lag", m.id) % LAG_SPREAD_MS <= now]
