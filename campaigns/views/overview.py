"""Today: what needs a person, what waits and why over all campaigns, and how much room every sender has left."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.access import member_of, member_required
from accounts.models import CreditBalance, Member, Sender
from accounts.models.sender import SenderState
from accounts.rights import Verb
from campaigns.building import first_steps
from campaigns.models import Campaign, Enrollment
from campaigns.models.campaign import CampaignState
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import waits
from campaigns.running.holding import BY_HAND
from campaigns.running.waits import Segment, Waits
from campaigns.running.why import Reason
from campaigns.views.moments import ahead, moment
from campaigns.views.people.reasons import LIFTERS, UNTIL, ended
from campaigns.views.senders.strips import seat
from outreach import clock
from outreach.engine.causes import LIFTED_BY, ORDER, WORDS, Cause
from outreach.engine.kinds import NEVER
from prospects.models import Prospect

SENDERS_A_PAGE = 25
CAMPAIGNS_A_CAUSE = 3
"""Campaigns named beside a cause; the rest stands behind a click."""

STATES: dict[str, str] = {
    EnrollmentState.ACTIVE: "in their sequence",
    EnrollmentState.WAITING: "not started yet",
    EnrollmentState.HELD: "left alone until resumed",
    EnrollmentState.FINISHED: "all steps done",
    EnrollmentState.STOPPED: "",
}
"""The figures, in order, and what each state means. What stopped people is said by the reasons."""

BROKEN: dict[str, tuple[str, str]] = {
    SenderState.FROZEN: ("bad", "is restricted and frozen: an admin looks at it before it goes on"),
    SenderState.DISCONNECTED: ("bad", "is disconnected: connect it again"),
    SenderState.PAUSED: ("warn", "is paused: resume it when it may go on"),
    SenderState.SETTING_UP: ("warn", "is not set up yet"),
}
"""Senders that stand still until a person does something, the worst first."""

FIRST = "First in the queue of a sender: they go with its next turn"


@dataclass(frozen=True, slots=True)
class Figure:
    """How many people are in a state, and what that means."""

    label: str
    count: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Need:
    """Something that goes on only when a person does something. `act`: the word on its button."""

    tone: str
    words: str
    detail: str
    url: str
    act: str


@dataclass(frozen=True, slots=True)
class Where:
    """The people of one campaign who wait for a cause, and the address of their rows."""

    name: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """One cause: how many wait for it, the share of all who wait, the first of them to go, who can lift it, and in
    which campaigns they are, most people first."""

    words: str
    count: int
    width: str
    at: datetime | None
    moment: str
    ahead: str
    lifter: str
    where: tuple[Where, ...]
    elsewhere: tuple[Where, ...]


@member_required(Verb.SEE)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    now = clock.now()
    campaigns = list(Campaign.objects.visible_to(member).only("name", "state", "workspace_id"))
    names = {campaign.pk: campaign.name for campaign in campaigns}
    people, everybody = figures(member), waits.of_workspace(member.workspace_id, now)
    senders = Paginator(
        Sender.objects.visible_to(member)
        .exclude(state=SenderState.ARCHIVED)
        .select_related("plan")
        .prefetch_related("allowances", "balances")
        .order_by("name", "id"),
        SENDERS_A_PAGE,
    ).get_page(request.GET.get("page"))
    page = {
        "now": now,
        "figures": people,
        "enrolled": sum(figure.count for figure in people),
        "imported": not people and Prospect.objects.visible_to(member).exists(),
        "campaigns": len(campaigns),
        "running": sum(campaign.state == CampaignState.RUNNING for campaign in campaigns),
        "first_steps": first_steps.of(member),
        "needs": needs(member, everybody, names),
        "blockers": blockers(everybody, names, now),
        "under_way": len(everybody.reasons),
        "as_of": everybody.at if now > everybody.at else None,
        "senders": senders,
        "seats": [seat(sender, now) for sender in senders],
    }
    fragment = "campaigns/overview.html#overview" if request.htmx else "campaigns/overview.html"  # type: ignore[attr-defined]
    response = render(request, fragment, page)
    patch_vary_headers(response, ["HX-Request"])
    return response


def figures(member: Member) -> list[Figure]:
    """People by state of their enrollment; states without people are left out."""
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in Enrollment.objects.visible_to(member).values("state", "reason").annotate(count=Count("id")):
        states[row["state"]] += row["count"]
        if row["state"] == EnrollmentState.STOPPED:
            reasons[row["reason"]] += row["count"]
    why = ", ".join(f"{count} {_reason(reason)}" for reason, count in reasons.most_common(3))
    return [
        Figure(EnrollmentState(state).label, states[state], meaning or why)
        for state, meaning in STATES.items()
        if states[state]
    ]


def needs(member: Member, everybody: Waits, names: dict[int, str]) -> list[Need]:
    """What only a person can set going again, what stops most of it first."""
    return [*_doubts(everybody), *_senders(member, everybody), *_people(everybody, names), *_balances(member)]


def _doubts(everybody: Waits) -> Iterator[Need]:
    if count := len(everybody.undecided):
        one = "Of one touch nobody knows whether it arrived"
        words = _plural(count, one, f"Of {count} touches nobody knows whether they arrived")
        yield Need(
            "warn", words, "Nothing else goes to these people until it is settled.", reverse("uncertain"), "Decide"
        )


def _senders(member: Member, everybody: Waits) -> Iterator[Need]:
    waiting = Counter(reason.sender for reason in everybody.reasons)
    broken = Sender.objects.visible_to(member).filter(state__in=BROKEN).order_by("name", "pk")
    for sender in sorted(broken, key=lambda one: list(BROKEN).index(SenderState(one.state))):
        tone, words = BROKEN[sender.state]
        people = waiting[sender.pk]
        detail = f"{people} {_plural(people, 'person waits', 'people wait')} for it." if people else ""
        yield Need(
            tone,
            f"{sender} {words}",
            f"{sender.state_reason} {detail}".strip(),
            _sender_url(sender.pk),
            "Open the sender",
        )


def _people(everybody: Waits, names: dict[int, str]) -> Iterator[Need]:
    """People by campaign whom a text, an approval, a channel or a call keeps waiting."""
    shown = (Cause.DISCONNECTED, Cause.FROZEN)  # said of their sender, once
    found: Counter[tuple[int, Cause]] = Counter()
    for reason in everybody.reasons:
        if everybody.segment(reason) is Segment.NEEDS_YOU and reason.enrollment not in everybody.undecided:
            found[reason.campaign, reason.cause] += reason.cause not in shown
    for (campaign, cause), count in sorted(found.items(), key=lambda item: (ORDER[item[0][1]], -item[1])):
        if not count:
            continue
        by_hand = cause is Cause.QUEUE
        words = "A call or a task waits to be done" if by_hand else WORDS[cause]
        detail = f"{count} {_plural(count, 'person', 'people')} in {names.get(campaign, '')}."
        url = _rows(campaign, show=Segment.NEEDS_YOU) if by_hand else _rows(campaign, cause=cause)
        yield Need("warn", words, detail, url, "See who")


def _balances(member: Member) -> Iterator[Need]:
    held = CreditBalance.objects.filter(workspace=member.workspace_id).exclude(blocked="").select_related("sender")
    for balance in held.order_by("sender__name", "pk"):
        words = f"InMail of {balance.sender} is held until its balance is explained"
        yield Need("warn", words, balance.blocked, _sender_url(balance.sender_id), "Open the sender")


def blockers(everybody: Waits, names: dict[int, str], now: datetime) -> list[Blocker]:
    """What people under way wait for, most people first; who goes with the next turn stands by themselves."""
    by_cause: dict[tuple[Cause, bool], list[Reason]] = defaultdict(list)
    for reason in everybody.reasons:
        by_cause[reason.cause, everybody.segment(reason) is Segment.READY].append(reason)
    most = max(map(len, by_cause.values()), default=1)
    groups = sorted(by_cause.items(), key=lambda item: (-len(item[1]), ORDER[item[0][0]], item[0][1]))
    return [_blocker(cause, ready, waiting, most, names, now) for (cause, ready), waiting in groups]


def _blocker(
    cause: Cause, ready: bool, waiting: list[Reason], most: int, names: dict[int, str], now: datetime
) -> Blocker:
    times = [reason.until for reason in waiting if reason.until is not None and reason.until < NEVER]
    first = min(times, default=None)
    where = _where(cause, ready, (reason.campaign for reason in waiting), names)
    return Blocker(
        words=FIRST if ready else WORDS[cause],
        count=len(waiting),
        width=f"{100 * len(waiting) / most:.4g}%",
        at=first,
        moment=moment(first, now) if first and first > now else "",
        ahead=ahead(first, now) if first else UNTIL[LIFTED_BY[cause]],
        lifter=LIFTERS[LIFTED_BY[cause]],
        where=tuple(where[:CAMPAIGNS_A_CAUSE]),
        elsewhere=tuple(where[CAMPAIGNS_A_CAUSE:]),
    )


def _where(cause: Cause, ready: bool, campaigns: Iterable[int], names: dict[int, str]) -> list[Where]:
    asked = {"show": Segment.READY} if ready else {"cause": cause}
    return [
        Where(names.get(campaign, ""), count, _rows(campaign, **asked))
        for campaign, count in Counter(campaigns).most_common()
    ]


def _rows(campaign: int, **asked: str) -> str:
    return f"{reverse('campaign-people', args=[campaign])}?{urlencode(asked)}"


def _sender_url(pk: int) -> str:
    try:
        return reverse("sender", args=[pk])
    except NoReverseMatch:
        return "#senders"


def _reason(code: str) -> str:
    """What follows a number of people: `9 replied`."""
    return "stopped by a member" if code == BY_HAND else ended(code).removeprefix("they ")


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
