"""Uploads that are too large, refused before memory or disk holds them, in a way that the page can still answer.

Two doors: `Door` stands before the application and lets no more of a request through than an upload may have; `Limit`
skips the file in it and says so on the request, so that the view answers with its form, and what was typed stays.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

FORM: Final = 1024 * 1024
"""Bytes of a request that may be no file: fields, boundaries, headers of parts."""

DRAINED: Final = 1024 * 1024 * 1024
"""Bytes that are read and thrown away, so that the browser gets to hear the answer."""

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Application = Callable[[Any, Any, Any], Awaitable[None]]


class Limit(FileUploadHandler):
    """Skips files of more than settings.IMPORT_MAX_BYTES; `is_too_large(request)` tells afterwards."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        self.announced = content_length
        self.received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.announced > settings.IMPORT_MAX_BYTES + FORM:
            self._skip()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > settings.IMPORT_MAX_BYTES:
            self._skip()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _skip(self) -> None:
        self.request.upload_too_large = True  # type: ignore[union-attr]  # Django gives the request; ours to mark
        raise SkipFile


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was skipped for its size. Reads the request's form."""
    request.POST  # noqa: B018  the files are read with it
    return bool(getattr(request, "upload_too_large", False))


class Door:
    """An ASGI application that lets the first megabyte of an announced giant through, and of any request no more than
    an upload may have; the rest is read and thrown away."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        announced = int(dict(scope["headers"]).get(b"content-length", b"0") or b"0")
        most = settings.IMPORT_MAX_BYTES + 2 * FORM
        await self.application(scope, _cut(receive, FORM if announced > most else most), send)


def _cut(receive: Receive, most: int) -> Receive:
    passed = 0

    async def cut() -> Message:
        nonlocal passed
        message = await receive()
        if message["type"] != "http.request":
            return message
        body: bytes = message.get("body", b"")
        if passed + len(body) <= most:
            passed += len(body)
            return message
        keep, drained = body[: max(0, most - passed)], len(body)
        passed = most
        while message.get("more_body", False) and drained < DRAINED:
            message = await receive()
            if message["type"] != "http.request":
                return message
            drained += len(message.get("body", b""))
        return {"type": "http.request", "body": keep, "more_body": False}

    return cut
