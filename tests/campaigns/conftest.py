"""The worlds that these tests live in, each made once per module and never changed for good."""

from collections.abc import Iterator
from typing import Any

import pytest
from django_scopes import scope

from tests.campaigns.running_world import World, kept, lived_in, seat


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Tidewell after everything has happened once."""
    with kept(django_db_blocker):
        made = seat()
        with scope(workspace=made.workspace):
            yield lived_in(made)
