"""The cast at the door: browsers without a screen, signed in as one of them."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from tests.cast import (
    Tidewell,
    alice,
    bob,
    charlie,
    in_tidewell,
    mara,
    monday,
    priya,
    tidewell,
    vera,
)
from tests.web.watching import watch

__all__ = [
    "Tidewell",
    "alice",
    "bob",
    "charlie",
    "in_tidewell",
    "mara",
    "monday",
    "priya",
    "tidewell",
    "vera",
    "watch",
]


@pytest.fixture
def signed_in() -> Callable[[Member | None], Client]:
    """A browser of that member; of nobody for None."""

    def sign_in(member: Member | None) -> Client:
        client = Client()
        if member is not None:
            client.force_login(member.user)
        return client

    return sign_in


@pytest.fixture
def query_count() -> Callable[[Client, str], int]:
    """How many queries a page takes."""

    def count(client: Client, address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    return count
