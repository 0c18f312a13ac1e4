"""What people under way wait for, over all campaigns: by cause, with the rows behind each number."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from campaigns.running.waits import Segment, Waits
from campaigns.running.why import Reason
from campaigns.views.moments import ahead, moment
from campaigns.views.people.reasons import LIFTERS, UNTIL
from campaigns.views.today.behind import people_url
from outreach.engine.causes import LIFTED_BY, ORDER, WORDS, Cause
from outreach.engine.kinds import NEVER

CAMPAIGNS_A_CAUSE = 3
"""Campaigns named beside a cause; the rest stands behind a click."""

FIRST = "First in the queue of a sender: they go with its next turn"


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
        Where(names.get(campaign, ""), count, people_url(campaign, **asked))
        for campaign, count in Counter(campaigns).most_common()
    ]
