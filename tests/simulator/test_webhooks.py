"""Webhooks: real deliveries, with the configured headers, late, again, doubled and out of order."""

import socket
import threading
import time
from pathlib import Path

import pytest

from tests.simulator.running import Listener, Running, free_port, listening, refusal, wait_until


def test_a_message_of_ours_comes_back_as_an_event(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    friend = sim.friend("priya")
    sent = sim.chat("priya", friend, text="Good morning").json()
    assert listener.heard == [], "a manual clock has not moved"
    sim.advance(seconds=0)
    [body] = listener.heard
    assert body["event"] == "message_received" and body["webhook_name"] == "messaging"
    assert (body["chat_id"], body["message_id"], body["message"]) == (
        sent["chat_id"],
        sent["message_id"],
        "Good morning",
    )
    assert body["sender"]["attendee_provider_id"] == body["account_info"]["user_id"], "outbound"
    assert [a["attendee_provider_id"] for a in body["attendees"]] == [friend["provider_id"]]
    assert listener.headers[0]["unipile-auth"] == "a long secret"


def test_an_answer_arrives_as_an_event_at_its_time(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    friend = sim.friend("priya", reply={"after_h": 5, "text": "Sure"})
    sim.chat("priya", friend)
    sim.advance(hours=4.99)
    assert len(listener.heard) == 1
    sim.advance(hours=0.01)
    body = listener.heard[1]
    assert body["message"] == "Sure" and body["timestamp"] == "2026-11-02T13:00:00.000Z"
    assert body["sender"]["attendee_provider_id"] == friend["provider_id"] != body["account_info"]["user_id"]


def test_a_new_relation_is_told_up_to_eight_hours_late(process: Running, listener: Listener) -> None:
    process.seed({"id": "a"}, rates={"first_degree": 0})
    process.hook(listener.url, "users")
    late = []
    for person in process.people()[:20]:
        process.script(person, accept_after_h=0, needs_email=False)
        process.invite("a", person)
    process.advance(seconds=0)
    for _ in range(8 * 6 + 1):
        late.append(len(listener.heard))
        process.advance(minutes=10)
    assert late[0] < 3 and 5 < late[24] < 15 and len(listener.heard) == 20
    body = listener.heard[0]
    assert body["event"] == "new_relation" and "invitation_id" not in body
    assert process.sim("GET", f"/people/{body['user_public_identifier']}")["provider_id"] == body["user_provider_id"]


def test_an_accepted_note_is_told_at_once_as_a_message_of_ours(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    person = sim.stranger("priya", accept_after_h=2)
    sim.invite("priya", person, "I liked your talk")
    sim.advance(hours=2)
    [body] = listener.heard
    assert body["message"] == "I liked your talk" and body["timestamp"] == "2026-11-02T10:00:00.000Z"
    assert body["sender"]["attendee_provider_id"] == body["account_info"]["user_id"]
    assert [m["text"] for m in sim.items(f"/chats/{body['chat_id']}/messages")] == ["I liked your talk"]


def test_a_blank_invitation_opens_no_chat(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.invite("priya", sim.stranger("priya", accept_after_h=2))
    sim.advance(hours=2)
    assert listener.heard == [] and sim.items("/chats", account_id="priya") == []


def test_a_change_of_status_is_told(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "account_status")
    sim.sim("POST", "/account/priya", {"status": "CREDENTIALS"})
    sim.sim("POST", "/account/priya", {"status": "OK"})
    sim.advance(seconds=0)
    said = [body["AccountStatus"] for body in listener.heard]
    assert [status["message"] for status in said] == ["CREDENTIALS", "OK"]
    assert said[0]["account_id"] == "priya" and said[0]["account_type"] == "LINKEDIN"


def test_a_hook_hears_only_its_own_accounts(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging", account_ids=["bob"])
    sim.chat("priya", sim.friend("priya"))
    sim.chat("bob", sim.friend("bob"))
    sim.advance(seconds=0)
    assert [body["account_id"] for body in listener.heard] == ["bob"]


def test_a_removed_or_disabled_hook_hears_nothing(sim: Running, listener: Listener) -> None:
    hook = sim.hook(listener.url, "messaging")
    sim.hook(listener.url, "messaging", enabled=False)
    sim.chat("priya", sim.friend("priya"))
    assert sim.client.delete(f"/api/v1/webhooks/{hook}").json() == {"object": "WebhookDeleted"}
    assert refusal(sim.client.delete(f"/api/v1/webhooks/{hook}")) == (404, "resource_not_found")
    sim.advance(seconds=0)
    assert listener.heard == []


def test_without_a_content_type_configured_none_is_sent(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging", headers=[])
    sim.chat("priya", sim.friend("priya"))
    sim.advance(seconds=0)
    assert "content-type" not in listener.headers[0]


def test_five_retries_with_growing_delay_then_it_is_given_up(sim: Running, listener: Listener) -> None:
    listener.answer = lambda n: 500
    sim.hook(listener.url, "messaging")
    sim.chat("priya", sim.friend("priya"))
    gaps = []
    sim.advance(seconds=0)
    while (following := sim.sim("GET", "/clock")["next"]) and len(listener.bodies) < 6:
        gaps.append(following)
        sim.advance_to(following)
    assert len(listener.bodies) == 6 and len(set(listener.bodies)) == 1
    assert gaps == [
        "2026-11-02T08:01:00.000Z",
        "2026-11-02T08:06:00.000Z",
        "2026-11-02T08:36:00.000Z",
        "2026-11-02T10:36:00.000Z",
        "2026-11-02T16:36:00.000Z",
    ]
    sim.advance(days=2)
    assert len(listener.bodies) == 6 and sim.sim("GET", "/state")["webhooks"]["given_up"] == 1


def test_a_retry_that_is_answered_is_the_last(sim: Running, listener: Listener) -> None:
    listener.answer = lambda n: 503 if n < 2 else 200
    sim.hook(listener.url, "messaging")
    sim.chat("priya", sim.friend("priya"))
    sim.advance(days=1)
    assert len(listener.bodies) == 3


def test_a_listener_that_is_away_gets_it_later(sim: Running) -> None:
    with listening() as listener:
        url = listener.url
    sim.hook(url, "messaging")
    sim.chat("priya", sim.friend("priya"))
    sim.advance(seconds=0)
    assert sim.sim("GET", "/state")["webhooks"] == {"registered": 1, "waiting": 1, "delivered": 0, "given_up": 0}


@pytest.mark.parametrize(("protocol", "idle_s"), [("HTTP/1.0", None), ("HTTP/1.1", 0.1)])
def test_a_listener_that_closes_connections_loses_nothing(sim: Running, protocol: str, idle_s: float | None) -> None:
    with listening(protocol, idle_s) as listener:
        sim.hook(listener.url, "messaging")
        friend = sim.friend("priya")
        for number in range(4):
            sim.chat("priya", friend)
            sim.advance(seconds=0)
            assert len(listener.bodies) == number + 1, "delivered at once, not by a retry"
            time.sleep(0.2)


def test_a_nonsensical_answer_is_none(sim: Running) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))
        server.listen()
        sim.hook(f"http://127.0.0.1:{server.getsockname()[1]}/", "messaging")
        sim.chat("priya", sim.friend("priya"))

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"hello\r\n\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        sim.advance(seconds=0)
        thread.join()
    assert sim.sim("GET", "/clock")["next"] == "2026-11-02T08:01:00.000Z", "it is tried again"


def test_told_to_double_it_doubles(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.sim("POST", "/webhooks/faults", {"match": {"event": "message_received"}, "double": 4, "times": 1})
    sim.chat("priya", sim.friend("priya"))
    sim.chat("priya", sim.friend("priya"))
    sim.advance(seconds=0)
    assert len(listener.bodies) == 6 and len(set(listener.bodies)) == 2


def test_told_to_be_late_it_is_late(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.sim("POST", "/webhooks/faults", {"match": {"account_id": "priya"}, "delay_s": 7200})
    sim.chat("priya", sim.friend("priya"))
    sim.chat("bob", sim.friend("bob"))
    sim.advance(seconds=7199)
    assert [body["account_id"] for body in listener.heard] == ["bob"]
    sim.advance(seconds=1)
    assert [body["account_id"] for body in listener.heard] == ["bob", "priya"]


def test_told_to_be_out_of_order_the_next_one_overtakes_it(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.sim("POST", "/webhooks/faults", {"out_of_order": True, "times": 1})
    friend = sim.friend("priya")
    for text in ("one", "two", "three"):
        sim.chat("priya", friend, text=text)
    sim.advance(seconds=0)
    assert [body["message"] for body in listener.heard] == ["two", "one", "three"]


def test_out_of_order_with_nothing_behind_it_comes_after_an_hour(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.sim("POST", "/webhooks/faults", {"out_of_order": True})
    sim.chat("priya", sim.friend("priya"))
    sim.advance(minutes=59)
    assert listener.heard == []
    sim.advance(minutes=1)
    assert len(listener.heard) == 1


def test_told_to_send_a_wrong_secret_it_does(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.sim("POST", "/webhooks/faults", {"wrong_secret": True, "times": 1})
    for _ in range(2):
        sim.chat("priya", sim.friend("priya"))
    sim.advance(seconds=0)
    assert [headers["unipile-auth"] for headers in listener.headers] == ["wrong", "a long secret"]


def test_webhook_faults_end_when_they_are_removed(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.sim("POST", "/webhooks/faults", {"double": 1})
    sim.sim("DELETE", "/webhooks/faults")
    sim.chat("priya", sim.friend("priya"))
    sim.advance(seconds=0)
    assert len(listener.heard) == 1


def test_flushing_delivers_what_waits_without_moving_the_clock(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "users")
    sim.act("connect_by_hand", "priya", sim.stranger("priya"))
    assert sim.sim("POST", "/webhooks/flush") == {"webhooks": 1}
    assert len(listener.of("new_relation")) == 1 and sim.now() == "2026-11-02T08:00:00.000Z"


def test_flushing_a_running_clock_delivers_each_once(tmp_path: Path, listener: Listener) -> None:
    running = Running(tmp_path / "real", clock="real")
    try:
        running.seed({"id": "a"})
        running.hook(listener.url, "users")
        running.hook(listener.url, "messaging")
        for _ in range(5):
            running.act("connect_by_hand", "a", running.stranger("a", ignore_invites=False))
            running.chat("a", running.friend("a"))
        assert running.sim("POST", "/webhooks/flush")["webhooks"] >= 4, "new relations are hours late otherwise"
        wait_until(lambda: len(listener.heard) == 10)
        assert len(set(listener.bodies)) == 10 and running.sim("GET", "/state")["webhooks"]["waiting"] == 0
    finally:
        running.stop()


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ({"source": "messaging"}, "missing_parameters"),
        ({"request_url": "http://127.0.0.1:9/x"}, "missing_parameters"),
        ({"request_url": "ftp://127.0.0.1/x", "source": "messaging"}, "invalid_url"),
        ({"request_url": "http://127.0.0.1:9/x", "source": "people"}, "invalid_parameters"),
        (
            {"request_url": "http://127.0.0.1:9/x", "source": "messaging", "events": ["new_relation"]},
            "invalid_parameters",
        ),
        ({"request_url": "http://127.0.0.1:9/x", "source": "messaging", "headers": {"a": "b"}}, "invalid_parameters"),
    ],
)
def test_a_wrong_webhook_is_refused(sim: Running, order: dict[str, object], kind: str) -> None:
    assert refusal(sim.client.post("/api/v1/webhooks", json=order)) == (400, kind)
