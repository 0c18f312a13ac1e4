"""Takes an import back: whom nobody knew before it, and whom nobody has approached since, goes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts import history
from accounts.models import History, Member
from prospects.imports import parts
from prospects.imports.refusals import ImportRefused, refuse_without_right
from prospects.models import AudienceMember, Import, ImportedPerson, Intent, Prospect, Relationship
from prospects.models.imports import ImportState

BATCH: Final = 1_000
_CAN: Final = (ImportState.APPLIED, ImportState.CANCELLED, ImportState.FAILED)

type SpokenFor = Callable[[Iterable[int]], set[int]]
"""Which of these prospects something depends on: campaigns, touches, conversations."""


@dataclass(frozen=True, slots=True)
class Undone:
    """How many people were removed, how many that were new stayed because something was done with them, and how many
    known ones left the audience."""

    removed: int
    stayed: int
    left: int


def undo(upload: Import, *, by: Member, now: datetime, spoken_for: SpokenFor) -> Undone:
    """Take an import back as one batch. What it changed of people who were known before stays as it is.

    In steps of a thousand people, each whole; one that is interrupted is finished by doing it again.
    Raises ImportRefused.
    """
    refuse_without_right(by)
    upload = Import.objects.get(workspace=by.workspace_id, pk=upload.pk)
    if upload.state not in _CAN or upload.begun_at is None:
        raise ImportRefused("Only an import that took people can be undone.")
    mine = ImportedPerson.objects.filter(workspace=by.workspace_id, upload=upload)
    everybody = list(mine.order_by("prospect_id").values_list("prospect_id", "new", "joined"))
    removed = left = 0
    for some in batched(everybody, BATCH):
        with transaction.atomic():
            removed += _remove(upload, [person for person, new, _ in some if new], spoken_for)
            if upload.audience_id is not None:
                still = AudienceMember.objects.filter(
                    workspace=by.workspace_id,
                    audience=upload.audience_id,
                    prospect__in=[person for person, _, joined in some if joined],
                )
                left += still.count()
                still.delete()
    stayed = sum(new for _, new, _ in everybody) - removed
    with transaction.atomic():
        done = Import.objects.filter(workspace=by.workspace_id, pk=upload.pk, state__in=_CAN).update(
            state=ImportState.UNDONE, problem=""
        )
        if not done:
            raise ImportRefused("This import was changed meanwhile: reload the page.")
        mine.delete()
        parts.forget(upload)
        history.note(upload, "undone", by=by, now=now, name=upload.name, removed=removed, stayed=stayed, left=left)
    return Undone(removed, stayed, left)


def _remove(upload: Import, new: list[int], spoken_for: SpokenFor) -> int:
    """Remove those of these people with whom nothing was done since. Locked first: nobody is enrolled meanwhile."""
    workspace = upload.workspace_id
    locked = set(
        Prospect.objects.select_for_update(of=("self",))
        .filter(workspace=workspace, pk__in=new, replied_at=None, suppressed_at=None)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    busy = spoken_for(locked)
    others = ImportedPerson.objects.filter(workspace=workspace, prospect=OuterRef("pk")).exclude(upload=upload)
    listed = AudienceMember.objects.filter(workspace=workspace, prospect=OuterRef("pk"))
    if upload.audience_id is not None:
        listed = listed.exclude(audience=upload.audience_id)
    met = Relationship.objects.filter(workspace=workspace, prospect=OuterRef("pk")).filter(
        ~Q(invitation="") | ~Q(chat_id="")
    )
    seen = Intent.objects.filter(workspace=workspace, prospect=OuterRef("pk"))
    untouched = set(
        Prospect.objects.filter(workspace=workspace, pk__in=locked - busy)
        .exclude(Exists(others))
        .exclude(Exists(listed))
        .exclude(Exists(met))
        .exclude(Exists(seen))
        .values_list("pk", flat=True)
    )
    by_hand = History.objects.filter(
        workspace=workspace, subject__in=[f"prospect:{person}" for person in untouched], by__isnull=False
    ).values_list("subject", flat=True)
    gone = untouched - {int(subject.removeprefix("prospect:")) for subject in by_hand}
    Prospect.objects.filter(workspace=workspace, pk__in=gone).delete()
    return len(gone)
