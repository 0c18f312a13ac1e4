"""Workers that want the same credit at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from accounts import ledger
from tests.accounts.amounts import amounts


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("workers", "wanted"), [(2, 5), (4, 4)])
def test_the_last_credits_go_to_as_many_workers_as_there_are_credits(open_balance, now, workers, wanted):
    career = open_balance("career")
    for touch in range(wanted - 1):
        ledger.reserve(career.pk, touch=touch, now=now)
    start = Barrier(workers)

    def want(touch: int) -> bool:
        try:
            start.wait(10)
            with transaction.atomic():
                return ledger.reserve(career.pk, touch=touch, now=now)
        except ledger.NotEnoughCredits:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        won = list(pool.map(want, range(100, 100 + workers)))
    assert sum(won) == 5 - (wanted - 1)
    assert amounts(career) == (0, 5)
    assert ledger.proof() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["reserve", "post", "void", "give_back"])
def test_the_same_movement_by_two_workers_is_one_movement(open_balance, now, verb):
    career = open_balance("career")
    if verb != "reserve":
        ledger.reserve(career.pk, touch=1, now=now)
    if verb == "give_back":
        ledger.post(career.pk, touch=1, now=now)
    more = {"sent_at": now, "responded_at": now} if verb == "give_back" else {}
    start = Barrier(2)

    def move(_: int) -> bool:
        try:
            start.wait(10)
            with transaction.atomic():
                return getattr(ledger, verb)(career.pk, touch=1, now=now, **more)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(move, range(2))) == [False, True]
    assert ledger.proof() == []


@pytest.mark.django_db(transaction=True)
def test_a_balance_in_use_is_granted_next_time_and_nobody_waits(open_balance, now):
    busy, free = open_balance("career"), open_balance("career")
    later = now.replace(month=12)

    def grant() -> list[int]:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
            return ledger.grant_due(now=later)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        ledger.reserve(busy.pk, touch=1, now=now)
        assert pool.submit(grant).result() == [free.sender_id]
    assert ledger.grant_due(now=later) == [busy.sender_id]


@pytest.mark.django_db(transaction=True)
def test_two_workers_grant_a_month_once(open_balance, now):
    core = open_balance("sales-navigator-core")
    start = Barrier(2)

    def grant(_: int) -> list[int]:
        try:
            start.wait(10)
            return ledger.grant_due(now=now.replace(month=12))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(grant, range(2))) == [[], [core.sender_id]]
    assert amounts(core) == (100, 0)
