"""Invented people to look around with: loaded and removed with one click, and never written to by a real sender."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from accounts import rights
from accounts.models import Member
from campaigns.building.uploads import spoken_for
from campaigns.models import Enrollment
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import holding
from prospects import imports, samples
from prospects.imports import undoing
from prospects.models import Import, ImportedPerson, Prospect
from prospects.models.imports import ImportState

NAME: Final = "Sample people"
FILE: Final = Path(samples.__file__).parent / "sales-navigator.csv"


@dataclass(frozen=True, slots=True)
class Removed:
    """How many are gone without a trace, and how many stay because a practice sender approached them."""

    gone: int
    stay: int


def load(*, by: Member, now: datetime) -> int:
    """Take the invented people into the workspace, as an audience of their own. How many are new; twice is once.

    In the workspace's scope; interrupted, it is finished by doing it again. Somebody who was there before under the
    same address is no sample."""
    rights.require(by, rights.Verb.BUILD)
    loaded = Import.objects.visible_to(by).filter(name=NAME, state=ImportState.APPLIED)
    if not loaded.exists():
        imports.apply(FILE, by=by, name=NAME, now=now, audience=NAME)
    new = ImportedPerson.objects.filter(upload__in=loaded, new=True)
    return int(Prospect.objects.visible_to(by).filter(pk__in=new.values("prospect"), sample=False).update(sample=True))


def remove(*, by: Member, now: datetime) -> Removed:
    """Take the invented people out again. Those whom a practice sender approached stay with their history, and their
    sequences stop; everybody else is gone. In the workspace's scope; interrupted, it is finished by doing it again."""
    rights.require(by, rights.Verb.BUILD)
    people = Prospect.objects.visible_to(by).filter(sample=True)
    Enrollment.objects.filter(prospect__in=people, state=EnrollmentState.WAITING).delete()
    under_way = Enrollment.objects.filter(prospect__in=people, state__in=(EnrollmentState.ACTIVE, EnrollmentState.HELD))
    for enrollment in under_way.select_related("campaign", "sender", "prospect").order_by("pk"):
        holding.stop(enrollment, by=by, now=now)
    gone = 0
    for upload in Import.objects.visible_to(by).filter(name=NAME, state=ImportState.APPLIED):
        gone += undoing.undo(upload, by=by, now=now, spoken_for=spoken_for).removed
    return Removed(gone, people.count())
