"""Triage: what a member does with a conversation, who may, what it changes, and the way back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import History
from campaigns.inbox import triage
from campaigns.inbox.triage import Change
from campaigns.models import Message, Note, PersonLock, Thread, WayBack
from campaigns.running.database import rows
from tests.stage import Stage


def replied(stage: Stage, text: str = "Interesting, tell me more.", **who: Any) -> Thread:
    """A conversation in which somebody answered Bob's first message."""
    person = stage.person(connected_to="bob", **who)
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(hours=1)
    stage.does("reply", person, text=text)
    stage.hear("bob")
    return Thread.objects.get(prospect=person)


def verbs(thread: Thread) -> list[str]:
    return list(History.objects.filter(subject=f"thread:{thread.pk}").order_by("pk").values_list("verb", flat=True))


def again(thread: Thread) -> Thread:
    return Thread.objects.get(pk=thread.pk)


def test_a_reply_says_what_it_did(stage: Stage) -> None:
    thread = replied(stage)
    said = Message.objects.get(thread=thread, inbound=True)
    assert said.did == {"stopped": 1, "cancelled": ["dm"]}
    assert (said.intent, said.evidence) == ("interested", "tell me more")
    assert (thread.label, thread.kind, thread.unread, thread.waits_for_answer) == ("interested", "dm", 1, True)
    assert thread.enrollment_id == stage.enrollment(thread.prospect_id)["id"]


