"""Recomputes every promise that can be recomputed, from the rows alone and against the provider's own record."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from campaigns.proof import (
    conversations,
    counters,
    credits,
    decisions,
    duplicates,
    inbox,
    lanes,
    replies,
    rollups,
    tenants,
    windows,
)
from campaigns.proof.breach import Breach, Check, Report, Values
from campaigns.proof.record import BadRecord, compare
from outreach import clock
from outreach.engine.kinds import NEVER

__all__ = ["PARTS", "BadRecord", "Breach", "Check", "Report", "part", "usage", "verify"]


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
    values = _values(workspace_ids) | {"now": now or clock.now()}
    theirs = compare(record, values) if record is not None else None
    checks: list[Check] = []
    for name, recompute in PARTS.items():
        checks += windows.checks(values, theirs.acts) if theirs and name == "windows" else recompute(values)
    return Report((*checks, *(theirs.checks if theirs else ())))


def part(name: str, workspace: int, *, now: datetime) -> list[Check]:
    """The checks of one of PARTS, in this workspace."""
    return PARTS[name](_values([workspace]) | {"now": now})


PARTS: dict[str, Callable[[Values], list[Check]]] = {
    "duplicates": duplicates.checks,
    "windows": windows.checks,
    "counters": counters.checks,
    "lanes": lambda values: lanes.checks(values, values["now"]),
    "conversations": conversations.checks,
    "replies": replies.checks,
    "inbox": inbox.checks,
    "credits": credits.checks,
    "decisions": decisions.checks,
    "rollups": rollups.checks,
    "tenants": tenants.checks,
}
"""Every group of promises, in the order in which they are told."""


def usage(
    workspace_ids: Sequence[int] | None = None, record: Sequence[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Per sender, allowance and window with a cap: `sender`, `allowance`, `window`, `cap` (the largest that was in
    force), `highest` (the most acts in any such window by our clock), and with a record `highest_at_provider`."""
    values = _values(workspace_ids)
    return windows.uses(values, compare(record, values).acts if record is not None else None)


def _values(workspace_ids: Sequence[int] | None) -> dict[str, Any]:
    return {"workspaces": None if workspace_ids is None else list(workspace_ids), "never": NEVER}
