"""Processes that a benchmark needs beside itself: started, awaited, ended with the block."""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

READY_S = 30.0
PORTS = range(7000, 8000)
"""Below the ephemeral range, where no client of ours can take one meanwhile."""


class NotReady(Exception):
    """A process did not come up. The message ends with the last it said."""


@contextmanager
def running(*commands: Sequence[str], **environment: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """`python -m command…` for each command; what they say is kept in a file until the block ends."""
    processes: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as log:
        try:
            for command in commands:
                processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", *command],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        env={**os.environ, **environment, "LOG_LEVEL": "WARNING"},
                    )
                )
            yield processes
        except NotReady as problem:
            log.seek(0)
            raise NotReady(f"{problem} {log.read()[-600:].decode(errors='replace')}") from None
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when a GET of the address answers. Raises NotReady."""
    end = time.monotonic() + READY_S
    with httpx2.Client(timeout=2, trust_env=False) as client:
        while time.monotonic() < end and process.poll() is None:
            try:
                client.get(url)
                return
            except httpx2.HTTPError:
                time.sleep(0.05)
    raise NotReady(f"{url} did not answer.")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NotReady("No port from 7000 to 7999 is free.")


def simulator(port: int, folder: Path, *clock: str) -> list[str]:
    """The command of a simulator. `clock`: its options about time."""
    return ["outreach.simulator", "--port", str(port), "--state", str(folder), "--api-key", KEY, *clock]


def web(port: int, application: str = "outreach.asgi:application") -> list[str]:
    """The command of a web process, with the options that ours is started with."""
    options = ["--lifespan", "off", "--no-proxy-headers", "--no-access-log", "--no-server-header"]
    return ["uvicorn", application, "--port", str(port), "--log-level", "warning", *options]


KEY = "benchmark-key"
