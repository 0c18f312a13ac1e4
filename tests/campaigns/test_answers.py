"""Answers in threads go the one way out: queued, through the gate, handed over once, recorded."""

from datetime import timedelta

import pytest

from campaigns.inbox import answers, triage
from campaigns.models import Answer, Draft, Message, PersonLock, Thread, Touch
from campaigns.running import gate, reconcile, touches, turns
from campaigns.running.database import rows
from tests.campaigns.test_triage import again, replied, verbs
from tests.stage import Stage


def send(
    stage: Stage, thread: Thread, text: str = "Thank you. Would Tuesday at ten suit you?", key: str = "a"
) -> Answer:
    return answers.answer(thread, text, key=key, by=stage.members["bob"], now=stage.now)


def test_an_answer_is_sent_in_the_same_chat_after_the_time_to_take_it_back(stage: Stage) -> None:
    thread = replied(stage)
    queued = send(stage, thread)
    assert stage.take_turns() == [] and queued.touch.state == "planned"
    [shown] = answers.under_way(thread, stage.now)
    assert (shown.words, shown.can_take_back) == ("Queued", True)
    stage.later(seconds=11)
    assert stage.take_turns() == ["sent"]
    assert stage.accepted(thread.prospect_id) == ["dm", "dm"]
    said = Message.objects.filter(thread=thread).order_by("at", "pk").last()
    assert said is not None and (said.text, said.inbound, said.touch_id) == (
        "Thank you. Would Tuesday at ten suit you?",
        False,
        queued.touch_id,
    )
    assert not again(thread).waits_for_answer and answers.under_way(thread, stage.now) == []
    assert stage.allowance("messages")["ring"][-1] == int(stage.now.timestamp())
    assert verbs(thread) == ["answered"]


def test_a_double_press_is_one_answer(stage: Stage) -> None:
    thread = replied(stage)
    assert send(stage, thread).pk == send(stage, thread).pk
    stage.later(seconds=11)
    stage.take_turns()
    assert send(stage, thread).touch.state == "sent"
    assert stage.accepted(thread.prospect_id) == ["dm", "dm"]


def test_a_second_answer_waits_for_the_first_and_then_goes_too(stage: Stage) -> None:
    thread = replied(stage)
    send(stage, thread)
    with pytest.raises(answers.CannotAnswer, match="queued already"):
        send(stage, thread, "And one more.", key="b")
    stage.later(seconds=11)
    stage.take_turns()
    send(stage, thread, "And one more.", key="b")
    stage.pass_time(hours=1)
    assert stage.accepted(thread.prospect_id) == ["dm", "dm", "dm"]
    assert [touch.generation for touch in Touch.objects.filter(step_key=0).order_by("pk")] == [1, 2]


