"""Pages in a real browser, watched: the content policy holds, nothing foreign is asked for, no script complains."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Request

from accounts.models import Member

SERIOUS = ("serious", "critical")
QUIET_S = 0.15
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True},
}


class Asked:
    """What a page asked for and has not got yet; streams that stay open do not count."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.open: set[Request] = set()
        self.changed = time.monotonic()
        page.on("request", lambda request: self.note(request, begun=request.resource_type != "eventsource"))
        page.on("requestfinished", lambda request: self.note(request, begun=False))
        page.on("requestfailed", lambda request: self.note(request, begun=False))

    def note(self, request: Request, *, begun: bool) -> None:
        (self.open.add if begun else self.open.discard)(request)
        self.changed = time.monotonic()

    def settle(self, seconds: float = 30) -> None:
        """Until everything was answered, and what came of it asked for nothing more."""
        self.page.wait_for_load_state()
        end = time.monotonic() + seconds
        while self.open or time.monotonic() - self.changed < QUIET_S:
            assert time.monotonic() < end, f"still loading: {[request.url for request in self.open]}"
            self.page.wait_for_timeout(20)


class Watched:
    """Pages of one person, with everything in them that should not have happened."""

    def __init__(self, browser: Browser, address: str, member: Member | None, **looks: Any) -> None:
        self.troubles: list[str] = []
        self.address = address
        self.context: BrowserContext = browser.new_context(base_url=address, **looks)
        if member is not None:
            client = Client()
            client.force_login(member.user)
            self.context.add_cookies([{"name": "parley", "value": client.cookies["parley"].value, "url": address}])

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self.note(message.type, message.text))
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.foreign(request.url))
        asked = Asked(page)
        page.goto(path)
        asked.settle()
        return page

    def note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.troubles.append(f"{kind}: {text}")

    def foreign(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.troubles.append(f"asked {url}")


@pytest.fixture
def watch(live_server: Any, browser: Browser, monday: datetime) -> Iterator[Callable[..., Watched]]:
    """Watch a person's pages; at the end nothing must have happened in them that should not."""
    watched: list[Watched] = []

    def begin(member: Member | None = None, **looks: Any) -> Watched:
        watched.append(Watched(browser, live_server.url, member, **looks))
        return watched[-1]

    yield begin
    for one in watched:
        one.context.close()
        assert one.troubles == []


def serious(page: Page, *rules: str) -> list[str]:
    """What axe finds that keeps somebody from using the page; by these rules only, when some are named."""
    options = {"runOnly": list(rules)} if rules else None
    return [
        f"{rule['id']}: {node['html']}"
        for rule in Axe().run(page, options=options).response["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


def too_wide(page: Page) -> bool:
    """Whether the page scrolls sideways."""
    wanted = page.viewport_size  # on a phone the window itself widens with the page, so it proves nothing
    return bool(page.evaluate("document.documentElement.scrollWidth") > (wanted or {"width": 0})["width"])
