"""The shared cast, and files that say what a test needs."""

from collections.abc import Callable

import pytest

from accounts.models import Member
from prospects.imports import apply
from prospects.models import Import
from tests.cast import MONDAY, alice, bob, charlie, in_tidewell, mara, monday, priya, tidewell, vera
from tests.prospects.written import csv_of

__all__ = ["alice", "bob", "charlie", "in_tidewell", "mara", "monday", "priya", "tidewell", "vera"]

Take = Callable[..., Import]


@pytest.fixture
def take(bob: Member) -> Take:
    """Apply a file with these people, by Bob unless told otherwise."""

    def apply_rows(*people: dict[str, object], by: Member = bob, **options: object) -> Import:
        return apply(csv_of(*people), by=by, name="people.csv", **({"now": MONDAY} | options))

    return apply_rows
