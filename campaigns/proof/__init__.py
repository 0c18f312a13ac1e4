"""Recomputes every promise that can be recomputed, from the rows alone and against the provider's own record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campaigns.proof import conversations, counters, credits, decisions, duplicates, lanes, replies, tenants, windows
from campaigns.proof.breach import Breach, Check, Report
from campaigns.proof.record import BadRecord, compare
from outreach import clock
from outreach.engine.kinds import NEVER

__all__ = ["BadRecord", "Breach", "Check", "Report", "usage", "verify"]


def verify(
    workspace_ids: Sequence[int] | None = None,
    record: Sequence[dict[str, Any]] | None = None,
    *,
    now: datetime | None = None,
) -> Report:
    """Check everything in these workspaces (None: all). Changes nothing.

    `record`: what the provider says it accepted, as the simulator tells it; then its own times and acts are compared
    too. `now`: the present instant, read from the clock when None. Raises BadRecord.
    """
    values = _values(workspace_ids)
    theirs = compare(record, values) if record is not None else None
    checks: list[Check] = [
        *duplicates.checks(values),
        *windows.checks(values, theirs.acts if theirs else None),
        *counters.checks(values),
        *lanes.checks(values, now or clock.now()),
        *conversations.checks(values),
        *replies.checks(values),
        *credits.checks(values),
        *decisions.checks(values),
        *tenants.checks(values),
        *(theirs.checks if theirs else ()),
    ]
    return Report(tuple(checks))


def usage(
    workspace_ids: Sequence[int] | None = None, record: Sequence[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Per sender, allowance and window with a cap: `sender`, `allowance`, `window`, `cap` (the largest that was in
    force), `highest` (the most acts in any such window by our clock), and with a record `highest_at_provider`."""
    values = _values(workspace_ids)
    return windows.uses(values, compare(record, values).acts if record is not None else None)


def _values(workspace_ids: Sequence[int] | None) -> dict[str, Any]:
    return {"workspaces": None if workspace_ids is None else list(workspace_ids), "never": NEVER}
