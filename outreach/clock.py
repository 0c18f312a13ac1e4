"""The one clock of the product, read at the edge (task, view, command) and passed down.

Live it is the database's own clock, so that no two machines disagree; under PARLEY_CLOCK=virtual it is a row that the
driver of a time-lapse moves. Sign-in, sessions and CSRF stay on real time.
"""

from datetime import datetime
from typing import cast

from django.conf import settings
from django.db import connection

REAL = "SELECT clock_timestamp()"
VIRTUAL = "SELECT at FROM accounts_virtualclock WHERE id = 1"


def sql() -> str:
    """The statement that reads the clock, for code that reads it in a round trip with something else."""
    return VIRTUAL if settings.PARLEY_CLOCK == "virtual" else REAL


def now() -> datetime:
    """The present instant, UTC. Raises RuntimeError when the virtual clock was never set."""
    with connection.cursor() as cursor:
        cursor.execute(sql())
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("The virtual clock is not set: let the time-lapse driver set it first.")
    return cast(datetime, row[0])


def turn_to(at: datetime) -> None:
    """Move the virtual clock to `at`; it never goes back. Raises RuntimeError on the real clock."""
    if settings.PARLEY_CLOCK != "virtual":
        raise RuntimeError("Only the virtual clock can be moved: start with PARLEY_CLOCK=virtual.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_virtualclock (id, at) VALUES (1, %s) "
            "ON CONFLICT (id) DO UPDATE SET at = greatest(accounts_virtualclock.at, excluded.at)",
            [at],
        )
