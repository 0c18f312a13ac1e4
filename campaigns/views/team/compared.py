"""The period beside the one before it, as that one stood when it was as old: answers to the last days still come, so
the days before are counted with what had come of them by then."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.metrics import changes, funnel
from campaigns.metrics.changes import Change
from campaigns.metrics.funnel import Count, Funnel
from campaigns.views.team.asked import Asked


@dataclass(frozen=True, slots=True)
class Was:
    """What changed, and whether it may be chance. `by_sender`: the counts before."""

    words: str
    by_sender: dict[int, Count]
    sent: Change
    replied: Change
    meetings: Change
    acceptance: Change
    reply: Change
    inmail_reply: Change


def was(asked: Asked, found: Funnel, now: datetime) -> Was | None:
    """The comparison; None when nothing was sent before."""
    cut, total = asked.before, found.total
    before, by_sender = funnel.as_it_stood(cut, now - (asked.cut.first - cut.first))
    if not before.sent:
        return None
    days, days_before = asked.days, (cut.last - cut.first).days + 1

    def counts(name: str) -> Change:
        return changes.of_counts(getattr(total, name), getattr(before, name), days=days, days_before=days_before)

    return Was(
        words=asked.before_words,
        by_sender=by_sender,
        sent=changes.of_doings(total.sent, before.sent),
        replied=counts("replied"),
        meetings=counts("meetings"),
        acceptance=changes.of_shares(total.acceptance, before.acceptance),
        reply=changes.of_shares(total.reply, before.reply),
        inmail_reply=changes.of_shares(total.inmail_reply, before.inmail_reply),
    )
