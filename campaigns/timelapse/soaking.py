"""The time-lapse for so many real minutes, with real workers and everything going wrong; then it settles, and what we
know is compared with what the simulator knows."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from campaigns.running.database import rows
from campaigns.timelapse import report
from campaigns.timelapse.cast import Cast
from campaigns.timelapse.driver import GRAIN
from campaigns.timelapse.killing import Workers, move, settle
from campaigns.timelapse.mischief import Mischief
from campaigns.timelapse.moments import next_in_database, rounded
from campaigns.timelapse.outside import Outside, stop

SETTLING = timedelta(hours=26)
"""Virtual time without faults at the end: the slowest look around comes once a day."""

IDLE = timedelta(hours=6)
"""The furthest step when nothing is due."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak came to: the last virtual instant, and how often which fault struck."""

    end: datetime
    faults: dict[str, int]


def run(
    outside: Outside,
    cast: Cast,
    start: datetime,
    *,
    seconds: float,
    workers: int,
    seed: int,
    log: Path,
    tell: Callable[[datetime], None] = lambda at: None,
) -> Soaked:
    """Play on for so many real seconds, then let it settle. `tell` hears each virtual instant. Raises Stuck."""
    crew = Workers(workers, log)
    crew.start()
    mischief = Mischief(outside, crew, random.Random(seed))
    ends = time.monotonic() + seconds
    try:
        now = start
        settle(outside, cast, now, crew, mischief)
        while time.monotonic() < ends:
            now = _step(outside, crew, now, now + IDLE)
            settle(outside, cast, now, crew, mischief)
            tell(now)
        mischief.end()
        end = now + SETTLING
        while now < end:
            now = _step(outside, crew, now, end)
            settle(outside, cast, now, crew)
            tell(now)
    finally:
        stop(crew.processes)
    return Soaked(now, dict(sorted(mischief.struck.items())))


def _step(outside: Outside, crew: Workers, now: datetime, latest: datetime) -> datetime:
    """Move to the next instant that has something, at most to the latest."""
    ahead = [at for at in (next_in_database(), outside.next_at()) if at is not None]
    at = min(rounded(max(min(ahead, default=latest), now + GRAIN), GRAIN), max(latest, now + GRAIN))
    move(outside, crew, at)
    return at


def compose(outside: Outside, soaked: Soaked, start: datetime, **facts: Any) -> dict[str, Any]:
    """The whole report: that of a time-lapse, the faults, and what was lost or hangs. `facts`: what `report.compose`
    takes."""
    days = (soaked.end - start) // timedelta(days=1)
    found = report.compose(outside.accepted(), days=days, **facts)
    lost = lost_replies(outside)
    hanging = stuck()
    found["problems"] += [f"Written by {slug} and not stored: {message}." for message, slug in lost[:10]]
    found["problems"] += [f"Still on its way although everything is done: {who}." for who in hanging[:10]]
    return found | {
        "faults": soaked.faults,
        "lost_replies": len(lost),
        "lost_touches": found.pop("disagreements"),
        "stuck": len(hanging),
    }


MUST_BE_0 = ("duplicates", "lost_replies", "lost_touches", "stuck", "breaches", "verify")


def lost_replies(outside: Outside) -> list[tuple[str, str]]:
    """Replies that the simulator delivered and we do not have: (message, who wrote it)."""
    ours = {
        (found["provider_account"], found["provider_message"])
        for found in rows(
            "SELECT s.provider_account, m.provider_message FROM campaigns_message m "
            "JOIN accounts_sender s ON s.id = m.sender_id WHERE m.inbound"
        )
    }
    return [
        (reply["message_id"], reply["slug"])
        for reply in outside.replies()
        if (reply["account_id"], reply["message_id"]) not in ours
    ]


def stuck() -> list[str]:
    """What nobody waits for and nobody will come for: touches on their way, events that could not be worked."""
    return [
        found["who"]
        for found in rows(
            "SELECT 'touch:' || id AS who FROM campaigns_touch WHERE state IN ('reserved', 'dispatching') "
            "OR state = 'uncertain' AND look_at IS NOT NULL "
            "UNION ALL SELECT 'event:' || id FROM campaigns_inboundevent WHERE state IN ('new', 'quarantined')"
        )
    ]


def words(found: dict[str, Any]) -> str:
    """The report for a person."""
    faults = [f"  fault        {kind:28} {count:5,}" for kind, count in found["faults"].items()]
    return "\n".join(
        [
            report.words(found),
            *faults,
            f"  lost replies {found['lost_replies']}, lost touches {found['lost_touches']}, stuck {found['stuck']}",
        ]
    )
