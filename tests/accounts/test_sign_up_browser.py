"""Signing up in a real browser: three fields, the browser's time zone, the mail's link."""

from collections.abc import Callable

import pytest
from django.core import mail as outbox
from django_scopes import scopes_disabled

from accounts.models import Member, User
from tests.answers import link_in
from tests.cast import Tidewell, monday, tidewell
from tests.web.watching import Watched, watch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

__all__ = ["Tidewell", "monday", "tidewell", "watch"]


def test_from_nobody_to_a_proved_address(watch: Callable[..., Watched]) -> None:
    page = watch(timezone_id="America/New_York").open("/")
    page.get_by_role("link", name="Sign up").click()
    page.wait_for_url("**/sign-up/")
    page.keyboard.type("Ada Byron")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("ada@engines.example")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("tall ships and tides")  # as pasting does
    page.keyboard.press("Enter")
    page.locator(".brand").get_by_text("Engines").wait_for()
    user = User.objects.get()
    assert user.zone == "America/New_York"
    page.goto(link_in(outbox.outbox[0]))
    page.get_by_role("button", name="Confirm this address").click()
    page.get_by_text("ada@engines.example is confirmed.").wait_for()


def test_an_admin_invites_and_the_guest_joins_by_keyboard(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    page = watch(tidewell.alice).open("/settings/members/")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.keyboard.press("Enter")
    page.get_by_text("Sent to ada@example.com.").wait_for()
    guest = watch().open(link_in(outbox.outbox[0]))
    guest.keyboard.type("Ada Byron")
    guest.keyboard.press("Tab")
    guest.keyboard.type("tall ships and tides")
    guest.keyboard.press("Enter")
    guest.get_by_text("You belong to Tidewell now, as SDR.").wait_for()
    with scopes_disabled():
        assert Member.objects.filter(user__email="ada@example.com", workspace=tidewell.workspace).exists()
