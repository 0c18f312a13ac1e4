"""What can be done about one person of a campaign: hold, resume, stop, hand over, take the conversation. Each answers
with their row."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import member_of, member_required
from accounts.models import Sender
from accounts.rights import Verb
from campaigns.models import Enrollment
from campaigns.running import hand_over, holding, taking, waits
from campaigns.running.holding import Done
from campaigns.views.people import trace
from outreach import clock
from outreach.web import toasts
from outreach.web.back import back
from outreach.web.htmx import htmx
from outreach.web.numbers import whole


@member_required(Verb.STEER)
@require_POST
def hold(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    return _act(request, pk, person, holding.hold, "is left alone until resumed", undo="enrollment-resume")


@member_required(Verb.STEER)
@require_POST
def resume(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    return _act(request, pk, person, holding.resume, "goes on", undo="enrollment-hold")


@member_required(Verb.STEER)
@require_POST
def stop(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    return _act(request, pk, person, holding.stop, "is stopped in this campaign", undo="enrollment-resume")


@member_required(Verb.STEER)
@require_POST
def give(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    """Hand the person over to the sender in the form's field `sender`."""
    found, member = trace.enrollment_of(request, pk, person), member_of(request)
    chosen = whole(request.POST.get("sender") or request.GET.get("sender"))
    to = Sender.objects.visible_to(member).filter(pk=chosen or 0).first()
    if to is None:
        toasts.say(request, "Choose the sender that goes on with this person.", tone="bad")
        return _answer(request, found)
    was = found.sender
    try:
        done = hand_over.hand_over(found, to, by=member, now=clock.now())
    except hand_over.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except hand_over.CannotHandOver as refusal:
        toasts.say(request, str(refusal), tone="bad")
        return _answer(request, found)
    if not done:
        toasts.say(request, f"{to} has {found.prospect} already.")
    else:
        toasts.say(
            request, f"{to} goes on with {found.prospect} instead of {was}.", undo=f"{request.path}?sender={was.pk}"
        )
    return _answer(request, found)


@member_required(Verb.STEER)
@require_POST
def take(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    """This campaign leads the conversation with the person, instead of the one that does."""
    found = trace.enrollment_of(request, pk, person)
    try:
        was = taking.take(found, by=member_of(request), now=clock.now())
    except taking.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except hand_over.CannotHandOver as refusal:
        toasts.say(request, str(refusal), tone="bad")
        return _answer(request, found)
    if was is None:
        toasts.say(request, f"{found.campaign} leads the conversation with {found.prospect} already.")
        return _answer(request, found)
    waits.forget(was.workspace_id, was.campaign_id)
    toasts.say(
        request,
        f"{found.campaign} goes on with {found.prospect}, and {was.campaign} waits.",
        undo=reverse("enrollment-take", args=[was.campaign_id, was.pk]),
    )
    return _answer(request, found)


def _act(
    request: HttpRequest, pk: int, person: int, verb: Callable[..., Done], said: str, *, undo: str
) -> HttpResponse:
    found = trace.enrollment_of(request, pk, person)
    try:
        done = verb(found, by=member_of(request), now=clock.now())
    except holding.NotAllowed as refusal:
        raise PermissionDenied(str(refusal)) from None
    except holding.NotHeld as refusal:
        toasts.say(request, str(refusal), tone="bad")
        return _answer(request, found)
    if not done.changed:
        toasts.say(request, f"{found.prospect} {said} already.")
        return _answer(request, found)
    way_back = "enrollment-hold" if done.was == "held" and undo == "enrollment-resume" else undo
    toasts.say(request, f"{found.prospect} {said}.{_counted(done)}", undo=reverse(way_back, args=[pk, person]))
    return _answer(request, found)


def _counted(done: Done) -> str:
    """What the act did to touches, in true numbers."""
    if done.on_the_way:
        return " One touch was handed over already."
    return " The planned touch will not go." if done.cancelled else ""


def _answer(request: HttpRequest, found: Enrollment) -> HttpResponse:
    waits.forget(found.workspace_id, found.campaign_id)
    if not htmx(request):
        return back(request, reverse("enrollment", args=[found.campaign_id, found.pk]))
    response = trace.row(request, trace.enrollment_of(request, found.campaign_id, found.pk), opened=True)
    response["HX-Trigger"] = "people-changed"
    return response
