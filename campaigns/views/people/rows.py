"""People of a campaign as rows: which step, in which state, why not yet, and when it is possible."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from campaigns.models import Enrollment, Touch
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import waits, why
from campaigns.running.waits import Waits
from campaigns.running.why import Reason
from campaigns.views.moments import moment
from campaigns.views.people.reasons import BADGES, Channel, Possible, channel, ended, possible, sentence
from campaigns.views.senders.strips import initials

ENDED = (EnrollmentState.STOPPED, EnrollmentState.FINISHED)


@dataclass(frozen=True, slots=True)
class Person:
    """A row. `cursor`: where the list goes on after it."""

    enrollment: Enrollment
    step: Channel | None
    tone: str
    state: str
    why: str
    possible: Possible
    cursor: str

    @property
    def initials(self) -> str:
        return initials(self.enrollment.sender)

    @property
    def hue(self) -> int:
        return int(self.enrollment.sender_id % 8 + 1)


def rows(workspace: int, ids: Sequence[int], now: datetime, everybody: Waits | None = None) -> list[Person]:
    """These enrollments as rows, in this order, each asked about at this moment."""
    last = Touch.objects.filter(enrollment=OuterRef("pk")).exclude(state__in=("cancelled", "skipped")).order_by("-pk")
    found = {
        enrollment.pk: enrollment
        for enrollment in Enrollment.objects.filter(pk__in=ids)
        .select_related("prospect__company", "sender", "campaign")
        .annotate(
            last_kind=Subquery(last.values("kind")[:1]),
            missing=Subquery(last.values("evidence__missing")[:1]),
        )
    }
    reasons = {reason.enrollment: reason for reason in why.explain(workspace, now, list(ids))}
    undecided = everybody.undecided if everybody else waits.undecided(workspace)
    holders = _holders(reasons.values())
    listed_at = {reason.enrollment: reason for reason in everybody.reasons} if everybody else {}
    asked_at = everybody.at if everybody else now
    shown = []
    for pk in ids:
        if pk in found:
            reason = reasons[pk]
            at = waits.order(listed_at.get(pk, reason), asked_at)[0]
            shown.append(_row(found[pk], reason, undecided, holders.get(reason.who or 0, ""), at, now))
    return shown


def _holders(reasons: Iterable[Reason]) -> dict[int, str]:
    who = [reason.who for reason in reasons if reason.who]
    return dict(Enrollment.objects.filter(pk__in=[0, *who]).values_list("pk", "campaign__name"))


def _row(
    enrollment: Enrollment, reason: Reason, undecided: frozenset[int], holder: str, at: datetime, now: datetime
) -> Person:
    related: Any = enrollment
    if enrollment.state in ENDED:
        tone, state = (
            ("ok", "Replied") if enrollment.reason == "replied" else ("neutral", enrollment.get_state_display())
        )
        at_the_end = enrollment.ended_at or enrollment.entered_at
        return Person(
            enrollment,
            channel(related.last_kind),
            tone,
            state,
            _over_words(enrollment),
            Possible("Ended", moment(at_the_end, now)),
            f"over~{at_the_end.isoformat()}~{enrollment.pk}",
        )
    tone, state = BADGES[waits.segment(reason, undecided)]
    words = sentence(reason, enrollment.sender.name, holder=holder, missing=related.missing or "")
    if enrollment.state == EnrollmentState.HELD:
        tone, state = "neutral", "Held"
    return Person(
        enrollment,
        channel(reason.kind or related.last_kind),
        tone,
        state,
        words,
        possible(reason, now, enrollment.sender),
        f"live~{at.isoformat()}~{enrollment.pk}",
    )


def _over_words(enrollment: Enrollment) -> str:
    """Why the sequence is over for this person."""
    if enrollment.state == EnrollmentState.FINISHED:
        return "All steps are done"
    return ended(enrollment.reason).capitalize()
