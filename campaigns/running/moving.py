"""Everybody whom one sender leads in a campaign goes over to another: some at a time, each time in one short
transaction under the one lock order, so that neither ticks nor gates wait longer than for one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts import rights
from accounts.models import History, Member, Sender
from campaigns.models import Campaign, CampaignSender
from campaigns.running.database import Row, again, rows, short_transaction, together
from campaigns.running.hand_over import CannotHandOver
from outreach.engine.kinds import NEVER

LISTED = 20_000
"""People that are looked up at a time."""
AT_ONCE = 200
"""People that go over in one transaction."""
_LIVE = ["waiting", "active", "held"]


@dataclass(frozen=True, slots=True)
class Moved:
    """`people`: who went over. `stayed`: who did not, because a touch to them is on its way, somebody else is in
    conversation with them, another act has them in hand right now, or a sample person may not be written to."""

    people: int
    stayed: int


def move(campaign: Campaign, was: Sender, to: Sender, *, by: Member, now: datetime) -> Moved:
    """Let `to` go on with everybody of `was` in this campaign whose sequence is not over: what is planned is decided
    again. Doing it again takes those who stayed. Raises NotAllowed, CannotHandOver."""
    rights.require(by, rights.Verb.STEER, owner=was.owner_id)
    rights.require(by, rights.Verb.STEER, owner=to.owner_id)
    if was.pk == to.pk:
        return Moved(0, 0)
    people = seen = after = 0
    while listed := _listed(campaign, was, after):
        for first in range(0, len(listed), AT_ONCE):
            people += again(_move, campaign, was, to, listed[first : first + AT_ONCE], by, now)
        seen, after = seen + len(listed), listed[-1]
    return Moved(people, seen - people)


def _listed(campaign: Campaign, was: Sender, after: int) -> list[int]:
    return [
        enrollment["id"]
        for enrollment in rows(
            "SELECT id FROM campaigns_enrollment WHERE campaign_id = %s AND sender_id = %s AND state = ANY(%s) "
            f"AND id > %s ORDER BY id LIMIT {LISTED:d}",
            (campaign.pk, was.pk, _LIVE, after),
        )
    ]


def _move(campaign: Campaign, was: Sender, to: Sender, asked: Sequence[int], by: Member, now: datetime) -> int:
    with short_transaction():
        _require_seat(campaign, was, to)
        ids = list(asked)
        prospects, holders, enrollments, touches = together(
            (
                "SELECT id, sample FROM prospects_prospect WHERE id IN (SELECT prospect_id FROM campaigns_enrollment "
                "WHERE id = ANY(%s)) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                (ids,),
            ),
            (
                "SELECT prospect_id, enrollment_id FROM campaigns_personlock WHERE released_at IS NULL AND prospect_id "
                "IN (SELECT prospect_id FROM campaigns_enrollment WHERE id = ANY(%s)) "
                "ORDER BY prospect_id FOR NO KEY UPDATE SKIP LOCKED",
                (ids,),
            ),
            (
                "SELECT id, workspace_id, prospect_id FROM campaigns_enrollment WHERE id = ANY(%s) AND sender_id = %s "
                "AND state = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
                (ids, was.pk, _LIVE),
            ),
            (
                "SELECT id, enrollment_id, state, step_key FROM campaigns_touch WHERE enrollment_id = ANY(%s) AND "
                "state IN ('planned', 'reserved', 'dispatching', 'uncertain') ORDER BY id FOR NO KEY UPDATE",
                (ids,),
            ),
        )
        going = _free(prospects, holders, enrollments, touches, practice=to.connector == "simulator")
        if going:
            _write(going, [t["id"] for t in touches if t["enrollment_id"] in going], was, to, by, now)
    return len(going)


def _require_seat(campaign: Campaign, was: Sender, to: Sender) -> None:
    found = rows(
        "SELECT id, state FROM accounts_sender WHERE id = ANY(%s) ORDER BY id FOR SHARE", (sorted({was.pk, to.pk}),)
    )
    archived = any(sender["id"] == to.pk and sender["state"] == "archived" for sender in found)
    if archived or not CampaignSender.objects.filter(campaign=campaign, sender=to).exists():
        raise CannotHandOver(f"{to} does not act for {campaign}: choose one of the campaign's senders.")


def _free(
    prospects: list[Row], holders: list[Row], enrollments: list[Row], touches: list[Row], *, practice: bool
) -> dict[int, Row]:
    """Who may go over, by enrollment."""
    ours = {person["id"] for person in prospects if practice or not person["sample"]}
    led_by = {lock["prospect_id"]: lock["enrollment_id"] for lock in holders}
    under_way = {t["enrollment_id"] for t in touches if t["state"] != "planned" or not t["step_key"]}
    return {
        one["id"]: one
        for one in enrollments
        if one["prospect_id"] in ours
        and led_by.get(one["prospect_id"], one["id"]) == one["id"]
        and one["id"] not in under_way
    }


def _write(going: dict[int, Row], planned: list[int], was: Sender, to: Sender, by: Member, now: datetime) -> None:
    together(
        (
            "UPDATE campaigns_enrollment SET sender_id = %s, decide_at = CASE WHEN state = 'active' THEN %s ELSE %s "
            "END, cause = '', cause_until = NULL WHERE id = ANY(%s)",
            (to.pk, now, NEVER, list(going)),
        ),
        (
            "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = 'handed_over' "
            "WHERE id = ANY(%s)",
            (now, planned),
        ),
        (
            "INSERT INTO prospects_relationship (workspace_id, prospect_id, sender_id, provider_id, degree, "
            "invitation, invitation_id, chat_id, post_id) SELECT workspace_id, prospect_id, %s, '', '', '', '', '', '' "
            "FROM campaigns_enrollment WHERE id = ANY(%s) ORDER BY id ON CONFLICT (prospect_id, sender_id) DO NOTHING",
            (to.pk, list(going)),
        ),
    )
    History.objects.bulk_create(
        History(
            workspace_id=one["workspace_id"],
            at=now,
            by=by,
            subject=f"enrollment:{one['id']}",
            verb="handed_over",
            data={"was": was.pk, "to": to.pk},
        )
        for one in going.values()
    )
