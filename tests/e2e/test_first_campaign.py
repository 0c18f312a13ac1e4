"""A newcomer goes from signing up to a running campaign in a real browser, against a whole Parley: web, worker, beat,
simulator, database, mail. They press only what each page offers first."""

from pathlib import Path

import pytest

from tests.e2e.newcomer import Newcomer
from tests.platform.checkouts import Checkout, Running

pytestmark = pytest.mark.slow

MOST_ACTS = 25
MOST_TYPED = 8


def test_from_signing_up_to_reading_why_each_person_waits(
    newcomer: Newcomer, samples: Path, parley: tuple[Checkout, Running, str]
) -> None:
    page = newcomer.open("/sign-up/")
    newcomer.picture("sign-up")
    newcomer.type("Your name", "Nora Quist")
    newcomer.type("E-mail address", "nora@harbour.example")
    newcomer.type("Password", "tall ships and tides")
    newcomer.press_primary()
    page.get_by_role("heading", name="From here to your first campaign").wait_for()
    newcomer.picture("today-first-steps")

    page.goto("/mail/")  # her mailbox: not a page of hers here, but the link in it is
    newcomer.press(page.get_by_role("link", name="Confirm").first)
    newcomer.press(page.get_by_role("link", name="/verify-email/").first)
    newcomer.press_primary()

    page.goto("/")
    assert newcomer.press_primary() == "Add a sender"
    newcomer.picture("sender-new")
    newcomer.press_primary()
    newcomer.picture("sender")

    page.goto("/")
    assert newcomer.press_primary() == "Import people"
    newcomer.picture("import-new")
    newcomer.give("File", samples / "sales-navigator.csv")
    newcomer.press_primary()
    page.locator("main [data-kind=primary]", has_text="Import ").wait_for()
    newcomer.picture("import")
    newcomer.press_primary()
    page.locator("main [data-kind=primary]", has_text="campaign").wait_for()
    newcomer.press_primary()

    newcomer.picture("campaign-new")
    newcomer.press(page.get_by_role("radio", name="Senior"))
    newcomer.press_primary()
    newcomer.picture("campaign")
    newcomer.press_primary()
    newcomer.picture("campaign-review")
    newcomer.press_primary()
    if (word := page.get_by_label("Type", exact=False)).count() and word.first.is_visible():
        newcomer.type(word.first.inner_text(), "launch")
        newcomer.press_primary()

    page.get_by_role("heading", name="What").first.wait_for()
    newcomer.picture("campaign-people")
    rows = page.locator("tbody tr")
    assert rows.count() >= 20
    for row in rows.all():
        assert row.inner_text().strip(), "everybody waits for something that is said"

    assert newcomer.acts <= MOST_ACTS and newcomer.typed <= MOST_TYPED, (newcomer.acts, newcomer.typed)
    assert newcomer.troubles == []
