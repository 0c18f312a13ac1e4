"""The people of a campaign: where everybody stands, what holds each back, and what is done about one of them."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from accounts.access import member_of, member_required
from accounts.rights import Verb
from campaigns.models import Campaign, Enrollment
from campaigns.models.campaign import CampaignState
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import waits
from campaigns.running.waits import Segment, Waits
from campaigns.running.why import Reason
from campaigns.views.building import builder
from campaigns.views.moments import moment
from campaigns.views.people import uncertain
from campaigns.views.people.reasons import SHORT
from campaigns.views.people.rows import ENDED, rows
from outreach import clock
from outreach.engine.causes import ORDER, Cause
from outreach.engine.kinds import NEVER
from outreach.web.htmx import htmx

PAGE = 40
OVER: dict[str, Q] = {
    "replied": Q(state=EnrollmentState.STOPPED, reason="replied"),
    "finished": Q(state=EnrollmentState.FINISHED),
    "stopped": Q(state=EnrollmentState.STOPPED) & ~Q(reason="replied"),
}
"""Where those stand whose sequence is over."""
VIEWS: dict[str, str] = {
    "": "All",
    Segment.READY: "Ready",
    Segment.WAITING: "Waiting",
    Segment.NEEDS_YOU: "Needs you",
    "replied": "Replied",
    "finished": "Finished",
    "stopped": "Stopped",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. `after`: who was shown last: ("live" | "over", instant, enrollment)."""

    show: str
    cause: Cause | None
    text: str
    after: tuple[str, datetime, int] | None

    @classmethod
    def of(cls, query: QueryDict) -> "Asked":
        show, cause = query.get("show", ""), query.get("cause", "")
        return cls(
            show if show in VIEWS else "",
            Cause(cause) if cause in list(Cause) else None,
            " ".join(query.get("q", "").replace("\0", "").split())[:100],
            _cursor(query.get("after", "")),
        )

    def address(self, **changed: str) -> str:
        """The query of this list with something changed; "" takes it away."""
        now = {"show": self.show, "cause": str(self.cause or ""), "q": self.text} | changed
        return "?" + urlencode({key: value for key, value in now.items() if value})


