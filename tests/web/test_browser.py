"""The pages in a real browser: the content policy holds, everybody can use them, nothing foreign runs."""

from collections.abc import Callable

import pytest

from accounts.models import Member
from outreach.engine.causes import Cause
from outreach.engine.kinds import Budget
from tests.cast import Tidewell, campaign, credits, enroll, prospects, use
from tests.web.conversations import conversation
from tests.web.test_overview import HOSTILE
from tests.web.watching import LOOKS, Watched, serious, too_wide

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def busy(tidewell: Tidewell) -> Tidewell:
    """Tidewell with people, causes, used budgets, credits and somebody who waits for an answer."""
    bob = tidewell.senders["bob"]
    use(bob, Budget.INVITES, 71)
    use(bob, Budget.PENDING, 512)
    credits(bob, 12, reserved=1, held=3)
    into = campaign(tidewell.bob)
    enroll(into, bob, prospects(tidewell.workspace, 29), cause=Cause.WEEK_CAP)
    conversation(bob, "What does it cost for a team of six? " * 5, into=into)
    return tidewell


@pytest.mark.parametrize("looks", LOOKS)
def test_everybody_can_use_it_while_nothing_is_there(
    looks: str, watch: Callable[..., Watched], charlie: Member
) -> None:
    page = watch(charlie, **LOOKS[looks]).open("/")
    assert serious(page) == []
    assert not too_wide(page)


@pytest.mark.parametrize("looks", LOOKS)
def test_whatever_the_keyboard_reaches_shows_it(looks: str, watch: Callable[..., Watched], busy: Tidewell) -> None:
    page = watch(busy.bob, **LOOKS[looks]).open("/")
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        look = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();"
            "return [e.textContent.trim(), s.outlineStyle, parseFloat(s.outlineWidth), r.width, r.height] })()"
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        assert look[1] == "solid" and look[2] >= 2, look
        assert look[3] >= 24 and look[4] >= 24, look
        reached.add(look[0])
    assert {"Skip to content", "Today", "Refresh"} <= reached
    assert ("More" if looks == "phone" else "Sign out") in reached


def test_refresh_brings_new_figures_without_a_new_page(watch: Callable[..., Watched], busy: Tidewell) -> None:
    page = watch(busy.bob).open("/")
    page.evaluate("window.kept = true")
    enroll(campaign(busy.bob, "Second"), busy.senders["bob"], prospects(busy.workspace, 5))
    page.get_by_role("link", name="Refresh").click()
    page.get_by_text("35 people in 2 campaigns").wait_for()
    assert page.evaluate("window.kept"), "the window stayed"


def test_a_failed_refresh_says_so(watch: Callable[..., Watched], busy: Tidewell) -> None:
    watched = watch(busy.bob)
    page = watched.open("/")
    page.route("**/*", lambda route: route.fulfill(status=500, headers={"X-Request-Number": "7f3a-19c2"}))
    page.get_by_role("link", name="Refresh").click()
    page.get_by_role("alert").get_by_text("Request 7f3a-19c2.").wait_for()
    page.get_by_role("button", name="Close").click()
    assert page.get_by_role("alert").inner_text() == ""
    assert watched.troubles, "the browser complains about the 500 as well"
    watched.troubles.clear()


def test_a_session_that_ended_leads_to_the_sign_in_page(watch: Callable[..., Watched], busy: Tidewell) -> None:
    watched = watch(busy.bob)
    page = watched.open("/?page=1")
    watched.context.clear_cookies()
    page.get_by_role("link", name="Refresh").click()
    page.wait_for_url("**/sign-in/?next=/%3Fpage%3D1")
    assert page.get_by_role("alert").count() == 0
    watched.troubles.clear()  # the browser's own word about the 401


def test_the_theme_stays_chosen_and_comes_from_the_server(watch: Callable[..., Watched], busy: Tidewell) -> None:
    page = watch(busy.bob, color_scheme="light").open("/")
    background = "getComputedStyle(document.querySelector('main')).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(background) != light
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="System").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") is None


def test_signing_out_on_a_phone_is_under_more(watch: Callable[..., Watched], busy: Tidewell) -> None:
    page = watch(busy.bob, **LOOKS["phone"]).open("/")
    page.get_by_role("button", name="More").click()
    page.locator("#more").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")


def test_signing_in_by_keyboard(watch: Callable[..., Watched], busy: Tidewell) -> None:
    busy.bob.user.set_password("tall ships and tides")
    busy.bob.user.save()
    page = watch().open("/")
    page.keyboard.type("bob@example.com")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("tall ships and tides")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Today").wait_for()


def test_reading_needs_no_script(watch: Callable[..., Watched], busy: Tidewell) -> None:
    page = watch(busy.bob, java_script_enabled=False).open("/")
    assert page.get_by_text("30 people in 1 campaign.").is_visible()
    page.get_by_role("link", name="Refresh").click()
    assert page.get_by_role("heading", name="Today").is_visible()


def test_hostile_names_do_nothing(watch: Callable[..., Watched], busy: Tidewell) -> None:
    bob = busy.senders["bob"]
    bob.name, bob.state_reason = HOSTILE, HOSTILE
    bob.save()
    busy.workspace.name = HOSTILE
    busy.workspace.save()
    page = watch(busy.bob).open("/")
    assert page.get_by_role("heading", level=3).filter(has_text="<script>alert(1)</script>").is_visible()
