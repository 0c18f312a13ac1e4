"""Who has a conversation open at this moment, and who is writing an answer in it: so that two do not answer at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Member
from campaigns.inbox import triage
from campaigns.models import Presence, Thread
from campaigns.running.database import rows

NotAllowed = triage.NotAllowed
STAYS = timedelta(seconds=50)
"""How long somebody counts as here after their page last said so."""
WRITES = timedelta(seconds=30)
"""How long somebody counts as writing after the last letter that was kept."""


@dataclass(frozen=True, slots=True)
class Here:
    """A colleague in the same conversation."""

    member: Member
    writes: bool

    @property
    def words(self) -> str:
        """What follows their name."""
        return "is answering." if self.writes else "is reading this."


def come(thread: Thread, *, by: Member, now: datetime, writes: bool = False) -> set[int]:
    """This member has the thread open, and no other one. `writes`: they have just written at an answer. The threads in
    which their colleagues see something new by that. Raises NotAllowed."""
    triage.require(thread, by)
    left = rows(
        "DELETE FROM campaigns_presence WHERE workspace_id = %s AND member_id = %s AND thread_id <> %s "
        "RETURNING thread_id, at > %s AS here",
        (thread.workspace_id, by.pk, thread.pk, now - STAYS),
    )
    told = {row["thread_id"] for row in left if row["here"]}
    was = Presence.objects.filter(thread=thread, member=by).first()
    wrote_at = now if writes else was.wrote_at if was else None
    Presence.objects.update_or_create(
        thread=thread,
        member=by,
        defaults={"workspace_id": thread.workspace_id, "at": now, "wrote_at": wrote_at},
    )
    if was is None or _state(was, now) != (True, _within(wrote_at, WRITES, now)):
        told.add(thread.pk)
    return told


def others(thread: Thread, *, than: Member, now: datetime) -> list[Here]:
    """The colleagues who have the thread open, who writes first."""
    found = (
        Presence.objects.filter(thread=thread, at__gt=now - STAYS, member__left_at=None)
        .exclude(member=than)
        .select_related("member__user")
    )
    here = [Here(one.member, _within(one.wrote_at, WRITES, now)) for one in found]
    return sorted(here, key=lambda one: (not one.writes, str(one.member).casefold(), one.member.pk))


def stop_writing(thread: Thread, by: Member) -> None:
    """What this member wrote was sent or put away."""
    Presence.objects.filter(thread=thread, member=by).update(wrote_at=None)


def forget(*, now: datetime) -> int:
    """Remove what says nothing any more. How many rows."""
    gone = rows("DELETE FROM campaigns_presence WHERE at < %s RETURNING id", (now - timedelta(hours=1),))
    return len(gone)


def _state(one: Presence, now: datetime) -> tuple[bool, bool]:
    return _within(one.at, STAYS, now), _within(one.wrote_at, WRITES, now)


def _within(at: datetime | None, span: timedelta, now: datetime) -> bool:
    return at is not None and at > now - span
