"""POST /chats and POST /chats/{id}/messages: DM, InMail and free InMail, each row of the checks."""

from hashlib import sha256

import pytest

from tests.simulator.running import Running, refusal


def test_a_connection_gets_a_direct_message_without_a_credit(sim: Running) -> None:
    answer = sim.chat("priya", sim.friend("priya"), text="Hello\r\nthere")
    assert answer.status_code == 201 and answer.json()["object"] == "ChatStarted"
    [touch] = sim.accepted()
    assert touch["kind"] == "dm" and touch["credit"] == 0 and touch["message_id"] == answer.json()["message_id"]
    assert touch["text_sha256"] == sha256(b"Hello\nthere").hexdigest()
    assert sim.balance("priya") == 50


def test_a_second_message_goes_into_the_same_chat(sim: Running) -> None:
    person = sim.friend("priya")
    first, second = sim.chat("priya", person).json(), sim.chat("priya", person).json()
    assert first["chat_id"] == second["chat_id"] and first["message_id"] != second["message_id"]


def test_a_stranger_gets_no_direct_message(sim: Running) -> None:
    assert refusal(sim.chat("priya", sim.stranger("priya"))) == (422, "no_connection_with_recipient")
    answer = sim.chat("priya", sim.stranger("priya"), api="classic")
    assert refusal(answer) == (422, "no_connection_with_recipient")
    assert sim.accepted() == []


@pytest.mark.parametrize("inmail", [{}, {"inmail": "true"}])
def test_sales_navigator_makes_it_an_inmail_with_or_without_the_flag(sim: Running, inmail: dict[str, str]) -> None:
    assert sim.inmail("priya", sim.stranger("priya"), **inmail).status_code == 201
    [touch] = sim.accepted()
    assert touch["kind"] == "inmail" and touch["credit"] == 1 and sim.balance("priya") == 49


def test_the_flag_under_another_api_can_be_made_a_mistake(sim: Running) -> None:
    sim.sim("POST", "/options", {"strict_inmail": True})
    assert refusal(sim.inmail("priya", sim.stranger("priya"), inmail="true")) == (400, "invalid_parameters")


def test_premium_inmail_is_classic_with_the_flag(sim: Running) -> None:
    answer = sim.inmail("bob", sim.stranger("bob"), api="classic", inmail="true")
    assert answer.status_code == 201 and sim.balance("bob", "premium") == 14


def test_a_subject_is_not_demanded(sim: Running) -> None:
    assert sim.chat("priya", sim.stranger("priya"), api="sales_navigator").status_code == 201


def test_a_free_plan_has_no_inmail(sim: Running) -> None:
    answer = sim.inmail("mara", sim.stranger("mara"), api="classic", inmail="true")
    assert refusal(answer) == (403, "feature_not_subscribed")


@pytest.mark.parametrize("api", ["sales_navigator", "recruiter"])
def test_an_api_that_is_not_subscribed_is_refused(sim: Running, api: str) -> None:
    assert refusal(sim.inmail("bob", sim.stranger("bob"), api=api)) == (403, "feature_not_subscribed")
    assert refusal(sim.inmail("bob", sim.friend("bob"), api=api)) == (403, "feature_not_subscribed")


def test_an_unknown_api_is_a_wrong_parameter(sim: Running) -> None:
    assert refusal(sim.inmail("priya", sim.stranger("priya"), api="premium")) == (400, "invalid_parameters")


@pytest.mark.parametrize(("account", "api"), [("mara", "classic"), ("bob", "classic"), ("priya", "sales_navigator")])
def test_an_open_profile_costs_nothing_on_any_plan(sim: Running, account: str, api: str) -> None:
    person = sim.stranger(account, open_profile=True)
    assert sim.inmail(account, person, api=api, inmail="true").status_code == 201
    [touch] = sim.accepted()
    assert touch["kind"] == "open_inmail" and touch["credit"] == 0 and sim.balance("priya") == 50


