"""Loaded with `-p outreach.embedded.pytest_plugin`: a throw-away PostgreSQL for the run, and Debian's Chromium.

Django's settings load before any conftest and want DATABASE_URL, so the address is decided here, at load; the server
behind it starts when the first test asks for a database, so that tests without one never wait for it. Under xdist the
controller starts it before the workers, which inherit its address. A DATABASE_URL of the caller's own is used as it is;
its role must be allowed to create databases, and to set deadlock_timeout.

Tests connect as `parley_migrate`, which may create the test database; `parley_run` has its production rights there too.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.embedded import Refusal
from outreach.embedded.throw_away import ThrowAway
from outreach.embedded.valkey import Broker
from outreach.embedded.valkey import stop as stop_valkey


def _choose_database() -> ThrowAway | None:
    os.environ["PARLEY_ENV"] = "test"
    os.environ["PARLEY_ROLE"] = "migrate"
    os.environ["DATABASE_POOL"] = "0"
    if os.environ.get("DATABASE_URL"):
        return None  # the caller's own server, or the one of the xdist controller
    try:
        database = ThrowAway()
    except Refusal as refusal:
        raise pytest.UsageError(str(refusal)) from None
    os.environ.update(database.environment)
    return database


throw_away = _choose_database()


started_in_s: float | None = None


def start_database() -> None:
    """Start the throw-away server unless it runs, or the caller brought one."""
    global started_in_s
    began = time.monotonic()
    try:
        if throw_away is not None and throw_away.start():
            started_in_s = time.monotonic() - began
    except Refusal as refusal:
        pytest.exit(str(refusal), returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether a database was needed, and what it cost."""
    if started_in_s is not None:
        terminalreporter.write_line(f"throw-away PostgreSQL up in {started_in_s:.1f} s")


def pytest_configure(config: pytest.Config) -> None:
    # Registered this late its fixtures win over pytest-playwright's, whose plugin loads after ours.
    config.pluginmanager.import_plugin("outreach.embedded.chromium")
    controls_workers = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if controls_workers and not config.option.collectonly:
        start_database()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> None:
    """Every way of pytest-django to a database goes through this fixture."""
    if fixturedef.argname == "django_db_setup":
        start_database()


@pytest.fixture(scope="session")
def database_server() -> None:
    """A running database server behind DATABASE_URL and MIGRATE_DATABASE_URL, for tests that connect by themselves."""
    start_database()


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
