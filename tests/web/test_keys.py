"""Settings › API keys: made in one form, shown once, revoked in one press."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts import keys
from accounts.models import ApiKey, Member
from tests.cast import MONDAY, Tidewell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

SignIn = Callable[[Member | None], Client]
FORM = {"name": "Sync with our CRM", "scopes": ["prospects:read", "threads:read"], "days": "90"}


def test_the_token_stands_in_the_answer_and_never_again(tidewell: Tidewell, signed_in: SignIn) -> None:
    alices = signed_in(tidewell.alice)
    answer = alices.post(reverse("key-new"), FORM)
    [token] = set(re.findall(r"parley_[\w-]{43}", answer.content.decode()))
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/threads/").status_code == 200
    page = alices.get(reverse("keys")).content.decode()
    assert token not in page and token[:13] in page and "Read conversations" in page


def test_what_was_typed_stays_with_a_sentence_beside_it(tidewell: Tidewell, signed_in: SignIn) -> None:
    answer = signed_in(tidewell.alice).post(reverse("key-new"), FORM | {"scopes": [], "days": "365"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose what the key may do: at least one of the list." in page
    assert 'value="Sync with our CRM"' in page and '<option value="365" selected>' in page


def test_a_key_is_revoked_in_one_press(tidewell: Tidewell, signed_in: SignIn) -> None:
    with scope(workspace=tidewell.workspace):
        made, token = keys.create("Sync", ["prospects:read"], 90, by=tidewell.alice, now=MONDAY)
    page = signed_in(tidewell.alice).post(reverse("key-revoke", args=[made.pk]), follow=True).content.decode()
    assert "The key Sync is revoked: it opens nothing any more." in page and "1 revoked key" in page
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/prospects/").status_code == 401


def test_a_manager_reads_and_makes_none(tidewell: Tidewell, signed_in: SignIn) -> None:
    maras = signed_in(tidewell.mara)
    empty = maras.get(reverse("keys")).content.decode()
    assert "No key opens the API yet" in empty and "Make a key" not in empty
    with scope(workspace=tidewell.workspace):
        keys.create("Sync", ["prospects:read"], 90, by=tidewell.alice, now=MONDAY)
    page = maras.get(reverse("keys")).content.decode()
    assert "Sync" in page and "Revoke" not in page


def test_what_became_of_a_key_stands_beside_it(tidewell: Tidewell, signed_in: SignIn) -> None:
    with scope(workspace=tidewell.workspace):
        made, _ = keys.create("Sync", ["prospects:read"], 30, by=tidewell.alice, now=MONDAY)
        ApiKey.objects.filter(pk=made.pk).update(by=tidewell.bob)
    tidewell.bob.left_at = MONDAY
    tidewell.bob.save()
    assert "Its maker left" in signed_in(tidewell.alice).get(reverse("keys")).content.decode()


def test_a_name_is_text(tidewell: Tidewell, signed_in: SignIn) -> None:
    page = signed_in(tidewell.alice).post(reverse("key-new"), FORM | {"name": "<img src=x onerror=alert(1)>"})
    assert b"<img src=x" not in page.content and b"&lt;img src=x" in page.content


def test_the_page_costs_the_same_for_three_keys_and_thirty(
    tidewell: Tidewell, signed_in: SignIn, query_count: Callable[[Client, str], int]
) -> None:
    alices, few = signed_in(tidewell.alice), 0
    alices.get(reverse("keys"))
    for count in (3, 30):
        with scope(workspace=tidewell.workspace):
            for n in range(count):
                keys.create(f"{count} {n}", ["prospects:read"], 90, by=tidewell.alice, now=MONDAY)
        now = query_count(alices, reverse("keys"))
        few = few or now
    assert now == few
