from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.running import Listener, Running, listening

CORE: dict[str, Any] = {"id": "priya", "name": "Priya Raman", "plan": "sn_core"}
FREE: dict[str, Any] = {"id": "mara", "name": "Mara Okonkwo", "plan": "free"}
BUSINESS: dict[str, Any] = {"id": "bob", "name": "Bob Moreau", "plan": "business", "billing_day": 15}


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("simulator"))
    yield running
    running.stop()


@pytest.fixture
def sim(process: Running) -> Running:
    """A simulator with a manual clock, freshly seeded with three seats and sixty people."""
    process.seed(CORE, FREE, BUSINESS)
    return process


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener
