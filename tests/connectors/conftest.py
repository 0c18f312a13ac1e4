"""A badly behaved vendor, the real simulator as a process of its own, and somebody who listens to webhooks."""

import calendar
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from outreach.connectors.base import Connector, Product, Seat
from outreach.connectors.registry import connect
from tests.connectors.raw_server import Behaviour, RawServer, listen

ROOT = Path(__file__).resolve().parents[2]
API_KEY = "key-for-tests"

type Serve = Callable[[Behaviour], RawServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with a behaviour; it ends with the test."""
    started: list[RawServer] = []

    def start(behave: Behaviour) -> RawServer:
        started.append(RawServer(behave))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def seat_at(url: str, *, account: str = "acc-bob", product: Product = "premium", timeout_s: float = 5.0) -> Seat:
    return Seat(base_url=url, api_key=API_KEY, account=account, product=product, timeout_s=timeout_s)


class Simulator:
    """The simulator's process and its control plane."""

    def __init__(self, folder: str) -> None:
        with listen() as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.control = httpx2.Client(base_url=f"{self.url}/sim", timeout=20, trust_env=False)
        command = [sys.executable, "-m", "outreach.simulator", "--port", str(port), "--state", folder]
        command += ["--api-key", API_KEY, "--clock", "manual"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                self.control.get("/clock")
                return
            except httpx2.TransportError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError("The simulator did not start.")

    def stop(self) -> None:
        self.control.close()
        self.process.terminate()
        self.process.wait(10)

    def ask(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        answer = self.control.request(method, path, json=given or None)
        assert answer.is_success, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def tell(self, path: str, **given: Any) -> dict[str, Any]:
        return self.ask("POST", path, **given)

    def advance(self, hours: float) -> None:
        """Let hours pass, with all that happens in them; every due webhook has been answered afterwards."""
        now = self.ask("GET", "/clock")["now"]
        moved = time.strptime(now[:19], "%Y-%m-%dT%H:%M:%S")
        at = int(calendar.timegm(moved) + hours * 3600)
        self.tell("/clock/advance", to=time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at)))

    def accepted(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.ask("GET", "/accepted")["items"]
        return items

    def touches(self) -> list[dict[str, Any]]:
        """What it accepted, without quiet profile reads."""
        return [touch for touch in self.accepted() if touch["kind"] != "profile_read"]

    def stranger(self, number: int = 0, account: str = "acc-bob", **script: Any) -> dict[str, Any]:
        """The n-th person, made a stranger of this account and scripted."""
        return self._person(number, account, 2, script)

    def friend(self, number: int = 0, account: str = "acc-bob", **script: Any) -> dict[str, Any]:
        """The n-th person, connected to this account and scripted."""
        return self._person(number, account, 1, script)

    def _person(self, number: int, account: str, degree: int, script: dict[str, Any]) -> dict[str, Any]:
        slug = self.ask("GET", f"/people?offset={number}&limit=1")["items"][0]["slug"]
        plain = {"open_profile": False, "inmail": True, "needs_email": False, "blocks": False, "reply": None}
        return self.tell(f"/people/{slug}", **(plain | {"ignore_invites": True} | script), degree={account: degree})


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    with tempfile.TemporaryDirectory() as folder:
        running = Simulator(folder)
        yield running
        running.stop()


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """The simulator with a fresh world: Bob on Premium Business, Priya on Sales Navigator, Mara on the free plan."""
    simulator_process.ask("DELETE", "/faults")
    simulator_process.tell(
        "/seed",
        seed=7,
        people=40,
        start="2026-11-02T08:00:00.000Z",
        accounts=[
            {"id": "acc-bob", "name": "Bob Moreau", "plan": "business"},
            {"id": "acc-priya", "name": "Priya Raman", "plan": "sn_core"},
            {"id": "acc-mara", "name": "Mara Okonkwo", "plan": "free"},
        ],
    )
    return simulator_process


@pytest.fixture(params=["unipile", "simulator"])
def vendor(request: pytest.FixtureRequest) -> str:
    """Every connector must pass the same contract."""
    name: str = request.param
    return name


@pytest.fixture
def seated(simulator: Simulator, vendor: str) -> Callable[..., Connector]:
    """The connector of an account of the simulator."""

    def sit(account: str = "acc-bob", **seat: Any) -> Connector:
        return connect(vendor, seat_at(simulator.url, account=account, **seat))

    return sit


class Listener:
    """Answers 200 to every webhook and keeps them."""

    def __init__(self) -> None:
        heard: list[tuple[dict[str, str], bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                heard.append((dict(self.headers.items()), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        with listen() as free:
            port = free.getsockname()[1]
        self.heard = heard
        self.url = f"http://127.0.0.1:{port}/hooks/abc"
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.stop()
