"""A newcomer goes from signing up to a running campaign in a real browser, against a whole Parley: web, worker, beat,
simulator, database, mail. They press only what each page offers first."""

from pathlib import Path

import pytest

from tests.e2e.newcomer import Newcomer
from tests.platform.checkouts import Checkout, Running

pytestmark = pytest.mark.slow

MOST_ACTS = 25
MOST_TYPED = 8
PAGES = {
    "today": "/",
    "prospects": "/prospects/",
    "imports": "/prospects/imports/",
    "campaigns": "/campaigns/",
    "senders": "/senders/",
    "uncertain": "/uncertain/",
    "members": "/settings/members/",
    "suppression": "/settings/suppression/",
    "history": "/settings/history/",
    "account": "/account/",
    "sessions": "/account/sessions/",
}
"""What she can look at besides, once her campaign runs."""


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
    assert newcomer.acts <= MOST_ACTS and newcomer.typed <= MOST_TYPED, (newcomer.acts, newcomer.typed)
    newcomer.picture("campaign-people")
    column = page.locator("thead th").all_inner_texts().index("Why not yet?")
    reasons = [row.locator("td, th").nth(column).inner_text().strip() for row in page.locator("tbody tr").all()]
    assert len(reasons) >= 20 and all(reasons), "everybody waits for something that is said"

    opened = page.locator("tbody a").first
    newcomer.picture("enrollment", opened.get_attribute("href") or "")
    opened.click()
    page.get_by_role("heading", name="Why not yet").wait_for()
    for name, path in PAGES.items():
        newcomer.picture(name, path)
    page.goto("/prospects/")
    page.locator("tbody a").first.click()
    page.get_by_role("heading", level=1).wait_for()
    newcomer.picture("person")
    assert newcomer.troubles == []


def test_an_admin_changes_a_subscription_tier_and_nobody_else_does(
    newcomer: Newcomer, parley: tuple[Checkout, Running, str]
) -> None:
    password = parley[1].output.split("Password of all of them: ", 1)[1].split()[0]
    page = newcomer.open("/settings/tiers/")
    newcomer.type("E-mail address", "alice@tidewell.example")
    newcomer.type("Password", password)
    newcomer.press_primary()
    newcomer.picture("tiers")
    newcomer.press(page.get_by_role("link", name="Sales Navigator Core").first)
    page.get_by_label("Grant", exact=False).first.fill("40")
    assert newcomer.press_primary() == "Show what changes"
    page.locator("main [data-kind=primary]", has_text="Save").wait_for()
    newcomer.picture("tier")
    newcomer.press_primary()
    page.get_by_text("Saved for").first.wait_for()

    page.context.clear_cookies()
    newcomer.open("/settings/tiers/")
    newcomer.type("E-mail address", "vera@tidewell.example")
    newcomer.type("Password", password)
    newcomer.press_primary()
    page.get_by_role("heading", name="You may not do this").wait_for()
