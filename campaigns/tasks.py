"""Doorbells: the clock is read here and nowhere below. What they find to do, they find in the database."""

from typing import Any

from celery import shared_task

from campaigns.running import house, inbound, planning, sync, turns
from outreach import clock
from outreach.connectors.base import ConnectorError
from prospects.imports import uploads, work


@shared_task(ignore_result=True)
def decide() -> None:
    while planning.decide_due(now=clock.now()):
        pass


@shared_task(ignore_result=True)
def tick() -> None:
    for turn in turns.claim(now=clock.now()):
        take_turn.delay(turn.as_message())


@shared_task(ignore_result=True)
def take_turn(message: dict[str, Any]) -> None:
    turns.take(turns.Turn.from_message(message))


@shared_task(ignore_result=True)
def work_inbound() -> None:
    while inbound.work(now=clock.now()) == inbound.BATCH:
        pass


@shared_task(ignore_result=True)
def keep_house() -> None:
    house.keep(now=clock.now())


@shared_task(ignore_result=True)
def look_around() -> None:
    for sender, what in sync.due(now=clock.now()):
        look.delay(sender, what)


@shared_task(ignore_result=True)
def look(sender: int, what: str) -> None:
    try:
        sync.LOOKS[what](sender, now=clock.now())
    except ConnectorError as error:
        sync.failed(sender, what, error)


@shared_task(ignore_result=True)
def keep_credits() -> None:
    house.keep_credits(now=clock.now())


@shared_task(ignore_result=True)
def work_imports() -> None:
    for number in work.waiting(now=clock.now()):
        work_import.apply_async((number,), expires=30)


@shared_task(ignore_result=True)
def work_import(number: int) -> None:
    work.work(number, clock=clock.now, changed=planning.facts_changed)


@shared_task(ignore_result=True)
def forget_files() -> None:
    uploads.forget_old(now=clock.now())
