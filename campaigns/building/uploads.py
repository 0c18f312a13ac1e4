"""What campaigns know of imported people: with whom something was begun, so that an undo leaves them."""

from collections.abc import Iterable

from campaigns.models import Enrollment, PersonLock, Thread, Touch


def spoken_for(prospects: Iterable[int]) -> set[int]:
    """Which of these people are or were in a campaign, were approached, or have a conversation with us."""
    wanted = list(prospects)
    found: set[int] = set()
    for model in (Enrollment, Touch, Thread, PersonLock):
        found |= set(model._default_manager.filter(prospect__in=wanted).values_list("prospect", flat=True).distinct())
    return found
