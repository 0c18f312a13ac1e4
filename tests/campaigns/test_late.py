"""What comes late still leads where it belongs: an acceptance to the messages, an answer to the end of everything."""

from datetime import timedelta

from campaigns.models import Enrollment
from campaigns.running import holding, taking
from campaigns.running.database import rows
from tests.stage import Stage


def enrollment(stage: Stage, person: int) -> Enrollment:
    return Enrollment.objects.select_related("campaign", "sender", "prospect").get(prospect=person)


def test_an_acceptance_while_the_person_is_on_hold_leads_to_the_message_once_they_go_on(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    stage.reach(person)
    mara = stage.members["mara"]
    holding.hold(enrollment(stage, person), by=mara, now=stage.now)
    stage.pass_time(days=9)
    stage.does("accept", person)
    stage.hear("bob")
    stage.pass_time(days=3)
    assert stage.accepted(person) == ["invite_note"]
    holding.resume(enrollment(stage, person), by=mara, now=stage.now)
    stage.pass_time(days=3)
    assert stage.accepted(person)[:2] == ["invite_note", "dm"]
    assert stage.allowance("pending")["outstanding"] == 0


def test_an_acceptance_a_moment_before_the_withdrawal_is_followed_by_a_message_and_no_withdrawal(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    stage.reach(person)
    withdrawal = stage.touch(person)
    assert (withdrawal["kind"], withdrawal["state"]) == ("withdraw", "planned")
    stage.go_to(withdrawal["not_before"] - timedelta(seconds=30))
    stage.does("accept", person)
    stage.hear("bob")
    stage.pass_time(days=4)
    assert stage.accepted(person)[:2] == ["invite_note", "dm"] and "withdraw" not in stage.accepted(person)


def test_an_answer_after_the_sequence_ran_its_course_still_ends_it_with_an_answer(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.pass_time(days=35)
    assert stage.enrollment(person)["state"] == "finished"
    sent = stage.accepted(person)
    other = stage.launch("volume", [person], "priya")
    rows("UPDATE campaigns_thread SET state = 'done', done_at = %s", (stage.now,))
    stage.does("reply", person, text="Sorry for the late answer: let us talk.")
    stage.hear("bob")
    assert (stage.enrollment(person, other)["state"], stage.enrollment(person, other)["reason"]) == (
        "stopped",
        "replied",
    )
    [first] = rows(
        "SELECT state, reason FROM campaigns_enrollment WHERE prospect_id = %s AND campaign_id <> %s",
        (person, other.pk),
    )
    assert (first["state"], first["reason"]) == ("stopped", "replied")
    [thread] = rows("SELECT state, unread FROM campaigns_thread WHERE prospect_id = %s", (person,))
    assert (thread["state"], thread["unread"]) == ("open", 1)
    stage.pass_time(days=20)
    assert stage.accepted(person) == sent


def test_an_answer_to_the_campaign_that_handed_the_conversation_over_stops_the_one_that_took_it(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    later = stage.launch("volume", [person], "priya")
    second = Enrollment.objects.select_related("campaign", "sender", "prospect").get(prospect=person, campaign=later)
    stage.settle()
    taking.take(second, by=stage.members["mara"], now=stage.now)
    stage.does("reply", person, text="Tell me more.")
    stage.hear("bob")
    assert stage.enrollment(person, later)["reason"] == "replied"
    stage.pass_time(days=10)
    assert stage.accepted(person) == ["dm"]
