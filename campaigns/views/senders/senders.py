"""Senders: the list, adding one, one sender's page, and what people change of it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rights
from accounts.access import member_of, member_required
from accounts.ledger import LedgerRefusal
from accounts.models import Connection, CreditBalance, Member, Plan, Sender
from accounts.models.sender import SenderState
from accounts.rights import Scope, Verb, may
from campaigns.building import practice, practice_seats, seat_credits, seats
from campaigns.building.seats import BadSender, SeatPlan
from campaigns.running import seat_health
from campaigns.views.senders import card as sender_card
from campaigns.views.senders import charts as sender_charts
from campaigns.views.senders import strips
from campaigns.views.senders.forms import GUIDED, PRACTICE, UNIPILE, EditSenderForm, NewSenderForm
from campaigns.views.senders.purses import purse
from campaigns.views.senders.strips import TONES
from outreach import clock
from outreach.web import toasts
from outreach.web.back import back
from outreach.web.numbers import whole
from prospects.models import Prospect

SENDERS_A_PAGE = 25
UNPAUSED = (SenderState.ACTIVE, SenderState.RESTING)
RESUMABLE = (SenderState.PAUSED, SenderState.FROZEN, SenderState.DISCONNECTED)


@member_required(Verb.SEE)
@require_safe
def senders(request: HttpRequest) -> HttpResponse:
    member, now = member_of(request), clock.now()
    found = (
        Sender.objects.visible_to(member)
        .exclude(state=SenderState.ARCHIVED)
        .select_related("plan", "owner__user")
        .prefetch_related("allowances", "balances")
        .order_by("name", "id")
    )
    page = Paginator(found, SENDERS_A_PAGE).get_page(request.GET.get("page"))
    seen = seat_health.look([sender.pk for sender in page], now=now)
    rows = []
    for sender in page:
        zone = sender_card.zone_of(sender)
        reasons = seat_health.reasons(sender, seen[sender.pk], now, sender_card.said(seen[sender.pk], now, zone))
        health = seat_health.word(reasons)
        rows.append(
            {
                "sender": sender,
                "initials": strips.initials(sender),
                "hue": strips.hue(sender),
                "tone": TONES.get(sender.state, "neutral"),
                "rooms": strips.rooms(sender, now),
                "purses": [purse(one) for one in sender.balances.all() if one.cap or one.reserved],
                "health": health,
                "health_tone": sender_card.HEALTH_TONES[health],
                "reason": reasons[0],
            }
        )
    return render(
        request, "campaigns/senders.html", {"rows": rows, "page": page, "may_add": _may(member, Verb.BUILD, member.pk)}
    )


@member_required(Verb.BUILD)
@require_http_methods(["GET", "HEAD", "POST"])
def sender_new(request: HttpRequest) -> HttpResponse:
    member, now = member_of(request), clock.now()
    ways = _ways(member)
    form = _new_form(request, member, ways)
    if request.method == "POST" and form.is_valid():
        try:
            sender = _add(form, member)
        except BadSender as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        except (practice.OutOfReach, practice_seats.NoSimulator, rights.NotAllowed) as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, f"{sender.name} is set up and may act in its working hours.")
            return redirect("sender", sender.pk)
    page = {
        "form": form,
        "ways": ways,
        "connections": Connection.objects.filter(workspace=member.workspace_id, vendor=UNIPILE).exists(),
        "governs": may(member, Verb.GOVERN) is Scope.ALL,
        "simulator": practice_seats.available(),
        "now": now,
    }
    return render(request, "campaigns/sender_new.html", page, status=422 if form.errors else 200)


def _ways(member: Member) -> list[str]:
    """How this member may add a sender, the safest first."""
    practise = [PRACTICE] if practice_seats.available() else []
    return [*practise, *([GUIDED, UNIPILE] if may(member, Verb.GOVERN) is Scope.ALL else [])]


def _new_form(request: HttpRequest, member: Member, ways: list[str]) -> NewSenderForm:
    form = NewSenderForm(
        request.POST if request.method == "POST" else None,
        initial=NewSenderForm.start(member, ways, _zone(member), seats.suggest(member)),
    )
    fields: dict[str, Any] = form.fields
    fields["connector"].choices = [(way, way) for way in ways]
    fields["plan"].queryset = Plan.objects.visible_to(member).order_by("id")
    people = Member.objects.visible_to(member).filter(left_at=None).select_related("user").order_by("user__name")
    fields["owner"].queryset = people if may(member, Verb.GOVERN) is Scope.ALL else people.filter(pk=member.pk)
    connections = Connection.objects.filter(workspace=member.workspace_id, vendor=UNIPILE)
    fields["connection"].choices = [(one.pk, one.base_url) for one in connections.order_by("pk")]
    return form


def _zone(member: Member) -> str:
    """Where the member's last sender is: a good guess for the next one."""
    last = Sender.objects.visible_to(member).filter(owner=member).order_by("-id").values_list("zone", flat=True).first()
    return last or "UTC"


