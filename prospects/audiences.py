"""Saved lists of prospects."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count

from django.db import IntegrityError, transaction

from accounts import history, rights
from accounts.models import Member
from prospects.models import Audience, AudienceMember, Prospect


class NoSuchPeople(Exception):
    """There is nobody to put into the list. The message is one sentence."""


@transaction.atomic
def gather(prospects: Sequence[int], name: str, *, by: Member, now: datetime) -> Audience:
    """A new audience of these people of the member's workspace; a number is added to a name that is taken.

    Raises NotAllowed, and NoSuchPeople for nobody.
    """
    rights.require(by, rights.Verb.BUILD)
    people = Prospect.objects.filter(workspace=by.workspace_id, pk__in=list(prospects)).values_list("pk", flat=True)
    if not people:
        raise NoSuchPeople("Nobody is selected: tick the people you mean.")
    audience = _called(name[:110], by, now)
    AudienceMember.objects.bulk_create(
        [AudienceMember(workspace_id=by.workspace_id, audience=audience, prospect_id=person) for person in people],
        batch_size=1000,
    )
    history.note(audience, "gathered", by=by, now=now, people=len(people))
    return audience


def _called(name: str, by: Member, now: datetime) -> Audience:
    """A new audience of that name, or of the first one with a number that nobody has; the database says which."""
    taken = set(Audience.objects.filter(name__startswith=name).values_list("name", flat=True))
    for free in _names(name):
        if free in taken:
            continue
        try:
            with transaction.atomic():
                return Audience.objects.create(workspace_id=by.workspace_id, name=free, created_at=now)
        except IntegrityError:  # somebody else took it in this very moment
            continue
    raise AssertionError("there is always one more number")


def _names(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        yield f"{name} ({number})"
