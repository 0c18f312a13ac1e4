"""A conversation beside the list, and what is done with it: each act answers with the panes as they are then."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member_required
from accounts.models import Member
from accounts.rights import Verb
from campaigns.inbox import answers, triage
from campaigns.inbox.triage import Change
from campaigns.models import Answer, Thread, WayBack
from campaigns.models.thread import LABELS, Outcome
from campaigns.views.inbox import conversation, inbox
from campaigns.views.inbox.inbox import TONES, Asked, member_of
from campaigns.views.moments import moment
from outreach import clock
from outreach.web import news, toasts

SNOOZES = (("1", "Tomorrow", 1), ("3", "In 3 days", 3), ("7", "In a week", 7), ("30", "In a month", 30))
MORNING = time(9)


@member_required(Verb.READ_THREADS)
@require_safe
def thread(request: HttpRequest, pk: int) -> HttpResponse:
    member, now = member_of(request), clock.now()
    found = thread_of(member, pk)
    part = request.GET.get("part", "") if request.htmx else ""  # type: ignore[attr-defined]
    if part == "older":
        page = {"thread": found, "query": Asked.of(request.GET).query()}
        page |= conversation.talk(found, now, request.GET.get("before", ""))
        return render(request, "campaigns/thread.html#older", page)
    triage.read(found, by=member)  # who opens it has seen it
    page = whole(request, found, now)
    if part == "news":
        return render(request, "campaigns/inbox.html#news", page)
    return _rendered(request, page)


def thread_of(member: Member, pk: int) -> Thread:
    """The conversation, with what its page needs. A stranger to the workspace: 404; who may not read it: 403."""
    rows = Thread.objects.select_related(
        "prospect__company", "sender__owner", "enrollment__campaign", "assignee__user", "label_by__user"
    )
    found: Thread = get_object_or_404(rows.visible_to(member), pk=pk)
    if not Thread.objects.readable_by(member).filter(pk=pk).exists():
        raise PermissionDenied(f"Only {found.sender.owner}, managers and admins read what {found.sender} is written.")
    return found


def whole(request: HttpRequest, found: Thread, now: datetime, **more: Any) -> dict[str, Any]:
    """Everything that the panes show."""
    member, asked = member_of(request), Asked.of(request.GET)
    write = request.GET.get("write", "")
    rows = inbox.listed(member, Asked(asked.show, asked.text, None), now, found.pk)
    again = request.GET.get("again", "")
    return {
        **rows,
        **conversation.talk(found, now),
        **conversation.about(found, member, now),
        "splits": inbox.splits(member, asked),
        "thread": found,
        "label": LABELS.get(found.label, ""),
        "label_tone": TONES.get(found.label, "neutral"),
        "labels": LABELS,
        "outcomes": [one for one in Outcome if one],
        "members": triage.assignable(found),
        "snoozes": [(key, words, _morning(found, now, days)) for key, words, days in SNOOZES],
        "tomorrow": (now + timedelta(days=1)).date(),
        "writes": "note" if write == "note" else "answer",
        "key": secrets.token_hex(10),
        "draft": _again(found, again) or answers.draft(found, member),
        **more,
    }


def _again(found: Thread, number: str) -> str:
    """The text of an answer that did not go, to be sent anew."""
    if not number.isdecimal() or len(number) > 18:
        return ""
    one = Answer.objects.filter(thread=found, pk=int(number)).select_related("touch").first()
    return one.touch.text if one else ""


def _morning(found: Thread, now: datetime, days: int) -> datetime:
    """That many days on, in the morning where the sender is."""
    zone = ZoneInfo(found.sender.zone)
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=days), MORNING, zone).astimezone(UTC)


def _rendered(request: HttpRequest, page: dict[str, Any], status: int = 200) -> HttpResponse:
    fragment = "#panes" if request.htmx else ""  # type: ignore[attr-defined]
    response = render(request, f"campaigns/inbox.html{fragment}", page, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


# -- acts


def _act(do: Callable[[HttpRequest, Thread, datetime], HttpResponse | None]) -> Callable[..., HttpResponseBase]:
    """A view that does something with one conversation and shows it again; a refusal is told there."""

    @member_required(Verb.ANSWER)
    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponseBase:
        found, now = thread_of(member_of(request), pk), clock.now()
        try:
            answer = do(request, found, now)
        except triage.NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from None
        except triage.NotTriaged as refusal:
            toasts.say(request, str(refusal), tone="bad")
            answer = None
        news.tell(found.workspace_id, "inbox")
        return answer or _shown(request, found.pk)

    return view


def _shown(request: HttpRequest, pk: int) -> HttpResponse:
    query = Asked.of(request.GET).query()
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(reverse("thread", args=[pk]) + query)
    found = thread_of(member_of(request), pk)
    response = _rendered(request, whole(request, found, clock.now()))
    response["HX-Push-Url"] = reverse("thread", args=[pk]) + query
    return response


def _leave(request: HttpRequest, found: Thread, change: Change, said: str) -> HttpResponse | None:
    """The conversation left the list: the one that stood below it opens, else the one above, else the list."""
    if not change.changed:
        toasts.say(request, f"{found.prospect} was {said} already.")
        return None
    member, asked = member_of(request), Asked.of(request.GET)
    rows = inbox.found(member, asked).exclude(pk=found.pk)
    below = rows.filter(last_at__lte=found.last_at).order_by("-last_at", "-pk").select_related("prospect").first()
    following = below or rows.order_by("last_at", "pk").select_related("prospect").first()
    next_words = f" Next: {following.prospect}." if following else " That was the last one here."
    toasts.say(request, f"{found.prospect} is {said}.{next_words}", undo=_way_back(request, change))
    if following is None:
        to = reverse("inbox") + asked.query()
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(headers={"HX-Redirect": to})
        return redirect(to)
    if request.htmx:  # type: ignore[attr-defined]
        triage.read(following, by=member)
    response = _shown(request, following.pk)
    if request.htmx:  # type: ignore[attr-defined]
        response["HX-Trigger-After-Settle"] = "thread-opened"
    return response


def _way_back(request: HttpRequest, change: Change) -> str:
    return reverse("inbox-undo", args=[change.way_back]) + Asked.of(request.GET).query()


def _done(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    return _leave(request, found, triage.done(found, by=member_of(request), now=now), "done")


def _reopen(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    change = triage.reopen(found, by=member_of(request), now=now)
    _say(request, change, f"{found.prospect} is open again.")
    return None


def _snooze(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    wanted = request.POST.get("until", "")
    days = {key: days for key, _, days in SNOOZES}
    until: datetime | None
    if wanted in days:
        until = _morning(found, now, days[wanted])
    else:
        on = _date(request.POST.get("on", ""))
        until = datetime.combine(on, MORNING, ZoneInfo(found.sender.zone)).astimezone(UTC) if on else None
    if until is None:
        raise triage.NotTriaged("Choose until when it sleeps.")
    change = triage.snooze(found, until, by=member_of(request), now=now)
    return _leave(request, found, change, f"snoozed until {moment(until, now)} UTC")


def _assign(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    wanted = request.POST.get("to", "")
    to = None
    if wanted:
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0
        to = Member.objects.visible_to(member_of(request)).filter(pk=number).first()
        if to is None:
            raise triage.NotTriaged("Choose who answers.")
    change = triage.assign(found, to, by=member_of(request), now=now)
    _say(request, change, f"{to} answers {found.prospect}." if to else f"Nobody is assigned to {found.prospect}.")
    return None


def _label(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    intent = request.POST.get("label", "")
    change = triage.label(found, intent, by=member_of(request), now=now)
    _say(request, change, f"{found.prospect}: {LABELS[intent].lower()}.")
    return None


def _outcome(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    what = request.POST.get("outcome", "")
    on = _date(request.POST.get("on", ""))
    change = triage.outcome(found, what, on=on, by=member_of(request), now=now)
    words = Outcome(what).label.lower() if what else "no outcome"
    day = f" for {on.day} {on:%b}" if what == Outcome.MEETING and on else ""
    _say(request, change, f"{found.prospect}: {words}{day}.")
    return None


def _unread(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    change = triage.unread(found, by=member_of(request), now=now)
    _say(request, change, f"{found.prospect} is unread again.")
    return redirect(reverse("inbox") + Asked.of(request.GET).query()) if not request.htmx else _list(request)  # type: ignore[attr-defined]


def _list(request: HttpRequest) -> HttpResponse:
    """The panes with no conversation open."""
    member, asked = member_of(request), Asked.of(request.GET)
    page = inbox.listed(member, asked, clock.now()) | {"splits": inbox.splits(member, asked)}
    response = _rendered(request, page)
    response["HX-Push-Url"] = reverse("inbox") + asked.query()
    return response


def _note(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    try:
        triage.note(found, request.POST.get("text", ""), by=member_of(request), now=now)
    except triage.NotTriaged as refusal:
        page = whole(request, found, now, writes="note", wrong=str(refusal), typed=request.POST.get("text", ""))
        return _rendered(request, page, status=422)
    toasts.say(request, "The note is kept. Only members see it.")
    return None


def _say(request: HttpRequest, change: Change, sentence: str) -> None:
    if change.changed:
        toasts.say(request, sentence, undo=_way_back(request, change))
    else:
        toasts.say(request, "It was so already.")


def _answer(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    text = request.POST.get("text", "")
    try:
        made = answers.answer(
            found, text, key=request.POST.get("key", "").replace("\0", ""), by=member_of(request), now=now
        )
    except answers.CannotAnswer as refusal:
        page = whole(request, found, now, writes="answer", wrong=str(refusal), draft=text)
        return _rendered(request, page, status=422)
    toasts.say(request, "Your answer goes in ten seconds.", undo=reverse("answer-back", args=[found.pk, made.pk]))
    return None


thread_done = _act(_done)
thread_reopen = _act(_reopen)
thread_snooze = _act(_snooze)
thread_assign = _act(_assign)
thread_label = _act(_label)
thread_outcome = _act(_outcome)
thread_unread = _act(_unread)
thread_note = _act(_note)
thread_answer = _act(_answer)


@member_required(Verb.ANSWER)
@require_POST
def thread_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is being written. What was sent meanwhile is no draft any more."""
    found = thread_of(member_of(request), pk)
    key = request.POST.get("key", "").replace("\0", "")
    if not Answer.objects.filter(thread=found, key=key).exists():
        try:
            answers.keep_draft(found, request.POST.get("text", ""), by=member_of(request), now=clock.now())
        except answers.NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from None
    return HttpResponse(status=204)


