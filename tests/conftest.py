"""How the whole suite runs: what only `--all` runs, and what takes minutes first, so that no core waits at the end."""

from pathlib import Path

import pytest

from tests.exact import exact_ledger

__all__ = ["exact_ledger"]

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all", action="store_true", help="also the tests marked `whole`, which run too when a test is named"
    )


def pytest_configure(config: pytest.Config) -> None:
    named = config.args_source == pytest.Config.ArgsSource.ARGS
    if named and not hasattr(config, "workerinput"):  # the workers of xdist are told by the controller's options
        config.option.all = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.option.all:
        put_off = [item for item in items if item.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=put_off)
        items[:] = [item for item in items if item not in put_off]
    items.sort(key=lambda item: _place(item.path.relative_to(ROOT).as_posix()))


def _place(path: str) -> int:
    return next((n for n, start in enumerate(FIRST) if path == start or path.startswith(f"{start}/")), len(FIRST))
