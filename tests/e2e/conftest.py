"""A whole Parley as `./dev up` starts it, and a person with a browser in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.newcomer import Newcomer
from tests.platform.checkouts import Checkout, Running, free_port


@pytest.fixture(scope="module")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, Running, str]]:
    """A copy of this checkout that is up, and its address."""
    made = Checkout.copy(tmp_path_factory.mktemp("e2e") / "checkout")
    port = free_port()
    running = made.start("./dev", "up", PORT=str(port))
    running.await_output("Parley is ready", 120)
    yield made, running, f"http://127.0.0.1:{port}"
    made.stop()


@pytest.fixture
def newcomer(browser: Browser, parley: tuple[Checkout, Running, str]) -> Iterator[Newcomer]:
    """Somebody who has never been here; every press and every field they type into is counted."""
    person = Newcomer(browser, parley[2])
    yield person
    person.close()


@pytest.fixture
def samples() -> Path:
    return Path(__file__).resolve().parents[2] / "prospects/samples"
