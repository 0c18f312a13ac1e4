"""One HTTP exchange: a request written once, its answer read up to a cap, and all of it within one hard time-out.

It knows whether any byte of the request was written, so "surely nothing was handed over" is a fact and no guess.
There is no retry, no redirect, no cookie and no proxy. Connections are kept alive and shared by all senders of one
vendor, and let go before a usual server would (5 s): a request on a connection that the server closes at the same
time has an unknown outcome. Plain sockets and httptools' parser: a client library's layers would cost more than all
else that Python does for a touch.
"""

import os
import select
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httptools
import httpx2

from outreach.connectors.failures import NotSent, Unknown

BODY_CAP = 1_000_000
"""Most bytes of an answer that are read; a longer one counts as unusable."""
CONNECT_S = 10.0
"""Longest wait for one connection, within the time-out of the call."""
KEEP_ALIVE_S = 4.0
MOST_IDLE = 20
"""Most connections kept while nobody uses them."""
READ_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is written. `target`: path and query, encoded; Host and Content-Length are added."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `body` is None when it did not arrive whole, was longer than the cap, or came compressed unasked."""

    status: int
    headers: dict[str, str]
    body: bytes | None


class Wire:
    """The connections to one origin. Safe between threads, and after a fork."""

    def __init__(self, origin: str) -> None:
        url = urlsplit(origin)
        self._tls = url.scheme == "https"
        self._host, self._port = url.hostname or "", url.port or (443 if self._tls else 80)
        self._netloc = url.netloc
        self._pid = os.getpid()
        self._idle: deque[_Line] = deque(maxlen=MOST_IDLE)

    def exchange(self, request: Request, timeout_s: float) -> Reply:
        """Write the request and read its answer.

        Raises NotSent when no byte of the request was written, Unknown when none of the answer arrived.
        """
        deadline = time.monotonic() + timeout_s
        line = self._kept() or _dial(self._host, self._port, _trust() if self._tls else None, deadline)
        answer = _Answer()
        try:
            line.write(self._written(request), deadline)
            line.read(answer, deadline)
        except (OSError, httptools.HttpParserError) as failure:
            line.close()
            if not line.began:
                raise NotSent("not_written", f"The request could not be written: {_say(failure)}.") from failure
            if not answer.status:
                raise Unknown(f"The request was written, but no answer came: {_say(failure)}.") from failure
        if answer.reusable:
            line.began, line.idle_since = False, time.monotonic()
            self._idle.append(line)
        else:
            line.close()
        return answer.reply()

    def _kept(self) -> "_Line | None":
        """A kept connection that is still good: the one used last."""
        if self._pid != os.getpid():
            self._pid, self._idle = os.getpid(), deque(maxlen=MOST_IDLE)  # a forked child must not talk on its parent's
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return None
            if line.is_good():
                return line
            line.close()

    def _written(self, request: Request) -> bytes:
        lines = [f"{request.method} {request.target} HTTP/1.1", f"Host: {self._netloc}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        if request.body or request.method == "POST":
            lines.append(f"Content-Length: {len(request.body)}")
        return "\r\n".join([*lines, "", ""]).encode("ascii") + request.body


@cache
def wire_to(origin: str) -> Wire:
    """The one wire of this process to an origin such as https://api8.example.com:13443."""
    return Wire(origin)


@cache
def _trust() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


class _Line:
    """One connection. `began`: whether a byte of the request under way may have left."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.began = False
        self.idle_since = time.monotonic()

    def write(self, data: bytes, deadline: float) -> None:
        left = memoryview(data)
        while left:
            self._socket.settimeout(_remaining(deadline))
            self.began = True
            left = left[self._socket.send(left) :]

    def read(self, answer: "_Answer", deadline: float) -> None:
        """Until the answer is whole or too long. Raises OSError or HttpParserError when it breaks off."""
        parser = answer.parser = httptools.HttpResponseParser(answer)
        while not answer.over:
            self._socket.settimeout(_remaining(deadline))
            if data := self._socket.recv(READ_AT_ONCE):
                parser.feed_data(data)
            else:
                answer.on_end()

    def is_good(self) -> bool:
        """Whether a request may still go over it: what can be read now is the server's good-bye."""
        if time.monotonic() - self.idle_since > KEEP_ALIVE_S:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self._socket.close()


class _Answer:
    """An answer as the parser tells it. `over`: nothing more is read; `whole`: it arrived to its end."""

    def __init__(self) -> None:
        self.parser: httptools.HttpResponseParser | None = None
        self.status = 0
        self.headers: dict[str, str] = {}
        self.over = self.whole = self.reusable = False
        self._body = bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self.parser is not None
        status = self.parser.get_status_code()
        if status < 200:
            self.headers = {}  # a word in between: the answer is still to come
        else:
            self.status = status

    def on_body(self, data: bytes) -> None:
        self._body += data
        self.over = self.over or len(self._body) > BODY_CAP

    def on_message_complete(self) -> None:
        if self.status and not self.over and self.parser is not None:
            self.over = self.whole = True
            self.reusable = self.parser.should_keep_alive()

    def on_message_begin(self) -> None:
        self.reusable = False  # something follows that nobody asked for

    def on_end(self) -> None:
        """The connection was closed. Raises ConnectionError unless that is how this answer says that it is whole."""
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        if not self.status or framed:
            raise ConnectionError("the connection was closed")
        self.over = self.whole = True

    def reply(self) -> Reply:
        usable = self.whole and self.headers.get("content-encoding", "identity") == "identity"
        return Reply(self.status, self.headers, bytes(self._body) if usable else None)


def _dial(host: str, port: int, trust: ssl.SSLContext | None, deadline: float) -> _Line:
    """A new connection. Raises NotSent with the phase that failed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failure:
        raise NotSent("dns", f"The name {host!r} could not be found: {failure}.") from failure
    failed = NotSent("connect_timeout", f"Nobody answered at {host}:{port} in time.")
    for family, kind, protocol, _, address in found:
        dialled = socket.socket(family, kind, protocol)
        try:
            dialled.settimeout(_patience(deadline))
            dialled.connect(address)
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as failure:
            dialled.close()
            if not isinstance(failure, TimeoutError):
                failed = NotSent("unreachable", f"No connection to {host}:{port}: {_say(failure)}.")
            continue
        return _Line(_secured(dialled, host, trust, deadline) if trust else dialled)
    raise failed


def _secured(plain: socket.socket, host: str, trust: ssl.SSLContext, deadline: float) -> ssl.SSLSocket:
    try:
        plain.settimeout(_patience(deadline))
        return trust.wrap_socket(plain, server_hostname=host)
    except TimeoutError as failure:
        plain.close()
        raise NotSent("connect_timeout", "The TLS handshake did not end in time.") from failure
    except OSError as failure:
        plain.close()
        raise NotSent("tls", f"The TLS handshake failed: {_say(failure)}.") from failure


def _remaining(deadline: float) -> float:
    """Seconds until then. Raises TimeoutError when they are up."""
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError("the time-out passed")
    return remaining


def _patience(deadline: float) -> float:
    """How long one connection may take now. Raises NotSent when the time of the call is up."""
    try:
        return min(CONNECT_S, _remaining(deadline))
    except TimeoutError as failure:
        raise NotSent("connect_timeout", "The time-out passed before there was a connection.") from failure


def _say(failure: Exception) -> str:
    return str(failure) or type(failure).__name__
