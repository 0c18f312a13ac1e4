"""Accounts, the owner's profile, the InMail balance, and webhooks."""

from typing import TYPE_CHECKING, Any

from outreach.simulator import cursors, hooks, shapes
from outreach.simulator.calls import Answer, Call, acting_seat, seat_of
from outreach.simulator.refusals import Refusal
from outreach.simulator.seats import PRODUCTS

if TYPE_CHECKING:
    from outreach.simulator.world import World


def page(
    items: list[Any], call: Call, purpose: str, usual: int, most: int, **facts: Any
) -> tuple[list[Any], str | None]:
    """One page of a list whose cursor counts positions, and the cursor of the next page."""
    limit = call.limit(usual, most)
    start = int(cursors.read(call.query.get("cursor"), purpose).get("from", 0))
    end = start + limit
    return items[start:end], cursors.write({"list": purpose, "from": end, **facts}) if end < len(items) else None


def list_accounts(world: "World", call: Call) -> Answer:
    some, cursor = page(list(world.seats.values()), call, "accounts", 100, 250)
    items = [shapes.account(world, seat) for seat in some]
    return 200, {"object": "AccountList", "items": items, "cursor": cursor}


def get_account(world: "World", call: Call) -> Answer:
    return 200, shapes.account(world, seat_of(world, call.params["account_id"]))


def get_owner(world: "World", call: Call) -> Answer:
    return 200, shapes.owner(world, acting_seat(world, call.account_id, reading=True))


def get_balance(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id, reading=True)
    balances = {product: seat.balances.get(product) for product in PRODUCTS}
    return 200, {"object": "LinkedinInmailBalance", **balances}


def list_webhooks(world: "World", call: Call) -> Answer:
    some, cursor = page(list(world.hooks.values()), call, "webhooks", 100, 250)
    return 200, {"object": "WebhookList", "items": [shapes.webhook(world, h) for h in some], "cursor": cursor}


def create_webhook(world: "World", call: Call) -> Answer:
    url, source = call.must("request_url"), call.must("source")
    if not url.startswith("http://"):
        raise Refusal("invalid_url", "request_url must begin with http:// (the simulator speaks no TLS).")
    if source not in hooks.SOURCES:
        raise Refusal("invalid_parameters", f"source must be one of {', '.join(hooks.SOURCES)}.")
    form = call.text("format", required=False) or "json"
    if form not in ("json", "form"):
        raise Refusal("invalid_parameters", "format must be json or form.")
    enabled = call.body.get("enabled", True)
    events = _texts(call, "events")
    if events is not None and source in hooks.EVENTS and (unknown := set(events) - set(hooks.EVENTS[source])):
        raise Refusal("invalid_parameters", f"events: {', '.join(sorted(unknown))} is no event of {source}.")
    if events is None and source == "messaging":
        events = ["message_received"]
    hook = hooks.Hook(
        id=hooks.new_id(world),
        request_url=url,
        source=source,
        name=call.text("name", required=False),
        format=form,
        account_ids=_texts(call, "account_ids"),
        enabled=bool(enabled),
        headers=_pairs(call, "headers", "key", "value"),
        data=_pairs(call, "data", "name", "key"),
        events=events,
    )
    hooks.register(world, hook)
    return 201, {"object": "WebhookCreated", "webhook_id": hook.id}


def delete_webhook(world: "World", call: Call) -> Answer:
    hook_id = call.params["webhook_id"]
    if hook_id not in world.hooks:
        raise Refusal("resource_not_found", "There is no webhook with this id.")
    hooks.remove(world, hook_id)
    return 200, {"object": "WebhookDeleted"}


def _texts(call: Call, name: str) -> list[str] | None:
    given = call.body.get(name)
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise Refusal("invalid_parameters", f"{name} must be a list of texts.")
    return given


def _pairs(call: Call, name: str, first: str, second: str) -> list[dict[str, str]]:
    given = call.body.get(name) or []
    if not isinstance(given, list):
        raise Refusal("invalid_parameters", f"{name} must be a list of objects with {first} and {second}.")
    for pair in given:
        if not isinstance(pair, dict) or not isinstance(pair.get(first), str) or not isinstance(pair.get(second), str):
            raise Refusal("invalid_parameters", f"{name} must be a list of objects with {first} and {second}.")
    return [{first: pair[first], second: pair[second]} for pair in given]
