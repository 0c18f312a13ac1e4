"""What the seats cost for the days of the page, whatever was done with them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from accounts.models import PlanTerms, Sender
from accounts.models.sender import SenderState
from campaigns.metrics.cost import money, seat_share
from campaigns.metrics.funnel import Count
from campaigns.views.team.asked import DAY, Asked


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats' share: what their plans cost for these days, and that by human reply. `words` says how many."""

    total: str
    per_reply: str
    words: str


def share(asked: Asked, senders: list[Sender], total: Count) -> Seats | None:
    """The plans of the senders asked for, by days; only days on which they were ours."""
    cut = asked.cut
    mine = [
        sender
        for sender in senders
        if sender.plan_id
        and sender.state != SenderState.ARCHIVED
        and cut.sdr in (None, sender.owner_id)
        and cut.sender in (None, sender.pk)
    ]
    rows = PlanTerms.objects.filter(plan__in={sender.plan_id for sender in mine}, valid_from__lte=cut.last)
    terms: dict[int, list[PlanTerms]] = defaultdict(list)
    for row in rows.order_by("plan_id", "-valid_from"):
        terms[row.plan_id].append(row)
    sums = {plan: _sums(of, cut.first, asked.days) for plan, of in terms.items()}
    cents = Fraction(0)
    for sender in mine:
        if sender.plan_id in sums:
            cents += sums[sender.plan_id][-1] - sums[sender.plan_id][_days_before(sender.created_at, asked)]
    if not cents:
        return None
    reply = money(cents / total.replied) if total.replied and total.reply.enough else ""
    return Seats(money(cents), reply, f"{len(mine)} seat{'' if len(mine) == 1 else 's'}, {asked.days} days")


def _days_before(created: datetime, asked: Asked) -> int:
    return min(max((created.date() - asked.cut.first).days, 0), asked.days)


def _sums(terms: list[PlanTerms], first: date, days: int) -> list[Fraction]:
    """What a plan costs for the first 0, 1, 2 … of these days. `terms`: the newest first."""
    found = [Fraction(0)]
    for n in range(days):
        day = first + n * DAY
        price = next((row.price_cents for row in terms if row.valid_from <= day), 0)
        found.append(found[-1] + seat_share([(day, price)]))
    return found
