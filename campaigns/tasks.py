"""Doorbells: the clock is read here and nowhere below. What they find to do, they find in the database."""

from typing import Any

from celery import shared_task

from accounts.api import once
from campaigns.inbox import presence, triage
from campaigns.metrics import rollups
from campaigns.proof import runner as proof_runner
from campaigns.running import house, inbound, planning, sync, turns
from outreach import clock
from outreach.connectors.failures import ConnectorError
from outreach.web import news
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
    turn = turns.Turn.from_message(message)
    turns.take(turn)
    for workspace in {head.workspace for head in turn.heads}:
        news.tell(workspace, "sent")


@shared_task(ignore_result=True)
def work_inbound() -> None:
    while inbound.work(now=clock.now()) == inbound.BATCH:
        pass


@shared_task(ignore_result=True)
def keep_house() -> None:
    house.keep(now=clock.now())
    triage.wake_due(now=clock.now())
    presence.forget(now=clock.now())


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
def keep_rollups() -> None:
    while rollups.keep() == rollups.BATCH:
        pass


@shared_task(ignore_result=True)
def forget_files() -> None:
    uploads.forget_old(now=clock.now())


@shared_task(ignore_result=True)
def forget_calls() -> None:
    once.sweep(now=clock.now())


@shared_task(ignore_result=True)
def prove() -> None:
    proof_runner.begin_due(now=clock.now())
    for run in proof_runner.unfinished():
        work_proof.apply_async((run,), expires=60)


@shared_task(ignore_result=True)
def work_proof(run: int) -> None:
    while proof_runner.work(run, now=clock.now()):
        pass
