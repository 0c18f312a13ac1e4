"""Do not contact: everything stops, on every channel, sender and campaign; what was on its way is told."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django_scopes import scope

from accounts import ledger
from accounts.models import Role
from accounts.rights import NotAllowed
from campaigns.running import do_not_contact, profiles, turns
from campaigns.running.database import Row, rows
from campaigns.running.do_not_contact import NotForbidden, NotLifted, forbid, forbid_all
from outreach.engine.kinds import TouchState
from prospects.models import Prospect
from tests.campaigns.test_recording import dispatching
from tests.cast import member, workspace
from tests.outside import until
from tests.stage import Stage
from tests.threads import Thread, waiting_for_locks

pytestmark = pytest.mark.django_db


def prospect(number: int) -> Prospect:
    found: Prospect = Prospect.objects.get(pk=number)
    return found


def say(stage: Stage, person: int, who: str = "bob", reason: str = "Asked by phone") -> do_not_contact.Forbidden:
    return forbid(prospect(person), reason=reason, by=stage.members[who], now=stage.now)


def conversations(person: int) -> list[Row]:
    return rows("SELECT * FROM campaigns_personlock WHERE prospect_id = %s ORDER BY id", (person,))


def test_it_stops_every_sender_and_campaign_and_counts_what_it_stopped(stage: Stage) -> None:
    person, other = stage.people(2, connected_to="bob")
    first = stage.launch("volume", [person, other])
    stage.reach(person)
    second = stage.launch("senior", [person], "priya")
    draft = stage.draft("volume", [person], "priya")
    stage.settle()
    stopped = say(stage, person)
    assert (stopped.people, stopped.stopped, stopped.cancelled, stopped.campaigns) == (1, 3, 1, 1)
    assert str(stopped) == "1 planned touch cancelled in 1 campaign."
    for campaign in (first, second, draft):
        ended = stage.enrollment(person, campaign)
        assert (ended["state"], ended["reason"]) == ("stopped", "do_not_contact")
    assert {touch["state"] for touch in stage.touches(person)} == {"sent", "cancelled"}
    assert [lock["released_at"] is not None for lock in conversations(person)] == [True]
    stage.pass_time(days=20)
    assert stage.accepted(person) == ["dm"]
    assert len(stage.accepted(other)) == 4, "nobody else is stopped"


def test_saying_it_twice_is_saying_it_once(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.decide()
    first = say(stage, person)
    version = stage.prospect(person)["facts_version"]
    stage.later(minutes=1)
    again = say(stage, person, "mara", "Again")
    assert (first.people, again.people, again.cancelled, again.act) == (1, 0, 0, None)
    assert str(again) == "Nothing was planned."
    assert stage.prospect(person)["facts_version"] == version
    assert rows("SELECT reason FROM prospects_suppression") == [{"reason": "Asked by phone"}]
    assert len(rows("SELECT 1 FROM accounts_history WHERE verb IN ('suppressed', 'forbade')")) == 2


def test_what_is_with_the_provider_already_is_told_and_nothing_follows_it(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    passed = dispatching(stage, "volume", person)
    stopped = say(stage, person)
    assert str(stopped) == "Nothing was planned; 1 already handed over."
    assert turns.hand_over(passed) == "sent"
    stage.pass_time(days=20)
    assert stage.accepted(person) == ["dm"]
    assert stage.enrollment(person)["reason"] == "do_not_contact"


def test_what_a_person_had_reserved_by_hand_gives_its_credit_and_its_place_back(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    touch, balance = stage.touch(person), stage.balance("priya")
    with transaction.atomic():
        ledger.reserve(balance["id"], touch=touch["id"], now=stage.now)
        rows(
            "UPDATE campaigns_touch SET state = 'reserved', gate_at = %s, holds_credit = true, holds_pending = true, "
            "balance_id = %s WHERE id = %s",
            (stage.now, balance["id"], touch["id"]),
        )
        rows("UPDATE campaigns_allowance SET outstanding = 1 WHERE budget = 'pending'")
    assert stage.balance("priya")["reserved"] == 1
    assert say(stage, person).cancelled == 1
    assert stage.touch(person)["state"] == TouchState.CANCELLED
    assert stage.balance("priya")["reserved"] == 0
    assert stage.moved(person) == ["available to reserved", "reserved to available"]
    assert stage.allowance("pending", "priya")["outstanding"] == 0
    assert stage.allowance("pending", "bob")["outstanding"] == 1, "another sender's pending invites are its own"
    rows("UPDATE campaigns_allowance SET outstanding = 0")


@pytest.mark.django_db(transaction=True)
def test_the_gate_and_do_not_contact_never_both_win(stage: Stage) -> None:
    """Both wait for the person. Whoever comes first decides; the other one sees it."""
    outcomes = set()
    for first in ("gate", "forbid", "gate", "forbid"):
        person = stage.person(connected_to="bob")
        stage.launch("volume", [person])
        stage.later(minutes=10)
        stage.hear("bob")
        stage.decide()
        [turn] = turns.claim(now=stage.now)
        [head] = turn.heads
        profiles.freshen(head, now=stage.now)
        stage.decide()
        acts = {"gate": (turns.act, head, turn.token), "forbid": (say, stage, person)}
        order = [first, *({*acts} - {first})]
        with transaction.atomic():
            rows("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (person,))
            threads = {}
            for already, name in enumerate(order):
                threads[name] = Thread(in_scope(stage), *acts[name])
                until(partial(_more_wait_than, already), what=f"{name} to wait for the person")
        outcome, stopped = threads["gate"].result(), threads["forbid"].result()
        assert stopped.cancelled + stopped.handed_over + (outcome == "sent" and stage.sent_to(person) != []) >= 1
        if stopped.cancelled:
            assert outcome != "sent" and stage.accepted(person) == []
            assert stage.touch(person)["state"] == "cancelled"
        else:
            assert outcome == "sent" and stage.accepted(person) == ["dm"]
            assert stage.touch(person)["gate_at"] <= stage.prospect(person)["suppressed_at"]
        outcomes.add(outcome == "sent")
        stage.later(hours=1)
        assert stage.settle().count("sent") == 0
    assert outcomes == {True, False}, "each of them was first once"


def _more_wait_than(number: int) -> bool:
    return waiting_for_locks() > number


def in_scope(stage: Stage) -> Callable[..., Any]:
    """Calls a verb in the workspace's scope: a thread has none of its own."""

    def run(verb: Callable[..., Any], *args: Any) -> Any:
        with scope(workspace=stage.workspace):
            return verb(*args)

    return run