def test_free_inmails_have_a_limit_a_month(process: Running) -> None:
    process.seed({"id": "a", "plan": "free", "limits": {"open_inmail_month": 2}})
    for _ in range(2):
        assert process.inmail("a", process.stranger("a", open_profile=True), api="classic", inmail="true").is_success
    person = process.stranger("a", open_profile=True)
    assert refusal(process.inmail("a", person, api="classic", inmail="true")) == (422, "limit_exceeded")
    process.advance_to("2026-12-01T00:00:00.000Z")
    assert process.inmail("a", person, api="classic", inmail="true").status_code == 201


def test_the_usual_limit_of_free_inmails_is_800(sim: Running) -> None:
    assert sim.seeded["accounts"][1]["limits"]["open_inmail_month"] == 800


def test_somebody_who_takes_no_inmail_gets_none(sim: Running) -> None:
    assert refusal(sim.inmail("priya", sim.stranger("priya", inmail=False))) == (422, "not_allowed_inmail")
    assert sim.balance("priya") == 50


def test_somebody_who_blocks_gets_nothing_on_any_way(sim: Running) -> None:
    assert refusal(sim.inmail("priya", sim.stranger("priya", blocks=True))) == (422, "blocked_recipient")
    friend = sim.friend("priya")
    chat = sim.chat("priya", friend).json()["chat_id"]
    sim.script(friend, blocks=True)
    assert refusal(sim.chat("priya", friend)) == (422, "blocked_recipient")
    assert refusal(sim.say(chat)) == (422, "blocked_recipient")


def test_without_a_credit_there_is_no_inmail(process: Running) -> None:
    process.seed({"id": "a", "plan": "sn_core", "credits": 1})
    assert process.inmail("a", process.stranger("a")).status_code == 201
    assert refusal(process.inmail("a", process.stranger("a"))) == (422, "insufficient_credits")
    assert process.balance("a") == 0


def test_lengths_are_checked(sim: Running) -> None:
    stranger, friend = sim.stranger("priya"), sim.friend("priya")
    assert refusal(sim.inmail("priya", stranger, text="x" * 1901)) == (400, "too_many_characters")
    assert refusal(sim.inmail("priya", stranger, subject="x" * 201)) == (400, "too_many_characters")
    assert refusal(sim.chat("priya", friend, text="x" * 8001)) == (400, "content_too_large")
    assert sim.inmail("priya", stranger, text="x" * 1900, subject="x" * 200).status_code == 201
    assert sim.chat("priya", friend, text="x" * 8000).status_code == 201


def test_a_second_silent_inmail_costs_another_credit_in_sales_navigator(sim: Running) -> None:
    person = sim.stranger("priya")
    first, second = sim.inmail("priya", person), sim.inmail("priya", person)
    assert first.json()["chat_id"] == second.json()["chat_id"] and sim.balance("priya") == 48
    assert sim.say(first.json()["chat_id"]).status_code == 201
    assert sim.balance("priya") == 47 and [t["kind"] for t in sim.accepted()] == ["inmail"] * 3


@pytest.mark.parametrize(("option", "allowed"), [("never", 1), ("once", 2), ("always", 4)])
def test_premium_allows_a_second_silent_inmail_as_it_is_told(sim: Running, option: str, allowed: int) -> None:
    sim.sim("POST", "/options", {"premium_second_inmail": option})
    person = sim.stranger("bob")
    made = [sim.inmail("bob", person, api="classic", inmail="true").status_code for _ in range(4)]
    assert made == [201] * allowed + [422] * (4 - allowed)


def test_an_answered_inmail_may_be_answered_for_nothing(sim: Running) -> None:
    person = sim.stranger("priya")
    chat = sim.inmail("priya", person).json()["chat_id"]
    sim.act("reply", "priya", person, text="Tell me more")
    assert sim.balance("priya") == 50
    assert sim.say(chat).status_code == 201
    assert sim.balance("priya") == 50 and sim.accepted()[-1]["in_reply"] is True


