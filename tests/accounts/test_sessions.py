"""A session ends by itself, with the password, with a role, and when its owner ends it."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.core.signing import TimestampSigner
from django.db.models import F
from django.test import Client

from accounts import limits, sessions
from accounts.models import Member, User
from outreach import clock
from tests.answers import link_in
from tests.cast import MONDAY

pytestmark = pytest.mark.django_db
PASSWORD = "tall ships and tides"


@pytest.fixture(autouse=True)
def it_is_monday(settings: Any) -> None:
    settings.PARLEY_CLOCK = "virtual"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # ours is slow on purpose
    clock.turn_to(MONDAY)


@pytest.fixture
def user(bob: Member) -> User:
    bob.user.set_password(PASSWORD)
    bob.user.save()
    return bob.user


def browser(user: User, agent: str = "Firefox") -> Client:
    """Signed in by the sign-in page."""
    client = Client(headers={"User-Agent": agent})
    form = {"username": user.email, "password": PASSWORD}
    assert client.post("/sign-in/", form).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def pretend(client: Client, key: str, seconds_ago: int) -> None:
    """As if the session had noted this so long ago."""

    class Then(TimestampSigner):
        def timestamp(self) -> str:
            from django.core.signing import b62_encode

            return b62_encode(int(time.time()) - seconds_ago)

    session = client.session
    session[key] = Then(salt="accounts.sessions").sign("")
    session.save()


def test_it_ends_after_twelve_idle_hours(user: User) -> None:
    client = browser(user)
    assert client.session.get_expiry_age() == 12 * 3600
    assert is_in(client)
    Session.objects.update(expire_date=F("expire_date") - timedelta(hours=12))
    assert not is_in(client)


def test_whoever_keeps_coming_stays(user: User) -> None:
    client = browser(user)
    Session.objects.update(expire_date=F("expire_date") - timedelta(hours=11))
    before = Session.objects.get().expire_date
    assert is_in(client)
    assert Session.objects.get().expire_date == before, "not every page costs a write"
    pretend(client, sessions.SEEN, sessions.SEEN_EVERY_S + 5)
    Session.objects.update(expire_date=before)
    assert is_in(client)
    assert Session.objects.get().expire_date > before + timedelta(hours=10)


def test_it_ends_after_fourteen_days_in_any_case(user: User) -> None:
    client = browser(user)
    pretend(client, sessions.BEGAN, sessions.LONGEST_S - 60)
    assert is_in(client)
    pretend(client, sessions.BEGAN, sessions.LONGEST_S + 5)
    assert not is_in(client)


def test_a_session_whose_beginning_was_tampered_with_ends(user: User) -> None:
    client = browser(user)
    session = client.session
    session[sessions.BEGAN] = "made:up"
    session.save()
    assert not is_in(client)


def test_a_new_password_ends_all_others_and_tells_the_owner(user: User) -> None:
    here, there = browser(user), browser(user)
    answer = here.post("/account/password/", {"old": PASSWORD, "password": "salt and long horizons"})
    assert answer.status_code == 302
    assert is_in(here) and not is_in(there)
    assert outbox.outbox[-1].subject == "Your Parley password was changed"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("wrong", "salt and long horizons", b"This is not your present password."),
        (PASSWORD, "short", b"too short"),
        ("", "", b"Type your present password."),
    ],
)
def test_a_bad_change_of_the_password_changes_nothing(user: User, old: str, new: str, sentence: bytes) -> None:
    here, there = browser(user), browser(user)
    answer = here.post("/account/password/", {"old": old, "password": new})
    assert answer.status_code == 422 and sentence in answer.content
    assert is_in(there)


def test_a_stolen_session_cannot_guess_the_password_for_ever(user: User) -> None:
    client = browser(user)
    pages = [client.post("/account/password/", {"old": f"guess {n}", "password": "x" * 12}) for n in range(12)]
    assert b"Too many wrong passwords" in pages[-1].content


def test_the_list_shows_where_one_is_signed_in_and_ends_one(user: User) -> None:
    here, there = browser(user, "Firefox on Linux"), browser(user, "Safari on a phone")
    page = here.get("/account/sessions/").content.decode()
    assert "Firefox on Linux" in page and "Safari on a phone" in page and page.count("This one") == 1
    (end,) = re.findall(r"/account/sessions/\d+/end/", page)
    assert here.post(end).status_code == 302
    assert is_in(here) and not is_in(there)
    assert "Safari" not in here.get("/account/sessions/").content.decode()


def test_all_others_end_at_once(user: User) -> None:
    here, there, elsewhere = browser(user), browser(user), browser(user)
    here.post("/account/sessions/end/")
    assert is_in(here) and not is_in(there) and not is_in(elsewhere)
    assert here.get("/account/sessions/").content.count(b"<tr>") == 2, "the head and this one"


def test_nobody_ends_the_session_of_somebody_else(user: User, alice: Member) -> None:
    his = browser(user)
    hers = Client()
    hers.force_login(alice.user)
    assert hers.post(f"/account/sessions/{UserSession.objects.get(user=user).pk}/end/").status_code == 404
    assert is_in(his)


def test_signing_in_gives_a_new_session_key(user: User) -> None:
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["left"] = "by somebody"
    session.save()
    client.cookies["parley"] = before = session.session_key
    client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
    assert client.session.session_key != before


def test_a_changed_name_and_zone_stay(user: User) -> None:
    client = browser(user)
    assert client.post("/account/", {"name": " Robert  Moreau ", "zone": "Europe/Paris"}).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.zone) == ("Robert Moreau", "Europe/Paris")
    answer = client.post("/account/", {"name": "Robert", "zone": "Mars/Olympus"})
    assert answer.status_code == 422 and b"Choose a time zone" in answer.content and b"Mars/Olympus" in answer.content


# ---- another address ------------------------------------------------------------------------------------------------


def test_a_new_address_holds_once_it_is_confirmed_and_the_old_one_hears_of_it(user: User) -> None:
    client = browser(user)
    client.post("/account/address/", {"email": "Robert@example.com", "old": PASSWORD})
    user.refresh_from_db()
    assert user.email == "bob@example.com"
    (letter,) = outbox.outbox
    assert letter.to == ["robert@example.com"]
    client.post(link_in(letter))
    user.refresh_from_db()
    assert user.email == "robert@example.com"
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified")) == [(user.email, True)]
    assert outbox.outbox[1].to == ["bob@example.com"] and "robert@example.com" in outbox.outbox[1].body


def test_it_is_not_told_that_an_address_is_taken(user: User, alice: Member) -> None:
    client = browser(user)
    taken = client.post("/account/address/", {"email": alice.user.email, "old": PASSWORD})
    free = client.post("/account/address/", {"email": "free@example.com", "old": PASSWORD})
    assert taken.status_code == free.status_code == 302
    assert [letter.to[0] for letter in outbox.outbox] == [alice.user.email, "free@example.com"]
    assert outbox.outbox[0].subject == "Somebody tried to use your address at Parley"


def test_strangers_are_mailed_only_so_often(user: User) -> None:
    client = browser(user)
    for number in range(8):
        answer = client.post("/account/address/", {"email": f"stranger{number}@example.com", "old": PASSWORD})
    assert answer.status_code == 422 and b"wait an hour" in answer.content
    assert len(outbox.outbox) == limits.LIMITS[limits.Kind.VERIFY].most


def test_an_address_that_was_taken_meanwhile_is_refused(user: User) -> None:
    client = browser(user)
    client.post("/account/address/", {"email": "both@example.com", "old": PASSWORD})
    User.objects.create_user("both@example.com", name="Other")
    path = link_in(outbox.outbox[0])
    answer = client.post(path)
    assert answer.status_code == 410 and b"Somebody else signs in with both@example.com" in answer.content
    user.refresh_from_db()
    assert user.email == "bob@example.com"


def test_a_new_address_wants_the_password(user: User) -> None:
    answer = browser(user).post("/account/address/", {"email": "robert@example.com", "old": "guess"})
    assert answer.status_code == 422 and b"This is not your present password." in answer.content
    assert outbox.outbox == []
