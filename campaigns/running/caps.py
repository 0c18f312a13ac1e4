"""Changes of caps, written down: an act of last week is judged by the cap of last week.

The record is append-only history, one row per change of an allowance, in the transaction of the change.
"""

import json
from datetime import datetime

from campaigns.running.database import Row, Statement
from outreach.engine.facts import Limits


def differ(row: Row, limits: Limits) -> bool:
    """Whether these limits are other caps than those in the allowance's row."""
    was = (row["day_cap"], row["week_cap"], row["month_cap"], row["ceiling"])
    return was != (limits.day, limits.week, limits.month, limits.ceiling)


def note(row: Row, limits: Limits, now: datetime) -> Statement:
    """Write down that these caps hold from now on for the allowance `row` (its id and workspace_id)."""
    caps = {
        "day": limits.day,
        "week": limits.week,
        "month": limits.month,
        "ceiling": limits.ceiling,
        "reason": limits.reason,
    }
    return (
        "INSERT INTO accounts_history (workspace_id, at, actor, subject, verb, data) VALUES (%s, %s, 'engine', %s, "
        "'caps', %s::jsonb)",
        (row["workspace_id"], now, f"allowance:{row['id']}", json.dumps(caps)),
    )
