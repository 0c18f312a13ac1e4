"""The browser files of others are the ones that docs/vendored.md names."""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

TABLE = Path(settings.BASE_DIR, "docs/vendored.md").read_text()
ROW = re.compile(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
VENDORED = dict(ROW.findall(TABLE))
OURS = {".css", ".js", ".svg"}


@pytest.mark.parametrize("name", VENDORED)
def test_the_file_is_the_one_that_was_looked_at(name: str) -> None:
    found = finders.find(name)
    assert found, f"{name} is gone"
    assert hashlib.sha256(Path(found).read_bytes()).hexdigest() == VENDORED[name]


def test_every_row_of_the_table_was_read() -> None:
    assert len(VENDORED) == TABLE.count("\n| `") >= 4


def test_nothing_else_under_static_is_foreign() -> None:
    static = Path(settings.BASE_DIR, "static")
    files = {path.relative_to(static).as_posix() for path in static.rglob("*") if path.is_file()}
    foreign = {name for name in files if Path(name).suffix not in OURS}
    assert foreign <= set(VENDORED)


def test_the_package_is_the_one_of_the_table() -> None:
    assert f"django-htmx {version('django-htmx')}," in TABLE
