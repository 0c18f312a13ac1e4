"""The control plane: people, scripts, acts by hand, the record and the state."""

from typing import Any

import pytest

from tests.simulator.running import Listener, Running, refusal


def test_people_come_in_pages_with_all_that_a_file_needs(sim: Running) -> None:
    page = sim.sim("GET", "/people?offset=10&limit=5")
    assert page["total"] == 60 and page["items"] == sim.people()[10:15]
    wanted = {
        "slug",
        "provider_id",
        "first_name",
        "last_name",
        "headline",
        "title",
        "company",
        "seniority",
        "url",
        "open_profile",
        "degree",
    }
    assert wanted <= set(page["items"][0]) and set(page["items"][0]["degree"]) == {"priya", "mara", "bob"}


def test_a_profile_read_and_a_view_are_told_apart(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.get(f"/users/{person['slug']}", account_id="priya")
    sim.get(f"/users/{person['slug']}", account_id="priya", notify="false")
    sim.get(f"/users/{person['slug']}", account_id="priya", notify="true")
    assert [t["kind"] for t in sim.accepted()] == ["profile_read", "profile_read", "view"]
    sim.get("/users/me", account_id="priya")
    assert len(sim.accepted()) == 3, "one's own profile touches nobody"


def test_the_record_is_read_from_where_one_stopped(sim: Running) -> None:
    for _ in range(5):
        sim.invite("priya", sim.stranger("priya"))
    page = sim.sim("GET", "/accepted?after=2&limit=2")
    assert [t["n"] for t in page["items"]] == [3, 4] and page["total"] == 5


def test_a_person_does_what_is_scripted(sim: Running) -> None:
    accepts, declines = sim.stranger("priya", accept_after_h=2), sim.stranger("priya", decline_after_h=2)
    for person in (accepts, declines):
        sim.invite("priya", person, "Hi")
    sim.advance(hours=2)
    assert sim.sim("GET", "/state")["invitations"] == {"accepted": 1, "declined": 1}
    assert sim.sim("GET", f"/people/{accepts['slug']}")["connected_at"]["priya"] == "2026-11-02T10:00:00.000Z"
    assert sim.items("/users/invite/sent", account_id="priya") == []


def test_a_scripted_reply_comes_once_or_every_time(sim: Running) -> None:
    once = sim.friend("priya", reply={"after_h": 1, "text": "Once"})
    every = sim.friend("priya", reply={"after_h": 1, "kind": "stop", "every": True})
    for person in (once, every, once, every):
        sim.chat("priya", person)
        sim.advance(hours=2)
    texts = [m["text"] for m in sim.items("/messages", account_id="priya") if not m["is_sender"]]
    assert texts.count("Once") == 1 and len(texts) == 3


def test_what_people_wrote_is_read_from_where_one_stopped(sim: Running) -> None:
    friends = [sim.friend("priya", reply={"after_h": hours, "text": "Hello"}) for hours in (3, 1, 2)]
    for friend in friends:
        sim.chat("priya", friend)
    sim.advance(hours=4)
    page = sim.sim("GET", "/replies?after=1&limit=5")
    assert page["total"] == 3 and [reply["slug"] for reply in page["items"]] == [friends[2]["slug"], friends[0]["slug"]]
    theirs = {m["id"] for m in sim.items("/messages", account_id="priya") if not m["is_sender"]}
    assert {reply["message_id"] for reply in sim.sim("GET", "/replies")["items"]} == theirs
    assert page["items"][0]["account_id"] == "priya" and page["items"][0]["at"] == "2026-11-02T10:00:00.000Z"


def test_an_own_message_by_hand_is_seen_but_not_accepted(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    friend = sim.friend("priya")
    made = sim.act("write_by_hand", "priya", friend, text="Typed on linkedin.com")
    sim.advance(seconds=0)
    [body] = listener.heard
    assert body["message_id"] == made["message_id"]
    assert body["sender"]["attendee_provider_id"] == body["account_info"]["user_id"]
    assert sim.accepted() == []


def test_invitations_by_hand_count_at_the_network_and_can_be_withdrawn_by_hand(sim: Running) -> None:
    sim.sim("POST", "/account/priya", {"weekly_cap": 1})
    person = sim.stranger("priya")
    sim.act("invite_by_hand", "priya", person)
    assert refusal(sim.invite("priya", sim.stranger("priya"))) == (422, "cannot_resend_yet")
    assert len(sim.items("/users/invite/sent", account_id="priya")) == 1
    sim.act("withdraw_by_hand", "priya", person)
    assert sim.items("/users/invite/sent", account_id="priya") == [] and sim.accepted() == []
    assert refusal(sim.invite("priya", person)) == (422, "already_invited_recently")


def test_a_connection_by_hand_is_a_relation_like_any_other(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "users")
    invited, stranger = sim.stranger("priya"), sim.stranger("priya", ignore_invites=False)
    sim.invite("priya", invited)
    for person in (invited, stranger):
        sim.act("connect_by_hand", "priya", person)
        assert sim.chat("priya", person).status_code == 201
    assert sim.items("/users/invite/sent", account_id="priya") == []
    newest = {r["public_identifier"] for r in sim.items("/users/relations", account_id="priya")[:2]}
    assert newest == {invited["slug"], stranger["slug"]}
    sim.advance(hours=8)
    assert len(listener.of("new_relation")) == 2


def test_a_person_accepts_declines_and_answers_at_once(sim: Running) -> None:
    person, other = sim.stranger("priya"), sim.stranger("priya")
    sim.invite("priya", person)
    sim.invite("priya", other)
    sim.act("accept", "priya", person)
    sim.act("decline", "priya", other)
    sim.act("reply", "priya", person, kind="out_of_office")
    assert sim.sim("GET", "/state")["invitations"] == {"accepted": 1, "declined": 1}
    [message] = sim.items("/messages", account_id="priya")
    assert message["is_sender"] == 0


def test_a_declined_invitation_vanishes_like_a_withdrawn_one(sim: Running) -> None:
    person = sim.stranger("priya")
    sim.invite("priya", person)
    sim.act("decline", "priya", person)
    assert sim.items("/users/invite/sent", account_id="priya") == []
    profile = sim.get(f"/users/{person['slug']}", account_id="priya").json()
    assert "invitation" not in profile and profile["is_relationship"] is False


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/act", {"act": "dance", "account_id": "priya", "person": None}, 400),
        ("/act", {"act": "accept", "account_id": "priya", "person": None}, 400),
        ("/act", {"account_id": "priya"}, 400),
        ("/act", {"act": "accept", "account_id": "nobody", "person": None}, 404),
        ("/act", {"act": "accept", "account_id": "priya", "person": "nobody"}, 404),
        ("/people/nobody", {}, 404),
        ("/account/nobody", {}, 404),
        ("/account/priya", {"status": "ASLEEP"}, 400),
        ("/account/priya", {"plan": "platinum"}, 400),
        ("/account/priya", {"mood": "good"}, 400),
        ("/options", {"weekly_cap_error": "maybe"}, 400),
        ("/options", {"read_lag": "yes"}, 400),
        ("/options", {"colour": True}, 400),
        ("/seed", {"sead": 7}, 400),
        ("/seed", {"accounts": [{"plan": "platinum"}]}, 400),
        ("/seed", {"accounts": [{"id": "a"}, {"id": "a"}]}, 400),
        ("/seed", {"accounts": [{"id": "a", "limits": {"naps_day": 1}}]}, 400),
        ("/seed", {"accounts": [{"id": "a", "cookie": "li_at"}]}, 400),
        ("/seed", {"start": "soon"}, 400),
    ],
)
def test_a_wrong_order_gets_one_sentence(sim: Running, path: str, body: dict[str, Any], status: int) -> None:
    if "person" in body and body["person"] is None:
        body = body | {"person": sim.stranger("priya")["slug"]}
    before = sim.sim("GET", "/state")
    answer = sim.client.post(f"/sim{path}", json=body)
    assert answer.status_code == status and answer.json()["error"].endswith(".")
    assert sim.sim("GET", "/state") == before, "a refused order changes nothing"


