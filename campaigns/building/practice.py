"""The practice seats of every workspace at the simulator: planted, hooked up, and told whom our people know.

Everything here may be done again at any time: what is there stays, what the simulator has lost comes back. A seat's
order is made from its sender's row, so that the seats of the sample and those that people add are mended alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Any

import httpx2
from django.conf import settings
from django.db import connection as database
from django_scopes import scope, scopes_disabled

from accounts import demo, plans
from accounts.models import Connection, CreditBalance, Sender
from accounts.models.sender import SenderState
from campaigns.running.database import rows
from outreach.connectors import registry
from outreach.connectors.base import Seat
from outreach.connectors.failures import ConnectorError
from outreach.engine.facts import Terms

VENDOR = "simulator"
PEOPLE = 1000
SEED = 7
AT_ONCE = 500
HOOK_SOURCES = 3
"""Webhooks of one address: messages, new relations, account status."""

PLANS = {
    "free": "free",
    "career": "career",
    "business": "business",
    "sales-navigator-core": "sn_core",
    "sales-navigator-advanced": "sn_core",
    "recruiter-lite": "recruiter_lite",
}
"""The simulator's word for a plan of the catalogue."""

OF_PRODUCT = {"premium": "business", "sales_navigator": "sn_core", "recruiter": "recruiter_lite"}
"""Its word for a plan that an admin added, by the product that the plan pays for."""


