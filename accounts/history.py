"""Writes what happened, in the transaction of the change."""

from datetime import datetime
from typing import Any

from django.db import models

from accounts.models import History, Member


def note(subject: models.Model, verb: str, *, by: Member | None, now: datetime, actor: str = "", **data: Any) -> None:
    """Record that `verb` happened to `subject`, by a member or, when `by` is None, by the named actor."""
    History(
        workspace_id=subject.workspace_id,  # type: ignore[attr-defined]  # all that belong to a workspace have it
        at=now,
        by=by,
        actor=actor or ("" if by else "engine"),
        subject=f"{subject._meta.model_name}:{subject.pk}",
        verb=verb,
        data=data,
    ).save(force_insert=True)
