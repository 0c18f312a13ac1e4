"""The database goes away under load: the next call has it back, and nothing is left half done."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from django.db import OperationalError, close_old_connections, connection, transaction

from campaigns.running import inbound, planning, seats, sync, turns
from campaigns.running.database import rows
from outreach import clock
from outreach.connectors import unipile
from tests.outside import until, web_server
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


CHAT = {"path_prefix": "/api/v1/chats", "method": "POST"}


def paid(stage: Stage) -> tuple[int, turns.Turn]:
    """Somebody who is to get an InMail, and the turn in which they get it; the profile is read."""
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    turns.profiles.freshen(turn.heads[0], now=stage.now)
    planning.decide_these([turn.heads[0].enrollment], now=stage.now)
    return person, turn


def paid_once(stage: Stage, person: int) -> None:
    """By the simulator's record and by the ledger."""
    assert stage.accepted(person) == ["inmail"]
    assert stage.moved(person) == ["available to reserved", "reserved to spent"]
    assert [touch["state"] for touch in stage.touches(person) if touch["gate_at"]] == ["sent"]
    assert (stage.balance("priya")["available"], stage.balance("priya")["reserved"]) == (49, 0)


def test_a_database_lost_between_the_call_and_its_record_loses_no_answer(stage: Stage) -> None:
    person, turn = paid(stage)
    stage.outside.fault(match=CHAT, times=1, latency_after_s=0.5)
    taking = Thread(task, turns.take, turn)
    until(lambda: stage.accepted(person), what="the simulator to accept it")
    assert cut_off() >= 1
    with pytest.raises(OperationalError):
        taking.result()
    assert stage.touch(person)["state"] == "dispatching" and stage.balance("priya")["reserved"] == 1
    stage.pass_time(hours=3)
    paid_once(stage, person)


def lose_a_deadlock(person: int, thread: Thread) -> Any:
    """We hold the rows that a gate and a record lock last; when the thread waits for them, we ask for the one that it
    locked first. Who looks for a deadlock first is the one refused: the thread after a second, we never. What it did
    after that."""
    until(waiting_for_locks, what="the thread to wait for the lanes")
    rows("SELECT set_config('deadlock_timeout', '10min', true)")
    rows("SELECT 1 FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (person,))
    assert not thread.over, "it tries again, and waits for us"


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_a_gate_that_really_loses_a_deadlock_passes_at_its_next_try(stage: Stage) -> None:
    person, turn = paid(stage)
    before = deadlocks()
    with transaction.atomic():
        rows("SELECT 1 FROM campaigns_lane ORDER BY id FOR NO KEY UPDATE")
        taking = Thread(turns.take, turn)
        lose_a_deadlock(person, taking)
    assert taking.result() == ["sent"] and until(lambda: deadlocks() > before, what="the count of deadlocks")
    paid_once(stage, person)


def test_a_record_that_really_loses_a_deadlock_is_written_at_its_next_try(stage: Stage) -> None:
    person, turn = paid(stage)
    stage.outside.fault(match=CHAT, times=1, latency_after_s=0.5)
    before = deadlocks()
    taking = Thread(turns.take, turn)
    until(lambda: stage.accepted(person), what="the simulator to accept it")
    with transaction.atomic():
        rows("SELECT 1 FROM campaigns_lane ORDER BY id FOR NO KEY UPDATE")
        lose_a_deadlock(person, taking)
    assert taking.result() == ["sent"] and until(lambda: deadlocks() > before, what="the count of deadlocks")
    paid_once(stage, person)


def test_a_pool_without_a_free_session_is_said_after_a_bounded_wait(stage: Stage) -> None:
    """Two requests wait for a table that we lock, with both sessions of the pool in their hands."""
    hook = f"/hooks/unipile/{stage.connection.hook}/"
    secret = {unipile.HEADER: stage.connection.hook_secret}

    def ask(url: str) -> tuple[int, float]:
        began = time.monotonic()
        return httpx2.get(f"{url}/health/ready", timeout=60).status_code, time.monotonic() - began

    with web_server(DATABASE_POOL="2", PARLEY_ROLE="run") as url:
        assert ask(url)[0] == 200
        with transaction.atomic():
            rows("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
            waiting = [Thread(ask, url) for _ in range(2)]
            until(lambda: waiting_for_locks() == 2, what="both sessions to wait")
            third = Thread(ask, url)
            delivery = httpx2.post(url + hook, json={"event": "x", "account_id": "y"}, headers=secret, timeout=60)
            assert delivery.status_code == 503 and "deliver this again" in delivery.text
            status, took = third.result()
            assert status == 503 and took < 30  # it waits ten seconds; this machine may be busy
        assert [thread.result()[0] for thread in waiting] == [200, 200]
        assert ask(url)[0] == 200
        assert httpx2.post(url + hook, json={"event": "x", "account_id": "y"}, headers=secret).status_code == 204
