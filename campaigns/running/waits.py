"""Why everybody waits, in a campaign or a workspace: asked of the rules for all of them at once.

Where many people are under way the answer is kept for seconds, so that a page that is looked at again and again costs
what one look costs. Nothing that is done to a person relies on it: rows and verbs ask for themselves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.core.cache import cache

from campaigns.running import why
from campaigns.running.database import Row, rows
from campaigns.running.why import Reason
from outreach.engine.causes import Cause
from outreach.engine.kinds import BY_HAND, LONG_AGO, NEVER

SMALL = 1000
"""Up to so many people are always asked about anew (0.1 s for 300)."""
KEPT = timedelta(seconds=15)
"""How old an answer about more people may be."""


class Segment(StrEnum):
    """Where somebody under way stands: goes with the sender's next turn, waits, or waits for a person to decide."""

    READY = "ready"
    WAITING = "waiting"
    NEEDS_YOU = "needs_you"


NEEDS_YOU: frozenset[Cause] = frozenset(
    {Cause.MISSING_TEXT, Cause.NEEDS_APPROVAL, Cause.NO_CHANNEL, Cause.DISCONNECTED, Cause.FROZEN}
)
"""Causes that go on until a person does something about them, and that nobody chose."""


@dataclass(frozen=True, slots=True)
class Waits:
    """`reasons`: of everybody whose sequence is not over, who goes next first. `undecided`: enrollments with a touch of
    which only a person can say whether it arrived. `at`: when the rules were asked."""

    at: datetime
    reasons: tuple[Reason, ...]
    undecided: frozenset[int]

    def segment(self, reason: Reason) -> Segment:
        return segment(reason, self.undecided)


def segment(reason: Reason, undecided: frozenset[int]) -> Segment:
    """Where this person stands."""
    by_hand = reason.kind in BY_HAND and reason.cause is Cause.QUEUE
    if reason.cause in NEEDS_YOU or reason.enrollment in undecided or by_hand:
        return Segment.NEEDS_YOU
    first = reason.cause is Cause.QUEUE and reason.position == 1
    return Segment.READY if first else Segment.WAITING


def order(reason: Reason, now: datetime) -> tuple[datetime, int]:
    """Who goes next comes first; what may go now is of one rank, whatever the clock says."""
    until = reason.until or NEVER
    return (until if until > now else LONG_AGO, reason.enrollment)


def of_campaign(workspace: int, campaign: int, now: datetime) -> Waits:
    """Everybody under way in this campaign of the workspace."""
    return _kept(workspace, campaign, now)


def of_workspace(workspace: int, now: datetime) -> Waits:
    """Everybody under way in the workspace."""
    return _kept(workspace, None, now)


def forget(workspace: int, campaign: int) -> None:
    """Somebody changed something in this campaign: the next look asks anew."""
    cache.delete_many([_key(workspace, campaign), _key(workspace, None)])


def _kept(workspace: int, campaign: int | None, now: datetime) -> Waits:
    known: Waits | None = cache.get(_key(workspace, campaign))
    if known is not None and timedelta() <= now - known.at < KEPT:
        return known
    found = _ask(workspace, campaign, now)
    if len(found.reasons) > SMALL:
        cache.set(_key(workspace, campaign), found, KEPT.total_seconds())
    return found


def _key(workspace: int, campaign: int | None) -> str:
    return f"waits:{workspace}:{campaign or 'all'}"


def _ask(workspace: int, campaign: int | None, now: datetime) -> Waits:
    live = rows(
        "SELECT id FROM campaigns_enrollment WHERE workspace_id = %(workspace)s AND state IN ('waiting', 'active', "
        "'held') AND (%(campaign)s::bigint IS NULL OR campaign_id = %(campaign)s)",
        {"workspace": workspace, "campaign": campaign},
    )
    found = why.explain(workspace, now, [row["id"] for row in live])
    found.sort(key=lambda reason: order(reason, now))
    return Waits(now, tuple(found), undecided(workspace))


def undecided(workspace: int) -> frozenset[int]:
    """Enrollments of the workspace with a touch that waits for a person to say whether it arrived."""
    found: list[Row] = rows(
        "SELECT enrollment_id FROM campaigns_touch WHERE workspace_id = %s AND state = 'uncertain' AND look_at IS NULL",
        (workspace,),
    )
    return frozenset(row["enrollment_id"] for row in found)
