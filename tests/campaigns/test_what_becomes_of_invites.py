"""Invites and their ends: accepted in time or late, declined without a word, withdrawn; each frees its unit once."""

from datetime import timedelta

import pytest

from campaigns.running import sync
from campaigns.running.database import rows
from tests.stage import Stage


def test_an_acceptance_branches_to_messages_and_frees_the_pending_unit(stage: Stage) -> None:
    person = stage.person(accept_after_h=10)
    stage.launch("volume", [person])
    invite = stage.reach(person)
    stage.later(hours=11)
    stage.hear("bob")
    relation = stage.relation(person)
    assert (relation["degree"], relation["invitation"]) == ("1", "accepted")
    assert stage.touches(person)[0]["response"] == "accepted" and invite["holds_pending"]
    assert stage.allowance("pending")["outstanding"] == 0
    stage.decide()
    planned = stage.touch(person)
    assert planned["kind"] == "dm" and planned["not_before"] >= relation["connected_at"] + timedelta(days=1)
    stage.hear("bob")
    stage.hear("bob")
    assert stage.allowance("pending")["outstanding"] == 0


def test_a_late_acceptance_branches_even_when_the_sequence_has_gone_on(stage: Stage) -> None:
    person = stage.person(accept_after_h=24 * 19)
    stage.launch("senior", [person], "priya")
    stage.pass_time(days=40)
    kinds = [touch["kind"] for touch in stage.sent_to(person)]
    assert kinds[:2] == ["invite_note", "dm"] and "withdraw" not in kinds and kinds.count("dm") == 3


def test_an_acceptance_after_the_end_is_recorded_and_reopens_nothing(stage: Stage) -> None:
    person = stage.person(ignore_invites=True)
    stage.launch("volume", [person])
    stage.pass_time(days=30)
    assert stage.enrollment(person)["state"] == "finished"
    stage.does("connect_by_hand", person)
    stage.hear("bob")
    assert stage.relation(person)["degree"] == "1"
    stage.pass_time(days=3)
    assert stage.accepted(person) == ["invite_note", "withdraw"]


def test_an_unanswered_invite_is_withdrawn_and_rests_three_weeks(stage: Stage) -> None:
    person = stage.person(ignore_invites=True)
    stage.launch("volume", [person])
    stage.reach(person)
    assert stage.allowance("pending")["outstanding"] == 1
    stage.pass_time(days=20)
    counted, acts = stage.allowance("invites")["ring"], stage.allowance("engagement")["ring"]
    stage.pass_time(days=2)
    assert stage.allowance("invites")["ring"] == counted, "a withdrawal frees no invite of any day or week"
    assert len(stage.allowance("engagement")["ring"]) == len(acts) + 1, "and is paced itself"
    withdrawn = stage.sent_to(person)[-1]
    assert withdrawn["kind"] == "withdraw" and stage.relation(person)["invitation"] == "withdrawn"
    assert stage.relation(person)["invite_not_before"] == withdrawn["gate_at"] + timedelta(days=21)
    assert stage.allowance("pending")["outstanding"] == 0
    assert [touch["holds_pending"] for touch in stage.sent_to(person)] == [False, False]


def test_an_invite_that_vanished_is_treated_as_declined(stage: Stage) -> None:
    person = stage.person(decline_after_h=30)
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(days=2)
    sync.look_at_relations(stage.senders["bob"].pk, now=stage.now)
    assert stage.relation(person)["invitation"] == "lapsed"
    assert stage.sent_to(person)[0]["response"] == "lapsed"
    assert stage.allowance("pending")["outstanding"] == 0
    stage.pass_time(days=40)
    assert stage.accepted(person) == ["invite_note"]
    assert stage.enrollment(person)["state"] == "finished"


def test_a_young_invite_is_not_taken_for_vanished_and_an_unread_list_proves_nothing(stage: Stage) -> None:
    person = stage.person(decline_after_h=1)
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(hours=3)
    sync.look_at_relations(stage.senders["bob"].pk, now=stage.now)
    assert stage.relation(person)["invitation"] == "pending"
    stage.later(days=2)
    stage.outside.fault(match={"path_prefix": "/api/v1/users/invite/sent"}, status=500, times=1)
    with pytest.raises(sync.ConnectorError):
        sync.look_at_relations(stage.senders["bob"].pk, now=stage.now)
    assert stage.relation(person)["invitation"] == "pending"
    sync.look_at_relations(stage.senders["bob"].pk, now=stage.now)
    assert stage.relation(person)["invitation"] == "lapsed"


def test_the_pending_ceiling_closes_the_lane_and_an_answer_opens_it(stage: Stage) -> None:
    rows("UPDATE campaigns_allowance SET ceiling = 2 WHERE budget = 'pending'")
    people = stage.people(3)
    stage.script(people[0], accept_after_h=5)
    stage.launch("volume", people)
    for _ in range(5):
        stage.settle()
        stage.later(minutes=2)
    assert len(stage.accepted()) == 2 and stage.allowance("pending")["opening_cause"] == "pending_ceiling"
    stage.later(hours=6)
    stage.hear("bob")
    assert stage.allowance("pending")["outstanding"] == 1
    stage.settle()
    assert stage.accepted().count("invite_note") == 3
    stage.proved = False  # the ceiling was changed without its record


def test_an_acceptance_that_a_profile_read_saw_first_frees_the_unit_too(stage: Stage) -> None:
    """The event of a new connection comes up to eight hours late; a profile may be read before."""
    person = stage.person(ignore_invites=True)
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(days=21, minutes=1)
    stage.does("accept", person)
    rows("UPDATE prospects_relationship SET provider_id = '' WHERE prospect_id = %s", (person,))  # read it again
    stage.settle()
    assert stage.relation(person)["degree"] == "1"
    stage.hear("bob")
    assert stage.sent_to(person)[0]["response"] == "accepted"
    assert stage.allowance("pending")["outstanding"] == 0
    assert stage.accepted(person) == ["invite_note"]
