"""A copy of the checkout to start, break and throw away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.checkouts import Checkout, free_port


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A copy of this checkout without any data."""
    made = Checkout.copy(tmp_path / "checkout")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def module_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A copy of this checkout, shared by the tests of a module."""
    made = Checkout.copy(tmp_path_factory.mktemp("module") / "checkout")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def migrated(module_checkout: Checkout) -> Checkout:
    """A copy of this checkout whose database has its tables, shared by the tests of a module."""
    done = module_checkout.run("./dev", "manage", "migrate", "-v", "0")
    assert done.returncode == 0, done.stderr
    return module_checkout


@pytest.fixture
def port() -> int:
    """A free port for a web process."""
    return free_port()
