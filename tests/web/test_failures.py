"""Failures in one sentence with a number, and the two questions of whoever watches the process."""

import logging
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import Member

NUMBER = re.compile(r"Request ([0-9a-f]{4}-[0-9a-f]{4})")


def _lost() -> OperationalError:
    error = OperationalError("server closed the connection unexpectedly")
    error.__cause__ = psycopg.OperationalError("server closed the connection unexpectedly")
    return error


def _collided() -> OperationalError:
    error = OperationalError("deadlock detected")
    error.__cause__ = psycopg.errors.DeadlockDetected("deadlock detected")
    return error


FAILURES: dict[str, Exception] = {
    "400": SuspiciousOperation("odd"),
    "403": PermissionDenied("You are here as a viewer; this takes an SDR."),
    "404": Http404(),
    "500": ZeroDivisionError("our own fault"),
    "503": _lost(),
    "503-collided": _collided(),
}


def fail(request: HttpRequest, status: str) -> HttpResponse:
    raise FAILURES[status]


class Urls:
    """The project's handlers, and an address that fails as it is told."""

    urlpatterns = [path("fail/<str:status>/", fail)]
    handler400 = "outreach.web.errors.bad_request"
    handler403 = "outreach.web.errors.forbidden"
    handler404 = "outreach.web.errors.not_found"
    handler500 = "outreach.web.errors.server_error"


@pytest.mark.django_db
@pytest.mark.parametrize("status", FAILURES)
def test_a_failure_says_one_sentence_and_a_number_that_the_log_knows(
    status: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ROOT_URLCONF = Urls
    client = Client(raise_request_exception=False)
    with caplog.at_level(logging.INFO, logger="outreach.web.errors"):
        answer = client.get(f"/fail/{status}/")
    assert answer.status_code == int(status[:3])
    page = answer.content.decode()
    found = NUMBER.search(page)
    assert found and answer.headers["X-Request-Number"] == found[1]
    assert any(found[1] in record.getMessage() for record in caplog.records)
    for secret in ("our own fault", "odd", "Traceback", "ZeroDivision", "server closed", "deadlock"):
        assert secret not in page


@pytest.mark.django_db
def test_a_refusal_says_what_it_takes(settings: Any) -> None:
    settings.ROOT_URLCONF = Urls
    assert b"this takes an SDR." in Client().get("/fail/403/").content


@pytest.mark.django_db
def test_whoever_lost_a_race_is_told_that_nothing_of_theirs_was_changed(settings: Any) -> None:
    settings.ROOT_URLCONF = Urls
    answer = Client().get("/fail/503-collided/")
    assert b"Nothing of yours was changed" in answer.content and answer.headers["Retry-After"] == "1"


@pytest.mark.django_db
def test_the_project_has_those_handlers() -> None:
    from outreach import urls

    assert all(getattr(urls, f"handler{n}") == getattr(Urls, f"handler{n}") for n in (400, 403, 404, 500))


def test_alive_is_said_without_a_database(client: Client) -> None:
    client.cookies["parley"] = "a-session-that-would-have-to-be-looked-up"
    assert client.get("/health/live").status_code == 200  # pytest-django refuses any query here


@pytest.mark.django_db
def test_ready_when_the_database_has_all_migrations(client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (200, b"Ready.\n")


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'campaigns'")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert re.fullmatch(rb"Migrations are missing \(\d+\): run manage.py migrate.\n", answer.content)


@pytest.mark.django_db
def test_not_ready_while_the_database_is_away(client: Client, broken: Callable[[], None]) -> None:
    broken()
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.content.startswith(b"The database cannot be reached")


@pytest.mark.django_db
def test_a_page_says_that_the_database_is_away(
    alice: Member, signed_in: Callable[[Member], Client], broken: Callable[[], None]
) -> None:
    client = signed_in(alice)
    broken()
    answer = client.get("/")
    assert answer.status_code == 503
    assert b"cannot reach its database" in answer.content and answer.headers["Retry-After"] == "60"


@pytest.fixture
def broken() -> object:
    """Call it, and every statement from then on fails as it does when the server is gone."""
    from contextlib import ExitStack

    def refuse(execute: object, sql: str, params: object, many: bool, context: object) -> object:
        raise _lost()

    with ExitStack() as stack:
        yield lambda: stack.enter_context(connection.execute_wrapper(refuse))
