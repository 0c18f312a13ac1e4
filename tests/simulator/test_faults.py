"""Faults ordered by the control plane, seen by a client over real sockets."""

import socket
import time
from typing import Any

import httpx2
import pytest

from tests.simulator.running import KEY, Running, refusal


def raw_invite(sim: Running, account: str, provider_id: str) -> bytes:
    """What the bare socket hears after an invitation; raises what the socket raises."""
    body = f'{{"account_id": "{account}", "provider_id": "{provider_id}"}}'.encode()
    head = f"POST /api/v1/users/invite HTTP/1.1\r\nHost: x\r\nX-API-KEY: {KEY}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", sim.port), timeout=5) as wire:
        wire.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return wire.recv(65536)


def test_dropped_after_accepting_the_record_has_it_and_the_caller_hears_nothing(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.sim(
        "POST", "/faults", {"match": {"path_prefix": "/api/v1/users/invite"}, "drop_after_accepting": True, "times": 1}
    )
    with pytest.raises(ConnectionResetError):
        raw_invite(sim, "priya", person["provider_id"])
    [touch] = sim.accepted()
    assert touch["slug"] == person["slug"]
    assert b"HTTP/1.1 422" in raw_invite(sim, "priya", person["provider_id"])


def test_a_client_library_sees_a_broken_connection(sim: Running) -> None:
    sim.sim("POST", "/faults", {"match": {"method": "POST"}, "drop_after_accepting": True, "times": 1})
    with pytest.raises(httpx2.TransportError):
        sim.chat("priya", sim.friend("priya"))
    assert len(sim.accepted("dm")) == 1
    assert sim.chat("priya", sim.friend("priya")).status_code == 201


def test_reset_before_nothing_is_accepted(sim: Running) -> None:
    sim.sim("POST", "/faults", {"reset_before": True, "times": 1})
    with pytest.raises(ConnectionResetError):
        raw_invite(sim, "priya", sim.stranger("priya")["provider_id"])
    assert sim.accepted() == []


def test_a_refusal_is_not_dropped_for_nothing_was_accepted(sim: Running) -> None:
    sim.sim("POST", "/faults", {"drop_after_accepting": True})
    assert refusal(sim.invite("priya", sim.friend("priya"))) == (422, "already_connected")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"status": 500}, (500, "unexpected_error")),
        ({"status": 429}, (429, "too_many_requests")),
        ({"status": 503}, (503, "service_unavailable")),
        ({"status": 504}, (504, "request_timeout")),
        ({"type": "errors/limit_exceeded"}, (422, "limit_exceeded")),
        ({"type": "account_restricted"}, (403, "account_restricted")),
        ({"status": 500, "type": "provider_error"}, (500, "provider_error")),
    ],
)
def test_an_ordered_error_is_answered_and_nothing_accepted(
    sim: Running, order: dict[str, Any], expected: tuple[int, str]
) -> None:
    sim.sim("POST", "/faults", {"match": {"method": "POST"}, **order})
    assert refusal(sim.invite("priya", sim.stranger("priya"))) == expected
    assert sim.accepted() == []


def test_an_error_may_be_answered_although_it_was_accepted(sim: Running) -> None:
    sim.sim("POST", "/faults", {"status": 500, "after_accepting": True, "times": 1})
    person = sim.stranger("priya")
    assert refusal(sim.invite("priya", person)) == (500, "unexpected_error")
    assert [touch["slug"] for touch in sim.accepted()] == [person["slug"]]


def test_headers_such_as_retry_after_can_be_added(sim: Running) -> None:
    sim.sim("POST", "/faults", {"status": 503, "headers": {"Retry-After": "7"}, "times": 1})
    assert sim.invite("priya", sim.stranger("priya")).headers["retry-after"] == "7"


def test_latency_before_and_a_caller_who_gives_up(sim: Running) -> None:
    sim.sim("POST", "/faults", {"match": {"method": "POST"}, "latency_s": 0.4, "status": 504, "times": 1})
    with pytest.raises(httpx2.ReadTimeout):
        sim.client.post(
            "/api/v1/users/invite",
            json={"account_id": "priya", "provider_id": sim.stranger("priya")["provider_id"]},
            timeout=0.1,
        )
    assert sim.sim("GET", "/state")["in_flight"] == 1
    time.sleep(0.5)
    assert sim.sim("GET", "/state")["in_flight"] == 0 and sim.accepted() == []


def test_slow_after_accepting_the_caller_times_out_and_the_record_has_it(sim: Running) -> None:
    sim.sim("POST", "/faults", {"match": {"method": "POST"}, "latency_after_s": 0.4, "times": 1})
    person = sim.stranger("priya")
    with pytest.raises(httpx2.ReadTimeout):
        body = {"account_id": "priya", "provider_id": person["provider_id"]}
        sim.client.post("/api/v1/users/invite", json=body, timeout=0.1)
    assert [touch["slug"] for touch in sim.accepted()] == [person["slug"]]


def test_an_empty_or_malformed_answer_hides_an_accepted_touch(sim: Running) -> None:
    sim.sim("POST", "/faults", {"empty_body": True, "match": {"method": "POST"}, "times": 1})
    sim.sim("POST", "/faults", {"malformed": True, "match": {"method": "POST"}, "times": 1})
    empty = sim.invite("priya", sim.stranger("priya"))
    malformed = sim.invite("priya", sim.stranger("priya"))
    assert (empty.status_code, empty.content) == (200, b"")
    assert malformed.status_code == 200 and malformed.content.startswith(b'{"object"')
    with pytest.raises(ValueError):
        malformed.json()
    assert len(sim.accepted()) == 2


def test_a_fault_strikes_only_what_it_matches(sim: Running) -> None:
    sim.sim("POST", "/faults", {"match": {"account_id": "bob"}, "status": 500})
    friend = sim.friend("bob")
    assert sim.invite("priya", sim.stranger("priya")).status_code == 200
    assert refusal(sim.invite("bob", sim.stranger("bob"))) == (500, "unexpected_error")
    sim.sim("DELETE", "/faults")
    chat = sim.chat("bob", friend).json()["chat_id"]
    sim.sim("POST", "/faults", {"match": {"account_id": "bob", "path_prefix": "/api/v1/chats"}, "status": 500})
    assert sim.say(chat).status_code == 500, "the account of a chat is known without being named"


def test_times_is_how_often_it_strikes(sim: Running) -> None:
    sim.sim("POST", "/faults", {"status": 500, "times": 2})
    assert [sim.get("/accounts").status_code for _ in range(4)] == [500, 500, 200, 200]


def test_a_probability_strikes_about_as_often_and_the_same_with_the_same_seed(sim: Running) -> None:
    runs = []
    for seed in (3, 3, 4):
        sim.seed(people=0)
        sim.sim("POST", "/faults", {"status": 500, "probability": 0.3, "seed": seed})
        runs.append([sim.get("/accounts").status_code for _ in range(200)])
    assert 40 <= runs[0].count(500) <= 80
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    "order", [{"stauts": 500}, {"match": {"url": "/x"}, "status": 500}, {"type": "out_of_mood"}, {"match": "POST"}]
)
def test_a_wrong_order_is_refused_with_a_sentence(sim: Running, order: dict[str, Any]) -> None:
    answer = sim.client.post("/sim/faults", json=order)
    assert answer.status_code == 400 and answer.json()["error"].endswith(".")
    assert sim.sim("GET", "/faults") == {"requests": [], "webhooks": []}
