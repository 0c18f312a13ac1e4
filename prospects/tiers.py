"""What a prospect is worth to us: setting the tier by hand, one person or many at once, and taking that back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import models, transaction
from django.db.models import F

from accounts import rights
from accounts.models import History, Member
from prospects.models import Prospect

TIERS: Final = (1, 2, 3)
MOST: Final = 10_000
"""Most people of one act."""
UNDO_WITHIN: Final = timedelta(seconds=30)

type Changed = Callable[[list[int], datetime], None]
"""Told, in the transaction of the change, whose facts changed: whoever plans decides for them again."""


class NotATier(Exception):
    """This tier cannot be set. The message is one sentence."""


class ChangedMeanwhile(Exception):
    """Somebody set another tier since the page was read: `tier`, and by whom (None = by an import)."""

    def __init__(self, tier: int, by: Member | None) -> None:
        super().__init__(f"{by.user.name if by else 'An import'} set tier {tier} meanwhile.")
        self.tier, self.by = tier, by


class NotTakenBack(Exception):
    """It cannot be undone. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Set:
    """How many people have another tier than before; `act`: the history row by which it can be taken back."""

    people: int
    act: int | None


@transaction.atomic
def put(
    prospects: Sequence[int], tier: int, *, by: Member, now: datetime, changed: Changed, seen: int | None = None
) -> Set:
    """Give these people of the member's workspace this tier. `seen`: the tier that the member read on the page.

    Raises NotAllowed, NotATier, and ChangedMeanwhile when one of them has neither that tier nor the new one.
    """
    rights.require(by, rights.Verb.BUILD)
    if tier not in TIERS:
        raise NotATier("Choose tier 1, 2 or 3.")
    if len(prospects) > MOST:
        raise NotATier(f"At most {MOST:,} people can be changed at once: narrow the list.")
    others = _locked(prospects, by).exclude(tier=tier)
    before: dict[int, int] = dict(others.values_list("pk", "tier"))
    if seen is not None and (meanwhile := set(before.values()) - {seen}):
        raise ChangedMeanwhile(meanwhile.pop(), _who(next(iter(before))))
    if not before:
        return Set(0, None)
    return Set(len(before), _write(dict.fromkeys(before, tier), before, by, now, changed).pk)


def _locked(prospects: Sequence[int], by: Member) -> models.QuerySet[Prospect]:
    """These people of the workspace, locked by id."""
    wanted = Prospect.objects.filter(workspace=by.workspace_id, pk__in=list(prospects)).order_by("pk")
    return wanted.select_for_update(no_key=True)


def _who(prospect: int) -> Member | None:
    last = History.objects.filter(subject=f"prospect:{prospect}", verb="tier set").select_related("by__user")
    found = last.order_by("-pk").first()
    return found.by if found else None


def _write(after: dict[int, int], before: dict[int, int], by: Member, now: datetime, changed: Changed) -> History:
    for tier in TIERS:
        if ids := [person for person, wanted in after.items() if wanted == tier]:
            Prospect.objects.filter(pk__in=ids).update(tier=tier, facts_version=F("facts_version") + 1)
    changed(sorted(after), now)
    common = {"workspace_id": by.workspace_id, "at": now, "by": by, "verb": "tier set"}
    History.objects.bulk_create(
        [
            History(**common, subject=f"prospect:{person}", data={"before": before[person], "after": tier})
            for person, tier in after.items()
        ],
        batch_size=1000,
    )
    act = History(
        workspace_id=by.workspace_id,
        at=now,
        by=by,
        subject=f"member:{by.pk}",
        verb="tiers set",
        data={"people": len(after), "before": before, "after": after},
    )
    act.save(force_insert=True)
    return act


@transaction.atomic
def take_back(act: int, *, by: Member, now: datetime, changed: Changed) -> int:
    """Undo one's own act within half a minute, for whoever still has the tier that it set. How many people.

    Raises NotTakenBack for an act that is older, somebody else's, or none.
    """
    found = History.objects.filter(pk=act, verb="tiers set", workspace=by.workspace_id).first()
    if found is None or found.by_id != by.pk:
        raise NotTakenBack("Only who set these tiers can take that back.")
    if now - found.at > UNDO_WITHIN:
        raise NotTakenBack("It is too late to take this back: set the tier again.")
    before = {int(person): tier for person, tier in found.data["before"].items()}
    after = {int(person): tier for person, tier in found.data["after"].items()}
    still = dict(_locked(list(before), by).values_list("pk", "tier"))
    back = {person: before[person] for person, tier in still.items() if tier == after[person]}
    if back:
        _write(back, {person: after[person] for person in back}, by, now, changed)
    return len(back)
