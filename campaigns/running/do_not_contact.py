"""Do not contact: somebody says so here, and everything for that person stops on every channel, sender and campaign.

Under the same locks as the gate, so a touch is either cancelled or was handed over before; what was handed over is
counted and told. The person's own words ("stop") come in through `messages`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django_scopes import scope

from accounts import rights
from accounts.models import History, Member, Workspace
from campaigns.running import lanes, silences
from campaigns.running.database import Row, again, clock_statement, read_clock, rows, short_transaction, together
from outreach.language.plain import clean
from prospects.models import Prospect

UNDO_WITHIN = timedelta(seconds=30)
"""How long whoever said it may take it back; later an admin lifts it."""

MOST = 2_000
"""Most people of one act, which is one transaction."""

LIVE = ["waiting", "active", "held"]


class NotForbidden(Exception):
    """It cannot be done for these people or for this reason. The message is one sentence."""


class NotLifted(Exception):
    """It stays as it is: these people are not contacted. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What one act stopped. `people`: who was not suppressed before; `cancelled`: planned touches that will not go, in
    `campaigns` campaigns; `handed_over`: touches that were on their way already; `act`: the history row by which it can
    be taken back, None when nothing changed."""

    people: int
    stopped: int
    cancelled: int
    campaigns: int
    handed_over: int
    act: int | None

    def __str__(self) -> str:
        """One sentence, such as "3 planned touches cancelled in 2 campaigns; 1 already handed over."."""
        over = f"; {self.handed_over} already handed over" if self.handed_over else ""
        if not self.cancelled:
            return f"Nothing was planned{over}."
        touches = "1 planned touch" if self.cancelled == 1 else f"{self.cancelled:,} planned touches"
        campaigns = "1 campaign" if self.campaigns == 1 else f"{self.campaigns:,} campaigns"
        return f"{touches} cancelled in {campaigns}{over}."


def forbid(prospect: Prospect, *, reason: str, by: Member, now: datetime) -> Forbidden:
    """Nobody here contacts this person any more, by no channel, sender or campaign. Saying it twice is saying it once.

    Raises NotAllowed, and NotForbidden without a reason.
    """
    return forbid_all([prospect.pk], reason=reason, by=by, now=now)


def forbid_all(prospects: Sequence[int], *, reason: str, by: Member, now: datetime) -> Forbidden:
    """`forbid` for these people of the member's workspace at once, in one transaction; others are passed over."""
    rights.require(by, rights.Verb.BUILD)
    reason = " ".join(clean(reason).split())
    if not reason:
        raise NotForbidden("Say why this person must not be contacted.")
    if len(reason) > 60:
        raise NotForbidden("Keep the reason within 60 characters.")
    if len(prospects) > MOST:
        raise NotForbidden(f"At most {MOST:,} people can be marked at once: narrow the list.")
    with scope(workspace=Workspace(pk=by.workspace_id)):
        return again(_forbid, sorted(set(prospects)), reason, by, now)


def _forbid(prospects: list[int], reason: str, by: Member, now: datetime) -> Forbidden:
    with short_transaction():
        people, held, enrollments, touches, told = together(
            (
                "SELECT id, email, slug, member_id, suppressed_at FROM prospects_prospect WHERE workspace_id = %s "
                "AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                (by.workspace_id, prospects),
            ),
            (
                "SELECT id, prospect_id, enrollment_id, release_at FROM campaigns_personlock WHERE workspace_id = %s "
                "AND prospect_id = ANY(%s) AND released_at IS NULL ORDER BY prospect_id FOR NO KEY UPDATE",
                (by.workspace_id, prospects),
            ),
            (
                "SELECT id, prospect_id, state FROM campaigns_enrollment WHERE workspace_id = %s AND "
                "prospect_id = ANY(%s) AND state = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                (by.workspace_id, prospects, LIVE),
            ),
            (
                "SELECT t.*, e.campaign_id FROM campaigns_touch t JOIN campaigns_enrollment e ON e.id = "
                "t.enrollment_id WHERE t.workspace_id = %s AND t.prospect_id = ANY(%s) AND t.state IN "
                "('planned', 'reserved', 'dispatching', 'uncertain') ORDER BY t.id FOR NO KEY UPDATE OF t",
                (by.workspace_id, prospects),
            ),
            clock_statement(),  # under the lock that the gate takes too: what passed it has the earlier instant
        )
        now = max(now, read_clock(told))
        planned = [t for t in touches if t["state"] in ("planned", "reserved")]
        fresh = [person for person in people if person["suppressed_at"] is None]
        silences.suppress(people, fresh, reason, by, now)
        silences.stop(held, enrollments, planned, now)
        handed_over = [t for t in touches if t["state"] in ("dispatching", "uncertain")]
        stopped = Forbidden(
            people=len(fresh),
            stopped=len(enrollments),
            cancelled=len(planned),
            campaigns=len({t["campaign_id"] for t in planned}),
            handed_over=len(handed_over),
            act=None,
        )
        if fresh:
            _note_each(fresh, reason, planned, handed_over, by, now)
        if fresh or enrollments:
            stopped = _note_act(stopped, reason, fresh, enrollments, held, by, now)
    senders = {t["sender_id"] for t in planned if t["holds_credit"]}
    lanes.credits_arrived(senders, now=now)
    return stopped


def _note_each(
    fresh: list[Row], reason: str, planned: list[Row], handed_over: list[Row], by: Member, now: datetime
) -> None:
    cancelled = Counter(touch["prospect_id"] for touch in planned)
    over = Counter(touch["prospect_id"] for touch in handed_over)
    campaigns = Counter(prospect for prospect, _ in {(t["prospect_id"], t["campaign_id"]) for t in planned})
    silences.note_people(
        {
            person["id"]: {
                "reason": reason,
                "cancelled": cancelled[person["id"]],
                "campaigns": campaigns[person["id"]],
                "handed_over": over[person["id"]],
            }
            for person in fresh
        },
        "suppressed",
        by,
        now,
    )


