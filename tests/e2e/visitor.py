"""A person with a browser in front of a whole Parley."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 375, "height": 812}, "is_mobile": True, "has_touch": True},
}
PICTURES = os.environ.get("PICTURES", "")
"""Where pictures of pages go: PICTURES=docs/screenshots renews those of the docs. Without it pages are only opened."""
WAIT_MS = 60_000


class Visitor:
    """Presses, gives files, looks, and keeps what browsers complain about (`troubles`)."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.context = browser.new_context(base_url=address, timezone_id="Europe/Paris", **LOOKS["light"])
        self.context.set_default_timeout(WAIT_MS)
        self.troubles: list[str] = []
        self.windows: dict[str, Page] = {}
        self.page = self._watched(self.context.new_page())

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def press(self, what: Locator) -> None:
        what.click()
        self.page.wait_for_load_state("load")

    def press_primary(self) -> str:
        """Press the one primary button of the page. What it says."""
        primary = self.page.locator("main [data-kind=primary]:visible")
        primary.first.wait_for()
        assert primary.count() == 1, f"{self.page.url}: {primary.all_inner_texts()}"
        words = primary.inner_text()
        self.press(primary)
        return words

    def give(self, label: str, path: Path) -> None:
        self.page.get_by_label(label, exact=True).set_input_files(path)

    def sign_in(self, name: str) -> Page:
        """As one of the sample workspace, with one press on the sign-in page."""
        page = self.open("/sign-in/")
        self.press(page.locator("#sample").get_by_role("button", name=name))
        page.get_by_role("heading", name="Today").wait_for()
        return page

    def picture(self, name: str, path: str = "", width: int = 1280) -> None:
        """The page as it is, or the one at `path`, in every look; in windows of their own, on a desk `width` wide."""
        for look, page in self._looks().items():
            if look != "phone":
                page.set_viewport_size({"width": width, "height": 900})
            page.context.add_cookies(self.context.cookies())
            page.goto(path or self.page.url)
            page.wait_for_load_state("networkidle")
            if PICTURES:
                Path(PICTURES).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=Path(PICTURES) / f"{name}-{look}.png", animations="disabled")

    def _looks(self) -> dict[str, Page]:
        """A window for each look that is wanted, opened when it is first asked for."""
        if not self.windows:
            for look in LOOKS if PICTURES else ("phone",):
                context = self.browser.new_context(base_url=self.address, timezone_id="Europe/Paris", **LOOKS[look])
                self.windows[look] = self._watched(context.new_page())
        return self.windows

    def close(self) -> None:
        for page in self.windows.values():
            page.context.close()
        self.context.close()

    def _watched(self, page: Page) -> Page:
        page.on("console", lambda said: said.type == "error" and self._note(page, said.text))
        page.on("pageerror", lambda error: self._note(page, str(error)))
        return page

    def _note(self, page: Page, words: str) -> None:
        # The browser's own word about an animation between two pages that a quick press cut short.
        if not words.startswith("Transition was "):
            self.troubles.append(f"{page.url}: {words}")
