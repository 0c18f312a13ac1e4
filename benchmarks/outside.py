"""The world outside of one leg of `path`: a simulator on a manual clock, and whoever answers its webhooks."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from benchmarks import processes
from benchmarks.worlds import START
from campaigns.timelapse.outside import Outside, iso


@contextmanager
def started(application: str) -> Iterator[Outside]:
    """A simulator that stands at START, and this ASGI application."""
    with tempfile.TemporaryDirectory(prefix="parley-benchmark-") as folder:
        ports = processes.free_port(), processes.free_port()
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        manual = ("--clock", "manual", "--start", iso(START))
        commands = processes.simulator(ports[0], Path(folder), *manual), processes.web(ports[1], application)
        with processes.running(*commands) as both:
            for address, path, process in zip(addresses, ("/sim/clock", "/health/live"), both, strict=True):
                processes.await_answer(address + path, process)
            outside = Outside(addresses[0], addresses[1])
            try:
                yield outside
            finally:
                outside.client.close()


def seed(outside: Outside, *, people: int, senders: int) -> None:
    """The same people and seats for the same numbers."""
    outside.control(
        "POST",
        "/seed",
        seed=7,
        people=people,
        start=iso(START),
        rates={"first_degree": 0.0},
        accounts=[
            {"id": f"seat-{n}", "name": f"Sender {n}", "plan": "sn_core", "provider_id": f"ACoAA-seat-{n}"}
            for n in range(1, senders + 1)
        ],
    )


def advance(outside: Outside, to: datetime) -> int:
    """Move its clock; how many webhooks were delivered meanwhile, each answered before this returns."""
    return int(outside.control("POST", "/clock/advance", to=iso(to))["webhooks"])
