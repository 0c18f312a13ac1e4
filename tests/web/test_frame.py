"""The frame around every page: navigation by role, find or do, keys, and toasts."""

from collections.abc import Callable

import pytest
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxMiddleware

from accounts import frame
from accounts.models import Member
from outreach.web import toasts
from outreach.web.back import back
from tests.cast import Tidewell, campaign, prospects
from tests.web.watching import Watched

pytestmark = pytest.mark.django_db


def shown(answer: HttpResponse, *, htmx: bool) -> str:
    """What a page gets to see when its view answered this and said that something was done."""

    def view(request: HttpRequest) -> HttpResponse:
        toasts.say(request, "Paused <b>Dock delays</b>.", undo="/undo/")
        return answer

    request = RequestFactory().post("/", headers={"HX-Request": "true"} if htmx else {})
    layers = SessionMiddleware(MessageMiddleware(HtmxMiddleware(toasts.ToastMiddleware(view))))
    content: bytes = layers(request).content
    return content.decode()


def test_an_answer_to_htmx_brings_its_toast_along() -> None:
    text = shown(HttpResponse("<tr></tr>"), htmx=True)
    assert 'hx-swap-oob="true"' in text and "Paused &lt;b&gt;Dock delays&lt;/b&gt;." in text
    assert 'action="/undo/"' in text


@pytest.mark.parametrize(
    ("answer", "htmx"),
    [
        (HttpResponse("<tr></tr>"), False),
        (HttpResponse(status=204), True),
        (HttpResponse("{}", content_type="application/json"), True),
        (HttpResponse("", headers={"HX-Redirect": "/"}), True),
    ],
)
def test_a_toast_waits_when_this_answer_is_not_shown(answer: HttpResponse, htmx: bool) -> None:
    before = answer.content.decode()
    assert shown(answer, htmx=htmx) == before


@pytest.mark.parametrize(
    ("said", "referer", "leads"),
    [
        ("/campaigns/?page=2", "", "/campaigns/?page=2"),
        ("https://evil.example/", "", "/"),
        ("//evil.example/", "http://testserver/senders/", "http://testserver/senders/"),
        ("javascript:alert(1)", "https://evil.example/", "/"),
        ("senders", "", "senders"),
        ("²", "", "%C2%B2"),
        ("", "", "/"),
    ],
)
def test_back_leads_only_to_pages_of_ours(said: str, referer: str, leads: str) -> None:
    request = RequestFactory().post("/", {"next": said}, headers={"Referer": referer} if referer else {})
    assert back(request, "home")["Location"] == leads


def test_the_navigation_shows_what_a_role_may_open(tidewell: Tidewell) -> None:
    def labels(member: Member | None) -> list[str]:
        return [place.label for place in frame.places(member, "/")]

    assert labels(None) == []
    everybody = ["Today", "Prospects", "Campaigns", "Senders", "Team"]
    assert labels(tidewell.vera) == everybody
    assert labels(tidewell.bob) == ["Today", "Inbox", *everybody[1:]]
    assert labels(tidewell.alice) == labels(tidewell.mara) == [*labels(tidewell.bob), "Settings"]


def test_one_place_is_here(tidewell: Tidewell) -> None:
    for path, here in (("/", "Today"), ("/campaigns/7/people/", "Campaigns"), ("/prospects/import/", "Prospects")):
        assert [place.label for place in frame.places(tidewell.bob, path) if place.here] == [here]


def test_find_knows_people_campaigns_and_pages_of_this_workspace_only(
    tidewell: Tidewell, charlie: Member, monday: object, signed_in: Callable[[Member | None], Client]
) -> None:
    prospects(tidewell.workspace, 1, first_name="Ingrid", last_name="Solheim")
    campaign(tidewell.bob, "Ingenuity of docks")
    page = signed_in(tidewell.bob).get("/find/?q=ing").content.decode()
    assert "Ingrid Solheim" in page and "Ingenuity of docks" in page
    stranger = signed_in(charlie).get("/find/?q=ing").content.decode()
    assert "Ingrid" not in stranger and "Ingenuity" not in stranger


def test_find_says_when_nothing_is_called_so(
    tidewell: Tidewell, monday: object, signed_in: Callable[[Member | None], Client]
) -> None:
    page = signed_in(tidewell.bob).get("/find/?q=<script>zzz").content.decode()
    assert "Nothing is called" in page and "<script>zzz" not in page


def test_acts_are_offered_to_those_who_may(
    tidewell: Tidewell, monday: object, signed_in: Callable[[Member | None], Client]
) -> None:
    assert b"Import people" in signed_in(tidewell.bob).get("/find/").content
    assert b"Import people" not in signed_in(tidewell.vera).get("/find/").content


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_find_opens_by_key_moves_by_arrow_and_goes_by_enter(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    prospects(tidewell.workspace, 1, first_name="Ingrid", last_name="Solheim")
    page = watch(tidewell.bob).open("/")
    page.keyboard.press("Control+k")
    page.locator("#palette .menu-item").first.wait_for()
    page.keyboard.type("campa")
    page.locator("#palette .menu-item", has_text="Today").wait_for(state="detached")
    page.keyboard.press("ArrowDown")
    assert "Campaigns" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Escape")
    assert not page.locator("#palette").is_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("solh")
    page.locator("#palette .menu-item", has_text="Ingrid Solheim").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ingrid Solheim").wait_for()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_letters_go_to_places_unless_switched_off(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    page = watch(tidewell.bob).open("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/campaigns/")
    page.keyboard.press("Shift+?")
    page.get_by_label("Keys without Ctrl").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_timeout(200)
    assert page.url.endswith("/campaigns/")
