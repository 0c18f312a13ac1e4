"""One campaign as it is built: the sequence with its texts, and its settings. See `crew` for people and senders."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import rights
from accounts.access import member_of, member_required
from accounts.models import Member
from accounts.rights import Verb
from campaigns.building import crowds, drafts, fits, previews
from campaigns.models import Campaign, CampaignSender
from campaigns.models.campaign import CampaignState
from campaigns.views.building.campaigns import TONES, allowed, of
from campaigns.views.building.outline import ACTS, node_of, tree
from outreach import clock
from outreach.engine.plays import DAY, PLAYS
from outreach.web import toasts
from outreach.web.htmx import htmx

LOOKED_AT = 300
"""So many people are tried for the outline and while somebody types; the launch tries more."""

WAITS = ("wait_low", "wait_high")
TYPED = ("note", "subject", "text", *WAITS)
"""What the form of a step sends."""

HINTS = {
    "approach": "A connection gets the text as a message, an Open Profile as a free InMail, tier 2 and 3 as an InMail "
    "when a credit is free; everybody else gets the invite with the note.",
    "inmail": "Free to an Open Profile, a plain message to a connection. Otherwise it costs a credit, which an answer "
    "returns.",
    "invite": "Passed over while an invite is pending and for connections.",
    "message": "Only to connections, after they accepted.",
    "withdraw": "Frees the place of an invite that nobody answered.",
    "view": "Being seen first makes the message less of a surprise.",
    "like": "Passed over for people without a post.",
    "call": "Shown to you as a task: a person does it.",
}


def frame(request: HttpRequest, campaign: Campaign, here: str) -> dict[str, Any]:
    """What the head and the tabs of every page of a campaign show."""
    member = member_of(request)
    mine = campaign.owner_id == member.pk
    return {
        "campaign": campaign,
        "here": here,
        "tone": TONES[CampaignState(campaign.state)],
        "play": PLAYS.get(campaign.play),
        "draft": campaign.state == CampaignState.DRAFT,
        "running": campaign.state == CampaignState.RUNNING,
        "paused": campaign.state == CampaignState.PAUSED,
        "archived": campaign.state == CampaignState.ARCHIVED,
        "may_build": rights.may(member, Verb.BUILD) is rights.Scope.ALL,
        "may_launch": _reaches(member, Verb.LAUNCH, mine),
        "may_steer": _reaches(member, Verb.STEER, mine),
        "people_count": campaign.enrollments.count(),
        "sender_count": CampaignSender.objects.filter(campaign=campaign).count(),
        "now": clock.now(),
    }


# -- the sequence and its texts


@member_required(Verb.SEE)
@require_safe
def sequence(request: HttpRequest, pk: int) -> HttpResponse:
    """The sequence, with the first step that has a text open."""
    campaign = of(request, pk)
    steps = drafts.steps_of(drafts.version_of(campaign))
    first = next((step.key for step, _ in steps if step.act in drafts.FIELDS), steps[0][0].key if steps else 0)
    return render(request, "campaigns/campaign.html", _open_step(request, campaign, first))


@member_required(Verb.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, pk: int, key: int) -> HttpResponse:
    """One step's texts: shown with what becomes of them, kept when posted. htmx posts while somebody types and gets
    the check back."""
    campaign = of(request, pk)
    if request.method != "POST":
        return render(request, "campaigns/campaign.html", _open_step(request, campaign, key))
    need(request, Verb.BUILD)
    member, now = member_of(request), clock.now()
    typed = {name: request.POST[name] for name in TYPED if name in request.POST}
    texts = {name: text for name, text in typed.items() if name not in WAITS}
    refused = ""
    try:
        if texts:
            allowed(drafts.write, campaign, key, texts, by=member, now=now)
        if "wait_low" in typed:
            low, high = (_days(typed.get(name, "")) for name in WAITS)
            allowed(drafts.set_waits, campaign, key, low, high, by=member, now=now)
    except drafts.CannotChange as refusal:
        refused = str(refusal)
    page = _open_step(request, campaign, key, typed if refused else None, refused)
    if htmx(request):
        return render(request, "campaigns/step_check.html", page | {"kept": not refused})
    if refused or page["checked"].problems:
        return render(request, "campaigns/campaign.html", page, status=422)
    toasts.say(request, f"Step {page['step'].position} is saved.")
    return redirect("campaign-step", pk, key)


def _open_step(
    request: HttpRequest, campaign: Campaign, key: int, typed: dict[str, str] | None = None, refused: str = ""
) -> dict[str, Any]:
    """The page with this step open; `typed` instead of what is kept, when that was refused."""
    now = clock.now()
    every = previews.check_all(campaign, now=now, most=LOOKED_AT)
    known = crowds.crowd(campaign, now=now, most=1).known
    found = next(((step, variant, checked) for step, variant, checked in every if step.key == key), None)
    if found is None:
        raise Http404("This campaign has no such step.")
    opened, variant, checked = found
    if typed is not None:
        variant = {**variant, **{name: text for name, text in typed.items() if name not in WAITS}}
        among = crowds.crowd(campaign, now=now, variables=sorted(fits.used_by(variant)), most=LOOKED_AT)
        checked = previews.check(opened, variant, among)
    nodes = [node_of(step, kept, read, step.key == key) for step, kept, read in every]
    page = frame(request, campaign, "sequence")
    return page | {
        "root": tree(nodes),
        "steps": len(nodes),
        "step": opened,
        "act": ACTS[opened.act],
        "hint": HINTS.get(opened.act, ""),
        "checked": checked,
        "refused": refused,
        "wait_low": (typed or {}).get("wait_low", opened.wait_min_h // DAY),
        "wait_high": (typed or {}).get("wait_high", opened.wait_max_h // DAY),
        "has_wait": opened.position > 1,
        "after": AFTER[opened.after],
        "variables": [(name, _insertion(name)) for name in sorted(known, key=_variable_order)],
        "editable": page["draft"] and page["may_build"],
        "unsettled": [(step, len(read.problems)) for step, _, read in every if read.problems],
    }


AFTER = {
    "last_touch": "after the step before",
    "invite": "after the invite",
    "accepted": "after they accepted",
}


def _variable_order(name: str) -> tuple[int, str]:
    standard = ("first_name", "company", "title", "last_name", "location", "sender_name")
    return (standard.index(name), "") if name in standard else (len(standard), name)


def _insertion(name: str) -> str:
    fallback = f' | default: "{fits.FALLBACKS[name]}"' if name in fits.FALLBACKS else ""
    return f"{{{{ {name}{fallback} }}}}"


def _days(typed: str) -> int:
    try:
        return int(typed.strip())
    except ValueError:
        return -1


# -- settings


@member_required(Verb.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, pk: int) -> HttpResponse:
    """The name, and putting a draft away."""
    campaign = of(request, pk)
    if request.method != "POST":
        page = frame(request, campaign, "settings") | {"name": campaign.name}
        return render(request, "campaigns/campaign_settings.html", page)
    need(request, Verb.BUILD)
    name = request.POST.get("name", "")
    try:
        allowed(drafts.rename, campaign, name, by=member_of(request), now=clock.now())
    except drafts.CannotChange as refusal:
        page = frame(request, campaign, "settings") | {"name": name, "error": str(refusal)}
        return render(request, "campaigns/campaign_settings.html", page, status=422)
    toasts.say(request, "The name is saved.")
    return redirect("campaign-settings", pk)


def _reaches(member: Member, verb: Verb, mine: bool) -> bool:
    scope = rights.may(member, verb)
    return scope not in (rights.Scope.NONE, rights.Scope.READ) and (mine or scope is not rights.Scope.OWN)


def need(request: HttpRequest, verb: Verb) -> None:
    """Who may look at a page may not always change it."""
    if not _reaches(member_of(request), verb, False):
        raise PermissionDenied(f"You may not do this here: {verb}.")