def test_an_answer_can_be_taken_back_and_its_text_is_a_draft_again(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    queued = send(stage, thread, "Too early.")
    stage.later(seconds=9)
    assert answers.take_back(queued, by=bob, now=stage.now)
    assert not answers.take_back(queued, by=bob, now=stage.now)
    stage.pass_time(hours=1)
    assert stage.accepted(thread.prospect_id) == ["dm"]
    assert answers.draft(thread, bob) == "Too early." and answers.under_way(thread, stage.now) == []


def test_what_was_handed_over_cannot_be_taken_back(stage: Stage) -> None:
    thread = replied(stage)
    queued = send(stage, thread)
    stage.later(seconds=11)
    stage.take_turns()
    with pytest.raises(answers.CannotAnswer, match="handed over already"):
        answers.take_back(queued, by=stage.members["bob"], now=stage.now)


def test_an_answer_to_an_inmail_goes_into_its_chat_for_free(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    stage.later(hours=1)
    stage.does("reply", person, "priya", text="Yes, with pleasure.")
    stage.hear("priya")
    before = stage.moved(person)
    send(stage, Thread.objects.get(prospect=person))
    stage.later(seconds=11)
    assert stage.take_turns() == ["sent"]
    assert stage.accepted(person) == ["inmail", "dm"] and stage.moved(person) == before
    assert Thread.objects.filter(prospect=person).count() == 1


def test_nobody_suppressed_gets_an_answer(stage: Stage) -> None:
    thread = replied(stage, "Please stop messaging me.")
    with pytest.raises(answers.CannotAnswer, match="must not be contacted"):
        send(stage, thread)


def test_who_asks_to_be_left_alone_while_an_answer_is_queued_gets_none(stage: Stage) -> None:
    thread = replied(stage)
    send(stage, thread)
    stage.later(seconds=5)
    stage.does("reply", thread.prospect_id, text="Please stop messaging me.")
    stage.hear("bob")
    stage.pass_time(hours=1)
    assert stage.accepted(thread.prospect_id) == ["dm"]
    [shown] = answers.under_way(thread, stage.now)
    assert (shown.words, shown.why, shown.failed) == ("Not sent", "They asked not to be contacted.", True)


def test_a_reply_that_comes_while_an_answer_is_queued_does_not_cancel_it(stage: Stage) -> None:
    thread = replied(stage)
    send(stage, thread)
    stage.later(seconds=5)
    stage.does("reply", thread.prospect_id, text="And what does it cost?")
    stage.hear("bob")
    stage.pass_time(hours=1)
    assert stage.accepted(thread.prospect_id) == ["dm", "dm"]


def test_the_gate_lets_nobody_suppressed_through(stage: Stage) -> None:
    thread = replied(stage)
    send(stage, thread)
    rows("UPDATE prospects_prospect SET suppressed_at = %s WHERE id = %s", (stage.now, thread.prospect_id))
    stage.later(seconds=11)
    assert stage.take_turns() == ["suppressed"]
    assert answers.under_way(thread, stage.now)[0].why == "This person must not be contacted."
    assert stage.accepted(thread.prospect_id) == ["dm"]


def test_an_answer_while_the_sequence_only_waits_leaves_its_next_touch_alone(stage: Stage) -> None:
    thread = replied(stage, "I am out of the office until 20 November 2026.")
    send(stage, thread, "Enjoy it.")
    stage.settle()
    stage.later(seconds=11)
    assert "sent" in stage.take_turns()
    assert stage.enrollment(thread.prospect_id)["state"] == "active"
    stage.pass_time(days=25)
    assert stage.accepted(thread.prospect_id)[:2] == ["dm", "dm"] and len(stage.accepted(thread.prospect_id)) > 2


def test_an_answer_goes_before_what_a_sequence_planned(stage: Stage) -> None:
    thread = replied(stage)
    others = stage.people(3, connected_to="bob")
    stage.launch("volume", others)
    stage.later(days=3)
    stage.hear("bob")
    stage.decide()
    queued = send(stage, thread)
    stage.later(seconds=11)
    [turn] = [turn for turn in turns.claim(now=stage.now) if turn.sender == stage.senders["bob"].pk]
    assert queued.touch_id in [head.touch for head in turn.heads]
    turns.take(turn)


def test_a_lost_answer_of_the_provider_makes_it_uncertain_and_a_look_finds_it(stage: Stage) -> None:
    thread = replied(stage)
    send(stage, thread)
    stage.later(seconds=11)
    [turn] = turns.claim(now=stage.now)
    passed = gate.enter(turn.heads[0], turn.token)
    assert isinstance(passed, gate.Dispatch)
    passed.connector.hand_over(passed.outgoing)
    touches.mark_uncertain(passed.head.touch, "The answer was lost.", now=stage.now)
    assert answers.under_way(thread, stage.now)[0].words == "Uncertain"
    stage.later(minutes=2)
    reconcile.look(now=stage.now)
    assert answers.under_way(thread, stage.now) == []
    assert stage.accepted(thread.prospect_id) == ["dm", "dm"]


def test_an_answer_after_done_holds_the_person_for_a_month_again(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    triage.done(thread, by=bob, now=stage.now)
    send(stage, thread)
    stage.later(seconds=11)
    stage.take_turns()
    [live] = PersonLock.objects.filter(prospect=thread.prospect_id, released_at=None)
    assert live.release_at == stage.now + timedelta(days=30)


@pytest.mark.parametrize(("text", "key"), [("  ", "a"), ("x" * 8_001, "a"), ("Hello", ""), ("Hello", "k" * 41)])
def test_what_cannot_be_sent_is_said_in_one_sentence(stage: Stage, text: str, key: str) -> None:
    thread = replied(stage)
    with pytest.raises(answers.CannotAnswer):
        send(stage, thread, text, key)
    assert Answer.objects.count() == 0


def test_only_who_may_answer_answers(stage: Stage) -> None:
    thread = replied(stage)
    with pytest.raises(answers.NotAllowed):
        answers.answer(thread, "Hello", key="a", by=stage.members["vera"], now=stage.now)
    assert answers.answer(thread, "Hello", key="a", by=stage.members["mara"], now=stage.now).by_id


def test_a_paused_sender_sends_no_answer(stage: Stage) -> None:
    thread = replied(stage)
    rows("UPDATE accounts_sender SET state = 'paused' WHERE id = %s", (thread.sender_id,))
    with pytest.raises(answers.CannotAnswer, match="not active"):
        send(stage, thread)


def test_a_draft_is_kept_per_member_until_it_is_sent(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    answers.keep_draft(thread, "Thank", by=bob, now=stage.now)
    answers.keep_draft(thread, "Thank you", by=bob, now=stage.now)
    answers.keep_draft(thread, "Mine", by=stage.members["mara"], now=stage.now)
    assert (answers.draft(thread, bob), answers.draft(thread, stage.members["mara"])) == ("Thank you", "Mine")
    send(stage, thread)
    assert list(Draft.objects.values_list("text", flat=True)) == ["Mine"]
    answers.keep_draft(thread, " ", by=stage.members["mara"], now=stage.now)
    assert Draft.objects.count() == 0
