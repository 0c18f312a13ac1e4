"""The gate: either slot, credit, text and state are fixed in one transaction, or nothing is used up and the head
moves."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django_scopes import scope
from psycopg.errors import DeadlockDetected

from accounts.models import Member
from campaigns.building import campaigns
from campaigns.models import Campaign
from campaigns.running import allowances, gate, planning, profiles, turns
from campaigns.running.database import again, rows
from campaigns.running.gate import Dispatch, Held
from outreach import clock
from outreach.engine.kinds import NEVER, Kind
from outreach.language import fitting
from tests.outside import until
from tests.stage import Stage
from tests.threads import Thread, waiting_for_locks


def claimed(stage: Stage) -> tuple[turns.Turn, gate.Head]:
    """The only head that can be claimed now, its profile read."""
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    [head] = turn.heads
    profiles.freshen(head, now=stage.now)
    return turn, head


def test_a_touch_that_passes_is_written_before_anything_is_handed_over(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    turn, head = claimed(stage)
    passed = gate.enter(head, turn.token)
    assert isinstance(passed, Dispatch)
    touch = stage.touch(person)
    assert (touch["state"], touch["gate_at"]) == ("dispatching", stage.now)
    assert touch["text"] == passed.outgoing.text and touch["text_hash"] == fitting.frozen_hash(
        touch["subject"], touch["text"]
    )
    assert stage.allowance("inmail", "priya")["ring"] == [int(stage.now.timestamp())]
    assert (stage.balance("priya")["available"], stage.balance("priya")["reserved"]) == (49, 1)
    assert stage.accepted() == []
    assert turns.hand_over(passed) == "sent"
    assert stage.accepted(person) == ["inmail"]


def test_the_text_that_arrives_is_the_text_that_was_frozen(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    touch = stage.reach(person)
    [item] = [item for item in stage.outside.accepted() if item["kind"] == "dm"]
    assert item["text_sha256"] == fitting.text_hash(touch["text"])
    assert stage.prospect(person)["first_name"] in touch["text"]


def test_changed_facts_send_it_back_to_be_decided_and_use_nothing_up(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    turn, head = claimed(stage)
    rows("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (person,))
    assert gate.enter(head, turn.token) == Held("redecide")
    assert stage.allowance("invites")["ring"] == [] and stage.touch(person)["state"] == "planned"
    assert stage.enrollment(person)["decide_at"] <= stage.now


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ("UPDATE accounts_sender SET state = 'paused'", "paused_sender"),
        ("UPDATE campaigns_campaign SET state = 'paused'", "paused_campaign"),
        ("UPDATE prospects_relationship SET invite_not_before = now() + interval '9 years'", "cool_down"),
    ],
)
def test_every_refusal_of_the_gate_moves_the_head_and_names_its_cause(stage: Stage, change: str, cause: str) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    turn, head = claimed(stage)
    rows(change)
    assert turns.act(head, turn.token) == cause
    touch = stage.touch(person)
    assert touch["cause"] == cause == stage.enrollment(person)["cause"]
    assert touch["not_before"] > stage.now and touch["state"] == "planned"
    assert stage.allowance("invites")["ring"] == [] and stage.accepted() == []
    stage.proved = False  # facts were changed behind the back of those who would wake


def test_a_reply_stored_between_claim_and_gate_is_seen(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(days=5)
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    stage.does("reply", person, text="Let us talk about it.")
    stage.hear("bob")
    assert turns.take(turn) == ["gone"] or stage.touch(person)["state"] == "cancelled"
    assert stage.accepted(person) == ["dm"]


def test_nobody_suppressed_passes(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    turn, head = claimed(stage)
    rows("UPDATE prospects_prospect SET suppressed_at = %s WHERE id = %s", (stage.now, person))
    assert gate.enter(head, turn.token) == Held("ended")
    assert stage.touch(person)["state"] == "cancelled"
    stage.settle()
    assert stage.enrollment(person)["state"] == "stopped" and stage.accepted() == []


def test_an_empty_variable_blocks_the_touch_in_a_visible_state(stage: Stage) -> None:
    person = stage.person()
    campaign = stage.draft("volume", [person])
    rows("UPDATE campaigns_variant SET note = 'Hi {{ first_name }}, about {{ company }}.', text = '' WHERE note <> ''")
    campaigns.launch(campaign, by=stage.members["mara"], now=stage.now)
    assert "missing_text" in stage.settle()
    touch = stage.touch(person)
    assert touch["cause"] == "missing_text" and touch["not_before"] == NEVER
    assert "company" in json.loads(touch["evidence"])["missing"]
    assert stage.accepted() == [] and stage.allowance("invites")["ring"] == []


def test_a_full_day_closes_the_lane_until_it_opens(stage: Stage) -> None:
    people = stage.people(24)
    stage.launch("volume", people)
    for _ in range(40):
        stage.settle()
        stage.later(seconds=91)
    assert len(stage.accepted()) == 20
    allowance = stage.allowance("invites")
    assert allowance["opening_cause"] == "day_cap" and allowance["allowed_at"] == stage.lane(Kind.INVITE)["allowed_at"]
    stage.go_to(allowance["allowed_at"] - timedelta(seconds=1))
    assert stage.settle() == []
    stage.go_to(allowance["allowed_at"])
    assert stage.settle() == ["sent"]


def test_follow_ups_wait_for_a_fresh_inbox_and_first_touches_go_on(stage: Stage) -> None:
    known, new = stage.person(connected_to="bob"), stage.person()
    stage.launch("volume", [known])
    stage.reach(known)
    stage.launch("volume", [new])
    stage.later(days=5)
    stage.outside.fault(match={"path_prefix": "/api/v1/chats", "method": "GET"}, status=500)
    for _ in range(5):
        stage.settle()
        stage.later(minutes=5)
    assert stage.accepted(known) == ["dm"] and stage.enrollment(known)["cause"] == "stale_inbox"
    assert stage.accepted(new) == ["invite_note"]
    stage.outside.client.delete(f"{stage.outside.simulator_url}/sim/faults")
    stage.later(minutes=5)
    stage.settle()
    assert stage.accepted(known) == ["dm", "dm"]


def test_a_late_hand_over_is_not_made_and_is_planned_anew(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    turn, head = claimed(stage)
    passed = gate.enter(head, turn.token)
    assert isinstance(passed, Dispatch)
    stage.later(seconds=61)
    assert turns.hand_over(passed) == "late"
    assert stage.accepted() == [] and stage.moved(person) == ["available to reserved", "reserved to available"]
    assert len(stage.allowance("inmail", "priya")["ring"]) == 1  # the slot stays counted
    stage.later(minutes=10)
    assert stage.settle() == ["sent"]
    assert [(t["state"], t["attempt"]) for t in stage.touches(person)][:2] == [("not_sent", 1), ("sent", 2)]


def test_a_pause_holds_back_what_is_planned_and_resuming_lets_it_go(stage: Stage) -> None:
    people = stage.people(3)
    campaign = stage.launch("volume", people)
    stage.decide()
    campaigns.pause(campaign, by=stage.members["mara"], now=stage.now)
    stage.later(hours=1)
    assert "sent" not in stage.settle()
    assert stage.accepted() == [] and stage.enrollment(people[0])["cause"] == "paused_campaign"
    campaigns.resume(campaign, by=stage.members["mara"], now=stage.now)
    for _ in range(3):
        stage.settle()
        stage.later(minutes=2)
    assert len(stage.accepted()) == 3


@pytest.mark.django_db(transaction=True)
def test_no_dispatch_begins_after_the_commit_of_a_pause(stage: Stage, settings: object) -> None:
    campaign = stage.launch("volume", stage.people(50))
    rows("UPDATE campaigns_allowance SET gap_s = 0, day_cap = 1000, week_cap = NULL")
    stage.outside.control("POST", "/account/seat-bob", limits={"invites_week": None})
    stage.outside.fault(match={"path_prefix": "/api/v1/users/invite"}, latency_s=0.03)
    stage.decide()

    def burst() -> int:
        sent = 0
        while claims := turns.claim(now=clock.now()):
            sent += sum(turns.take(turn).count("sent") for turn in claims)
        return sent

    mara: Member = stage.members["mara"]
    worker = Thread(burst)
    until(lambda: len(stage.accepted()) >= 5, what="the burst to begin")
    campaigns.pause(campaign, by=mara, now=stage.now)
    stage.later(seconds=1)  # whatever passes the gate from here on says so
    worker.result()
    late = rows("SELECT id FROM campaigns_touch WHERE gate_at >= %s", (stage.now,))
    assert late == []
    assert 5 <= len(stage.accepted()) < 50
    assert len(stage.accepted()) == rows("SELECT count(*) AS n FROM campaigns_touch WHERE state = 'sent'")[0]["n"]
    stage.proved = False  # the caps were lifted without their record


@pytest.mark.django_db(transaction=True)
def test_a_pause_waits_for_the_gate_that_is_passing_and_no_other_follows(stage: Stage) -> None:
    person = stage.person()
    campaign = stage.launch("volume", [person])
    stage.decide()
    with transaction.atomic():
        rows("SELECT 1 FROM campaigns_campaign FOR SHARE")  # as the gate holds it
        pausing = Thread(_pause, campaign, stage)
        until(waiting_for_locks, what="the pause to wait")
    assert pausing.result()
    assert "sent" not in stage.settle() and stage.enrollment(person)["cause"] == "paused_campaign"


@pytest.mark.django_db(transaction=True)
def test_a_pause_says_exactly_how_many_are_on_their_way(stage: Stage) -> None:
    """Two senders are in a call that the provider answers only after the pause; the others wait behind them."""
    campaign = stage.launch("volume", stage.people(6), "bob", "priya")
    stage.decide()
    stage.outside.fault(match={"path_prefix": "/api/v1/users/invite"}, times=2, latency_after_s=3)
    turns_taken = [Thread(turns.take, turn) for turn in turns.claim(now=stage.now)]
    until(lambda: len(stage.accepted()) == 2, what="both calls to arrive")
    paused = campaigns.pause(campaign, by=stage.members["mara"], now=stage.now)
    on_their_way = rows("SELECT count(*) AS n FROM campaigns_touch WHERE state = 'dispatching'")[0]["n"]
    assert paused and paused.handed_over == on_their_way == 2
    assert [thread.result() for thread in turns_taken] == [["sent"], ["sent"]]
    stage.later(minutes=30)
    assert "sent" not in stage.settle() and len(stage.accepted()) == 2


def _pause(campaign: Campaign, stage: Stage) -> bool:
    with scope(workspace=stage.workspace):
        return campaigns.pause(campaign, by=stage.members["mara"], now=stage.now)


def test_notes_of_a_free_month_run_out_and_the_invite_goes_without_one(stage: Stage) -> None:
    rows("UPDATE accounts_planterms SET notes_month = 2 WHERE plan_id = %s", (stage.senders["bob"].plan_id,))
    allowances.refresh([stage.senders["bob"].pk], now=stage.now)
    people = stage.people(4)
    stage.launch("volume", people)
    for _ in range(6):
        stage.settle()
        stage.keep_house()
        stage.later(minutes=2)
    assert sorted(stage.accepted()) == ["invite", "invite", "invite_note", "invite_note"]


def test_a_gate_that_loses_a_deadlock_is_called_again(stage: Stage) -> None:
    """Nothing outside happened yet, so the whole gate may be repeated."""
    tries: list[int] = []

    def enter() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("chosen to end a deadlock") from DeadlockDetected()
        return "passed"

    assert again(enter) == "passed" and len(tries) == 3


def test_the_planner_is_asked_again_when_a_profile_changes_the_channel(stage: Stage) -> None:
    person = stage.person(tier=3, open_profile=True)
    stage.launch("senior", [person], "priya")
    stage.decide()
    assert stage.touch(person)["kind"] == "inmail"
    outcomes = stage.settle()
    assert outcomes == ["moved", "sent"] and stage.accepted(person) == ["open_inmail"]
    assert stage.moved(person) == []
    assert planning.decide_these([stage.enrollment(person)["id"]], now=stage.now) == 1
