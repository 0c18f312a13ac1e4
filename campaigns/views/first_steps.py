"""The first steps: put away and brought back, and the sample people that come and go with one click."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import member_of, member_required
from accounts.rights import Verb
from campaigns.building import first_steps, sample_people
from outreach import clock
from outreach.web import toasts
from outreach.web.back import back


@member_required(Verb.SEE)
@require_POST
def put_away(request: HttpRequest) -> HttpResponse:
    first_steps.put_away(member_of(request), now=clock.now())
    toasts.say(request, "The first steps are put away.", undo=reverse("steps-back"))
    return back(request, "home")


@member_required(Verb.SEE)
@require_POST
def bring_back(request: HttpRequest) -> HttpResponse:
    first_steps.bring_back(member_of(request))
    return back(request, "home")


@member_required(Verb.BUILD)
@require_POST
def load_samples(request: HttpRequest) -> HttpResponse:
    loaded = sample_people.load(by=member_of(request), now=clock.now())
    toasts.say(
        request,
        f"{loaded} sample people are here, as the audience {sample_people.NAME}."
        if loaded
        else "The sample people were here already.",
    )
    return back(request, "home")


@member_required(Verb.BUILD)
@require_POST
def remove_samples(request: HttpRequest) -> HttpResponse:
    removed = sample_people.remove(by=member_of(request), now=clock.now())
    words = f"{removed.gone} sample people are gone."
    if removed.stay:
        words += (
            f" {removed.stay} to whom a practice sender wrote stay with their history; nothing more is sent to them."
        )
    toasts.say(request, words)
    return back(request, "home")
