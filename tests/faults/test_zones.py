"""Time zones change their rules between planning and sending: working hours are wall time, and the gate asks again."""

import zoneinfo
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from pathlib import Path

import pytest

from campaigns.running import allowances, turns
from campaigns.running.database import rows
from tests.outside import Worker
from tests.stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)


def compiled(zone: str) -> bytes:
    """The rules of a zone as files hold them."""
    for place in zoneinfo.TZPATH:
        if (file := Path(place, zone)).is_file():
            return file.read_bytes()
    return resources.files("tzdata.zoneinfo").joinpath(zone).read_bytes()


@pytest.fixture
def reformed(stage: Stage, tmp_path: Path) -> Iterator[Worker]:
    """A worker with a newer list of zones, in which Berlin keeps the time of Lisbon."""
    for zone, rules in (("Europe/Berlin", "Europe/Lisbon"), ("UTC", "UTC")):
        file = tmp_path / zone
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(compiled(rules))
    worker = Worker(PYTHONTZPATH=str(tmp_path))
    yield worker
    worker.close()


def test_a_gate_asks_the_rules_of_its_own_day(stage: Stage, reformed: Worker) -> None:
    person, bob = stage.person(), stage.senders["bob"].pk
    stage.launch("volume", [person])
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    turns.profiles.freshen(turn.heads[0], now=stage.now)
    rows(
        "UPDATE accounts_sender SET zone = 'Europe/Berlin', hours = %s WHERE id = %s",
        ('{"tue": [["09:00", "17:00"]]}', bob),
    )
    allowances.refresh([bob], now=stage.now)
    stage.later(minutes=3)
    stage.settle()
    nine_in_berlin = datetime.fromisoformat("2026-11-03T08:00:00+00:00")
    assert stage.allowance("invites")["allowed_at"] == nine_in_berlin and stage.accepted() == []
    stage.go_to(nine_in_berlin)
    reformed.ring()
    while reformed.heard() != "done":
        pass
    assert stage.accepted() == [] and stage.touch(person)["state"] == "planned"
    nine_in_lisbon = datetime.fromisoformat("2026-11-03T09:00:00+00:00")
    assert stage.allowance("invites")["allowed_at"] == nine_in_lisbon
    stage.go_to(nine_in_lisbon)
    reformed.ring()
    while reformed.heard() != "done":
        pass
    assert stage.accepted(person) == ["invite_note"]
