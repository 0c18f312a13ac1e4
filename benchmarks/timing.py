"""Stopwatches."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Watch:
    """Adds up the seconds of the blocks run under it."""

    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rate(work: Callable[[], int]) -> float:
    """What `work` says it did, per second."""
    began = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - began)


def times(work: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each of so many runs."""
    return [seconds_of(work) * 1000 for _ in range(count)]
