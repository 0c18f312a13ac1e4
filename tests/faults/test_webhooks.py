"""Webhooks as the outside world really sends them: wrong, doubled, late, at once, and too long."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.test import Client

from campaigns.building import sample
from campaigns.running import inbound
from campaigns.running.database import rows
from outreach.connectors import unipile
from tests.outside import web_server
from tests.stage import Stage
from tests.threads import at_once


def address(stage: Stage) -> str:
    return f"/hooks/unipile/{stage.connection.hook}/"


def relation(stage: Stage, person: int, account: str = "seat-bob") -> dict[str, Any]:
    """The event of a new connection, as the vendor writes it."""
    described = stage.outside.control("GET", f"/people/{stage.slugs[person]}")
    return {
        "event": "new_relation",
        "account_id": account,
        "account_type": "LINKEDIN",
        "user_full_name": "Somebody",
        "user_provider_id": described["provider_id"],
        "user_public_identifier": described["slug"],
        "user_profile_url": described["url"],
    }


def send(stage: Stage, body: Any, *, secret: str | None = None, **headers: str) -> tuple[int, str]:
    """Post to our hook; the status and the words of the answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers |= {unipile.HEADER: stage.connection.hook_secret if secret is None else secret}
    answer = Client().post(address(stage), content, content_type="application/json", headers=headers)
    return answer.status_code, answer.content.decode()


def stored() -> list[dict[str, Any]]:
    return rows("SELECT kind, state, problem, attempts FROM campaigns_inboundevent ORDER BY id")


def test_a_wrong_secret_is_refused_and_stores_nothing(stage: Stage) -> None:
    person = stage.person()
    for secret in ("wrong", "", stage.connection.hook_secret[:-1]):
        assert send(stage, relation(stage, person), secret=secret) == (401, "The secret of this webhook is wrong.")
    assert Client().post(address(stage), "{}", content_type="application/json").status_code == 401
    assert stored() == []


def test_an_address_that_is_nobodys_is_not_there(stage: Stage) -> None:
    answer = Client().post("/hooks/unipile/guessed/", "{}", content_type="application/json")
    assert (answer.status_code, answer.content) == (404, b"There is no such webhook address.")


def test_only_posts_are_heard(stage: Stage) -> None:
    assert Client().get(address(stage)).status_code == 405


def test_an_event_is_stored_and_answered_before_it_is_worked(stage: Stage) -> None:
    person = stage.person()
    assert send(stage, relation(stage, person)) == (204, "")
    assert [(event["kind"], event["state"]) for event in stored()] == [("relation", "new")]
    inbound.work(now=stage.now)
    assert [event["state"] for event in stored()] == ["done"]
    assert stage.relation(person)["degree"] == "1"


def test_an_event_of_a_seat_that_is_not_ours_is_kept_and_ignored(stage: Stage) -> None:
    assert send(stage, relation(stage, stage.person(), account="seat-of-somebody-else"))[0] == 204
    [event] = stored()
    assert (event["state"], event["problem"]) == ("ignored", "No sender of ours belongs to this seat.")


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[1, 2]",
    "null": b"null",
    "a number": b"7",
    "no event": b"{}",
    "no account": b'{"event": "message_received"}',
    "wrong types": b'{"event": ["x"], "account_id": {"a": 1}}',
    "broken encoding": b"\xff\xfe\x00\x01",
    "too deep": b"[" * 3000,
    "a status without words": b'{"AccountStatus": {"account_id": "seat-bob"}}',
    "a message from nobody": b'{"event": "message_received", "account_id": "seat-bob", "message_id": "m"}',
    "a thousand and one events": json.dumps([{}] * 1001).encode(),
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_refused_with_one_sentence(stage: Stage, body: bytes) -> None:
    status, words = send(stage, body)
    assert status == 400 and words.endswith(".") and "\n" not in words
    assert stored() == []


