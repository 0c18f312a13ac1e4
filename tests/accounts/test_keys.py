"""Keys of the API: shown once, good for what they say, dead when they are meant to be."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django_scopes import scope

from accounts import history_lines, keys, rights
from accounts.models import ApiKey, History, Member, Role
from tests.cast import Tidewell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_tidewell")]


def test_the_token_is_kept_by_nobody(alice: Member, now: datetime) -> None:
    made, token = keys.create("  Sync with\n our CRM ", ["threads:read", "prospects:read"], 90, by=alice, now=now)
    assert made.name == "Sync with our CRM"
    assert made.scopes == ["prospects:read", "threads:read"], "in the order of the list"
    assert made.expires_at == now + timedelta(days=90)
    assert token.startswith(made.prefix) and len(token) >= 50
    row = ApiKey.objects.filter(pk=made.pk).values().get()
    assert token not in str(row) and row["token_hash"] == keys.digest(token)
    assert token not in str(list(History.objects.values_list("data", flat=True)))


def test_a_good_token_opens_its_key(alice: Member, now: datetime) -> None:
    made, token = keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    found = keys.look_up(token, now=now + timedelta(days=29))
    assert (found, found.by) == (made, alice)


@pytest.mark.parametrize("wrong", ["", "parley_", "parley_x", "\0", "ü"])
def test_another_token_opens_none(alice: Member, now: datetime, wrong: str) -> None:
    keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    with pytest.raises(keys.NotGood, match="not known"):
        keys.look_up(wrong, now=now)


def test_it_ends_with_its_time_its_revocation_and_its_maker(alice: Member, now: datetime) -> None:
    made, token = keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    with pytest.raises(keys.NotGood, match="expired"):
        keys.look_up(token, now=now + timedelta(days=30))
    alice.left_at = now
    alice.save()
    with pytest.raises(keys.NotGood, match="left"):
        keys.look_up(token, now=now)
    alice.left_at = None
    alice.save()
    keys.revoke(made.pk, by=alice, now=now)
    with pytest.raises(keys.NotGood, match="revoked"):
        keys.look_up(token, now=now)


@pytest.mark.parametrize(
    ("name", "scopes", "days", "field"),
    [
        (" ", ["prospects:read"], 30, "name"),
        ("x" * 81, ["prospects:read"], 30, "name"),
        ("Sync", [], 30, "scopes"),
        ("Sync", ["prospects:read", "keys:write"], 30, "scopes"),
        ("Sync", ["prospects:read"], 31, "days"),
    ],
)
def test_what_no_key_can_be(alice: Member, now: datetime, name: str, scopes: list[str], days: int, field: str) -> None:
    with pytest.raises(keys.NotMade) as refused:
        keys.create(name, scopes, days, by=alice, now=now)
    assert refused.value.field == field
    assert not ApiKey.objects.exists()


def test_a_name_is_free_again_once_its_key_is_revoked(alice: Member, now: datetime) -> None:
    made, _ = keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    with pytest.raises(keys.NotMade, match="already"):
        keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    keys.revoke(made.pk, by=alice, now=now)
    keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)


def test_there_is_an_end_to_keys(alice: Member, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST", 1)
    keys.create("One", ["prospects:read"], 30, by=alice, now=now)
    with pytest.raises(keys.NotMade, match="1 keys already"):
        keys.create("Two", ["prospects:read"], 30, by=alice, now=now)
    keys.create("Two", ["prospects:read"], 30, by=alice, now=now + timedelta(days=30))


def test_only_admins_make_and_revoke(tidewell: Tidewell, now: datetime) -> None:
    made, _ = keys.create("Sync", ["prospects:read"], 30, by=tidewell.alice, now=now)
    for member in (tidewell.mara, tidewell.bob, tidewell.vera):
        with pytest.raises(rights.NotAllowed):
            keys.create("Another", ["prospects:read"], 30, by=member, now=now)
        with pytest.raises(rights.NotAllowed):
            keys.revoke(made.pk, by=member, now=now)


def test_a_key_of_another_workspace_is_not_there(tidewell: Tidewell, charlie: Member, now: datetime) -> None:
    made, _ = keys.create("Sync", ["prospects:read"], 30, by=tidewell.alice, now=now)
    with scope(workspace=charlie.workspace), pytest.raises(ApiKey.DoesNotExist):
        keys.revoke(made.pk, by=charlie, now=now)


def test_no_scope_is_about_keys() -> None:
    assert not [name for name in keys.SCOPES if "key" in name or keys.SCOPES[name].need is rights.Verb.GOVERN]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {"prospects:read", "campaigns:read", "enrollments:read"}),
        (Role.SDR, set(keys.SCOPES)),
        (Role.ADMIN, set(keys.SCOPES)),
    ],
)
def test_a_scope_is_worth_what_the_role_is_worth(alice: Member, role: Role, may: set[str]) -> None:
    alice.role = role
    assert {name for name in keys.SCOPES if keys.allows(alice, name)} == may


def test_calls_of_a_minute_are_counted(alice: Member, now: datetime) -> None:
    made, _ = keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    seconds = (0, 59, 60)
    left = [keys.count(made, now=now + timedelta(seconds=second)) for second in seconds]
    assert left == [keys.PER_MINUTE - 1, keys.PER_MINUTE - 2, keys.PER_MINUTE - 1]
    made.refresh_from_db()
    assert made.last_used_at == now + timedelta(seconds=60)


def test_history_says_who_made_and_revoked_it(alice: Member, now: datetime) -> None:
    made, _ = keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    keys.revoke(made.pk, by=alice, now=now)
    keys.revoke(made.pk, by=alice, now=now)
    names = {f"apikey:{made.pk}": history_lines.Named("Sync")}
    said = [
        history_lines.line(row, names).text
        for row in History.objects.filter(subject=f"apikey:{made.pk}").order_by("pk")
    ]
    assert said == [
        "Alice Lindqvist made the API key Sync, which holds until 2 December 2026.",
        "Alice Lindqvist revoked the API key Sync.",
    ]


def test_the_database_keeps_no_key_that_may_nothing(alice: Member, now: datetime) -> None:
    made, _ = keys.create("Sync", ["prospects:read"], 30, by=alice, now=now)
    for wrong in ({"scopes": []}, {"expires_at": made.created_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(pk=made.pk).update(**wrong)
