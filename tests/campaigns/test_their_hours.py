"""A sender may wait for the prospect's working hours as well, where the prospect's place is known."""

from datetime import timedelta

import pytest

from campaigns.running import allowances, blockers, why
from campaigns.running.database import rows
from outreach.engine.causes import Cause
from tests.stage import Stage

OFFICE = '{"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}'


def lives_in(stage: Stage, prospect: int, place: str) -> None:
    rows("UPDATE prospects_prospect SET location = %s WHERE id = %s", (place, prospect))


@pytest.fixture
def berlin(stage: Stage) -> Stage:
    """Bob works in Berlin and waits for the hours of others; there it is 10:00."""
    bob = stage.senders["bob"].pk
    rows(
        "UPDATE accounts_sender SET zone = 'Europe/Berlin', hours = %s, their_hours = true WHERE id = %s", (OFFICE, bob)
    )
    allowances.refresh([bob], now=stage.now)
    return stage


def test_a_touch_waits_until_both_are_at_work_and_others_go_before_it(berlin: Stage) -> None:
    far, near, nowhere = berlin.people(3)
    lives_in(berlin, far, "New York, United States")
    lives_in(berlin, near, "Hamburg, Germany")
    berlin.launch("volume", [far, near, nowhere])
    for _ in range(4):
        berlin.settle()
        berlin.later(minutes=3)
    assert berlin.accepted(far) == [] and len(berlin.accepted()) == 2
    [reason] = why.explain(berlin.workspace.pk, berlin.now, [berlin.enrollment(far)["id"]])
    nine_in_new_york = berlin.now.replace(hour=14, minute=0, second=0, microsecond=0)
    assert (reason.cause, reason.until) == (Cause.OUTSIDE_HOURS, nine_in_new_york)
    trace = blockers.trace(berlin.workspace.pk, berlin.now, berlin.enrollment(far)["id"])
    assert trace is not None
    assert any("share" in one.words and "America/New York" in one.words for one in trace.blockers)
    berlin.go_to(nine_in_new_york - timedelta(seconds=1))
    berlin.settle()
    assert berlin.accepted(far) == []
    berlin.go_to(nine_in_new_york)
    berlin.settle()
    assert len(berlin.accepted(far)) == 1


def test_the_first_in_the_queue_is_told_the_same_before_the_gate_saw_it(berlin: Stage) -> None:
    far = berlin.person()
    lives_in(berlin, far, "New York, United States")
    berlin.launch("volume", [far])
    berlin.decide()
    rows("UPDATE prospects_relationship SET checked_at = %s", (berlin.now,))
    [reason] = why.explain(berlin.workspace.pk, berlin.now, [berlin.enrollment(far)["id"]])
    assert reason.cause is Cause.OUTSIDE_HOURS and reason.until is not None and reason.until.hour == 14


def test_where_the_hours_never_meet_the_senders_count_and_the_reason_says_so(berlin: Stage) -> None:
    farther = berlin.person()
    lives_in(berlin, farther, "Auckland, New Zealand")
    berlin.launch("volume", [farther])
    berlin.decide()
    trace = blockers.trace(berlin.workspace.pk, berlin.now, berlin.enrollment(farther)["id"])
    assert trace is not None
    assert "Their working hours (Pacific/Auckland) and the sender's never meet, so the sender's alone count" in [
        one.words for one in trace.blockers
    ]
    berlin.settle()
    assert len(berlin.accepted(farther)) == 1


def test_a_sender_that_does_not_ask_waits_for_nobody(berlin: Stage) -> None:
    rows("UPDATE accounts_sender SET their_hours = false")
    far = berlin.person()
    lives_in(berlin, far, "New York, United States")
    berlin.launch("volume", [far])
    berlin.settle()
    assert len(berlin.accepted(far)) == 1
