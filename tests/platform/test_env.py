"""The reader of the environment fails loudly and names the variable."""

import subprocess
import sys

import pytest

from outreach.env import VARIABLES, BadSetting, Environment
from tests.platform.checkouts import ROOT, Checkout

PRODUCTION = {"PARLEY_ENV": "production"}
REQUIRED = sorted(name for name, variable in VARIABLES.items() if variable.default is None)


def test_production_is_the_default() -> None:
    assert Environment({}).name == "production"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_variable_is_named_with_its_meaning(name: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Environment(PRODUCTION).raw(name)
    assert str(refused.value) == f"{name} is not set: give {VARIABLES[name].meaning}."


@pytest.mark.parametrize("name", REQUIRED)
def test_development_needs_only_a_database(name: str) -> None:
    environment = Environment({"PARLEY_ENV": "development"})
    if name == "DATABASE_URL":
        with pytest.raises(BadSetting, match="DATABASE_URL is not set"):
            environment.raw(name)
    else:
        assert environment.raw(name)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("choice", "PARLEY_CLOCK", "sundial"),
        ("integer", "DATABASE_POOL", "many"),
        ("secret", "SECRET_KEY", "short"),
        ("url", "PUBLIC_URL", "parley.example.com"),
        ("broker", "BROKER_URL", "localhost:6379"),
        ("database", "DATABASE_URL", "mysql://parley@localhost/parley"),
        ("database", "DATABASE_URL", "postgresql://localhost"),
    ],
)
def test_a_bad_value_is_named(kind: str, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} is "):
        getattr(Environment(PRODUCTION | {name: value}), kind)(name)


def test_an_address_over_a_socket_is_read() -> None:
    read = Environment(PRODUCTION | {"DATABASE_URL": "postgresql://parley_run@/parley?host=%2Fvar%2Frun"})
    settings = read.database("DATABASE_URL")
    assert (settings["HOST"], settings["USER"], settings["NAME"]) == ("/var/run", "parley_run", "parley")


def test_a_password_with_signs_in_it_is_read() -> None:
    read = Environment(PRODUCTION | {"DATABASE_URL": "postgresql://parley:a%40b%2Fc@db.example:5433/parley"})
    settings = read.database("DATABASE_URL")
    assert (settings["PASSWORD"], settings["HOST"], settings["PORT"]) == ("a@b/c", "db.example", "5433")


def test_django_stops_at_the_first_missing_variable() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=Checkout(ROOT).environment(PARLEY_ENV="production"),
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
