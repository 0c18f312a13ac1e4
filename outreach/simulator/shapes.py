"""The vendor's answer objects. What it requires is always there, what it leaves out is left out, never null instead."""

from typing import TYPE_CHECKING, Any

from outreach.simulator import chance, tempers
from outreach.simulator.clock import say_age, write_instant
from outreach.simulator.hooks import Hook, attendee_id
from outreach.simulator.people import Person

if TYPE_CHECKING:
    from outreach.simulator.conversations import Chat, Message
    from outreach.simulator.invitations import Invitation
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

Shape = dict[str, Any]

DISTANCES = {1: "FIRST_DEGREE", 2: "SECOND_DEGREE", 3: "THIRD_DEGREE", 0: "OUT_OF_NETWORK"}
ATTENDEE_DISTANCES = {1: "DISTANCE_1", 2: "DISTANCE_2", 3: "DISTANCE_3", 0: "OUT_OF_NETWORK"}
FOLDERS = {
    "classic": "INBOX_LINKEDIN_CLASSIC",
    "sales_navigator": "INBOX_LINKEDIN_SALES_NAVIGATOR",
    "recruiter": "INBOX_LINKEDIN_RECRUITER",
}


def account(world: "World", seat: "Seat") -> Shape:
    im: Shape = {
        "id": seat.provider_id,
        "username": seat.name,
        "publicIdentifier": seat.slug,
        "premiumId": None,
        "premiumContractId": None,
        "organizations": [],
        "proxy": None,
    }
    features = [seat.terms.feature] if seat.terms.feature else []
    if world.options.newer_shapes:
        features.append("classic")
    if features:
        im["premiumFeatures"] = features
    return {
        "object": "Account",
        "type": "LINKEDIN",
        "id": seat.id,
        "name": seat.name,
        "created_at": write_instant(seat.created_at),
        "connection_params": {"im": im},
        "signatures": [],
        "groups": [],
        "sources": [{"id": f"{seat.id}_MESSAGING", "status": seat.status}],
    }


def owner(world: "World", seat: "Seat") -> Shape:
    first, _, last = seat.name.partition(" ")
    member = 800_000_000 + chance.number(world.seed, "seat urn", seat.id) % 90_000_000
    seated = {"owner_seat_id": str(member), "contract_id": str(member + 1)}
    return {
        "object": "AccountOwnerProfile",
        "provider": "LINKEDIN",
        "provider_id": seat.provider_id,
        "entity_urn": f"urn:li:fsd_profile:{seat.provider_id}",
        "object_urn": f"urn:li:member:{member}",
        "first_name": first,
        "last_name": last,
        "profile_picture_url": None,
        "public_profile_url": f"https://www.linkedin.com/in/{seat.slug}",
        "public_identifier": seat.slug,
        "headline": seat.headline,
        "email": f"{seat.slug}@example.com",
        "premium": seat.plan != "free",
        "open_profile": False,
        "organizations": [],
        "recruiter": seated if seat.terms.product == "recruiter" else None,
        "sales_navigator": seated if seat.terms.product == "sales_navigator" else None,
    }


def profile(world: "World", seat: "Seat", person: Person) -> Shape:
    degree = tempers.degree(world, seat, person)
    shape: Shape = {
        "object": "UserProfile",
        "provider": "LINKEDIN",
        "provider_id": person.provider_id,
        "public_identifier": person.slug,
        "member_urn": person.urn,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "location": person.location,
        "websites": [],
        "can_send_inmail": person.inmail and not person.blocks,
        "is_open_profile": person.open_profile,
        "is_premium": person.premium,
        "is_relationship": degree == 1,
        "is_self": False,
        "network_distance": DISTANCES[degree],
        "connections_count": 50 + chance.number(world.seed, "connections", person.slug) % 2000,
        "shared_connections_count": chance.number(world.seed, "shared", seat.id, person.slug) % 40 if degree else 0,
        "public_profile_url": person.url,
    }
    if person.index in seat.pending:
        shape["invitation"] = {"type": "SENT", "status": "PENDING"}
    elif person.index in seat.withdrawn and degree != 1:
        shape["invitation"] = {"type": "SENT", "status": "WITHDRAWN"}
    return shape


def own_profile(seat: "Seat") -> Shape:
    """A seat's profile as somebody's: read by its own slug or provider id."""
    first, _, last = seat.name.partition(" ")
    return {
        "object": "UserProfile",
        "provider": "LINKEDIN",
        "provider_id": seat.provider_id,
        "public_identifier": seat.slug,
        "first_name": first,
        "last_name": last,
        "headline": seat.headline,
        "websites": [],
        "is_premium": seat.plan != "free",
        "connections_count": seat.connections,
        "public_profile_url": f"https://www.linkedin.com/in/{seat.slug}",
    }


def relation(seat: "Seat", person: Person, at: int) -> Shape:
    return {
        "object": "UserRelation",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "public_identifier": person.slug,
        "public_profile_url": person.url,
        "created_at": at,
        "member_id": person.provider_id,
        "member_urn": person.urn,
        "connection_urn": f"urn:li:fsd_connection:{person.provider_id}",
    }


