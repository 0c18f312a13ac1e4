"""Workspaces to measure in: Tidewell founded by the product's own verbs, and many rows of one kind at once by SQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import models
from django_scopes import scope

from accounts.models import Connection, Member, Sender, SenderTurn, Workspace
from campaigns.building import sample, seats
from campaigns.building.seats import SeatPlan
from campaigns.models import Allowance, Lane
from campaigns.running.database import rows
from outreach import clock

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
"""A Monday."""
ALWAYS: dict[str, Any] = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True, slots=True)
class World:
    """Tidewell with some senders that act around the clock. `now`: when it was founded."""

    workspace: Workspace
    connection: Connection
    alice: Member
    mara: Member
    bob: Member
    senders: list[Sender]
    now: datetime


def found(senders: int, *, simulator: str = "http://127.0.0.1:9", key: str = "key", now: datetime = START) -> World:
    """Everything by the product's own verbs."""
    workspace = sample.found(now=now, password=None)
    with scope(workspace=workspace):
        alice, mara, bob = (Member.objects.get(user__email=sample.email(name)) for name in ("alice", "mara", "bob"))
        connection = seats.connect(vendor="simulator", base_url=simulator, api_key=key, by=alice, now=now)
        made = [
            seats.set_up(seat(n), owner=bob, connection=connection, by=alice, now=now) for n in range(1, senders + 1)
        ]
    return World(workspace, connection, alice, mara, bob, made, now)


def seat(n: int) -> SeatPlan:
    """The n-th sender: an established Sales Navigator seat without spreading, held back by caps and gaps only."""
    return SeatPlan(
        name=f"Sender {n}",
        plan="sales-navigator-core",
        zone="UTC",
        account=f"seat-{n}",
        provider_id=f"ACoAA-seat-{n}",
        hours=ALWAYS,
        spread=False,
    )


def clone_sender(of: Sender, count: int) -> list[int]:
    """So many more senders like this one, with turns, lanes and allowances but without credits: their ids."""
    made = rows(
        f"INSERT INTO accounts_sender ({_names(Sender)}) "
        f"SELECT {_names(Sender, name='%(name)s || g', provider_account='%(account)s || g')} "
        "FROM accounts_sender o, generate_series(1, %(count)s) g WHERE o.id = %(of)s RETURNING id",
        {"name": "Clone ", "account": "clone-", "count": count, "of": of.pk},
    )
    ids = [sender["id"] for sender in made]
    for model in (SenderTurn, Allowance, Lane):
        table = model._meta.db_table
        rows(
            f"INSERT INTO {table} ({_names(model)}) SELECT {_names(model, sender_id='n.id')} "
            f"FROM {table} o, unnest(%s::bigint[]) n(id) WHERE o.sender_id = %s",
            (ids, of.pk),
        )
    return ids


def _names(model: type[models.Model], **instead: str) -> str:
    """The columns of a table but for its id; with another expression for some, then those of row `o`."""
    columns = [
        field.column
        for field in model._meta.concrete_fields
        if not field.primary_key and not isinstance(field, models.GeneratedField)
    ]
    if not instead:
        return ", ".join(f'"{column}"' for column in columns)
    return ", ".join(instead.get(str(column), f'o."{column}"') for column in columns)


def people(workspace: int, count: int, label: str) -> list[int]:
    """So many prospects without a story: their ids."""
    return [
        found["id"]
        for found in rows(
            "INSERT INTO prospects_prospect (workspace_id, first_name, last_name, title, slug, member_id, "
            "email, phone, location, "
            "seniority, tier, custom, facts_version, created_at) SELECT %(workspace)s, 'Ada', 'No ' || g, 'Head "
            "of Things', "
            "%(label)s || g, '', '', '', '', 'director', 1, '{}', 1, %(now)s FROM generate_series(1, %(count)s) "
            "g RETURNING id",
            {"workspace": workspace, "label": f"{label}-", "count": count, "now": START},
        )
    ]


@contextmanager
def as_migrate() -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role that may make tables, each statement its own transaction."""
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as connection:
        yield connection


def make_table(statement: str, name: str) -> None:
    """A table beside ours that the running role may use."""
    role = urlsplit(os.environ["DATABASE_URL"]).username
    with as_migrate() as connection:
        connection.execute(statement)
        connection.execute(f'GRANT ALL ON {name} TO "{role}"')


def settle() -> None:
    """Statistics as they are after a while, and no checkpoint in the middle of a measurement."""
    with as_migrate() as connection:
        connection.execute("VACUUM ANALYZE")


def bare() -> psycopg.Connection[Any]:
    """A plain connection as the product's role: what the bounds use."""
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0)


def turn_to(at: datetime) -> None:
    clock.turn_to(at)
