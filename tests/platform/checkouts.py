"""A copy of the checkout: starting it, watching it, breaking it."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".git", ".venv", ".tools", "var", "staticfiles", ".*_cache", ".hypothesis", "test-results")
# What this test run, or the shell around it, may have set for a Parley of its own.
OURS = ("DATABASE_", "MIGRATE_DATABASE_", "BROKER_", "PARLEY_", "DJANGO_", "PYTEST_", "SIMULATOR_", "SECRET")
OURS += ("SUPPRESSION_", "PUBLIC_URL", "ALLOWED_HOSTS", "PORT", "HOST", "LOG_LEVEL")


@dataclass
class Checkout:
    """One copy, and what was started in it."""

    path: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """The caller's, without anything that this test run has set for itself; the sample is the small one."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {**plain, "PARLEY_NEEDED_MB": "100", "SAMPLE": "small", **more}

    def run(self, *command: str, timeout: float = 60, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            command,
            cwd=self.path,
            env=self.environment(**env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *command: str, **env: str) -> "Running":
        """Start a command; its output goes to a file."""
        log = self.path / f"output-{len(self.started)}.log"
        with open(log, "w") as output:
            process = subprocess.Popen(
                command,
                cwd=self.path,
                env=self.environment(**env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return Running(process, log)

    @classmethod
    def copy(cls, path: Path) -> "Checkout":
        """A copy of this checkout at `path`, on the same installed packages and with what Python compiled of ours."""
        shutil.copytree(ROOT, path, ignore=shutil.ignore_patterns(*LEFT_OUT))
        (path / ".venv").symlink_to(sys.prefix)
        return cls(path)

    def stop(self) -> None:
        """End whatever a failed test left."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass
class Running:
    """A command that runs, and what it says."""

    process: subprocess.Popen[str]
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def await_output(self, text: str, seconds: float = 60) -> None:
        """Return once it has said `text`."""

        def said() -> bool:
            assert self.process.poll() is None or text in self.output, f"it ended early:\n{self.output}"
            return text in self.output

        eventually(said, seconds, lambda: f"never said {text!r}:\n{self.output}")

    def descendants(self) -> dict[int, str]:
        """pid → command line of everything below the process now."""
        found: dict[int, str] = {}
        parents = {self.process.pid}
        table = processes()
        while parents:
            children = {pid: line for pid, (parent, line) in table.items() if parent in parents and pid not in found}
            found |= children
            parents = set(children)
        return found

    def part(self, *words: str) -> int:
        """The pid of the one direct child whose command line has all these words."""
        table = processes()
        mine = [
            pid for pid, (parent, line) in table.items() if parent == self.process.pid and all(w in line for w in words)
        ]
        assert len(mine) == 1, f"{len(mine)} processes look like {words}"
        return mine[0]

    def end(self, sig: signal.Signals = signal.SIGTERM, seconds: float = 20) -> int:
        """Ask it to end and return its exit code."""
        self.process.send_signal(sig)
        return self.process.wait(seconds)


def processes() -> dict[int, tuple[int, str]]:
    """pid → (parent, command line) of every living process."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    return {int(row[0]): (int(row[1]), row[3]) for row in rows if len(row) == 4 and not row[2].startswith("Z")}


def eventually(true: Callable[[], bool], seconds: float, otherwise: Callable[[], str]) -> None:
    """Return as soon as `true()` is; fail with `otherwise()` after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(otherwise())
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Does a GET of `url` give 200?"""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port for the web, with the simulator's above it free too; outside the range of clients' own ports."""
    for port in random.sample(range(8010, 9890), 200):
        with socket.socket() as web, socket.socket() as simulator:
            try:
                web.bind(("127.0.0.1", port))
                simulator.bind(("127.0.0.1", port + 100))
            except OSError:
                continue
            return port
    raise AssertionError("no free port between 8010 and 9890")
