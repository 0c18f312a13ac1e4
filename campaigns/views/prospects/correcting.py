"""One person, corrected by hand."""

from dataclasses import fields
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import member_of, member_required
from accounts.rights import Verb
from campaigns.running import planning
from outreach import clock
from outreach.web import toasts
from prospects import corrections, people
from prospects.corrections import Written
from prospects.models import Prospect

NAMES = [field.name for field in fields(Written)]


@member_required(Verb.BUILD)
@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request)
    person = get_object_or_404(Prospect.objects.visible_to(member).select_related("company"), pk=pk)
    page: dict[str, Any] = {"person": person, "typed": corrections.written(person), "wrong": {}}
    if request.method == "POST":
        typed = page["typed"] = Written(**{name: request.POST.get(name, "")[:2000] for name in NAMES})
        seen = request.POST.get("seen", "")
        try:
            differs = corrections.correct(
                person, typed, by=member, now=clock.now(), changed=planning.facts_changed, seen=seen
            )
        except people.NotAdded as refusal:
            page["wrong"] = refusal.sentences
        except people.Known as known:
            page["known"] = known
        except corrections.ChangedMeanwhile as meanwhile:
            page["meanwhile"], page["there"] = meanwhile, corrections.written(person)
        else:
            toasts.say(request, "Saved." if differs else "Nothing was different.")
            return redirect("person", pk)
    page["seen"] = corrections.fingerprint(person)
    return render(request, "campaigns/person_edit.html", page, status=200 if request.method == "GET" else 422)
