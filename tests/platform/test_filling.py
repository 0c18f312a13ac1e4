"""What the sample workspace leaves in its own database is taken over whole or not at all; nobody else is touched."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps

from outreach.embedded import Refusal, filling, places, postgres
from outreach.embedded.filling import RESERVED, WITHOUT_WORKSPACE, Filling
from outreach.embedded.throw_away import ThrowAway
from tests.platform.checkouts import ROOT

OF_NO_WORKSPACE = {
    "account_emailconfirmation",  # allauth's own, unused: ours are signed links
    "accounts_attempt",  # limits on guessing, of the door
    "accounts_sample",  # how far the sample is
    "accounts_virtualclock",  # of the time-lapse alone
    "usersessions_usersession",  # nobody signs in to the past
}
DJANGOS = ("auth_", "django_")


def test_every_table_is_of_a_workspace_or_known_not_to_be() -> None:
    others = set()
    for model in apps.get_models(include_auto_created=True):
        of_workspace = any(field.column == "workspace_id" for field in model._meta.concrete_fields)
        if not of_workspace:
            others.add(model._meta.db_table)
    ours = {table for table in others if not table.startswith(DJANGOS)}
    assert ours == {*WITHOUT_WORKSPACE, *OF_NO_WORKSPACE}


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    """A server of its own with the tables of Parley, empty."""
    servers = ThrowAway()
    servers.start()
    env = {"PATH": "/usr/bin:/bin", "PARLEY_ENV": "development", "PARLEY_ROLE": "migrate", **servers.environment}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=env, check=True)
    yield servers.cluster
    servers.stop()


@pytest.fixture
def sample(cluster: postgres.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Filling]:
    """A filling that has not begun, with its folders elsewhere."""
    monkeypatch.setattr(places, "VAR", tmp_path)
    monkeypatch.setattr(filling, "STATE", tmp_path / "simulator-sample")
    with cluster.connect(postgres.SUPERUSER) as live:
        live.execute("TRUNCATE accounts_sample, accounts_workspace, accounts_user RESTART IDENTITY CASCADE")
    made = Filling(cluster, "http://127.0.0.1:1")
    yield made
    made.leave()


def found(cluster: postgres.Cluster, name: str, database: str = postgres.DATABASE) -> int:
    """A workspace with one member there; its id."""
    with cluster.connect(postgres.SUPERUSER, database) as there, there.transaction():
        (user,) = there.execute(
            "INSERT INTO accounts_user (password, email, name, is_active, zone, epoch) "
            "VALUES ('', %s, %s, true, 'UTC', 0) RETURNING id",
            [f"{name}@example.com", name],
        ).fetchone() or [0]
        (workspace,) = there.execute(
            "INSERT INTO accounts_workspace (name, slug, created_at, sample) VALUES (%s, %s, now(), false) "
            "RETURNING id",
            [name, name],
        ).fetchone() or [0]
        there.execute(
            "INSERT INTO accounts_member (workspace_id, user_id, role, joined_at) VALUES (%s, %s, 'admin', now())",
            [workspace, user],
        )
    return int(str(workspace))


def slugs(cluster: postgres.Cluster, database: str = postgres.DATABASE) -> list[Any]:
    with cluster.connect(postgres.SUPERUSER, database) as there:
        return there.execute("SELECT slug FROM accounts_workspace ORDER BY id").fetchall()


def databases(cluster: postgres.Cluster) -> set[Any]:
    with cluster.connect(postgres.SUPERUSER, "postgres") as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database").fetchall()}


@pytest.mark.slow
def test_what_was_played_comes_beside_whoever_signed_up_meanwhile(cluster: postgres.Cluster, sample: Filling) -> None:
    assert sample.is_wanted()
    sample.prepare()
    newcomer = found(cluster, "nordlys")
    played = found(cluster, "tidewell", filling.DATABASE)
    assert played < RESERVED < newcomer, "their ids never meet"
    assert slugs(cluster) == [("nordlys",)], "nothing of it is there before all of it is"
    sample.require_fit()
    sample.take_over()
    assert slugs(cluster) == [("tidewell",), ("nordlys",)]
    assert filling.DATABASE not in databases(cluster) and not sample.is_wanted()
    with cluster.connect(postgres.RUN) as live:
        assert live.execute("SELECT state, percent FROM accounts_sample").fetchall() == [("done", 100)]
        assert live.execute("SELECT workspace_id FROM accounts_member ORDER BY id").fetchall() == [
            (played,),
            (newcomer,),
        ]


@pytest.mark.slow
def test_an_interrupted_one_begins_anew_without_those_who_signed_up(cluster: postgres.Cluster, sample: Filling) -> None:
    sample.prepare()
    found(cluster, "tidewell", filling.DATABASE)
    found(cluster, "nordlys")
    assert sample.is_wanted()
    sample.prepare()
    assert slugs(cluster, filling.DATABASE) == []
    assert found(cluster, "tidewell", filling.DATABASE) == 1
    sample.take_over()
    assert slugs(cluster) == [("tidewell",), ("nordlys",)]


@pytest.mark.slow
def test_what_does_not_fit_leaves_nothing(cluster: postgres.Cluster, sample: Filling) -> None:
    sample.prepare()
    found(cluster, "tidewell")
    found(cluster, "otherside", filling.DATABASE)
    found(cluster, "tidewell", filling.DATABASE)
    with pytest.raises(Refusal, match=r"tidewell, tidewell@example\.com is there already"):
        sample.require_fit()
    with pytest.raises(psycopg.errors.UniqueViolation):
        sample.take_over()
    assert slugs(cluster) == [("tidewell",)]
    sample.give_up()
    assert filling.DATABASE not in databases(cluster) and not sample.is_wanted()


@pytest.mark.slow
def test_a_start_that_fills_nothing_forgets_what_an_interrupted_one_left(
    cluster: postgres.Cluster, sample: Filling
) -> None:
    sample.prepare()
    filling.STATE.mkdir()
    sample.leave()
    assert filling.DATABASE not in databases(cluster) and not filling.STATE.exists()
    with cluster.connect(postgres.RUN) as live:
        assert live.execute("SELECT count(*) FROM accounts_sample").fetchall() == [(0,)]
    assert sample.is_wanted(), "the next one may fill it"
