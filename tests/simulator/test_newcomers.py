"""People who are in nobody's seed: made when they are first heard of, the same every time, and kept."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import BUSINESS, CORE
from tests.simulator.running import Running, refusal

OPEN: dict[str, Any] = {"options": {"newcomers": True}}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    started = []

    def start(folder: str) -> Running:
        running = Running(tmp_path / folder)
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()


def read(sim: Running, identifier: str, account: str = "priya") -> dict[str, Any]:
    answer = sim.get(f"/users/{identifier}", account_id=account)
    assert answer.status_code == 200, answer.text
    profile: dict[str, Any] = answer.json()
    return profile


def test_without_the_option_an_unknown_slug_is_nobody(sim: Running) -> None:
    assert refusal(sim.get("/users/jon-bergstrom", account_id="priya")) == (404, "resource_not_found")
    assert len(sim.people()) == 60


def test_an_unknown_slug_is_a_second_degree_person_named_by_it(sim: Running) -> None:
    sim.seed(CORE, BUSINESS, **OPEN)
    made = read(sim, "tomas-de-ferreira-914a")
    assert (made["first_name"], made["last_name"]) == ("Tomas", "De Ferreira")
    assert made["network_distance"] == "SECOND_DEGREE" and made["provider_id"].startswith("ACoAA")
    assert read(sim, "Tomas-de-Ferreira-914A") == made, "the same person in any case of letters"
    assert read(sim, made["provider_id"]) == made
    assert len(sim.people()) == 61 and [t["kind"] for t in sim.accepted()] == ["profile_read"] * 3


@pytest.mark.parametrize("slug", ["%E7%94%B0%E4%B8%AD-yuki", "ana%C3%AFs-dubois-%F0%9F%8C%BF", "x", "4711"])
def test_slugs_that_hold_no_plain_name_are_people_too(sim: Running, slug: str) -> None:
    sim.seed(CORE, **OPEN)
    made = read(sim, slug)
    assert made["first_name"] and made["last_name"]


def test_an_unknown_member_id_is_a_person_in_either_spelling(sim: Running) -> None:
    sim.seed(CORE, **OPEN)
    classic, sales = "ACoAA" + "x" * 34, "ACwAA" + "y" * 34
    assert read(sim, classic)["provider_id"] == classic
    made = read(sim, sales)
    assert made["provider_id"].startswith("ACoAA"), "a Sales Navigator id leads to the classic one"
    assert read(sim, sales) == made == read(sim, made["public_identifier"])


@pytest.mark.parametrize("identifier", ["a%20b", "%3Cb%3E", "-", "a%26b=c"])
def test_what_is_no_slug_makes_nobody(sim: Running, identifier: str) -> None:
    sim.seed(CORE, **OPEN)
    assert refusal(sim.get(f"/users/{identifier}", account_id="priya"))[0] == 404
    assert len(sim.people()) == 60


def test_a_seats_own_slug_stays_its_own(sim: Running) -> None:
    seats = sim.seed(CORE, BUSINESS, **OPEN)["accounts"]
    assert read(sim, seats[0]["slug"])["is_self"] and not read(sim, seats[1]["slug"])["is_self"]
    assert len(sim.people()) == 60


def test_a_read_over_the_limit_makes_nobody(sim: Running) -> None:
    sim.seed(CORE | {"limits": {"profile_reads_day": 1}}, **OPEN)
    read(sim, "first-of-all")
    assert refusal(sim.get("/users/second-of-all", account_id="priya"))[1] == "limit_exceeded"
    assert len(sim.people()) == 61


def test_newcomers_are_told_by_their_slug_alone_whoever_came_before(sim: Running) -> None:
    sim.seed(CORE, **OPEN)
    read(sim, "somebody-else")
    late = read(sim, "ada-quist")
    sim.seed(CORE, **OPEN)
    early = read(sim, "ada-quist")
    told_by_index = {"member_urn": None}
    assert early | told_by_index == late | told_by_index


def test_many_are_made_at_once_with_what_is_said_of_them(sim: Running) -> None:
    sim.seed(CORE, BUSINESS)
    ada = {"slug": "ada-quist", "first_name": "Ada", "last_name": "Quist", "title": "VP Sales", "company": "Nordlys"}
    ivo = {"slug": "ivo-dahl", "provider_id": "ACoAA" + "i" * 34}
    answer = sim.sim("POST", "/newcomers", {"people": [ada | {"degree": {"priya": 1}}, ivo, ada]})
    assert (answer["new"], answer["total"]) == (2, 62)
    made = answer["items"][0]
    assert (made["title"], made["company"], made["seniority"]) == ("VP Sales", "Nordlys", "vp")
    assert made["degree"] == {"priya": 1, "bob": 2}
    assert sim.items("/users/relations", account_id="priya")[0]["public_identifier"] == "ada-quist"
    assert answer["items"][1]["provider_id"] == ivo["provider_id"]
    assert sim.chat("priya", made).status_code == 201, "who is connected can be written to"


def test_a_newcomer_accepts_and_answers_like_anybody_else(sim: Running) -> None:
    sim.seed(CORE, **OPEN)
    order = {"slug": "ada-quist", "accept_after_h": 2, "reply": {"after_h": 1, "text": "Gladly."}}
    person = sim.sim("POST", "/newcomers", {"people": [order]})["items"][0]
    assert sim.invite("priya", person, "Hi").status_code == 200
    sim.advance(hours=2)
    assert sim.sim("GET", "/people/ada-quist")["degree"]["priya"] == 1
    sim.chat("priya", person)
    sim.advance(hours=1)
    assert [m["text"] for m in sim.items("/messages", account_id="priya") if not m["is_sender"]] == ["Gladly."]


def test_a_script_is_written_for_somebody_unheard_of(sim: Running) -> None:
    sim.seed(CORE, **OPEN)
    assert sim.sim("POST", "/people/ada-quist", {"degree": {"priya": 1}})["degree"]["priya"] == 1


@pytest.mark.parametrize(
    ("people", "says"),
    [
        ([{"first_name": "Ada"}], "needs a slug"),
        ([{"slug": "a b"}], "needs a slug"),
        ([{"provider_id": "12345"}], "is no member id"),
        ([{"slug": "ada", "seniority": "boss"}], "seniority is one of"),
        ([{"slug": "ada", "degree": {"nobody": 1}}], "degree is an object"),
        ([{"slug": "ada", "age": 4}], "has no age"),
        ("ada", "people is a list"),
    ],
)
def test_a_wrong_order_is_refused_in_a_sentence_and_makes_nobody(sim: Running, people: Any, says: str) -> None:
    answer = sim.client.post("/sim/newcomers", json={"people": people})
    assert answer.status_code == 400 and says in answer.json()["error"]
    assert len(sim.people()) == 60


def test_newcomers_outlive_kill_9(start: Callable[[str], Running]) -> None:
    running = start("state")
    running.seed(CORE, BUSINESS, **OPEN)
    read(running, "ada-quist")
    read(running, "ACwAA" + "y" * 34)
    running.sim("POST", "/newcomers", {"people": [{"slug": "ivo-dahl", "degree": {"bob": 1}, "reply": None}]})
    running.invite("priya", running.sim("GET", "/people/ada-quist"), "Hi")
    before = running.people(), running.items("/users/relations", account_id="bob")
    invited = running.items("/users/invite/sent", account_id="priya")
    running.kill()
    running.start()
    assert (running.people(), running.items("/users/relations", account_id="bob")) == before
    assert running.items("/users/invite/sent", account_id="priya") == invited
    assert read(running, "ACwAA" + "y" * 34)["public_identifier"] == running.people()[61]["slug"]
    read(running, "and-one-more")
    assert len(running.people()) == 64
