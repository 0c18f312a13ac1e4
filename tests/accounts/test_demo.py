"""A Parley to try out says who can sign in and how far its sample is; any other says nothing of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import checks
from django.test import Client
from django.urls import reverse

from accounts import demo
from accounts.models import Sample, User
from campaigns.building import practice, sample
from tests.cast import MONDAY
from tests.simulator.running import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(settings: Any) -> None:
    """This is a demo."""
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # ours is slow on purpose


def door(client: Client) -> str:
    return client.get(reverse("sign-in")).content.decode()


def begun(percent: int = 0) -> Sample:
    return Sample.objects.create(id=1, state="playing", percent=percent, began_at=MONDAY)


def test_the_door_of_a_demo_lets_people_of_the_sample_in_with_one_click(shown: None, client: Client) -> None:
    sample.found(now=MONDAY, password=demo.password())
    sample.found_neighbour(now=MONDAY, password=demo.password())
    page = door(client)
    assert "alice@tidewell.example" in page and "charlie@otherside.example" in page and demo.password() in page
    said = client.post(
        reverse("sign-in"), {"username": "priya@tidewell.example", "password": demo.password()}, follow=False
    )
    assert said.status_code == 302
    assert str(User.objects.get(email="priya@tidewell.example").pk) == client.session["_auth_user_id"]


def test_it_says_how_far_the_sample_is_and_asks_again_until_it_is_there(shown: None, client: Client) -> None:
    row = begun(43)
    page = door(client)
    assert "43% are done" in page and 'value="43"' in page and f'hx-get="{reverse("demo")}"' in page
    assert "43% are done" in client.get(reverse("demo")).content.decode()
    Sample.objects.update(state="done", percent=100, ended_at=row.began_at + timedelta(minutes=1))
    sample.found(now=MONDAY, password=demo.password())
    part = client.get(reverse("demo")).content.decode()
    assert "hx-get" not in part and "alice@tidewell.example" in part and "<html" not in part


def test_people_of_other_workspaces_and_who_left_are_not_named(shown: None, client: Client) -> None:
    User.objects.create_user("somebody@example.com", "x")
    sample.found(now=MONDAY, password=demo.password())
    User.objects.filter(email="vera@tidewell.example").update(is_active=False)
    page = door(client)
    assert "somebody@example.com" not in page and "vera@tidewell.example" not in page


@pytest.mark.parametrize(("is_demo", "production"), [(False, False), (True, True)])
def test_anywhere_else_the_door_says_nothing_of_it(
    client: Client, settings: Any, is_demo: bool, production: bool
) -> None:
    sample.found(now=MONDAY, password=demo.password())
    begun(43)
    settings.DEMO, settings.PRODUCTION = is_demo, production
    page = door(client)
    assert "tidewell" not in page and demo.password() not in page and "43" not in page
    assert client.get(reverse("demo")).status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DEMO", True, "parley.E002"),
        ("SIMULATOR_URL", "http://127.0.0.1:8100", "parley.E003"),
        ("PARLEY_CLOCK", "virtual", "parley.E004"),
    ],
)
def test_a_deployment_with_settings_of_a_demo_is_refused(settings: Any, name: str, value: Any, problem: str) -> None:
    settings.DEMO, settings.SIMULATOR_URL, settings.PARLEY_CLOCK = False, "", "real"
    before = {one.id for one in checks.run_checks(tags=["security"], include_deployment_checks=True)}
    setattr(settings, name, value)
    after = {one.id for one in checks.run_checks(tags=["security"], include_deployment_checks=True)}
    assert after - before == {problem}


def test_today_says_how_far_the_sample_is_while_it_is_on_its_way(shown: None, client: Client) -> None:
    sample.found_neighbour(now=MONDAY, password=None)
    client.force_login(User.objects.get(email=sample.NEIGHBOUR))
    assert "being made ready beside yours" not in client.get(reverse("home")).content.decode()
    begun(7)
    assert "being made ready beside yours: 7% are done" in client.get(reverse("home")).content.decode()
    strip = reverse("demo") + "?strip=1"
    assert "7%" in client.get(strip).content.decode()
    Sample.objects.update(state="done", percent=100, ended_at=MONDAY)
    ended = client.get(strip).content.decode()
    assert "The sample workspace is there." in ended and "hx-get" not in ended


def test_who_wants_to_practise_before_the_sample_is_there_is_asked_to_wait(shown: None) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(practice.OutOfReach, match="does not answer: start Parley"):
        practice.reach(nobody)
    begun(7)
    with pytest.raises(practice.OutOfReach, match="still being made ready, and the simulator with it: try again in a"):
        practice.reach(nobody)
