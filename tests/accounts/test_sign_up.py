"""From nobody to a workspace of one's own in three fields; and back in when the password is gone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.core import mail as outbox
from django.test import Client
from django_scopes import scope, scopes_disabled

from accounts import limits, people, verification, workspaces
from accounts.limits import Kind, TooMany
from accounts.models import Attempt, Member, Plan, Role, User, Workspace
from campaigns.building import sample
from outreach import clock
from tests.answers import link_in
from tests.cast import MONDAY, person

pytestmark = pytest.mark.django_db
PASSWORD = "tall ships and tides"
ADA = {"name": "Ada Byron", "email": "Ada@Engines.example", "password": PASSWORD, "zone": "Europe/London"}


@pytest.fixture(autouse=True)
def it_is_monday(settings: Any) -> None:
    settings.PARLEY_CLOCK = "virtual"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # ours is slow on purpose
    clock.turn_to(MONDAY)


def test_three_fields_lead_straight_into_an_empty_workspace(client: Client) -> None:
    assert client.post("/sign-up/", ADA).headers["Location"] == "/"
    with scopes_disabled():
        member = Member.objects.select_related("user", "workspace").get()
    assert (member.role, member.workspace.name) == (Role.ADMIN, "Engines")
    assert (member.user.email, member.user.zone) == ("ada@engines.example", "Europe/London")
    with scope(workspace=member.workspace):
        assert Plan.objects.exists()
    assert client.get("/").status_code == 200, "looking around needs no confirmed address"
    with pytest.raises(verification.Unverified, match=r"Confirm your address ada@engines\.example first"):
        verification.require_verified(member)


def test_the_link_in_the_mail_proves_the_address(client: Client) -> None:
    client.post("/sign-up/", ADA)
    (letter,) = outbox.outbox
    assert letter.to == ["ada@engines.example"]
    path = link_in(letter)
    assert client.get(path).status_code == 200
    assert not EmailAddress.objects.filter(verified=True).exists(), "a GET proves nothing: mail scanners open links"
    assert Client().post(path).status_code == 200
    with scopes_disabled():
        verification.require_verified(Member.objects.get())
    assert client.post(path).status_code == 302, "following it twice does no harm"


def test_whoever_is_made_by_an_operator_counts_as_proved() -> None:
    with scope(workspace=sample.found(now=MONDAY, password=None)):
        for member in Member.objects.select_related("user"):
            verification.require_verified(member)


def test_a_made_up_link_proves_nothing(client: Client) -> None:
    assert client.post("/verify-email/made:up:key/").status_code == 410


def test_the_banner_is_there_until_the_address_is_proved_and_sends_the_mail_again(client: Client) -> None:
    client.post("/sign-up/", ADA)
    assert b"Not confirmed" in client.get("/account/").content
    client.post("/verify-email/again/")
    assert len(outbox.outbox) == 2
    client.post(link_in(outbox.outbox[1]))
    assert b"Not confirmed" not in client.get("/account/").content
    client.post("/verify-email/again/")
    assert len(outbox.outbox) == 2, "there is nothing to send any more"


def test_the_mail_can_be_sent_again_only_so_often(client: Client) -> None:
    client.post("/sign-up/", ADA)
    for _ in range(8):
        client.post("/verify-email/again/")
    assert len(outbox.outbox) == 1 + limits.LIMITS[Kind.VERIFY].most


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Say your name"),
        ({"name": " \u200b "}, "Say your name"),
        ({"name": "a" * 201}, "longer than 200"),
        ({"email": ""}, "Give an e-mail address"),
        ({"email": "ada"}, "Give an e-mail address"),
        ({"email": "ada@example.com\r\nBcc: all@example.com"}, "Give an e-mail address"),
        ({"email": "bob@example.com"}, "Somebody signs in with this address already"),
        ({"email": "BOB@EXAMPLE.COM"}, "Somebody signs in with this address already"),
        ({"password": ""}, "Choose a password of at least 12"),
        ({"password": "tall ships"}, "too short"),
        ({"password": "1234567890123"}, "guessed first"),
        ({"password": "ada@engines.example"}, "too much like your name"),
        ({"password": "a" * 1001}, "longer than 1000"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(changed: dict[str, str], sentence: str, client: Client) -> None:
    person("Bob Moreau")
    answer = client.post("/sign-up/", ADA | changed)
    assert answer.status_code == 422
    assert re.search(sentence, answer.content.decode())
    assert PASSWORD.encode() not in answer.content
    if "name" not in changed:
        assert b'value="Ada Byron"' in answer.content
    assert User.objects.count() == 1 and not Workspace.objects.exists() and outbox.outbox == []


def test_an_unknown_time_zone_is_no_reason_to_turn_somebody_away(client: Client) -> None:
    client.post("/sign-up/", ADA | {"zone": "Mars/Olympus"})
    assert User.objects.get().zone == "UTC"


def test_a_mail_server_that_is_away_turns_nobody_away(client: Client, settings: Any) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9},
        }
    }
    assert client.post("/sign-up/", ADA).headers["Location"] == "/"
    assert b"The mail could not be sent." in client.get("/").content


def test_a_network_signs_up_only_so_often(client: Client) -> None:
    for number in range(limits.LIMITS[Kind.SIGN_UP].most):
        limits.take(Kind.SIGN_UP, "127.0.0.1", now=MONDAY + timedelta(seconds=number))
    answer = client.post("/sign-up/", ADA)
    assert answer.status_code == 429 and b"Too many sign-ups" in answer.content
    assert not User.objects.exists()


def test_registration_can_be_switched_off(client: Client, settings: Any) -> None:
    settings.SIGN_UP = "closed"
    answer = client.post("/sign-up/", ADA)
    assert answer.status_code == 403 and b"by invitation" in answer.content
    assert b"/sign-up/" not in client.get("/sign-in/").content
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("ada@tidewell.example", "Tidewell"),
        ("ada@mail.north-sea.co.uk", "North Sea"),
        ("ada@sales.acme.com", "Acme"),
        ("ada@gmail.com", "Ada\u2019s workspace"),
        ("ada@yahoo.co.uk", "Ada\u2019s workspace"),
        ("ada@gmx.de", "Ada\u2019s workspace"),
    ],
)
def test_the_workspace_is_named_after_the_company(email: str, name: str) -> None:
    assert workspaces.guess_name(User(name="Ada Byron", email=email)) == name


# ---- guessing ------------------------------------------------------------------------------------------------------


def with_password(email: str) -> User:
    user = person(email.partition("@")[0].title(), email)
    user.set_password(PASSWORD)
    user.save()
    return user


def guess(email: str, password: str = "guess", **headers: str) -> int:
    return Client().post("/sign-in/", {"username": email, "password": password}, headers=headers).status_code


@pytest.mark.parametrize("email", ["bob@example.com", "nobody@example.com"])
def test_an_address_is_guessed_at_only_so_often_whether_it_is_known_or_not(email: str) -> None:
    with_password("bob@example.com")
    most = limits.LIMITS[Kind.SIGN_IN].most
    assert [guess(email) for _ in range(most + 2)] == [200] * most + [429] * 2
    assert guess(email, PASSWORD) == 429, "not even with the right one"
    clock.turn_to(MONDAY + timedelta(minutes=16))
    assert guess(email, PASSWORD) == (302 if email == "bob@example.com" else 200)


def test_a_sign_in_that_succeeds_does_not_reset_the_count() -> None:
    with_password("bob@example.com")
    most = limits.LIMITS[Kind.SIGN_IN].most
    for _ in range(most - 1):
        guess("bob@example.com")
    assert guess("bob@example.com", PASSWORD) == 302
    assert guess("Bob@Example.com ") == 200
    assert guess("bob@example.com") == 429


def test_who_guesses_at_many_addresses_is_stopped_by_their_network() -> None:
    most = limits.LIMITS[Kind.SIGN_IN_NETWORK].most
    for number in range(most):
        limits.take(Kind.SIGN_IN_NETWORK, "127.0.0.1", now=MONDAY + timedelta(seconds=number))
    assert guess("bob@example.com") == 429
    clock.turn_to(MONDAY + timedelta(seconds=most))
    assert guess("bob@example.com", **{"X-Forwarded-For": "198.51.100.7"}) == 429, "nobody's word is taken for it"


def test_behind_our_proxies_the_network_is_the_one_they_saw(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    most = limits.LIMITS[Kind.SIGN_IN_NETWORK].most
    for number in range(most):
        limits.take(Kind.SIGN_IN_NETWORK, "203.0.113.9", now=MONDAY + timedelta(seconds=number))
    clock.turn_to(MONDAY + timedelta(seconds=most))
    assert guess("bob@example.com", **{"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}) == 429
    assert guess("bob@example.com", **{"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}) == 200


def test_one_network_under_ipv6_is_a_64() -> None:
    assert limits.network("2001:db8:1:2:3::4") == limits.network("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert limits.network("203.0.113.9") == "203.0.113.9"


def test_what_is_counted_says_nothing_about_whom() -> None:
    limits.take(Kind.SIGN_IN, "bob@example.com", now=MONDAY)
    assert "bob" not in str(Attempt.objects.values().get())


def test_old_attempts_go() -> None:
    limits.take(Kind.SIGN_IN, "bob@example.com", now=MONDAY)
    limits.take(Kind.SIGN_UP, "127.0.0.1", now=MONDAY + timedelta(days=2))
    assert Attempt.objects.get().kind == Kind.SIGN_UP


# ---- a new password -------------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once() -> None:
    user = with_password("bob@example.com")
    inside = Client()
    inside.force_login(user)
    assert Client().post("/reset-password/", {"email": "BOB@example.com"}).status_code == 200
    path = link_in(outbox.outbox[0])
    fresh = Client()
    assert fresh.get(path).status_code == 200
    assert fresh.post(path, {"password": "short"}).status_code == 422
    assert fresh.post(path, {"password": "salt and long horizons"}).headers["Location"] == "/reset-password/done/"
    assert SESSION_KEY not in fresh.session, "whatever else signing in asks for is asked there"
    assert inside.get("/account/").status_code == 302, "every session has ended"
    assert fresh.post(path, {"password": "another long password"}).status_code == 410
    assert guess("bob@example.com", "salt and long horizons") == 302
    assert [letter.subject for letter in outbox.outbox][1:] == ["Your Parley password was changed"]


def test_a_reset_answers_the_same_for_everybody_and_mails_everybody() -> None:
    with_password("bob@example.com")
    gone = person("Gone Girl", "gone@example.com")
    gone.is_active = False
    gone.save()
    pages = {
        email: Client().post("/reset-password/", {"email": email}).content.replace(email.encode(), b"ADDRESS")
        for email in ("bob@example.com", "nobody@example.com", "gone@example.com")
    }
    assert len(set(pages.values())) == 1
    assert [letter.to for letter in outbox.outbox] == [[email] for email in pages]
    assert "nobody signs in to Parley with it" in " ".join(outbox.outbox[1].body.split())
    assert outbox.outbox[1].body == outbox.outbox[2].body


def test_a_reset_link_stands_at_our_address_whatever_the_request_says(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with_password("bob@example.com")
    Client().post("/reset-password/", {"email": "bob@example.com"}, headers={"Host": "evil.example"})
    assert "evil" not in outbox.outbox[0].body and "http://127.0.0.1:8000/reset-password/" in outbox.outbox[0].body


def test_a_reset_is_asked_for_only_so_often() -> None:
    most = limits.LIMITS[Kind.RESET].most
    answers = [Client().post("/reset-password/", {"email": "x@example.com"}).status_code for _ in range(most + 1)]
    assert answers == [200] * most + [429]


def test_a_reset_lets_in_who_was_locked_out_by_the_guesses_of_others() -> None:
    user = with_password("bob@example.com")
    for _ in range(limits.LIMITS[Kind.SIGN_IN].most):
        guess("bob@example.com")
    found = people.reset_token(user.email)
    assert found is not None
    people.reset_password(found[1], found[2], "salt and long horizons")
    assert guess("bob@example.com", "salt and long horizons") == 302


@pytest.mark.parametrize("address", ["/reset-password/zz/made-up/", "/reset-password/%F0%9F%98%80/x/"])
def test_a_made_up_reset_link_is_dead(address: str, client: Client) -> None:
    assert client.get(address).status_code == 410
    assert client.post(address, {"password": PASSWORD}).status_code == 410


def test_too_many_is_said_in_one_sentence() -> None:
    for kind, limit in limits.LIMITS.items():
        for _ in range(limit.most):
            limits.take(kind, "x", now=MONDAY)
        with pytest.raises(TooMany) as refused:
            limits.take(kind, "x", now=MONDAY)
        assert str(refused.value) == limit.refusal
