"""A PostgreSQL that lives no longer than the process that asked for it: for tests and checks."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from outreach.embedded import places, postgres

PREFIX = "parley-test-"


class ThrowAway:
    """A folder from the beginning, a server in it from its first use, nothing of both afterwards."""

    def __init__(self, options: Sequence[str] = postgres.THROW_AWAY) -> None:
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.lock = places.Lock(self.folder / "lock")
        self.lock.try_alone()
        self.owner = os.getpid()
        self.server: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)
        self.cluster = postgres.Cluster.at(self.folder / "postgres", self.folder, options)

    @property
    def environment(self) -> dict[str, str]:
        """The addresses, valid before the server runs."""
        return {
            "DATABASE_URL": self.cluster.url(postgres.RUN),
            "MIGRATE_DATABASE_URL": self.cluster.url(postgres.MIGRATE),
        }

    def start(self) -> bool:
        """Start the server; False when it runs already. Raises Refusal."""
        if self.server is not None:
            return False
        self.cluster.make()
        self.server = self.cluster.start(keep=[self.lock.fd])
        self.cluster.await_ready(self.server)
        self.cluster.prepare(may_create_databases=True)
        return True

    def stop(self) -> None:
        """Stop the server and remove the folder. Does nothing in a forked child."""
        if os.getpid() != self.owner:
            return
        if self.server is not None:
            self.server.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            postgres.stop(self.server)
            self.server = None
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of processes that were killed: nobody holds their lock any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.getuid() and (folder / "lock").exists():
                lock = places.Lock(folder / "lock")
                if lock.try_alone():
                    shutil.rmtree(folder, ignore_errors=True)
                lock.release()