class OutOfReach(Exception):
    """The simulator does not answer, or not as one. The message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Tended:
    """What was done. `planted`: the simulator was empty. `linked`: seats that it did not have. `introduced`: people."""

    planted: bool = False
    linked: int = 0
    hooked: bool = False
    introduced: int = 0


def tend(connection: Connection, *, base_url: str, public_url: str, now: datetime) -> Tended:
    """Make the simulator at `base_url` hold our practice seats, people and webhook. In the workspace's scope. Raises
    OutOfReach."""
    if connection.base_url != base_url:
        connection.base_url = base_url
        connection.save(update_fields=["base_url"])
    try:
        with _client(connection) as client:
            planted, linked, lost = _plant(client, connection, now)
            if lost:
                _forget_chats(connection)
            unfamiliar = [known["prospect_id"] for known in rows(_UNFAMILIAR, (connection.pk, lost))]
            introduced = _introduce(client, connection, unfamiliar)
            hooked = not _is_hooked(client, connection, public_url)
            if hooked:
                _hook(client, connection, public_url, now)
    except (httpx2.HTTPError, ConnectorError) as problem:
        raise OutOfReach(_words(base_url, problem)) from problem
    return Tended(planted, linked, hooked, introduced)


def tend_all(*, base_url: str, public_url: str, now: datetime) -> Tended:
    """`tend` for the connections of all workspaces: what was done in sum. Raises OutOfReach."""
    with scopes_disabled():
        connections = list(Connection.objects.filter(vendor=VENDOR).select_related("workspace").order_by("pk"))
    done = Tended()
    for connection in connections:
        with scope(workspace=connection.workspace):
            one = tend(connection, base_url=base_url, public_url=public_url, now=now)
        done = Tended(
            done.planted or one.planted,
            done.linked + one.linked,
            done.hooked or one.hooked,
            done.introduced + one.introduced,
        )
    return done


def reach(base_url: str) -> None:
    """Raise OutOfReach unless a simulator answers at `base_url`."""
    try:
        with httpx2.Client(base_url=base_url, timeout=settings.HTTP_TIMEOUT_S, trust_env=False) as client:
            client.get("/sim/clock").raise_for_status()
    except httpx2.HTTPError as problem:
        raise OutOfReach(_words(base_url, problem)) from problem


def switch_plan(sender: Sender, *, now: datetime) -> bool:
    """Put the practice seat on the plan that its sender has now. Whether that was another one. Raises OutOfReach."""
    assert sender.connection is not None
    [order] = _orders(sender.connection, [sender], now)
    try:
        with _client(sender.connection) as client:
            has = _state(client)["accounts"].get(sender.provider_account)
            if has is None or has["plan"] == order["plan"]:
                return False
            client.post(f"/sim/account/{sender.provider_account}", json={"plan": order["plan"]}).raise_for_status()
            return True
    except httpx2.HTTPError as problem:
        raise OutOfReach(_words(sender.connection.base_url, problem)) from problem


def introduce(connection: Connection, people: Sequence[int]) -> int:
    """Tell the simulator who these prospects are, and which of our practice seats know them by their own files.

    How many people. Raises OutOfReach."""
    try:
        with _client(connection) as client:
            return _introduce(client, connection, people)
    except httpx2.HTTPError as problem:
        raise OutOfReach(_words(connection.base_url, problem)) from problem


def people(base_url: str) -> list[dict[str, Any]]:
    """Everybody whom the simulator holds, as /sim/people tells it. Raises OutOfReach."""
    found: list[dict[str, Any]] = []
    try:
        with httpx2.Client(base_url=base_url, timeout=settings.HTTP_TIMEOUT_S, trust_env=False) as client:
            while True:
                page = client.get(f"/sim/people?offset={len(found)}&limit={AT_ONCE}").raise_for_status().json()
                found += page["items"]
                if not page["items"] or len(found) >= page["total"]:
                    return found
    except httpx2.HTTPError as problem:
        raise OutOfReach(_words(base_url, problem)) from problem


def _words(base_url: str, problem: Exception) -> str:
    if isinstance(problem, httpx2.HTTPStatusError):
        return f"The simulator at {base_url} answered {problem.response.status_code}: look at its log."
    if demo.percent() is not None:
        return "The sample workspace is still being made ready, and the simulator with it: try again in a minute."
    return f"The simulator at {base_url} does not answer: start Parley with ./dev up and try again."


def _client(connection: Connection) -> httpx2.Client:
    return httpx2.Client(
        base_url=connection.base_url,
        headers={"X-API-KEY": connection.api_key},
        timeout=settings.HTTP_TIMEOUT_S,
        trust_env=False,
    )


def _state(client: httpx2.Client) -> dict[str, Any]:
    state: dict[str, Any] = client.get("/sim/state").raise_for_status().json()
    return state


def _plant(client: httpx2.Client, connection: Connection, now: datetime) -> tuple[bool, int, bool]:
    """Fill an empty simulator; give one that has people the seats it lacks. (planted, seats linked, whether it has
    none of what this connection's seats did)."""
    state = _state(client)
    senders = _seated(connection)
    if not state["people"] and not state["accounts"]:
        orders = _orders(connection, senders, now)
        seed = {"seed": SEED, "people": PEOPLE, "accounts": orders, "options": {"newcomers": True}}
        client.post("/sim/seed", json=seed).raise_for_status()
        return True, len(senders), True
    if not state["options"]["newcomers"]:
        client.post("/sim/options", json={"newcomers": True}).raise_for_status()
    missing = [sender for sender in senders if sender.provider_account not in state["accounts"]]
    for order in _orders(connection, missing, now):
        client.post("/sim/accounts", json=order).raise_for_status()
    return False, len(missing), bool(missing) and len(missing) == len(senders)


def _seated(connection: Connection) -> list[Sender]:
    """The senders of this connection that have a seat, whichever state they are in, but for those put away."""
    return list(
        Sender.objects.filter(connection=connection)
        .exclude(provider_account="")
        .exclude(state=SenderState.ARCHIVED)
        .select_related("plan")
        .order_by("pk")
    )


def _orders(connection: Connection, senders: Sequence[Sender], now: datetime) -> list[dict[str, Any]]:
    """What the simulator needs to know of each seat. Its InMail credits are those of our ledger, so that both sides
    agree from the start."""
    terms = plans.terms_by_plan(now.astimezone(UTC).date(), {one.plan_id for one in senders if one.plan_id})
    balances = {
        balance.sender_id: balance.available + balance.reserved
        for balance in CreditBalance.objects.filter(sender__connection=connection, cap__gt=0)
    }
    return [_order(sender, terms.get(sender.plan_id or 0), balances) for sender in senders]


def _order(sender: Sender, terms: Terms | None, balances: Mapping[int, int]) -> dict[str, Any]:
    order: dict[str, Any] = {
        "id": sender.provider_account,
        "name": sender.name,
        "plan": "free",
        "provider_id": sender.provider_id,
        "billing_day": sender.anchor_day,
    }
    if terms is not None:
        order["plan"] = PLANS.get(terms.plan) or (OF_PRODUCT[terms.product] if terms.inmail else "free")
        if terms.inmail:
            order |= {"grant": terms.grant, "cap": terms.cap}
    if sender.pk in balances:
        order["credits"] = balances[sender.pk]
    return order


def _forget_chats(connection: Connection) -> None:
    """The chats of a simulator that lost its state are gone: the next message opens a new one."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE prospects_relationship SET chat_id = '' WHERE chat_id <> '' AND sender_id IN "
            "(SELECT id FROM accounts_sender WHERE connection_id = %s)",
            (connection.pk,),
        )


_UNFAMILIAR = """
SELECT DISTINCT r.prospect_id FROM prospects_relationship r JOIN accounts_sender s ON s.id = r.sender_id
WHERE s.connection_id = %s AND (r.provider_id = '' OR %s)"""

_WHO = """
SELECT p.slug, p.member_id, p.first_name, p.last_name, p.title, coalesce(c.name, '') AS company,
    coalesce(max(r.provider_id), '') AS provider_id,
    coalesce(array_agg(s.provider_account::text) FILTER (WHERE r.degree = '1'), '{}') AS knows
FROM prospects_prospect p
LEFT JOIN prospects_company c ON c.id = p.company_id
LEFT JOIN (prospects_relationship r JOIN accounts_sender s ON s.id = r.sender_id AND s.connection_id = %s)
    ON r.prospect_id = p.id
WHERE p.id = ANY(%s) AND (p.slug <> '' OR p.member_id <> '') GROUP BY p.id, c.name ORDER BY p.id"""


def _introduce(client: httpx2.Client, connection: Connection, people: Sequence[int]) -> int:
    for some in batched(people, AT_ONCE):
        found = [_introduction(person) for person in rows(_WHO, (connection.pk, list(some)))]
        client.post("/sim/newcomers", json={"people": found}).raise_for_status()
    return len(people)


def _introduction(person: dict[str, Any]) -> dict[str, Any]:
    order = {name: person[name] for name in ("first_name", "last_name", "title", "company", "slug") if person[name]}
    if provider_id := person["provider_id"] or person["member_id"]:
        order["provider_id"] = provider_id
    if person["knows"]:
        order["degree"] = dict.fromkeys(person["knows"], 1)
    return order


def _is_hooked(client: httpx2.Client, connection: Connection, public_url: str) -> bool:
    address, seats = _address(connection, public_url), _accounts(connection)
    ours = [hook for hook in _hooks(client) if hook["request_url"] == address]
    return len(ours) >= HOOK_SOURCES and all({one["id"] for one in hook["account_ids"]} == seats for hook in ours)


def _hook(client: httpx2.Client, connection: Connection, public_url: str, now: datetime) -> None:
    """Hook up this address for the seats of this connection, and nothing else of it: seats of other workspaces stand
    at the same simulator. What was told to nobody meanwhile is fetched soon."""
    nobody = Seat(base_url=connection.base_url, api_key=connection.api_key, account="none")
    registry.connect(connection.vendor, nobody).hook(
        _address(connection, public_url), connection.hook_secret, sorted(_accounts(connection))
    )
    path = _address(connection, "")
    for hook in _hooks(client):
        if hook["request_url"].endswith(path) and hook["request_url"] != _address(connection, public_url):
            client.delete(f"/api/v1/webhooks/{hook['id']}").raise_for_status()
    connection.hooked_at = now
    connection.save(update_fields=["hooked_at"])
    Sender.objects.filter(connection=connection).update(relations_at=None)


def _accounts(connection: Connection) -> set[str]:
    return {sender.provider_account for sender in _seated(connection)}


def _hooks(client: httpx2.Client) -> Sequence[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/webhooks?limit=250").raise_for_status().json()["items"]
    return found


def _address(connection: Connection, public_url: str) -> str:
    return f"{public_url}/hooks/unipile/{connection.hook}/"
