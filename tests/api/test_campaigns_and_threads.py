"""Campaigns, enrollments and conversations through the API: what the pages do, and what they refuse."""

from datetime import date, timedelta
from typing import Any

import pytest
from django_scopes import scope

from accounts.models import History
from campaigns.models import Campaign, Enrollment, Thread, Touch
from campaigns.models.touch import TouchState
from tests.api.caller import Caller
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects
from tests.web.conversations import conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(api: Caller, tidewell: Tidewell) -> dict[str, Any]:
    """A draft of Bob's sender for three people."""
    people = [one.pk for one in prospects(tidewell.workspace, 3)]
    said = {"name": "Spring", "play": "volume", "senders": [tidewell.senders["bob"].pk], "people": people}
    made = api.post("campaigns/", said)
    assert made.status_code == 201, made.content
    found: dict[str, Any] = made.json()
    return found


def test_a_campaign_is_planned_and_said_as_it_is(draft: dict[str, Any], api: Caller) -> None:
    assert (draft["name"], draft["state"], draft["people"], draft["owner"]["name"]) == (
        "Spring",
        "draft",
        3,
        "Alice Lindqvist",
    )
    assert api.get(f"campaigns/{draft['id']}/").json() == draft


def test_a_campaign_without_a_word_about_people_is_for_nobody_yet(api: Caller, tidewell: Tidewell) -> None:
    prospects(tidewell.workspace, 3)
    assert api.post("campaigns/", {"name": "Spring", "play": "volume"}).json()["people"] == 0


def test_a_refusal_half_way_leaves_nothing(api: Caller, tidewell: Tidewell) -> None:
    people = [one.pk for one in prospects(tidewell.workspace, 1)]
    answer = api.post("campaigns/", {"name": "Spring", "play": "volume", "people": people})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "No sender acts for this campaign yet: choose one first."
    with scope(workspace=tidewell.workspace):
        assert not Campaign.objects.exists()


def test_it_is_launched_paused_and_goes_on(draft: dict[str, Any], api: Caller, tidewell: Tidewell) -> None:
    at = f"campaigns/{draft['id']}"
    grew = api.post(f"{at}/launch/", {"seen": 2})
    assert grew.status_code == 422 and "more people" in grew.json()["detail"]
    assert api.post(f"{at}/launch/", {"seen": 3}).json() == {"changed": True, "state": "running", "people": 3}
    assert api.post(f"{at}/launch/").json()["changed"] is False
    assert api.post(f"{at}/pause/").json() == {"changed": True, "state": "paused", "handed_over": 0}
    assert api.post(f"{at}/pause/").json()["changed"] is False
    assert api.post(f"{at}/resume/").json() == {"changed": True, "state": "running", "people": 3}
    late = [one.pk for one in prospects(tidewell.workspace, 2)]
    said = api.post(f"{at}/enrollments/", {"people": late}).json()
    assert said == {"enrolled": 2, "already": 0, "unknown": 0, "left_out": {}}
    with scope(workspace=tidewell.workspace):
        assert set(Enrollment.objects.filter(prospect__in=late).values_list("state", flat=True)) == {"active"}


def test_one_sequence_is_held_resumed_and_stopped(api: Caller, tidewell: Tidewell) -> None:
    (enrolled,) = enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 1))
    at = f"enrollments/{enrolled.pk}"
    held = api.post(f"{at}/hold/").json()
    assert held == {"changed": True, "was": "active", "state": "held", "cancelled": 0, "on_the_way": 0}
    assert api.post(f"{at}/resume/").json()["state"] == "active"
    assert api.post(f"{at}/stop/").json()["state"] == "stopped"
    assert api.get(f"{at}/").json()["reason"] == "by_hand"
    with scope(workspace=tidewell.workspace):
        Enrollment.objects.filter(pk=enrolled.pk).update(reason="replied")
        assert api.post(f"{at}/resume/").status_code == 409
        verbs = (
            History.objects.filter(subject=f"enrollment:{enrolled.pk}").order_by("pk").values_list("verb", flat=True)
        )
    assert list(verbs) == ["held", "resumed", "stopped"]


def test_an_answer_goes_the_way_of_every_touch(api: Caller, tidewell: Tidewell) -> None:
    thread = conversation(tidewell.senders["bob"])
    made = api.post(f"threads/{thread.pk}/answers/", {"text": "Thank you.\r\nTuesday?"}).json()
    assert (made["text"], made["state"], made["why"]) == ("Thank you.\nTuesday?", "Queued", "It goes in a few seconds.")
    with scope(workspace=tidewell.workspace):
        touch = Touch.objects.get()
    assert touch.state == TouchState.PLANNED and touch.leased_until == MONDAY + timedelta(seconds=10)
    assert api.get(f"threads/{thread.pk}/").json()["answers"] == [made]
    assert api.post(f"threads/{thread.pk}/answers/", {"text": " "}).status_code == 422


def test_a_conversation_is_triaged(api: Caller, tidewell: Tidewell) -> None:
    thread = conversation(tidewell.senders["bob"])
    at = f"threads/{thread.pk}"
    tomorrow = (MONDAY + timedelta(days=1)).isoformat()
    assert api.post(f"{at}/snooze/", {"until": tomorrow}).json()["state"] == "snoozed"
    assert api.post(f"{at}/reopen/").json()["snoozed_until"] is None
    assert api.post(f"{at}/assign/", {"to": tidewell.mara.pk}).json()["assignee"]["name"] == "Mara Okonkwo"
    assert api.post(f"{at}/assign/", {"to": tidewell.vera.pk}).status_code == 422
    assert api.post(f"{at}/label/", {"label": "not_now"}).json()["label"] == "not_now"
    assert api.post(f"{at}/outcome/", {"outcome": "meeting"}).status_code == 422
    day = date(2026, 11, 9).isoformat()
    assert api.post(f"{at}/outcome/", {"outcome": "meeting", "on": day}).json()["outcome_on"] == day
    assert api.post(f"{at}/outcome/", {"outcome": "none"}).json()["outcome"] == ""
    assert api.post(f"{at}/notes/", {"text": "Call her."}).json()["by"]["name"] == "Alice Lindqvist"
    assert api.post(f"{at}/done/").json()["state"] == "done"
    assert [note["text"] for note in api.get(f"{at}/").json()["notes"]] == ["Call her."]
    past = api.post(f"{at}/snooze/", {"until": MONDAY.isoformat()})
    assert past.json()["detail"] == "Choose a time that is still to come."


def test_reading_leaves_a_conversation_unread(api: Caller, tidewell: Tidewell) -> None:
    thread = conversation(tidewell.senders["bob"])
    api.get(f"threads/{thread.pk}/")
    with scope(workspace=tidewell.workspace):
        assert Thread.objects.get().unread == 1
