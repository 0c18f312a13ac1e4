"""One HTTP exchange: a request written once, its answer read up to a cap, and all of it within one hard time-out.

It knows whether any byte of the request was written, so "surely nothing was handed over" is a fact and no guess.
There is no retry, no redirect, no cookie and no proxy. Connections are kept alive and shared by all senders of one
vendor, and let go before a usual server would (5 s): a request on a connection that the server closes at the same
time has an unknown outcome.
"""

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore2
import httpx2

from outreach.connectors.base import NotSent, Unknown

BODY_CAP = 1_000_000
"""Most bytes of an answer that are read; a longer one counts as unusable."""
CONNECT_S = 10.0
"""Longest wait for one connection, within the time-out of the call."""
KEEP_ALIVE_S = 4.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `body` is None when it did not arrive whole, was longer than the cap, or came compressed unasked."""

    status: int
    headers: dict[str, str]
    body: bytes | None


class _Call(threading.local):
    """The exchange of this thread: when it must be over, and whether the request has begun to be written."""

    deadline = 0.0
    written = False

    def remaining(self) -> float:
        return self.deadline - time.monotonic()


_call = _Call()


class Wire:
    """The connections to one vendor. Safe between threads, and after a fork."""

    def __init__(self, *, tls: bool) -> None:
        self._tls = tls
        self._pid = 0
        self._pool = self._fill()

    def exchange(self, request: httpx2.Request, timeout_s: float) -> Reply:
        """Write the request and read its answer.

        Raises NotSent when no byte of the request was written, Unknown when none of the answer arrived.
        """
        if self._pid != os.getpid():
            self._pool = self._fill()  # a forked child must not talk on its parent's connections
        _call.deadline, _call.written = time.monotonic() + timeout_s, False
        try:
            url = request.url
            with self._pool.stream(
                request.method,
                httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.read(),
            ) as response:
                headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
                return Reply(response.status, headers, _read(response, headers))
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as failure:
            if not _call.written:
                raise NotSent("not_written", f"The request could not be written: {_say(failure)}.") from failure
            raise Unknown(f"The request was written, but no answer came: {_say(failure)}.") from failure

    def _fill(self) -> httpcore2.ConnectionPool:
        self._pid = os.getpid()
        return httpcore2.ConnectionPool(
            ssl_context=_trust() if self._tls else None,
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=KEEP_ALIVE_S,
            retries=0,
            network_backend=_Dialler(),
        )


@cache
def wire_to(origin: str) -> Wire:
    """The one wire of this process to an origin such as https://api8.example.com:13443."""
    return Wire(tls=origin.startswith("https://"))


@cache
def _trust() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _read(response: httpcore2.Response, headers: dict[str, str]) -> bytes | None:
    whole = bytearray()
    try:
        for chunk in response.iter_stream():
            whole += chunk
            if len(whole) > BODY_CAP:
                return None
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError):
        return None
    return bytes(whole) if headers.get("content-encoding", "identity") == "identity" else None


def _say(failure: Exception) -> str:
    return str(failure) or type(failure).__name__


class _Stream(httpcore2.NetworkStream):
    """A connection that keeps to the deadline of the call it serves and notices the first write."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if (remaining := _call.remaining()) <= 0:
            raise httpcore2.ReadTimeout("the time-out passed")
        return self._inner.read(max_bytes, remaining)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if (remaining := _call.remaining()) <= 0:
            raise httpcore2.WriteTimeout("the time-out passed")
        _call.written = True
        self._inner.write(buffer, remaining)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, _patience()))
        except httpcore2.ConnectTimeout as failure:
            raise NotSent("connect_timeout", "The TLS handshake did not end in time.") from failure
        except httpcore2.ConnectError as failure:
            raise NotSent("tls", f"The TLS handshake failed: {_say(failure)}.") from failure

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Dialler(httpcore2.NetworkBackend):
    """Opens connections and says in which phase that failed."""

    def __init__(self) -> None:
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as failure:
            raise NotSent("dns", f"The name {host!r} could not be found: {failure}.") from failure
        failed = NotSent("connect_timeout", f"Nobody answered at {host}:{port} in time.")
        for *_, address in found:
            try:
                return _Stream(self._inner.connect_tcp(str(address[0]), port, _patience(), local_address, None))
            except httpcore2.ConnectTimeout:
                continue
            except httpcore2.ConnectError as failure:
                failed = NotSent("unreachable", f"No connection to {host}:{port}: {_say(failure)}.")
        raise failed


def _patience() -> float:
    """How long one connection may take now. Raises NotSent when the time of the call is up."""
    remaining = _call.remaining()
    if remaining <= 0:
        raise NotSent("connect_timeout", "The time-out passed before there was a connection.")
    return min(CONNECT_S, remaining)
