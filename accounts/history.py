"""Writes what happened, in the transaction of the change."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import models

from accounts.models import ApiKey, History, Member
from accounts.models.history import PRESENT_KEY


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


@contextmanager
def through(key: ApiKey) -> Iterator[None]:
    """What is recorded within happened by this key of the API."""
    before = PRESENT_KEY.set(key.pk)
    try:
        yield
    finally:
        PRESENT_KEY.reset(before)
