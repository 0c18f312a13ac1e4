"""After every test that moved credits the ledger is proved again from the rows that the test left behind.

What it takes real touches to say (I4: each paid InMail has its spend; I6: a free one moves nothing) is proved after
every test on the stage, beside all other promises: many tests of pages draw touches that nobody sent.
"""

from collections.abc import Iterator

import pytest
from django.db import connection

BREAKS = "breaks_the_ledger"
"""The mark of tests that break the ledger on purpose, to see that it is noticed."""


@pytest.fixture(autouse=True)
def exact_ledger(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up before a test's own fixtures, so that it ends after them and before the database forgets."""
    if not touches_database(request):
        yield
        return
    request.getfixturevalue("_django_db_helper")
    yield
    if request.node.get_closest_marker(BREAKS) is None:
        found = breaches()
        assert found == [], found


def touches_database(request: pytest.FixtureRequest) -> bool:
    named = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}
    return request.node.get_closest_marker("django_db") is not None or bool(named & set(request.fixturenames))


def breaches() -> list[str]:
    """What does not hold, in sentences; nothing more is asked where no credit ever moved."""
    from accounts import ledger  # the models are there only once Django is

    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM accounts_credittransfer)")
        if cursor.fetchone() == (False,):
            return []
    return [f"{breach.rule}: {breach.sentence} {breach.rows}" for breach in ledger.proof()]
