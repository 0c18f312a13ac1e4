"""The processes around a time-lapse: the simulator on a manual clock, and our web server for its webhooks."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import httpx2

READY_S = 30
KEY = "time-lapse-key"


class NoOutside(Exception):
    """A process around the time-lapse could not be started. The message is one sentence."""


def iso(at: datetime) -> str:
    """An instant as the simulator writes it: UTC with milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Outside:
    """Addresses of the simulator and of our web server, and the simulator's control plane."""

    simulator_url: str
    web_url: str
    key: str = KEY
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=600))

    def control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self.client.request(method, f"{self.simulator_url}/sim{path}", json=body or None)
        if answer.status_code >= 400:
            raise NoOutside(f"The simulator refused {path}: {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found

    def next_at(self) -> datetime | None:
        told = self.control("GET", "/clock")["next"]
        return parse(told) if told else None

    def advance(self, to: datetime) -> datetime | None:
        """Move the simulator's clock; every webhook due until then is answered before this returns. Its next moment."""
        told = self.control("POST", "/clock/advance", to=iso(to))["next"]
        return parse(told) if told else None

    def accepted(self) -> list[dict[str, Any]]:
        """The simulator's own record of every touch it accepted."""
        items: list[dict[str, Any]] = []
        while True:
            page = self.control("GET", f"/accepted?after={len(items)}&limit=5000")
            items += page["items"]
            if len(items) >= page["total"]:
                return items

    def replies(self) -> list[dict[str, Any]]:
        """Every message that a person wrote to a seat, by the simulator's own record."""
        items: list[dict[str, Any]] = []
        while True:
            page = self.control("GET", f"/replies?after={len(items)}&limit=5000")
            items += page["items"]
            if len(items) >= page["total"]:
                return items

    def in_flight(self) -> int:
        """How many requests the simulator is still working on."""
        return int(self.control("GET", "/state")["in_flight"])

    def people(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        while True:
            page = self.control("GET", f"/people?offset={len(items)}&limit=1000")
            items += page["items"]
            if len(items) >= page["total"] or not page["items"]:
                return items


@contextmanager
def started(
    start: datetime, *, env: dict[str, str] | None = None, state: Path | None = None, key: str = KEY
) -> Iterator[Outside]:
    """Simulator and web server, ended with the block; `state` keeps what the simulator knows beyond it. Raises
    NoOutside."""
    with tempfile.TemporaryDirectory(prefix="parley-timelapse-") as folder:
        simulator_port, web_port = _free_port(), _free_port()
        outside = Outside(f"http://127.0.0.1:{simulator_port}", f"http://127.0.0.1:{web_port}", key)
        environment = {**os.environ, **(env or {}), "LOG_LEVEL": "WARNING"}
        commands = {
            "simulator": [
                *(sys.executable, "-m", "outreach.simulator", "--port", str(simulator_port)),
                *("--state", str(state or folder), "--api-key", key, "--clock", "manual", "--start", iso(start)),
            ],
            "web": [
                *(sys.executable, "-m", "uvicorn", "outreach.asgi:application", "--port", str(web_port)),
                *("--log-level", "warning", "--no-access-log"),
            ],
        }
        log = Path(folder) / "log.txt"
        try:
            with log.open("ab") as out:
                for command in commands.values():
                    outside.processes.append(begin(command, out, environment))
            _wait(outside, f"{outside.simulator_url}/sim/clock", log)
            _wait(outside, f"{outside.web_url}/health/live", log)
            yield outside
        finally:
            outside.client.close()
            stop(outside.processes)


def begin(command: list[str], out: IO[bytes], env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that ends with ours, however ours ends (on Linux; elsewhere a killed driver leaves it)."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, preexec_fn=_end_with_parent
    )


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


_PR_SET_PDEATHSIG = 1


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """End these processes: politely, then not."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(outside: Outside, url: str, log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if any(process.poll() is not None for process in outside.processes):
            break
        try:
            if outside.client.get(url, timeout=2).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise NoOutside(f"{url} did not answer: {log.read_text(errors='replace')[-600:]}")


PORTS = range(8200, 9900)
"""Below the ephemeral range, where no client of ours can take one meanwhile."""


def _free_port() -> int:
    """A free port. Each process begins to look elsewhere, or two time-lapses at once would find the same."""
    begin = os.getpid() * 7 % len(PORTS)
    port: int
    for port in (*PORTS[begin:], *PORTS[:begin]):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _given:
                _given.add(port)
                return port
    raise NoOutside("No port between 8200 and 9899 is free.")


_given: set[int] = set()
