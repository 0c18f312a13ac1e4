"""The control plane under /sim/: seed, clock, scripts, faults, and the record of what was really accepted.

It belongs to no vendor, needs no key, and is meant for loopback only.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outreach.simulator import acts, hooks, ledger, newcomers, reports, seats
from outreach.simulator.calls import JSONAnswer
from outreach.simulator.clock import DAY, read_instant, write_instant
from outreach.simulator.options import read_options
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.server import Simulator

Given = dict[str, Any]


def routes(simulator: "Simulator") -> list[Route]:
    """Every route of the control plane."""

    def told(
        handler: Callable[["Simulator", Request, Given], Awaitable[Given]],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                given = json.loads(await request.body() or b"{}") if request.method == "POST" else {}
                if not isinstance(given, dict):
                    raise ValueError("Send a JSON object.")
                answer = await handler(simulator, request, given)
            except json.JSONDecodeError:
                return JSONAnswer({"error": "The body is no JSON."}, 400)
            except reports.NotFound as missing:
                return JSONAnswer({"error": str(missing)}, 404)
            except Refusal as refusal:
                return JSONAnswer(refusal.as_body(), refusal.status)
            except (KeyError, TypeError, ValueError) as wrong:
                text = f"{wrong.args[0]} is missing." if isinstance(wrong, KeyError) else str(wrong)
                return JSONAnswer({"error": text}, 400)
            finally:
                simulator.settle()
            return JSONAnswer(answer)

        return endpoint

    return [
        Route("/sim/accepted", told(reports.read_accepted), methods=["GET"]),
        Route("/sim/replies", told(reports.read_replies), methods=["GET"]),
        Route("/sim/clock", told(read_clock), methods=["GET"]),
        Route("/sim/clock/advance", told(advance_clock), methods=["POST"]),
        Route("/sim/state", told(reports.read_state), methods=["GET"]),
        Route("/sim/people", told(reports.list_people), methods=["GET"]),
        Route("/sim/newcomers", told(add_newcomers), methods=["POST"]),
        Route("/sim/people/{slug}", told(script_person), methods=["POST"]),
        Route("/sim/people/{slug}", told(reports.read_person), methods=["GET"]),
        Route("/sim/act", told(act), methods=["POST"]),
        Route("/sim/account/{account_id}", told(change_account), methods=["POST"]),
        Route("/sim/accounts", told(add_account), methods=["POST"]),
        Route("/sim/ledger", told(reports.read_ledger), methods=["GET"]),
        Route("/sim/options", told(change_options), methods=["POST"]),
        Route("/sim/faults", told(order_fault), methods=["POST"]),
        Route("/sim/faults", told(list_faults), methods=["GET"]),
        Route("/sim/faults", told(clear_faults), methods=["DELETE"]),
        Route("/sim/webhooks/faults", told(order_webhook_fault), methods=["POST"]),
        Route("/sim/webhooks/faults", told(clear_webhook_faults), methods=["DELETE"]),
        Route("/sim/webhooks/flush", told(flush_webhooks), methods=["POST"]),
        Route("/sim/seed", told(seed), methods=["POST"]),
    ]


async def seed(simulator: "Simulator", request: Request, given: Given) -> Given:
    """Forget everything and start anew: {seed, people, accounts, start?, rates?, options?}."""
    known = {"seed", "people", "accounts", "start", "rates", "options"}
    if unknown := set(given) - known:
        raise ValueError(f"A seed has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}.")
    world = simulator.world
    world.plant(given)
    return {
        "seed": world.seed,
        "people": len(world.people),
        "accounts": [reports.describe_seat(world, s) for s in world.seats.values()],
    }


async def read_clock(simulator: "Simulator", request: Request, given: Given) -> Given:
    clock, following = simulator.world.clock, simulator.clockwork.next_at()
    return {
        "mode": clock.mode,
        "factor": clock.factor,
        "now": write_instant(clock.now()),
        "next": None if following is None else write_instant(following),
    }


async def advance_clock(simulator: "Simulator", request: Request, given: Given) -> Given:
    clock = simulator.world.clock
    if clock.mode != "manual":
        raise ValueError(f"The clock is {clock.mode}; start the simulator with --clock manual to move it.")
    to = read_instant(given["to"])
    if to < clock.now():
        raise ValueError(f"The clock is at {write_instant(clock.now())} already and never runs backwards.")
    events, tried = await simulator.clockwork.advance(to)
    return {**await read_clock(simulator, request, {}), "events": events, "webhooks": tried}


async def add_newcomers(simulator: "Simulator", request: Request, given: Given) -> Given:
    """{people: [{slug, first_name, …}, …]}: make sure that they exist (newcomers.welcome says how)."""
    people = given["people"]
    if not isinstance(people, list) or not all(isinstance(order, dict) for order in people):
        raise ValueError("people is a list of objects.")
    world = simulator.world
    before = len(world.people)
    welcomed = [newcomers.welcome(world, order) for order in people]
    return {
        "items": [reports.describe_person(world, person) for person in welcomed],
        "new": len(world.people) - before,
        "total": len(world.people),
    }


async def script_person(simulator: "Simulator", request: Request, given: Given) -> Given:
    """Settle what a person is like and does, in place of their temper (acts.script says how)."""
    slug = request.path_params["slug"]
    person = newcomers.meet(simulator.world, slug) or reports.find_person(simulator.world, slug)
    acts.script(simulator.world, person, given)
    return reports.describe_person(simulator.world, person)


async def act(simulator: "Simulator", request: Request, given: Given) -> Given:
    """Somebody does something now: {act, account_id, person, …} (acts.ACTS says what)."""
    world = simulator.world
    seat = reports.find_seat(world, given["account_id"])
    return acts.perform(world, seat, reports.find_person(world, given["person"]), given)


async def add_account(simulator: "Simulator", request: Request, given: Given) -> Given:
    """Link one more account."""
    world = simulator.world
    if not given.get("id") or given["id"] in world.seats:
        raise ValueError("Give the account an id that no other has.")
    seat = world.add_seat(given["id"], given)
    world.posts.index_seat(seat)
    hooks.announce_status(world, seat, "CREATION_SUCCESS")
    return reports.describe_seat(world, seat)


async def change_account(simulator: "Simulator", request: Request, given: Given) -> Given:
    """{status: OK, CREDENTIALS, … or restricted, days?, plan?, limits?, weekly_cap?}. A new status goes to webhooks."""
    world = simulator.world
    seat = reports.find_seat(world, request.path_params["account_id"])
    known = {"status", "days", "plan", "limits", "weekly_cap"}
    if unknown := set(given) - known:
        raise ValueError(
            f"An account has no {', '.join(sorted(unknown))} to change; it has {', '.join(sorted(known))}."
        )
    status = given.get("status")
    if status not in (None, "restricted", *seats.STATUSES):
        raise ValueError(f"status is restricted or one of {', '.join(seats.STATUSES)}.")
    limits = dict(given.get("limits") or {})
    if "weekly_cap" in given:
        limits["invites_week"] = given["weekly_cap"]
    seats.check_limits(limits)
    seats.check_plan(given.get("plan", seat.plan))
    days = float(given.get("days", 7))

    if status == "restricted":
        seat.restricted_until = world.clock.now() + round(days * DAY)
    elif status == "OK":
        seat.restricted_until = 0
    if status not in (None, "restricted", seat.status):
        seat.status = status
        hooks.announce_status(world, seat, status)
    ledger.change_plan(world, seat, given.get("plan", seat.plan))
    seat.limits |= limits
    world.keep_seat(seat)
    return reports.describe_seat(world, seat)


async def change_options(simulator: "Simulator", request: Request, given: Given) -> Given:
    world = simulator.world
    world.options = read_options(world.options, given)
    world.keep_meta()
    return asdict(world.options)


async def order_fault(simulator: "Simulator", request: Request, given: Given) -> Given:
    return simulator.world.faults.order(given)


async def order_webhook_fault(simulator: "Simulator", request: Request, given: Given) -> Given:
    return simulator.world.faults.order_webhook(given)


async def list_faults(simulator: "Simulator", request: Request, given: Given) -> Given:
    faults = simulator.world.faults
    return {"requests": [asdict(f) for f in faults.requests], "webhooks": [asdict(f) for f in faults.webhooks]}


async def clear_faults(simulator: "Simulator", request: Request, given: Given) -> Given:
    simulator.world.faults.clear()
    return {"requests": [], "webhooks": []}


async def clear_webhook_faults(simulator: "Simulator", request: Request, given: Given) -> Given:
    simulator.world.faults.clear_webhooks()
    return {"webhooks": []}


async def flush_webhooks(simulator: "Simulator", request: Request, given: Given) -> Given:
    return {"webhooks": await simulator.clockwork.flush()}