@dataclass(frozen=True, slots=True)
class Tab:
    words: str
    count: int
    address: str
    here: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A cause in the panel: how many wait for it."""

    words: str
    count: int
    width: str
    address: str
    here: bool


@member_required(Verb.SEE)
@require_safe
def people(request: HttpRequest, pk: int) -> HttpResponse:
    member = member_of(request)
    now, asked = clock.now(), Asked.of(request.GET)
    campaign = get_object_or_404(Campaign.objects.visible_to(member).select_related("owner__user"), pk=pk)
    everybody = waits.of_campaign(member.workspace_id, campaign.pk, now)
    page = standing(campaign, everybody, asked, now) | {"campaign": campaign, "asked": asked, "now": now}
    part = request.GET.get("part", "") if htmx(request) else ""
    if part != "standing":
        page |= listed(campaign, everybody, asked, now, page["total"])
    page["doubts"] = uncertain.doubts(member, now, campaign=campaign)
    if not part:
        page |= builder.frame(request, campaign, "people")
    fragment = {"standing": "#standing", "more": "#more", "list": "#list"}.get(part, "")
    response = render(request, f"campaigns/people.html{fragment}", page)
    patch_vary_headers(response, ["HX-Request"])
    return response


def standing(campaign: Campaign, everybody: Waits, asked: Asked, now: datetime) -> dict[str, Any]:
    """How many stand where, and what they wait for."""
    live = Counter(everybody.segment(reason).value for reason in everybody.reasons)
    over = Enrollment.objects.filter(campaign=campaign).aggregate(
        **{name: Count("id", filter=condition) for name, condition in OVER.items()}
    )
    counts: dict[str, int] = {"": len(everybody.reasons) + sum(over.values()), **live, **over}
    causes = Counter(reason.cause for reason in everybody.reasons if everybody.segment(reason) is not Segment.READY)
    most = max(causes.values(), default=1)
    upcoming = [reason.until for reason in everybody.reasons if reason.until and now < reason.until < NEVER]
    return {
        "tabs": [
            Tab(words, counts.get(show, 0), asked.address(show=show, cause=""), show == asked.show and not asked.cause)
            for show, words in VIEWS.items()
            if counts.get(show, 0) or show in ("", asked.show)
        ],
        "total": counts[""],
        "ready": counts.get(Segment.READY, 0),
        "needs_you": counts.get(Segment.NEEDS_YOU, 0),
        "next_at": moment(min(upcoming), now) if upcoming else "",
        "waiting": causes.total(),
        "causes": [
            Held(
                SHORT[cause],
                count,
                f"{100 * count / most:.4g}%",
                asked.address(show="", cause="" if cause is asked.cause else cause, q=""),
                cause is asked.cause,
            )
            for cause, count in sorted(causes.items(), key=lambda item: (-item[1], ORDER[item[0]]))
        ],
        "cause_words": SHORT[asked.cause] if asked.cause else "",
        "as_of": everybody.at if now > everybody.at else None,
        "draft": campaign.state == CampaignState.DRAFT,
    }


def listed(campaign: Campaign, everybody: Waits, asked: Asked, now: datetime, total: int) -> dict[str, Any]:
    """The next rows of the list that is asked for."""
    found = _matching(campaign, asked.text) if asked.text else None
    live = [reason for reason in everybody.reasons if _wanted(reason, everybody, asked, found)]
    over = _over(campaign, asked, found)
    count = len(live) + over.count()
    at = asked.after
    if at is not None:
        live = _following(live, at, everybody.at) if at[0] == "live" else []
    if at is not None and at[0] == "over":
        over = over.filter(Q(ended_at__lt=at[1]) | Q(ended_at=at[1], pk__lt=at[2]))
    first = [reason.enrollment for reason in live[: PAGE + 1]]
    ids = [*first, *over.order_by("-ended_at", "-pk").values_list("pk", flat=True)[: PAGE + 1]][: PAGE + 1]
    shown = rows(campaign.workspace_id, ids[:PAGE], now, everybody)
    return {
        "people": shown,
        "count": count,
        "filtered": bool(asked.show or asked.cause or asked.text),
        "more": asked.address(after=shown[-1].cursor) if len(ids) > PAGE and shown else "",
        "cursor": shown[-1].cursor if shown else "",
        "left": max(min(PAGE, len(ids) - PAGE), 0),
        "empty_campaign": not total,
    }


def _following(live: list[Reason], after: tuple[str, datetime, int], now: datetime) -> list[Reason]:
    """Who comes after the person shown last: the times of a queue move while one looks, its order does not. After
    somebody who has gone meanwhile, whoever goes later than they would have."""
    for place, reason in enumerate(live):
        if reason.enrollment == after[2]:
            return live[place + 1 :]
    return [reason for reason in live if waits.order(reason, now) > after[1:]]


def _matching(campaign: Campaign, text: str) -> set[int]:
    """People of the campaign in whose name, title or company each of the words stands."""
    found = Enrollment.objects.filter(campaign=campaign)
    for word in text.split():
        found = found.filter(
            Q(prospect__first_name__icontains=word)
            | Q(prospect__last_name__icontains=word)
            | Q(prospect__title__icontains=word)
            | Q(prospect__company__name__icontains=word)
            | Q(prospect__email__icontains=word)
        )
    return set(found.values_list("pk", flat=True))


def _wanted(reason: Reason, everybody: Waits, asked: Asked, found: set[int] | None) -> bool:
    if found is not None and reason.enrollment not in found:
        return False
    if asked.cause is not None:
        return reason.cause is asked.cause and everybody.segment(reason) is not Segment.READY
    return not asked.show or everybody.segment(reason) == asked.show


def _over(campaign: Campaign, asked: Asked, found: set[int] | None) -> QuerySet[Enrollment]:
    over = Enrollment.objects.filter(campaign=campaign, state__in=ENDED)
    if found is not None:
        over = over.filter(pk__in=found)
    if asked.cause is not None or (asked.show and asked.show not in OVER):
        return over.none()
    return over.filter(OVER[asked.show]) if asked.show else over


def _cursor(text: str) -> tuple[str, datetime, int] | None:
    """The place in the list that an address names, None when it names none."""
    kind, _, rest = text.partition("~")
    at, _, pk = rest.partition("~")
    try:
        when = parse_datetime(at)
    except ValueError:
        return None
    if kind not in ("live", "over") or when is None or when.tzinfo is None or not pk.isdecimal() or len(pk) > 18:
        return None
    return kind, when, int(pk)
