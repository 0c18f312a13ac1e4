"""Days of the whole product on virtual time, on real parts: the promises hold, also when workers are killed."""

import json
from typing import Any

import pytest

from tests.platform.checkouts import Checkout

pytestmark = pytest.mark.slow


def lapse(checkout: Checkout, *arguments: str) -> dict[str, Any]:
    done = checkout.run("./dev", "timelapse", "--json", *arguments, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def without_durations(found: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in found.items() if key not in ("seconds", "touches_per_s")})


def test_the_same_seed_gives_the_same_days_and_they_keep_every_promise(checkout: Checkout) -> None:
    first = lapse(checkout, "--people", "30", "--days", "9", "--senders", "3", "--seed", "7")
    assert (first["duplicates"], first["breaches"], first["verify"]) == (0, 0, 0), first["problems"]
    assert {"planned", "sent", "accepted", "replied", "uncertain"} <= set(first["touches"]["dm"])
    assert {"granted", "spent", "returned", "clipped"} == set(first["credits"])
    assert first["touches"]["invite_note"]["accepted"] and first["touches"]["inmail"]["sent"]
    assert all(use["highest"] <= use["cap"] for use in first["allowances"])
    second = lapse(checkout, "--people", "30", "--days", "9", "--senders", "3", "--seed", "7")
    assert without_durations(first) == without_durations(second)


@pytest.mark.whole
def test_killed_workers_break_no_promise(checkout: Checkout) -> None:
    found = lapse(
        checkout, "--people", "40", "--days", "5", "--senders", "3", "--seed", "5", "--workers", "2", "--kill", "4"
    )
    assert found["workers_killed"] == 4
    assert (found["duplicates"], found["breaches"], found["verify"]) == (0, 0, 0), found["problems"]
    assert found["touches"]["dm"]["sent"] > 10


def test_a_time_lapse_that_cannot_be_played_says_so_in_one_sentence(checkout: Checkout) -> None:
    done = checkout.run("./dev", "timelapse", "--people", "0")
    assert done.returncode != 0
    assert "must be at least 1" in done.stderr
