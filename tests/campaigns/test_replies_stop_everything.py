"""An answer stops everything for that person; what overtakes our own record is counted all the same."""

from datetime import timedelta

import pytest

from campaigns.running import inbound, turns
from campaigns.running.database import rows
from outreach.connectors.base import Event
from tests.campaigns.test_recording import dispatching, past_the_gate
from tests.stage import Stage


def test_a_reply_stops_every_channel_sender_and_campaign_for_that_person(stage: Stage) -> None:
    person, other = stage.people(2, connected_to="bob")
    first = stage.launch("volume", [person, other])
    stage.reach(person)
    second = stage.launch("senior", [person], "priya")
    waiting = stage.draft("volume", [person], "priya")
    stage.settle()
    stage.later(hours=1)
    stage.does("reply", person, text="Interesting, tell me more.")
    stage.hear("bob")
    for campaign in (first, second, waiting):
        ended = stage.enrollment(person, campaign)
        assert (ended["state"], ended["reason"]) == ("stopped", "replied")
    assert {touch["state"] for touch in stage.touches(person)} <= {"sent", "cancelled"}
    assert stage.prospect(person)["replied_at"] is not None
    stage.pass_time(days=20)
    assert stage.accepted(person) == ["dm"]
    assert len(stage.accepted(other)) == 4


def test_a_reply_to_one_sender_is_a_reply_to_all(stage: Stage) -> None:
    person = stage.person(accept_after_h=1)
    stage.launch("volume", [person], "bob")
    stage.reach(person)
    stage.later(hours=2)
    stage.does("connect_by_hand", person, "priya")
    stage.does("write_by_hand", person, "priya", text="Hello from me.")
    stage.does("reply", person, "priya", text="Hello, who are you?")
    stage.hear("priya")
    assert stage.enrollment(person)["reason"] == "replied"
    stage.hear("bob")
    stage.pass_time(days=5)
    assert stage.accepted(person) == ["invite_note"]


