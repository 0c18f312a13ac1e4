"""`python -m benchmarks.readers`: a process that holds event streams open, as browsers do, and says what it heard.

It reads one JSON line `{"port": …, "path": …, "cookies": […]}`, opens a stream for each cookie, and prints how many
seconds that took when all of them were let in. At the next line it closes them and prints a JSON list with one entry
per stream: `{"status": …, "heard": […], "ended": …}`; `ended` says whether the server closed it first. The streams have
a process of their own, so that the clients whose pages are timed wait for none of this.
"""

import asyncio
import json
import re
import sys
from dataclasses import asdict, dataclass, field

AT_ONCE = 20
"""Streams that are opened at the same time."""
OPENS_WITHIN_S = 30.0
_STATUS = re.compile(rb"HTTP/1\.1 (\d+)")
_TOLD = re.compile(rb"data: ([^\n]*)\n\n")


@dataclass
class Heard:
    """What one stream was answered and told."""

    status: int = 0
    heard: list[str] = field(default_factory=list)
    ended: bool = False


class Reader(asyncio.Protocol):
    """One stream. What it is sent is kept until an event is whole."""

    def __init__(self, request: bytes, heard: Heard) -> None:
        self._request = request
        self._kept = b""
        self.heard = heard
        self.is_open: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._kept += data
        if not self.heard.status and (found := _STATUS.match(self._kept)):
            self.heard.status = int(found.group(1))
        if not self.is_open.done() and (self.heard.status != 200 or b"retry:" in self._kept):
            self.is_open.set_result(None)
        whole = self._kept.rfind(b"\n\n") + 2
        if whole > 1:
            self.heard.heard += [key.decode() for key in _TOLD.findall(self._kept[:whole])]
            self._kept = self._kept[whole:]

    def connection_lost(self, error: Exception | None) -> None:
        self.heard.ended = True
        if not self.is_open.done():
            self.is_open.set_result(None)


async def main() -> None:
    order = json.loads(await asyncio.to_thread(sys.stdin.readline))
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(AT_ONCE)
    everything = [Heard() for _ in order["cookies"]]
    transports = []
    began = loop.time()

    async def read(cookie: str, heard: Heard) -> None:
        head = (
            f"GET {order['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n"
        )
        async with room:
            transport, reader = await loop.create_connection(
                lambda: Reader(head.encode(), heard), "127.0.0.1", order["port"]
            )
            transports.append(transport)
            await asyncio.wait_for(reader.is_open, OPENS_WITHIN_S)

    await asyncio.gather(*(read(cookie, heard) for cookie, heard in zip(order["cookies"], everything, strict=True)))
    print(loop.time() - began, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps([asdict(heard) for heard in everything]), flush=True)
    for transport in transports:
        transport.abort()


if __name__ == "__main__":
    asyncio.run(main())
