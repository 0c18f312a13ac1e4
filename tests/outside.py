"""The processes around a test of the running path: the simulator on a manual clock, our web server, our workers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from django.db import connection

from campaigns.timelapse.outside import KEY, Outside, iso, stop
from tests.simulator.running import free_port

ROOT = Path(__file__).resolve().parents[1]
READY_S = 30.0


def until(said: Callable[[], Any], *, seconds: float = READY_S, what: str = "this") -> Any:
    """The first true answer of `said`, asked again and again. Fails when none comes."""
    end = time.monotonic() + seconds
    while not (answer := said()):
        assert time.monotonic() < end, f"Waited {seconds} s in vain for {what}."
        time.sleep(0.02)
    return answer


@dataclass
class Simulator(Outside):
    """A simulator process that can be ended, killed and started again with what it knew."""

    state: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="parley-outside-")))
    port: int = 0

    def start(self, at: datetime) -> None:
        command = [sys.executable, "-m", "outreach.simulator", "--port", str(self.port), "--state", str(self.state)]
        command += ["--api-key", KEY, "--clock", "manual", "--start", iso(at)]
        with (self.state / "log.txt").open("ab") as log:
            self.processes[:] = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)]
        until(self._answers, what="the simulator")

    def end(self) -> None:
        """Gone, as by kill -9: nobody listens at its address any more."""
        for process in self.processes:
            process.kill()
            process.wait()

    def fault(self, **order: Any) -> None:
        """Order a fault of requests."""
        self.control("POST", "/faults", **order)

    def _answers(self) -> bool:
        assert self.processes[0].poll() is None, (self.state / "log.txt").read_text()[-2000:]
        try:
            return self.client.get(f"{self.simulator_url}/sim/clock", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False


@contextmanager
def simulator(at: datetime) -> Iterator[Simulator]:
    """A simulator of one's own, ended with the block."""
    port = free_port()
    outside = Simulator(f"http://127.0.0.1:{port}", "", port=port)
    try:
        outside.start(at)
        yield outside
    finally:
        outside.client.close()
        stop(outside.processes)
        shutil.rmtree(outside.state, ignore_errors=True)


def environment(**more: str) -> dict[str, str]:
    """The environment of a process of ours on the test's database, in virtual time."""
    settings = connection.settings_dict
    host = quote(str(settings["HOST"]), safe="")
    where = f"postgresql://{settings['USER']}:{quote(settings['PASSWORD'])}@/{settings['NAME']}?host={host}"
    where += f"&port={settings['PORT']}" if settings["PORT"] else ""
    ours = {"DATABASE_URL": where, "MIGRATE_DATABASE_URL": where, "PARLEY_CLOCK": "virtual", "LOG_LEVEL": "WARNING"}
    return os.environ | ours | more


@contextmanager
def web_server(**more: str) -> Iterator[str]:
    """Our web server in a process of its own, on the test's database. Its address. `more`: of its environment."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "outreach.asgi:application", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--log-level", "warning", "--no-access-log"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env=environment(**more),
    )

    def answers() -> bool:
        assert process.poll() is None, "the web server ended"
        try:
            return httpx2.get(f"{url}/health/live", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    try:
        until(answers, what="the web server")
        yield url
    finally:
        stop([process])


WORK = """
import sys, signal
import django
django.setup()
from campaigns.running import gate, profiles, turns
from outreach import clock
for line in sys.stdin:
    for turn in turns.claim(now=clock.now()):
        if line == "claim\\n":
            print("claimed", flush=True); signal.pause()
        if line == "gate\\n":
            for head in turn.heads:
                profiles.freshen(head, now=clock.now())
                print(type(gate.enter(head, turn.token)).__name__, flush=True)
            signal.pause()
        print(*turns.take(turn), flush=True)
    print("done", flush=True)
"""
"""A worker that takes the turns there are for every line it reads; told `claim` or `gate`, it stands still after
that."""


class Worker:
    """A worker process of ours, to be killed in the middle of its work."""

    def __init__(self, work: str = WORK, **more: str) -> None:
        environ = environment(DJANGO_SETTINGS_MODULE="outreach.settings", **more)
        self.process = subprocess.Popen(
            [sys.executable, "-c", work],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ring(self, word: str = "tick") -> None:
        """Have it work, without waiting for it."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def heard(self) -> str:
        """The next line that it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """SIGKILL: no clean-up, no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
