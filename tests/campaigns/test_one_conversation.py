"""One live conversation per person: whoever comes first holds it, the others wait and are woken when it ends."""

from datetime import timedelta

from campaigns.running import conversations
from campaigns.running.database import rows
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
