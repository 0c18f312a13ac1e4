"""Every call of the API by everybody who might make it: no key, a dead one, one of another workspace, one without the
scope, the right one. A call that is not named here fails the suite."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django_scopes import scope, scopes_disabled

from accounts import keys
from accounts.models import ApiKey, History, Member
from campaigns.models import Campaign, Enrollment, Thread
from outreach import clock
from prospects.models import Audience
from tests.api.caller import Caller, caller
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects, sender
from tests.web.conversations import conversation
from tests.web.test_access import rows

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class Call:
    """A call, and what the right key is answered. `path` may name something of Tidewell's."""

    method: str
    path: str
    said: Any
    answer: int


NOTHING: dict[str, Any] = {}
TOMORROW = (MONDAY + timedelta(days=1)).isoformat()
MATRIX: dict[str, Call] = {
    "list_prospects": Call("GET", "prospects/", None, 200),
    "create_prospect": Call("POST", "prospects/", {"name": "Ada Lovelace", "email": "ada@example.com"}, 201),
    "read_prospect": Call("GET", "prospects/{prospect}/", None, 200),
    "change_prospect": Call("PATCH", "prospects/{prospect}/", {"tier": 3}, 200),
    "prospect_do_not_contact": Call("POST", "prospects/{prospect}/do-not-contact/", {"reason": "Asked"}, 200),
    "list_campaigns": Call("GET", "campaigns/", None, 200),
    "create_campaign": Call("POST", "campaigns/", {"name": "Spring", "play": "volume"}, 201),
    "read_campaign": Call("GET", "campaigns/{campaign}/", None, 200),
    "campaign_enrollments": Call("POST", "campaigns/{campaign}/enrollments/", {"tier": 1}, 422),  # it has no sender
    "campaign_launch": Call("POST", "campaigns/{campaign}/launch/", NOTHING, 200),  # it was launched before
    "campaign_pause": Call("POST", "campaigns/{campaign}/pause/", NOTHING, 200),
    "campaign_resume": Call("POST", "campaigns/{campaign}/resume/", NOTHING, 200),
    "list_enrollments": Call("GET", "enrollments/", None, 200),
    "read_enrollment": Call("GET", "enrollments/{enrollment}/", None, 200),
    "enrollment_hold": Call("POST", "enrollments/{enrollment}/hold/", NOTHING, 200),
    "enrollment_resume": Call("POST", "enrollments/{enrollment}/resume/", NOTHING, 200),
    "enrollment_stop": Call("POST", "enrollments/{enrollment}/stop/", NOTHING, 200),
    "list_threads": Call("GET", "threads/", None, 200),
    "read_thread": Call("GET", "threads/{thread}/", None, 200),
    "list_thread_messages": Call("GET", "threads/{thread}/messages/", None, 200),
    "thread_answers": Call("POST", "threads/{thread}/answers/", {"text": "Thank you."}, 201),
    "thread_done": Call("POST", "threads/{thread}/done/", NOTHING, 200),
    "thread_reopen": Call("POST", "threads/{thread}/reopen/", NOTHING, 200),
    "thread_snooze": Call("POST", "threads/{thread}/snooze/", {"until": TOMORROW}, 200),
    "thread_assign": Call("POST", "threads/{thread}/assign/", {"to": None}, 200),
    "thread_label": Call("POST", "threads/{thread}/label/", {"label": "question"}, 200),
    "thread_outcome": Call("POST", "threads/{thread}/outcome/", {"outcome": "won"}, 200),
    "thread_notes": Call("POST", "threads/{thread}/notes/", {"text": "Call her."}, 201),
}
OWN = {"list_prospects", "create_prospect", "list_campaigns", "create_campaign", "list_enrollments", "list_threads"}
"""Calls that name nothing of Tidewell's: whoever is of Otherside makes them for Otherside."""


def operations() -> dict[str, str]:
    """Every call that the schema names, with its scope."""
    schema = yaml.safe_load(Path(settings.BASE_DIR, "docs", "openapi.yaml").read_text())
    found = [operation for methods in schema["paths"].values() for operation in methods.values()]
    return {operation["operationId"]: operation["x-scope"] for operation in found}


def test_every_call_stands_in_the_matrix() -> None:
    assert set(MATRIX) == set(operations())
    assert set(operations().values()) == set(keys.SCOPES)


@pytest.fixture
def made(monday: object, tidewell: Tidewell) -> dict[str, int]:
    with scope(workspace=tidewell.workspace):
        thread = conversation(tidewell.senders["bob"], first_name="Foreign")
        people = prospects(tidewell.workspace, 1, first_name="Foreign")
        of = campaign(tidewell.bob, "Foreign campaign")
        (enrollment,) = enroll(of, tidewell.senders["bob"], people)
    return {"prospect": people[0].pk, "campaign": of.pk, "enrollment": enrollment.pk, "thread": thread.pk}


