"""What was answered is still known after kill -9, and starting is quick and small."""

import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.simulator.conftest import BUSINESS, CORE, FREE
from tests.simulator.running import KEY, ROOT, Listener, Running, free_port, wait_until


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started = []

    def start(*options: str, clock: str = "manual") -> Running:
        running = Running(tmp_path / "state", *options, clock=clock)
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()


def everything(running: Running) -> dict[str, Any]:
    """All that can be seen of a simulator."""
    accounts = [a["id"] for a in running.seeded["accounts"]]
    return {
        "accepted": running.accepted(),
        "state": running.sim("GET", "/state") | {"webhooks": None},
        "people": running.people(),
        "clock": running.sim("GET", "/clock"),
        "ledger": running.sim("GET", "/ledger"),
        "faults": running.sim("GET", "/faults"),
        "webhooks": running.items("/webhooks"),
        "chats": running.items("/chats", limit=250),
        "messages": running.items("/messages", limit=250),
        "relations": [running.items("/users/relations", account_id=a) for a in accounts],
        "invitations": [running.items("/users/invite/sent", account_id=a, limit=100) for a in accounts],
    }


def busy(running: Running, listener: Listener) -> None:
    """Something of everything."""
    running.seed(CORE, FREE, BUSINESS, people=120, options={"premium_second_inmail": "always"})
    running.hook(listener.url, "messaging")
    running.hook(listener.url, "users")
    people = running.people()
    for number, person in enumerate(people[:60]):
        account = ("priya", "bob")[number % 2]
        if person["degree"][account] == 1:
            running.chat(account, person)
        elif number % 5 == 0:
            running.inmail("priya", person)
        else:
            running.invite(account, person, "Hi")
    running.advance(days=3)
    sent = running.items("/users/invite/sent", account_id="bob")[0]
    running.client.delete(f"/api/v1/users/invite/sent/{sent['id']}", params={"account_id": "bob"})
    running.stranger("mara", degree={"mara": 1}, reply={"after_h": 1, "text": "Hi"})
    post = next(p for person in people if (p := running.items(f"/users/{person['slug']}/posts", account_id="bob")))[0]
    running.client.post("/api/v1/posts/reaction", json={"account_id": "bob", "post_id": post["social_id"]})
    running.sim("POST", "/faults", {"status": 500, "match": {"account_id": "nobody"}})
    running.sim("POST", "/account/mara", {"status": "restricted", "days": 9})


def test_nothing_is_lost_by_kill_9(start: Callable[..., Running], listener: Listener) -> None:
    running = start()
    busy(running, listener)
    before = everything(running)
    running.kill()
    running.start()
    assert everything(running) == before


def test_life_goes_on_after_kill_9_as_it_would_have_without(start: Callable[..., Running], listener: Listener) -> None:
    running = start()
    ends = []
    for killed in (False, True):
        listener.bodies.clear()
        busy(running, listener)
        if killed:
            running.kill()
            running.start()
        running.advance(days=60)
        ends.append((everything(running), list(listener.bodies)))
    assert ends[0] == ends[1]


def test_what_was_answered_in_the_instant_of_kill_9_is_known(start: Callable[..., Running]) -> None:
    running = start()
    running.seed({"id": "a", "weekly_cap": None}, people=2000, rates={"first_degree": 0, "needs_email": 0})
    people, answered = running.people(), []

    def invite_until_the_end() -> None:
        for person in people:
            try:
                answered.append(running.invite("a", person).json()["invitation_id"])
            except httpx2.TransportError:
                return

    caller = threading.Thread(target=invite_until_the_end)
    caller.start()
    time.sleep(0.4)
    running.process.kill()
    caller.join()
    running.kill()
    running.start()
    known = [touch["invitation_id"] for touch in running.accepted()]
    assert len(answered) > 50
    assert known[: len(answered)] == answered and len(known) <= len(answered) + 1


def test_grants_of_the_months_it_was_off_are_caught_up(start: Callable[..., Running]) -> None:
    running = start()
    running.seed({"id": "a", "plan": "sn_core", "grant": 1, "credits": 0}, start="2026-01-15T00:00:00.000Z")
    running.kill()
    running.options = ("--clock", "real")
    running.start()
    today = datetime.now(UTC)
    months = (today.year - 2026) * 12 + today.month - 1
    wait_until(lambda: running.balance("a") == min(150, months))
    assert running.sim("GET", "/clock")["mode"] == "real"


