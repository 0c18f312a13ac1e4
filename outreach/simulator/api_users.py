"""Profiles, relations and invitations."""

from typing import TYPE_CHECKING

from outreach.simulator import cursors, invitations, newcomers, shapes, touches
from outreach.simulator.api_accounts import page
from outreach.simulator.calls import Answer, Call, acting_seat
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.world import World


def get_profile(world: "World", call: Call) -> Answer:
    """A read is recorded as profile_read, with notify=true as view."""
    seat = acting_seat(world, call.account_id)
    notify = call.flag("notify")
    identifier = call.params["identifier"]
    if identifier in (seat.slug, seat.provider_id):
        return 200, shapes.own_profile(seat) | {"is_self": True}
    kind = "view" if notify else "profile_read"
    if newcomers.expected(world, identifier):
        seat.check_volume(kind, world.clock.now())  # a read that is refused makes nobody
        newcomers.meet(world, identifier)
    person = world.people.find(identifier)
    if person is not None:
        seat.check_volume(kind, world.clock.now())
        touches.accept(world, seat, kind, person.provider_id, person.slug)
        return 200, shapes.profile(world, seat, person)
    for other in world.seats.values():
        if identifier in (other.slug, other.provider_id):
            seat.check_volume(kind, world.clock.now())
            touches.accept(world, seat, kind, other.provider_id, other.slug)
            return 200, shapes.own_profile(other) | {"is_self": False}
    raise Refusal("resource_not_found", "There is no member with this identifier.")


def list_relations(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id, reading=True)
    inside = cursors.read(call.query.get("cursor"), "relations")
    wanted = str(inside.get("filter") or call.query.get("filter", "")).lower()
    newest = seat.relations[::-1]
    if wanted:
        newest = [r for r in newest if wanted in world.people.everyone[r[1]].name.lower()]
    some, cursor = page(newest, call, "relations", 100, 1000, filter=wanted)
    items = [shapes.relation(seat, world.people.everyone[index], at) for at, index in some]
    return 200, {"object": "UserRelationsList", "items": items, "cursor": cursor}


def send_invitation(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.must("account_id"))
    recipient = call.must("provider_id")
    note, email = call.text("message", required=False), call.text("user_email", required=False)
    invitation, level = invitations.send(world, seat, recipient, touches.unify(note) if note else None, email)
    answer = {"object": "UserInvitationSent", "invitation_id": invitation.id}
    return 200, answer if level is None else answer | {"usage": level}


def list_invitations(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id, reading=True)
    pending = list(seat.pending.values())[::-1]
    some, cursor = page(pending, call, "invitations", 10, 100)
    items = [shapes.invitation(world, seat, invitation) for invitation in some]
    return 200, {"object": "InvitationList", "items": items, "cursor": cursor}


def withdraw_invitation(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id)
    invitations.withdraw(world, seat, call.params["invitation_id"])
    return 200, {"object": "InvitationCanceled"}