def test_a_body_that_is_too_long_is_refused_unread(stage: Stage) -> None:
    status, words = send(stage, b'{"event": "' + b"x" * 300_000 + b'"}')
    assert (status, words) == (413, "The body is longer than 262144 bytes.")
    assert stored() == []


STRANGE = {
    "NUL": "a\x00b",
    "a written NUL": r"a\u0000 z",
    "half a surrogate": "a\ud83db",
    "an emoji": "Grüße 👋🏽",
    "very long": "x" * 200_000,
    "an instant out of range": "fine",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_strange_texts_are_stored_and_worked(stage: Stage, text: str) -> None:
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    stage.reach(person)
    provider_id = stage.relation(person)["provider_id"]
    body = {
        "event": "message_received",
        "account_id": "seat-bob",
        "account_info": {"user_id": "ACoAA-seat-bob"},
        "chat_id": "chat-1",
        "message_id": "message-1",
        "message": text,
        "timestamp": "99999-01-01T00:00:00Z" if text == "fine" else "2026-11-02T10:00:00.000Z",
        "sender": {"attendee_provider_id": provider_id},
        "attendees": [],
    }
    stage.later(hours=2)
    assert send(stage, body) == (204, "")
    inbound.work(now=stage.now)
    assert [event["state"] for event in stored()][-1] == "done"
    assert stage.enrollment(person)["reason"] == "replied"


def test_what_comes_again_is_worked_once(stage: Stage) -> None:
    person = stage.person()
    for _ in range(3):
        assert send(stage, relation(stage, person)) == (204, "")
    assert inbound.work(now=stage.now) == 1
    assert send(stage, relation(stage, person)) == (204, "")
    assert inbound.work(now=stage.now) == 0 and len(stored()) == 1


def test_a_status_told_twice_is_the_same_status(stage: Stage) -> None:
    body = {"AccountStatus": {"account_id": "seat-bob", "account_type": "LINKEDIN", "message": "CREDENTIALS"}}
    for _ in range(2):
        assert send(stage, body)[0] == 204
        inbound.work(now=stage.now)
    assert stage.sender()["state"] == "disconnected"
    stage.later(minutes=1)
    assert send(stage, {"AccountStatus": body["AccountStatus"] | {"message": "OK"}})[0] == 204
    inbound.work(now=stage.now)
    assert stage.sender()["state"] == "active"


def test_a_poison_event_is_put_aside_after_three_tries_and_the_queue_moves_on(stage: Stage) -> None:
    """Its payload is no object, so whoever works it stumbles."""
    rows(
        "INSERT INTO campaigns_inboundevent (workspace_id, connection_id, sender_id, key, kind, payload, at, "
        "received_at, via, state, attempts, problem) "
        "VALUES (%s, %s, %s, 'poison', 'message', '[]', %s, %s, 'webhook', 'new', 0, '')",
        (stage.workspace.pk, stage.connection.pk, stage.senders["bob"].pk, stage.now - timedelta(days=1), stage.now),
    )
    person = stage.person()
    send(stage, relation(stage, person))
    for attempt in range(1, 4):
        inbound.work(now=stage.now)
        assert stored()[0]["attempts"] == attempt
    poison, healthy = stored()
    assert poison["state"] == "quarantined" and "TypeError" in poison["problem"]
    assert healthy["state"] == "done" and stage.relation(person)["degree"] == "1"
    assert inbound.work(now=stage.now) == 0


def test_events_are_worked_in_order_of_their_time(stage: Stage) -> None:
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(hours=3)
    for minute, (name, text) in ((30, ("second", "Stop writing to me.")), (10, ("first", "Hello."))):
        body = {
            "event": "message_received",
            "account_id": "seat-bob",
            "account_info": {"user_id": "ACoAA-seat-bob"},
            "chat_id": "chat-1",
            "message_id": name,
            "message": text,
            "timestamp": f"2026-11-02T10:{minute}:00.000Z",
            "sender": {"attendee_provider_id": stage.relation(person)["provider_id"]},
            "attendees": [],
        }
        assert send(stage, body)[0] == 204
    inbound.work(now=stage.now)
    texts = [m["text"] for m in stage.messages(person) if m["inbound"]]
    assert texts == ["Hello.", "Stop writing to me."]
    assert stage.enrollment(person)["reason"] == "replied"
    assert stage.prospect(person)["suppressed_at"] is not None


# -- over real HTTP, from the real simulator ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def web(django_db_setup: None) -> Iterator[str]:
    with web_server() as url:
        yield url


@pytest.mark.django_db(transaction=True)
def test_the_same_event_five_times_at_once_has_one_effect(stage: Stage, web: str) -> None:
    person = stage.person()
    content = json.dumps(relation(stage, person)).encode()
    headers = {unipile.HEADER: stage.connection.hook_secret, "Content-Type": "application/json"}
    statuses = at_once(
        5, lambda _: httpx2.post(web + address(stage), content=content, headers=headers, timeout=30).status_code
    )
    assert statuses == [204] * 5 and len(stored()) == 1
    at_once(3, lambda _: inbound.work(now=stage.now))
    assert stage.prospect(person)["facts_version"] == 2
    assert stored() == [{"kind": "relation", "state": "done", "problem": "", "attempts": 0}]


@pytest.mark.django_db(transaction=True)
def test_the_server_turns_away_what_django_would(stage: Stage, web: str) -> None:
    """A server answers deliveries before Django does: the same words for the same mistakes."""
    right = {unipile.HEADER: stage.connection.hook_secret, "Content-Type": "application/json"}
    known, event = web + address(stage), json.dumps(relation(stage, stage.person())).encode()
    for url, headers, content, status in (
        (f"{web}/hooks/unipile/guessed/", right, event, 404),
        (known, right | {unipile.HEADER: "wrong"}, event, 401),
        (known, {}, event, 401),
        (known, right, b"[" + b" " * 400_000, 413),
        (known, right, b"{", 400),
        (known, right | {"Transfer-Encoding": "chunked"}, event, 204),
    ):
        content = iter([content[:9], content[9:]]) if "Transfer-Encoding" in headers else content
        answer = httpx2.post(url, content=content, headers=headers, timeout=30)
        assert answer.status_code == status and bool(answer.text) == (status != 204)
    assert httpx2.get(known, timeout=30).status_code == 405
    assert len(stored()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_whole_path_over_webhooks_doubled_late_and_out_of_order(stage: Stage, web: str) -> None:
    sample.hook(stage.connection, web, now=stage.now)
    for fault in ({"double": 2}, {"out_of_order": True, "times": 1}, {"delay_s": 7200, "times": 1}):
        stage.outside.control("POST", "/webhooks/faults", **fault)
    person = stage.person(accept_after_h=2, reply={"after_h": 3, "text": "Yes, let us talk.", "every": True})
    stage.launch("volume", [person])
    stage.pass_time(days=8)
    assert stage.accepted(person) == ["invite_note", "dm"]
    assert stage.enrollment(person)["reason"] == "replied"
    assert [m["inbound"] for m in stage.messages(person)].count(True) == 1
    via = rows("SELECT DISTINCT via FROM campaigns_inboundevent WHERE state = 'done'")
    assert {"via": "webhook"} in via
    assert rows("SELECT 1 AS one FROM campaigns_inboundevent WHERE state IN ('new', 'quarantined')") == []


@pytest.mark.django_db(transaction=True)
def test_a_webhook_with_a_spoilt_secret_is_lost_and_the_poll_brings_what_it_said(stage: Stage, web: str) -> None:
    sample.hook(stage.connection, web, now=stage.now)
    stage.outside.control("POST", "/webhooks/faults", wrong_secret=True)
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    stage.reach(person)
    stage.does("reply", person, text="Let us talk.")
    stage.later(hours=1)
    inbound.work(now=stage.now)
    assert stage.enrollment(person)["state"] == "active"
    stage.hear("bob")
    assert stage.enrollment(person)["reason"] == "replied"
