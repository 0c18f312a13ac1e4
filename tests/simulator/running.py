"""A real simulator as its own process, and a real listener for its webhooks."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[2]
KEY = "a key for tests"
START = "2026-11-02T08:00:00.000Z"
HOUR, DAY = 3_600_000, 86_400_000


def free_port() -> int:
    """A loopback port from 8000 to 9999 that nobody listens on."""
    for port in random.sample(range(8000, 10_000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("No loopback port from 8000 to 9999 is free; end what holds them.")


class Running:
    """One simulator process, spoken to over HTTP only."""

    def __init__(self, state: Path, *options: str, clock: str = "manual") -> None:
        self.state = state
        self.options = ("--clock", clock, *options)
        self.seeded: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "outreach.simulator", "--port", str(self.port), "--state", str(self.state)]
        environment = os.environ | {"SIMULATOR_API_KEY": KEY}
        self.process = subprocess.Popen(
            [*command, *self.options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.client = httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"X-API-KEY": KEY}, trust_env=False, timeout=30
        )
        until = time.monotonic() + 20
        while True:
            try:
                self.client.get("/sim/clock")
                return
            except httpx2.TransportError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise AssertionError(f"The simulator did not start: {self.process.communicate()[0]}") from None
                time.sleep(0.02)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        self.client.close()

    def stop(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=10)

    # -- the control plane

    def sim(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.client.request(method, f"/sim{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def seed(self, *accounts: dict[str, Any], people: int = 60, seed: int = 7, **more: Any) -> dict[str, Any]:
        order = {"seed": seed, "people": people, "accounts": list(accounts), "start": START, **more}
        self.seeded = self.sim("POST", "/seed", order)
        return self.seeded

    def people(self) -> list[dict[str, Any]]:
        return self.sim("GET", "/people?limit=10000")["items"]

    def stranger(self, account: str, **wanted: Any) -> dict[str, Any]:
        """Somebody not connected with the account, with these facts, made so by script."""
        for person in self.people():
            if person["degree"][account] != 1 and not person["script"]:
                usual = {"open_profile": False, "inmail": True, "needs_email": False}
                return self.script(person, **(usual | {"ignore_invites": True, "reply": None} | wanted))
        raise AssertionError("Nobody is left.")

    def friend(self, account: str, **wanted: Any) -> dict[str, Any]:
        """Somebody connected with the account."""
        for person in self.people():
            if person["degree"][account] == 1 and not person["script"]:
                return self.script(person, **({"reply": None} | wanted))
        raise AssertionError("Nobody is left.")

    def script(self, person: dict[str, Any], **wanted: Any) -> dict[str, Any]:
        return self.sim("POST", f"/people/{person['slug']}", wanted)

    def act(self, act: str, account: str, person: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.sim("POST", "/act", {"act": act, "account_id": account, "person": person["slug"], **more})

    def now(self) -> str:
        return self.sim("GET", "/clock")["now"]

    def advance(self, **delta: float) -> dict[str, Any]:
        """Move the manual clock on by days=, hours=, seconds=."""
        to = datetime.fromisoformat(self.now()) + timedelta(**delta)
        return self.sim("POST", "/clock/advance", {"to": to.isoformat(timespec="milliseconds").replace("+00:00", "Z")})

    def advance_to(self, instant: str) -> dict[str, Any]:
        return self.sim("POST", "/clock/advance", {"to": instant})

    def accepted(self, *kinds: str) -> list[dict[str, Any]]:
        items = self.sim("GET", "/accepted?limit=10000")["items"]
        return [item for item in items if not kinds or item["kind"] in kinds]

    # -- the vendor's API

    def get(self, path: str, **query: Any) -> httpx2.Response:
        return self.client.get(f"/api/v1{path}", params=query)

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    def invite(
        self, account: str, person: dict[str, Any] | str, note: str | None = None, **more: Any
    ) -> httpx2.Response:
        recipient = person if isinstance(person, str) else person["provider_id"]
        body = {"account_id": account, "provider_id": recipient, **({"message": note} if note else {}), **more}
        return self.client.post("/api/v1/users/invite", json=body)

    def chat(self, account: str, *people: Any, text: str = "Hello there", **parts: str) -> httpx2.Response:
        """POST /chats. Parts: subject=, api=, inmail=."""
        names = {"api": "linkedin[api]", "inmail": "linkedin[inmail]"}
        form = [("account_id", (None, account)), ("text", (None, text))]
        form += [("attendees_ids", (None, p if isinstance(p, str) else p["provider_id"])) for p in people]
        form += [(names.get(name, name), (None, value)) for name, value in parts.items()]
        return self.client.post("/api/v1/chats", files=form)

    def inmail(self, account: str, person: dict[str, Any], text: str = "Hello", **parts: str) -> httpx2.Response:
        return self.chat(account, person, text=text, **({"api": "sales_navigator", "subject": "A subject"} | parts))

    def say(self, chat_id: str, text: str = "And another thing", **parts: str) -> httpx2.Response:
        form = [(name, (None, value)) for name, value in {"text": text, **parts}.items()]
        return self.client.post(f"/api/v1/chats/{chat_id}/messages", files=form)

    def balance(self, account: str, product: str = "sales_navigator") -> int | None:
        return self.get("/linkedin/inmail_balance", account_id=account).json()[product]

    def hook(self, url: str, source: str, **more: Any) -> str:
        headers = [
            {"key": "Unipile-Auth", "value": "a long secret"},
            {"key": "Content-Type", "value": "application/json"},
        ]
        order = {"request_url": url, "source": source, "name": source, "headers": headers} | more
        answer = self.client.post("/api/v1/webhooks", json=order)
        assert answer.status_code == 201, answer.text
        return answer.json()["webhook_id"]


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and type of an error, whose body must be whole."""
    body = answer.json()
    assert answer.headers["content-type"].startswith("application/json")
    assert body["status"] == answer.status_code and body["title"]
    return answer.status_code, body["type"].removeprefix("errors/")


class Listener:
    """Hears webhooks; `answer` decides the status for each, by its number from 0."""

    def __init__(self, protocol: str = "HTTP/1.1", idle_s: float | None = None) -> None:
        self.heard: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[int], int] = lambda n: 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = protocol
            timeout = idle_s

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = listener.answer(len(listener.bodies))
                listener.bodies.append(body)
                listener.headers.append({k.lower(): v for k, v in self.headers.items()})
                listener.heard.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in/secret-path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, event: str) -> list[dict[str, Any]]:
        return [body for body in self.heard if body.get("event") == event]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def listening(protocol: str = "HTTP/1.1", idle_s: float | None = None) -> Iterator[Listener]:
    """A listener; after `idle_s` without a request it closes a connection."""
    listener = Listener(protocol, idle_s)
    try:
        yield listener
    finally:
        listener.close()


def wait_until(true: Callable[[], Any], seconds: float = 10) -> Any:
    """What `true` gives once it gives something; fails after so many seconds."""
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.02)
    return found
