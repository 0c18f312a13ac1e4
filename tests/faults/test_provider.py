"""Faults of the provider: what surely did not arrive goes again once, what may have arrived never does."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from campaigns.building import seats as building
from campaigns.running import inbound, reconcile, seats, sync
from outreach.connectors import unipile
from outreach.engine.kinds import Kind
from tests.cast import MONDAY
from tests.outside import Simulator
from tests.outside import simulator as started
from tests.stage import Stage, prove

INVITE = {"path_prefix": "/api/v1/users/invite", "method": "POST"}
CHAT = {"path_prefix": "/api/v1/chats", "method": "POST"}


@pytest.fixture(scope="module")
def mortal() -> Iterator[Simulator]:
    """A simulator that the tests of this module may kill."""
    with started(MONDAY) as outside:
        yield outside


@pytest.fixture
def own_stage(db: None, settings: Any, mortal: Simulator) -> Iterator[Stage]:
    yield from prove(settings, mortal)


def looks(stage: Stage) -> None:
    """Three looks and what follows from them."""
    for minutes in (2, 11, 61, 5):
        stage.later(minutes=minutes)
        reconcile.reap(now=stage.now)
        reconcile.look(now=stage.now)
        stage.settle()


def test_a_provider_that_is_down_gets_it_once_when_it_is_back(own_stage: Stage) -> None:
    stage = own_stage
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    stage.reach(person)
    stage.later(days=2)
    stage.hear()
    stage.decide()
    stage.outside.end()
    assert stage.take_turns() == ["not_sent"]
    first = stage.touch(person)
    assert (first["state"], first["refusal"]) == ("not_sent", "unreachable")
    stage.outside.start(stage.now)
    stage.later(minutes=5)
    assert "sent" in stage.settle()
    assert [t["attempt"] for t in stage.sent_to(person)] == [1, 2] and stage.accepted(person) == ["dm", "dm"]


def test_an_unreachable_provider_does_not_stop_a_paid_inmail_from_coming_back(own_stage: Stage) -> None:
    stage = own_stage
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    stage.outside.end()
    assert stage.take_turns() == ["put_off"]  # not even the profile can be read
    stage.outside.start(stage.now)
    stage.later(minutes=6)
    assert "sent" in stage.settle()
    assert stage.moved(person) == ["available to reserved", "reserved to spent"]


@pytest.fixture
def impatient(settings: Any) -> Iterator[None]:
    """Nobody waits longer than a second for an answer."""
    settings.HTTP_TIMEOUT_S = 1
    seats._connector.cache_clear()
    yield
    seats._connector.cache_clear()


ACCEPTED_AND_UNSAID: dict[str, dict[str, Any]] = {
    "reset after accepting": {"drop_after_accepting": True},
    "500 after accepting": {"status": 500, "after_accepting": True},
    "200 with an empty body": {"empty_body": True},
    "200 with half a body": {"malformed": True},
    "an answer later than our patience": {"latency_after_s": 1.4},
}


@pytest.mark.parametrize("fault", ACCEPTED_AND_UNSAID.values(), ids=ACCEPTED_AND_UNSAID.keys())
@pytest.mark.parametrize(("play", "kind", "match"), [("volume", "invite_note", INVITE), ("senior", "inmail", CHAT)])
def test_what_arrived_without_a_word_is_found_and_never_repeated(
    stage: Stage, impatient: None, play: str, kind: str, match: dict[str, str], fault: dict[str, Any]
) -> None:
    person = stage.person(tier=3 if kind == "inmail" else 1)
    stage.outside.fault(match=match, times=1, **fault)
    stage.launch(play, [person], "priya")
    assert "uncertain" in stage.settle()
    assert stage.touch(person)["state"] == "uncertain"
    looks(stage)
    [touch] = [touch for touch in stage.touches(person) if touch["gate_at"]]
    assert (touch["state"], touch["attempt"]) == ("sent", 1)
    assert stage.accepted(person) == [kind]


NOT_ACCEPTED: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "502": {"status": 502},
    "reset before": {"reset_before": True},
    "503 that says nothing": {"status": 503, "type": "service_unavailable"},
    "later than our patience": {"latency_s": 1.4, "status": 504},
}


@pytest.mark.parametrize("fault", NOT_ACCEPTED.values(), ids=NOT_ACCEPTED.keys())
def test_what_did_not_arrive_is_looked_for_three_times_and_then_goes_once(
    stage: Stage, impatient: None, fault: dict[str, Any]
) -> None:
    person = stage.person(tier=3)
    stage.outside.fault(match=CHAT, times=1, **fault)
    stage.launch("senior", [person], "priya")
    assert "uncertain" in stage.settle()
    stage.later(minutes=10)
    assert stage.settle() == [] and stage.accepted() == []
    looks(stage)
    looks(stage)
    states = [touch["state"] for touch in stage.touches(person) if touch["gate_at"]]
    assert states == ["not_sent", "sent"] and stage.accepted(person) == ["inmail"]
    assert stage.moved(person) == [
        *("available to reserved", "reserved to available"),
        *("available to reserved", "reserved to spent"),
    ]


@pytest.mark.parametrize("answer", [{"status": 429}, {"type": "limit_exceeded"}, {"type": "cannot_resend_yet"}])
def test_a_limit_rests_a_day_and_at_the_second_time_a_week(stage: Stage, answer: dict[str, Any]) -> None:
    people = stage.people(3)
    connected = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.outside.fault(match=INVITE, times=2, **answer)
    stage.launch("volume", [*people, connected])
    stage.settle()
    limited_at = stage.now
    stage.later(seconds=30)
    stage.settle()
    assert stage.accepted() == ["dm"]  # messages of the same sender do not rest
    rest = stage.allowance("invites")
    assert rest["rest_until"] == limited_at + timedelta(hours=24) and rest["opening_cause"] == "limit_rest"
    assert stage.lane(Kind.INVITE)["allowed_at"] == stage.lane(Kind.INVITE_NOTE)["allowed_at"] == rest["rest_until"]
    stage.go_to(rest["rest_until"])
    stage.settle()
    again = stage.allowance("invites")
    assert again["rest_until"] == stage.now + timedelta(days=7)
    stage.go_to(again["rest_until"] - timedelta(seconds=1))
    stage.settle()
    assert "invite_note" not in stage.accepted()
    stage.later(seconds=1)
    stage.settle()
    assert stage.accepted().count("invite_note") == 1


def test_a_wish_to_wait_longer_than_a_day_is_heeded(stage: Stage) -> None:
    stage.outside.fault(match=INVITE, times=1, status=429, headers={"Retry-After": str(3 * 86_400)})
    stage.launch("volume", [stage.person()])
    stage.settle()
    stage.later(days=2, hours=23)
    stage.settle()
    assert stage.accepted() == []
    stage.later(hours=1, minutes=1)
    stage.settle()
    assert stage.accepted() == ["invite_note"]


def test_a_restricted_seat_freezes_until_a_person_lifts_it(stage: Stage) -> None:
    people = stage.people(2)
    stage.launch("volume", people)
    stage.outside.control("POST", "/account/seat-bob", status="restricted", days=1)
    stage.settle()
    assert stage.sender()["state"] == "frozen" and stage.sender()["state_reason"]
    stage.later(days=3)
    assert stage.settle() == [] and stage.accepted() == []
    assert building.resume(stage.senders["bob"], by=stage.members["alice"], now=stage.now)
    for _ in range(4):
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted() == ["invite_note", "invite_note"]


def test_a_seat_that_is_logged_out_waits_and_goes_on_when_it_is_back(stage: Stage) -> None:
    people = stage.people(2)
    stage.launch("volume", people)
    stage.settle()
    stage.later(minutes=2)
    stage.outside.control("POST", "/account/seat-bob", status="CREDENTIALS")
    stage.settle()
    assert stage.sender()["state"] == "disconnected"
    assert [t["state"] for t in stage.touches(people[1])] in (["planned"], ["not_sent", "planned"], ["not_sent"])
    stage.later(days=1)
    assert stage.settle() == [] and len(stage.accepted()) == 1
    stage.outside.control("POST", "/account/seat-bob", status="OK")
    told(stage, "OK")
    assert stage.sender()["state"] == "active"
    for _ in range(4):
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted() == ["invite_note", "invite_note"]


def told(stage: Stage, message: str) -> None:
    """The webhook of a seat's standing."""
    body = {"AccountStatus": {"account_id": "seat-bob", "account_type": "LINKEDIN", "message": message}}
    events = unipile.events(body, {}, received_at=stage.now)
    inbound.store(stage.workspace.pk, stage.connection.pk, events, via="webhook", now=stage.now)
    inbound.work(now=stage.now)


