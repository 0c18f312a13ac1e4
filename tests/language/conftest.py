"""What the language tests share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import process_time

import pytest


@pytest.fixture
def within() -> Callable[..., AbstractContextManager[None]]:
    """`with within(seconds=1):` fails when the block takes more processor time."""

    @contextmanager
    def measure(*, seconds: float) -> Iterator[None]:
        begun = process_time()
        yield
        taken = process_time() - begun
        assert taken < seconds, f"took {taken:.2f} s of processor time, allowed are {seconds} s"

    return measure
