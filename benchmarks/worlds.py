"""Workspaces to measure in: Tidewell founded by the product's own verbs, and many rows of one kind at once by SQL."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, models
from django_scopes import scope

from accounts.models import Connection, Member, Sender, SenderTurn, Workspace
from campaigns.building import sample, seats
from campaigns.building.seats import SeatPlan
from campaigns.models import Allowance, Lane
from campaigns.running.database import rows
from outreach import clock
from outreach.embedded.postgres import SUPERUSER

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


def clone_sender(of: Sender, count: int, label: str = "clone") -> list[int]:
    """So many more senders like this one, with turns, lanes and allowances but without credits: their ids."""
    made = rows(
        f"INSERT INTO accounts_sender ({_names(Sender)}) "
        f"SELECT {_names(Sender, name='%(name)s || g', provider_account='%(account)s || g')} "
        "FROM accounts_sender o, generate_series(1, %(count)s) g WHERE o.id = %(of)s RETURNING id",
        {"name": f"{label} ", "account": f"{label}-", "count": count, "of": of.pk},
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
def as_migrate(database: str = "") -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role that may make tables, each statement its own transaction."""
    parts = urlsplit(os.environ["MIGRATE_DATABASE_URL"])
    address = urlunsplit(parts._replace(path=f"/{database}") if database else parts)
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


@contextmanager
def inside(database: str) -> Iterator[None]:
    """Whatever is asked meanwhile, is asked of this database: worlds of different size take turns."""
    before = {name: os.environ[name] for name in ("DATABASE_URL", "MIGRATE_DATABASE_URL")}
    outer = connections[DEFAULT_DB_ALIAS]
    settings = {**outer.settings_dict, "NAME": database}
    settings["OPTIONS"] = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    inner = _opened.setdefault(database, type(outer)(settings, DEFAULT_DB_ALIAS))
    for name, address in before.items():
        os.environ[name] = urlunsplit(urlsplit(address)._replace(path=f"/{database}"))
    connections[DEFAULT_DB_ALIAS] = inner
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = outer
        os.environ.update(before)


_opened: dict[str, Any] = {}
"""Connections to databases beside ours: a session keeps what it has prepared."""


def copies(*labels: str) -> list[str]:
    """So many copies of this database, before anything is in it: their names. They go with the server."""
    ours = urlsplit(os.environ["MIGRATE_DATABASE_URL"]).path.lstrip("/")
    names = [f"{ours}_{label}" for label in labels]
    connections.close_all()
    with as_migrate("postgres") as server:
        for name in names:
            server.execute(f"CREATE DATABASE {name} TEMPLATE {ours}")
    return names


def blanks(labels: Sequence[str]) -> list[str]:
    """A new database with nothing in it for each label: their addresses. They go with the server."""
    parts = urlsplit(os.environ["MIGRATE_DATABASE_URL"])
    names = [f"{parts.path.lstrip('/')}_{label}" for label in labels]
    with as_migrate("postgres") as server:
        for name in names:
            server.execute(f"CREATE DATABASE {name}")
    return [urlunsplit(parts._replace(path=f"/{name}")) for name in names]


@contextmanager
def as_superuser() -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role that may write without asking constraints: to fill tables only."""
    parts = urlsplit(os.environ["MIGRATE_DATABASE_URL"])
    with psycopg.connect(urlunsplit(parts._replace(netloc=f"{SUPERUSER}@")), autocommit=True) as connection:
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
