"""The browser of the browser tests: the system's Chromium, driven by Playwright. Registered by pytest_plugin.

CHROMIUM names another program. Without any the browser tests are skipped with the reason; with CI=true they fail.
"""

import os
import shutil
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "no Chromium: install it (apt-get install chromium, as ./dev test does for root on Debian) or set CHROMIUM"


def find() -> str | None:
    """The path of the browser, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How Playwright starts the browser."""
    path = find()
    if path is None and os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(MISSING)
    if path is None:
        pytest.skip(MISSING)
    # Playwright's own loop runs in the thread of the test, which then may not touch the database without this.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    return {
        **browser_type_launch_args,
        "executable_path": path,
        "args": [*browser_type_launch_args.get("args", ()), *FLAGS],
    }
