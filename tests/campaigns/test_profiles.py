"""Profile reads: what the gate will ask for, read beforehand within an allowance of its own."""

from datetime import timedelta

from campaigns.running.database import rows
from tests.stage import Stage


def reads(stage: Stage) -> int:
    return [item["kind"] for item in stage.outside.accepted()].count("profile_read")


def test_a_profile_is_read_once_and_counted(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    assert reads(stage) == 1 == len(stage.allowance("profile_reads", "priya")["ring"])
    assert stage.relation(person, "priya")["provider_id"] and stage.relation(person, "priya")["degree"] == "2"
    assert stage.prospect(person)["open_profile"] is False


def test_a_fresh_profile_is_not_read_again_and_a_stale_one_is(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    other = stage.launch("volume", [stage.person()], "priya")
    rows("UPDATE prospects_relationship SET checked_at = %s", (stage.now - timedelta(days=8),))
    assert other.state == "draft" or reads(stage) == 1
    late = stage.person(tier=3)
    stage.launch("senior", [late], "priya")
    rows(
        "UPDATE prospects_relationship SET provider_id = 'unknown', degree = '2', checked_at = %s WHERE "
        "prospect_id = %s",
        (stage.now - timedelta(days=8), late),
    )
    rows("UPDATE prospects_relationship SET provider_id = '' WHERE prospect_id = %s", (late,))
    stage.later(minutes=2)
    stage.reach(late)
    assert stage.relation(late, "priya")["checked_at"] >= stage.now - timedelta(hours=1)


def test_an_open_profile_that_closed_since_is_seen_before_anything_is_spent(stage: Stage) -> None:
    person = stage.person(tier=3)
    rows("UPDATE prospects_prospect SET open_profile = true WHERE id = %s", (person,))
    stage.launch("senior", [person], "priya")
    stage.decide()
    assert stage.touch(person)["kind"] == "open_inmail"
    stage.settle()
    assert stage.accepted(person) == ["inmail"]


def test_somebody_whom_nobody_can_find_ends_the_sequence(stage: Stage) -> None:
    person = stage.person()
    rows("UPDATE prospects_prospect SET slug = 'nobody-of-this-name' WHERE id = %s", (person,))
    stage.launch("volume", [person])
    assert stage.settle() == ["unreachable"]
    enrollment = stage.enrollment(person)
    assert enrollment["state"] == "finished" and enrollment["reason"].startswith("unreachable")
    assert stage.touch(person)["state"] == "cancelled"


def test_a_read_that_fails_is_tried_again_later_and_uses_up_no_step(stage: Stage) -> None:
    person = stage.person()
    stage.outside.fault(match={"path_prefix": "/api/v1/users/", "method": "GET"}, status=500, times=1)
    stage.launch("volume", [person])
    assert stage.settle() == ["put_off"]
    touch = stage.touch(person)
    assert (touch["state"], touch["cause"]) == ("planned", "stale_open_profile")
    assert touch["not_before"] == stage.now + timedelta(minutes=5)
    stage.later(minutes=5)
    assert "sent" in stage.settle() and stage.touch(person)["attempt"] == 1


def test_the_days_reads_are_shared_out_and_never_passed(stage: Stage) -> None:
    rows("UPDATE campaigns_allowance SET day_cap = 3 WHERE budget = 'profile_reads'")
    people = stage.people(6)
    stage.launch("volume", people)
    for _ in range(12):
        stage.settle()
        stage.later(minutes=2)
    assert reads(stage) == 3 and len(stage.accepted()) == 3
    waiting = [stage.touch(p) for p in people if not stage.sent_to(p)]
    assert {touch["cause"] for touch in waiting} == {"stale_open_profile"}
    stage.go_to(min(touch["not_before"] for touch in waiting))
    for _ in range(8):
        stage.settle()
        stage.later(minutes=2)
    assert 3 < reads(stage) <= 6
    stage.proved = False  # the cap was changed without its record


def test_a_seat_that_is_logged_out_stops_reading(stage: Stage) -> None:
    stage.outside.control("POST", "/account/seat-bob", status="CREDENTIALS")
    person = stage.person()
    stage.launch("volume", [person])
    stage.settle()
    assert stage.sender()["state"] == "disconnected"
    assert stage.touch(person)["state"] == "planned" and stage.accepted() == []
    stage.later(hours=1)
    assert stage.settle() == []


def test_who_turns_out_to_be_connected_gets_a_message_instead_of_an_invite(stage: Stage) -> None:
    person = stage.person(degree={"seat-bob": 1})
    stage.launch("volume", [person])
    stage.decide()
    assert stage.touch(person)["kind"] == "invite_note"
    assert stage.reach(person)["kind"] == "dm"
    assert stage.accepted(person) == ["dm"]