def invitation(world: "World", seat: "Seat", sent: "Invitation") -> Shape:
    person = world.people.everyone[sent.person]
    day = sent.at - sent.at % 86_400_000  # the network tells the age, not the instant
    return {
        "object": "InvitationSent",
        "id": sent.id,
        "invited_user": person.name,
        "invited_user_id": person.provider_id,
        "invited_user_public_id": person.slug,
        "invited_user_description": person.headline,
        "date": say_age(sent.at, world.clock.now()),
        "parsed_datetime": write_instant(day),
        "invitation_text": sent.note,
        "inviter": {
            "inviter_name": seat.name,
            "inviter_id": seat.provider_id,
            "inviter_public_identifier": seat.slug,
            "inviter_description": seat.headline,
        },
        "specifics": {"provider": "LINKEDIN", "shared_secret": chance.token(8, world.seed, "secret", sent.id)},
    }


def chat(world: "World", talk: "Chat", visible: "list[Message]") -> Shape:
    """A list item; `visible` are the messages the vendor's store already has."""
    group = len(talk.people) > 1
    person = world.people.everyone[talk.people[0]]
    unread = 0
    for message in reversed(visible):
        if message.sender is None:
            break
        unread += 1
    shape: Shape = {
        "object": "Chat",
        "id": talk.id,
        "account_id": talk.account_id,
        "account_type": "LINKEDIN",
        "provider_id": f"2-{chance.token(22, world.seed, 'thread', talk.id)}",
        "name": ", ".join(world.people.everyone[i].name for i in talk.people) if group else None,
        "type": 1 if group else 0,
        "timestamp": write_instant(visible[-1].at) if visible else None,
        "unread_count": unread,
        "archived": 0,
        "muted_until": None,
        "read_only": 0,
        "folder": ["INBOX", FOLDERS[talk.product]],
    }
    if not group:
        shape["attendee_provider_id"] = person.provider_id
    if talk.subject:
        shape["subject"] = talk.subject
    if talk.inmail:
        shape["content_type"] = "inmail"
    elif world.options.newer_shapes and talk.messages and talk.messages[0].kind == "note":
        shape["content_type"] = "invitation"
    return shape


def message(world: "World", talk: "Chat", said: "Message") -> Shape:
    seat = world.seats[said.account_id]
    sender = seat.provider_id if said.sender is None else world.people.everyone[said.sender].provider_id
    shape: Shape = {
        "object": "Message",
        "id": said.id,
        "provider_id": f"2-{chance.token(22, world.seed, 'provider message', said.id)}",
        "chat_id": talk.id,
        "chat_provider_id": f"2-{chance.token(22, world.seed, 'thread', talk.id)}",
        "account_id": said.account_id,
        "sender_id": sender,
        "sender_attendee_id": attendee_id(world, seat, sender),
        "text": said.text,
        "timestamp": write_instant(said.at),
        "is_sender": 1 if said.sender is None else 0,
        "seen": 0,
        "seen_by": {},
        "delivered": 1,
        "hidden": 0,
        "deleted": 0,
        "edited": 0,
        "is_event": 0,
        "behavior": None,
        "original": "{}",
        "attachments": [],
        "reactions": [],
    }
    if said.subject:
        shape["subject"] = said.subject
    return shape


def attendee(world: "World", seat: "Seat", person: Person) -> Shape:
    degree = tempers.degree(world, seat, person)
    specifics: Shape = {
        "provider": "LINKEDIN",
        "member_urn": person.urn,
        "occupation": person.headline,
        "network_distance": ATTENDEE_DISTANCES[degree],
        "pending_invitation": person.index in seat.pending,
    }
    return {
        "object": "ChatAttendee",
        "id": attendee_id(world, seat, person.provider_id),
        "account_id": seat.id,
        "provider_id": person.provider_id,
        "name": person.name,
        "is_self": 0,
        "hidden": 0,
        "profile_url": f"https://www.linkedin.com/in/{person.provider_id}",
        "specifics": specifics,
    }


def own_attendee(world: "World", seat: "Seat") -> Shape:
    specifics: Shape = {"provider": "LINKEDIN", "member_urn": owner(world, seat)["object_urn"]}
    if world.options.newer_shapes:
        specifics["network_distance"] = "SELF"
    return {
        "object": "ChatAttendee",
        "id": attendee_id(world, seat, seat.provider_id),
        "account_id": seat.id,
        "provider_id": seat.provider_id,
        "name": seat.name,
        "is_self": 1,
        "hidden": 0,
        "profile_url": f"https://www.linkedin.com/in/{seat.provider_id}",
        "specifics": specifics,
    }


def webhook(world: "World", hook: Hook) -> Shape:
    ids = list(world.seats) if hook.account_ids is None else hook.account_ids
    shape: Shape = {
        "object": "Webhook",
        "id": hook.id,
        "type": "AUTO",
        "account_ids": [{"id": i, "name": world.seats[i].name, "type": "LINKEDIN"} for i in ids if i in world.seats],
        "enabled": hook.enabled,
        "request_url": hook.request_url,
        "format": hook.format,
        "headers": hook.headers,
        "data": hook.data,
    }
    if hook.name:
        shape["name"] = hook.name
    if hook.events is not None and (hook.source == "messaging" or world.options.newer_shapes):
        shape["events"] = hook.events
    return shape
