"""Practice senders that people add: a seat of their own at the simulator, once, and back when the simulator lost it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope

from accounts.models import Connection, CreditBalance, Member, Plan, Sender
from accounts.rights import NotAllowed
from campaigns.building import practice, practice_seats, seat_credits
from campaigns.building.seats import BadSender
from tests.cast import MONDAY, Tidewell, alice, bob, charlie, in_tidewell, mara, priya, tidewell, vera
from tests.simulator.running import KEY, Running, free_port

__all__ = ["alice", "bob", "charlie", "in_tidewell", "mara", "priya", "tidewell", "vera"]


@pytest.fixture
def simulator(tmp_path: Path, settings: Any, db: None) -> Iterator[Running]:
    """A simulator that nobody has seeded, named in the settings."""
    running = Running(tmp_path / "simulator", clock="real")
    settings.SIMULATOR_URL = f"http://127.0.0.1:{running.port}"
    settings.SIMULATOR_API_KEY = KEY
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    yield running
    running.stop()


def lose_everything(running: Running, settings: Any) -> None:
    """The simulator starts again with an empty folder, on another port."""
    running.kill()
    running.state = running.state.with_name("another")
    running.start()
    settings.SIMULATOR_URL = f"http://127.0.0.1:{running.port}"


def add(owner: Member, name: str = "Practice", plan: str = "business", **more: Any) -> Sender:
    by = more.pop("by", owner)
    return practice_seats.add(owner.workspace, owner, plan, name, "Europe/London", by=by, now=MONDAY, **more)


def seats(running: Running) -> dict[str, Any]:
    found: dict[str, Any] = running.sim("GET", "/state")["accounts"]
    return found


def test_an_sdr_gets_a_seat_of_their_own_with_the_credits_of_the_ledger(simulator: Running, bob: Member) -> None:
    sender = add(bob)
    with scope(workspace=bob.workspace):
        assert (sender.state, sender.connector, sender.owner_id) == ("active", "simulator", bob.pk)
        assert (sender.consent_by_id, sender.consent_at) == (bob.pk, MONDAY)
        assert CreditBalance.objects.get(sender=sender).available == 15
    assert seats(simulator)[sender.provider_account]["balances"] == {"premium": 15}
    hooks = simulator.items("/webhooks")
    assert {one["id"] for hook in hooks for one in hook["account_ids"]} == {sender.provider_account}


def test_the_same_name_twice_is_one_sender_and_one_seat(simulator: Running, bob: Member) -> None:
    assert add(bob).pk == add(bob, "  practice ").pk
    assert len(seats(simulator)) == 1 and len(simulator.items("/webhooks")) == practice.HOOK_SOURCES


def test_a_name_that_another_sender_has_is_refused(simulator: Running, tidewell: Tidewell) -> None:
    with pytest.raises(BadSender, match="Another sender has this name"):
        add(tidewell.bob, "Priya Raman")
    add(tidewell.priya, "Mine")
    with pytest.raises(BadSender, match="Another sender has this name"):
        add(tidewell.bob, "Mine")


def test_two_workspaces_never_share_a_seat_and_hear_only_of_their_own(
    simulator: Running, bob: Member, charlie: Member
) -> None:
    ours, theirs = add(bob), add(charlie)
    assert {ours.provider_account, theirs.provider_account} == set(seats(simulator))
    heard = {hook["request_url"]: {one["id"] for one in hook["account_ids"]} for hook in simulator.items("/webhooks")}
    assert sorted(heard.values(), key=str) == sorted([{ours.provider_account}, {theirs.provider_account}], key=str)


def test_seats_of_all_workspaces_survive_a_simulator_that_lost_its_state(
    simulator: Running, settings: Any, bob: Member, charlie: Member
) -> None:
    ours, theirs, third = add(bob), add(charlie, plan="free"), add(bob, "Another", "sales-navigator-core")
    lose_everything(simulator, settings)
    assert seats(simulator) == {}
    done = practice.tend_all(base_url=settings.SIMULATOR_URL, public_url=settings.PUBLIC_URL, now=MONDAY)
    assert done.planted and done.linked == 3 and done.hooked
    again = seats(simulator)
    assert set(again) == {ours.provider_account, theirs.provider_account, third.provider_account}
    assert again[third.provider_account]["balances"] == {"sales_navigator": 50}
    assert len(simulator.items("/webhooks")) == 2 * practice.HOOK_SOURCES
    nothing = practice.tend_all(base_url=settings.SIMULATOR_URL, public_url=settings.PUBLIC_URL, now=MONDAY)
    assert nothing == practice.Tended()


def test_without_a_simulator_nothing_is_left_behind(bob: Member, settings: Any, in_tidewell: object) -> None:
    settings.SIMULATOR_URL, settings.SIMULATOR_API_KEY = f"http://127.0.0.1:{free_port()}", KEY
    with pytest.raises(practice.OutOfReach, match="does not answer: start Parley"):
        add(bob)
    settings.SIMULATOR_URL = ""
    with pytest.raises(practice_seats.NoSimulator, match="There is no simulator here"):
        add(bob)
    assert not Connection.objects.exists() and not Sender.objects.filter(name="Practice").exists()


def test_a_seat_that_the_simulator_refuses_leaves_no_sender(
    simulator: Running, settings: Any, bob: Member, in_tidewell: object
) -> None:
    settings.SIMULATOR_API_KEY = "another key"
    with pytest.raises(practice.OutOfReach, match="answered 401"):
        add(bob)
    assert not Sender.objects.filter(name="Practice").exists() and not Connection.objects.exists()


def test_who_may_add_one(simulator: Running, tidewell: Tidewell) -> None:
    with pytest.raises(NotAllowed):
        add(tidewell.vera)
    with pytest.raises(NotAllowed):
        add(tidewell.priya, by=tidewell.bob)
    with pytest.raises(NotAllowed):
        add(tidewell.bob, by=tidewell.mara)
    assert add(tidewell.vera, by=tidewell.alice).owner_id == tidewell.vera.pk


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"plan": "platinum"}, "plan"),
        ({"hours": {"mon": [["17:00", "09:00"]]}}, "hours"),
        ({"hours": {"mon": []}}, "hours"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    what: dict[str, Any], field: str, simulator: Running, bob: Member
) -> None:
    with pytest.raises(BadSender) as refused:
        add(bob, **what)
    assert refused.value.field == field and str(refused.value).endswith(".")
    assert seats(simulator) == {}


def test_a_plan_of_an_admins_own_gives_the_seat_its_grant_and_cap(
    simulator: Running, bob: Member, in_tidewell: object
) -> None:
    mine = Plan.objects.get(code="recruiter-lite")
    Plan.objects.filter(pk=mine.pk).update(code="our-recruiters")
    sender = add(bob, plan="our-recruiters")
    seat = seats(simulator)[sender.provider_account]
    assert (seat["plan"], seat["balances"]) == ("recruiter_lite", {"recruiter": 30})


def test_another_plan_reaches_the_seat_too(simulator: Running, tidewell: Tidewell) -> None:
    sender = add(tidewell.bob)
    with scope(workspace=tidewell.workspace):
        core = Plan.objects.get(code="sales-navigator-core")
        seat_credits.change_plan(sender, core, by=tidewell.alice, now=MONDAY)
        sender.refresh_from_db()
        assert practice.switch_plan(sender, now=MONDAY) and not practice.switch_plan(sender, now=MONDAY)
    assert seats(simulator)[sender.provider_account]["balances"] == {"sales_navigator": 50}


def test_the_seat_can_act_at_once(simulator: Running, bob: Member) -> None:
    sender = add(bob)
    found = simulator.client.get("/api/v1/accounts", headers={"X-API-KEY": KEY}).json()["items"]
    assert [one["id"] for one in found] == [sender.provider_account]
    assert datetime.fromisoformat(simulator.sim("GET", "/clock")["now"])
