"""What just happened, in one sentence at the foot of the page, with a way back where there is one.

A toast waits in Django's messages until a page shows it. A full page prints it from its layout; the answer to htmx
brings it along out of band, so that a view says it once and never asks which of the two it is.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

Tone = Literal["good", "bad"]
_LEVEL = {"good": messages.SUCCESS, "bad": messages.ERROR}


def say(request: HttpRequest, sentence: str, *, undo: str = "", tone: Tone = "good") -> None:
    """Show this sentence on the page that comes next. `undo`: an address that takes it back when posted to.

    A good toast goes by itself after ten seconds, a bad one stays until read.
    """
    messages.add_message(request, _LEVEL[tone], sentence, extra_tags=undo)


class ToastMiddleware:
    """Puts waiting toasts into answers to htmx. Stands below the middleware of messages, so that what it reads is
    not kept for the next page as well."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.awaits = iscoroutinefunction(get_response)
        if self.awaits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.awaits:
            return self._answer_async(request)
        return _with_toasts(request, self.get_response(request))

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        response = await self.get_response(request)
        return await sync_to_async(_with_toasts)(request, response) if _takes_toasts(request, response) else response


def _takes_toasts(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether htmx will swap this answer into the page that is open."""
    return (
        bool(getattr(request, "htmx", False))
        and isinstance(response, HttpResponse)
        and response.status_code in (200, 201, 202, 286, 409, 422)
        and response.headers.get("Content-Type", "").startswith("text/html")
        and not {"HX-Redirect", "HX-Refresh", "HX-Location"} & set(response.headers)
        and b"<html" not in response.content[:200]
    )


def _with_toasts(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if not _takes_toasts(request, response):
        return response
    assert isinstance(response, HttpResponse)
    if len(messages.get_messages(request)):
        response.content += render_to_string("toasts.html", {"out_of_band": True}, request).encode()
    return response
