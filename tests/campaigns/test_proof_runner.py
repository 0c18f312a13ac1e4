"""Every night, and when an admin asks, all promises are recomputed in the background, a part at a time."""

from datetime import timedelta
from typing import Any

import pytest
from django_scopes import scopes_disabled

from accounts.models import Role
from accounts.rights import NotAllowed
from campaigns import proof
from campaigns.models import ProofRun
from campaigns.proof import runner
from tests.campaigns.running_world import World, broken, world
from tests.cast import MONDAY, member, workspace

__all__ = ["world"]

pytestmark = pytest.mark.django_db

LATER = MONDAY + timedelta(days=90)


def runs(of: int) -> list[ProofRun]:
    with scopes_disabled():
        return list(ProofRun.objects.filter(workspace=of).order_by("pk"))


def finish(run: int, now: Any = LATER) -> ProofRun:
    while runner.work(run, now=now):
        pass
    with scopes_disabled():
        found: ProofRun = ProofRun.objects.get(pk=run)
    return found


def test_a_night_finds_that_every_promise_holds_and_says_what_was_looked_at(world: World) -> None:
    assert runner.begin_due(now=LATER) >= 1
    (begun,) = runs(world.workspace.pk)
    ended = finish(begun.pk)
    assert (ended.broken, ended.ended_at, ended.done) == (0, LATER, len(proof.PARTS))
    told = proof.verify([world.workspace.pk], now=LATER).as_dict()["checks"]
    assert ended.checks == told, "the same as the command finds"
    assert any(check["counted"] for check in ended.checks)


def test_a_broken_promise_is_kept_with_the_rows_that_show_it(world: World) -> None:
    runner.begin_due(now=LATER)
    (begun,) = runs(world.workspace.pk)
    with broken("UPDATE campaigns_touch SET decision = '{}'"):
        ended = finish(begun.pk)
    bad = [check for check in ended.checks if not check["ok"]]
    assert ended.broken == len(bad) > 0
    (decisions,) = [check for check in bad if check["name"].startswith("decisions")]
    assert decisions["breaches"][0]["rows"][0].startswith("touch:")


def test_a_night_is_due_once_and_again_the_night_after(world: World) -> None:
    evening = LATER.replace(hour=23, minute=0)
    assert runner.begin_due(now=evening) >= 1
    assert runner.begin_due(now=evening) == 0, "it is on its way"
    for run in runner.unfinished():
        finish(run, evening)
    assert runner.begin_due(now=evening + timedelta(hours=2)) == 0, "one in the morning is still this night"
    assert runner.begin_due(now=evening + timedelta(hours=4)) >= 1
    assert len(runs(world.workspace.pk)) == 2


def test_a_run_that_lost_its_worker_goes_on_where_it_was(world: World) -> None:
    runner.begin_due(now=LATER)
    (begun,) = runs(world.workspace.pk)
    assert runner.work(begun.pk, now=LATER)
    (half,) = runs(world.workspace.pk)
    assert half.done == 1 and half.ended_at is None and runner.unfinished() == [begun.pk]
    finish(begun.pk)
    assert runner.unfinished() == [] and not runner.work(begun.pk, now=LATER)


def test_who_asks_while_one_is_on_its_way_gets_that_one(world: World) -> None:
    admin = member(world.workspace, "Asking Admin", Role.ADMIN)
    first = runner.begin(by=admin, now=LATER)
    assert runner.begin(by=admin, now=LATER + timedelta(minutes=1)).pk == first.pk
    assert runner.begin_due(now=LATER) == 0 or len(runs(world.workspace.pk)) == 1


def test_only_admins_ask(world: World) -> None:
    for name, role in (("Max Reads", Role.MANAGER), ("Sam Sells", Role.SDR), ("Viv Views", Role.VIEWER)):
        with pytest.raises(NotAllowed):
            runner.begin(by=member(world.workspace, name, role), now=LATER)


def test_a_check_that_cannot_be_computed_is_told_as_broken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(values: Any) -> Any:
        raise ValueError("no")

    monkeypatch.setitem(proof.PARTS, "tenants", fail)
    runner.begin_due(now=LATER)
    (begun,) = runs(world.workspace.pk)
    ended = finish(begun.pk)
    assert ended.broken == 1 and "could not be recomputed (ValueError)" in ended.checks[-1]["breaches"][0]["sentence"]


def test_a_month_of_runs_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "KEPT", 2)
    for day in range(3):
        runner.begin_due(now=LATER + timedelta(days=day))
        finish(runs(world.workspace.pk)[-1].pk, LATER + timedelta(days=day))
    assert [run.began_at for run in runs(world.workspace.pk)] == [LATER + timedelta(days=day) for day in (1, 2)]


def test_a_workspace_founded_today_waits_for_its_first_night() -> None:
    fresh = workspace("Fresh")
    assert fresh.created_at <= MONDAY
    runner.begin_due(now=fresh.created_at + timedelta(minutes=1))
    assert runs(fresh.pk) == []