def test_a_declined_inmail_ends_it(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.inmail("priya", person)
    sim.act("decline_inmail", "priya", person)
    assert refusal(sim.inmail("priya", person)) == (422, "not_allowed_inmail")


def test_several_attendees_make_one_group_chat(sim: Running) -> None:
    answer = sim.chat("priya", sim.friend("priya"), sim.friend("priya"))
    assert answer.status_code == 201
    assert sim.get(f"/chats/{answer.json()['chat_id']}").json()["type"] == 1
    assert [touch["recipients"] for touch in sim.accepted()] == [2, 2]


def test_parts_are_checked(sim: Running) -> None:
    friend = sim.friend("priya")
    assert refusal(sim.chat("priya")) == (400, "missing_parameters")
    assert refusal(sim.chat("priya", friend, text="")) == (400, "missing_parameters")
    assert refusal(sim.chat("nobody", friend)) == (404, "resource_not_found")
    assert refusal(sim.chat("priya", friend["slug"])) == (422, "invalid_recipient")
    assert refusal(sim.chat("priya", friend, inmail="1")) == (400, "invalid_parameters")
    assert refusal(sim.client.post("/api/v1/chats", json={})) == (415, "unsupported_media_type")
    assert refusal(sim.say("unknown")) == (404, "resource_not_found")


def test_a_chat_guards_against_another_accounts_id(sim: Running) -> None:
    chat = sim.chat("priya", sim.friend("priya")).json()["chat_id"]
    assert refusal(sim.say(chat, account_id="bob")) == (403, "account_mismatch")
    assert sim.say(chat, account_id="priya").json()["object"] == "MessageSent"
    assert sim.say(chat).status_code == 201, "the account need not be named"


def test_a_dead_or_restricted_account_sends_nothing(sim: Running) -> None:
    friend = sim.friend("priya")
    chat = sim.chat("priya", friend).json()["chat_id"]
    sim.sim("POST", "/account/priya", {"status": "restricted"})
    assert refusal(sim.chat("priya", friend)) == (403, "account_restricted")
    assert refusal(sim.say(chat)) == (403, "account_restricted")
    sim.sim("POST", "/account/priya", {"status": "CREDENTIALS"})
    assert refusal(sim.chat("priya", friend)) == (401, "disconnected_account")


def test_limits_a_day_hold_over_24_hours(process: Running) -> None:
    process.seed({"id": "a", "plan": "sn_core", "limits": {"dm_day": 1, "inmail_day": 1, "profile_reads_day": 1}})
    friend, stranger = process.friend("a"), process.stranger("a")
    for _ in range(2):
        assert process.chat("a", friend).status_code == 201
        assert process.inmail("a", stranger).status_code == 201
        assert process.get(f"/users/{friend['slug']}", account_id="a").status_code == 200
        process.advance(hours=23, minutes=59)
        assert refusal(process.chat("a", friend)) == (422, "limit_exceeded")
        assert refusal(process.inmail("a", stranger)) == (422, "limit_exceeded")
        assert refusal(process.get(f"/users/{friend['slug']}", account_id="a")) == (422, "limit_exceeded")
        process.advance(minutes=1)


def test_ids_may_be_null_and_the_chat_is_then_found_by_its_attendee(sim: Running) -> None:
    sim.sim("POST", "/options", {"chat_id_null": True, "message_id_null": True})
    friend = sim.friend("priya")
    assert sim.chat("priya", friend).json() == {"object": "ChatStarted", "chat_id": None, "message_id": None}
    [chat] = sim.items("/chats", account_id="priya")
    assert chat["attendee_provider_id"] == friend["provider_id"]
    assert sim.say(chat["id"]).json() == {"object": "MessageSent", "message_id": None}


def test_reads_may_lag_30_to_60_seconds_behind(sim: Running) -> None:
    sim.sim("POST", "/options", {"read_lag": True})
    sent = sim.chat("priya", sim.friend("priya")).json()
    assert sim.items("/chats", account_id="priya") == []
    sim.advance(seconds=29.9)
    assert sim.items(f"/chats/{sent['chat_id']}/messages") == []
    sim.advance(seconds=30.1)
    assert [m["id"] for m in sim.items(f"/chats/{sent['chat_id']}/messages")] == [sent["message_id"]]
    assert len(sim.items("/chats", account_id="priya")) == 1
