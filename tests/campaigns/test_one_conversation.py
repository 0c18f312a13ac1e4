"""One live conversation per person: whoever comes first holds it, the others wait and are woken when it ends."""

from datetime import timedelta

import pytest

from campaigns.models import Campaign, Enrollment
from campaigns.running import conversations, taking, why
from campaigns.running.database import rows
from campaigns.running.hand_over import CannotHandOver
from outreach.engine.causes import Cause
from outreach.engine.kinds import NEVER
from tests.stage import Stage


def test_two_campaigns_launched_in_the_same_second_touch_a_prospect_once(stage: Stage) -> None:
    people = stage.people(3)
    stage.launch("volume", people, "bob")
    stage.launch("volume", people, "priya")
    for _ in range(6):
        stage.settle()
        stage.later(minutes=2)
    assert [stage.accepted(p) for p in people] == [["invite_note"]] * 3
    holders = rows("SELECT prospect_id FROM campaigns_personlock WHERE released_at IS NULL ORDER BY 1")
    assert [holder["prospect_id"] for holder in holders] == people
    causes = {
        e["cause"]
        for e in rows(
            "SELECT e.cause FROM campaigns_enrollment e WHERE NOT EXISTS (SELECT FROM campaigns_personlock l "
            "WHERE l.enrollment_id = e.id)"
        )
    }
    assert causes <= {"in_conversation", "uncertain_open", ""} and "in_conversation" in causes


def test_the_lock_is_taken_by_the_first_touch_and_not_by_the_launch(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person], "bob")
    stage.decide()
    assert rows("SELECT 1 AS one FROM campaigns_personlock") == []
    stage.reach(person)
    assert len(rows("SELECT 1 AS one FROM campaigns_personlock")) == 1


def test_who_waits_goes_on_thirty_days_after_the_last_touch_of_the_other(stage: Stage) -> None:
    person = stage.person()
    first = stage.launch("volume", [person], "bob")
    stage.reach(person)
    second = stage.launch("senior", [person], "priya")
    stage.settle()
    assert stage.enrollment(person, second)["cause"] == "in_conversation"
    stage.pass_time(days=31)
    assert stage.enrollment(person, first)["state"] == "finished"
    last = stage.enrollment(person, first)["last_touch_at"]
    [lock] = rows("SELECT release_at FROM campaigns_personlock WHERE released_at IS NULL")
    assert lock["release_at"] == last + timedelta(days=30)
    before = stage.accepted(person)
    stage.pass_time(days=27)
    assert len(stage.accepted(person)) > len(before)
    assert rows("SELECT count(*) AS n FROM campaigns_personlock WHERE released_at IS NULL") == [{"n": 1}]


def test_ending_a_conversation_twice_ends_it_once(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person], "bob")
    stage.reach(person)
    assert conversations.release_due(now=stage.now) == 0
    rows("UPDATE campaigns_personlock SET release_at = %s", (stage.now,))
    assert conversations.release_due(now=stage.now) == 1
    assert conversations.release_due(now=stage.now) == 0
    stage.proved = False  # a conversation was ended by hand while its sequence runs


def test_a_reply_keeps_the_conversation_with_its_holder_for_a_while(stage: Stage) -> None:
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person], "bob")
    stage.reach(person)
    stage.does("reply", person, text="Tell me more.")
    stage.hear("bob")
    [lock] = rows("SELECT release_at FROM campaigns_personlock WHERE released_at IS NULL")
    assert lock["release_at"] == stage.now + timedelta(days=30)
    late = stage.launch("volume", [person], "priya")
    stage.settle()
    assert stage.enrollment(person, late)["state"] == "stopped"
    assert stage.enrollment(person, late)["decide_at"] == NEVER


def two_campaigns(stage: Stage) -> tuple[int, Enrollment, Enrollment]:
    """Somebody with whom Bob's campaign is in conversation while Priya's waits: the person, Bob's and Priya's
    enrollment."""
    person = stage.person()
    first = stage.launch("volume", [person], "bob")
    stage.reach(person)
    second = stage.launch("volume", [person], "priya")
    stage.settle()
    return person, of(person, first), of(person, second)


def of(person: int, campaign: Campaign) -> Enrollment:
    return Enrollment.objects.select_related("campaign", "sender", "prospect").get(prospect=person, campaign=campaign)


def test_a_manager_passes_the_conversation_on_and_who_led_it_waits(stage: Stage) -> None:
    person, first, second = two_campaigns(stage)
    assert stage.enrollment(person, second.campaign)["cause"] == "in_conversation"
    assert taking.take(second, by=stage.members["mara"], now=stage.now) == first
    assert taking.take(second, by=stage.members["mara"], now=stage.now) is None, "twice is once"
    [lock] = rows("SELECT enrollment_id FROM campaigns_personlock WHERE released_at IS NULL")
    assert lock["enrollment_id"] == second.pk
    stage.reach(person)
    assert [touch["sender_id"] for touch in stage.sent_to(person)] == [first.sender_id, second.sender_id]
    assert stage.enrollment(person, first.campaign)["cause"] == "in_conversation"
    [reason] = why.explain(stage.workspace.pk, stage.now, [first.pk])
    assert (reason.cause, reason.who) == (Cause.IN_CONVERSATION, second.pk)
    stage.pass_time(days=20)  # the first one's next steps do not come in between
    assert {touch["sender_id"] for touch in stage.sent_to(person)[1:]} == {second.sender_id}


def test_a_conversation_is_passed_back(stage: Stage) -> None:
    person, first, second = two_campaigns(stage)
    for leads in (second, first):
        taking.take(leads, by=stage.members["mara"], now=stage.now)
        stage.decide()
    assert stage.settle() == []
    [lock] = rows("SELECT enrollment_id FROM campaigns_personlock WHERE released_at IS NULL")
    assert lock["enrollment_id"] == first.pk and stage.accepted(person) == ["invite_note"]


def test_nothing_is_passed_on_while_a_touch_may_have_arrived(stage: Stage) -> None:
    _, first, second = two_campaigns(stage)
    taking.take(second, by=stage.members["mara"], now=stage.now)
    stage.outside.fault(match={"method": "POST"}, times=1, drop_after_accepting=True)
    assert "uncertain" in stage.settle()
    with pytest.raises(CannotHandOver, match="on its way or not settled"):
        taking.take(first, by=stage.members["mara"], now=stage.now)
    assert taking.holder_of(first) == second
    stage.pass_time(hours=3)
    assert taking.take(first, by=stage.members["mara"], now=stage.now) == second


def test_only_who_may_steer_both_takes_a_conversation(stage: Stage) -> None:
    _, _, second = two_campaigns(stage)
    with pytest.raises(taking.NotAllowed):
        taking.take(second, by=stage.members["vera"], now=stage.now)


def test_a_conversation_that_nobody_leads_is_not_taken(stage: Stage) -> None:
    person = stage.person()
    waiting = of(person, stage.launch("volume", [person], "bob"))
    with pytest.raises(CannotHandOver, match="goes on by itself"):
        taking.take(waiting, by=stage.members["mara"], now=stage.now)


def test_a_sequence_that_is_over_or_on_hold_does_not_lead(stage: Stage) -> None:
    _, _, second = two_campaigns(stage)
    for state, words in (("held", "resume the sequence first"), ("stopped", "The sequence is over")):
        rows("UPDATE campaigns_enrollment SET state = %s, reason = 'by_hand' WHERE id = %s", (state, second.pk))
        with pytest.raises(CannotHandOver, match=words):
            taking.take(second, by=stage.members["mara"], now=stage.now)
    stage.proved = False  # a sequence was ended by hand
