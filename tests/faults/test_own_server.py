"""The database server itself dies, or has no room left, while workers send: real Celery workers, our web server and the
simulator are processes of their own, and the server is the test's own."""

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from django.test import Client

from campaigns.running.database import rows
from outreach.connectors import unipile
from tests.faults.own_server import OwnServer
from tests.faults.works import CHAT, SENDING, Works, in_doubt
from tests.outside import Simulator, until, web_server
from tests.stage import Stage, prove

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(transactional_db: None) -> Iterator[OwnServer]:
    made = OwnServer()
    yield made
    made.close()


@pytest.fixture
def stage(server: OwnServer, settings: Any, simulator: Simulator) -> Iterator[Stage]:
    with server.instead():
        yield from prove(settings, simulator)


@pytest.fixture
def works(stage: Stage) -> Iterator[Works]:
    made = Works()
    yield made
    made.close()


def ready(url: str) -> int:
    return httpx2.get(f"{url}/health/ready", timeout=30).status_code


def deliver(stage: Stage, url: str, text: str = "") -> tuple[int, str]:
    """The provider tells our web server that a stranger wrote this."""
    stranger = {"attendee_provider_id": "ACoAA-stranger", "attendee_name": "Ada Stranger"}
    body = {
        "event": "message_received",
        "account_id": "seat-bob",
        "account_info": {"type": "LINKEDIN", "feature": "classic", "user_id": "ACoAA-seat-bob"},
        "chat_id": "c-1",
        "message_id": "m-1",
        "message": text,
        "timestamp": "2026-11-02T09:00:00.000Z",
        "sender": stranger,
        "attendees": [stranger],
    }
    answer = httpx2.post(
        f"{url}/hooks/unipile/{stage.connection.hook}/",
        content=json.dumps(body),
        headers={unipile.HEADER: stage.connection.hook_secret},
        timeout=30,
    )
    return answer.status_code, answer.text


def is_away(stage: Stage, url: str, member: Client) -> None:
    """A page, the question of whoever watches, and a delivery: each gets its 503 with a sentence."""
    assert ready(url) == 503
    page = httpx2.get(url, cookies={name: morsel.value for name, morsel in member.cookies.items()}, timeout=30)
    assert page.status_code == 503 and "cannot reach its database" in page.text
    assert page.headers["Retry-After"] == "60"
    status, sentence = deliver(stage, url)
    assert status == 503 and "deliver this again" in sentence


def finish(stage: Stage, works: Works) -> None:
    """The same workers go on; then everything that is due takes its course."""
    until(lambda: not stage.outside.control("GET", "/state")["in_flight"], what="the calls to end")
    before = len(stage.accepted())
    stage.later(minutes=4)  # turns and leases of whoever lost the server have ended
    works.ring_until(lambda: len(stage.accepted()) > before, "the same workers to send")
    works.quiet()
    stage.pass_time(hours=3)


def test_a_server_killed_in_the_middle_of_sends_repeats_nothing_and_the_same_workers_go_on(
    server: OwnServer, stage: Stage, works: Works
) -> None:
    paid, invited = stage.people(2, tier=3), stage.people(4)
    stage.launch("senior", paid, "priya")
    stage.launch("volume", invited, "bob")
    member = Client()
    member.force_login(stage.members["mara"].user)
    stage.outside.fault(match=CHAT, times=1, latency_after_s=3)
    works.hire()
    with web_server() as url:
        assert ready(url) == 200
        works.ring_until(lambda: "inmail" in stage.accepted(), "an InMail unanswered", tasks=SENDING, midway=True)
        server.kill()
        is_away(stage, url, member)
        works.ring(*SENDING, times=2)
        server.start()
        assert ready(url) == 200
    assert "dispatching" in in_doubt()
    written = rows("SELECT count(*) AS n FROM campaigns_touch WHERE gate_at IS NOT NULL")[0]["n"]
    assert len(stage.accepted()) <= written  # nothing went out that is not written
    finish(stage, works)
    assert [stage.accepted(person) for person in paid] == [["inmail"]] * 2
    assert [stage.moved(person) for person in paid] == [["available to reserved", "reserved to spent"]] * 2
    assert [stage.accepted(person) for person in invited] == [["invite_note"]] * 4
    assert in_doubt() == []


def test_on_a_full_disk_nothing_is_sent_and_with_room_it_goes_on(server: OwnServer, stage: Stage, works: Works) -> None:
    paid, invited = stage.people(2, tier=3), stage.people(4)
    stage.launch("senior", paid, "priya")
    stage.launch("volume", invited, "bob")
    member = Client()
    member.force_login(stage.members["mara"].user)
    stage.outside.fault(match=CHAT, times=1, latency_after_s=3)
    works.hire()
    with web_server() as url:
        works.ring_until(lambda: "inmail" in stage.accepted(), "an InMail unanswered", tasks=SENDING, midway=True)
        server.fill()
        long = random.Random(17).randbytes(100_000).hex()  # no compression makes this fit
        status, sentence = deliver(stage, url, long)
        assert status == 503 and "deliver this again" in sentence
        server.use_up()
        is_away(stage, url, member)
        sent = until_still(stage)
        works.ring(times=3)
        works.quiet()
        assert stage.accepted() == sent
        server.make_room()
        server.start()
        assert ready(url) == 200
        assert deliver(stage, url, long) == (204, "")
    finish(stage, works)
    assert [stage.accepted(person) for person in paid] == [["inmail"]] * 2
    assert [stage.moved(person) for person in paid] == [["available to reserved", "reserved to spent"]] * 2
    assert [stage.accepted(person) for person in invited] == [["invite_note"]] * 4
    assert in_doubt() == []


def until_still(stage: Stage) -> list[str]:
    """What was accepted, once no call is under way."""
    until(lambda: not stage.outside.control("GET", "/state")["in_flight"], what="the calls to end")
    return stage.accepted()
