"""Setting up senders: seat, plan, allowances, lanes, turn and credits, so that they can act."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import history, ledger, rights
from accounts.models import Connection, Member, Plan, Sender, SenderTurn
from campaigns.models import Enrollment
from campaigns.running import allowances
from outreach.engine.windows import dump_hours, parse_hours

OFFICE: dict[str, Any] = {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}


NotAllowed = rights.NotAllowed

HELD_SHARE = 5
"""One credit in five of the first grant is held for tier 3; a manager moves the line."""


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """How a sender is to be set up. `account` and `provider_id` name the seat at the vendor; hours None = office
    hours."""

    name: str
    plan: str
    zone: str
    account: str = ""
    provider_id: str = ""
    hours: dict[str, Any] | None = None
    spread: bool = True
    anchor_day: int = 1


@transaction.atomic
def connect(*, vendor: str, base_url: str, api_key: str, by: Member, now: datetime) -> Connection:
    """A workspace's connection to a vendor, with a webhook address and secret of its own. Doing it twice is doing
    it once."""
    connection, made = Connection.objects.get_or_create(
        workspace_id=by.workspace_id,
        vendor=vendor,
        base_url=base_url,
        defaults={"api_key": api_key, "hook": secrets.token_urlsafe(32), "hook_secret": secrets.token_urlsafe(32)},
    )
    if made:
        history.note(connection, "connected", by=by, now=now, vendor=vendor)
    return connection


@transaction.atomic
def pause(sender: Sender, *, by: Member, now: datetime, why: str = "") -> bool:
    """From the commit on, nothing of this sender passes the gate."""
    rights.require(by, rights.Verb.STEER, owner=sender.owner_id)
    paused = Sender.objects.filter(pk=sender.pk, state__in=("active", "resting")).update(
        state="paused", state_reason=why or f"Paused by {by}."
    )
    if paused:
        history.note(sender, "paused", by=by, now=now, why=why)
    return bool(paused)


@transaction.atomic
def resume(sender: Sender, *, by: Member, now: datetime) -> bool:
    """A person lets the sender act again, also one that the provider restricted: whoever waited for it is decided
    again."""
    rights.require(by, rights.Verb.STEER, owner=sender.owner_id)
    resumed = Sender.objects.filter(pk=sender.pk, state__in=("paused", "frozen", "disconnected")).update(
        state="active", state_reason=""
    )
    if resumed:
        Enrollment.objects.filter(
            sender=sender, state="active", cause__in=("paused_sender", "frozen", "disconnected")
        ).update(decide_at=now)
        history.note(sender, "resumed", by=by, now=now, was=sender.state)
    return bool(resumed)


@transaction.atomic
def set_up(seat: SeatPlan, *, owner: Member, connection: Connection | None, by: Member, now: datetime) -> Sender:
    """A sender that can act at once: guided without a connection, automatic with one (the consent is `by`'s, on
    record)."""
    hours = parse_hours(seat.hours or OFFICE, zone=seat.zone)
    sender, made = Sender.objects.get_or_create(
        workspace_id=owner.workspace_id,
        name=seat.name,
        defaults={
            "owner": owner,
            "plan": Plan.objects.get(code=seat.plan),
            "zone": seat.zone,
            "hours": {day: spans for day, spans in dump_hours(hours).items() if day not in ("zone", "days_off")},
            "state": "active",
            "connector": connection.vendor if connection else "guided",
            "connection": connection,
            "provider_account": seat.account,
            "provider_id": seat.provider_id,
            "consent_by": by if connection else None,
            "consent_at": now if connection else None,
            "spread": seat.spread,
            "anchor_day": seat.anchor_day,
            "created_at": now,
        },
    )
    if made:
        SenderTurn.objects.create(workspace_id=owner.workspace_id, sender=sender)
        allowances.set_up(sender, now=now)
        balance = ledger.open_balance(sender, now=now, by=by)
        if balance is not None:
            ledger.hold_credits(balance, balance.available // HELD_SHARE, by=by, now=now)
        allowances.refresh([sender.pk], now=now)
        history.note(sender, "set_up", by=by, now=now, connector=sender.connector, plan=seat.plan)
    return sender