def test_the_answered_touch_carries_the_answer_and_the_thread_the_words(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(hours=5)
    stage.does("reply", person, text="What does it cost?")
    stage.hear()
    assert stage.sent_to(person)[0]["response"] == "reply"
    assert [(m["inbound"], m["text"]) for m in stage.messages(person)][1:] == [(True, "What does it cost?")]
    [thread] = rows("SELECT unread, state, preview FROM campaigns_thread WHERE prospect_id = %s", (person,))
    assert thread == {"unread": 1, "state": "open", "preview": "What does it cost?"}


def test_the_same_reply_by_webhook_and_by_poll_is_one_message_one_stop_one_return(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    stage.later(hours=5)
    stage.does("reply", person, "priya", text="Yes, with pleasure.")
    stage.hear("priya")
    told = stage.messages(person)[-1]
    [chat] = rows("SELECT provider_chat FROM campaigns_thread WHERE prospect_id = %s", (person,))
    echo = Event(
        kind="message",
        key=f"message:seat-priya:{told['provider_message']}",
        account="seat-priya",
        at=told["at"],
        provider_id=stage.relation(person, "priya")["provider_id"],
        chat_id=chat["provider_chat"],
        message_id=told["provider_message"],
        text=told["text"],
    )
    assert inbound.store(stage.workspace.pk, stage.connection.pk, [echo], via="webhook", now=stage.now) == 0
    again = Event(**{name: getattr(echo, name) for name in echo.__slots__} | {"key": "another key, the same message"})
    assert inbound.store(stage.workspace.pk, stage.connection.pk, [again], via="webhook", now=stage.now) == 1
    inbound.work(now=stage.now)
    assert [m["inbound"] for m in stage.messages(person)] == [False, True]
    assert stage.moved(person) == ["available to reserved", "reserved to spent", "returned to available"]


def test_an_out_of_office_postpones_returns_the_credit_and_is_no_reply(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    stage.later(hours=1)
    stage.does("reply", person, "priya", text="I am out of the office until 20 November 2026.")
    stage.hear("priya")
    enrollment = stage.enrollment(person)
    assert enrollment["state"] == "active" and enrollment["postponed_until"].date().isoformat() >= "2026-11-20"
    assert stage.prospect(person)["replied_at"] is None
    assert stage.moved(person)[-1] == "returned to available"
    assert stage.sent_to(person)[0]["response"] == "out_of_office"
    stage.pass_time(days=15)
    assert stage.accepted(person) == ["inmail"]
    stage.pass_time(days=12)
    assert stage.accepted(person) == ["inmail", "invite_note"]


def test_the_person_behind_an_out_of_office_may_still_answer(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    stage.later(hours=1)
    stage.does("reply", person, "priya", text="Automatic reply: I am on annual leave and return on 9 November 2026.")
    stage.hear("priya")
    stage.later(days=7)
    stage.does("reply", person, "priya", text="Back now. Let us talk.")
    stage.hear("priya")
    assert stage.enrollment(person)["reason"] == "replied"
    assert stage.sent_to(person)[0]["response"] == "reply"
    assert stage.moved(person).count("returned to available") == 1


def test_an_out_of_office_without_a_date_postpones_by_a_week(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(hours=1)
    stage.does("reply", person, text="Automatic reply: I am currently out of the office with limited access to e-mail.")
    stage.hear()
    postponed = stage.enrollment(person)["postponed_until"] - stage.now
    assert timedelta(days=6, hours=23) < postponed <= timedelta(days=7)


@pytest.mark.parametrize("words", ["Please stop messaging me.", "Unsubscribe. Do not contact me again."])
def test_opting_out_suppresses_for_good(stage: Stage, words: str) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    stage.does("reply", person, text=words)
    stage.hear()
    assert stage.enrollment(person)["reason"] == "opted_out"
    assert stage.prospect(person)["suppressed_at"] == stage.now
    assert rows("SELECT what FROM prospects_suppression") == [{"what": "slug"}]
    campaign = stage.draft("volume", [person], "priya")
    assert rows("SELECT 1 AS one FROM campaigns_enrollment WHERE campaign_id = %s", (campaign.pk,)) == []


def test_a_reply_that_overtakes_our_record_returns_its_credit_after_the_post(stage: Stage) -> None:
    person = stage.person(tier=3)
    passed = dispatching(stage, "senior", person, "priya")
    connector = passed.connector
    answer = connector.hand_over(passed.outgoing)  # the provider took it; our record is not written yet
    stage.does("reply", person, "priya", text="That was quick: yes.")
    stage.hear("priya")
    # The echo of our own message is evidence too, so the poll may have recorded it already.
    turns.touches.mark_sent(
        passed.head.touch,
        turns.touches.Proof(by="answer", message=answer.message_id, chat=answer.chat_id),
        now=stage.now,
    )
    touch = stage.touch(person)
    assert (touch["state"], touch["response"]) == ("sent", "reply")
    assert stage.moved(person) == ["available to reserved", "reserved to spent", "returned to available"]
    assert stage.balance("priya")["available"] == 50


def only_the_answer(stage: Stage, person: int, text: str, sender: str = "priya") -> Event:
    """The webhook of what the person says, without our own message beside it."""
    return Event(
        kind="message",
        key=f"message:seat-{sender}:{text}",
        account=f"seat-{sender}",
        at=stage.now,
        provider_id=stage.relation(person, sender)["provider_id"],
        chat_id=f"chat-{person}",
        message_id=f"m-{person}-{text}"[:200],
        text=text,
    )


@pytest.mark.parametrize(
    ("text", "crossed"), [("Yes, let us talk.", True), ("I am out of the office until 20 November 2026.", False)]
)
def test_an_answer_before_our_record_is_booked_when_the_touch_becomes_sent(
    stage: Stage, text: str, crossed: bool
) -> None:
    person = stage.person(tier=3)
    passed = dispatching(stage, "senior", person, "priya")
    answer = passed.connector.hand_over(passed.outgoing)
    event = only_the_answer(stage, person, text)
    inbound.store(stage.workspace.pk, stage.connection.pk, [event], via="webhook", now=stage.now)
    inbound.work(now=stage.now)
    assert stage.moved(person) == ["available to reserved"]
    proof = turns.touches.Proof(by="answer", message=answer.message_id, chat=answer.chat_id)
    turns.touches.mark_sent(passed.head.touch, proof, now=stage.now)
    assert stage.moved(person) == ["available to reserved", "reserved to spent", "returned to available"]
    assert stage.touch(person)["crossed"] is crossed
    assert (stage.enrollment(person)["state"] == "stopped") is crossed


def test_a_message_written_by_hand_postpones_and_stands_in_the_thread(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(hours=12)
    stage.decide()
    stage.does("write_by_hand", person, text="One more thing that I forgot.")
    stage.hear("bob")
    assert stage.messages(person)[-1]["by_hand"] is True
    assert stage.enrollment(person)["state"] == "active"
    assert stage.enrollment(person)["postponed_until"] == stage.messages(person)[-1]["at"] + timedelta(days=1)
    stage.later(hours=23)
    assert stage.settle() == []
    stage.later(hours=1, minutes=1)
    assert "sent" in stage.settle()


def test_the_note_of_an_accepted_invite_is_no_message_by_hand(stage: Stage) -> None:
    person = stage.person(accept_after_h=5)
    stage.launch("volume", [person])
    invite = stage.reach(person)
    stage.later(hours=6)
    stage.hear()
    [message] = stage.messages(person)
    assert message["by_hand"] is False and message["touch_id"] == invite["id"]
    assert stage.enrollment(person)["postponed_until"] is None


def test_somebody_who_is_no_prospect_changes_nothing(stage: Stage) -> None:
    event = Event(kind="message", key="k", account="seat-bob", at=stage.now, provider_id="ACoAA-nobody", text="Hello")
    inbound.store(stage.workspace.pk, stage.connection.pk, [event], via="webhook", now=stage.now)
    inbound.work(now=stage.now)
    [stored] = rows("SELECT state, problem FROM campaigns_inboundevent")
    assert stored == {"state": "ignored", "problem": "The person is no prospect of ours."}


def test_whoever_wrote_before_anybody_knew_their_id_is_heard_before_the_first_touch(stage: Stage) -> None:
    """Imported by their public address only, they write of themselves: the event names a member id that is nobody's
    until their profile is read, which is just before the first touch would go."""
    person = stage.person(tier=3)
    stage.launch("volume", [person])
    stage.does("reply", person, text="I saw your page. Can we talk next week?")
    stage.hear("bob")
    assert rows("SELECT state FROM campaigns_inboundevent") == [{"state": "ignored"}]
    stage.pass_time(days=1)
    assert stage.accepted(person) == []
    assert [message["text"] for message in stage.messages(person)] == ["I saw your page. Can we talk next week?"]
    assert stage.enrollment(person)["state"] == "stopped"


def test_a_reply_during_the_call_marks_what_crossed_in_transit(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(days=4, minutes=1)
    passed = dispatching_again(stage, person)
    event = only_the_answer(stage, person, "Thanks, not now.", "bob")
    inbound.store(stage.workspace.pk, stage.connection.pk, [event], via="webhook", now=stage.now)
    inbound.work(now=stage.now)
    assert turns.hand_over(passed) == "sent"
    assert stage.touch(person)["crossed"] is True
    stage.pass_time(days=20)
    assert stage.accepted(person) == ["dm", "dm"]


def dispatching_again(stage: Stage, person: int) -> turns.Dispatch:
    """The next touch of somebody who was reached before, past the gate."""
    stage.hear()
    return past_the_gate(stage, person)
