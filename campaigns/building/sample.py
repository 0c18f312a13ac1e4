"""The sample workspace Tidewell: its people, and senders whose practice seats are in the simulator. And Otherside, the
workspace of somebody who must see nothing of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
from django.db import transaction
from django_scopes import scope, scopes_disabled

from accounts import workspaces
from accounts.models import Connection, Member, Role, Sender, User, Workspace
from campaigns.building import seats
from campaigns.building.seats import SeatPlan
from outreach.connectors import registry
from outreach.connectors.base import Seat

PEOPLE = (
    ("Alice Lindqvist", Role.ADMIN),
    ("Mara Okonkwo", Role.MANAGER),
    ("Bob Moreau", Role.SDR),
    ("Priya Raman", Role.SDR),
    ("Vera Novak", Role.VIEWER),
)
NEIGHBOUR = "charlie@otherside.example"
ALWAYS: dict[str, Any] = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True, slots=True)
class SampleSeat:
    """A sender of the sample and its practice seat. `simulator_plan`: the simulator's word for the plan."""

    owner: str
    seat: SeatPlan
    simulator_plan: str


SEATS = (
    SampleSeat(
        "bob",
        SeatPlan("Bob Moreau", "business", "Europe/Paris", "seat-bob", "ACoAA-seat-bob", anchor_day=9),
        "business",
    ),
    SampleSeat(
        "priya",
        SeatPlan(
            "Priya Raman",
            "sales-navigator-core",
            "Asia/Kolkata",
            "seat-priya",
            "ACoAA-seat-priya",
            hours=ALWAYS,
            spread=False,
        ),
        "sn_core",
    ),
    SampleSeat(
        "alice",
        SeatPlan("Alice Lindqvist", "sales-navigator-core", "Europe/Stockholm", "seat-alice", "ACoAA-seat-alice"),
        "sn_core",
    ),
    SampleSeat("mara", SeatPlan("Mara Okonkwo", "free", "America/New_York", "seat-mara", "ACoAA-seat-mara"), "free"),
    SampleSeat(
        "vera",
        SeatPlan("Vera Novak (second seat)", "career", "Europe/Prague", "seat-vera", "ACoAA-seat-vera", anchor_day=20),
        "career",
    ),
)


def email(name: str) -> str:
    return f"{name}@tidewell.example"


@transaction.atomic
def found(*, now: datetime, password: str | None) -> Workspace:
    """The workspace with its five people. They sign in with `password`; None = not at all."""
    users = {}
    for name, _ in PEOPLE:
        first = name.split()[0].lower()
        users[first] = User.objects.create_user(email(first), password, name=name)
    workspace = workspaces.found("Tidewell", users["alice"], now=now, sample=True)
    with scope(workspace=workspace):
        alice = Member.objects.get(user=users["alice"])
        for name, role in PEOPLE[1:]:
            workspaces.join(workspace, users[name.split()[0].lower()], role, by=alice, now=now)
    return workspace


@transaction.atomic
def found_neighbour(*, now: datetime, password: str | None) -> Workspace:
    """The workspace Otherside, of Charlie alone."""
    charlie = User.objects.create_user(NEIGHBOUR, password, name="Charlie Dupont")
    return workspaces.found("Otherside", charlie, now=now, sample=True)


@transaction.atomic
def seat_all(
    workspace: Workspace, *, base_url: str, api_key: str, now: datetime, samples: Sequence[SampleSeat] = SEATS
) -> tuple[Connection, list[Sender]]:
    """The senders with their practice seats at this simulator."""
    with scope(workspace=workspace):
        alice = Member.objects.get(user__email=email("alice"))
        connection = seats.connect(vendor="simulator", base_url=base_url, api_key=api_key, by=alice, now=now)
        senders = [
            seats.set_up(
                sample.seat,
                owner=Member.objects.get(user__email=email(sample.owner)),
                connection=connection,
                by=alice,
                now=now,
            )
            for sample in samples
        ]
    return connection, senders


def simulator_seed(seed: int, people: int, samples: Sequence[SampleSeat] = SEATS, **more: Any) -> dict[str, Any]:
    """What the simulator is to hold for these seats."""
    return {
        "seed": seed,
        "people": people,
        "accounts": [
            {
                "id": sample.seat.account,
                "name": sample.seat.name,
                "plan": sample.simulator_plan,
                "provider_id": sample.seat.provider_id,
                "billing_day": sample.seat.anchor_day,
            }
            for sample in samples
        ],
        **more,
    }


def hook(connection: Connection, public_url: str, *, now: datetime) -> None:
    """Have the simulator deliver its events to us. Raises ConnectorError when it cannot be reached."""
    seat = Seat(base_url=connection.base_url, api_key=connection.api_key, account="none")
    registry.connect(connection.vendor, seat).hook(
        f"{public_url}/hooks/unipile/{connection.hook}/", connection.hook_secret
    )
    with scopes_disabled():
        Connection.objects.filter(pk=connection.pk).update(hooked_at=now)


def plant(base_url: str, seed: dict[str, Any], *, anew: bool) -> bool:
    """Give the simulator its people and seats, unless it has some and `anew` is false. Whether it was done."""
    with httpx2.Client(base_url=base_url, timeout=60) as client:
        state = client.get("/sim/state").raise_for_status().json()
        if state["people"] and not anew:
            return False
        client.post("/sim/seed", json=seed).raise_for_status()
    return True