@member_required(Verb.ANSWER)
@require_POST
def answer_back(request: HttpRequest, pk: int, answer: int) -> HttpResponse:
    """Take a queued answer back."""
    found = thread_of(member_of(request), pk)
    queued: Answer = get_object_or_404(Answer.objects.filter(thread=found).select_related("thread__sender"), pk=answer)
    try:
        answers.take_back(queued, by=member_of(request), now=clock.now())
    except answers.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except answers.CannotAnswer as refusal:
        toasts.say(request, str(refusal), tone="bad")
    else:
        toasts.say(request, "Taken back. Your text is a draft again.")
    return _shown(request, pk)


@member_required(Verb.ANSWER)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last act back."""
    rows = WayBack.objects.filter(workspace=member_of(request).workspace_id).select_related("thread__sender")
    way_back: WayBack = get_object_or_404(rows, pk=pk)
    if not Thread.objects.readable_by(member_of(request)).filter(pk=way_back.thread_id).exists():
        raise Http404
    try:
        done = triage.undo(way_back, by=member_of(request), now=clock.now())
    except triage.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except triage.NotTriaged as refusal:
        toasts.say(request, str(refusal), tone="bad")
    else:
        toasts.say(request, "Undone." if done else "It was changed since, so nothing was undone.")
    return _shown(request, way_back.thread_id)


def _date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
