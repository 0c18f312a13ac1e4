"""Whoever serves a person that sends by hand is killed in the middle of each verb: nothing of it is left half done, and
what may have been sent is never given back."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from campaigns.models import Touch
from campaigns.running import guided, reconcile
from campaigns.running.database import rows
from tests.campaigns.test_guided import bob, due, nils, ring, sound
from tests.outside import Worker, until
from tests.stage import Stage
from tests.threads import waiting_for_locks

__all__ = ["nils"]
pytestmark = pytest.mark.django_db(transaction=True)

HANDS = """
import sys
import django
django.setup()
from django_scopes import scopes_disabled
from accounts.models import Member
from campaigns.models import Touch
from campaigns.running import guided
from outreach import clock
for line in sys.stdin:
    verb, touch, member = line.split()
    with scopes_disabled():
        by = Member.objects.get(pk=member)
        getattr(guided, verb)(Touch.objects.get(pk=touch), by=by, now=clock.now())
    print(verb, flush=True)
"""


@pytest.fixture
def hands() -> Iterator[Worker]:
    made = Worker(HANDS)
    yield made
    made.close()


def order(stage: Stage, touch: Touch, verb: str) -> str:
    return f"{verb} {touch.pk} {stage.members['bob'].pk}"


def killed_inside(stage: Stage, hands: Worker, touch: Touch, verb: str) -> None:
    """The verb waits for the person's row, which we hold, and its process dies there."""
    with transaction.atomic():
        rows("SELECT 1 FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (touch.prospect_id,))
        hands.ring(order(stage, touch, verb))
        until(waiting_for_locks, what=f"{verb} to wait in its transaction")
        hands.kill()


def test_killed_while_it_is_opened_nothing_is_reserved(nils: Stage, hands: Worker) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    killed_inside(nils, hands, touch, "open")
    assert nils.touch(person)["state"] == "planned" and nils.moved(person) == [] and ring(nils, "inmail") == 0
    sound(nils)
    assert guided.open(touch, **bob(nils)).touch == touch.pk


def test_killed_after_the_opening_it_lapses(nils: Stage, hands: Worker) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    hands.ring(order(nils, touch, "open"))
    assert hands.heard() == "open"
    hands.kill()
    nils.later(minutes=16)
    nils.keep_house()
    assert nils.touch(person)["state"] == "planned" and ring(nils, "inmail") == 0
    assert nils.moved(person) == ["available to reserved", "reserved to available"]
    sound(nils)


def test_killed_while_it_is_copied_it_is_still_only_opened(nils: Stage, hands: Worker) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    killed_inside(nils, hands, touch, "copy")
    assert nils.touch(person)["state"] == "reserved"
    assert guided.copy(touch, **bob(nils)) and guided.done(touch, **bob(nils))
    assert nils.moved(person) == ["available to reserved", "reserved to spent"]


@pytest.mark.parametrize("verb", ["done", "skip"])
def test_killed_before_the_outcome_is_written_a_person_decides_later(nils: Stage, hands: Worker, verb: str) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    killed_inside(nils, hands, touch, verb)
    nils.later(hours=1)
    nils.keep_house()
    assert nils.touch(person)["state"] == "uncertain" and nils.moved(person) == ["available to reserved"]
    assert reconcile.it_was_sent(Touch.objects.get(pk=touch.pk), **bob(nils))
    assert len(nils.sent_to(person)) == 1 and nils.moved(person)[-1] == "reserved to spent"
    sound(nils)
