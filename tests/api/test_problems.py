"""One shape of error, whatever went wrong and wherever."""

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.test import Client
from psycopg.errors import DeadlockDetected, ProgramLimitExceeded

from outreach.web.api import bodies, problems
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db
FIELDS = {"type", "title", "status", "detail"}


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "malformed"),
        (b"\xff", 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b'{"name": NaN}', 400, "malformed"),
        (b'{"tier": ' + b"9" * 5_000 + b"}", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'"text"', 400, "malformed"),
        (b'{"name": "a\\u0000b"}', 400, "malformed"),
        (b'{"a\\u0000b": ["x"]}', 400, "malformed"),
        (b'{"name": "\\ud800"}', 400, "malformed"),
        (b'{"name": "Ada", "email": "\\\\u0000"}', 422, "refused"),  # written out it is text like any other
        (b"{}", 422, "wrong-fields"),
        (b'{"name": 7}', 422, "wrong-fields"),
        (b'{"name": "Ada", "tier": true}', 422, "wrong-fields"),
        (b'{"name": "Ada", "tier": "2"}', 422, "wrong-fields"),
        (b"x" * (bodies.MOST + 1), 413, "too-large"),
    ],
)
def test_a_body_that_cannot_be_taken(api: Caller, body: bytes, status: int, kind: str) -> None:
    answer = api.send("POST", "prospects/", body)
    said = answer.json()
    assert (answer.status_code, said["status"]) == (status, status)
    assert said["type"] == f"urn:parley:problem:{kind}" and set(said) - {"errors"} == FIELDS
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_taken(api: Caller, content_type: str) -> None:
    answer = api.send("POST", "prospects/", b"name=Ada", content_type)
    assert answer.status_code == 415
    assert answer.json()["detail"] == "Send JSON, with the header Content-Type: application/json."


def test_json_may_name_its_letters(api: Caller) -> None:
    answer = api.send("POST", "prospects/", b'{"name": "Ada", "email": "a@b.co"}', "application/json; charset=utf-8")
    assert answer.status_code == 201


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_refused_with_those_there_are(api: Caller, method: str) -> None:
    answer = api.send(method, "prospects/")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST"
    assert answer.json()["type"] == "urn:parley:problem:wrong-method"


def test_a_head_is_a_get_without_its_body(api: Caller) -> None:
    answer = api.send("HEAD", "prospects/")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["nowhere/", "prospects/x/", "prospects/99999999999999999999999999/", "prospects/0/"])
def test_what_is_not_there_is_said_in_the_same_shape(api: Caller, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json" and set(answer.json()) == FIELDS


def test_without_a_key_it_says_how_one_is_sent() -> None:
    answer = Client().get("/api/v1/prospects/")
    assert answer["WWW-Authenticate"] == 'Bearer realm="Parley"'
    assert answer.json() == {
        "type": "urn:parley:problem:no-key",
        "title": "A key is needed",
        "status": 401,
        "detail": "Send a key of your workspace, as in Authorization: Bearer parley_…",
    }


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "parley_x", "Bearer \t", "Bearer a b"])
def test_what_is_no_key_opens_nothing(header: str) -> None:
    assert Client(headers={"Authorization": header}).get("/api/v1/prospects/").status_code == 401


def test_what_breaks_is_said_with_a_number_that_the_log_knows(caplog: pytest.LogCaptureFixture) -> None:
    answer = problems.answer(RuntimeError("a secret"), {})
    assert answer.status_code == 500 and "a secret" not in str(answer.data)
    assert answer.data["detail"].rpartition(" ")[2].rstrip(".") in caplog.text


def caused_by(cause: Exception) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


def test_what_is_no_mistake_of_a_caller_is_said_with_a_time_to_try_again() -> None:
    away, collided = problems.of(OperationalError("gone")), problems.of(caused_by(DeadlockDetected()))
    assert (away.status, away.kind, away.headers) == (503, "unavailable", {"Retry-After": "60"})
    assert (collided.status, collided.kind, collided.headers) == (503, "collided", {"Retry-After": "1"})
    assert problems.of(caused_by(ProgramLimitExceeded())).status == 500
    assert problems.of(RequestDataTooBig()).status == 413
