"""Deciding: facts in, one planned touch with its reason and its lane out, in one transaction."""

import json
import tempfile
from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from campaigns.running import planning
from campaigns.running.database import rows
from outreach.engine.kinds import NEVER, Kind
from tests.stage import Stage


def test_a_launch_plans_one_touch_for_everybody_and_wakes_its_lane(stage: Stage) -> None:
    people = stage.people(5)
    stage.launch("volume", people)
    stage.decide()
    assert [[touch["kind"] for touch in stage.touches(p)] for p in people] == [["invite_note"]] * 5
    assert stage.lane(Kind.INVITE_NOTE)["due_hint"] <= stage.now
    assert stage.lane(Kind.INMAIL)["due_hint"] == NEVER
    assert {stage.enrollment(p)["decide_at"] for p in people} == {NEVER}


def test_a_decision_carries_its_options_its_inputs_and_the_version_of_the_rules(stage: Stage) -> None:
    person = stage.person()
    campaign = stage.launch("volume", [person])
    stage.decide()
    told = json.loads(stage.touch(person)["decision"])
    assert told["verb"] == "send" and told["why"] and told["rule"] == "engine-0"
    lost = {option["kind"]: option["why"] for option in told["options"] if not option["ok"]}
    assert lost == {"dm": "not_connected", "open_inmail": "open_profile_unknown", "inmail": "not_worth_a_credit"}
    assert told["inputs"]["person"]["tier"] == 1 and told["inputs"]["seed"] == campaign.seed


def test_deciding_again_on_the_same_facts_changes_nothing(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    stage.decide()
    before = stage.touches(person)
    planning.decide_these([stage.enrollment(person)["id"]], now=stage.now)
    assert stage.touches(person) == before


def test_a_changed_fact_moves_the_touch_to_another_lane_and_uses_nothing_up(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    stage.decide()
    planned = stage.touch(person)
    rows(
        "UPDATE prospects_prospect SET open_profile = true, facts_version = facts_version + 1 WHERE id = %s", (person,)
    )
    planning.decide_these([stage.enrollment(person)["id"]], now=stage.now)
    moved = stage.touch(person)
    assert (moved["id"], moved["attempt"], moved["kind"]) == (planned["id"], 1, "open_inmail")
    assert stage.lane(Kind.OPEN_INMAIL)["due_hint"] <= stage.now
    assert stage.allowance("invites")["ring"] == []


def test_an_optional_step_that_is_impossible_is_skipped_with_its_reason(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("ultra", [person], "priya")
    stage.decide()
    stage.settle()
    rows("UPDATE prospects_relationship SET has_post = false WHERE prospect_id = %s", (person,))
    stage.later(days=1, minutes=1)
    planning.decide_these([stage.enrollment(person)["id"]], now=stage.now)
    skipped = rows("SELECT kind, decision FROM campaigns_touch WHERE prospect_id = %s AND state = 'skipped'", (person,))
    assert [touch["kind"] for touch in skipped] == ["like"]
    assert "post" in json.loads(skipped[0]["decision"])["why"]
    assert stage.touch(person)["kind"] == "inmail"


def test_a_step_waits_from_the_last_touch_on(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    first = stage.reach(person)
    assert first["kind"] == "dm"
    stage.decide()
    planned = stage.touch(person)
    assert planned["state"] == "planned" and planned["kind"] == "dm"
    assert planned["not_before"] >= first["gate_at"] + timedelta(days=1)


def test_a_person_who_has_replied_or_is_suppressed_before_the_launch_gets_nothing(stage: Stage) -> None:
    replied, suppressed = stage.people(2)
    stage.launch("volume", [replied, suppressed])
    rows("UPDATE prospects_prospect SET replied_at = %s WHERE id = %s", (stage.now, replied))
    rows("UPDATE prospects_prospect SET suppressed_at = %s WHERE id = %s", (stage.now, suppressed))
    stage.settle()
    assert [stage.enrollment(p)["reason"] for p in (replied, suppressed)] == ["replied", "suppressed"]
    assert stage.accepted() == []


def statements_of(verb: Callable[[], object]) -> int:
    """How many statements the server was asked to run, by the protocol that libpq itself writes down."""
    session = connection.connection.pgconn
    with tempfile.TemporaryFile() as told:
        session.trace(told.fileno())
        try:
            verb()
        finally:
            session.untrace()
        told.seek(0)
        return sum(b"\tExecute\t" in line or b"\tQuery\t" in line for line in told)


def test_fifty_are_decided_in_as_many_statements_as_three(stage: Stage) -> None:
    stage.launch("volume", stage.people(2), "bob")
    stage.decide()  # what is prepared once is prepared now
    counts = []
    for people in (3, 50):
        stage.launch("volume", stage.people(people), "bob")
        counts.append(statements_of(lambda: planning.decide_due(now=stage.now)))
        assert rows("SELECT 1 AS one FROM campaigns_enrollment WHERE decide_at <= %s", (stage.now,)) == []
    assert 5 < counts[0] == counts[1] < 40, counts
