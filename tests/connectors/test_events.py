"""What a delivery says, however it is spelled, and that nothing is guessed."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.connectors.base import ChatMessage, Event, Relation
from outreach.connectors.failures import BadEvent
from outreach.connectors.unipile import HEADER, authentic, event_of_message, event_of_relation, events

JON = {
    "attendee_id": "At7",
    "attendee_name": "Jon Bergström",
    "attendee_provider_id": "ACoAAJon",
    "attendee_profile_url": "https://www.linkedin.com/in/ACoAAJon",
}
MAYA = JON | {"attendee_id": "At1", "attendee_name": "Maya Okafor", "attendee_provider_id": "ACoAAMaya"}
MESSAGE: dict[str, Any] = {
    "event": "message_received",
    "webhook_name": "inbox",
    "account_id": "acc",
    "account_type": "LINKEDIN",
    "account_info": {"type": "LINKEDIN", "feature": "classic", "user_id": "ACoAAMaya"},
    "chat_id": "Zk3",
    "message_id": "Pq9",
    "message": "Sure, send me\r\ntimes",
    "timestamp": "2026-05-04T09:30:00.000Z",
    "sender": JON,
    "attendees": [JON],
    "attachments": None,
    "reaction": None,
    "reaction_sender": None,
}
RELATION = {
    "event": "new_relation",
    "account_id": "acc",
    "account_type": "LINKEDIN",
    "webhook_name": "relations",
    "user_full_name": "Jon Bergström",
    "user_provider_id": "ACoAAJon",
    "user_public_identifier": "jon-bergstrom",
    "user_profile_url": "https://www.linkedin.com/in/jon-bergstrom/",
    "user_picture_url": None,
}
AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def one(body: dict[str, Any], **more: Any) -> Event:
    (event,) = events(json.dumps(body).encode(), {}, **more)
    return event


def test_a_reply_is_inbound_and_from_the_person() -> None:
    assert one(MESSAGE) == Event(
        kind="message",
        key="message:acc:Pq9",
        account="acc",
        at=AT,
        provider_id="ACoAAJon",
        name="Jon Bergström",
        chat_id="Zk3",
        message_id="Pq9",
        text="Sure, send me\ntimes",
    )


def test_our_own_message_is_outbound_and_names_the_other_person() -> None:
    event = one(MESSAGE | {"sender": MAYA})
    assert event.outbound
    assert (event.provider_id, event.name) == ("ACoAAJon", "Jon Bergström")
    assert one(MESSAGE | {"sender": MAYA, "attendees": [MAYA, JON]}).provider_id == "ACoAAJon"


def test_newer_bodies_say_themselves_who_wrote() -> None:
    assert one({k: v for k, v in MESSAGE.items() if k != "account_info"} | {"is_sender": True, "sender": MAYA}).outbound
    assert not one(MESSAGE | {"is_sender": 0}).outbound


def test_a_message_whose_direction_cannot_be_told_is_not_guessed() -> None:
    with pytest.raises(BadEvent, match="next poll"):
        one({k: v for k, v in MESSAGE.items() if k != "account_info"})


def test_a_new_relation_has_no_time_of_its_own() -> None:
    event = one(RELATION)
    assert (event.kind, event.key, event.at) == ("relation", "relation:acc:ACoAAJon", None)
    assert (event.provider_id, event.slug, event.name) == ("ACoAAJon", "jon-bergstrom", "Jon Bergström")
    assert one(RELATION, received_at=AT).at == AT
    assert one({k: v for k, v in RELATION.items() if k != "user_public_identifier"}).slug == "jon-bergstrom"


def test_a_poll_gives_the_key_that_the_webhook_gave() -> None:
    polled = ChatMessage("Pq9", "Zk3", "ACoAAJon", False, "Sure, send me\ntimes", AT)
    webhook = one(MESSAGE)
    assert event_of_message("acc", "ACoAAMaya", polled) == Event(**{**_fields(webhook), "name": ""})
    own = ChatMessage("Pq9", "Zk3", "ACoAAMaya", False, "x", AT)
    echoed = event_of_message("acc", "ACoAAMaya", own, counterpart="ACoAAJon")
    assert (echoed.key, echoed.outbound, echoed.provider_id) == (webhook.key, True, "ACoAAJon")
    relation = event_of_relation("acc", Relation("ACoAAJon", "jon-bergstrom", "Jon Bergström", AT))
    assert relation.key == one(RELATION).key


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in Event.__slots__}


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("OK", "active"),
        ("RECONNECTED", "active"),
        ("SYNC_SUCCESS", "active"),
        ("CONNECTING", "waiting"),
        ("CREDENTIALS", "logged_out"),
        ("PERMISSIONS", "logged_out"),
        ("ERROR", "stopped"),
        ("DELETED", "gone"),
        ("BRAND_NEW", ""),
    ],
)
def test_an_account_status_becomes_a_standing(word: str, status: str) -> None:
    event = one({"AccountStatus": {"account_id": "acc", "account_type": "LINKEDIN", "message": word}})
    assert (event.kind, event.account, event.status) == ("account_status", "acc", status)


def test_the_same_status_on_another_day_is_another_event() -> None:
    body = {"AccountStatus": {"account_id": "acc", "message": "CREDENTIALS"}}
    assert one(body, received_at=AT).key != one(body, received_at=AT.replace(day=5)).key


def test_reactions_and_reads_are_intent_only() -> None:
    event = one(MESSAGE | {"event": "message_reaction", "reaction": "👍", "reaction_sender": JON})
    assert (event.kind, event.status, event.provider_id, event.message_id) == ("reaction", "👍", "ACoAAJon", "Pq9")
    own = one(MESSAGE | {"event": "message_reaction", "reaction": "👍", "reaction_sender": MAYA})
    assert own.outbound
    assert own.key != event.key
    event = one(MESSAGE | {"event": "message_read"})
    assert (event.kind, event.key, event.provider_id) == ("read", "read:acc:Pq9", "ACoAAJon")


def test_what_we_do_not_know_is_other_and_the_same_twice_has_one_key() -> None:
    first, again = one(MESSAGE | {"event": "message_edited"}), one(MESSAGE | {"event": "message_edited"})
    assert (first.kind, first.status, first.key) == ("other", "message_edited", again.key)
    mail = {"type": "mail_opened", "account_id": "acc", "event_id": "e1", "date": "2026-05-04T09:30:00.000Z"}
    assert (one(mail).kind, one(mail).at) == ("other", AT)
    assert (
        one({"event": "new", "account_id": "acc", "a": 1}).key != one({"event": "new", "account_id": "acc", "a": 2}).key
    )


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}, {"content-type": "text/plain"}])
def test_json_is_read_whatever_the_content_type_says(headers: dict[str, str]) -> None:
    assert events(json.dumps(MESSAGE).encode(), headers)[0].key == "message:acc:Pq9"


def test_a_decoded_body_and_a_list_are_taken_too() -> None:
    assert events(MESSAGE, {})[0].key == "message:acc:Pq9"
    assert [e.kind for e in events(json.dumps([MESSAGE, RELATION]).encode())] == ["message", "relation"]


def test_a_form_says_the_same_as_json() -> None:
    flat = urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in MESSAGE.items()}).encode()
    assert events(flat, {"Content-Type": "application/x-www-form-urlencoded"}) == events(MESSAGE, {})
    assert events(flat, {}) == events(MESSAGE, {})
    nested = urlencode({"AccountStatus[account_id]": "acc", "AccountStatus[message]": "OK"}).encode()
    assert events(nested)[0].status == "active"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00",
        b"7",
        b"null",
        b'"text"',
        b"[1]",
        b"{}",
        b'{"event": "message_received"}',
        b'{"event": "message_received", "account_id": "a"}',
        b'{"event": "message_received", "account_id": "a", "message_id": "m", "sender": 7}',
        b'{"event": "new_relation", "account_id": "a"}',
        b'{"event": "message_reaction", "account_id": "a"}',
        b'{"event": "message_read", "account_id": "a"}',
        b'{"event": {"a": 1}, "account_id": "a"}',
        b'{"AccountStatus": {}}',
        b'{"AccountStatus": {"account_id": "a"}}',
        b"[" * 200_000,
        b"a[b][c][d][e][f][g]=1&a=2",
        json.dumps(MESSAGE | {"message_id": "m" * 5000}).encode(),
        b"[" + b"{}," * 2000 + b"{}]",
    ],
)
def test_garbage_is_turned_away_in_one_sentence(payload: bytes) -> None:
    with pytest.raises(BadEvent) as caught:
        events(payload, {})
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 120


def test_json_that_claims_to_be_json_is_not_read_as_a_form() -> None:
    with pytest.raises(BadEvent, match="JSON"):
        events(b"event=new_relation&account_id=a&user_provider_id=p", {"Content-Type": "application/json"})


def test_a_text_that_no_database_could_keep_becomes_one_that_it_can() -> None:
    body = json.dumps(MESSAGE | {"message": "a\x00b\ud800c"}).encode()
    assert events(body)[0].text == "ab?c"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(payload: bytes) -> None:
    try:
        read = events(payload, {})
    except BadEvent:
        return
    assert all(event.key and event.account for event in read)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["ACoAAMaya", "OK"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.sampled_from([MESSAGE, RELATION, {"AccountStatus": {"account_id": "a", "message": "OK"}}]), st.data())
def test_no_spoilt_field_crashes_the_reader(body: dict[str, Any], data: st.DataObject) -> None:
    spoilt = body | data.draw(st.dictionaries(st.sampled_from(sorted(body)), VALUES, max_size=3))
    try:
        read = events(spoilt, {})
    except BadEvent:
        return
    for event in read:
        assert event.key and event.account
        assert event.at is None or event.at.tzinfo is not None
        for value in _fields(event).values():
            if isinstance(value, str):
                value.encode()
                assert "\x00" not in value


def test_only_the_right_secret_opens_and_two_may_be_valid_at_once() -> None:
    assert authentic({HEADER.lower(): "new"}, ["old", "new"])
    assert authentic({HEADER: "old"}, ["old", "new"])
    assert not authentic({HEADER: "other"}, ["old", "new"])
    assert not authentic({HEADER: "ötzi"}, ["old"])
    assert not authentic({}, ["old"])
    assert not authentic({}, [""])
    assert not authentic({HEADER: ""}, [""])
    assert not authentic({HEADER: "x"}, [])
