"""A broker and a worker of a test's own: real Celery, a real Valkey, to be stopped, killed and wiped."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from celery import Celery

from campaigns.running.database import rows
from outreach.embedded import valkey
from tests.outside import ROOT, environment, until

CHAT = {"path_prefix": "/api/v1/chats", "method": "POST"}
BELLS = ("work_inbound", "decide", "tick", "keep_house")
SENDING = ("decide", "tick")


@dataclass
class Works:
    """A broker that can be killed and wiped, and a worker with two children."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="parley-works-")))

    def __post_init__(self) -> None:
        self.broker = valkey.Broker(self.folder / "data", self.folder)
        self.bell = Celery("bell", broker=self.broker.url, set_as_current=False)
        self.worker: subprocess.Popen[bytes] | None = None
        self.kept = False
        """Whether a worker that ends by itself is started again, as it is wherever Parley runs: Celery's gives up when
        its broker goes at the moment in which it has a message in its hands."""
        self.open()

    def open(self) -> None:
        self.server = self.broker.start()
        self.broker.await_ready(self.server)

    def lose(self) -> None:
        """The broker is gone, as by kill -9, with all that it held."""
        self.server.kill()
        self.server.wait()
        shutil.rmtree(self.broker.data)
        self.kept = True

    def hire(self) -> subprocess.Popen[bytes]:
        """A worker and its two children, in a group of their own."""
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "outreach", "worker", "-c", "2", "-l", "ERROR"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with (self.folder / "worker.txt").open("ab") as log:
            self.worker = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(BROKER_URL=self.broker.url, LOG_LEVEL="ERROR"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.worker

    def kill_all(self) -> None:
        """The worker and its children at one stroke."""
        if self.worker is not None and self.worker.poll() is None:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.wait()

    def ring(self, *tasks: str, times: int = 1) -> None:
        for task in tasks or BELLS:
            for _ in range(times):
                self.bell.send_task(f"campaigns.tasks.{task}")

    def ring_until(
        self,
        said: Callable[[], Any],
        what: str,
        *,
        tasks: tuple[str, ...] = BELLS,
        times: int = 1,
        midway: bool = False,
    ) -> None:
        """Ring like beat until it is so and, unless `midway`, what was begun is recorded."""
        rang = 0.0

        def so() -> bool:
            nonlocal rang
            if self.kept and self.worker is not None and self.worker.poll() is not None:
                self.hire()
            if time.monotonic() - rang > 0.25:
                self.ring(*tasks, times=times)
                rang = time.monotonic()
            return bool(said()) and (midway or not under_way())

        until(so, seconds=60, what=f"{what}\n{(self.folder / 'worker.txt').read_text()[-1500:]}")

    def quiet(self) -> None:
        """Nothing is left in the queue."""
        with self.bell.connection_for_read() as broker:
            until(lambda: not broker.default_channel.client.llen("celery"), what="an empty queue")

    def close(self) -> None:
        self.kill_all()
        self.bell.close()
        valkey.stop(self.server)
        shutil.rmtree(self.folder, ignore_errors=True)


def under_way() -> int:
    return int(rows("SELECT count(*) AS n FROM campaigns_touch WHERE state = 'dispatching'")[0]["n"])


def in_doubt() -> list[str]:
    found = rows("SELECT state FROM campaigns_touch WHERE state IN ('reserved', 'dispatching', 'uncertain')")
    return [touch["state"] for touch in found]
