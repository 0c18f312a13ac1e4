"""What the control plane tells: the record, the state, the people, the ledger."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from outreach.simulator import tempers
from outreach.simulator.clock import write_instant
from outreach.simulator.people import Person
from outreach.simulator.seats import Seat
from outreach.simulator.world import World

if TYPE_CHECKING:
    from outreach.simulator.server import Simulator

Given = dict[str, Any]


class NotFound(Exception):
    """The control plane was asked about something that is not there."""


async def read_accepted(simulator: "Simulator", request: Request, given: Given) -> Given:
    """Touches accepted after the n-th, oldest first."""
    after = max(0, int(request.query_params.get("after", 0)))
    limit = min(10_000, int(request.query_params.get("limit", 1000)))
    touches = simulator.world.touches
    return {"items": [touch.as_dict() for touch in touches[after : after + limit]], "total": len(touches)}


async def read_replies(simulator: "Simulator", request: Request, given: Given) -> Given:
    """What people wrote to the seats, after the n-th message, oldest first."""
    world = simulator.world
    after = max(0, int(request.query_params.get("after", 0)))
    limit = min(10_000, int(request.query_params.get("limit", 1000)))
    written = [message for message in world.messages.values() if message.sender is not None]
    return {
        "items": [
            {
                "message_id": message.id,
                "account_id": message.account_id,
                "chat_id": message.chat_id,
                "slug": world.people.everyone[message.sender].slug,
                "at": write_instant(message.at),
            }
            for message in written[after : after + limit]
            if message.sender is not None
        ],
        "total": len(written),
    }


async def read_state(simulator: "Simulator", request: Request, given: Given) -> Given:
    world = simulator.world
    kinds: dict[str, int] = {}
    for touch in world.touches:
        kinds[touch.kind] = kinds.get(touch.kind, 0) + 1
    states: dict[str, int] = {}
    for invitation in world.invitations.values():
        states[invitation.state] = states.get(invitation.state, 0) + 1
    return {
        "seed": world.seed,
        "in_flight": simulator.in_flight - 1,
        "people": len(world.people),
        "accepted": kinds,
        "invitations": states,
        "chats": len(world.chats),
        "messages": len(world.messages),
        "replies": sum(1 for m in world.messages.values() if m.sender is not None),
        "agenda": len(world.agenda),
        "webhooks": {
            "registered": len(world.hooks),
            "waiting": len(world.agenda.of_kind("webhook")),
            "delivered": world.webhooks_delivered,
            "given_up": world.webhooks_given_up,
        },
        "options": asdict(world.options),
        "rates": world.rates.as_dict(),
        "accounts": {seat.id: describe_seat(world, seat) for seat in world.seats.values()},
    }


async def read_ledger(simulator: "Simulator", request: Request, given: Given) -> Given:
    """Every movement of InMail credits, oldest first, of one account or of all."""
    wanted = request.query_params.get("account_id")
    entries = [e.as_dict() for e in simulator.world.entries if wanted in (None, e.account_id)]
    return {"items": entries}


async def list_people(simulator: "Simulator", request: Request, given: Given) -> Given:
    offset = int(request.query_params.get("offset", 0))
    limit = int(request.query_params.get("limit", 1000))
    everyone = simulator.world.people.everyone
    items = [describe_person(simulator.world, person) for person in everyone[offset : offset + limit]]
    return {"items": items, "total": len(everyone)}


async def read_person(simulator: "Simulator", request: Request, given: Given) -> Given:
    return describe_person(simulator.world, find_person(simulator.world, request.path_params["slug"]))


def find_person(world: World, slug: str) -> Person:
    person = world.people.find(str(slug))
    if person is None:
        raise NotFound(f"There is nobody with the slug {slug!r}.")
    return person


def find_seat(world: World, account_id: str) -> Seat:
    seat = world.seats.get(account_id)
    if seat is None:
        raise NotFound(f"There is no account {account_id!r}.")
    return seat


def describe_person(world: World, person: Person) -> Given:
    return {
        "slug": person.slug,
        "provider_id": person.provider_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "headline": person.headline,
        "title": person.title,
        "company": person.company,
        "seniority": person.seniority,
        "location": person.location,
        "url": person.url,
        "open_profile": person.open_profile,
        "inmail": person.inmail,
        "needs_email": person.needs_email,
        "premium": person.premium,
        "blocks": person.blocks,
        "script": person.script,
        "degree": {seat.id: tempers.degree(world, seat, person) for seat in world.seats.values()},
        "connected_at": {
            seat.id: write_instant(seat.connected[person.index])
            for seat in world.seats.values()
            if person.index in seat.connected
        },
    }


def describe_seat(world: World, seat: Seat) -> Given:
    now = world.clock.now()
    return {
        "id": seat.id,
        "name": seat.name,
        "plan": seat.plan,
        "provider_id": seat.provider_id,
        "slug": seat.slug,
        "status": "restricted" if seat.restricted(now) else seat.status,
        "connections": seat.connections,
        "relations": len(seat.relations),
        "limits": seat.limits,
        "pending": len(seat.pending),
        "invites_in_week": seat.invites_in_week(now),
        "monthly_grant": seat.monthly_grant,
        "cap": seat.balance_cap,
        "balances": seat.balances,
    }
