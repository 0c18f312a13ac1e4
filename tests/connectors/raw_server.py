"""A vendor that behaves as badly as a test tells it to, byte by byte, and remembers what it was sent."""

import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

Behaviour = Callable[[socket.socket, "Received"], bool]
"""What to do with a request. True keeps the connection open for the next one."""

LOWEST_PORT, HIGHEST_PORT = 8000, 9999


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def form(self) -> list[tuple[str, str]]:
        """The parts of a multipart body, in order, with their line ends untouched."""
        boundary = self.headers["content-type"].partition("boundary=")[2].encode()
        parts = []
        for piece in self.body.split(b"--" + boundary)[1:-1]:
            head, _, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            parts.append((head.decode().partition('name="')[2].partition('"')[0], value.removesuffix(b"\r\n").decode()))
        return parts

    @property
    def json(self) -> dict[str, str]:
        decoded: dict[str, str] = json.loads(self.body)
        return decoded


def listen() -> socket.socket:
    """A listening socket on a free port of loopback. Test processes begin their search at different ports."""
    count = HIGHEST_PORT - LOWEST_PORT + 1
    for step in range(count):
        port = LOWEST_PORT + (os.getpid() * 37 + step) % count
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            listener.listen(50)
            return listener
        listener.close()
    raise RuntimeError(f"No port from {LOWEST_PORT} to {HIGHEST_PORT} is free.")


class RawServer:
    """Serves one behaviour on a thread for each connection."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.received: list[Received] = []
        self.connections = 0
        self._listener = listen()
        self.port: int = self._listener.getsockname()[1]
        self._stopping = threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Received:
        return self.received[-1]

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> bool:
        """Let time pass, unless the test is over: then False."""
        return not self._stopping.wait(seconds)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            while (request := read_request(connection)) is not None:
                self.received.append(request)
                if not self.behave(connection, request):
                    return


def read_request(connection: socket.socket) -> Received | None:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Received(method, target, headers, body)


# --- Behaviours -------------------------------------------------------------------------------------------------------


def raw(status: int, body: bytes = b"", headers: dict[str, str] | None = None, length: int | None = None) -> bytes:
    """A whole answer; `length` claims another size than the body has."""
    lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(
    status: int,
    body: bytes | Mapping[str, object] = b"",
    headers: dict[str, str] | None = None,
    length: int | None = None,
) -> Behaviour:
    """Answer, keeping the connection unless the body is shorter than claimed."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def behave(connection: socket.socket, request: Received) -> bool:
        connection.sendall(raw(status, content, headers, length))
        return length is None

    return behave


def refuses(status: int, kind: str, headers: dict[str, str] | None = None) -> Behaviour:
    """The vendor's own error body."""
    return answers(status, {"title": "No", "type": f"errors/{kind}", "status": status, "detail": "Because."}, headers)


def reset(connection: socket.socket, request: Received | None = None) -> bool:
    """Break the connection with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


def closes(connection: socket.socket, request: Received) -> bool:
    return False
