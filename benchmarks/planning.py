"""Megabytes of a worker that plans touches for everybody of a campaign, one batch after the other.

A process of its own calls `planning.decide_due` until nobody is due a decision, as the task of a worker does. Ours: the
most memory that it ever had resident; bound: the 300 MB that it may have. Beside it what the second half of the work
added to the first, in MB: what leaks, grows with the work. `errors`: people for whom no touch was planned, and 1 when
the bound is passed.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django_scopes import scope

from benchmarks import worlds
from benchmarks.line import Line
from benchmarks.worlds import START
from campaigns.building import campaigns
from campaigns.running import planning
from campaigns.running.database import rows

SIZES = {"XS": 400, "S": 20_000, "L": 1_000_000}
"""People."""
SENDERS = 50
MOST_MB = 300.0
AT_ONCE = 100_000
"""People enrolled at a time."""


def run(size: str) -> Iterator[Line]:
    people = SIZES[size]
    worlds.turn_to(START)
    world = worlds.found(SENDERS)
    ids = worlds.people(world.workspace.pk, people, "plan")
    with scope(workspace=world.workspace):
        campaign = campaigns.create("Plan", "volume", by=world.mara, seed=3, now=START)
        for first in range(0, people, AT_ONCE):
            campaigns.enroll(campaign, ids[first : first + AT_ONCE], world.senders, by=world.mara, now=START)
        campaigns.launch(campaign, by=world.mara, now=START)
    worlds.settle()
    program = f"import django; django.setup(); from benchmarks import planning; planning.work({people})"
    done = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True)
    half, most = json.loads(done.stdout)
    planned = rows("SELECT count(*) AS n FROM campaigns_touch WHERE state = 'planned'")[0]["n"]
    yield Line(
        bench="planning",
        case=f"a worker that planned {planned:,} touches; the second half added {most - half:.0f} MB",
        unit="MB",
        ours=most,
        bound=MOST_MB,
        ratio=most / MOST_MB,
        errors=people - planned + int(most >= MOST_MB),
    )


def work(people: int) -> None:
    """Plan for all; print the most memory so far after one half and after all, in MB."""
    done, half = 0, 0.0
    while found := planning.decide_due(now=START):
        done += found
        if not half and done >= people // 2:
            half = _most()
    print(json.dumps([half, _most()]))


def _most() -> float:
    """Of this program, not of the process that started it as getrusage would say. Linux only."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024
