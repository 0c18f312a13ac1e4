"""Everything happens twice and at once: workers, doorbells, messages. One of them does it, the others leave."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from campaigns.running import house, inbound, planning, turns
from campaigns.running.database import rows
from campaigns.running.turns import Turn
from tests.outside import Worker
from tests.stage import Stage
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workers(stage: Stage) -> Iterator[list[Worker]]:
    made = [Worker(), Worker()]
    yield made
    for worker in made:
        worker.close()


def until_done(worker: Worker) -> None:
    """It has worked off the line that it was given last."""
    while (said := worker.heard()) != "done":
        assert worker.process.poll() is None or said, "the worker ended"


def test_two_workers_of_one_sender_keep_its_gap_and_its_day(stage: Stage, workers: list[Worker]) -> None:
    people = stage.people(6)
    stage.launch("volume", people)
    rows("UPDATE campaigns_allowance SET day_cap = 4 WHERE budget = 'invites'")
    for _ in range(16):
        stage.decide()
        for worker in workers:
            worker.ring()
        for worker in workers:
            until_done(worker)
        stage.later(seconds=31)
    at = sorted(
        datetime.fromisoformat(item["at"]) for item in stage.outside.accepted() if item["kind"] == "invite_note"
    )
    assert len(at) == 4
    assert all(later - earlier >= timedelta(seconds=90) for earlier, later in pairwise(at))
    assert sorted(map(len, map(stage.accepted, people))) == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("times", [2, 4])
def test_one_turn_delivered_several_times_at_once_is_taken_once(stage: Stage, times: int) -> None:
    paid, connected = stage.person(tier=3), stage.person(connected_to="priya")
    stage.launch("senior", [paid], "priya")
    stage.launch("volume", [connected], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    message = turn.as_message()
    assert len(turn.heads) == 2
    at_once(times, lambda _: turns.take(Turn.from_message(message)))
    turns.take(Turn.from_message(message))  # and once more, when all is done
    stage.pass_time(hours=1)
    assert (stage.accepted(paid), stage.accepted(connected)) == (["inmail"], ["dm"])
    assert stage.moved(paid) == ["available to reserved", "reserved to spent"]
    assert {touch["attempt"] for touch in (*stage.sent_to(paid), *stage.sent_to(connected))} == {1}


def test_whatever_beat_rings_may_ring_twice_at_once(stage: Stage) -> None:
    people = [*stage.people(3), *stage.people(2, tier=3)]
    stage.launch("volume", people[:3], "bob")
    stage.launch("senior", people[3:], "priya")

    def bells(_: int) -> None:
        for _ in range(3):
            planning.decide_due(now=stage.now)
            inbound.work(now=stage.now)
            house.keep(now=stage.now)
            house.keep_credits(now=stage.now)
            for turn in turns.claim(now=stage.now):
                turns.take(turn)

    for _ in range(4):
        at_once(2, bells)
        stage.later(minutes=2)
    assert [stage.accepted(person) for person in people] == [["invite_note"]] * 3 + [["inmail"]] * 2
    stage.go_to(stage.now + timedelta(days=30))  # a new month, and its grant
    at_once(2, bells)
    granted = rows(
        "SELECT cause FROM accounts_credittransfer WHERE cause LIKE 'grant:%%' AND balance_id = %s",
        (stage.balance("priya")["id"],),
    )
    assert len(granted) == len({grant["cause"] for grant in granted}) == 2
