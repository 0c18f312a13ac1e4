"""The order of the whole suite: what takes minutes begins first, so that no core waits for the other at the end."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
FIRST = (
    "live/test_demo.py",
    "web/test_pages.py",
    "live",
    "e2e",
    "platform",
    "benchmarks",
    "faults",
    "web",
    "campaigns",
)
"""Files and folders, the longest first; what the demo promises in seconds is measured beside pages, not beside another
whole Parley."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path.relative_to(ROOT).as_posix()))


def _place(path: str) -> int:
    return next((n for n, start in enumerate(FIRST) if path == start or path.startswith(f"{start}/")), len(FIRST))
