"""docker-compose.yml, read without any container engine: every command, file and variable in it exists here."""

import argparse
import importlib
import importlib.util
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from celery.bin.celery import celery as celery_command
from django.core.management import get_commands, load_command_class
from uvicorn.main import main as uvicorn_command

from outreach.env import VARIABLES, BadSetting, Environment
from tests.platform.checkouts import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
OF_THE_APP = {name: service for name, service in OURS.items() if name != "simulator"}
HANDED_IN = re.compile(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}")
MADE_UP = {
    "RUN_PASSWORD": "run1",
    "MIGRATE_PASSWORD": "migrate1",
    "ALLOWED_HOSTS": "parley.example.com",
    "PUBLIC_URL": "https://parley.example.com",
    "SECRET_KEY": "s" * 40,
    "SECRETS_KEY": "t" * 40,
    "SUPPRESSION_KEY": "u" * 40,
}


def filled(value: str) -> str:
    """A value as compose would fill it in, from MADE_UP and its own defaults."""
    return HANDED_IN.sub(lambda m: MADE_UP.get(m[1]) or (m[3] if m[2] == ":-" else ""), str(value))


def test_it_has_the_shape_of_production() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "migrate", "web", "worker", "beat", "simulator"}
    assert SERVICES["simulator"]["profiles"] == ["simulator"]
    assert SERVICES["postgres"]["image"].startswith("postgres:18")
    for name in ("web", "worker", "beat"):
        conditions = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
        assert conditions == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "valkey": "service_healthy",
        }


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_healthy_confined_and_no_root(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in ("", "root", "0")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    if name != "migrate":  # it ends
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_only_the_web_is_reachable_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["web"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == SERVICES["valkey"]["networks"] == ["inside"]


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_the_project(name: str) -> None:
    program, *rest = [str(word) for word in OURS[name]["command"]]
    if program == "uvicorn":
        module, _, attribute = rest[0].partition(":")
        assert callable(getattr(importlib.import_module(module), attribute))
        uvicorn_command.make_context("uvicorn", list(rest), resilient_parsing=False)
    elif program == "celery":
        at = rest.index("-A")
        assert importlib.import_module(f"{rest[at + 1]}.celery").app.main == "outreach"
        subcommand = celery_command.commands[rest[at + 2]]
        options = {option for parameter in subcommand.params for option in parameter.opts}
        assert {word.split("=")[0] for word in rest[at + 3 :] if word.startswith("--")} <= options
    elif rest[0] == "manage.py":
        parser: argparse.ArgumentParser = load_command_class(get_commands()[rest[1]], rest[1]).create_parser(
            "manage.py", rest[1]
        )
        parser.parse_args(rest[2:])
    else:
        assert [program, rest[0]] == ["python", "-m"]
        assert importlib.util.find_spec(rest[1]) is not None
        source = (ROOT / rest[1].replace(".", "/") / "__main__.py").read_text()
        assert {word for word in rest[2:] if word.startswith("--")} <= set(re.findall(r'"(--[a-z-]+)"', source))


@pytest.mark.parametrize("name", OF_THE_APP)
def test_every_variable_is_known_and_none_is_missing(name: str) -> None:
    given = OF_THE_APP[name]["environment"]
    assert set(given) <= set(VARIABLES)
    environment = Environment({variable: filled(value) for variable, value in given.items()})
    assert environment.name == "production"
    for variable in VARIABLES.values():
        if variable.default is None or variable.name in given:
            read(environment, variable.name)
    if name == "migrate":
        assert given["PARLEY_ROLE"] == "migrate"
        assert environment.database("MIGRATE_DATABASE_URL")["USER"] == "parley_migrate"
    else:
        assert environment.database("DATABASE_URL")["USER"] == "parley_run"
        assert "MIGRATE_DATABASE_URL" not in given


def read(environment: Environment, name: str) -> object:
    """The variable, by the reader of its kind."""
    kind = VARIABLES[name].kind.split(":")[0]
    if kind == "database" and not environment.raw(name):
        return None
    return getattr(environment, kind)(name)


def test_the_simulator_knows_its_variables() -> None:
    source = (ROOT / "outreach/simulator/__main__.py").read_text()
    for variable in SERVICES["simulator"]["environment"]:
        assert f'"{variable}"' in source


def test_the_database_roles_have_their_passwords() -> None:
    script = (ROOT / "docker/postgres/roles.sh").read_text()
    given = SERVICES["postgres"]["environment"]
    for variable in re.findall(r"\$\{(\w+):\?", script):
        assert variable in given
    for user, variable in (("parley_run", "RUN_PASSWORD"), ("parley_migrate", "MIGRATE_PASSWORD")):
        assert f"{user}:${{{variable}:?" in TEXT
        assert user in (ROOT / "docker/postgres/roles.sql").read_text()


def values(node: Any) -> Iterator[tuple[str, str]]:
    """Every name and value of every environment in the file."""
    for service in node.values():
        yield from ((name, str(value)) for name, value in service.get("environment", {}).items())


def test_it_holds_no_secret() -> None:
    for name, value in values(SERVICES):
        if re.search(r"SECRET|PASSWORD|KEY", name):
            assert HANDED_IN.fullmatch(value), f"{name} stands in the file"
        for password in re.findall(r"://[^:/]*:([^@]*)@", value):
            assert HANDED_IN.fullmatch(password), f"{name} holds a password"
    for name, how, _ in HANDED_IN.findall(TEXT):
        if (VARIABLES.get(name) and VARIABLES[name].default is None) or name.endswith("PASSWORD"):
            assert how == ":?", f"{name} must be required"


def test_what_it_names_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        for network in service["networks"]:
            assert network in COMPOSE["networks"]
    stages = re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for service in OURS.values():
        assert service["build"]["target"] in stages


def test_the_image_is_built_from_locked_packages_for_a_user_without_rights() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001"]
    installs = re.findall(r"pip install (.*)", text)
    assert installs
    for install in installs:
        assert "--require-hashes" in install and "--no-deps" in install
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in copied.split():
            assert (ROOT / source).exists(), f"the Dockerfile copies {source}"
    ignored = (ROOT / ".dockerignore").read_text()
    for copied in ("manage.py", "outreach", "accounts", "prospects", "campaigns", "templates", "static"):
        assert f"!{copied}\n" in ignored


def test_a_missing_secret_would_be_named() -> None:
    given = {name: filled(value) for name, value in SERVICES["web"]["environment"].items()}
    with pytest.raises(BadSetting, match="SECRET_KEY is not set"):
        Environment(given | {"SECRET_KEY": ""}).secret("SECRET_KEY")