@pytest.mark.parametrize(
    ("message", "state"), [("CREDENTIALS", "disconnected"), ("STOPPED", "disconnected"), ("DELETED", "archived")]
)
def test_what_the_vendor_says_of_a_seat_is_its_state(stage: Stage, message: str, state: str) -> None:
    told(stage, message)
    assert stage.sender()["state"] == state


def test_a_frozen_seat_is_not_lifted_by_the_vendors_word(stage: Stage) -> None:
    stage.launch("volume", [stage.person()])
    stage.outside.control("POST", "/account/seat-bob", status="restricted", days=1)
    stage.settle()
    stage.later(days=2)
    told(stage, "OK")
    assert stage.sender()["state"] == "frozen"


def test_a_look_around_that_fails_is_only_put_off(stage: Stage) -> None:
    stage.outside.fault(match={"path_prefix": "/api/v1/users/relations"}, status=500, times=1)
    sender = stage.senders["bob"].pk
    with pytest.raises(sync.ConnectorError) as failure:
        sync.look_at_relations(sender, now=stage.now)
    sync.failed(sender, "relations", failure.value)
    assert stage.sender()["state"] == "active" and stage.sender()["relations_at"] is None
    assert (sender, "relations") in sync.due(now=stage.now)


def test_two_answers_with_one_message_id_are_one_message(stage: Stage) -> None:
    person = stage.person(connected_to="bob", degree={"seat-bob": 1})
    stage.launch("volume", [person])
    touch = stage.reach(person)
    stage.outside.fault(match={"path_prefix": "/api/v1/chats", "method": "GET"}, times=0, status=500)
    stage.later(minutes=1)
    stage.hear()
    stage.hear()
    assert [m["touch_id"] for m in stage.messages(person)] == [touch["id"]]
