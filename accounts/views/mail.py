"""The mail of a development machine, so that confirming an address or accepting an invitation is no dead end."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from outreach.web import mailbox

_LINK = re.compile(r"(https?://[^\s<>\"]+)")


@require_safe
def mail_list(request: HttpRequest) -> HttpResponseBase:
    """What was sent, newest first."""
    _only_in_development()
    shown = {"letters": mailbox.letters(), "kept": mailbox.folder() is not None}
    return render(request, "accounts/mail_list.html", shown)


@require_safe
def letter(request: HttpRequest, name: str) -> HttpResponseBase:
    """One mail as text, its links to click."""
    _only_in_development()
    found = mailbox.read(name)
    if found is None:
        raise Http404
    paragraphs = [
        [(part, bool(_LINK.fullmatch(part))) for part in _LINK.split(block) if part]
        for block in found.text.split("\n\n")
    ]
    return render(request, "accounts/mail.html", {"letter": found, "paragraphs": paragraphs})


def _only_in_development() -> None:
    if settings.PRODUCTION:
        raise Http404
