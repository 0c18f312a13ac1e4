"""Recording what became of a touch: once, whoever says it and however often, with what follows for the person."""

from datetime import timedelta

import pytest

from campaigns.models import Touch
from campaigns.running import by_hand, gate, planning, touches, turns
from campaigns.running.database import rows
from campaigns.running.gate import Dispatch
from outreach.engine.refusals import Effect
from tests.stage import Stage


def dispatching(stage: Stage, play: str, person: int, sender: str = "bob") -> Dispatch:
    """This person's touch, past the gate and not handed over."""
    stage.launch(play, [person], sender)
    return past_the_gate(stage, person)


def past_the_gate(stage: Stage, person: int) -> Dispatch:
    for _ in range(3):
        stage.decide()
        for turn in turns.claim(now=stage.now):
            for head in turn.heads:
                turns.profiles.freshen(head, now=stage.now)
                passed = gate.enter(head, turn.token)
                if isinstance(passed, Dispatch) and head.prospect == person:
                    return passed
        stage.later(seconds=turns.CLAIM.total_seconds() + 1)
    raise AssertionError(stage.touches(person))


def test_a_sent_invite_waits_for_its_answer(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    touch = stage.reach(person)
    relation = stage.relation(person)
    assert relation["invitation"] == "pending" and relation["invitation_id"]
    assert relation["invited_at"] == touch["gate_at"]
    assert touch["holds_pending"] and stage.allowance("pending")["outstanding"] == 1
    assert stage.enrollment(person)["last_touch_at"] == touch["gate_at"]


def test_a_sent_message_stands_in_its_thread_and_its_echo_adds_nothing(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    touch = stage.reach(person)
    stage.later(minutes=1)
    stage.hear()
    [message] = stage.messages(person)
    assert (message["touch_id"], message["inbound"], message["by_hand"]) == (touch["id"], False, False)
    assert message["provider_message"] == touch["provider_message"] and message["text"] == touch["text"]


def test_an_answer_recorded_twice_is_recorded_once(stage: Stage) -> None:
    person = stage.person(tier=3)
    passed = dispatching(stage, "senior", person, "priya")
    answer = passed.connector.hand_over(passed.outgoing)
    proof = touches.Proof(by="answer", message=answer.message_id, chat=answer.chat_id)
    assert touches.mark_sent(passed.head.touch, proof, now=stage.now)
    assert not touches.mark_sent(passed.head.touch, proof, now=stage.now)
    assert touches.mark_refused(passed.head.touch, "not_allowed_inmail", "", now=stage.now) is None
    assert not touches.mark_not_sent(passed.head.touch, "late", now=stage.now)
    assert not touches.mark_uncertain(passed.head.touch, "late", now=stage.now)
    assert stage.touch(person)["state"] == "sent"
    assert stage.moved(person) == ["available to reserved", "reserved to spent"]


REFUSALS = [
    ("already_connected", "refused", {"degree": "1", "invitation": "accepted"}),
    ("cannot_invite_attendee", "refused", {"degree": "2"}),
    ("blocked_recipient", "refused", {}),
    ("action_already_performed", "refused", {}),
    ("something_that_nobody_knows", "refused", {}),
    ("too_many_characters", "not_sent", {}),
    ("limit_exceeded", "not_sent", {}),
    ("feature_not_subscribed", "not_sent", {}),
]


@pytest.mark.parametrize(("code", "state", "relation"), REFUSALS, ids=[code for code, *_ in REFUSALS])
def test_a_refusal_gives_back_what_the_touch_held(
    stage: Stage, code: str, state: str, relation: dict[str, object]
) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    assert stage.allowance("pending")["outstanding"] == 1
    assert touches.mark_refused(passed.head.touch, code, "because", now=stage.now) is not None
    touch = stage.touch(person)
    assert (touch["state"], touch["refusal"], touch["holds_pending"]) == (state, code, False)
    assert stage.allowance("pending")["outstanding"] == 0
    assert len(stage.allowance("invites")["ring"]) == 1  # a slot once dispatched is never given back
    assert relation.items() <= stage.relation(person).items()


def test_a_refused_inmail_voids_its_credit_and_closes_the_channel(stage: Stage) -> None:
    person = stage.person(tier=3)
    passed = dispatching(stage, "senior", person, "priya")
    touches.mark_refused(passed.head.touch, "not_allowed_inmail", "", now=stage.now)
    assert stage.moved(person) == ["available to reserved", "reserved to available"]
    assert stage.relation(person, "priya")["inmail_allowed"] is False
    stage.settle()
    assert stage.touch(person)["kind"] != "inmail"


def test_a_recent_invite_by_hand_makes_this_person_wait_three_weeks(stage: Stage) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    consequence = touches.mark_refused(passed.head.touch, "already_invited_recently", "", now=stage.now)
    assert consequence is not None and consequence.effect is Effect.COOL_DOWN
    assert stage.relation(person)["invite_not_before"] == stage.now + timedelta(days=21)


def test_an_unreachable_person_ends_the_sequence(stage: Stage) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    touches.mark_refused(passed.head.touch, "user_unreachable", "", now=stage.now)
    stage.settle()
    assert (stage.enrollment(person)["state"], stage.enrollment(person)["reason"]) == ("finished", "unreachable")


def test_what_was_not_sent_is_planned_again_later_and_later(stage: Stage) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    waits = []
    for attempt in range(1, 5):
        assert touches.mark_not_sent(passed.head.touch, "unreachable", now=stage.now)
        waits.append(stage.enrollment(person)["decide_at"] - stage.now)
        stage.later(hours=2)
        passed = past_the_gate(stage, person)
        assert stage.touch(person)["attempt"] == attempt + 1
    assert [wait.total_seconds() for wait in waits] == [30, 60, 120, 240]
    assert turns.hand_over(passed) == "sent"


def test_a_wish_to_wait_is_heeded(stage: Stage) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    touches.mark_not_sent(passed.head.touch, "no_channel", now=stage.now, retry_after_s=7200)
    assert stage.enrollment(person)["decide_at"] == stage.now + timedelta(hours=2)
    stage.later(hours=3)
    assert stage.settle() == ["sent"]


def test_an_already_connected_person_goes_on_with_messages(stage: Stage) -> None:
    person = stage.person()
    passed = dispatching(stage, "volume", person)
    stage.script(person, degree={"seat-bob": 1})
    assert turns.hand_over(passed) == "refused"
    stage.settle()
    assert stage.touch(person)["kind"] == "dm"
    stage.later(days=2)
    stage.settle()
    assert stage.accepted(person) == ["dm"]


def test_a_call_is_done_by_a_person_and_counted_once(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("ultra", [person], "priya")
    stage.pass_time(days=40)
    [call] = rows("SELECT * FROM campaigns_touch WHERE prospect_id = %s AND kind = 'call'", (person,))
    assert call["state"] == "sent" and call["guided"]
    assert not by_hand.done(Touch.objects.get(pk=call["id"]), by=stage.members["bob"], now=stage.now)
    invite = Touch.objects.filter(kind__startswith="invite").first()
    with pytest.raises(by_hand.NotByHand):
        by_hand.done(invite, by=stage.members["bob"], now=stage.now)


def test_the_ultra_play_runs_its_whole_course_on_a_silent_person(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("ultra", [person], "priya")
    stage.pass_time(days=60)
    kinds = [touch["kind"] for touch in stage.sent_to(person)]
    assert kinds[0] == "view" and kinds[-1] == "withdraw" and "call" in kinds
    assert kinds.index("inmail") < kinds.index("invite_note") < kinds.index("call")
    assert stage.enrollment(person)["state"] == "finished"
    assert planning.decide_these([stage.enrollment(person)["id"]], now=stage.now) == 0
