"""Files of prospects on their way in: handed in, checked, corrected, taken, stopped, undone."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member_of, member_required
from accounts.models import Member, Sender
from accounts.models.sender import SenderState
from accounts.rights import Verb
from campaigns.building.uploads import spoken_for
from campaigns.views.prospects import uploads as import_pages
from outreach import clock
from outreach.web import csv, toasts
from outreach.web import uploads as too_large
from outreach.web.htmx import htmx
from outreach.web.numbers import whole
from prospects import samples
from prospects.files.reading import UnreadableFile
from prospects.imports import ImportRefused, parts, undoing, uploads
from prospects.models import Import

A_PAGE: Final = 50
_CELL: Final = re.compile(r"cell-(\d{1,9})-(\d{1,4})")
_STOP_POLLING: Final = 286
"""What tells htmx that there is nothing more to ask for."""


@member_required(Verb.BUILD)
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    found = Import.objects.visible_to(member).with_people().order_by("-at", "-pk")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    lines = [import_pages.line(upload) for upload in page]
    return render(request, "campaigns/imports.html", {"page": page, "lines": lines})


@member_required(Verb.BUILD)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    audience = request.GET.get("audience", "")[:120]
    if request.method != "POST":
        return _form(request, audience)
    audience = request.POST.get("audience", "")
    if too_large.is_too_large(request):
        return _form(request, audience, {"file": parts.too_large(settings.IMPORT_MAX_BYTES)}, 413)
    file = request.FILES.get("file")
    if file is None:
        return _form(request, audience, {"file": "Choose a file first: CSV, as LinkedIn or Sales Navigator export it."})
    name = file.name or "file.csv"
    try:
        upload = uploads.receive(
            file.chunks(),
            by=member_of(request),
            name=name,
            audience=audience.strip() or import_pages.audience_called(name),
            now=clock.now(),
        )
    except UnreadableFile as refusal:
        return _form(request, audience, {"file": refusal.sentence})
    except ImportRefused as refusal:
        return _form(request, audience, {refusal.field: refusal.sentence})
    return redirect("import", upload.pk)


def _form(request: HttpRequest, audience: str, errors: dict[str, str] | None = None, status: int = 422) -> HttpResponse:
    page = {
        "audience": audience,
        "errors": errors or {},
        "samples": samples.FILES,
        "most": settings.IMPORT_MAX_BYTES,
        "too_large": parts.too_large(settings.IMPORT_MAX_BYTES),
        "megabytes": settings.IMPORT_MAX_BYTES // (1024 * 1024),
    }
    return render(request, "campaigns/import_new.html", page, status=status if errors else 200)


@member_required(Verb.BUILD)
@require_safe
def import_one(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _mine(request, pk))


@member_required(Verb.BUILD)
@require_POST
def import_sender(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _mine(request, pk)
    member = member_of(request)
    chosen = whole(request.POST.get("sender"))
    if chosen is None:
        return _show(request, upload, {"sender": "Choose the sender whose connections these are."})
    sender = get_object_or_404(_seats(member), pk=chosen)
    return _do(request, upload, "sender", lambda now: uploads.name_sender(upload, sender, by=member, now=now))


@member_required(Verb.BUILD)
@require_POST
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _mine(request, pk)
    said = [request.POST.get(f"column-{place}", "?") for place in range(len(upload.headers))]
    return _do(
        request,
        upload,
        "columns",
        lambda now: uploads.choose_columns(upload, said, by=member_of(request), now=now),
        typed={"columns": said},
    )


@member_required(Verb.BUILD)
@require_POST
def import_cells(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _mine(request, pk)
    shown = import_pages.cells(upload)
    before = {(cell.line, cell.place): cell.value for cell in shown}
    said = {
        (int(found[1]), int(found[2])): request.POST.get(name, "")
        for name in request.POST
        if (found := _CELL.fullmatch(name))
    }
    changed = {key: value for key, value in said.items() if value.strip() != before.get(key, "")}
    return _do(
        request,
        upload,
        "cells",
        lambda now: uploads.correct(upload, changed, by=member_of(request), now=now),
        typed={"cells": said},
    )


@member_required(Verb.BUILD)
@require_POST
def import_apply(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _mine(request, pk)
    return _do(request, upload, "apply", lambda now: uploads.start(upload, by=member_of(request), now=now))


@member_required(Verb.BUILD)
@require_POST
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _mine(request, pk)
    return _do(request, upload, "cancel", lambda now: uploads.cancel(upload, by=member_of(request), now=now))


@member_required(Verb.BUILD)
@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    upload = _mine(request, pk)

    def undo(now: datetime) -> None:
        done = undoing.undo(upload, by=member_of(request), now=now, spoken_for=spoken_for)
        toasts.say(request, import_pages.undone(done))

    return _do(request, upload, "undo", undo)


@member_required(Verb.BUILD)
@require_safe
def import_rows(request: HttpRequest, pk: int) -> HttpResponseBase:
    upload = _mine(request, pk)
    headers, rows = import_pages.failed_rows(upload)
    return csv.download(f"import-{upload.pk}-not-usable.csv", headers, rows)


@member_required(Verb.BUILD)
@require_safe
def import_sample(request: HttpRequest, name: str) -> HttpResponseBase:
    if name not in {sample.name for sample in samples.FILES}:
        raise Http404
    path = Path(samples.__file__).parent / name
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv")


def _mine(request: HttpRequest, pk: int) -> Import:
    member = member_of(request)
    found: Import = get_object_or_404(Import.objects.visible_to(member).with_people(), pk=pk)
    return found


def _seats(member: Member) -> Any:
    return Sender.objects.visible_to(member).filter(kind="linkedin").exclude(state=SenderState.ARCHIVED)


def _do(
    request: HttpRequest,
    upload: Import,
    what: str,
    verb: Callable[[datetime], object],
    typed: dict[str, Any] | None = None,
) -> HttpResponse:
    """Do it and show the import again; when it is refused, with the sentence beside it and what was typed."""
    try:
        verb(clock.now())
    except ImportRefused as refusal:
        return _show(request, _mine(request, upload.pk), {what: refusal.sentence}, typed)
    return redirect(reverse("import", args=[upload.pk]))


def _show(
    request: HttpRequest,
    upload: Import,
    errors: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
) -> HttpResponse:
    member = member_of(request)
    page = import_pages.page(upload, clock.now(), typed or {})
    page |= {"errors": errors or {}}
    if upload.asks:
        page["seats"] = list(_seats(member).order_by("name", "pk"))
        page["own"] = next((seat.pk for seat in page["seats"] if seat.owner_id == member.pk), None)
    asked_again = bool(htmx(request)) and request.method == "GET"
    status = 422 if errors else _STOP_POLLING if asked_again and not upload.at_work else 200
    template = "campaigns/import.html#import" if asked_again else "campaigns/import.html"
    response = render(request, template, page, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
