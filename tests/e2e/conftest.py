"""A whole Parley as `./dev up` starts it, and people with browsers in front of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.newcomer import Newcomer
from tests.e2e.visitor import WAIT_MS, Visitor
from tests.platform.checkouts import Checkout, Running, free_port


@pytest.fixture(scope="package")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, Running, str]]:
    """A copy of this checkout that is up, and its address; one for all tests of this folder."""
    made = Checkout.copy(tmp_path_factory.mktemp("e2e") / "checkout")
    port = free_port()
    running = made.start("./dev", "up", PORT=str(port))
    running.await_output("Parley is ready", 240)
    yield made, running, f"http://127.0.0.1:{port}"
    made.stop()


@pytest.fixture
def newcomer(browser: Browser, parley: tuple[Checkout, Running, str]) -> Iterator[Newcomer]:
    """Somebody who has never been here; every press and every field they type into is counted."""
    person = Newcomer(browser, parley[2])
    yield person
    person.close()


@pytest.fixture
def visit(browser: Browser, parley: tuple[Checkout, Running, str]) -> Iterator[Callable[[], Visitor]]:
    """One more person, with a browser of their own. At the end no browser may have complained."""
    visitors: list[Visitor] = []

    def come() -> Visitor:
        visitors.append(Visitor(browser, parley[2]))
        return visitors[-1]

    expect.set_options(timeout=WAIT_MS)
    yield come
    expect.set_options(timeout=5_000)
    for one in visitors:
        one.close()
    assert [trouble for one in visitors for trouble in one.troubles] == []


@pytest.fixture
def samples() -> Path:
    return Path(__file__).resolve().parents[2] / "prospects/samples"
