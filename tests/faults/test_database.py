"""The database goes away under load: the next call has it back, and nothing is left half done."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction

from campaigns.running import inbound, planning, seats, sync, turns
from campaigns.running.database import rows
from outreach import clock
from tests.outside import until
from tests.stage import Stage
from tests.threads import Thread, at_once, waiting_for_locks

pytestmark = pytest.mark.django_db(transaction=True)


def cut_off(names: str = "%") -> int:
    """End every other session of this database, as a restart does; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name LIKE %s",
            [names],
        )
        return int(cursor.fetchone()[0])


def task(verb: Callable[..., Any], *args: object) -> Any:
    """Call it as a worker calls a task: connections that broke are let go before and after."""
    close_old_connections()
    try:
        return verb(*args)
    finally:
        close_old_connections()


def test_a_session_that_is_cut_off_is_replaced_by_the_next_call(stage: Stage) -> None:
    stop, lost, done = threading.Event(), [], []

    def work() -> None:
        while not stop.is_set():
            try:
                task(lambda: rows("SELECT pg_sleep(0.01)"))
                done.append(1)
            except OperationalError as error:
                lost.append(str(error))

    worker = Thread(work)
    for _ in range(5):
        seen = len(done)
        while len(done) == seen:
            time.sleep(0.005)
        cut_off()
    seen = len(done)
    while len(done) < seen + 3:
        time.sleep(0.005)
    stop.set()
    worker.result()
    assert lost


def test_a_gate_that_loses_its_session_has_used_nothing_up(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    turns.profiles.freshen(turn.heads[0], now=stage.now)
    planning.decide_these([turn.heads[0].enrollment], now=stage.now)
    with transaction.atomic():
        rows("SELECT 1 FROM campaigns_lane ORDER BY id FOR NO KEY UPDATE")  # the last lock that a gate takes
        gate = Thread(turns.act, turn.heads[0], turn.token)
        until(waiting_for_locks, what="the gate to reach its last lock")
        assert cut_off() >= 1
        with pytest.raises(OperationalError):
            gate.result()
    assert stage.touch(person)["state"] == "planned" and stage.moved(person) == []
    assert stage.allowance("inmail", "priya")["ring"] == [] and stage.balance("priya")["reserved"] == 0
    stage.later(minutes=3)
    assert "sent" in stage.settle() and stage.accepted(person) == ["inmail"]


def test_an_event_whose_work_is_cut_off_is_worked_again_and_not_blamed(stage: Stage) -> None:
    """The database's absence says nothing about the event: it must not be put aside as poison."""
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    stage.reach(person)
    stage.does("reply", person, text="Let us talk.")
    found = seats.connector(stage.senders["bob"].pk, now=stage.now).chats().items
    events = [
        sync.event_of_message("seat-bob", "ACoAA-seat-bob", message, counterpart=chat.provider_id)
        for chat in found
        for message in seats.connector(stage.senders["bob"].pk, now=stage.now).messages(chat.chat_id).items
    ]
    inbound.store(stage.workspace.pk, stage.connection.pk, events, via="poll", now=stage.now)
    for _ in range(4):
        with transaction.atomic():
            rows("SELECT 1 FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (person,))
            working = Thread(lambda: inbound.work(now=stage.now))
            until(waiting_for_locks, what="the event's work to wait")
            until(lambda working=working: working.over or cut_off() is None, what="the work to end")
            with suppress(OperationalError):
                working.result()
    assert rows("SELECT 1 AS one FROM campaigns_inboundevent WHERE state = 'quarantined'") == []
    inbound.work(now=stage.now)
    assert stage.enrollment(person)["reason"] == "replied"


def test_under_load_with_the_database_going_away_nothing_happens_twice(stage: Stage) -> None:
    people = stage.people(10)
    stage.launch("volume", people, "bob", "priya")
    stop = threading.Event()

    def tick() -> None:
        planning.decide_due(now=clock.now())
        inbound.work(now=clock.now())
        for turn in turns.claim(now=clock.now()):
            turns.take(turn)

    def work(_: int) -> int:
        lost = 0
        while not stop.is_set():
            try:
                task(tick)
            except Exception:
                lost += 1
        return lost

    def disturb() -> None:
        for _ in range(6):
            time.sleep(0.15)
            cut_off()
        stop.set()

    trouble = Thread(disturb)
    lost = at_once(2, work)
    trouble.result()
    connection.close()  # ours was cut off with the others
    assert sum(lost) >= 1
    stage.pass_time(hours=5)
    assert [stage.accepted(person) for person in people] == [["invite_note"]] * 10
