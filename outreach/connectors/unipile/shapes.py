"""The vendor's JSON as our values: read leniently, because newer answers carry other fields than older ones.

Where one thing has several spellings (distances, stamps, a missing or a null field) it becomes one here. Texts lose
what a database cannot keep (NUL, lone surrogates), and their line ends become \\n.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from outreach.connectors.base import (
    Account,
    Chat,
    ChatMessage,
    Owner,
    Page,
    Post,
    Profile,
    Relation,
    SentInvite,
    Standing,
)
from outreach.engine.kinds import Degree

Body = Mapping[str, Any]

LONGEST_ID = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000  # as seconds that is the year 5138, as milliseconds 1973

_DEGREES = {
    "FIRST_DEGREE": Degree.FIRST,
    "DISTANCE_1": Degree.FIRST,
    "SECOND_DEGREE": Degree.SECOND,
    "DISTANCE_2": Degree.SECOND,
    "THIRD_DEGREE": Degree.THIRD,
    "DISTANCE_3": Degree.THIRD,
    "OUT_OF_NETWORK": Degree.OUT,
}

_STANDINGS = {
    **dict.fromkeys(("OK", "RECONNECTED", "CREATION_SUCCESS", "SYNC_SUCCESS"), Standing.ACTIVE),
    "CONNECTING": Standing.WAITING,
    **dict.fromkeys(("CREDENTIALS", "PERMISSIONS"), Standing.LOGGED_OUT),
    **dict.fromkeys(("ERROR", "STOPPED"), Standing.STOPPED),
    "DELETED": Standing.GONE,
}
_WORST_FIRST = (Standing.GONE, Standing.LOGGED_OUT, Standing.STOPPED, Standing.WAITING, Standing.ACTIVE)

_INVITATIONS: dict[str, Literal["pending", "withdrawn", "ignored"]] = {
    "PENDING": "pending",
    "WITHDRAWN": "withdrawn",
    "IGNORED": "ignored",
}


# --- Single values ----------------------------------------------------------------------------------------------------


def text(value: object) -> str:
    """A text fit to keep; empty for anything else."""
    if not isinstance(value, str):
        return ""
    kept = value.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return kept.encode("utf-8", "replace").decode()


def ident(value: object) -> str:
    """An id as text (some answers spell them as numbers); empty when there is none or it cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    kept = text(value)
    return kept if len(kept) <= LONGEST_ID else ""


def flag(value: object) -> bool | None:
    """True, false, 1 or 0; None for anything else, which means not known."""
    return bool(value) if isinstance(value, bool | int) and value in (0, 1) else None


def number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def instant(value: object) -> datetime | None:
    """An ISO 8601 time, or a number since 1970 in milliseconds or seconds, told apart by its size. None if neither."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _EPOCH + timedelta(seconds=value / 1000 if abs(value) >= _MILLISECONDS_FROM else value)
    except (ValueError, OverflowError):
        pass
    return None


def stamp(at: datetime) -> str:
    """UTC with exactly three decimals, the only spelling that the vendor's lists take."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def degree(value: object) -> Degree:
    return _DEGREES.get(value, Degree.UNKNOWN) if isinstance(value, str) else Degree.UNKNOWN


def standing(value: object) -> Standing:
    """A status word of a source, or of a status event."""
    return _STANDINGS.get(value, Standing.UNKNOWN) if isinstance(value, str) else Standing.UNKNOWN


def part(body: Body, name: str) -> Body:
    """A nested object; empty when it is missing or something else."""
    inner = body.get(name)
    return inner if isinstance(inner, dict) else {}


def slug_of(url: object) -> str:
    """The public identifier in a profile address; empty when the address holds a member id instead."""
    _, found, tail = text(url).partition("/in/")
    slug = tail.split("/")[0].split("?")[0]
    return "" if not found or slug.startswith(("ACoAA", "ACwAA", "AEMAA")) else slug


# --- Lists and items --------------------------------------------------------------------------------------------------


def page[T](body: Body, read: Callable[[Body], T | None]) -> Page[T]:
    """A list answer. An item that cannot be read is left out: one poisoned entry must not hide the others."""
    items = body.get("items")
    cursor = body.get("cursor")
    if cursor is None:
        cursor = part(body, "paging").get("cursor")
    found = [
        item for raw in (items if isinstance(items, list) else []) if isinstance(raw, dict) and (item := read(raw))
    ]
    return Page(tuple(found), cursor if isinstance(cursor, str) and cursor else None)


