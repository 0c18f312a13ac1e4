"""A lean HTTP/1.1 POST over plain TCP for webhooks, far cheaper than a full client; connections are kept and reused."""

import asyncio
from urllib.parse import SplitResult, urlsplit

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Place = tuple[str, int]

# what a broken, refused or nonsensical exchange raises
TROUBLE = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)


class Wire:
    """Idle connections by host and port."""

    def __init__(self) -> None:
        self._idle: dict[Place, list[Connection]] = {}

    async def post(self, url: str, headers: dict[str, str], content: bytes) -> int:
        """The status of the answer. Raises one of TROUBLE when there is none."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{url!r} is no http:// address.")
        place = parts.hostname, parts.port or 80
        request = _write(parts, headers, content)
        idle = self._idle.setdefault(place, [])
        while idle:
            connection = idle.pop()
            if connection[0].at_eof() or connection[1].is_closing():
                connection[1].close()
                continue
            try:
                return await self._exchange(place, connection, request)
            except TROUBLE:
                continue  # the other side had just given up on this idle connection; a fresh one decides
        return await self._exchange(place, await asyncio.open_connection(*place), request)

    def close(self) -> None:
        """Let go of all idle connections."""
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()
        self._idle.clear()

    async def _exchange(self, place: Place, connection: Connection, request: bytes) -> int:
        reader, writer = connection
        whole = False
        try:
            writer.write(request)
            await writer.drain()
            status = 100
            while 100 <= status < 200:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
                status = int(head[0].split(" ")[1])
            fields = dict(line.split(":", 1) for line in head[1:] if ":" in line)
            if "transfer-encoding" not in fields and "content-length" in fields:
                await reader.readexactly(int(fields["content-length"]))
                whole = "close" not in fields.get("connection", "") and head[0].startswith("http/1.1")
            return status
        except IndexError:
            raise ValueError("The answer is no HTTP.") from None
        finally:
            if whole:
                self._idle.setdefault(place, []).append(connection)
            else:
                writer.close()


def _write(parts: SplitResult, headers: dict[str, str], content: bytes) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {path} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("A header or the address holds a line end.")
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + content
