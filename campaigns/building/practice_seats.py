"""Practice senders: a seat of one's own at the simulator, to try everything out without anybody outside being reached.

Each workspace has one connection to the simulator. The seat's id there follows from the connection's secret address and
the sender's name, so that two workspaces never share a seat and doing it twice is doing it once.
"""

import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django_scopes import scope

from accounts import rights
from accounts.models import Connection, Member, Sender, Workspace
from campaigns.building import practice, seats
from campaigns.building.seats import BadSender, SeatPlan


class NoSimulator(Exception):
    """There is no simulator to practise at. The message is one sentence."""


def available() -> bool:
    """Whether this installation has a simulator at all."""
    return bool(settings.SIMULATOR_URL and settings.SIMULATOR_API_KEY)


def add(
    workspace: Workspace,
    owner: Member,
    plan: str,
    name: str,
    zone: str,
    *,
    hours: dict[str, Any] | None = None,
    spread: bool = True,
    by: Member,
    now: datetime,
) -> Sender:
    """A practice sender of `owner` on the plan with this code, with its seat at the simulator.

    The same name for the same owner again is the same sender, and gives a lost seat back. Everybody who may build can
    add one of their own, an admin one of anybody's. Raises NotAllowed, BadSender, NoSimulator, and OutOfReach when the
    simulator does not answer; nothing is then left behind.
    """
    rights.require(by, rights.Verb.BUILD if owner.pk == by.pk else rights.Verb.GOVERN)
    if not available():
        raise NoSimulator("There is no simulator here: add a guided sender instead, or start Parley with ./dev up.")
    practice.reach(settings.SIMULATOR_URL)
    with scope(workspace=workspace), transaction.atomic():
        connection = _connection(by, now)
        sender = _again(name, owner, connection)
        if sender is None:
            seats.check(plan, zone, hours)
            name = seats.free_name(name, by=by)
            account = _account(connection, name)
            seat = SeatPlan(name, plan, zone, account, f"ACoAA-{account}", hours, spread, anchor_day=min(now.day, 28))
            sender = seats.set_up(seat, owner=owner, connection=connection, by=by, now=now)
        # Inside the transaction on purpose: without its seat there must be no sender, and only its own rows are locked.
        practice.tend(connection, base_url=settings.SIMULATOR_URL, public_url=settings.PUBLIC_URL, now=now)
    return sender


def _connection(by: Member, now: datetime) -> Connection:
    """The workspace's one connection to the simulator, wherever that answered last time."""
    Workspace.objects.select_for_update(no_key=True).get(pk=by.workspace_id)
    known = Connection.objects.filter(vendor=practice.VENDOR).order_by("pk").first()
    return known or seats.connect(
        vendor=practice.VENDOR,
        base_url=settings.SIMULATOR_URL,
        api_key=settings.SIMULATOR_API_KEY,
        by=by,
        now=now,
    )


def _again(name: str, owner: Member, connection: Connection) -> Sender | None:
    """The practice sender that this owner added under this name before. Raises BadSender for a name that is taken."""
    known = Sender.objects.filter(name__iexact=" ".join(name.split())).exclude(state="archived").first()
    if known is not None and (known.connection_id, known.owner_id) != (connection.pk, owner.pk):
        raise BadSender("name", "Another sender has this name: choose one that tells them apart.")
    return known


def _account(connection: Connection, name: str) -> str:
    digest = hashlib.sha256(f"{connection.hook}:{name.casefold()}".encode()).hexdigest()
    return f"practice-{digest[:16]}"
