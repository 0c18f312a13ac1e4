"""One live conversation per person: who holds it, until when, and waking those who wait when it ends."""

from datetime import datetime

from campaigns.running.database import Statement, again, rows, short_transaction, together


def release_due(*, now: datetime, limit: int = 200) -> int:
    """End the conversations whose time is over. How many."""
    due = rows(
        "SELECT prospect_id FROM campaigns_personlock WHERE released_at IS NULL AND release_at <= %s ORDER BY "
        "release_at, id LIMIT %s",
        (now, limit),
    )
    for lock in due:
        again(_release, lock["prospect_id"], now)
    return len(due)


def _release(prospect: int, now: datetime) -> None:
    with short_transaction():
        _, ended = together(
            ("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (prospect,)),
            (
                "UPDATE campaigns_personlock SET released_at = %s WHERE prospect_id = %s AND released_at IS NULL "
                "AND release_at <= %s RETURNING id",
                (now, prospect, now),
            ),
        )
        if ended:
            wake(prospect, "in_conversation", now)


def wake(prospect: int, cause: str, now: datetime) -> None:
    """Let the enrollments of this person that wait for this cause be decided again. In the caller's transaction."""
    together(waking(prospect, cause, now))


def waking(prospect: int, cause: str, now: datetime) -> Statement:
    """The statement of `wake`, to travel with others."""
    return (
        "UPDATE campaigns_enrollment SET decide_at = %s WHERE id IN (SELECT id FROM campaigns_enrollment "
        "WHERE prospect_id = %s AND state = 'active' AND cause = %s ORDER BY id FOR NO KEY UPDATE)",
        (now, prospect, cause),
    )
