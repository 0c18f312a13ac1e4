"""The inbox by keyboard, in a real browser: a whole triage without a mouse, and what is read out on the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django_scopes import scopes_disabled
from playwright.sync_api import Page, expect

from campaigns.models import Answer, Note, Thread
from tests.cast import MONDAY, Tidewell
from tests.web.conversations import conversation
from tests.web.watching import Watched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent")).strip()


def settled(page: Page) -> None:
    """The keys of what was just swapped in are there."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)


def state(thread: Thread) -> str:
    with scopes_disabled():
        return str(Thread.objects.get(pk=thread.pk).state)


def test_a_whole_triage_by_keyboard(tidewell: Tidewell, watch: Callable[..., Watched]) -> None:
    seat = tidewell.senders["bob"]
    ana, ben, cleo = (
        conversation(seat, at=MONDAY - timedelta(hours=hours), first_name=name)
        for hours, name in enumerate(("Ana", "Ben", "Cleo"), start=1)
    )
    page = watch(tidewell.bob).open(reverse("inbox"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page).startswith("AS")
    page.keyboard.press("Enter")
    expect(page.locator("#thread-title")).to_be_focused()
    assert page.url.endswith(reverse("thread", args=[ana.pk]))
    settled(page)
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("Ana Solheim is done. Next: Ben Solheim.")
    expect(page.locator("#thread-title")).to_be_focused()
    assert focused(page) == "Ben Solheim" and state(ana) == "done"
    settled(page)
    page.keyboard.press("z")
    expect(page.locator("#thread-title")).to_have_text("Ana Solheim")
    assert state(ana) == "open"
    page.keyboard.press("r")
    expect(page.locator("#answer")).to_be_focused()
    page.keyboard.type("Thank you, Ana. e and h are only letters here.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#talk")).to_contain_text("Thank you, Ana. e and h are only letters here.")
    expect(page.locator("#toasts")).to_contain_text("Your answer goes in ten seconds.")
    with scopes_disabled():
        assert Answer.objects.count() == 1 and state(ana) == "open"
    settled(page)
    page.locator("#thread-title").focus()
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("She asks for Anselm.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#talk")).to_contain_text("She asks for Anselm.")
    with scopes_disabled():
        assert Note.objects.get().text == "She asks for Anselm." and Answer.objects.count() == 1
    settled(page)
    page.locator("#thread-title").focus()
    page.keyboard.press("m")
    expect(page.locator("#person")).to_contain_text("3 Nov 2026")
    settled(page)
    page.keyboard.press("l")
    expect(page.locator("#choose-label")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    assert not page.locator("#choose-label").get_attribute("open")
    page.keyboard.press("h")
    page.locator("#choose-snooze button", has_text="On Monday").click()
    expect(page.locator("#thread-title")).to_have_text("Ben Solheim")
    assert (state(ana), state(ben), state(cleo)) == ("snoozed", "open", "open")
    settled(page)
    page.locator("#thread-title").focus()
    page.keyboard.press("Escape")
    page.wait_for_url(f"**{reverse('inbox')}#row-{ben.pk}")
    expect(page.locator(f"#row-{ben.pk}")).to_be_focused()


def test_what_is_being_written_survives_news_and_a_closed_tab(
    tidewell: Tidewell, watch: Callable[..., Watched]
) -> None:
    thread = conversation(tidewell.senders["bob"], first_name="Ana")
    watched = watch(tidewell.bob)
    page = watched.open(reverse("thread", args=[thread.pk]))
    page.locator("#answer").fill("Half of an ans")
    with page.expect_response(lambda response: response.url.endswith("/draft/")):
        page.locator("#answer").type("wer")
    conversation(tidewell.senders["bob"], first_name="Ben")
    with page.expect_response(lambda response: "part=news" in response.url):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('news'))")
    expect(page.locator("#found")).to_contain_text("Ben Solheim")
    assert page.locator("#answer").input_value() == "Half of an answer"
    page.close()
    again = watched.open(reverse("thread", args=[thread.pk]))
    assert again.locator("#answer").input_value() == "Half of an answer"
