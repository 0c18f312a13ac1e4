"""Somebody who has never been here and presses only what each page offers first."""

from pathlib import Path

from playwright.sync_api import Browser, Locator

from tests.e2e.visitor import Visitor


class Newcomer(Visitor):
    """Counts presses (`acts`) and fields typed into (`typed`)."""

    def __init__(self, browser: Browser, address: str) -> None:
        super().__init__(browser, address)
        self.acts = self.typed = 0

    def type(self, label: str, text: str) -> None:
        self.acts += 1
        self.typed += 1
        self.page.get_by_label(label, exact=True).fill(text)

    def press(self, what: Locator) -> None:
        self.acts += 1
        super().press(what)

    def give(self, label: str, path: Path) -> None:
        self.acts += 1
        super().give(label, path)
