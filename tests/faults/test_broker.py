"""The broker stops, is wiped, or tells everything twice; workers are stopped and killed as whole processes with their
children. Real Celery workers and a real Valkey of each test's own: nothing but PostgreSQL knows what is due."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from campaigns.running import turns
from campaigns.running.database import rows
from tests.faults.works import CHAT, SENDING, Works, in_doubt
from tests.outside import until
from tests.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def works(stage: Stage) -> Iterator[Works]:
    made = Works()
    yield made
    made.close()


def test_a_broker_that_is_away_and_comes_back_empty_loses_nothing_and_causes_no_burst(
    stage: Stage, works: Works, settings: Any
) -> None:
    settings.CELERY_BROKER_URL = works.broker.url
    people = stage.people(4)
    stage.launch("volume", people[:3])
    works.hire()
    works.ring_until(lambda: len(stage.accepted()) == 1, "the first invite")
    member = Client()
    member.force_login(stage.members["mara"].user)
    works.lose()
    stage.later(minutes=10)
    assert Client().get("/health/ready").status_code == 200
    assert member.get("/").status_code == 200  # whoever is signed in stays so: sessions are rows
    stage.launch("volume", people[3:])  # planning goes on
    works.open()
    works.ring_until(lambda: len(stage.accepted()) >= 2, "what fell due meanwhile")
    works.ring(times=3)
    works.quiet()
    assert len(stage.accepted()) == 2  # in pace: the gap holds however much is overdue
    for count in (3, 4):
        stage.later(seconds=95)
        works.ring_until(lambda count=count: len(stage.accepted()) == count, f"invite {count}")
    assert [stage.accepted(person) for person in people] == [["invite_note"]] * 4 and in_doubt() == []
    assert member.get("/").status_code == 200


def test_a_message_told_again_and_again_also_after_it_was_done_is_done_once(stage: Stage, works: Works) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    stage.outside.fault(match=CHAT, times=1, latency_s=0.3)
    message = (turn.as_message(),)
    for _ in range(4):
        works.bell.send_task("campaigns.tasks.take_turn", message)
    works.hire()
    works.ring_until(lambda: stage.sent_to(person), "the InMail", times=3)
    for _ in range(3):
        works.bell.send_task("campaigns.tasks.take_turn", message)
    works.ring(times=2)
    works.quiet()
    assert stage.accepted(person) == ["inmail"] and in_doubt() == []
    assert stage.moved(person) == ["available to reserved", "reserved to spent"]


def test_a_worker_told_to_stop_in_the_middle_of_its_sends_leaves_nothing_in_doubt(stage: Stage, works: Works) -> None:
    people = [stage.people(10), stage.people(10)]
    stage.launch("volume", people[0], "bob")
    stage.launch("volume", people[1], "priya")
    rows("UPDATE campaigns_allowance SET gap_s = 0")
    stage.outside.fault(match={"path_prefix": "/api/v1/users/invite"}, latency_s=0.1, latency_after_s=0.1)
    worker = works.hire()
    works.ring_until(lambda: len(stage.accepted()) >= 4, "some sends", tasks=SENDING, times=2, midway=True)
    worker.terminate()
    assert worker.wait(30) == 0
    assert in_doubt() == [] and 4 <= len(stage.accepted()) < 20
    stage.outside.client.delete(f"{stage.outside.simulator_url}/sim/faults")
    stage.later(minutes=3)
    stage.settle()
    assert [stage.accepted(person) for person in (*people[0], *people[1])] == [["invite_note"]] * 20


def test_a_worker_killed_with_all_its_children_is_followed_by_one_that_repeats_nothing(
    stage: Stage, works: Works
) -> None:
    paid, invited = stage.people(3, tier=3), stage.people(3)
    stage.launch("senior", paid, "priya")
    stage.launch("volume", invited, "bob")
    stage.outside.fault(match=CHAT, times=1, latency_after_s=2)
    works.hire()
    works.ring_until(lambda: "inmail" in stage.accepted(), "an InMail that is not answered", tasks=SENDING, midway=True)
    works.kill_all()
    assert "dispatching" in in_doubt()
    until(lambda: not stage.outside.control("GET", "/state")["in_flight"], what="the simulator to finish")
    stage.later(minutes=4)
    stage.pass_time(hours=3)
    assert [stage.accepted(person) for person in paid] == [["inmail"]] * 3
    assert [stage.accepted(person) for person in invited] == [["invite_note"]] * 3
    assert [stage.moved(person) for person in paid] == [["available to reserved", "reserved to spent"]] * 3
    assert in_doubt() == []


def test_messages_of_another_version_cost_nobody_a_touch(stage: Stage, works: Works) -> None:
    """What an older or a newer version left in the queue: a task that is no more, a turn in another shape."""
    person, other = stage.people(2, tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    message = turn.as_message()
    strange = [{**message, "heads": [{**head, "more": 1} for head in message["heads"]]}, {"sender": message["sender"]}]
    works.bell.send_task("campaigns.tasks.that_is_no_more", ({"a": 1},))
    for one in strange:
        works.bell.send_task("campaigns.tasks.take_turn", (one,))
    works.bell.send_task("campaigns.tasks.tick", ("an argument too many",))
    stage.launch("senior", [other], "priya")
    works.hire()
    works.ring()
    works.quiet()
    stage.later(seconds=turns.CLAIM.total_seconds() + 1)
    works.ring_until(lambda: len(stage.accepted()) == 1, "the touch whose message could not be read")
    stage.later(minutes=2)
    works.ring_until(lambda: len(stage.accepted()) == 2, "the other one")
    assert (stage.accepted(person), stage.accepted(other)) == (["inmail"], ["inmail"]) and in_doubt() == []
