"""The seat in the frame: what a member's own sender has used of today, and its credits. Loaded after the page, so that
no page asks for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import rights
from accounts.access import member_of, member_required
from accounts.models import Sender
from accounts.models.sender import SenderState
from accounts.rights import Verb
from campaigns.models import Allowance
from campaigns.running import seat_health
from campaigns.running.allowances import from_row
from campaigns.views.senders import strips
from campaigns.views.senders.purses import purse
from campaigns.views.senders.senders import RESUMABLE, UNPAUSED
from outreach import clock
from outreach.engine import pacing
from outreach.engine.kinds import ALLOWANCES, Budget, Kind


@dataclass(frozen=True, slots=True)
class Today:
    """The first budget of the seat. `planned`: what can still go today of what is ahead; `width`, `ahead`: of used,
    and of used and planned, in percent."""

    label: str
    used: int
    planned: int
    cap: int

    @property
    def width(self) -> str:
        return strips.width(self.used, self.cap)

    @property
    def ahead(self) -> str:
        return strips.width(self.used + self.planned, self.cap) if self.planned else ""


@member_required(Verb.SEE)
@require_safe
def seat(request: HttpRequest) -> HttpResponse:
    """The member's sender, a LinkedIn seat before a mailbox, the oldest first; nothing for who owns none."""
    member, now = member_of(request), clock.now()
    own = (
        Sender.objects.filter(owner=member)
        .exclude(state=SenderState.ARCHIVED)
        .prefetch_related("allowances", "balances")
        .order_by("kind", "pk")
    )
    owned = own.count()
    sender = own.first() if owned else None
    if sender is None:
        return HttpResponse(status=204)
    related: Any = sender
    page = {
        "sender": sender,
        "others": owned - 1,
        "initials": strips.initials(sender),
        "hue": strips.hue(sender),
        "tone": strips.TONES.get(sender.state, "neutral"),
        "today": today(sender, related.allowances.all(), now),
        "purse": next((purse(one) for one in related.balances.all() if one.cap or one.reserved), None),
        "may_steer": rights.may(member, Verb.STEER) not in (rights.Scope.NONE, rights.Scope.READ),
        "running": sender.state in UNPAUSED,
        "resumable": sender.state in RESUMABLE,
    }
    return render(request, "campaigns/seat.html", page)


def today(sender: Sender, allowances: list[Allowance], now: datetime) -> Today | None:
    """What the seat used in the last 24 hours of the budget that matters most to it; None without such a budget."""
    rows = {row.budget: row for row in allowances if row.day_cap}
    usable = strips.OF_KIND.get(sender.kind, frozenset(Budget))
    budget = next((one for one in strips.MAIN if one in usable and one in rows), None)
    if budget is None:
        return None
    cap, used = rows[budget].day_cap or 0, pacing.rolling(from_row(vars(rows[budget])), now).day
    waiting = seat_health.planned([sender.pk])[sender.pk]
    ahead = sum(count for kind, count in waiting.items() if budget in ALLOWANCES[Kind(kind)])
    return Today(strips.LABELS[budget], used, min(ahead, max(cap - used, 0)), cap)
