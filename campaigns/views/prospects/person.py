"""One person: who they are, where from, what we know and how old that is, what happened, and what holds us back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member_of, member_required
from accounts.models import Member
from accounts.rights import Scope, Verb, may
from campaigns.building.selections import DEGREES, SENIORITIES
from campaigns.models import Enrollment, PersonLock
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import do_not_contact, planning, why
from campaigns.views.moments import moment
from campaigns.views.people.reasons import Channel, Possible, channel, ended, possible, sentence
from campaigns.views.prospects import timeline
from campaigns.views.prospects.persons import age, day, initials, open_profile
from outreach import clock
from outreach.engine.kinds import NEVER, Invitation, Seniority
from outreach.web import toasts
from outreach.web.htmx import htmx
from prospects import suppressions, tiers
from prospects.models import AudienceMember, ImportedPerson, Prospect, Relationship, Suppression

INVITATIONS = {
    Invitation.NONE: "",
    Invitation.PENDING: "invite waits for an answer",
    Invitation.ACCEPTED: "invite accepted",
    Invitation.DECLINED: "invite declined",
    Invitation.WITHDRAWN: "invite withdrawn",
    Invitation.LAPSED: "invite vanished",
}
LIVE = (EnrollmentState.WAITING, EnrollmentState.ACTIVE, EnrollmentState.HELD)
MOST = 50
"""Most senders, lists, files and campaigns of one person that are shown."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What one sender is to the person, and how old that is."""

    sender: str
    initials: str
    url: str
    degree: str
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """A campaign that the person is in: where they stand, and why not yet."""

    campaign: str
    url: str
    sender: str
    state: str
    tone: str
    why: str
    when: Possible | None
    next: Channel | None


@member_required(Verb.SEE)
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request)
    prospect = _found(member, pk)
    cursor = request.GET.get("before", "")
    told = timeline.of(prospect, member, cursor=cursor)
    shown: dict[str, Any] = {"prospect": prospect, "told": told, "later": cursor}
    if htmx(request) and cursor:
        response = render(request, "campaigns/person.html#older", shown)
        response["HX-Push-Url"] = "false"
    else:
        response = render(request, "campaigns/person.html", _whole(member, prospect, clock.now()) | shown)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _found(member: Member, pk: int) -> Prospect:
    found: Prospect = get_object_or_404(Prospect.objects.visible_to(member).select_related("company"), pk=pk)
    return found


def _whole(member: Member, prospect: Prospect, now: datetime) -> dict[str, Any]:
    live = PersonLock.objects.filter(prospect=prospect, released_at=None)
    locks = list(live.select_related("enrollment__sender", "enrollment__campaign"))
    return {
        "initials": initials(str(prospect)),
        "hue": prospect.pk % 8 + 1,
        "seniority": "" if prospect.seniority == Seniority.UNKNOWN else SENIORITIES.get(prospect.seniority, ""),
        "open": open_profile(prospect.open_profile, prospect.checked_at, now),
        "checked": f"checked {age(prospect.checked_at, now)}" if prospect.checked_at else "",
        "premium": {True: "Premium", False: "No Premium", None: ""}[prospect.premium],
        "added": day(prospect.created_at, now),
        "ties": _ties(prospect, now),
        "audiences": AudienceMember.objects.filter(prospect=prospect).select_related("audience").order_by("-pk")[:MOST],
        "files": ImportedPerson.objects.filter(prospect=prospect).select_related("upload").order_by("-pk")[:MOST],
        "facts": sorted((str(name), str(value)) for name, value in prospect.custom.items())[:MOST],
        "parts": _parts(member, prospect, locks, now),
        "talks": _talks(locks, now),
        "replied": day(prospect.replied_at, now) if prospect.replied_at else "",
        "forbidden": _forbidden(prospect, now) if prospect.suppressed_at else None,
        "may_build": may(member, Verb.BUILD) is not Scope.NONE,
        "may_allow": may(member, Verb.GOVERN) is Scope.ALL,
        "tiers": tiers.TIERS,
    }


def _ties(prospect: Prospect, now: datetime) -> list[Tie]:
    found: list[Tie] = []
    relations = Relationship.objects.filter(prospect=prospect).select_related("sender").order_by("degree", "pk")
    for one in relations[:MOST]:
        said = [INVITATIONS.get(Invitation(one.invitation), "")]
        if one.connected_at:
            said = [f"connected {day(one.connected_at, now)}"]
        said.append(f"read {age(one.checked_at, now)}" if one.checked_at else "profile not read yet")
        found.append(
            Tie(
                sender=one.sender.name,
                initials=initials(one.sender.name),
                url=reverse("sender", args=[one.sender_id]),
                degree=DEGREES.get(one.degree, "Unknown degree"),
                words=", ".join(part for part in said if part),
            )
        )
    return found


