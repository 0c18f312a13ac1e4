"""The next moment for which the database has something to do."""

from datetime import datetime, timedelta

from campaigns.running import sync
from campaigns.running.database import row
from outreach.engine.kinds import NEVER

CALL_AFTER = timedelta(hours=4)
"""A person makes a call or does a task this long after it fell due."""

_NEXT = """
SELECT least(
  (SELECT min(decide_at) FROM campaigns_enrollment WHERE state = 'active' AND decide_at < %(never)s),
  (SELECT min(greatest(l.next_at, t.until)) FROM campaigns_lane l
     JOIN accounts_senderturn t ON t.sender_id = l.sender_id
     JOIN accounts_sender s ON s.id = l.sender_id AND s.state IN ('active', 'resting') WHERE l.next_at < %(never)s),
  (SELECT min(at) FROM campaigns_inboundevent WHERE state = 'new'),
  (SELECT min(reap_at) FROM campaigns_touch WHERE state = 'dispatching'),
  (SELECT min(look_at) FROM campaigns_touch WHERE state = 'uncertain'),
  (SELECT min(release_at) FROM campaigns_personlock WHERE released_at IS NULL AND release_at < %(never)s),
  (SELECT min(not_before) + %(call_after)s FROM campaigns_touch WHERE state = 'planned' AND kind IN ('call', 'task')),
  (SELECT min((limits_on + 1)::timestamp AT TIME ZONE 'UTC') FROM accounts_sender WHERE state <> 'archived'),
  (SELECT min(relations_at) + %(relations)s FROM accounts_sender WHERE connection_id IS NOT NULL AND state <> 'archived'),
  (SELECT min(balance_at) + %(balance)s FROM accounts_sender WHERE connection_id IS NOT NULL AND state <> 'archived')
) AS at"""


def next_in_database() -> datetime | None:
    """The earliest instant at which something is due, which may be past; None when nothing ever is."""
    found = row(
        _NEXT,
        {
            "never": NEVER,
            "call_after": CALL_AFTER,
            "relations": sync.RELATIONS_EVERY,
            "balance": sync.BALANCE_EVERY,
        },
    )
    at: datetime | None = found["at"] if found else None
    return at


def rounded(at: datetime, grain: timedelta) -> datetime:
    """The instant moved up to the next whole grain: a tick does not come every microsecond."""
    seconds = grain.total_seconds()
    late = at.timestamp() % seconds
    return at if late == 0 else at + timedelta(seconds=seconds - late)
