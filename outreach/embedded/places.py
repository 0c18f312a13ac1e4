"""Where things lie in a checkout: the data folder, sockets, locks, ports, free space."""

import fcntl
import hashlib
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path

from outreach.embedded import Refusal

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
POSTGRES_DATA = VAR / "postgres18"
VALKEY_DATA = VAR / "valkey"

LONGEST_SOCKET_FOLDER = 80  # a socket's whole path ends at 107 bytes (sun_path), 103 on macOS
NEEDED_MB = 500


def socket_folder() -> Path:
    """The 0700 folder of the Unix sockets: var/run, or one in the temporary folder when the checkout lies too deep."""
    folder = VAR / "run"
    if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
        digest = hashlib.sha256(os.fsencode(VAR)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"parley-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise Refusal(f"{folder} belongs to another user: remove it, or move the checkout to a shorter path.")
    return folder


def require_space(folder: Path) -> None:
    """Refuse when less than NEEDED_MB (or PARLEY_NEEDED_MB) megabytes are free on the disk of `folder`."""
    needed = int(os.environ.get("PARLEY_NEEDED_MB", NEEDED_MB))
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < needed:
        raise Refusal(
            f"No disk space: {free} MB are free at {folder}, Parley needs {needed} MB. Free some and try again."
        )


def require_port(host: str, port: int, *, what: str, web_port: int) -> None:
    """Refuse when nobody could listen on `port`, naming PORT as the way out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise Refusal(
                f"Port {port} on {host} is taken or not allowed ({what}; {problem.strerror}): "
                f"choose another, for example PORT={web_port + 1} ./dev up"
            ) from None


class Lock:
    """A file lock that the kernel releases when its last holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def try_alone(self) -> bool:
        """Hold it alone; False when anybody holds it."""
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        """Hold it beside others who share it; False when somebody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def await_alone(self, seconds: float) -> bool:
        """Like `try_alone`, trying for so many seconds."""
        end = time.monotonic() + seconds
        while not self.try_alone():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def release(self) -> None:
        """Let go of it, and of the file."""
        os.close(self.fd)

    def sign(self) -> None:
        """Write our pid into the file, for whoever is refused."""
        os.truncate(self.fd, 0)
        os.pwrite(self.fd, str(os.getpid()).encode(), 0)

    def signature(self) -> str:
        """The pid of whoever signed last, or `unknown`."""
        return os.pread(self.fd, 20, 0).decode() or "unknown"

    def _try(self, how: int) -> bool:
        try:
            fcntl.flock(self.fd, how | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def owner_lock() -> Lock:
    """Held by the one supervisor, or by the one `./dev manage` that started the database."""
    return Lock(VAR / "owner.lock")


def servers_lock() -> Lock:
    """Inherited by the embedded servers themselves: free only when the last of them has ended."""
    return Lock(VAR / "servers.lock")


def guests_lock() -> Lock:
    """Shared by every `./dev manage` that uses a database somebody else started."""
    return Lock(VAR / "guests.lock")
