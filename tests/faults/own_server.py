"""A PostgreSQL server of a test's own, to be killed, or to run out of disk, and to be started again.

Its commits survive the death of any process, as in production (only fsync is left out: no machine dies here). What it
knows is what the test database knows before a test: copied, because migrating takes ten seconds.

Its disk is small and can be filled. Whoever may mount gets a tmpfs, in a mount namespace of its own that nobody else
sees and that ends with the process; whoever may not gets RLIMIT_FSIZE 0 on every process of the server: then no file
takes another byte.
"""

import ctypes
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections

from outreach.embedded import Refusal, kernel, postgres
from outreach.embedded.throw_away import ThrowAway
from tests.outside import until

OPTIONS = ("fsync=off", "max_connections=60", "shared_buffers=16MB", "max_wal_size=48MB", "restart_after_crash=off")
DISK_MB = 192
MS_REC, MS_PRIVATE, MNT_DETACH = 0x4000, 0x40000, 2


class OwnServer:
    """See the module. It is `open` from the beginning."""

    def __init__(self) -> None:
        self._home = ThrowAway(OPTIONS)
        self._cluster = self._home.cluster
        self._before = os.open("/proc/self/ns/mnt", os.O_RDONLY)
        self.mounted = _mount(self._cluster.data, self._cluster.disguise)
        self._home.start()
        self._copy()

    def _copy(self) -> None:
        """The test database as it is now, by the hands of the role that owns it there and here."""
        s = connection.settings_dict
        found = {"PGHOST": s["HOST"], "PGPORT": str(s["PORT"]), "PGUSER": s["USER"], "PGPASSWORD": s["PASSWORD"]}
        dump = [str(postgres.binaries() / "pg_dump"), "--no-owner", "--no-privileges", s["NAME"]]
        load = [str(postgres.binaries() / "psql"), "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", self.url]
        with subprocess.Popen(
            dump, env=os.environ | {k: v for k, v in found.items() if v}, stdout=subprocess.PIPE
        ) as out:
            subprocess.run(load, stdin=out.stdout, stdout=subprocess.DEVNULL, check=True)
        assert out.returncode == 0

    @property
    def url(self) -> str:
        return self._cluster.url(postgres.MIGRATE)

    @contextmanager
    def instead(self) -> Iterator[None]:
        """Django's default connection, and whatever process is started with its address, speaks with this server."""
        connections.close_all()
        settings = connections.settings["default"]
        known = dict(settings)
        settings.update(HOST=str(self._cluster.sockets), PORT="", USER=postgres.MIGRATE, PASSWORD="")
        settings.update(NAME=postgres.DATABASE)
        try:
            yield
        finally:
            connections.close_all()
            settings.update(known)

    # -- what happens to it

    def kill(self) -> None:
        """SIGKILL of the postmaster; its sessions end by themselves when they see it."""
        self._server.kill()
        self._server.wait()

    def start(self) -> None:
        """It answers again, after its recovery. A new server waits until no session of the dead one is left."""

        def answers() -> bool:
            self._home.server = self._cluster.start()
            with suppress(Refusal):
                self._cluster.await_ready(self._server)
                return True
            return False

        until(answers, what="the server to recover")
        connections.close_all()  # ours ended with the old one

    def fill(self) -> None:
        """Not one byte more fits on its disk."""
        if self.mounted:
            with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
                while file.write(bytes(1 << 16)):
                    pass
        else:
            for process in (self._server.pid, *_children(self._server.pid)):
                resource.prlimit(process, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def use_up(self) -> None:
        """Write on the full disk until the server finds no room for its log, and ends in a panic."""

        def ended() -> bool:
            with suppress(psycopg.Error), self._cluster.connect(postgres.SUPERUSER) as session:
                while True:
                    session.execute("SELECT pg_logical_emit_message(true, 'ballast', repeat('x', 1 << 20))")
            return self._server.poll() is not None

        until(ended, what="the server to end")

    def make_room(self) -> None:
        """Somebody cleared up. (The limit of a process ended with the process.)"""
        self._ballast.unlink(missing_ok=True)

    def said(self) -> str:
        """What the server wrote in its log."""
        return self._cluster.log.read_text(errors="replace")

    def close(self) -> None:
        self._home.server.send_signal(signal.SIGQUIT) if self._home.server else None
        self._server.wait()
        if self.mounted:
            _libc().umount2(os.fsencode(self._cluster.data), MNT_DETACH)
            os.setns(self._before)
        os.close(self._before)
        self._home.stop()

    @property
    def _server(self) -> subprocess.Popen[bytes]:
        assert self._home.server is not None
        return self._home.server

    @property
    def _ballast(self) -> Path:
        return self._cluster.data / "ballast"


def _mount(folder: Path, disguise: kernel.Disguise) -> bool:
    """A small tmpfs there, for this thread and the processes it starts; False where that is not allowed."""
    if os.geteuid() or os.environ.get("PARLEY_NO_MOUNT"):
        return False
    owner = kernel.NOBODY if disguise is kernel.Disguise.NOBODY else 0
    try:
        os.unshare(os.CLONE_NEWNS)
    except OSError:
        return False
    options = f"size={DISK_MB}m,mode=0700,uid={owner},gid={owner}".encode()
    private = _libc().mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    return not private and not _libc().mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options)


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
