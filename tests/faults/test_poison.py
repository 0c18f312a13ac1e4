"""Rows that nobody can work and answers that cannot be true: put aside with their reason, while the others go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread as PlainThread
from typing import Any

import httpx2
import pytest

from accounts.models import Connection
from campaigns.inbox import answers
from campaigns.running import planning, reconcile, touches
from campaigns.running.database import rows
from outreach.connectors import failures
from tests.campaigns.test_recording import dispatching
from tests.campaigns.test_triage import replied
from tests.stage import Stage

CHAT = {"path_prefix": "/api/v1/chats", "method": "POST"}


def looks(stage: Stage) -> None:
    """The three looks for what is uncertain, and what follows from them."""
    for minutes in (2, 11, 61, 5):
        stage.later(minutes=minutes)
        stage.keep_house()
        stage.settle()


def test_the_same_words_said_a_moment_before_are_no_evidence(stage: Stage) -> None:
    """A member writes the same short answer twice within a minute. The second never arrives: the first, which did, must
    not be taken for it."""
    thread = replied(stage)
    person, bob = thread.prospect_id, stage.members["bob"]
    answers.answer(thread, "Thank you!", key="a", by=bob, now=stage.now)
    stage.later(seconds=11)
    assert stage.take_turns() == ["sent"]
    stage.later(seconds=10)
    answers.answer(thread, "Thank you!", key="b", by=bob, now=stage.now)
    stage.outside.fault(match=CHAT, times=1, status=500)
    stage.later(seconds=15)
    assert stage.take_turns() == ["uncertain"]
    looks(stage)
    assert [(t["state"], t["refusal"]) for t in stage.touches(person)][-2:] == [("sent", ""), ("not_sent", "not_found")]
    assert stage.accepted(person) == ["dm", "dm"]


def test_a_look_that_breaks_keeps_nobody_else_in_doubt(stage: Stage) -> None:
    """The first seat's connection is gone, so that nobody can look there; the second's touch is found all the same."""
    lost, found = stage.person(tier=3), stage.person(tier=3)
    for person, sender in ((lost, "bob"), (found, "priya")):
        passed = dispatching(stage, "senior" if sender == "priya" else "volume", person, sender)
        passed.connector.hand_over(passed.outgoing)
        touches.mark_uncertain(passed.head.touch, "The worker died.", now=stage.now)
    rows("UPDATE accounts_sender SET connection_id = NULL, state = 'paused' WHERE id = %s", (stage.senders["bob"].pk,))
    for _ in range(3):
        stage.later(minutes=2)
        stage.keep_house()
    assert stage.touch(found)["state"] == "sent"
    assert stage.touch(lost)["state"] == "uncertain" and "guided" in stage.touch(lost)["evidence"]
    rows("UPDATE accounts_sender SET connection_id = %s WHERE id = %s", (stage.connection.pk, stage.senders["bob"].pk))
    stage.later(minutes=2)
    stage.keep_house()
    assert stage.touch(lost)["state"] == "sent"


def test_whom_nobody_can_decide_for_keeps_nobody_else_waiting(stage: Stage) -> None:
    """A time zone that a newer list of zones has no more: nothing can be reckoned for that sender."""
    broken, healthy = stage.people(2), stage.people(2)
    stage.launch("volume", broken, "bob")
    stage.launch("volume", healthy, "priya")
    rows("UPDATE accounts_sender SET zone = 'Mars/Olympus' WHERE id = %s", (stage.senders["bob"].pk,))
    stage.decide()
    assert [len(stage.touches(person)) for person in (*broken, *healthy)] == [0, 0, 1, 1]
    stage.go_to(stage.now + timedelta(days=1))
    stage.keep_house()
    assert [stage.sender(name)["limits_on"] == stage.now.date() for name in ("bob", "priya")] == [False, True]
    rows("UPDATE accounts_sender SET zone = 'UTC' WHERE id = %s", (stage.senders["bob"].pk,))
    stage.later(hours=1)
    for _ in range(3):
        stage.settle()
        stage.later(minutes=2)
    assert [stage.accepted(person) for person in (*broken, *healthy)] == [["invite_note"]] * 4


def test_whom_no_gate_can_judge_keeps_nobody_else_of_the_turn_waiting(stage: Stage) -> None:
    """Own fields that are no fields: what a defect of ours may leave behind. The same turn has a message to carry."""
    broken, other = stage.person(), stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [broken], "bob")
    stage.launch("volume", [other], "bob")
    stage.decide()
    rows("UPDATE prospects_prospect SET custom = '[1]' WHERE id = %s", (broken,))
    assert stage.take_turns() == ["put_off", "sent"]
    assert stage.accepted(other) == ["dm"] and stage.touch(broken)["state"] == "planned"
    stage.later(minutes=3)
    assert stage.take_turns() == [], "it is left alone for a while"
    rows("UPDATE prospects_prospect SET custom = '{}' WHERE id = %s", (broken,))
    stage.later(minutes=10)
    assert "sent" in stage.settle() and stage.accepted(broken) == ["invite_note"]


@contextmanager
def repeating(to: str) -> Iterator[str]:
    """A provider that answers every message with the id of its first. Its address; `to` is who really takes them."""
    first: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
            }
            answer = httpx2.request(self.command, to + self.path, content=body, headers=headers)
            content = answer.content
            if self.command == "POST" and self.path.startswith("/api/v1/chats") and answer.status_code < 300:
                mine = answer.json()["message_id"]
                first.append(mine)
                content = content.replace(mine.encode(), first[0].encode())
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _pass_on

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    PlainThread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_an_answer_with_the_id_of_another_message_is_uncertain_and_found(stage: Stage) -> None:
    people = stage.people(2, tier=3)
    stage.launch("senior", people, "priya")
    with repeating(stage.outside.simulator_url) as url:
        Connection.objects.update(base_url=url)
        outcomes = []
        for _ in range(3):
            outcomes += stage.settle()
            stage.later(minutes=2)
        assert [one for one in outcomes if one in ("sent", "uncertain")] == ["sent", "uncertain"]
        looks(stage)
    Connection.objects.update(base_url=stage.outside.simulator_url)
    assert [[t["state"] for t in stage.touches(person) if t["gate_at"]] for person in people] == [["sent"], ["sent"]]
    ids = {stage.sent_to(person)[0]["provider_message"] for person in people}
    assert len(ids) == 2 and [stage.accepted(person) for person in people] == [["inmail"], ["inmail"]]
    assert stage.balance("priya")["available"] == 48


def test_a_reply_of_ten_megabytes_is_followed_by_nothing_and_keeps_nobody_from_being_heard(stage: Stage) -> None:
    """Nobody reads an answer of that length. Whose chat it is may have replied, so that no follow-up goes there; what
    others say is heard."""
    huge, other = stage.people(2, connected_to="bob")
    stage.launch("volume", [huge, other])
    for person in (huge, other):
        stage.reach(person)
    stage.later(hours=1)
    stage.does("reply", other, text="Let us talk.")
    stage.does("reply", huge, text="Tell me more. " * 750_000)
    with pytest.raises(failures.Unknown):
        stage.hear("bob")
    assert stage.enrollment(other)["reason"] == "replied"
    for _ in range(8):
        stage.later(days=1)
        stage.settle()
    assert (stage.accepted(huge), stage.accepted(other)) == (["dm"], ["dm"])
    assert stage.enrollment(huge)["cause"] == "stale_inbox"


def test_what_the_planner_put_off_is_due_again(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    rows("UPDATE accounts_sender SET zone = 'Mars/Olympus'")
    assert planning.decide_due(now=stage.now) == 1
    assert stage.enrollment(person)["decide_at"] == stage.now + timedelta(minutes=10)
    assert planning.decide_due(now=stage.now) == 0
    rows("UPDATE accounts_sender SET zone = 'UTC'")
    stage.later(minutes=10)
    assert stage.settle() == ["sent"] and reconcile.undecided(stage.workspace.pk)["n"] == 0