def test_many_at_once_cost_a_number_of_queries_that_does_not_grow(
    stage: Stage, django_assert_max_num_queries: Any
) -> None:
    people = stage.people(40, connected_to="bob")
    stage.launch("volume", people)
    stage.decide()
    bob = stage.members["bob"]
    with django_assert_max_num_queries(12):
        stopped = forbid_all(people, reason="Works for a competitor", by=bob, now=stage.now)
    assert (stopped.people, stopped.cancelled) == (40, 40)
    assert str(stopped) == "40 planned touches cancelled in 1 campaign."
    assert stage.settle() == [] and stage.accepted() == []


def test_people_of_another_workspace_are_passed_over(stage: Stage) -> None:
    person = stage.person()
    charlie = member(workspace("Otherside"), "Charlie Dupont", Role.ADMIN)
    stopped = forbid_all([person], reason="Mine", by=charlie, now=stage.now)
    assert stopped.people == 0 and stage.prospect(person)["suppressed_at"] is None


def test_it_takes_a_reason_and_the_right_to_edit_people(stage: Stage) -> None:
    person = stage.person()
    with pytest.raises(NotForbidden, match="Say why"):
        say(stage, person, reason="  ")
    with pytest.raises(NotForbidden, match="60 characters"):
        say(stage, person, reason="x" * 61)
    with pytest.raises(NotAllowed):
        say(stage, person, "vera")


def test_taking_it_back_at_once_lets_everything_go_on(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(hours=1)
    stage.settle()
    stopped = say(stage, person)
    assert stopped.act is not None
    stage.later(seconds=20)
    assert do_not_contact.take_back(stopped.act, by=stage.members["bob"], now=stage.now) == 1
    assert do_not_contact.take_back(stopped.act, by=stage.members["bob"], now=stage.now) == 0
    assert stage.prospect(person)["suppressed_at"] is None and rows("SELECT 1 FROM prospects_suppression") == []
    assert stage.enrollment(person)["state"] == "active"
    held = conversations(person)
    assert [lock["released_at"] is None for lock in held] == [False, True]
    assert held[0]["enrollment_id"] == held[1]["enrollment_id"]
    stage.pass_time(days=20)
    assert len(stage.accepted(person)) == 4, "the sequence went on where it was"


def test_only_whoever_said_it_takes_it_back_and_only_at_once(stage: Stage) -> None:
    person = stage.person()
    stopped = say(stage, person)
    assert stopped.act is not None
    with pytest.raises(NotLifted, match="Only who said it"):
        do_not_contact.take_back(stopped.act, by=stage.members["alice"], now=stage.now)
    with pytest.raises(NotLifted, match="Only who said it"):
        do_not_contact.take_back(stopped.act + 10_000, by=stage.members["bob"], now=stage.now)
    with pytest.raises(NotLifted, match="too late"):
        do_not_contact.take_back(stopped.act, by=stage.members["bob"], now=stage.now + timedelta(seconds=31))
    assert stage.prospect(person)["suppressed_at"] is not None


def test_an_admin_lifts_it_with_a_reason_and_what_was_stopped_stays_stopped(stage: Stage) -> None:
    person = stage.person(connected_to="bob")
    stage.launch("volume", [person])
    stage.decide()
    say(stage, person)
    alice = stage.members["alice"]
    with pytest.raises(NotAllowed):
        do_not_contact.allow(prospect(person), by=stage.members["mara"], now=stage.now, reason="They came back")
    with pytest.raises(NotLifted, match="Say why"):
        do_not_contact.allow(prospect(person), by=alice, now=stage.now, reason=" ")
    assert do_not_contact.allow(prospect(person), by=alice, now=stage.now, reason="They came back") is True
    assert do_not_contact.allow(prospect(person), by=alice, now=stage.now, reason="They came back") is False
    assert rows("SELECT 1 FROM prospects_suppression") == []
    assert stage.enrollment(person)["state"] == "stopped"
    [noted] = rows("SELECT data ->> 'reason' AS reason FROM accounts_history WHERE verb = 'suppression_lifted'")
    assert noted["reason"] == "They came back"
    stage.launch("volume", [person])
    stage.reach(person)
    assert stage.accepted(person) == ["dm"], "they may be enrolled anew"
