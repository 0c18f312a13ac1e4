"""Who stands before whom and when each can go: run forward by the rules, and true when it is lived through."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django_scopes import scope

from campaigns.models import Allowance, Touch
from campaigns.running import queues, why
from campaigns.running.queues import MOST, Queue, Waiting
from outreach.engine.facts import Allowance as Facts
from outreach.engine.facts import Limits
from outreach.engine.kinds import NEVER, Budget, Kind
from outreach.engine.windows import ROUND_THE_CLOCK, parse_hours
from tests.campaigns.running_world import World, seat
from tests.cast import MONDAY, OFFICE, monday

__all__ = ["monday"]


# --- queues, run forward --------------------------------------------------------------------------------------------


def queue(people: int, *, day: int | None = 20, week: int | None = 100, **fields: Any) -> Queue:
    budgets = {
        Budget.INVITES: Facts(Budget.INVITES, Limits(day=day, week=week, gap_s=90)),
        Budget.PENDING: Facts(Budget.PENDING, Limits(ceiling=fields.pop("ceiling", 700))),
        Budget.INMAIL: Facts(Budget.INMAIL, Limits(day=30, gap_s=60)),
    }
    kind = fields.pop("kind", Kind.INVITE)
    made = Queue(fields.pop("hours", ROUND_THE_CLOCK("UTC")), 60, budgets, **fields)
    made.waiting = [Waiting(n, kind, MONDAY, n) for n in range(1, people + 1)]
    return made


def test_a_long_queue_is_run_forward_so_far_and_no_further() -> None:
    found = queues.places(queue(MOST + 300), MONDAY)
    times = [found[n].at for n in range(1, MOST + 301)]
    assert all(at is not None for at in times)
    assert times == sorted(times, key=lambda at: at or NEVER)
    assert [found[n].position for n in (1, MOST, MOST + 300)] == [1, MOST, MOST + 300]
    days = ((times[-1] or MONDAY) - MONDAY) / timedelta(days=1)
    assert 30 < days < 40, "500 invites at 100 a week take about five weeks"


def test_a_queue_keeps_to_working_hours() -> None:
    found = queues.places(queue(MOST + 50, hours=parse_hours(OFFICE, zone="UTC")), MONDAY)
    for place in found.values():
        assert place.at is not None and place.latest is not None
        for at in (place.at, place.latest):
            assert at.weekday() < 5 and 9 <= at.hour + at.minute / 60 < 17.5


def test_the_queue_ends_where_the_ceiling_does() -> None:
    found = queues.places(queue(5, ceiling=3), MONDAY)
    assert [found[n].at is not None for n in range(1, 6)] == [True, True, True, False, False]


def test_the_queue_of_inmails_ends_where_the_credits_do() -> None:
    found = queues.places(queue(4, kind=Kind.INMAIL, credits=2), MONDAY)
    assert [found[n].at is not None for n in range(1, 5)] == [True, True, False, False]


def test_who_is_not_due_has_a_time_and_no_place() -> None:
    crowd = queue(2)
    crowd.waiting.append(Waiting(9, Kind.INVITE, MONDAY + timedelta(days=3), 9))
    place = queues.places(crowd, MONDAY)[9]
    assert (place.position, place.at) == (None, MONDAY + timedelta(days=3))


def test_a_call_waits_for_nobody_but_a_person() -> None:
    crowd = queue(0)
    crowd.waiting = [Waiting(1, Kind.CALL, MONDAY, 1), Waiting(2, Kind.CALL, MONDAY, 2)]
    found = queues.places(crowd, MONDAY)
    assert [found[n].at for n in (1, 2)] == [MONDAY, MONDAY]


# --- what is told comes true ----------------------------------------------------------------------------------------


@pytest.fixture
def crowd(monday: datetime) -> Iterator[World]:
    """Thirty people in one queue of a sender that may invite twenty a day."""
    made = seat()
    with scope(workspace=made.workspace):
        made.launch("Volume", "volume", [made.person(f"P{n:02}") for n in range(30)])
        made.look()
        yield made


def test_everybody_goes_within_the_range_they_were_told(crowd: World) -> None:
    told = {one.enrollment: one for one in why.explain(crowd.workspace.pk, crowd.now)}
    assert sorted(one.position or 0 for one in told.values()) == list(range(1, 31))
    while Touch.objects.filter(state="planned", kind=Kind.INVITE_NOTE).exists():
        opens = Allowance.objects.get(sender=crowd.sender, budget=Budget.INVITES).allowed_at
        crowd.now = max(crowd.now, opens)
        crowd.later()
        for dispatch in crowd.open():
            one = told[dispatch.head.enrollment]
            assert one.until is not None and one.until_latest is not None
            assert one.until <= dispatch.gate_at <= max(one.until_latest, one.until + timedelta(seconds=1))
            crowd.accept(dispatch)
            Touch.objects.filter(pk=dispatch.head.touch).update(state="sent", settled_at=crowd.now)
    assert len(crowd.record) == 30


def test_lifting_the_cause_moves_the_time_at_once(crowd: World) -> None:
    last = crowd.enrollment("P29")

    def until() -> datetime | None:
        (one,) = why.explain(crowd.workspace.pk, crowd.now, [last.pk])
        return one.until

    before = until()
    Allowance.objects.filter(sender=crowd.sender, budget=Budget.INVITES).update(day_cap=40)
    after = until()
    assert before is not None and after is not None
    assert before > crowd.now + timedelta(hours=24) > after
