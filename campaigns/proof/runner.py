"""The promises recomputed in the background, a part at a time: every night, and when an admin asks.

A run is a row. Whoever takes its next part holds the row meanwhile, so two workers never do the same one; a worker that
dies leaves the part to the next bell. The world changes between the statements of a check: what looks broken is looked
at once more, and only what is broken twice is told.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django_scopes import scopes_disabled

from accounts import rights
from accounts.models import Member
from campaigns.models import ProofRun
from campaigns.proof import PARTS, part
from campaigns.proof.breach import Report
from campaigns.running.database import rows
from outreach.web import errors

log = logging.getLogger(__name__)

NIGHT = timedelta(hours=2)
"""After midnight, UTC: from then on a night's run is due."""

KEPT = 30
"""Runs of a workspace that are kept."""


def begin(*, by: Member, now: datetime) -> ProofRun:
    """Have everything of the member's workspace recomputed; a run that is on its way is that run. Raises NotAllowed."""
    rights.require(by, rights.Verb.GOVERN)
    return _begin(by.workspace_id, by, now)


def begin_due(*, now: datetime) -> int:
    """The nightly run of every workspace that has none since this night began. How many are new."""
    since = _night(now)
    due = rows(
        "SELECT w.id FROM accounts_workspace w WHERE w.created_at < %s AND NOT EXISTS (SELECT 1 FROM "
        "campaigns_proofrun r WHERE r.workspace_id = w.id AND (r.began_at >= %s OR r.ended_at IS NULL)) ORDER BY w.id",
        (since, since),
    )
    for workspace in due:
        _begin(workspace["id"], None, now)
    return len(due)


def unfinished() -> list[int]:
    """Runs with parts to do, the oldest first."""
    return [run["id"] for run in rows("SELECT id FROM campaigns_proofrun WHERE ended_at IS NULL ORDER BY began_at, id")]


def work(run: int, *, now: datetime) -> bool:
    """Recompute the next part of this run. Whether there is more to do; False too when somebody else is at it."""
    with scopes_disabled(), transaction.atomic():
        mine = ProofRun.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=run, ended_at=None).first()
        if mine is None:
            return False
        names = list(PARTS)
        if mine.done < len(names):
            mine.checks = [*mine.checks, *_look(names[mine.done], mine.workspace_id, now)]
        mine.done, mine.total = min(mine.done + 1, len(names)), len(names)
        mine.broken = sum(not check["ok"] for check in mine.checks)
        if mine.done == mine.total:
            mine.ended_at = now
            _forget_old(mine)
        mine.save()
        return mine.ended_at is None


def _begin(workspace: int, by: Member | None, now: datetime) -> ProofRun:
    with scopes_disabled(), transaction.atomic():
        rows("SELECT 1 AS one FROM accounts_workspace WHERE id = %s FOR NO KEY UPDATE", (workspace,))
        known: ProofRun | None = ProofRun.objects.filter(workspace=workspace, ended_at=None).first()
        return known or ProofRun.objects.create(
            workspace_id=workspace, asked_by=by, began_at=now, total=len(PARTS), checks=[]
        )


def _look(name: str, workspace: int, now: datetime) -> list[dict[str, Any]]:
    try:
        with transaction.atomic():
            found = Report(tuple(part(name, workspace, now=now)))
            if not found.ok:
                found = Report(tuple(part(name, workspace, now=now)))
    except Exception as error:
        if isinstance(error, OperationalError) and errors.database_is_away(error):
            raise
        log.exception("The promises of %s could not be recomputed for workspace %s", name, workspace)
        sentence = f"This could not be recomputed ({type(error).__name__}); the log says why."
        breach = {"sentence": sentence, "count": 1, "rows": []}
        return [{"name": name, "ok": False, "counted": 0, "noun": "rows", "note": "", "breaches": [breach]}]
    checks: list[dict[str, Any]] = found.as_dict()["checks"]
    return checks


def _night(now: datetime) -> datetime:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + NIGHT if now >= midnight + NIGHT else midnight + NIGHT - timedelta(days=1)


def _forget_old(run: ProofRun) -> None:
    old = ProofRun.objects.filter(workspace=run.workspace_id).exclude(pk=run.pk).order_by("-began_at", "-pk")
    ProofRun.objects.filter(pk__in=list(old.values_list("pk", flat=True)[KEPT - 1 :])).delete()
