"""What two thousand people do, against the field's figures."""

from typing import Any

import pytest

from tests.simulator.running import Running


@pytest.fixture
def crowd(process: Running) -> Running:
    rates = {"first_degree": 0.5}
    process.seed(
        {
            "id": "a",
            "plan": "sn_core",
            "weekly_cap": None,
            "credits": 5000,
            "cap": 5000,
            "acceptance_floor": None,
            "pending_stop": None,
        },
        people=4000,
        rates=rates,
    )
    return process


def share(part: int, whole: int) -> float:
    assert whole > 300
    return part / whole


def strangers(sim: Running) -> list[dict[str, Any]]:
    return [p for p in sim.people() if p["degree"]["a"] != 1 and not p["needs_email"]]


def answered(sim: Running) -> set[str]:
    return {m["chat_id"] for m in sim_messages(sim) if not m["is_sender"]}


def sim_messages(sim: Running) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = sim.get("/messages", account_id="a", limit=250, **({"cursor": cursor} if cursor else {})).json()
        found += page["items"]
        cursor = page["cursor"]
        if cursor is None:
            return found


def test_people_are_as_they_should_be(process: Running) -> None:
    process.seed({"id": "a"}, {"id": "b"}, people=2000)
    people = process.people()
    assert len({p["slug"] for p in people}) == len({p["provider_id"] for p in people}) == 2000
    assert all(p["provider_id"].startswith("ACoAA") for p in people)
    assert 0.12 < share(sum(p["open_profile"] for p in people), 2000) < 0.18
    assert 0.04 < share(sum(not p["inmail"] for p in people), 2000) < 0.08
    assert 0.005 < share(sum(p["needs_email"] for p in people), 2000) < 0.02
    assert 0.17 < share(sum(p["seniority"] in ("vp", "c_level") for p in people), 2000) < 0.23
    for account in ("a", "b"):
        degrees = [p["degree"][account] for p in people]
        assert 0.08 < degrees.count(1) / 2000 < 0.12 and 0.5 < degrees.count(2) / 2000 < 0.6
    assert sum(p["degree"]["a"] != p["degree"]["b"] for p in people) > 500, "every seat has its own network"
    assert all(p["premium"] for p in people if p["open_profile"]) and all(
        p["inmail"] for p in people if p["open_profile"]
    )


@pytest.mark.parametrize(("note", "low", "high"), [("Hello", 0.20, 0.45), (None, 0.10, 0.15)])
def test_invites_are_accepted_at_the_fields_rates(crowd: Running, note: str | None, low: float, high: float) -> None:
    people = strangers(crowd)
    for person in people:
        assert crowd.invite("a", person, note).status_code == 200
    crowd.advance(hours=12)
    soon = crowd.sim("GET", "/state")["invitations"]["accepted"]
    crowd.advance(days=40)
    states = crowd.sim("GET", "/state")["invitations"]
    assert low < share(states["accepted"], len(people)) < high
    assert 0.05 < share(states["declined"], len(people)) < 0.11
    assert 0 < soon < 0.6 * states["accepted"], "hours to days, not at once"


def test_connections_answer_at_the_fields_rate_and_in_every_kind(crowd: Running) -> None:
    friends = [p for p in crowd.people() if p["degree"]["a"] == 1]
    for person in friends:
        assert crowd.chat("a", person).status_code == 201
    crowd.advance(days=30)
    assert 0.30 < share(len(answered(crowd)), len(friends)) < 0.50
    texts = [m["text"] for m in sim_messages(crowd) if not m["is_sender"]]
    for words, low, high in [
        (("out of the office", "Automatic reply", "vacation"), 0.08, 0.16),
        (("stop messaging", "Unsubscribe", "Remove me"), 0.03, 0.08),
        (("Not the right moment", "budget freeze", "but not now", "Swamped"), 0.13, 0.23),
        (("not interested", "No thanks", "not looking", "not a fit", "isn't a fit", "is a fit for us"), 0.14, 0.26),
    ]:
        assert low < share(sum(any(w in t for w in words) for t in texts), len(texts)) < high, words
    assert not any("{" in text for text in texts)


def test_inmails_to_senior_people_are_answered_by_10_to_25_per_cent_and_free_ones_by_fewer(crowd: Running) -> None:
    people = [p for p in strangers(crowd) if p["inmail"]]
    chats: dict[str, list[str]] = {"senior": [], "other": [], "open": []}
    for person in people:
        kind = "open" if person["open_profile"] else "senior" if person["seniority"] in ("vp", "c_level") else "other"
        chats[kind].append(crowd.inmail("a", person).json()["chat_id"])
    crowd.advance(days=30)
    answers = answered(crowd)
    rates = {kind: share(len(answers & set(ids)), len(ids)) for kind, ids in chats.items() if len(ids) > 300}
    assert 0.10 < rates["senior"] < 0.25
    assert 0.04 < rates["other"] < 0.13
    free = len(answers & set(chats["open"])) / len(chats["open"])
    assert 0.05 < free < 0.15 and free < rates["senior"]


def test_rates_can_be_overridden(process: Running) -> None:
    rates = {"accept_note": [1, 1], "first_degree": 0, "needs_email": 0, "note_reply": 1, "replies": {"stop": 1}}
    process.seed({"id": "a", "plan": "career", "weekly_cap": None}, rates=rates)
    for person in process.people():
        process.invite("a", person, "Hi")
    process.advance(days=40)
    state = process.sim("GET", "/state")
    assert state["invitations"] == {"accepted": 60} and state["replies"] == 60
    texts = {m["text"] for m in process.items("/messages", account_id="a", limit=250) if not m["is_sender"]}
    assert texts <= {
        "Please stop messaging me.",
        "Unsubscribe. Do not contact me again.",
        "Remove me from your list, please.",
    }


@pytest.mark.parametrize("rates", [{"acceptance": 1}, {"replies": {"rude": 1}}, {"replies": {}}])
def test_wrong_rates_are_refused_with_a_sentence(process: Running, rates: dict[str, Any]) -> None:
    answer = process.client.post("/sim/seed", json={"seed": 1, "people": 1, "rates": rates})
    assert answer.status_code == 400 and answer.json()["error"].endswith(".")


def test_a_thin_account_has_some_invitations_silently_undelivered(process: Running) -> None:
    accepted = []
    for connections in (600, 40):
        seat = {
            "id": "a",
            "plan": "career",
            "weekly_cap": None,
            "connections": connections,
            "acceptance_floor": None,
            "pending_stop": None,
        }
        process.seed(seat, people=1000, rates={"undelivered_when_thin": 0.5, "needs_email": 0})
        for person in strangers(process):
            process.invite("a", person, "Hi")
        process.advance(days=40)
        accepted.append(process.sim("GET", "/state")["invitations"]["accepted"])
    assert 0.35 * accepted[0] < accepted[1] < 0.65 * accepted[0]
