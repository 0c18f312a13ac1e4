"""Which member a request comes from, and what the decorator of views refuses."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import reverse
from django_scopes import get_scope

from accounts.access import CHOSEN, MemberMiddleware, member_required
from accounts.models import Member, Role
from accounts.rights import Verb
from tests.cast import Tidewell, person, workspace
from tests.cast import member as join

pytestmark = pytest.mark.django_db


def ask(member: Member | None, need: Any, method: str = "GET") -> int:
    """The status that a view with this need answers; 403 for a refusal."""
    request: Any = RequestFactory().generic(method, "/")
    request.member, request.user = member, member.user if member else AnonymousUser()
    try:
        return member_required(need)(lambda _request: HttpResponse())(request).status_code
    except PermissionDenied:
        return 403


@pytest.mark.parametrize(
    ("need", "method", "vera", "bob", "mara", "alice"),
    [
        ("viewer", "GET", 200, 200, 200, 200),
        ("sdr", "GET", 403, 200, 200, 200),
        (Role.MANAGER, "GET", 403, 403, 200, 200),
        (Role.ADMIN, "POST", 403, 403, 403, 200),
        (Verb.SEE, "GET", 200, 200, 200, 200),
        (Verb.BUILD, "POST", 403, 200, 200, 200),
        (Verb.GOVERN, "GET", 403, 403, 200, 200),  # a manager may read the settings
        (Verb.GOVERN, "POST", 403, 403, 403, 200),  # and not change them
    ],
)
def test_a_view_says_who_may_open_it(
    tidewell: Tidewell, need: Any, method: str, vera: int, bob: int, mara: int, alice: int
) -> None:
    answers = [ask(who, need, method) for who in (tidewell.vera, tidewell.bob, tidewell.mara, tidewell.alice)]
    assert answers == [vera, bob, mara, alice]


def test_anonymous_people_come_back_after_signing_in(client: Client) -> None:
    assert client.get("/?page=2").headers["Location"] == "/sign-in/?next=/%3Fpage%3D2"


def test_a_fragment_asked_for_after_the_session_ended_moves_the_whole_window(client: Client) -> None:
    answer = client.get("/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/?page=2"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=/%3Fpage%3D2"


def test_who_left_is_no_member(monday: object, tidewell: Tidewell, signed_in: Callable[[Member], Client]) -> None:
    tidewell.bob.left_at = monday
    tidewell.bob.save()
    answer = signed_in(tidewell.bob).get("/")
    assert answer.status_code == 403
    assert b"not a member of any workspace" in answer.content


def test_a_person_in_two_workspaces_sees_the_one_they_chose(
    monday: object, tidewell: Tidewell, signed_in: Callable[[Member], Client]
) -> None:
    agency = workspace("Agency")
    join(agency, "Bob Moreau", Role.VIEWER)
    client = signed_in(tidewell.bob)
    assert brand(client) == "Tidewell"
    session = client.session
    session[CHOSEN] = agency.pk
    session.save()
    assert brand(client) == "Agency"
    session[CHOSEN] = workspace("Elsewhere").pk  # not theirs: the choice is worth nothing
    session.save()
    assert brand(client) == "Tidewell"


def brand(client: Client) -> str:
    """The workspace that the frame names; its menu names the others as well."""
    found = re.search(r'class="brand".*?<small><bdi>(.*?)</bdi>', client.get("/").content.decode(), re.DOTALL)
    return found[1] if found else ""


def test_the_scope_lasts_as_long_as_the_request(tidewell: Tidewell) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(get_scope().get("workspace"))
        return HttpResponse()

    request: Any = RequestFactory().get("/")
    request.user, request.session = tidewell.bob.user, {}
    MemberMiddleware(view)(request)
    assert seen == [tidewell.workspace] and "workspace" not in get_scope()


@pytest.mark.django_db(transaction=True)
def test_the_same_holds_for_an_async_server(monday: object, tidewell: Tidewell) -> None:
    async def ask() -> tuple[int, int, bytes]:
        stranger, bob = AsyncClient(), AsyncClient()
        await bob.aforce_login(tidewell.bob.user)
        page = await bob.get("/")
        answers = (await stranger.get("/")).status_code, page.status_code, page.content
        await sync_to_async(connections.close_all)()  # those of the thread that answered
        return answers

    with ThreadPoolExecutor(1) as apart:  # the browser tests leave a loop in this thread
        anonymous, status, page = apart.submit(lambda: asyncio.run(ask())).result()
    assert (anonymous, status) == (302, 200) and b"Bob Moreau" in page


def test_signing_in_and_out(monday: object, tidewell: Tidewell, client: Client) -> None:
    user = tidewell.bob.user
    user.set_password("tall ships and tides")
    user.save()
    wrong = client.post(reverse("sign-in"), {"username": user.email, "password": "guess"})
    unknown = client.post(reverse("sign-in"), {"username": "nobody@example.com", "password": "guess"})
    sentence = b"This address and password do not match."
    assert sentence in wrong.content and sentence in unknown.content
    assert b'value="bob@example.com"' in wrong.content and b"guess" not in wrong.content

    form = {"username": "BOB@example.com ", "password": "tall ships and tides", "next": "/?page=1"}
    assert client.post(reverse("sign-in"), form).headers["Location"] == "/?page=1"
    assert client.get("/").status_code == 200
    assert client.post(reverse("sign-out")).headers["Location"] == reverse("sign-in")
    assert client.get("/").status_code == 302


def test_signing_in_never_leads_to_another_site(tidewell: Tidewell, client: Client) -> None:
    tidewell.bob.user.set_password("tall ships and tides")
    tidewell.bob.user.save()
    form = {"username": "bob@example.com", "password": "tall ships and tides", "next": "https://evil.example/"}
    assert client.post(reverse("sign-in"), form).headers["Location"] == "/"


def test_who_may_no_longer_sign_in_does_not(tidewell: Tidewell, client: Client) -> None:
    user = person("Bob Moreau")
    user.set_password("tall ships and tides")
    user.is_active = False
    user.save()
    form = {"username": user.email, "password": "tall ships and tides"}
    assert client.post(reverse("sign-in"), form).status_code == 200
    assert client.get("/").status_code == 302
