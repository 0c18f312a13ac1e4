"""The rows behind "do not contact", in the transaction of whoever locked the people: suppressed, stopped, noted."""

from datetime import datetime
from typing import Any

from accounts.models import History, Member
from campaigns.running import reservations
from campaigns.running.database import Row, together
from outreach.engine.kinds import NEVER
from prospects import suppressions
from prospects.models import Suppression

REASON = "do_not_contact"
"""Why an enrollment that this stopped is over."""


def suppress(people: list[Row], fresh: list[Row], reason: str, by: Member, now: datetime) -> None:
    """The keyed hashes of all that is known of them, also of what became known since they were suppressed."""
    digests = {
        digest: what
        for person in people
        for what, digest in suppressions.digests(
            by.workspace_id, email=person["email"], slug=person["slug"], member_id=person["member_id"]
        ).items()
    }
    Suppression.objects.bulk_create(
        [
            Suppression(workspace_id=by.workspace_id, digest=digest, what=what, reason=reason, at=now, by=by)
            for digest, what in sorted(digests.items())
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
    together(
        (
            "UPDATE prospects_prospect SET suppressed_at = %s, facts_version = facts_version + 1 WHERE id = ANY(%s)",
            (now, [person["id"] for person in fresh]),
        )
    )


def unsuppress(people: list[Row], by: Member, at: datetime | None) -> None:
    """Take the suppression from these people, whom the caller has locked. `at`: only hashes that were written then."""
    digests = [
        digest
        for person in people
        for digest in suppressions.digests(
            by.workspace_id, email=person["email"], slug=person["slug"], member_id=person["member_id"]
        ).values()
    ]
    together(
        (
            "UPDATE prospects_prospect SET suppressed_at = NULL, facts_version = facts_version + 1 WHERE id = ANY(%s)",
            ([person["id"] for person in people],),
        ),
        (
            "DELETE FROM prospects_suppression WHERE workspace_id = %s AND digest = ANY(%s) AND "
            "(%s::timestamptz IS NULL OR at = %s)",
            (by.workspace_id, digests, at, at),
        ),
    )


def stop(held: list[Row], enrollments: list[Row], planned: list[Row], now: datetime) -> None:
    """End the conversation and the sequences, cancel what is planned, give back what a person had reserved by hand."""
    together(
        (
            "UPDATE campaigns_personlock SET released_at = %s, release_at = least(release_at, %s) WHERE id = ANY(%s)",
            (now, now, [lock["id"] for lock in held]),
        ),
        (
            "UPDATE campaigns_enrollment SET state = 'stopped', reason = %s, ended_at = %s, decide_at = %s, "
            "cause = '', cause_until = NULL WHERE id = ANY(%s)",
            (REASON, now, NEVER, [enrollment["id"] for enrollment in enrollments]),
        ),
        (
            "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = %s WHERE id = ANY(%s)",
            (now, REASON, [touch["id"] for touch in planned]),
        ),
    )
    reservations.give_back(planned, now)


def note_people(data: dict[int, dict[str, Any]], verb: str, by: Member, now: datetime) -> None:
    """One history row for each person, in a number of statements that hardly grows."""
    History.objects.bulk_create(
        [
            History(workspace_id=by.workspace_id, at=now, by=by, subject=f"prospect:{person}", verb=verb, data=said)
            for person, said in data.items()
        ],
        batch_size=1000,
    )
