"""Every answer has the vendor's shape: the schemas beside the simulator, paging, numbers, errors."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.simulator.conftest import BUSINESS, CORE, FREE
from tests.simulator.running import ROOT, Listener, Running, refusal

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "outreach/simulator/schemas").glob("*.json")}
REGISTRY: Registry[Any] = Registry().with_resources(
    (f"{name}.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
VALIDATORS = {name: Draft202012Validator(schema, registry=REGISTRY) for name, schema in SCHEMAS.items()}


def check(name: str, value: Any) -> Any:
    VALIDATORS[name].validate(value)
    return value


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_itself_valid(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"{name}.json" and SCHEMAS[name]["description"]


def test_a_schema_notices_what_is_missing_null_or_of_another_type() -> None:
    good = {"object": "ChatStarted", "chat_id": None, "message_id": "x"}
    check("ChatStarted", good)
    for bad in ({**good, "object": "Started"}, {"object": "ChatStarted", "chat_id": "x"}, {**good, "chat_id": 5}):
        assert not VALIDATORS["ChatStarted"].is_valid(bad)


@pytest.fixture
def lived(process: Running, listener: Listener) -> Running:
    """A world with something of every shape in it."""
    process.seed(CORE, FREE, BUSINESS, people=200)
    for source in ("messaging", "users", "account_status"):
        process.hook(listener.url, source)
    for number, person in enumerate(process.people()[:150]):
        account = ("priya", "bob")[number % 2]
        if person["degree"][account] == 1:
            process.chat(account, person)
        elif number % 3:
            process.invite(account, person, "Hi" if number % 4 else None)
        else:
            process.inmail("priya", person)
    process.chat("bob", process.friend("bob"), process.friend("bob"))
    process.sim("POST", "/account/mara", {"status": "ERROR"})
    process.advance(days=12)
    return process


def test_every_answer_fits_its_schema(lived: Running) -> None:
    for item in check("AccountList", lived.get("/accounts").json())["items"]:
        check("Account", lived.get(f"/accounts/{item['id']}").json())
    for account in ("priya", "bob"):
        check("AccountOwnerProfile", lived.get("/users/me", account_id=account).json())
        check("LinkedinInmailBalance", lived.get("/linkedin/inmail_balance", account_id=account).json())
        assert check("UserRelationsList", lived.get("/users/relations", account_id=account).json())["items"]
        assert check("InvitationList", lived.get("/users/invite/sent", account_id=account, limit=100).json())["items"]
        chats = check("ChatList", lived.get("/chats", account_id=account, limit=250).json())["items"]
        assert len(chats) > 10
        for chat in chats:
            check("ChatDetails", lived.get(f"/chats/{chat['id']}").json())
            check("MessageList", lived.get(f"/chats/{chat['id']}/messages").json())
            check("ChatAttendeeList", lived.get(f"/chats/{chat['id']}/attendees").json())
        messages = check("MessageList", lived.get("/messages", account_id=account, limit=250).json())["items"]
        check("Message", lived.get(f"/messages/{messages[0]['id']}").json())
        assert {m["is_sender"] for m in messages} == {0, 1}


def test_profiles_fit_their_schema_and_tell_the_invitation(lived: Running) -> None:
    seen = set()
    for person in lived.people():
        by_slug = check("UserProfile", lived.get(f"/users/{person['slug']}", account_id="bob").json())
        assert lived.get(f"/users/{person['provider_id']}", account_id="bob").json() == by_slug
        degrees = {1: "FIRST_DEGREE", 2: "SECOND_DEGREE", 3: "THIRD_DEGREE", 0: "OUT_OF_NETWORK"}
        assert by_slug["network_distance"] == degrees[person["degree"]["bob"]]
        assert by_slug["is_open_profile"] == person["open_profile"]
        seen.add(by_slug.get("invitation", {}).get("status"))
    assert seen == {None, "PENDING"}
    assert refusal(lived.get("/users/nobody-at-all", account_id="bob")) == (404, "resource_not_found")


def test_posts_reactions_and_comments_fit_their_schemas(lived: Running) -> None:
    author = next(p for p in lived.people() if lived.items(f"/users/{p['slug']}/posts", account_id="bob"))
    post = check("PostList", lived.get(f"/users/{author['slug']}/posts", account_id="bob").json())["items"][0]
    check("Post", lived.get(f"/posts/{post['social_id']}", account_id="bob").json())
    assert lived.get(f"/posts/{post['social_id'].replace(':', '%3A')}", account_id="bob").json()["id"] == post["id"]
    reaction = {"account_id": "bob", "post_id": post["social_id"], "reaction_type": "celebrate"}
    check("ReactionAdded", lived.client.post("/api/v1/posts/reaction", json=reaction).json())
    again = lived.client.post("/api/v1/posts/reaction", json=reaction)
    assert refusal(again) == (422, "action_already_performed")
    comment = {"account_id": "bob", "text": "Congratulations"}
    path = f"/api/v1/posts/{post['social_id']}/comments"
    check("CommentSent", lived.client.post(path, json=comment).json())
    assert refusal(lived.client.post(path, json=comment | {"text": "x" * 1251})) == (400, "too_many_characters")
    [mine] = check("CommentList", lived.get(f"/posts/{post['social_id']}/comments", account_id="bob").json())["items"]
    assert mine["text"] == "Congratulations" and mine["author"] == "Bob Moreau"
    [liked] = check("PostReactionList", lived.get(f"/posts/{post['id']}/reactions", account_id="bob").json())["items"]
    assert liked["value"] == "PRAISE"
    assert [t["kind"] for t in lived.accepted("like", "comment")] == ["like", "comment"]
    assert {t["slug"] for t in lived.accepted("like", "comment")} == {author["slug"]}


def test_our_own_posts_have_people_who_engaged(lived: Running) -> None:
    me = lived.get("/users/me", account_id="bob").json()
    for post in check("PostList", lived.get(f"/users/{me['provider_id']}/posts", account_id="bob").json())["items"]:
        fans = check("PostReactionList", lived.get(f"/posts/{post['social_id']}/reactions", account_id="bob").json())
        assert len(fans["items"]) == 4
        assert check("CommentList", lived.get(f"/posts/{post['social_id']}/comments", account_id="bob").json())["items"]


def test_what_is_made_fits_its_schema(sim: Running) -> None:
    person = sim.stranger("priya")
    sent = check("UserInvitationSent", sim.invite("priya", person).json())
    path = f"/api/v1/users/invite/sent/{sent['invitation_id']}"
    check("InvitationCanceled", sim.client.delete(path, params={"account_id": "priya"}).json())
    assert sim.get(f"/users/{person['slug']}", account_id="priya").json()["invitation"]["status"] == "WITHDRAWN"
    chat = check("ChatStarted", sim.chat("priya", sim.friend("priya")).json())
    check("MessageSent", sim.say(chat["chat_id"]).json())
    order = {"request_url": "http://127.0.0.1:9/x", "source": "users", "events": ["new_relation"]}
    hook = check("WebhookCreated", sim.client.post("/api/v1/webhooks", json=order).json())
    check("WebhookList", sim.get("/webhooks").json())
    check("WebhookDeleted", sim.client.delete(f"/api/v1/webhooks/{hook['webhook_id']}").json())


def test_webhook_bodies_fit_their_schemas(lived: Running, listener: Listener) -> None:
    for body in listener.heard:
        if "AccountStatus" in body:
            check("AccountStatus", body)
        else:
            check("MessageReceived" if body["event"] == "message_received" else "NewRelation", body)
    events = {body.get("event", "account_status") for body in listener.heard}
    assert events == {"message_received", "new_relation", "account_status"}


def test_errors_fit_their_schema(sim: Running) -> None:
    for answer in (
        sim.get("/accounts/nobody"),
        sim.get("/nothing/here"),
        sim.client.put("/api/v1/users/invite"),
        sim.invite("priya", "x"),
        sim.get("/users/me"),
        sim.client.post("/api/v1/users/invite", content=b"{", headers={"content-type": "application/json"}),
    ):
        check("Error", answer.json())
        refusal(answer)


def test_newer_shapes_are_sent_when_told(sim: Running) -> None:
    sim.sim("POST", "/options", {"newer_shapes": True})
    assert "classic" in sim.get("/accounts/priya").json()["connection_params"]["im"]["premiumFeatures"]
    sim.invite("priya", person := sim.stranger("priya"), "Hi")
    sim.act("accept", "priya", person)
    [chat] = sim.items("/chats", account_id="priya")
    assert chat["content_type"] == "invitation"
    me = sim.items(f"/chats/{chat['id']}/attendees")[0]
    assert me["is_self"] == 1 and me["specifics"]["network_distance"] == "SELF"


def pages(sim: Running, path: str, limit: int, **query: Any) -> list[list[dict[str, Any]]]:
    """All pages of a list, asked for by nothing but the cursor and the limit after the first."""
    found, answer = [], sim.get(path, limit=limit, **query).json()
    keep = {"account_id": query["account_id"]} if "relations" in path or "invite" in path else {}
    while True:
        found.append(answer["items"])
        if answer["cursor"] is None:
            return found
        assert base64.b64encode(base64.b64decode(answer["cursor"], validate=True)).decode() == answer["cursor"]
        answer = sim.get(path, limit=limit, cursor=answer["cursor"], **keep).json()


@pytest.mark.parametrize("path", ["/users/relations", "/users/invite/sent", "/chats", "/messages"])
def test_pages_give_everything_once_newest_first(lived: Running, path: str) -> None:
    whole = lived.items(path, account_id="bob", limit=100)
    parts = pages(lived, path, 7, account_id="bob")
    assert len(whole) > 14 and [len(part) for part in parts[:-1]] == [7] * (len(parts) - 1)
    assert [item for part in parts for item in part] == whole
    times = [item.get("timestamp") or item.get("created_at") or item["parsed_datetime"] for item in whole]
    assert times == sorted(times, reverse=True)


def test_a_chat_that_is_spoken_in_between_two_pages_shifts_nothing(lived: Running) -> None:
    whole = [chat["id"] for chat in lived.items("/chats", account_id="bob", limit=250)]
    first = lived.get("/chats", account_id="bob", limit=5).json()
    lived.advance(hours=1)
    assert lived.say(whole[2]).status_code == 201
    second = lived.get("/chats", limit=5, cursor=first["cursor"]).json()
    assert [chat["id"] for chat in second["items"]] == whole[5:10]


def test_filters_by_time_are_exclusive_and_strict(sim: Running) -> None:
    friend = sim.friend("priya")
    for _ in range(3):
        chat = sim.chat("priya", friend).json()["chat_id"]
        sim.advance(hours=1)
    times = [m["timestamp"] for m in sim.items(f"/chats/{chat}/messages")]
    assert times == ["2026-11-02T10:00:00.000Z", "2026-11-02T09:00:00.000Z", "2026-11-02T08:00:00.000Z"]
    for path in (f"/chats/{chat}/messages", "/messages"):
        assert [m["timestamp"] for m in sim.items(path, after=times[2])] == times[:2]
        assert [m["timestamp"] for m in sim.items(path, after=times[2], before=times[0])] == times[1:2]
    assert len(sim.items("/chats", account_id="priya", after=times[1])) == 1
    assert sim.items("/chats", account_id="priya", after=times[0]) == []
    assert sim.items("/chats", account_id="priya", before=times[0]) == []
    assert refusal(sim.get("/chats", after="2026-11-02T08:00:00Z")) == (400, "invalid_parameters")


def test_unread_chats_are_those_with_an_answer_at_the_end(sim: Running) -> None:
    silent, loud = sim.friend("priya"), sim.friend("priya")
    for person in (silent, loud):
        sim.chat("priya", person)
    sim.act("reply", "priya", loud, text="Hello")
    assert [c["attendee_provider_id"] for c in sim.items("/chats", account_id="priya", unread="true")] == [
        loud["provider_id"]
    ]
    [chat] = sim.items("/chats", account_id="priya", unread="false")
    assert chat["unread_count"] == 0 and chat["attendee_provider_id"] == silent["provider_id"]


@pytest.mark.parametrize(
    ("path", "most"), [("/accounts", 250), ("/chats", 250), ("/users/relations", 1000), ("/users/invite/sent", 100)]
)
def test_limits_and_cursors_are_checked(sim: Running, path: str, most: int) -> None:
    for limit in ("0", str(most + 1), "ten", "-1"):
        assert refusal(sim.get(path, account_id="priya", limit=limit)) == (400, "invalid_parameters")
    for cursor in ("!", "bm90IGpzb24=", base64.b64encode(b'{"list":"other"}').decode()):
        assert refusal(sim.get(path, account_id="priya", cursor=cursor)) == (400, "invalid_parameters")


def test_a_slash_at_the_end_changes_nothing(sim: Running) -> None:
    assert sim.get("/accounts/").json() == sim.get("/accounts").json()


def test_age_is_told_in_words_and_the_day_of_an_invitation_roughly(sim: Running) -> None:
    sim.invite("priya", sim.stranger("priya"))
    sim.advance(days=21)
    [sent] = sim.items("/users/invite/sent", account_id="priya")
    assert sent["date"] == "3 weeks ago" and sent["parsed_datetime"] == "2026-11-02T00:00:00.000Z"


def test_schemas_are_kept_for_every_answer_object() -> None:
    source = "".join(path.read_text() for path in Path(ROOT / "outreach/simulator").glob("*.py"))
    named = {line.split('"object": "')[1].split('"')[0] for line in source.splitlines() if '"object": "' in line}
    assert len(named) > 20 and named <= set(SCHEMAS)
