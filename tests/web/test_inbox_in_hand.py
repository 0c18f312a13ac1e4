"""The inbox in a real browser when things go less well: a thumb instead of keys, no stream, a session that ended, a
colleague in the same conversation."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled
from playwright.sync_api import expect

from campaigns.inbox import answers
from campaigns.models import Answer, Draft, Thread
from tests.cast import MONDAY, Tidewell
from tests.web.conversations import conversation
from tests.web.watching import LOOKS, Watched, too_wide

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_a_triage_with_one_thumb(tidewell: Tidewell, watch: Callable[..., Watched]) -> None:
    ana, ben = (
        conversation(tidewell.senders["bob"], at=MONDAY - timedelta(hours=hours), first_name=name)
        for hours, name in enumerate(("Ana", "Ben"), start=1)
    )
    page = watch(tidewell.bob, **LOOKS["phone"]).open(reverse("thread", args=[ana.pk]))
    thumbs = page.get_by_role("toolbar", name="Triage")
    for name in ("Done", "Snooze", "Assign", "Label", "Note"):
        box = thumbs.get_by_text(name, exact=True).bounding_box()
        assert box is not None and box["y"] > 700 and box["width"] >= 24, name
    thumbs.get_by_role("button", name="Label").tap()
    page.locator("#choose-label").get_by_role("button", name="Question").tap()
    expect(page.locator("#choose-label summary")).to_contain_text("Question")
    page.locator("#answer").tap()
    page.keyboard.type("Thank you, Ana.")
    page.get_by_role("button", name="Send").tap()
    expect(page.locator("#talk")).to_contain_text("Thank you, Ana.")
    page.wait_for_load_state("networkidle")
    thumbs.get_by_role("button", name="Snooze").tap()
    expect(page.locator("#choose-snooze")).to_have_attribute("open", "")
    assert not too_wide(page)
    page.locator("#choose-snooze").get_by_role("button", name="Tomorrow").tap()
    expect(page.locator("#thread-title")).to_have_text("Ben Solheim")
    page.wait_for_load_state("networkidle")
    thumbs.get_by_role("button", name="Done").tap()
    page.wait_for_url(f"**{reverse('inbox')}")
    with scopes_disabled():
        states = {thread.pk: thread.state for thread in Thread.objects.all()}
        assert states == {ana.pk: "snoozed", ben.pk: "done"} and Answer.objects.count() == 1


def test_without_the_stream_a_reply_arrives_by_asking(tidewell: Tidewell, watch: Callable[..., Watched]) -> None:
    conversation(tidewell.senders["bob"], first_name="Ana")
    watched = watch(tidewell.bob)
    watched.context.clock.install()
    page = watched.open(reverse("inbox"))  # the server of the tests refuses the stream
    conversation(tidewell.senders["bob"], first_name="Ben")
    page.clock.fast_forward(5_000)
    assert page.get_by_text("Ben Solheim").count() == 0
    page.clock.fast_forward(16_000)
    expect(page.locator("#found")).to_contain_text("Ben Solheim")
    expect(page.locator("#splits")).to_contain_text("All open 2")


def test_what_was_typed_survives_the_end_of_the_session(tidewell: Tidewell, watch: Callable[..., Watched]) -> None:
    thread = conversation(tidewell.senders["bob"], first_name="Ana")
    watched = watch(tidewell.bob)
    address = reverse("thread", args=[thread.pk])
    page = watched.open(address)
    page.locator("#answer").fill("Dear Ana, ")
    page.wait_for_load_state("networkidle")
    Session.objects.all().delete()
    page.locator("#answer").fill("Dear Ana, thank you for your words.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/sign-in/**")
    assert f"next={address}" in page.url.replace("%2F", "/")
    watched.troubles[:] = [trouble for trouble in watched.troubles if "401" not in trouble]
    again = Client()
    again.force_login(tidewell.bob.user)
    watched.context.add_cookies([{"name": "parley", "value": again.cookies["parley"].value, "url": watched.address}])
    with page.expect_response(lambda response: response.url.endswith("/draft/")):
        page.goto(address)
    expect(page.locator("#answer")).to_have_value("Dear Ana, thank you for your words.")
    expect(page.locator("[data-kept]")).to_have_text("What you had typed is here again.")
    with scopes_disabled():
        assert answers.draft(thread, tidewell.bob) == "Dear Ana, thank you for your words."
        assert Answer.objects.count() == 0


def test_what_was_typed_a_moment_before_leaving_is_kept(tidewell: Tidewell, watch: Callable[..., Watched]) -> None:
    thread = conversation(tidewell.senders["bob"], first_name="Ana")
    watched = watch(tidewell.bob)
    page = watched.open(reverse("thread", args=[thread.pk]))
    page.locator("#answer").fill("Half a thought")
    page.goto(reverse("prospects"))
    elsewhere = watched.open(reverse("thread", args=[thread.pk]))  # another tab knows only what the server has
    expect(elsewhere.locator("#answer")).to_have_value("Half a thought")
    with scopes_disabled():
        assert Draft.objects.get().text == "Half a thought"


def test_two_see_each_other_and_the_second_is_asked(tidewell: Tidewell, watch: Callable[..., Watched]) -> None:
    thread = conversation(tidewell.senders["bob"], first_name="Ana")
    address = reverse("thread", args=[thread.pk])
    watched = watch(tidewell.bob)
    bobs, maras = watched.open(address), watch(tidewell.mara).open(address)
    expect(maras.locator("#others")).to_have_text("Bob Moreau is reading this.")
    with maras.expect_response(lambda response: response.url.endswith("/draft/")):
        maras.locator("#answer").fill("Dear Ana")
    bobs.evaluate(f"document.body.dispatchEvent(new CustomEvent('here-{thread.pk}'))")  # what the stream tells
    expect(bobs.locator("#others")).to_have_text("Mara Okonkwo is answering.")
    bobs.locator("#answer").fill("Hello Ana")
    bobs.keyboard.press("Control+Enter")
    expect(bobs.locator("#also")).to_contain_text("Mara Okonkwo is answering Ana Solheim at this moment")
    expect(bobs.locator("#answer")).to_have_value("Hello Ana")
    with scopes_disabled():
        assert Answer.objects.count() == 0
    watched.troubles[:] = [trouble for trouble in watched.troubles if "409" not in trouble]
    bobs.get_by_role("button", name="Send anyway").click()
    expect(bobs.locator("#talk")).to_contain_text("Hello Ana")
    with scopes_disabled():
        assert Answer.objects.get().by == tidewell.bob
