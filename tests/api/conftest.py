"""The cast, with a key in Alice's hand."""

import pytest

from accounts.models import Member
from tests.api.caller import Caller, caller
from tests.cast import alice, bob, charlie, in_tidewell, mara, monday, priya, tidewell, vera

__all__ = ["alice", "bob", "charlie", "in_tidewell", "mara", "monday", "priya", "tidewell", "vera"]


@pytest.fixture
def api(monday: object, alice: Member) -> Caller:
    """A program with a key of Alice's that may do everything."""
    return caller(alice)
