"""A call that is made twice is done once, whenever and however often the second one comes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django_scopes import scope, scopes_disabled

from accounts.api import once
from accounts.models import ApiCall, ApiKey, Member
from campaigns.models import Answer, Campaign
from outreach import clock
from prospects.models import Prospect
from tests.api.caller import Caller, caller
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects
from tests.web.conversations import conversation

ADA = {"name": "Ada Lovelace", "email": "ada@example.com"}
SPRING = {"name": "Spring", "play": "volume"}


@pytest.mark.django_db
def test_the_same_key_gives_the_same_answer(api: Caller, in_tidewell: object) -> None:
    first, second = api.post("prospects/", ADA, key="one"), api.post("prospects/", ADA, key="one")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert Prospect.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_for_something_else_is_refused(api: Caller, in_tidewell: object) -> None:
    api.post("prospects/", ADA, key="one")
    for path, said in (("prospects/", ADA | {"name": "Ada King"}), ("campaigns/", ADA)):
        answer = api.post(path, said, key="one")
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:parley:problem:key-reused")
    assert Prospect.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_two_callers_do_not_meet(api: Caller, alice: Member, charlie: Member) -> None:
    made = {asks.post("prospects/", ADA, key="one").status_code for asks in (api, caller(charlie))}
    assert made == {201}
    assert caller(alice).post("prospects/", ADA, key="one").status_code == 409, "another key of Alice's is another call"


@pytest.mark.django_db
def test_what_was_refused_can_be_tried_again_with_the_same_key(api: Caller, in_tidewell: object) -> None:
    taken = Campaign.objects.get(pk=api.post("campaigns/", SPRING).json()["id"])
    assert api.post("campaigns/", SPRING, key="one").status_code == 422
    assert not ApiCall.objects.exists(), "nothing was done, so nothing is kept"
    taken.name = "Summer"
    taken.save()
    assert api.post("campaigns/", SPRING, key="one").status_code == 201


@pytest.mark.django_db
def test_a_day_later_the_key_is_new_and_the_old_answer_swept(api: Caller, in_tidewell: object) -> None:
    api.post("prospects/", ADA, key="one")
    assert once.sweep(now=MONDAY + timedelta(hours=23)) == 0
    clock.turn_to(MONDAY + timedelta(hours=24))
    assert api.post("prospects/", ADA, key="one").status_code == 409, "she is in the list: it was done anew"
    api.post("campaigns/", SPRING, key="two")
    once.sweep(now=MONDAY + timedelta(hours=48))
    assert not ApiCall.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["a b", "ü", "x" * 101])
def test_a_key_that_is_none(api: Caller, key: str) -> None:
    assert api.post("prospects/", ADA, key=key).status_code == 400


@pytest.mark.django_db
def test_a_call_of_a_verb_with_locks_of_its_own_is_held_and_answered_again(api: Caller, tidewell: Tidewell) -> None:
    (enrolled,) = enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 1))
    hold = f"enrollments/{enrolled.pk}/hold/"
    first, again = api.post(hold, key="one"), api.post(hold, key="one")
    assert first.json() == again.json()
    assert first.json()["changed"] is True and again["Idempotency-Replayed"] == "true"
    with scope(workspace=tidewell.workspace):
        call = ApiCall.objects.get()
        call.status, call.body, call.busy_until = None, None, MONDAY + once.LEASE
        call.save()
        busy = api.post(hold, key="one")
        assert (busy.status_code, busy["Retry-After"]) == (409, "5")
        clock.turn_to(MONDAY + once.LEASE)
        assert api.post(hold, key="one").json()["changed"] is False, "whoever held it is gone: it is so already"
        assert api.post(hold, key="one")["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_a_refusal_of_such_a_verb_frees_the_key(api: Caller, tidewell: Tidewell) -> None:
    path = f"prospects/{prospects(tidewell.workspace, 1)[0].pk}/do-not-contact/"
    assert api.post(path, {"reason": ""}, key="one").status_code == 422
    assert api.post(path, {"reason": "Asked"}, key="one").json()["changed"] is True


@pytest.mark.django_db
def test_an_answer_is_one_answer_even_when_its_call_was_lost(api: Caller, tidewell: Tidewell) -> None:
    thread = conversation(tidewell.senders["bob"])
    path = f"threads/{thread.pk}/answers/"
    first = api.post(path, {"text": "Thank you."}, key="one")
    assert first.status_code == 201 and first.json()["state"] == "Queued"
    with scope(workspace=tidewell.workspace):
        ApiCall.objects.all().delete()
        assert api.post(path, {"text": "Thank you."}, key="one").json()["id"] == first.json()["id"]
        assert Answer.objects.count() == 1
        assert api.post(path, {"text": "Again."}).status_code == 422, "one is queued already"


def _at_once(token: str, path: str, said: Any) -> list[Any]:
    def call(_: int) -> Any:
        try:
            return Caller(token).post(path, said, key="one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as callers:
        return list(callers.map(call, range(4)))


@pytest.mark.django_db(transaction=True)
def test_calls_of_one_key_at_the_same_moment_do_one_thing(monday: object, tidewell: Tidewell) -> None:
    token = caller(tidewell.alice).token
    answers = _at_once(token, "campaigns/", SPRING)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    with scopes_disabled():
        assert Campaign.objects.count() == 1
        assert ApiKey.objects.get().window_used == 4, "calls at the same moment are all counted"


@pytest.mark.django_db(transaction=True)
def test_answers_of_one_key_at_the_same_moment_are_one_answer(monday: object, tidewell: Tidewell) -> None:
    thread = conversation(tidewell.senders["bob"])
    token = caller(tidewell.alice).token
    answers = _at_once(token, f"threads/{thread.pk}/answers/", {"text": "Thank you."})
    assert {answer.status_code for answer in answers} <= {201, 409}
    with scopes_disabled():
        assert Answer.objects.count() == 1
