"""What a delivery of the vendor says, as events; and the same events out of what a poll reads, under the same keys."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from outreach.connectors.base import ChatMessage, Event, Relation
from outreach.connectors.failures import BadEvent
from outreach.connectors.unipile import shapes

MOST_AT_ONCE = 1_000


def events(
    payload: bytes | dict[str, Any], headers: Mapping[str, str] | None = None, *, received_at: datetime | None = None
) -> list[Event]:
    """The events of one delivery.

    JSON is tried first whatever the content type says, for the vendor may name none; then a form. `received_at` stands
    in where the body has no time of its own. Raises BadEvent with one sentence.
    """
    body = payload if isinstance(payload, dict) else _decode(payload, headers or {})
    bodies = body if isinstance(body, list) else [body]
    if len(bodies) > MOST_AT_ONCE or not all(isinstance(one, dict) for one in bodies):
        raise BadEvent("The body is no event: an object with event and account_id is expected.")
    return [_read(one, received_at) for one in bodies]


def event_of_message(account: str, own_provider_id: str, message: ChatMessage, *, counterpart: str = "") -> Event:
    """A polled message as the event its webhook would have brought. `counterpart` is the other person of the chat."""
    outbound = message.outbound or (bool(own_provider_id) and message.provider_id == own_provider_id)
    return Event(
        kind="message",
        key=f"message:{account}:{message.message_id}",
        account=account,
        at=message.at,
        provider_id=counterpart if outbound else message.provider_id or counterpart,
        chat_id=message.chat_id,
        message_id=message.message_id,
        text=message.text,
        outbound=outbound,
    )


def event_of_relation(account: str, relation: Relation) -> Event:
    """A polled connection as the event its webhook would have brought."""
    return Event(
        kind="relation",
        key=f"relation:{account}:{relation.provider_id}",
        account=account,
        at=relation.connected_at,
        provider_id=relation.provider_id,
        slug=relation.slug,
        name=relation.name,
    )


# --- Bodies -----------------------------------------------------------------------------------------------------------


def _decode(payload: bytes, headers: Mapping[str, str]) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        pass
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if kind.startswith("application/json"):
        raise BadEvent("The body says that it is JSON and is not.")
    try:
        fields = parse_qsl(payload.decode("ascii"), strict_parsing=True, max_num_fields=1_000)
    except ValueError:  # also UnicodeDecodeError
        raise BadEvent("The body is neither JSON nor a form.") from None
    body: dict[str, Any] = {}
    for name, value in fields:
        _put(body, name.replace("]", "").split("["), _value(value))
    return body


def _value(written: str) -> Any:
    """Objects, lists and nothing arrive in a form as JSON; anything else is the text that it is."""
    if written[:1] in ("{", "[") or written == "null":
        try:
            return json.loads(written)
        except (ValueError, RecursionError):
            pass
    return written


def _put(body: dict[str, Any], path: list[str], value: Any) -> None:
    """Enter `sender[attendee_name]` as a part of `sender`."""
    for name in path[:-1][:4]:
        inner = body.get(name)
        if not isinstance(inner, dict):
            inner = body[name] = {}
        body = inner
    body[path[-1]] = value


def _read(body: dict[str, Any], received_at: datetime | None) -> Event:
    if isinstance(body.get("AccountStatus"), dict):
        return _status(body["AccountStatus"], received_at)
    name, account = shapes.text(body.get("event") or body.get("type")), shapes.ident(body.get("account_id"))
    if not name or not account:
        raise BadEvent("The event names no event or no account_id.")
    at = shapes.instant(body.get("timestamp") or body.get("date")) or received_at
    match name:
        case "message_received":
            return _message(body, account, at)
        case "new_relation":
            return _relation(body, account, at)
        case "message_reaction":
            return _reaction(body, account, at)
        case "message_read":
            return _read_by(body, account, at)
    return Event("other", f"other:{name}:{account}:{_identity(body)}", account, at, status=name)


def _status(body: shapes.Body, received_at: datetime | None) -> Event:
    account, word = shapes.ident(body.get("account_id")), shapes.text(body.get("message"))
    if not account or not word:
        raise BadEvent("The account status names no account_id or no message.")
    key = f"account_status:{account}:{word}"
    if received_at is not None:
        # The same status comes again another day and must not pass for a repeated delivery.
        key += f":{shapes.stamp(received_at)}"
    return Event("account_status", key, account, received_at, status=shapes.standing(word).value)


def _relation(body: shapes.Body, account: str, at: datetime | None) -> Event:
    provider_id = shapes.ident(body.get("user_provider_id"))
    if not provider_id:
        raise BadEvent("The new relation names no user_provider_id.")
    return Event(
        kind="relation",
        key=f"relation:{account}:{provider_id}",
        account=account,
        at=at,
        provider_id=provider_id,
        slug=shapes.ident(body.get("user_public_identifier")) or shapes.slug_of(body.get("user_profile_url")),
        name=shapes.text(body.get("user_full_name")),
    )


def _message(body: shapes.Body, account: str, at: datetime | None) -> Event:
    message_id = shapes.ident(body.get("message_id"))
    sender = shapes.part(body, "sender")
    author = shapes.ident(sender.get("attendee_provider_id"))
    if not message_id or not author:
        raise BadEvent("The message names no message_id or no sender.")
    outbound = _is_ours(body, author)
    other = next((a for a in _attendees(body) if _provider_id(a) != author), {}) if outbound else sender
    return Event(
        kind="message",
        key=f"message:{account}:{message_id}",
        account=account,
        at=at,
        provider_id=_provider_id(other),
        slug=shapes.slug_of(other.get("attendee_profile_url")),
        name=shapes.text(other.get("attendee_name")),
        chat_id=shapes.ident(body.get("chat_id")),
        message_id=message_id,
        text=shapes.text(body.get("message")),
        outbound=outbound,
        subject=shapes.text(body.get("subject")),
    )


def _is_ours(body: shapes.Body, author: str) -> bool:
    """Whether the sender wrote it. Guessing wrong would stop a sequence, or not stop it, so no guess is made."""
    said = shapes.flag(body.get("is_sender"))
    if said is not None:
        return said
    own = shapes.ident(shapes.part(body, "account_info").get("user_id"))
    if not own:
        raise BadEvent("The message does not say whose account it came to, so it is left to the next poll.")
    return author == own


def _reaction(body: shapes.Body, account: str, at: datetime | None) -> Event:
    message_id, value = shapes.ident(body.get("message_id")), shapes.text(body.get("reaction"))
    who = shapes.part(body, "reaction_sender")
    author = _provider_id(who)
    if not message_id:
        raise BadEvent("The reaction names no message_id.")
    own = shapes.ident(shapes.part(body, "account_info").get("user_id"))
    outbound = bool(author) and author == own
    other = next((a for a in _attendees(body) if _provider_id(a) != author), {}) if outbound else who
    return Event(
        kind="reaction",
        key=f"reaction:{account}:{message_id}:{author}:{value}",
        account=account,
        at=at,
        provider_id=_provider_id(other),
        name=shapes.text(other.get("attendee_name")),
        chat_id=shapes.ident(body.get("chat_id")),
        message_id=message_id,
        outbound=outbound,
        status=value,
    )


def _read_by(body: shapes.Body, account: str, at: datetime | None) -> Event:
    message_id, chat_id = shapes.ident(body.get("message_id")), shapes.ident(body.get("chat_id"))
    if not message_id and not chat_id:
        raise BadEvent("The read receipt names no message_id and no chat_id.")
    own = shapes.ident(shapes.part(body, "account_info").get("user_id"))
    other = next((a for a in _attendees(body) if _provider_id(a) != own), {})
    return Event(
        kind="read",
        key=f"read:{account}:{message_id or _identity(body)}",
        account=account,
        at=at,
        provider_id=_provider_id(other),
        name=shapes.text(other.get("attendee_name")),
        chat_id=chat_id,
        message_id=message_id,
    )


def _attendees(body: shapes.Body) -> Iterator[shapes.Body]:
    listed = body.get("attendees")
    yield from (one for one in (listed if isinstance(listed, list) else []) if isinstance(one, dict))


def _provider_id(attendee: shapes.Body) -> str:
    return shapes.ident(attendee.get("attendee_provider_id"))


def _identity(body: shapes.Body) -> str:
    """What tells this happening from others of its kind: its own id, or else all that it says."""
    found = next((i for name in ("event_id", "message_id", "email_id") if (i := shapes.ident(body.get(name)))), "")
    return found or hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()[:32]