@pytest.mark.parametrize("name", MATRIX)
def test_who_may_call_it(name: str, made: dict[str, int], tidewell: Tidewell, charlie: Member) -> None:
    call, need = MATRIX[name], operations()[name]
    others = [one for one in keys.SCOPES if one != need]
    revoked, expired = caller(tidewell.alice), caller(tidewell.alice)
    with scope(workspace=tidewell.workspace):
        first, second = ApiKey.objects.order_by("pk")
        keys.revoke(first.pk, by=tidewell.alice, now=MONDAY)
        ApiKey.objects.filter(pk=second.pk).update(
            created_at=MONDAY - timedelta(days=2), expires_at=MONDAY - timedelta(days=1)
        )
    refused: dict[str, tuple[Caller, int]] = {
        "no key": (Caller(""), 401),
        "an unknown key": (Caller("parley_unknown"), 401),
        "a revoked key": (revoked, 401),
        "an expired key": (expired, 401),
        "a key without the scope": (caller(tidewell.alice, *others), 403),
    }
    if name not in OWN:
        refused["a key of Otherside"] = (caller(charlie), 404)
    right, outsider = caller(tidewell.alice, need), caller(charlie)
    before, noted = rows(), _noted()
    for who, (asks, status) in refused.items():
        answer = _make(asks, call, made)
        assert answer.status_code == status, who
        assert answer["Content-Type"] == "application/problem+json"
        assert b"Foreign" not in answer.content
    assert (rows(), _noted()) == (before, noted), "what is refused changes nothing"
    if name in OWN:
        assert b"Foreign" not in _make(outsider, call, made).content
    answer = _make(right, call, made)
    assert answer.status_code == call.answer, answer.content


def _make(asks: Caller, call: Call, made: dict[str, int]) -> Any:
    path = call.path.format(**made)
    if call.method == "GET":
        return asks.get(path)
    return asks.patch(path, call.said) if call.method == "PATCH" else asks.post(path, call.said)


def _noted() -> list[Any]:
    with scopes_disabled():
        state = [
            list(model.objects.order_by("pk").values_list("pk", "state")) for model in (Campaign, Enrollment, Thread)
        ]
        return [History.objects.count(), *state]


def test_what_is_foreign_in_a_body_is_nothing_here(tidewell: Tidewell, charlie: Member, made: dict[str, int]) -> None:
    seat = sender(charlie, "Charlie Dupont", None)
    with scope(workspace=charlie.workspace):
        audience = Audience.objects.create(workspace=charlie.workspace, name="Theirs", created_at=MONDAY)
    new = {"name": "New", "play": "volume"}
    api = caller(tidewell.alice)
    for path, said, field in (
        ("campaigns/", new | {"audience": audience.pk}, "audience"),
        ("campaigns/", new | {"senders": [tidewell.senders["bob"].pk, seat.pk]}, "senders"),
        (f"threads/{made['thread']}/assign/", {"to": charlie.pk}, "to"),
    ):
        answer = api.post(path, said)
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == [field]
    with scope(workspace=tidewell.workspace):
        assert not Campaign.objects.filter(name="New").exists()


def test_foreign_people_are_not_enrolled(tidewell: Tidewell, charlie: Member, monday: object) -> None:
    foreign = prospects(charlie.workspace, 2)
    own = prospects(tidewell.workspace, 1)
    api = caller(tidewell.alice)
    draft = api.post("campaigns/", {"name": "New", "play": "volume", "senders": [tidewell.senders["bob"].pk]}).json()
    said = api.post(f"campaigns/{draft['id']}/enrollments/", {"people": [one.pk for one in foreign + own]}).json()
    assert said == {"enrolled": 1, "already": 0, "unknown": 2, "left_out": {}}


def test_a_session_is_no_key(made: dict[str, int], tidewell: Tidewell) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(tidewell.alice.user)
    assert browser.get("/api/v1/prospects/").status_code == 401
    assert browser.post("/api/v1/prospects/", "{}", content_type="application/json").status_code == 401


def test_a_key_needs_no_token_of_a_page_and_leaves_no_cookie(made: dict[str, int], tidewell: Tidewell) -> None:
    asks = caller(tidewell.alice)
    strict = Caller(asks.token, Client(enforce_csrf_checks=True))
    answer = strict.post("prospects/", {"name": "Ada Lovelace", "email": "ada@example.com"})
    assert answer.status_code == 201
    assert not answer.cookies and "no-store" in answer["Cache-Control"]
    assert "Cookie" not in answer.get("Vary", "")


def test_an_sdrs_key_reads_only_what_the_sdr_reads(made: dict[str, int], tidewell: Tidewell, alice: Member) -> None:
    """Alice made the key as an admin, and is an SDR by now: Bob's conversations are not hers."""
    asks = caller(alice)
    alice.role = "sdr"
    alice.save()
    assert asks.get("threads/").json()["items"] == []
    assert asks.get(f"threads/{made['thread']}/").status_code == 403
    assert asks.post(f"threads/{made['thread']}/done/").status_code == 403
    assert asks.post(f"campaigns/{made['campaign']}/pause/").status_code == 403
    assert asks.post(f"enrollments/{made['enrollment']}/stop/").status_code == 403


def test_more_calls_than_a_minute_may_have_are_told_to_wait(
    monday: Any, tidewell: Tidewell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "PER_MINUTE", 2)
    asks = partial(caller(tidewell.alice).get, "prospects/")
    assert asks()["RateLimit"] == '"key";r=1;t=60'
    assert asks()["RateLimit-Policy"] == '"key";q=2;w=60'
    late = asks()
    assert (late.status_code, late["Retry-After"]) == (429, "60")
    assert late.json()["type"] == "urn:parley:problem:too-many"
    clock.turn_to(MONDAY + timedelta(seconds=59))
    assert asks()["Retry-After"] == "1"
    clock.turn_to(MONDAY + timedelta(seconds=60))
    assert asks().status_code == 200