def _note_act(
    stopped: Forbidden,
    reason: str,
    fresh: list[Row],
    enrollments: list[Row],
    held: list[Row],
    by: Member,
    now: datetime,
) -> Forbidden:
    """The act as one row, with what it takes to take it back."""
    act = History(
        workspace_id=by.workspace_id,
        at=now,
        by=by,
        subject=f"member:{by.pk}",
        verb="forbade",
        data={
            "reason": reason,
            "people": len(fresh),
            "cancelled": stopped.cancelled,
            "handed_over": stopped.handed_over,
            "prospects": [person["id"] for person in fresh],
            "enrollments": [[enrollment["id"], enrollment["state"]] for enrollment in enrollments],
            "conversations": [
                [lock["prospect_id"], lock["enrollment_id"], lock["release_at"].isoformat()] for lock in held
            ],
        },
    )
    act.save(force_insert=True)
    return replace(stopped, act=act.pk)


def take_back(act: int, *, by: Member, now: datetime) -> int:
    """Undo one's own act within half a minute: nobody is suppressed by it any more, the sequences that it stopped go
    on, and what it cancelled is decided again. How many people; 0 when that was done already.

    Raises NotLifted for an act that is older, somebody else's, or none.
    """
    with scope(workspace=Workspace(pk=by.workspace_id)):
        found = History.objects.filter(pk=act, verb="forbade", workspace=by.workspace_id).first()
        if found is None or found.by_id != by.pk:
            raise NotLifted("Only who said it can take it back: ask an admin to lift it.")
        if now - found.at > UNDO_WITHIN:
            raise NotLifted("It is too late to take this back: ask an admin to lift it.")
        return again(_take_back, found.data, found.at, by, now)


def _take_back(data: dict[str, Any], at: datetime, by: Member, now: datetime) -> int:
    with short_transaction():
        people, _, _, told = together(
            (
                "SELECT id, email, slug, member_id FROM prospects_prospect WHERE id = ANY(%s) AND suppressed_at = %s "
                "ORDER BY id FOR NO KEY UPDATE",
                (data["prospects"], at),
            ),
            (
                "SELECT id FROM campaigns_personlock WHERE prospect_id = ANY(%s) AND released_at IS NULL ORDER BY "
                "prospect_id FOR NO KEY UPDATE",
                (data["prospects"],),
            ),
            (
                "SELECT id FROM campaigns_enrollment WHERE prospect_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                (data["prospects"],),
            ),
            clock_statement(),
        )
        if not people:
            return 0
        now = max(now, read_clock(told))
        ids = [person["id"] for person in people]
        silences.unsuppress(people, by, at)
        enrollments = data["enrollments"]
        together(
            (
                "INSERT INTO campaigns_personlock (workspace_id, prospect_id, enrollment_id, taken_at, release_at) "
                "SELECT %s, c.prospect, c.enrollment, %s, c.release_at FROM unnest(%s::bigint[], %s::bigint[], "
                "%s::timestamptz[]) c(prospect, enrollment, release_at) WHERE c.prospect = ANY(%s) AND NOT EXISTS ("
                "SELECT 1 FROM campaigns_personlock l WHERE l.prospect_id = c.prospect AND l.released_at IS NULL)",
                (
                    by.workspace_id,
                    now,
                    [prospect for prospect, _, _ in data["conversations"]],
                    [enrollment for _, enrollment, _ in data["conversations"]],
                    [release_at for _, _, release_at in data["conversations"]],
                    ids,
                ),
            ),
            (
                "UPDATE campaigns_enrollment e SET state = w.state, reason = '', ended_at = NULL, decide_at = CASE "
                "WHEN w.state = 'active' THEN %s ELSE e.decide_at END FROM unnest(%s::bigint[], %s::text[]) "
                "w(id, state) WHERE e.id = w.id AND e.prospect_id = ANY(%s) AND e.state = 'stopped' AND "
                "e.reason = %s AND e.ended_at = %s",
                (now, [one for one, _ in enrollments], [state for _, state in enrollments], ids, silences.REASON, at),
            ),
        )
        silences.note_people({person: {"undo": True} for person in ids}, "suppression_lifted", by, now)
    return len(ids)


def allow(prospect: Prospect, *, by: Member, now: datetime, reason: str) -> bool:
    """This person may be contacted again, for a reason on record. What was stopped stays stopped: enroll them anew.
    False when nothing forbade it. Raises NotAllowed for anybody but an admin, and NotLifted without a reason."""
    rights.require(by, rights.Verb.GOVERN)
    reason = " ".join(clean(reason).split())
    if not reason:
        raise NotLifted("Say why this person may be contacted again: the reason is kept on record.")
    with scope(workspace=Workspace(pk=by.workspace_id)):
        return again(_allow, prospect.pk, reason[:300], by, now)


def _allow(prospect: int, reason: str, by: Member, now: datetime) -> bool:
    with short_transaction():
        people = rows(
            "SELECT id, email, slug, member_id FROM prospects_prospect WHERE workspace_id = %s AND id = %s AND "
            "suppressed_at IS NOT NULL FOR NO KEY UPDATE",
            (by.workspace_id, prospect),
        )
        if not people:
            return False
        silences.unsuppress(people, by, None)
        silences.note_people({prospect: {"reason": reason}}, "suppression_lifted", by, now)
    return True