def _parts(member: Member, prospect: Prospect, locks: list[PersonLock], now: datetime) -> list[Part]:
    """The campaigns, those under way first, each with the one reason why nothing happens yet."""
    rows = list(
        Enrollment.objects.visible_to(member)
        .filter(prospect=prospect)
        .select_related("campaign", "sender")
        .order_by("-pk")[:MOST]
    )
    live = [row.pk for row in rows if row.state in LIVE]
    reasons = {one.enrollment: one for one in why.explain(member.workspace_id, now, live)} if live else {}
    held = {lock.enrollment_id for lock in locks}
    holder = next((row.campaign.name for row in rows if row.pk in held), "")
    found = []
    for row in sorted(rows, key=lambda row: row.state not in LIVE):
        reason = reasons.get(row.pk)
        found.append(
            Part(
                campaign=row.campaign.name,
                url=reverse("enrollment", args=[row.campaign_id, row.pk]),
                sender=row.sender.name,
                state=row.get_state_display(),
                tone={"active": "accent", "held": "warn", "finished": "ok"}.get(row.state, "neutral"),
                why=sentence(reason, row.sender.name, holder=holder) if reason else ended(row.reason).capitalize(),
                when=possible(reason, now, row.sender) if reason else None,
                next=channel(reason.kind) if reason else None,
            )
        )
    return found


def _talks(locks: list[PersonLock], now: datetime) -> dict[str, str] | None:
    for lock in locks:
        return {
            "sender": lock.enrollment.sender.name,
            "campaign": lock.enrollment.campaign.name,
            "since": day(lock.taken_at, now),
            "until": moment(lock.release_at, now) if lock.release_at < NEVER else "",
        }
    return None


def _forbidden(prospect: Prospect, now: datetime) -> dict[str, str]:
    digests = suppressions.digests(
        prospect.workspace_id, email=prospect.email, slug=prospect.slug, member_id=prospect.member_id
    )
    noted = Suppression.objects.filter(workspace=prospect.workspace_id, digest__in=digests.values())
    first = noted.select_related("by__user").order_by("at").first()
    words = {"opted_out": "they asked not to be contacted", "": "an address of theirs is on the list"}
    reason = first.reason if first else ""
    return {
        "since": day(prospect.suppressed_at, now) if prospect.suppressed_at else "",
        "reason": words.get(reason, reason),
        "by": str(first.by.user) if first and first.by else "",
    }


# -- acts


def _refusing(act: Callable[[HttpRequest, Prospect, datetime], None]) -> Callable[[HttpRequest, int], HttpResponse]:
    """A view that does something to one person and shows their page again; a refusal is told there."""

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        prospect = _found(member_of(request), pk)
        try:
            act(request, prospect, clock.now())
        except (do_not_contact.NotForbidden, do_not_contact.NotLifted) as refusal:
            toasts.say(request, str(refusal), tone="bad")
        return redirect("person", pk)

    return view


def _forbid(request: HttpRequest, prospect: Prospect, now: datetime) -> None:
    made = do_not_contact.forbid(prospect, reason=request.POST.get("reason", ""), by=member_of(request), now=now)
    undo = reverse("forbid-undo", args=[made.act]) if made.act else ""
    toasts.say(request, f"{prospect} will not be contacted any more. {made}", undo=undo)


def _allow(request: HttpRequest, prospect: Prospect, now: datetime) -> None:
    reason = request.POST.get("reason", "")
    if do_not_contact.allow(prospect, by=member_of(request), now=now, reason=reason):
        toasts.say(request, f"{prospect} may be contacted again. What was stopped stays stopped: enroll them anew.")


person_forbid = member_required(Verb.BUILD)(require_POST(_refusing(_forbid)))
person_allow = member_required(Verb.GOVERN)(require_POST(_refusing(_allow)))


@member_required(Verb.BUILD)
@require_POST
def person_tier(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the tier, if it is still the one that was read; else both are shown and the member decides again."""
    member = member_of(request)
    prospect = _found(member, pk)
    wanted, seen = request.POST.get("tier", ""), request.POST.get("seen", "")
    page: dict[str, Any] = {}
    status = 200
    try:
        made = tiers.put(
            [prospect.pk],
            int(wanted) if wanted in ("1", "2", "3") else 0,
            by=member,
            now=clock.now(),
            changed=planning.facts_changed,
            seen=int(seen) if seen in ("1", "2", "3") else prospect.tier,
        )
    except tiers.ChangedMeanwhile as conflict:
        page, status = {"conflict": conflict, "wanted": int(wanted)}, 409
    except tiers.NotATier as refusal:
        page, status = {"wrong": str(refusal)}, 422
    else:
        undo = reverse("tiers-undo", args=[made.act]) if made.act else ""
        toasts.say(request, f"{prospect} is tier {wanted} now." if made.people else "Nothing changed.", undo=undo)
    prospect.refresh_from_db(fields=["tier"])
    if not htmx(request):
        if status == 200:
            return redirect("person", pk)
        told = timeline.of(prospect, member)
        whole = _whole(member, prospect, clock.now()) | {"prospect": prospect, "told": told, "later": ""}
        return render(request, "campaigns/person.html", whole | page, status=status)
    shown = {"prospect": prospect, "tiers": tiers.TIERS, "may_build": True} | page
    return render(request, "campaigns/person.html#tier", shown, status=status)
