"""A worker is killed at every point of a touch. By the simulator's own record nobody gets it twice, and nobody is
forgotten."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from campaigns.running import reconcile
from campaigns.running.database import rows
from tests.outside import Worker, until
from tests.stage import Stage
from tests.threads import waiting_for_locks

pytestmark = pytest.mark.django_db(transaction=True)
CHAT = {"path_prefix": "/api/v1/chats", "method": "POST"}


@pytest.fixture
def worker(stage: Stage) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


@pytest.fixture
def person(stage: Stage) -> int:
    """Somebody who is to get an InMail now."""
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    return person


def aftermath(stage: Stage, person: int) -> list[str]:
    """Hours later, with everything done that is due; the states of the attempts that passed the gate."""
    stage.pass_time(hours=4)
    assert stage.accepted(person) == ["inmail"]
    assert stage.moved(person)[-2:] == ["available to reserved", "reserved to spent"]
    stuck = rows("SELECT id FROM campaigns_touch WHERE state IN ('reserved', 'dispatching', 'uncertain')")
    assert stuck == []
    return [touch["state"] for touch in stage.touches(person) if touch["gate_at"]]


def test_killed_after_the_claim_it_is_claimed_again(stage: Stage, worker: Worker, person: int) -> None:
    worker.ring("claim")
    assert worker.heard() == "claimed"
    worker.kill()
    assert stage.touch(person)["state"] == "planned" and stage.moved(person) == []
    assert aftermath(stage, person) == ["sent"]


def test_killed_inside_the_gate_nothing_of_it_is_left(stage: Stage, worker: Worker, person: int) -> None:
    with transaction.atomic():
        worker.ring()  # the profile is read, then the worker waits for the person's row, which we hold
        rows("SELECT 1 FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (person,))
        until(waiting_for_locks, what="the worker to wait in its transaction")
        worker.kill()
    assert stage.touch(person)["state"] == "planned" and stage.moved(person) == []
    assert stage.allowance("inmail", "priya")["ring"] == []
    assert aftermath(stage, person) == ["sent"]


def test_killed_between_the_gate_and_the_call_it_is_looked_for_and_then_goes_once(
    stage: Stage, worker: Worker, person: int
) -> None:
    worker.ring("gate")
    assert worker.heard() == "Dispatch"
    worker.kill()
    assert stage.touch(person)["state"] == "dispatching" and stage.accepted() == []
    assert aftermath(stage, person) == ["not_sent", "sent"]


@pytest.mark.parametrize(
    ("fault", "states"),
    [({"latency_s": 1.0, "status": 500}, ["not_sent", "sent"]), ({"latency_s": 0.5}, ["sent"])],
    ids=["it never arrived", "it arrived"],
)
def test_killed_during_the_call_the_outside_decides(
    stage: Stage, worker: Worker, person: int, fault: dict[str, Any], states: list[str]
) -> None:
    stage.outside.fault(match=CHAT, times=1, **fault)
    worker.ring()
    until(lambda: stage.touch(person)["state"] == "dispatching", what="the gate")
    until(lambda: stage.outside.control("GET", "/faults")["requests"][0]["struck"], what="the call")
    worker.kill()
    until(lambda: not stage.outside.control("GET", "/state")["in_flight"], what="the simulator to finish")
    assert aftermath(stage, person) == states


def test_killed_after_the_answer_and_before_the_record_it_is_found(stage: Stage, worker: Worker, person: int) -> None:
    stage.outside.fault(match=CHAT, times=1, latency_after_s=0.5)
    worker.ring()
    until(lambda: stage.accepted(person), what="the simulator to accept it")
    with transaction.atomic():
        rows("SELECT 1 FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (person,))
        until(waiting_for_locks, what="the worker to record the answer")
        worker.kill()
    assert stage.touch(person)["state"] == "dispatching"
    assert aftermath(stage, person) == ["sent"]


def test_killed_after_the_record_nothing_is_left_to_do(stage: Stage, worker: Worker, person: int) -> None:
    worker.ring()
    until(lambda: stage.sent_to(person), what="the record")
    worker.kill()
    assert aftermath(stage, person) == ["sent"]


def test_a_whole_crew_killed_again_and_again_reaches_everybody_once(stage: Stage) -> None:
    people = stage.people(8, tier=3)
    stage.launch("senior", people, "priya")
    for number in range(4):
        stage.decide()
        worker = Worker()
        stage.outside.fault(match=CHAT, times=1, latency_after_s=0.4)
        seen = len(stage.accepted())
        worker.ring()
        until(lambda seen=seen: len(stage.accepted()) > seen, what=f"crew {number} to reach somebody")
        worker.close()
        stage.later(minutes=4)
        reconcile.reap(now=stage.now)
    stage.pass_time(hours=5)
    assert sorted(stage.accepted()) == ["inmail"] * 8
    assert [stage.accepted(person) for person in people] == [["inmail"]] * 8
    assert (stage.balance("priya")["available"], stage.balance("priya")["reserved"]) == (42, 0)