def _add(form: NewSenderForm, member: Member) -> Sender:
    given = form.cleaned_data
    owner, plan, now = given["owner"] or member, given["plan"].code, clock.now()
    if given["connector"] == PRACTICE:
        name, zone = given["name"], given["zone"]
        return practice_seats.add(member.workspace, owner, plan, name, zone, hours=form.hours, by=member, now=now)
    connection = None
    if given["connector"] == UNIPILE:
        connection = Connection.objects.filter(workspace=member.workspace_id, pk=given["connection"]).first()
        if connection is None:
            raise BadSender("connection", "There is no connection to Unipile yet: an operator adds it with its key.")
    seat = SeatPlan(given["name"], plan, given["zone"], given["account"] if connection else "", hours=form.hours)
    return seats.add(seat, owner=owner, connection=connection, consent=given["consent"], by=member, now=now)


@member_required(Verb.SEE)
@require_safe
def sender(request: HttpRequest, pk: int) -> HttpResponse:
    member, now = member_of(request), clock.now()
    found = _sender(member, pk)
    page = {
        "sender": found,
        "seat": strips.seat(found, now),
        "card": sender_card.card(found, now),
        "charts": sender_charts.charts(found, now),
        "may_steer": _may(member, Verb.STEER, found.owner_id),
        "may_approve": _may(member, Verb.APPROVE),
        "reads_plans": may(member, Verb.GOVERN) in (Scope.ALL, Scope.READ),
        "running": found.state in UNPAUSED,
        "resumable": found.state in RESUMABLE,
        "people": Prospect.objects.visible_to(member).exists(),
        "may_build": _may(member, Verb.BUILD),
    }
    return render(request, "campaigns/sender.html", page)


