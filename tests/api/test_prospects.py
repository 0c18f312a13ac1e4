"""Prospects through the API: the same rules as the pages, and their refusals field by field."""

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts.models import History, Member
from campaigns.models import Enrollment
from prospects.models import Prospect
from tests.api.caller import Caller, caller
from tests.cast import Tidewell, campaign, enroll, prospects

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada Lovelace", "profile": "https://www.linkedin.com/in/ada/", "company": "Engines", "title": "VP Sales"}


def test_somebody_is_added_under_the_rules_of_the_page(api: Caller, in_tidewell: object) -> None:
    made = api.post("prospects/", ADA)
    assert made.status_code == 201
    said = made.json()
    assert (said["first_name"], said["company"], said["seniority"], said["tier"]) == ("Ada", "Engines", "vp", 2)
    assert said["profile"] == "https://www.linkedin.com/in/ada"
    assert api.get(f"prospects/{said['id']}/").json() == said
    noted = History.objects.get(subject=f"prospect:{said['id']}", verb="added")
    assert noted.by is not None and noted.by.user.name == "Alice Lindqvist"
    assert noted.api_key is not None and noted.api_key.name == "Key 0"


def test_history_says_by_which_key(api: Caller, tidewell: Tidewell, alice: Member, client: Client) -> None:
    (person,) = prospects(tidewell.workspace, 1)
    api.patch(f"prospects/{person.pk}/", {"tier": 3})
    api.post(f"prospects/{person.pk}/do-not-contact/", {"reason": "Asked"})
    with scope(workspace=tidewell.workspace):
        done = History.objects.exclude(verb__in=("installed", "key made")).order_by("pk")
        assert {row.verb: row.api_key_id is not None for row in done} == {
            "tier set": True,
            "tiers set": True,
            "suppressed": True,
            "forbade": True,
        }
    client.force_login(alice.user)
    page = client.get(reverse("history")).content.decode()
    assert "Alice Lindqvist, with the API key Key 0," in page


def test_what_is_wrong_is_said_field_by_field(api: Caller) -> None:
    answer = api.post("prospects/", {"name": "Ada", "email": "nobody"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"email": ["This is not a valid e-mail address: write it like ana@example.com."]}


def test_somebody_who_is_there_is_not_added_again(api: Caller) -> None:
    api.post("prospects/", ADA)
    again = api.post("prospects/", ADA)
    assert again.status_code == 409
    assert again.json()["detail"] == "Ada Lovelace is in the list already: open their page to change something."


def test_a_field_that_is_not_known_is_refused(api: Caller) -> None:
    answer = api.post("prospects/", ADA | {"suppressed_at": None})
    assert answer.status_code == 422
    assert "suppressed_at" in answer.json()["errors"]


def test_the_tier_is_set_and_not_over_somebody_elses(api: Caller, tidewell: Tidewell) -> None:
    (person,) = prospects(tidewell.workspace, 1)
    assert api.patch(f"prospects/{person.pk}/", {"tier": 3}).json()["tier"] == 3
    other = api.patch(f"prospects/{person.pk}/", {"last_name": "Sund", "company": "Nordlys", "tier": 3}).json()
    assert (other["last_name"], other["company"], other["tier"]) == ("Sund", "Nordlys", 3)
    wrong = api.patch(f"prospects/{person.pk}/", {"email": "nobody", "tier": 1})
    assert wrong.status_code == 422 and "email" in wrong.json()["errors"]
    late = api.patch(f"prospects/{person.pk}/", {"tier": 2, "seen": 1})
    assert late.status_code == 409 and "set tier 3 meanwhile" in late.json()["detail"]


def test_do_not_contact_stops_what_runs(api: Caller, tidewell: Tidewell) -> None:
    (person,) = prospects(tidewell.workspace, 1)
    (enrolled,) = enroll(campaign(tidewell.bob), tidewell.senders["bob"], [person])
    said = api.post(f"prospects/{person.pk}/do-not-contact/", {"reason": "A customer"}).json()
    assert said == {"changed": True, "stopped": 1, "cancelled": 0, "handed_over": 0}
    with scope(workspace=tidewell.workspace):
        assert Enrollment.objects.get(pk=enrolled.pk).state == "stopped"
    assert api.get(f"prospects/{person.pk}/").json()["do_not_contact_at"]
    assert api.post(f"prospects/{person.pk}/do-not-contact/", {"reason": "A customer"}).json()["changed"] is False
    assert api.post(f"prospects/{person.pk}/do-not-contact/", {"reason": " "}).status_code == 422


def test_a_key_may_no_more_than_whoever_made_it(api: Caller, alice: Member, tidewell: Tidewell) -> None:
    alice.role = "viewer"
    alice.save()
    answer = api.post("prospects/", ADA)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:parley:problem:not-allowed"
    assert api.get("prospects/").status_code == 200
    with scope(workspace=tidewell.workspace):
        assert not Prospect.objects.exists()


def test_a_key_stops_with_the_membership(api: Caller, alice: Member, monday: object) -> None:
    alice.left_at = monday
    alice.save()
    answer = api.get("prospects/")
    assert answer.status_code == 401
    assert "has left the workspace" in answer.json()["detail"]


def test_a_key_does_only_what_its_scopes_say(alice: Member, monday: object) -> None:
    reader = caller(alice, "prospects:read")
    assert reader.get("prospects/").status_code == 200
    answer = reader.post("prospects/", ADA)
    assert answer.status_code == 403
    assert answer.json()["detail"] == "This takes a key with the scope prospects:write: ask an admin for one."