@pytest.mark.parametrize(
    "body",
    [
        {"reply": {"text": "Hi"}},
        {"reply": {"after_h": 1, "kind": "rude"}},
        {"blocks": 1},
        {"smiles": True},
        {"degree": {"nobody": 1}},
    ],
)
def test_a_wrong_script_gets_one_sentence(sim: Running, body: dict[str, Any]) -> None:
    person = sim.people()[0]
    answer = sim.client.post(f"/sim/people/{person['slug']}", json=body)
    assert answer.status_code == 400 and answer.json()["error"].endswith(".")
    assert sim.people()[0] == person


def test_one_more_account_can_be_linked(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "account_status")
    sim.sim("POST", "/accounts", {"id": "alice", "name": "Alice Lindqvist", "plan": "sn_core"})
    sim.advance(seconds=0)
    assert listener.heard[0]["AccountStatus"]["message"] == "CREATION_SUCCESS"
    assert sim.get("/users/me", account_id="alice").json()["first_name"] == "Alice"
    assert sim.balance("alice") == 50


def test_seeding_again_forgets_everything(sim: Running, listener: Listener) -> None:
    sim.hook(listener.url, "messaging")
    sim.chat("priya", sim.friend("priya"))
    sim.seed({"id": "other"}, people=5)
    assert sim.accepted() == [] and sim.items("/webhooks") == [] and len(sim.people()) == 5
    sim.advance(days=10)
    assert listener.heard == []


def test_the_state_counts_what_happened(sim: Running) -> None:
    sim.inmail("priya", sim.stranger("priya"))
    sim.invite("priya", sim.stranger("priya"))
    state = sim.sim("GET", "/state")
    assert state["accepted"] == {"inmail": 1, "invite": 1} and state["invitations"] == {"pending": 1}
    assert state["in_flight"] == 0 and state["accounts"]["priya"]["balances"] == {"sales_navigator": 49}