@member_required(Verb.STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def sender_edit(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request)
    found = _sender(member, pk)
    _allow(member, Verb.STEER, found.owner_id)
    form = EditSenderForm(request.POST if request.method == "POST" else None, initial=EditSenderForm.start(found))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            changed = seats.edit(
                found,
                name=given["name"],
                zone=given["zone"],
                hours=form.hours,
                days_off=given["days_off"],
                invites_week=given["invites_week"],
                spread=given["spread"],
                holidays_of=form.place,
                their_hours=given["their_hours"],
                by=member,
                now=clock.now(),
            )
        except BadSender as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            toasts.say(request, "Saved. The pace follows from now on." if changed else "Nothing was changed.")
            return redirect("sender", pk)
    status = 422 if form.errors else 200
    return render(request, "campaigns/sender_edit.html", {"sender": found, "form": form}, status=status)


@member_required(Verb.GOVERN)
@require_http_methods(["GET", "HEAD", "POST"])
def sender_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Another plan: chosen, its effect shown, then taken."""
    member, now = member_of(request), clock.now()
    found = _sender(member, pk)
    plans = Plan.objects.visible_to(member).order_by("id")
    asked = (request.POST if request.method == "POST" else request.GET).get("plan", "").replace("\0", "")
    chosen = plans.filter(code=asked).first() if asked else None
    wrong = "" if chosen or (request.method != "POST" and not asked) else "Choose one of the plans of this workspace."
    if request.method == "POST" and chosen is not None:
        changed = seat_credits.change_plan(found, chosen, by=member, now=now)
        found.refresh_from_db()
        toasts.say(request, f"{found.name} is on {chosen} from now on." if changed else "It was on this plan already.")
        if changed and found.connector == practice.VENDOR:
            _tell_simulator(request, found)
        return redirect("sender", pk)
    governs = may(member, Verb.GOVERN) is Scope.ALL
    change = None
    if chosen is not None and chosen.pk != found.plan_id and governs:
        change = seat_credits.foresee(found, chosen, by=member, now=now)
    page = {"sender": found, "plans": plans, "chosen": chosen, "change": change, "wrong": wrong, "governs": governs}
    return render(request, "campaigns/sender_plan.html", page, status=422 if wrong else 200)


def _tell_simulator(request: HttpRequest, found: Sender) -> None:
    try:
        practice.switch_plan(found, now=clock.now())
    except practice.OutOfReach as away:
        toasts.say(request, f"The practice sender keeps its old plan for now. {away}", tone="bad")


@member_required(Verb.STEER)
@require_POST
def sender_pause(request: HttpRequest, pk: int) -> HttpResponse:
    found = _steered(member := member_of(request), pk)
    if seats.pause(found, by=member, now=clock.now()):
        handed = seats.handed_over(found)
        what = "Nothing was on its way." if not handed else f"{_touches(handed)} already handed over."
        toasts.say(request, f"{found.name} is paused. {what}", undo=reverse("sender-resume", args=[pk]))
    else:
        toasts.say(request, f"{found.name} does not act now: there is nothing to pause.")
    return back(request, reverse("sender", args=[pk]))


@member_required(Verb.STEER)
@require_POST
def sender_resume(request: HttpRequest, pk: int) -> HttpResponse:
    found = _steered(member := member_of(request), pk)
    if seats.resume(found, by=member, now=clock.now()):
        toasts.say(request, f"{found.name} acts again.", undo=reverse("sender-pause", args=[pk]))
    else:
        toasts.say(request, f"{found.name} acts already.")
    return back(request, reverse("sender", args=[pk]))


@member_required(Verb.APPROVE)
@require_POST
def sender_held(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the line of the credits kept for tier 3."""
    member = member_of(request)
    found = _sender(member, pk)
    balance = get_object_or_404(CreditBalance, sender=found, pk=whole(request.POST.get("balance")) or 0)
    held = _held(request.POST.get("held", ""), balance.cap)
    was = balance.held
    try:
        if held is None:
            raise LedgerRefusal(f"Give credits from 0 to the cap of {balance.cap}, or a share of it such as 20%.")
        seat_credits.hold(balance, held, by=member, now=clock.now())
    except LedgerRefusal as refused:
        toasts.say(request, str(refused), tone="bad")
    else:
        toasts.say(request, f"{held} credits are held for tier 3; before it were {was}.")
    return redirect(f"{reverse('sender', args=[pk])}#credits")


def _held(text: str, cap: int) -> int | None:
    """Credits to hold as typed: 9, or 20% of the cap, rounded down. None when it is neither."""
    typed = text.strip()
    if not typed.endswith("%"):
        return whole(typed)
    share = whole(typed[:-1].strip())
    return cap * share // 100 if share is not None and share <= 100 else None


def _touches(count: int) -> str:
    return "1 touch was" if count == 1 else f"{count} touches were"


def _sender(member: Member, pk: int) -> Sender:
    found: Sender = get_object_or_404(
        Sender.objects.visible_to(member).select_related("plan", "owner__user", "connection", "consent_by__user"),
        pk=pk,
    )
    return found


def _steered(member: Member, pk: int) -> Sender:
    """The sender, for somebody who may pause and resume it. Raises PermissionDenied."""
    found = _sender(member, pk)
    _allow(member, Verb.STEER, found.owner_id)
    return found


def _may(member: Member, verb: Verb, owner: int | None = None) -> bool:
    try:
        rights.require(member, verb, owner=owner)
    except rights.NotAllowed:
        return False
    return True


def _allow(member: Member, verb: Verb, owner: int | None) -> None:
    """Raise PermissionDenied, in the words of the refusal, for what this member may not do to it."""
    try:
        rights.require(member, verb, owner=owner)
    except rights.NotAllowed as refused:
        raise PermissionDenied(str(refused)) from None
