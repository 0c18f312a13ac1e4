"""Two database roles: one owns the tables, the other reads and writes rows and nothing else."""

import os
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql

WHAT_THE_RUNNING_ROLE_MUST_NOT = [
    "CREATE TABLE breach (id int)",
    "CREATE SCHEMA breach",
    "CREATE EXTENSION citext",
    "CREATE ROLE breach",
    "CREATE FUNCTION breach() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE django_session ADD COLUMN breach int",
    "ALTER TABLE django_session DISABLE TRIGGER ALL",
    "DROP TABLE django_session",
    "TRUNCATE django_session",
    "SET ROLE parley_migrate",
    "SET session_replication_role = replica",
]


def role_of(name: str) -> str:
    parts = urlsplit(os.environ[name])
    return dict(parse_qsl(parts.query)).get("user") or unquote(parts.username or "")


@pytest.fixture
def running(db: None) -> Iterator[psycopg.Connection]:
    """A connection of the role that runs, to the test database."""
    if role_of("DATABASE_URL") == role_of("MIGRATE_DATABASE_URL"):
        pytest.skip("DATABASE_URL brings a server with one role for both")
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"]) as opened:
        yield opened
        opened.rollback()


@pytest.mark.parametrize("statement", WHAT_THE_RUNNING_ROLE_MUST_NOT)
def test_the_running_role_changes_no_structure(running: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        running.execute(statement.encode())


def test_the_running_role_reads_and_writes_rows(running: psycopg.Connection) -> None:
    row = ("key", "data", "2026-11-02T08:00:00Z")
    running.execute("INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, %s)", row)
    running.execute("UPDATE django_session SET session_data = 'more'")
    assert running.execute("SELECT session_data FROM django_session").fetchall() == [("more",)]
    assert running.execute("DELETE FROM django_session").rowcount == 1


def test_the_running_role_can_use_every_table_and_sequence(running: psycopg.Connection) -> None:
    tables = running.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    ).fetchall()
    assert len(tables) > 10
    for (table,) in tables:
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            held = running.execute("SELECT has_table_privilege(%s, %s)", [table, right]).fetchone()
            assert held == (True,), f"no {right} on {table}"
    sequences = running.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S'").fetchall()
    for (sequence,) in sequences:
        running.execute(sql.SQL("SELECT nextval({})").format(sql.Literal(sequence)))


def test_neither_role_is_privileged(running: psycopg.Connection) -> None:
    rights = running.execute(
        "SELECT rolname, rolsuper, rolcreaterole, rolbypassrls, rolreplication FROM pg_roles"
        " WHERE rolname IN ('parley_migrate', 'parley_run') ORDER BY rolname"
    ).fetchall()
    assert rights == [("parley_migrate", False, False, False, False), ("parley_run", False, False, False, False)]
    may_create = running.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = 'parley_run'").fetchone()
    assert may_create == (False,)
