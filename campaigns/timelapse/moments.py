"""The next moment for which the database has something to do."""

from datetime import datetime, timedelta

from campaigns.running import sync
from campaigns.running.database import row
from outreach.engine.kinds import NEVER

CALL_AFTER = timedelta(hours=4)
"""A person makes a call or does a task this long after it fell due."""

_PARTS = """
SELECT
  (SELECT min(decide_at) FROM campaigns_enrollment WHERE state = 'active' AND decide_at < %(never)s) AS decide,
  (SELECT min(greatest(l.next_at, t.until)) FROM campaigns_lane l
     JOIN accounts_senderturn t ON t.sender_id = l.sender_id
     JOIN accounts_sender s ON s.id = l.sender_id AND s.state IN ('active', 'resting') WHERE l.next_at < %(never)s)
     AS lanes,
  (SELECT min(at) FROM campaigns_inboundevent WHERE state = 'new') AS inbound,
  least((SELECT min(reap_at) FROM campaigns_touch WHERE state IN ('reserved', 'dispatching')),
    (SELECT min(look_at) FROM campaigns_touch WHERE state = 'uncertain'),
    (SELECT min(release_at) FROM campaigns_personlock WHERE released_at IS NULL AND release_at < %(never)s),
    (SELECT min((limits_on + 1)::timestamp AT TIME ZONE 'UTC') FROM accounts_sender WHERE state <> 'archived')) AS
    house,
  (SELECT min(not_before) + %(call_after)s FROM campaigns_touch WHERE state = 'planned' AND guided AND kind IN
  ('call', 'task')) AS calls,
  (SELECT least(min(relations_at) + %(relations)s, min(balance_at) + %(balance)s)
     FROM accounts_sender WHERE connection_id IS NOT NULL AND state <> 'archived') AS looks"""


def due_parts() -> dict[str, datetime | None]:
    """When each part of the work is next due, which may be past; None when it never is."""
    return (
        row(
            _PARTS,
            {
                "never": NEVER,
                "call_after": CALL_AFTER,
                "relations": sync.RELATIONS_EVERY,
                "balance": sync.BALANCE_EVERY,
            },
        )
        or {}
    )


def next_in_database() -> datetime | None:
    """The earliest instant at which something is due; None when nothing ever is."""
    return min((at for at in due_parts().values() if at is not None), default=None)


def rounded(at: datetime, grain: timedelta) -> datetime:
    """The instant moved up to the next whole grain: a tick does not come every microsecond."""
    seconds = grain.total_seconds()
    late = at.timestamp() % seconds
    return at if late == 0 else at + timedelta(seconds=seconds - late)