def test_a_torn_last_line_is_cut_off(start: Callable[..., Running], tmp_path: Path) -> None:
    running = start()
    running.seed(CORE)
    running.invite("priya", running.stranger("priya"))
    running.kill()
    journal = tmp_path / "state" / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'[["touch","2",[2,179')
    running.start()
    assert len(running.accepted()) == 1
    assert journal.read_bytes() == whole


def test_starting_makes_the_journal_compact(start: Callable[..., Running], tmp_path: Path) -> None:
    running = start()
    running.seed(CORE)
    person = running.stranger("priya")
    for number in range(1500):
        running.script(person, accept_after_h=number)
    before = everything(running)
    running.kill()
    journal = tmp_path / "state" / "journal.jsonl"
    size = journal.stat().st_size
    running.start()
    assert journal.stat().st_size < size / 4
    assert everything(running) == before


def test_five_thousand_people_and_ten_seats_start_in_3_s_and_150_mb(start: Callable[..., Running]) -> None:
    running = start()
    seats = [{"id": f"seat{n}", "plan": "sn_core", "weekly_cap": None, "acceptance_floor": None} for n in range(10)]
    running.seed(*seats, people=5000)
    people = running.people()
    for number, person in enumerate(people[:2000]):
        running.invite(f"seat{number % 10}", person, f"Hello {person['first_name']}, we met at the fair.")
    running.advance(days=30)
    running.kill()
    began = time.monotonic()
    running.start()
    took = time.monotonic() - began
    megabytes = psutil.Process(running.process.pid).memory_info().rss / 1e6
    assert len(running.accepted()) > 1500
    assert took < 3 and megabytes < 150, f"{took:.1f} s, {megabytes:.0f} MB"


def test_a_full_disk_stops_it_and_what_was_answered_is_kept(start: Callable[..., Running]) -> None:
    running = start()
    running.seed(
        {"id": "a", "plan": "career", "weekly_cap": None}, people=2000, rates={"first_degree": 0, "needs_email": 0}
    )
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))
    answered = []
    with pytest.raises(httpx2.TransportError):
        for person in running.people():
            answered.append(running.invite("a", person, "Hello").json()["invitation_id"])
    assert running.process.wait(timeout=5) == 1
    output = running.process.stdout
    assert output is not None and "the journal cannot be written" in output.read()
    running.start()
    assert [touch["invitation_id"] for touch in running.accepted()] == answered


def test_a_state_in_use_is_refused_with_one_sentence(start: Callable[..., Running], tmp_path: Path) -> None:
    start()
    command = [
        sys.executable,
        "-m",
        "outreach.simulator",
        "--port",
        str(free_port()),
        "--state",
        str(tmp_path / "state"),
    ]
    done = subprocess.run([*command, "--api-key", KEY], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "Another simulator already works with" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_refused_with_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", free_port()))
        holder.listen()
        port = str(holder.getsockname()[1])
        command = [sys.executable, "-m", "outreach.simulator", "--port", port, "--state", str(tmp_path / "other")]
        done = subprocess.run([*command, "--api-key", KEY], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and port in done.stderr and "Traceback" not in done.stderr


def test_what_was_played_by_hand_goes_on_with_a_running_clock(start: Callable[..., Running]) -> None:
    """What is still to come takes as long as it does there, counted from the start, once."""
    running = start()
    running.seed(FREE, people=20)
    running.chat("mara", running.stranger("mara", degree={"mara": 1}, reply={"after_h": 10, "kind": "interested"}))
    running.advance(hours=1)
    running.kill()
    running.options = ("--clock", "accelerated", "--factor", "60")
    running.start()
    due = datetime.fromisoformat(running.sim("GET", "/clock")["next"])
    assert 0 < (due - datetime.now(UTC)).total_seconds() <= 541, "nine hours at 60 times the speed"
    running.kill()
    running.start()
    assert datetime.fromisoformat(running.sim("GET", "/clock")["next"]) == due, "not a second time"
