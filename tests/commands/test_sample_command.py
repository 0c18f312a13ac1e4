"""manage sample and sample_files, with a simulator that is there, is not, or has lost everything."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_scopes import scope, scopes_disabled

from accounts import ledger
from accounts.models import Connection, CreditBalance, Member, Sender, User, Workspace
from campaigns.building import practice, sample
from outreach import clock
from prospects import imports
from prospects.models import Prospect, Relationship
from tests.simulator.running import KEY, Running, free_port

SEATS = {"seat-bob", "seat-priya", "seat-alice", "seat-mara", "seat-vera"}


@pytest.fixture
def simulator(tmp_path: Path, settings: Any, db: None) -> Iterator[Running]:
    """A simulator that nobody has seeded, named in the settings."""
    running = Running(tmp_path / "simulator", clock="real")
    settings.SIMULATOR_URL = f"http://127.0.0.1:{running.port}"
    settings.SIMULATOR_API_KEY = KEY
    settings.PUBLIC_URL = "http://127.0.0.1:9"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # ours is slow on purpose
    yield running
    running.stop()


def say(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def tidewell() -> Workspace:
    return Workspace.objects.get(slug="tidewell")


def lose_everything(running: Running, settings: Any) -> None:
    """The simulator starts again with an empty folder, on another port."""
    running.kill()
    running.state = running.state.with_name("another")
    running.start()
    settings.SIMULATOR_URL = f"http://127.0.0.1:{running.port}"


def test_the_sample_is_two_workspaces_whose_people_can_sign_in(simulator: Running) -> None:
    said = say("sample", "--if-empty")
    with scopes_disabled():
        people = {member.user.email: (member.workspace.slug, member.role) for member in Member.objects.all()}
    assert people == {
        "alice@tidewell.example": ("tidewell", "admin"),
        "mara@tidewell.example": ("tidewell", "manager"),
        "bob@tidewell.example": ("tidewell", "sdr"),
        "priya@tidewell.example": ("tidewell", "sdr"),
        "vera@tidewell.example": ("tidewell", "viewer"),
        "charlie@otherside.example": ("otherside", "admin"),
    }
    assert all(email in said for email in people)
    password = said.rpartition("Password of all of them: ")[2].strip()
    assert len(password) == 19
    assert all(Client().login(username=email, password=password) for email in people)
    assert say("sample") == said.replace("The simulator holds 1,000 people and 5 practice seats.\n", "")


def test_the_simulator_holds_the_practice_seats_and_tells_us_what_happens(simulator: Running) -> None:
    said = say("sample")
    state = simulator.sim("GET", "/state")
    assert set(state["accounts"]) == SEATS and state["people"] == practice.PEOPLE and state["options"]["newcomers"]
    assert f"{practice.PEOPLE:,} people" in said
    hooks = simulator.items("/webhooks")
    assert len(hooks) == 3 and {hook["request_url"].partition("/hooks/")[0] for hook in hooks} == {"http://127.0.0.1:9"}
    with scope(workspace=tidewell()):
        senders = {sender.provider_account: sender for sender in Sender.objects.all()}
        assert set(senders) == SEATS and {sender.state for sender in senders.values()} == {"active"}
        for balance in CreditBalance.objects.filter(cap__gt=0):
            account = state["accounts"][balance.sender.provider_account]
            assert set(account["balances"].values()) == {balance.available}


def test_doing_it_again_changes_nothing(simulator: Running) -> None:
    say("sample")
    before = simulator.items("/webhooks"), simulator.sim("GET", "/state")["accounts"]
    with scopes_disabled():
        senders = list(Sender.objects.order_by("pk").values())
        say("sample")
        assert list(Sender.objects.order_by("pk").values()) == senders
    assert (simulator.items("/webhooks"), simulator.sim("GET", "/state")["accounts"]) == before
    assert Workspace.objects.count() == 2


def test_a_simulator_that_lost_its_state_gets_everything_back(
    simulator: Running, settings: Any, tmp_path: Path
) -> None:
    say("sample")
    workspace = tidewell()
    with scope(workspace=workspace):
        priya = Sender.objects.get(name="Priya Raman")
        content = (
            b"First Name,Last Name,URL,Email Address,Company,Position,Connected On\r\n"
            b"Ada,Quist,https://www.linkedin.com/in/ada-quist,,Nordlys,VP Sales,04 May 2026\r\n"
            b"Ivo,Dahl,https://www.linkedin.com/in/ivo-dahl,,Nordlys,Buyer,04 May 2026\r\n"
        )
        imports.apply(content, by=priya.owner, sender=priya, name="connections.csv", now=clock.now())
        Relationship.objects.filter(prospect__slug="ivo-dahl").update(
            provider_id="ACoAA" + "i" * 34, degree="2", chat_id="gone"
        )
        balance = CreditBalance.objects.get(sender=priya)
        ledger.adjust(balance, 7 - balance.available, note="By hand", by=priya.owner, now=clock.now())
    lose_everything(simulator, settings)
    settings.PUBLIC_URL = "http://127.0.0.1:10"
    said = say("sample", "--if-empty")
    assert "practice seats" in said and "2 people of ours were introduced" in said
    state = simulator.sim("GET", "/state")
    assert set(state["accounts"]) == SEATS and state["accounts"]["seat-priya"]["balances"] == {"sales_navigator": 7}
    assert {hook["request_url"].partition("/hooks/")[0] for hook in simulator.items("/webhooks")} == {
        "http://127.0.0.1:10"
    }
    ada, ivo = (simulator.sim("GET", f"/people/{slug}") for slug in ("ada-quist", "ivo-dahl"))
    assert ada["degree"]["seat-priya"] == 1 and (ada["first_name"], ada["title"]) == ("Ada", "VP Sales")
    assert ivo["degree"]["seat-priya"] == 2 and ivo["provider_id"] == "ACoAA" + "i" * 34
    with scope(workspace=workspace):
        assert Relationship.objects.get(prospect__slug="ivo-dahl").chat_id == "", "its chat is gone with the simulator"
        assert Connection.objects.get().base_url == settings.SIMULATOR_URL


def test_another_address_of_ours_replaces_the_old_webhooks(simulator: Running, settings: Any) -> None:
    say("sample")
    settings.PUBLIC_URL = "http://127.0.0.1:10"
    say("sample")
    hooks = simulator.items("/webhooks")
    assert len(hooks) == 3 and all(hook["request_url"].startswith("http://127.0.0.1:10/") for hook in hooks)


def test_seats_that_somebody_elses_simulator_lacks_are_linked(simulator: Running) -> None:
    simulator.sim("POST", "/seed", {"seed": 1, "people": 5, "accounts": [{"id": "other", "plan": "free"}]})
    assert "5 practice seats were missing at the simulator and are back." in say("sample")
    state = simulator.sim("GET", "/state")
    assert set(state["accounts"]) == SEATS | {"other"} and state["people"] == 5 and state["options"]["newcomers"]


def test_without_a_simulator_the_workspace_is_there_and_says_what_is_missing(db: None, settings: Any) -> None:
    settings.SIMULATOR_URL, settings.SIMULATOR_API_KEY = f"http://127.0.0.1:{free_port()}", KEY
    said = say("sample", "--if-empty")
    assert "does not answer: start Parley with ./dev up" in said and "alice@tidewell.example" in said
    with pytest.raises(CommandError, match="does not answer: start Parley"):
        say("sample")


def test_it_is_refused_in_production(db: None, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="never made in production"):
        say("sample", "--if-empty")
    assert not User.objects.exists()


def test_a_database_with_other_workspaces_gets_no_sample_by_itself(simulator: Running, charlie: Member) -> None:
    assert say("sample", "--if-empty") == ""
    assert Workspace.objects.get() == charlie.workspace
    say("sample")
    assert tidewell().sample


def test_the_sample_files_can_be_imported_and_are_as_messy_as_real_ones(simulator: Running, tmp_path: Path) -> None:
    say("sample")
    said = say("sample_files", "--out", str(tmp_path / "files"))
    assert "connections.csv: 40 people whom Priya Raman knows" in said
    with scope(workspace=tidewell()):
        priya = Sender.objects.get(name="Priya Raman")
        known, others = (
            imports.apply(tmp_path / "files" / name, by=priya.owner, sender=of, name=name, now=clock.now())
            for name, of in (("connections.csv", priya), ("sales-navigator.csv", None))
        )
        assert (known.kind, others.kind) == ("linkedin_connections", "sales_navigator")
        assert (known.new, others.new) == (40, 40)
        assert known.invalid and known.duplicates and others.duplicates
        slugs = set(Prospect.objects.values_list("slug", flat=True))
    people = {person["slug"]: person["degree"] for person in simulator.people()}
    assert slugs <= set(people), "every one of them is somebody there"
    assert sum(people[slug]["seat-priya"] == 1 for slug in slugs) == 40


def test_sample_files_without_people_say_what_to_do(simulator: Running, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"run \./dev manage sample first"):
        say("sample_files", "--out", str(tmp_path))
    say("sample")
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="choose another folder"):
        say("sample_files", "--out", str(tmp_path / "file"))


def test_the_sample_seats_are_five() -> None:
    assert {seat.seat.account for seat in sample.SEATS} == SEATS
