"""Loaded with `-p outreach.embedded.pytest_plugin`: a throw-away PostgreSQL for the run, and Debian's Chromium.

Django's settings load before any conftest and want DATABASE_URL, so the address is decided here, at load; the server
behind it starts when the first test asks for a database, so that tests without one never wait for it. Under xdist the
controller starts it before the workers, which inherit its address. A DATABASE_URL of the caller's own is used as it is;
its role must be allowed to create databases.

Tests connect as `parley_migrate`, which may create the test database; `parley_run` has its production rights there too.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.embedded import Refusal, postgres
from outreach.embedded.valkey import Broker
from outreach.embedded.valkey import stop as stop_valkey


class ThrowAway:
    """The PostgreSQL of this run: a folder from the start, a server from its first use, nothing afterwards."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
        self.owner = os.getpid()
        self.server: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)
        try:
            self.cluster = postgres.Cluster.at(self.folder / "postgres", self.folder, postgres.THROW_AWAY)
        except Refusal as refusal:
            raise pytest.UsageError(str(refusal)) from None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.server is not None:
            return
        began = time.monotonic()
        try:
            self.cluster.make()
            self.server = self.cluster.start()
            self.cluster.await_ready(self.server)
            self.cluster.prepare(may_create_databases=True)
        except Refusal as refusal:
            pytest.exit(str(refusal), returncode=pytest.ExitCode.USAGE_ERROR)
        print(f"[throw-away PostgreSQL up in {time.monotonic() - began:.1f} s]", file=sys.stderr)

    def stop(self) -> None:
        """Stop it and remove the folder. Does nothing in a forked child."""
        if os.getpid() != self.owner:
            return
        if self.server is not None:
            self.server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            postgres.stop(self.server)
            self.server = None
        shutil.rmtree(self.folder, ignore_errors=True)


def _choose_database() -> ThrowAway | None:
    os.environ["PARLEY_ENV"] = "test"
    os.environ["PARLEY_ROLE"] = "migrate"
    os.environ["DATABASE_POOL"] = "0"
    if os.environ.get("DATABASE_URL"):
        return None  # the caller's own server, or the one of the xdist controller
    database = ThrowAway()
    os.environ["DATABASE_URL"] = database.cluster.url(postgres.RUN)
    os.environ["MIGRATE_DATABASE_URL"] = database.cluster.url(postgres.MIGRATE)
    return database


throw_away = _choose_database()


def pytest_configure(config: pytest.Config) -> None:
    # Registered this late its fixtures win over pytest-playwright's, whose plugin loads after ours.
    config.pluginmanager.import_plugin("outreach.embedded.chromium")
    controls_workers = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if throw_away is not None and controls_workers and not config.option.collectonly:
        throw_away.start()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> None:
    """Every way of pytest-django to a database goes through this fixture."""
    if fixturedef.argname == "django_db_setup" and throw_away is not None:
        throw_away.start()


@pytest.fixture(scope="session")
def database_server() -> None:
    """A running database server behind DATABASE_URL and MIGRATE_DATABASE_URL, for tests that connect by themselves."""
    if throw_away is not None:
        throw_away.start()


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """The BROKER_URL of a throw-away Valkey of this process."""
    folder = Path(tempfile.mkdtemp(prefix="parley-valkey-"))
    try:
        broker = Broker(folder / "data", folder)
        server = broker.start()
        try:
            broker.await_ready(server)
            yield broker.url
        finally:
            stop_valkey(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
