"""Doubt: what hangs becomes uncertain and blocks its person; evidence or a person ends it, never a second attempt."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import Connection
from campaigns.models import Touch
from campaigns.running import reconcile, touches
from campaigns.running.database import rows
from outreach.engine.kinds import NEVER
from tests.campaigns.test_recording import dispatching, past_the_gate
from tests.stage import Stage


def looked(stage: Stage) -> None:
    """All three looks, in virtual time."""
    for minutes in (1, 10, 60):
        stage.later(minutes=minutes, seconds=1)
        reconcile.look(now=stage.now)


def test_what_hangs_becomes_uncertain_and_never_planned(stage: Stage) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    stage.go_to(passed.due_by + timedelta(seconds=30))
    assert reconcile.reap(now=stage.now) == 0
    stage.later(minutes=2)
    assert reconcile.reap(now=stage.now) == 1
    touch = stage.touch(person)
    assert touch["state"] == "uncertain" and touch["look_at"] == stage.now + timedelta(minutes=1)
    assert stage.enrollment(person)["cause"] == "uncertain_open"
    assert stage.settle() == []


def in_doubt(stage: Stage, play: str, person: int, sender: str = "bob", *, arrived: bool) -> int:
    """A touch whose worker died around its call; its id."""
    passed = dispatching(stage, play, person, sender)
    if arrived:
        passed.connector.hand_over(passed.outgoing)
    touches.mark_uncertain(passed.head.touch, "The worker died.", now=stage.now)
    return passed.head.touch


@pytest.mark.parametrize(("play", "kind"), [("volume", "invite_note"), ("senior", "inmail")])
def test_found_is_sent(stage: Stage, play: str, kind: str) -> None:
    person = stage.person(tier=3 if play == "senior" else 1)
    in_doubt(stage, play, person, "priya", arrived=True)
    stage.later(minutes=1, seconds=1)
    assert reconcile.look(now=stage.now) == 1
    touch = stage.touch(person)
    assert (touch["state"], touch["kind"]) == ("sent", kind)
    assert stage.accepted(person) == [kind]
    if kind == "inmail":
        assert stage.moved(person) == ["available to reserved", "reserved to spent"]
        assert touch["provider_message"]
    else:
        assert stage.relation(person, "priya")["invitation"] == "pending"


def test_not_found_three_times_where_history_is_whole_is_not_sent_and_goes_once(stage: Stage) -> None:
    person = stage.person(tier=3)
    in_doubt(stage, "senior", person, "priya", arrived=False)
    for number, minutes in enumerate((1, 10)):
        stage.later(minutes=minutes, seconds=1)
        reconcile.look(now=stage.now)
        assert (stage.touch(person)["state"], stage.touch(person)["looks"]) == ("uncertain", number + 1)
    stage.later(minutes=61)
    reconcile.look(now=stage.now)
    assert (stage.touch(person)["state"], stage.touch(person)["refusal"]) == ("not_sent", "not_found")
    stage.later(minutes=5)
    stage.settle()
    assert [t["state"] for t in stage.touches(person)][:2] == ["not_sent", "sent"]
    assert stage.accepted(person) == ["inmail"]


def test_where_history_is_partial_a_person_decides(stage: Stage) -> None:
    person = stage.person(tier=3)
    Connection.objects.update(vendor="unipile")
    touch = in_doubt(stage, "senior", person, "priya", arrived=False)
    looked(stage)
    assert stage.touch(person)["state"] == "uncertain" and stage.touch(person)["look_at"] is None
    waiting = reconcile.undecided(stage.workspace.pk)
    assert waiting is not None and waiting["n"] == 1
    stage.later(days=30)
    stage.settle()
    assert reconcile.look(now=stage.now) == 0 and stage.accepted() == []
    assert reconcile.it_was_not(Touch.objects.get(pk=touch), by=stage.members["bob"], now=stage.now)
    assert stage.moved(person) == ["available to reserved", "reserved to available"]
    stage.later(minutes=5)
    stage.settle()
    assert stage.accepted(person) == ["inmail"]
    assert rows("SELECT verb FROM accounts_history WHERE verb = 'was_not_sent'") == [{"verb": "was_not_sent"}]


def test_a_person_may_say_that_it_was_sent(stage: Stage) -> None:
    person = stage.person(tier=3)
    touch = in_doubt(stage, "senior", person, "priya", arrived=True)
    assert reconcile.it_was_sent(Touch.objects.get(pk=touch), by=stage.members["bob"], now=stage.now)
    assert not reconcile.it_was_not(Touch.objects.get(pk=touch), by=stage.members["bob"], now=stage.now)
    assert stage.moved(person) == ["available to reserved", "reserved to spent"]
    assert stage.touch(person)["state"] == "sent"


def test_doubt_blocks_the_person_on_all_channels_and_campaigns(stage: Stage) -> None:
    person = stage.person(tier=3)
    in_doubt(stage, "senior", person, "priya", arrived=False)
    second = stage.launch("volume", [person], "bob")
    stage.settle()
    assert stage.enrollment(person, second)["cause"] == "uncertain_open"
    assert stage.accepted() == []


Ending = Callable[[Stage, int], object]


@pytest.mark.parametrize(
    "ending",
    [
        lambda stage, touch: touches.mark_sent(touch, touches.Proof(by="answer"), now=stage.now),
        lambda stage, touch: touches.mark_refused(touch, "user_unreachable", "", now=stage.now),
        lambda stage, touch: touches.mark_not_sent(touch, "unreachable", now=stage.now),
    ],
    ids=["sent", "refused", "not_sent"],
)
def test_who_waits_for_a_touch_on_its_way_is_woken_when_it_is_settled(stage: Stage, ending: Ending) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    second = stage.launch("volume", [person], "priya")
    stage.decide()
    assert stage.enrollment(person, second)["cause"] == "uncertain_open"
    assert stage.enrollment(person, second)["decide_at"] == NEVER
    ending(stage, passed.head.touch)
    assert stage.enrollment(person, second)["decide_at"] == stage.now
    stage.decide()
    assert stage.enrollment(person, second)["cause"] != "uncertain_open"
    stage.proved = False  # "sent" was said without the provider


def test_our_own_echo_is_evidence(stage: Stage) -> None:
    person = stage.person(tier=3)
    in_doubt(stage, "senior", person, "priya", arrived=True)
    stage.hear("priya")
    assert stage.touch(person)["state"] == "sent"
    assert [m["by_hand"] for m in stage.messages(person)] == [False]


def test_a_look_that_fails_counts_for_nothing(stage: Stage) -> None:
    person = stage.person(tier=3)
    in_doubt(stage, "senior", person, "priya", arrived=True)
    stage.outside.fault(match={"path_prefix": "/api/v1/chats"}, status=503, times=3)
    for _ in range(3):
        stage.later(minutes=2)
        reconcile.look(now=stage.now)
    assert (stage.touch(person)["state"], stage.touch(person)["looks"]) == ("uncertain", 0)
    stage.later(minutes=2)
    reconcile.look(now=stage.now)
    assert stage.touch(person)["state"] == "sent"


def test_an_acceptance_in_doubt_counts_and_nothing_stays_pending(stage: Stage) -> None:
    person = stage.person(accept_after_h=1)
    in_doubt(stage, "volume", person, arrived=True)
    stage.later(hours=2)
    stage.hear("bob")
    assert stage.relation(person)["degree"] == "1"
    reconcile.look(now=stage.now)
    assert stage.touch(person)["state"] == "sent" and stage.touch(person)["response"] == "accepted"
    assert stage.relation(person)["invitation"] == "accepted"
    assert stage.allowance("pending")["outstanding"] == 0
    stage.later(days=1, hours=1)
    stage.settle()
    assert stage.accepted(person) == ["invite_note", "dm"]


def test_a_late_answer_after_the_reaper_still_counts(stage: Stage) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    answer = passed.connector.hand_over(passed.outgoing)
    stage.later(minutes=5)
    reconcile.reap(now=stage.now)
    proof = touches.Proof(by="answer", invitation=answer.invitation_id)
    assert touches.mark_sent(passed.head.touch, proof, now=stage.now)
    assert stage.touch(person)["state"] == "sent"


def test_a_withdrawal_in_doubt_is_looked_for_too(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    stage.reach(person)
    stage.pass_time(days=20)
    stage.later(days=2)
    passed = past_the_gate(stage, person)
    assert passed.head.kind == "withdraw"
    passed.connector.hand_over(passed.outgoing)
    touches.mark_uncertain(passed.head.touch, "The worker died.", now=stage.now)
    stage.later(minutes=2)
    reconcile.look(now=stage.now)
    assert stage.touch(person)["state"] == "sent" and stage.relation(person)["invitation"] == "withdrawn"
    assert stage.allowance("pending")["outstanding"] == 0