def profile(body: Body) -> Profile | None:
    provider_id = ident(body.get("provider_id"))
    if not provider_id:
        return None
    distance = degree(body.get("network_distance"))
    if distance is Degree.UNKNOWN and body.get("is_relationship") is True:
        distance = Degree.FIRST
    invitation = part(body, "invitation")
    ours = invitation.get("type") == "SENT"
    return Profile(
        provider_id=provider_id,
        slug=ident(body.get("public_identifier")),
        first_name=text(body.get("first_name")),
        last_name=text(body.get("last_name")),
        headline=text(body.get("headline")),
        location=text(body.get("location")),
        degree=distance,
        open_profile=flag(_either(body, "is_open_profile", "open_profile")),
        premium=flag(_either(body, "is_premium", "premium")),
        can_inmail=flag(body.get("can_send_inmail")),
        invitation=_INVITATIONS.get(text(invitation.get("status")), "") if ours else "",
    )


def relation(body: Body) -> Relation | None:
    provider_id = ident(_either(body, "member_id", "provider_id"))
    name = f"{text(body.get('first_name'))} {text(body.get('last_name'))}".strip()
    slug = ident(body.get("public_identifier"))
    return Relation(provider_id, slug, name, instant(body.get("created_at"))) if provider_id else None


def sent_invite(body: Body) -> SentInvite | None:
    invitation_id = ident(body.get("id"))
    if not invitation_id:
        return None
    return SentInvite(
        invitation_id=invitation_id,
        provider_id=ident(body.get("invited_user_id")),
        slug=ident(body.get("invited_user_public_id")),
        at=instant(body.get("parsed_datetime")),
        text=text(body.get("invitation_text")),
    )


def chat(body: Body) -> Chat | None:
    chat_id = ident(body.get("id"))
    if not chat_id:
        return None
    return Chat(
        chat_id=chat_id,
        provider_id=ident(body.get("attendee_provider_id")) if body.get("type") in (0, None) else "",
        at=instant(body.get("timestamp")),
        subject=text(body.get("subject")),
        content_type=text(body.get("content_type")),
        unread=number(body.get("unread_count")) or 0,
    )


def message(body: Body) -> ChatMessage | None:
    """A message; None for the vendor's own notices (somebody joined, somebody reacted) and for hidden ones."""
    message_id = ident(body.get("id"))
    if not message_id or flag(body.get("is_event")) or flag(body.get("hidden")):
        return None
    return ChatMessage(
        message_id=message_id,
        chat_id=ident(body.get("chat_id")),
        provider_id=ident(body.get("sender_id")),
        outbound=bool(flag(body.get("is_sender"))),
        text=text(body.get("text")),
        at=instant(body.get("timestamp")),
    )


def post(body: Body) -> Post | None:
    """A post under the id one acts with, which is not the number in its address."""
    post_id = ident(body.get("social_id"))
    return Post(post_id, text(body.get("text")), instant(body.get("parsed_datetime"))) if post_id else None


def owner(body: Body) -> Owner | None:
    provider_id = ident(body.get("provider_id"))
    if not provider_id:
        return None
    return Owner(
        provider_id=provider_id,
        slug=ident(body.get("public_identifier")) or slug_of(body.get("public_profile_url")),
        first_name=text(body.get("first_name")),
        last_name=text(body.get("last_name")),
        premium=flag(body.get("premium")),
    )


def account(body: Body) -> Account | None:
    """An account; its standing is the worst of its sources."""
    account_id = ident(body.get("id"))
    if not account_id:
        return None
    member = part(part(body, "connection_params"), "im")
    features, sources = member.get("premiumFeatures"), body.get("sources")
    seen = {standing(s.get("status")) for s in (sources if isinstance(sources, list) else []) if isinstance(s, dict)}
    return Account(
        account=account_id,
        name=text(body.get("name")),
        provider_id=ident(member.get("id")),
        slug=ident(member.get("publicIdentifier")),
        products=frozenset(filter(None, map(text, features if isinstance(features, list) else []))),
        standing=next((s for s in _WORST_FIRST if s in seen), Standing.UNKNOWN),
    )


def _either(body: Body, name: str, other: str) -> object:
    value = body.get(name)
    return body.get(other) if value is None else value
