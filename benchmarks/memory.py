"""Megabytes of each process under load. The bound is what each may have: 300 MB.

Web, worker with two children, beat and simulator run as `./dev up` starts them, on the real clock, with simulated
people who answer a thousand times faster. A campaign is launched for everybody, pages and webhooks are asked for
without a pause, and every process is looked at several times a second. What counts is the resident set, in which memory
shared between processes counts for each of them; the proportional set, which shares it out, is printed beside it.
`errors`: 1 when a process needs more than the bound, or ended.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
from django_scopes import scope

from benchmarks import processes, worlds
from benchmarks.line import Line
from benchmarks.worlds import World
from campaigns.building import campaigns, exports, sample
from campaigns.running.database import rows
from outreach import clock
from prospects import imports
from prospects.models import Prospect

SIZES = {"XS": (2, 30, 2.0), "S": (30, 1_000, 20.0), "L": (50, 20_000, 180.0)}
"""Senders, people, seconds of load."""
MOST_MB = 300.0
CHILDREN = 2


def run(size: str) -> Iterator[Line]:
    senders, people, seconds = SIZES[size]
    with tempfile.TemporaryDirectory(prefix="parley-benchmark-") as folder:
        ports = processes.free_port(), processes.free_port()
        simulator_url, web_url = (f"http://127.0.0.1:{port}" for port in ports)
        outer = (
            processes.simulator(ports[0], Path(folder), "--clock", "accelerated", "--factor", "1000"),
            processes.web(ports[1]),
        )
        celery = ["celery", "--quiet", "-A", "outreach", "--skip-checks"]
        inner = (
            [*celery, "worker", "-c", str(CHILDREN), "-l", "WARNING", "--without-gossip", "--without-mingle"],
            [*celery, "beat", "-l", "WARNING", "-s", f"{folder}/beat", "--pidfile="],
        )
        with processes.running(*outer) as both:
            processes.await_answer(f"{simulator_url}/sim/clock", both[0])
            processes.await_answer(f"{web_url}/health/live", both[1])
            world = _launch(senders, people, simulator_url, web_url, Path(folder))
            with processes.running(*inner) as (worker, beat):
                named = {"simulator": both[0].pid, "web": both[1].pid, "worker": worker.pid, "beat": beat.pid}
                most = _watch(named, web_url, seconds)
                ended = [name for name, pid in named.items() if not _memory(pid)]
        sent = rows(
            "SELECT count(*) AS n FROM campaigns_touch WHERE state = 'sent' AND workspace_id = %s",
            (world.workspace.pk,),
        )
    for name, (resident, proportional) in sorted(most.items()):
        yield Line(
            bench="memory",
            case=f"{name}, {sent[0]['n']} touches by {senders} senders, proportional {proportional:.0f} MB",
            unit="MB",
            ours=resident,
            bound=MOST_MB,
            ratio=resident / MOST_MB,
            errors=int(resident >= MOST_MB or name in ended),
        )


def _launch(senders: int, people: int, simulator_url: str, web_url: str, folder: Path) -> World:
    now = clock.now()
    seats = [
        {"id": f"seat-{n}", "name": f"Sender {n}", "plan": "sn_core", "provider_id": f"ACoAA-seat-{n}"}
        for n in range(1, senders + 1)
    ]
    sample.plant(simulator_url, {"seed": 7, "people": people, "accounts": seats}, anew=True)
    world = worlds.found(senders, simulator=simulator_url, key=processes.KEY, now=now)
    sample.hook(world.connection, web_url, now=now)
    with httpx2.Client(base_url=simulator_url, timeout=60, trust_env=False) as client:
        everyone = client.get("/sim/people", params={"limit": people}).json()["items"]
    path = folder / "people.csv"
    path.write_bytes(exports.sales_navigator_csv(everyone))
    with scope(workspace=world.workspace):
        imports.apply(path, by=world.bob, name=path.name, now=now)
        campaign = campaigns.create("Everybody", "senior", by=world.mara, seed=1, now=now)
        chosen = list(Prospect.objects.order_by("id").values_list("id", flat=True))
        campaigns.enroll(campaign, chosen, world.senders, by=world.mara, now=now)
        campaigns.launch(campaign, by=world.mara, now=now)
    return world


def _watch(named: dict[str, int], web_url: str, seconds: float) -> dict[str, tuple[float, float]]:
    """Ask for pages meanwhile; the most that each process had, resident and proportional."""
    most: dict[str, tuple[float, float]] = {}
    end = time.monotonic() + seconds
    with httpx2.Client(base_url=web_url, timeout=10, trust_env=False) as client:
        while time.monotonic() < end:
            for path in ("/", "/health/ready", "/no/such/page"):
                client.get(path, follow_redirects=True)
            processes_now = named | {
                f"worker child {n}": pid for n, pid in enumerate(_children(named["worker"]), start=1)
            }
            for name, pid in processes_now.items():
                if found := _memory(pid):
                    before = most.get(name, (0.0, 0.0))
                    most[name] = max(before[0], found[0]), max(before[1], found[1])
            time.sleep(0.2)
    return most


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _memory(pid: int) -> tuple[float, float] | None:
    """Resident and proportional megabytes; None when it is gone. Linux only."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    except (OSError, IndexError):
        return None
    return (sizes["Rss"] / 1024, sizes["Pss"] / 1024) if os.path.exists(f"/proc/{pid}") else None
