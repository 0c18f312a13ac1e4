"""The practice seats of a workspace at the simulator: planted, hooked up, and told whom our people know.

Everything here may be done again at any time: what is there stays, what the simulator has lost comes back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

import httpx2
from django.conf import settings
from django.db import connection as database

from accounts.models import Connection, CreditBalance, Sender
from campaigns.building import sample
from campaigns.running.database import rows

VENDOR = "simulator"
PEOPLE = 1000
SEED = 7
AT_ONCE = 500
HOOK_SOURCES = 3
"""Webhooks of one address: messages, new relations, account status."""


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
            planted, linked = _plant(client, connection)
            if planted:
                _forget_chats(connection)
            unfamiliar = [known["prospect_id"] for known in rows(_UNFAMILIAR, (connection.pk, planted))]
            introduced = _introduce(client, connection, unfamiliar)
            hooked = not _is_hooked(client, connection, public_url)
            if hooked:
                _hook(client, connection, public_url, now)
    except httpx2.HTTPError as problem:
        raise OutOfReach(_words(base_url, problem)) from problem
    return Tended(planted, linked, hooked, introduced)


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


def _words(base_url: str, problem: httpx2.HTTPError) -> str:
    if isinstance(problem, httpx2.HTTPStatusError):
        return f"The simulator at {base_url} answered {problem.response.status_code}: look at its log."
    return f"The simulator at {base_url} does not answer: start Parley with ./dev up and try again."


def _client(connection: Connection) -> httpx2.Client:
    return httpx2.Client(
        base_url=connection.base_url,
        headers={"X-API-KEY": connection.api_key},
        timeout=settings.HTTP_TIMEOUT_S,
        trust_env=False,
    )


def _plant(client: httpx2.Client, connection: Connection) -> tuple[bool, int]:
    """Fill an empty simulator; give one that has people the seats it lacks. (planted, seats linked)."""
    state = client.get("/sim/state").raise_for_status().json()
    seats = [seat for seat in sample.SEATS if _sender(connection, seat) is not None]
    missing = [seat for seat in seats if seat.seat.account not in state["accounts"]]
    if not state["people"] and not state["accounts"]:
        order = sample.simulator_seed(SEED, PEOPLE, seats, options={"newcomers": True})
        order["accounts"] = [_with_credits(account, connection) for account in order["accounts"]]
        client.post("/sim/seed", json=order).raise_for_status()
        return True, len(seats)
    if not state["options"]["newcomers"]:
        client.post("/sim/options", json={"newcomers": True}).raise_for_status()
    for account in sample.simulator_seed(SEED, 0, missing)["accounts"]:
        client.post("/sim/accounts", json=_with_credits(account, connection)).raise_for_status()
    return False, len(missing)


def _sender(connection: Connection, seat: sample.SampleSeat) -> Sender | None:
    return Sender.objects.filter(connection=connection, provider_account=seat.seat.account).first()


def _with_credits(account: dict[str, Any], connection: Connection) -> dict[str, Any]:
    """The order of a seat whose InMail credits are those of our ledger, so that both sides agree from the start."""
    balance = CreditBalance.objects.filter(
        sender__connection=connection, sender__provider_account=account["id"], cap__gt=0
    ).first()
    return account if balance is None else account | {"credits": balance.available + balance.reserved}


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
    address = _address(connection, public_url)
    return len([hook for hook in _hooks(client) if hook["request_url"] == address]) >= HOOK_SOURCES


def _hook(client: httpx2.Client, connection: Connection, public_url: str, now: datetime) -> None:
    """Hook up this address and nothing else of this connection; what was told to nobody meanwhile is fetched soon."""
    sample.hook(connection, public_url, now=now)
    path = _address(connection, "")
    for hook in _hooks(client):
        if hook["request_url"].endswith(path) and hook["request_url"] != _address(connection, public_url):
            client.delete(f"/api/v1/webhooks/{hook['id']}").raise_for_status()
    Sender.objects.filter(connection=connection).update(relations_at=None)


def _hooks(client: httpx2.Client) -> Sequence[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/webhooks?limit=250").raise_for_status().json()["items"]
    return found


def _address(connection: Connection, public_url: str) -> str:
    return f"{public_url}/hooks/unipile/{connection.hook}/"
