"""The three clocks, and what the same seed promises."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import BUSINESS, CORE, FREE
from tests.simulator.running import Listener, Running, wait_until


def test_a_manual_clock_stands_still_until_it_is_moved(sim: Running) -> None:
    assert sim.sim("GET", "/clock") == {
        "mode": "manual",
        "factor": 1.0,
        "now": "2026-11-02T08:00:00.000Z",
        "next": "2026-11-15T00:00:00.000Z",  # a seat's renewal
    }
    time.sleep(0.05)
    assert sim.now() == "2026-11-02T08:00:00.000Z"
    assert sim.advance_to("2026-11-02T08:00:01.500Z")["now"] == "2026-11-02T08:00:01.500Z"


def test_a_manual_clock_never_runs_backwards(sim: Running) -> None:
    answer = sim.client.post("/sim/clock/advance", json={"to": "2026-11-02T07:59:59.999Z"})
    assert answer.status_code == 400 and "never runs backwards" in answer.json()["error"]


@pytest.mark.parametrize("to", ["tomorrow", "2026-11-03T08:00:00", None, 5])
def test_a_wrong_instant_is_refused_with_a_sentence(sim: Running, to: Any) -> None:
    answer = sim.client.post("/sim/clock/advance", json={"to": to})
    assert answer.status_code == 400 and answer.json()["error"].endswith(".")


def test_next_says_when_something_is_due(sim: Running) -> None:
    person = sim.stranger("priya", accept_after_h=1.5)
    sim.invite("priya", person)
    assert sim.sim("GET", "/clock")["next"] == "2026-11-02T09:30:00.000Z"
    sim.advance_to("2026-11-02T09:30:00.000Z")
    assert sim.sim("GET", f"/people/{person['slug']}")["degree"]["priya"] == 1


def test_jumping_from_next_to_next_is_the_same_as_one_long_jump(process: Running, listener: Listener) -> None:
    def live(stepwise: bool) -> tuple[Any, list[bytes]]:
        listener.bodies.clear()
        play_a_week(process, listener)
        end = "2026-12-20T00:00:00.000Z"
        while stepwise and (following := process.sim("GET", "/clock")["next"]) is not None and following < end:
            process.advance_to(following)
        process.advance_to(end)
        return process.sim("GET", "/state"), list(listener.bodies)

    assert live(stepwise=True) == live(stepwise=False)


def play_a_week(running: Running, listener: Listener, seed: int = 7) -> None:
    """A week of invites, messages and InMails over three seats, each by its own rules."""
    running.seed(CORE, FREE, BUSINESS, people=150, seed=seed)
    running.hook(listener.url, "messaging")
    running.hook(listener.url, "users")
    people = running.people()
    for number, person in enumerate(people):
        account = ("priya", "mara", "bob")[number % 3]
        if person["degree"][account] == 1:
            running.chat(account, person, text=f"Hello {person['first_name']}")
        elif number % 4:
            running.invite(account, person, f"Hello {person['first_name']}" if account != "mara" else None)
        elif account == "priya":
            running.inmail(account, person)
        if number % 25 == 0:
            running.advance(days=1, minutes=number)


def test_the_same_seed_gives_the_same_record_and_the_same_webhooks(process: Running, listener: Listener) -> None:
    runs = []
    for seed in (7, 7, 8):
        listener.bodies.clear()
        play_a_week(process, listener, seed)
        process.advance(days=40)
        runs.append((process.client.get("/sim/accepted?limit=10000").content, list(listener.bodies)))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert len(runs[0][1]) > 50


def test_outcomes_do_not_depend_on_the_order_of_calls(process: Running) -> None:
    outcomes = []
    for backwards in (False, True):
        process.seed({"id": "a", "plan": "career", "weekly_cap": None}, people=200)
        people = [p for p in process.people() if p["degree"]["a"] != 1 and not p["needs_email"]]
        sent = {
            p["slug"]: process.invite("a", p, "Hi").json()["invitation_id"] for p in people[:: -1 if backwards else 1]
        }
        process.advance(days=30)
        outcomes.append((sent, {p["slug"]: p["connected_at"] for p in process.people()}))
    assert outcomes[0] == outcomes[1]


def test_a_real_clock_is_the_clock_on_the_wall_and_cannot_be_moved(tmp_path: Path, listener: Listener) -> None:
    running = Running(tmp_path / "real", clock="real")
    try:
        running.seed(CORE)
        running.hook(listener.url, "messaging")
        answer = running.client.post("/sim/clock/advance", json={"to": "2100-01-01T00:00:00.000Z"})
        assert answer.status_code == 400 and "--clock manual" in answer.json()["error"]
        before = time.time()
        running.chat("priya", running.friend("priya", reply={"after_h": 0.5 / 3600, "text": "Yes"}))
        wait_until(lambda: len(listener.heard) == 2)
        assert time.time() - before >= 0.5
        assert [body["message"] for body in listener.heard] == ["Hello there", "Yes"]
    finally:
        running.stop()


def test_an_accelerated_clock_hurries_people_and_no_limit(tmp_path: Path, listener: Listener) -> None:
    running = Running(tmp_path / "fast", "--factor", "36000", clock="accelerated")
    try:
        running.seed(CORE | {"weekly_cap": 1})
        running.hook(listener.url, "users")
        running.hook(listener.url, "messaging")
        person = running.stranger("priya", accept_after_h=5, ignore_invites=None)
        other = running.stranger("priya")
        assert running.invite("priya", person, "Hi").status_code == 200
        wait_until(lambda: listener.of("new_relation") and listener.of("message_received"), seconds=5)
        time.sleep(1)  # ten accelerated hours
        assert running.invite("priya", other).json()["type"] == "errors/cannot_resend_yet", "the week is a real week"
        [touch] = running.accepted("invite_note")
        assert abs(time.time() - _seconds(touch["at"])) < 20, "stamps are on the wall clock"
    finally:
        running.stop()


def _seconds(instant: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(instant).timestamp()
