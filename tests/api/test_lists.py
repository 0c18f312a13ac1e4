"""Lists: pages that lose and repeat nobody, filters by name only, and a price that does not grow with the rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from accounts.models import Member
from campaigns.models import Thread
from prospects.models import Company, Prospect
from tests.api.caller import Caller, caller
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects
from tests.web.conversations import conversation

pytestmark = pytest.mark.django_db


def all_of(api: Caller, path: str, **query: Any) -> list[int]:
    """The ids of every row, page by page."""
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get(path, **query, **cursor).json()
        found += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_pages_hold_everybody_once(api: Caller, tidewell: Tidewell) -> None:
    people = prospects(tidewell.workspace, 7)
    assert all_of(api, "prospects/", limit=3) == [one.pk for one in reversed(people)]
    assert all_of(api, "prospects/", limit=7) == [one.pk for one in reversed(people)]


def test_whoever_comes_meanwhile_moves_nobody(api: Caller, tidewell: Tidewell) -> None:
    people = prospects(tidewell.workspace, 4)
    first = api.get("prospects/", limit=2).json()
    prospects(tidewell.workspace, 2)
    with scope(workspace=tidewell.workspace):
        Prospect.objects.filter(pk=people[3].pk).delete()
    second = api.get("prospects/", limit=2, cursor=first["next_cursor"]).json()
    assert [row["id"] for row in second["items"]] == [people[1].pk, people[0].pk]


def test_conversations_of_the_same_instant_are_all_shown(api: Caller, tidewell: Tidewell) -> None:
    made = [conversation(tidewell.senders["bob"]).pk for _ in range(5)]
    assert all_of(api, "threads/", limit=2) == sorted(made, reverse=True)


def test_a_cursor_belongs_to_its_list_its_filters_and_its_workspace(
    api: Caller, tidewell: Tidewell, charlie: Member
) -> None:
    prospects(tidewell.workspace, 3)
    cursor = api.get("prospects/", limit=1).json()["next_cursor"]
    for asks, path, query in (
        (api, "campaigns/", {}),
        (api, "prospects/", {"tier": "1"}),
        (caller(charlie), "prospects/", {}),
    ):
        answer = asks.get(path, cursor=cursor, **query)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:parley:problem:wrong-cursor")
    assert api.get("prospects/", cursor=cursor[:-1]).status_code == 400
    assert api.get("prospects/", cursor="").status_code == 400


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            {"tier__gt": "1"},
            "There is no filter 'tier__gt' here: use tier, seniority, email, company, replied, do_not_contact, cursor, "
            "limit.",
        ),
        ({"tier": "4"}, "The filter tier takes one of 1, 2, 3."),
        ({"replied": "yes"}, "The filter replied takes true or false."),
        ({"limit": "101"}, "The filter limit takes a number from 1 to 100."),
        ({"limit": "²"}, "The filter limit takes a number from 1 to 100."),
        ({"email": "a\0b"}, "The filter email takes a text of up to 200 characters."),
        ({"tier": ["1", "2"]}, "Give tier once."),
    ],
)
def test_a_filter_that_there_is_not_is_refused_in_one_sentence(
    api: Caller, query: dict[str, Any], sentence: str
) -> None:
    answer = api.get("prospects/", **query)
    assert answer.status_code == 400
    assert answer.json()["detail"] == sentence


def test_filters_narrow(api: Caller, tidewell: Tidewell) -> None:
    one, two, three = prospects(tidewell.workspace, 3)
    with scope(workspace=tidewell.workspace):
        company = Company.objects.create(workspace=tidewell.workspace, name="Engines")
        Prospect.objects.filter(pk=one.pk).update(tier=3, email="ada@example.com", company=company)
        Prospect.objects.filter(pk=two.pk).update(replied_at=MONDAY, seniority="vp")
        Prospect.objects.filter(pk=three.pk).update(suppressed_at=MONDAY)
    found = {
        one.pk: [{"tier": "3"}, {"email": "Ada@example.com"}, {"company": "engines"}],
        two.pk: [{"replied": "true"}, {"seniority": "vp"}],
        three.pk: [{"do_not_contact": "true"}],
    }
    for person, queries in found.items():
        for query in queries:
            assert all_of(api, "prospects/", **query) == [person], query
    assert all_of(api, "prospects/", replied="false", do_not_contact="false") == [one.pk]


def test_filters_of_campaigns_enrollments_and_threads(api: Caller, tidewell: Tidewell) -> None:
    running, paused = campaign(tidewell.bob, "One"), campaign(tidewell.priya, "Two", "paused")
    (a, b) = prospects(tidewell.workspace, 2)
    (first,) = enroll(running, tidewell.senders["bob"], [a])
    (second,) = enroll(paused, tidewell.senders["priya"], [b], "held")
    assert all_of(api, "campaigns/", state="paused") == [paused.pk]
    assert all_of(api, "campaigns/", owner=tidewell.bob.pk) == [running.pk]
    assert all_of(api, "enrollments/", campaign=running.pk) == [first.pk]
    assert all_of(api, "enrollments/", prospect=b.pk) == [second.pk]
    assert all_of(api, "enrollments/", state="held") == [second.pk]
    assert all_of(api, "enrollments/", sender=tidewell.senders["priya"].pk) == [second.pk]
    thread = conversation(tidewell.senders["bob"])
    other = conversation(tidewell.senders["priya"], "Who are you?")
    with scope(workspace=tidewell.workspace):
        Thread.objects.filter(pk=other.pk).update(assignee=tidewell.mara, outcome="won")
    assert all_of(api, "threads/", assignee=tidewell.mara.pk) == [other.pk]
    assert all_of(api, "threads/", outcome="none") == [thread.pk]
    assert all_of(api, "threads/", outcome="won") == [other.pk]
    assert all_of(api, "threads/", label=thread.label, sender=thread.sender_id) == [thread.pk]


def _people(of: Tidewell, count: int) -> None:
    with scope(workspace=of.workspace):
        company = Company.objects.create(workspace=of.workspace, name=f"Company {count}")
        ids = [one.pk for one in prospects(of.workspace, count)]
        Prospect.objects.filter(pk__in=ids).update(company=company)


def _campaigns(of: Tidewell, count: int) -> None:
    for n in range(count):
        campaign(of.bob, f"Campaign {count} {n}")


def _enrollments(of: Tidewell, count: int) -> None:
    enroll(campaign(of.bob, f"Of {count}"), of.senders["bob"], prospects(of.workspace, count))


def _threads(of: Tidewell, count: int) -> None:
    for _ in range(min(count, 30)):
        conversation(of.senders["bob"])


@pytest.mark.parametrize(
    ("path", "make"),
    [("prospects/", _people), ("campaigns/", _campaigns), ("enrollments/", _enrollments), ("threads/", _threads)],
)
def test_a_list_costs_the_same_for_three_rows_and_three_hundred(
    path: str, make: Callable[[Tidewell, int], None], api: Caller, tidewell: Tidewell
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path, limit=100).status_code == 200
        return len(queries)

    make(tidewell, 3)
    few = cost()
    make(tidewell, 300)
    assert cost() == few <= 5


def test_a_conversation_costs_the_same_however_long_it_is(api: Caller, tidewell: Tidewell) -> None:
    thread = conversation(tidewell.senders["bob"])

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"threads/{thread.pk}/").status_code == 200
        return len(queries)

    few = cost()
    for n in range(5):
        api.post(f"threads/{thread.pk}/notes/", {"text": f"Note {n}"})
    assert cost() == few


def test_messages_are_paged_to_the_first(api: Caller, tidewell: Tidewell) -> None:
    thread = conversation(tidewell.senders["bob"], "Interesting, tell me more.")
    said = api.get(f"threads/{thread.pk}/").json()
    assert [one["inbound"] for one in said["messages"]] == [False, True]
    assert said["messages"][1]["label"] == "interested"
    assert all_of(api, f"threads/{thread.pk}/messages/", limit=1) == [one["id"] for one in said["messages"]][::-1]
