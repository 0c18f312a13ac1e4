"""The builder and the launch in a real browser: what happens while somebody types, and the word of a large launch."""

from collections.abc import Callable

import pytest
from django_scopes import scope

from campaigns.models import Variant
from tests.cast import Tidewell
from tests.web.test_campaigns import draft
from tests.web.watching import Watched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_the_check_follows_the_typing_and_the_text_is_kept(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    made = draft(tidewell)
    page = watch(tidewell.bob).open(f"/campaigns/{made.pk}/steps/2/")
    note = page.get_by_label("Note")
    note.fill("Hi {{ frist_name }}")
    page.locator("#told-note").get_by_text("Did you mean first_name?").wait_for()
    assert page.evaluate("document.activeElement.id") == "f-note", "typing goes on where it was"
    note.fill("Hi , shall we?")
    note.evaluate("field => field.setSelectionRange(3, 3)")
    page.get_by_role("button", name="first_name").click()
    page.locator("#previews").get_by_text("Hi Ingrid, shall we?").first.wait_for()
    assert page.locator("#told-note").inner_text().strip() == ""
    page.locator("#count-note").get_by_text("20").wait_for()
    page.locator("#saved").get_by_text("Saved").wait_for()
    with scope(workspace=tidewell.workspace):
        kept = Variant.objects.get(step__version__campaign=made, step__key=2).note
    assert kept == 'Hi {{ first_name | default: "there" }}, shall we?'


def test_the_builder_shows_the_review_beside_the_sequence(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    made = draft(tidewell)
    page = watch(tidewell.bob).open(f"/campaigns/{made.pk}/")
    page.locator("#glance").get_by_text("Invite with note first").wait_for()


def test_a_large_launch_opens_only_with_its_word(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    made = draft(tidewell, 101)
    page = watch(tidewell.bob).open(f"/campaigns/{made.pk}/review/")
    page.get_by_role("button", name="Launch").click()
    dialog = page.get_by_role("dialog", name="Launch for 101 people?")
    launch = dialog.get_by_role("button", name="Launch")
    assert launch.is_disabled()
    dialog.get_by_label("Type launch to confirm").fill("launch")
    launch.click()
    page.wait_for_url(f"**/campaigns/{made.pk}/people/")
    page.get_by_text("Autumn is running with 101 people.").wait_for()
    made.refresh_from_db()
    assert made.state == "running"
