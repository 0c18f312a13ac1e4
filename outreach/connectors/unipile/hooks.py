"""The vendor's webhooks: what we order, and how a delivery shows that it is one of ours.

This generation of the API signs nothing. So each delivery carries a long random value of ours in a header, compared in
constant time; the address it goes to should be unguessable as well.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from outreach.connectors.unipile import shapes

HEADER = "Unipile-Auth"
EVENTS: dict[str, tuple[str, ...]] = {
    "messaging": ("message_received", "message_reaction", "message_read"),
    "users": ("new_relation",),
    "account_status": (),
}


def orders(url: str, secret: str, account_ids: Iterable[str] | None) -> list[dict[str, Any]]:
    """One order for each source. Without ids all present and future accounts of the key are meant."""
    chosen = None if account_ids is None else list(account_ids)
    made = []
    for source, events in EVENTS.items():
        order: dict[str, Any] = {
            "request_url": url,
            "source": source,
            "name": f"parley {source}",
            "format": "json",
            "enabled": True,
            # Unless told so, the vendor sends no content type at all.
            "headers": [{"key": HEADER, "value": secret}, {"key": "Content-Type", "value": "application/json"}],
        }
        if events:
            order["events"] = list(events)
        if chosen is not None:
            order["account_ids"] = chosen
        made.append(order)
    return made


def hooked(body: shapes.Body) -> tuple[str, str] | None:
    """Id and address of a listed webhook."""
    hook_id = shapes.ident(body.get("id"))
    return (hook_id, shapes.text(body.get("request_url"))) if hook_id else None


def authentic(headers: Mapping[str, str], secrets: Iterable[str]) -> bool:
    """Whether the delivery carries one of these secrets (two are valid while one replaces the other)."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER.lower()), "").encode()
    matches = [hmac.compare_digest(given, secret.encode()) for secret in secrets if secret]
    return any(matches)