def test_a_reply_to_an_inmail_says_that_it_brought_the_credit_back(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    stage.later(hours=1)
    stage.does("reply", person, "priya", text="Yes, with pleasure.")
    stage.hear("priya")
    said = Message.objects.get(thread__prospect=person, inbound=True)
    assert said.did["returned"] == 1 and said.did["stopped"] == 1
    assert said.thread.kind == "inmail"


def test_an_out_of_office_says_until_when_it_waits_and_needs_no_answer(stage: Stage) -> None:
    thread = replied(stage, "I am out of the office until 20 November 2026.")
    assert "postponed_until" in Message.objects.get(thread=thread, inbound=True).did
    assert (thread.label, thread.waits_for_answer) == ("out_of_office", False)


def test_what_a_person_says_after_a_machine_decides_the_label(stage: Stage) -> None:
    thread = replied(stage, "I am out of the office until 20 November 2026.")
    stage.later(hours=2)
    stage.does("reply", thread.prospect_id, text="What does it cost?")
    stage.hear("bob")
    assert again(thread).label == "question" and again(thread).waits_for_answer


ACTS: dict[str, Callable[..., Change]] = {
    "done": triage.done,
    "snoozed": lambda thread, **who: triage.snooze(thread, who["now"] + timedelta(days=1), **who),
    "assigned": lambda thread, **who: triage.assign(thread, who["by"], **who),
    "labelled": lambda thread, **who: triage.label(thread, "not_now", **who),
    "outcome set": lambda thread, **who: triage.outcome(thread, "meeting", on=date(2026, 11, 20), **who),
}


@pytest.mark.parametrize("verb", ACTS)
def test_twice_is_once_and_the_way_back_puts_it_back_as_it_was(stage: Stage, verb: str) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    before = Thread.objects.filter(pk=thread.pk).values().get()
    at = stage.later(minutes=1)
    change = ACTS[verb](thread, by=bob, now=at)
    assert change.changed and verbs(thread) == [verb]
    assert ACTS[verb](thread, by=bob, now=at) == Change(False)
    assert verbs(thread) == [verb]
    way_back = WayBack.objects.get(pk=change.way_back)
    assert triage.undo(way_back, by=bob, now=stage.later(seconds=9))
    assert not triage.undo(way_back, by=bob, now=stage.now)
    after = Thread.objects.filter(pk=thread.pk).values().get()
    assert after == before and verbs(thread) == [verb, "undone"]


def test_the_way_back_is_short_and_only_for_who_went(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    change = triage.done(thread, by=bob, now=stage.now)
    way_back = WayBack.objects.get(pk=change.way_back)
    with pytest.raises(triage.NotAllowed):
        triage.undo(way_back, by=stage.members["mara"], now=stage.now)
    with pytest.raises(triage.NotTriaged, match="too long ago"):
        triage.undo(way_back, by=bob, now=stage.now + timedelta(seconds=31))


def test_a_viewer_may_do_nothing_of_this(stage: Stage) -> None:
    thread = replied(stage)
    for act in ACTS.values():
        with pytest.raises(triage.NotAllowed):
            act(thread, by=stage.members["vera"], now=stage.now)
    with pytest.raises(triage.NotAllowed):
        triage.note(thread, "Mine", by=stage.members["vera"], now=stage.now)
    assert verbs(thread) == []


def test_done_lets_go_of_the_person_and_undoing_it_holds_them_again(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    assert PersonLock.objects.get(prospect=thread.prospect_id).released_at is None
    change = triage.done(thread, by=bob, now=stage.later(minutes=1))
    assert PersonLock.objects.get(prospect=thread.prospect_id).released_at == stage.now
    triage.undo(WayBack.objects.get(pk=change.way_back), by=bob, now=stage.later(seconds=5))
    [live] = PersonLock.objects.filter(prospect=thread.prospect_id, released_at=None)
    assert live.taken_at == stage.now and live.enrollment_id == thread.enrollment_id


def test_done_keeps_the_hold_of_a_sequence_that_goes_on(stage: Stage) -> None:
    thread = replied(stage, "I am out of the office until 20 November 2026.")
    triage.done(thread, by=stage.members["bob"], now=stage.now)
    assert PersonLock.objects.get(prospect=thread.prospect_id).released_at is None


@pytest.mark.parametrize("verb", ["done", "snoozed"])
def test_a_reply_opens_what_was_done_or_snoozed(stage: Stage, verb: str) -> None:
    thread = replied(stage)
    ACTS[verb](thread, by=stage.members["bob"], now=stage.now)
    stage.later(hours=1)
    stage.does("reply", thread.prospect_id, text="One more thing: what does it cost?")
    stage.hear("bob")
    woken = again(thread)
    assert (woken.state, woken.snoozed_until, woken.done_at) == ("open", None, None)
    assert woken.label == "question"


def test_a_snooze_ends_by_itself(stage: Stage) -> None:
    thread = replied(stage)
    triage.snooze(thread, stage.now + timedelta(hours=3), by=stage.members["bob"], now=stage.now)
    assert triage.wake_due(now=stage.later(hours=2)) == 0
    assert triage.wake_due(now=stage.later(hours=2)) == 1
    assert again(thread).state == "open"


def test_a_snooze_ends_in_the_future_and_within_a_year(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    for until in (stage.now, stage.now + timedelta(days=366)):
        with pytest.raises(triage.NotTriaged):
            triage.snooze(thread, until, by=bob, now=stage.now)


def test_only_who_may_answer_can_be_assigned(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    assert [str(member) for member in triage.assignable(thread)] == ["Alice", "Bob", "Mara"]
    with pytest.raises(triage.NotTriaged):
        triage.assign(thread, stage.members["vera"], by=bob, now=stage.now)
    triage.assign(thread, stage.members["mara"], by=bob, now=stage.now)
    assert again(thread).assignee_id == stage.members["mara"].pk


def test_a_member_s_label_stands_until_the_person_says_something_clear(stage: Stage) -> None:
    thread = replied(stage)
    triage.label(thread, "not_now", by=stage.members["bob"], now=stage.now)
    stage.later(hours=1)
    stage.does("reply", thread.prospect_id, text="Hm.")
    stage.hear("bob")
    assert again(thread).label == "not_now"
    stage.later(hours=1)
    stage.does("reply", thread.prospect_id, text="What does it cost?")
    stage.hear("bob")
    assert (again(thread).label, again(thread).label_by_id) == ("question", None)
    with pytest.raises(triage.NotTriaged):
        triage.label(thread, "nonsense", by=stage.members["bob"], now=stage.now)


def test_a_meeting_has_a_day_and_keeps_it_when_it_was_held(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    with pytest.raises(triage.NotTriaged, match="day"):
        triage.outcome(thread, "meeting", by=bob, now=stage.now)
    triage.outcome(thread, "meeting", on=date(2026, 11, 20), by=bob, now=stage.now)
    triage.outcome(thread, "held", by=bob, now=stage.now)
    assert (again(thread).outcome, again(thread).outcome_on) == ("held", date(2026, 11, 20))
    triage.outcome(thread, "", by=bob, now=stage.now)
    assert (again(thread).outcome, again(thread).outcome_on, again(thread).outcome_at) == ("", None, None)


def test_a_note_is_kept_once_and_says_something(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    triage.note(thread, "Ask Anselm about Lyon.", by=bob, now=stage.now)
    triage.note(thread, "Ask Anselm about Lyon.", by=bob, now=stage.now + timedelta(seconds=2))
    assert [one.text for one in Note.objects.filter(thread=thread)] == ["Ask Anselm about Lyon."]
    for text in ("  \0 ", "x" * 5_001):
        with pytest.raises(triage.NotTriaged):
            triage.note(thread, text, by=bob, now=stage.now)


def test_read_and_unread(stage: Stage) -> None:
    thread, bob = replied(stage), stage.members["bob"]
    triage.read(thread, by=bob)
    assert again(thread).unread == 0
    triage.unread(thread, by=bob, now=stage.now)
    assert again(thread).unread == 1
    assert rows("SELECT 1 AS one FROM accounts_history WHERE subject = %s", (f"thread:{thread.pk}",)) == []
