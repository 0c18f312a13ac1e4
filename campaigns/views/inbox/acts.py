"""What is done with a conversation: each act answers with the panes as they are then."""

from collections.abc import Callable
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from accounts.access import member_of, member_required
from accounts.models import Member
from accounts.rights import Verb
from campaigns.inbox import answers, presence, triage
from campaigns.inbox.triage import Change
from campaigns.models import Answer, Thread, WayBack
from campaigns.models.thread import LABELS, Outcome
from campaigns.views.inbox import inbox, snoozes
from campaigns.views.inbox.inbox import Asked, zone_of
from campaigns.views.inbox.thread import rendered, thread_of, whole
from campaigns.views.moments import moment
from outreach import clock
from outreach.web import news, toasts
from outreach.web.htmx import htmx


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
    if not htmx(request):
        return redirect(reverse("thread", args=[pk]) + query)
    found = thread_of(member_of(request), pk)
    response = rendered(request, whole(request, found, clock.now()))
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
        if htmx(request):
            return HttpResponse(headers={"HX-Redirect": to})
        return redirect(to)
    if htmx(request):
        triage.read(following, by=member)
    response = _shown(request, following.pk)
    if htmx(request):
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
    zone, said = zone_of(member_of(request)), request.POST
    until = snoozes.read(said.get("until", ""), said.get("on", ""), said.get("at", ""), now, zone)
    if until is None:
        raise triage.NotTriaged("Choose until when it sleeps.")
    change = triage.snooze(found, until, by=member_of(request), now=now)
    return _leave(request, found, change, f"snoozed until {moment(until, now, zone)}")


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
    return redirect(reverse("inbox") + Asked.of(request.GET).query()) if not htmx(request) else _list(request)


def _list(request: HttpRequest) -> HttpResponse:
    """The panes with no conversation open."""
    member, asked = member_of(request), Asked.of(request.GET)
    page = inbox.listed(member, asked, clock.now()) | {"splits": inbox.splits(member, asked)}
    response = rendered(request, page)
    response["HX-Push-Url"] = reverse("inbox") + asked.query()
    return response


def _note(request: HttpRequest, found: Thread, now: datetime) -> HttpResponse | None:
    try:
        triage.note(found, request.POST.get("text", ""), by=member_of(request), now=now)
    except triage.NotTriaged as refusal:
        page = whole(request, found, now, writes="note", wrong=str(refusal), typed=request.POST.get("text", ""))
        return rendered(request, page, status=422)
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
            found,
            text,
            key=request.POST.get("key", "").replace("\0", ""),
            by=member_of(request),
            now=now,
            seen=_number(request.POST.get("seen", "")),
            despite=bool(request.POST.get("despite")),
        )
    except answers.AlsoAnswered as refusal:
        page = whole(request, found, now, writes="answer", also=str(refusal), draft=text)
        return rendered(request, page, status=409)
    except answers.CannotAnswer as refusal:
        page = whole(request, found, now, writes="answer", wrong=str(refusal), draft=text)
        return rendered(request, page, status=422)
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
        member, now, text = member_of(request), clock.now(), request.POST.get("text", "")
        try:
            answers.keep_draft(found, text, by=member, now=now)
            _come(found, member, now, writes=bool(text.strip()))
        except answers.NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from None
    return HttpResponse(status=204)


def _come(found: Thread, member: Member, now: datetime, writes: bool = False) -> None:
    for pk in presence.come(found, by=member, now=now, writes=writes):
        news.tell(found.workspace_id, f"here-{pk}")


@member_required(Verb.ANSWER)
@require_POST
def thread_here(request: HttpRequest, pk: int) -> HttpResponse:
    """The page says that it is still looked at, and is told who else looks."""
    member, now = member_of(request), clock.now()
    found = thread_of(member, pk)
    try:
        _come(found, member, now)
    except presence.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    return render(request, "campaigns/thread.html#others", {"others": presence.others(found, than=member, now=now)})


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


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
