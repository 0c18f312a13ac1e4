"""SQL for the hot path: dictionaries out, and several statements in one round trip.

Statements of `together` run in order, each with a snapshot younger than the locks of those before it, which is what the
lock order and the lanes need; only their answers travel together. Parameters are bound by the server and statements are
prepared when they are first used, unlike the ORM's, which writes them into the text each time.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from psycopg.errors import DeadlockDetected, SerializationFailure

from outreach import clock, session
from outreach.session import Args, Row, Statement

__all__ = [
    "Args",
    "Row",
    "Statement",
    "again",
    "clock_sql",
    "clock_statement",
    "commit",
    "read_clock",
    "row",
    "rows",
    "short_transaction",
    "together",
]

DEADLOCK_TRIES = 5


def together(*statements: Statement) -> list[list[Row]]:
    """Run the statements in order in one round trip; the rows of each (empty for one that returns none)."""
    return _run(statements, commit=False)


def commit(*statements: Statement) -> list[list[Row]]:
    """The last statements of a `short_transaction`: as `together`, with its COMMIT in the same round trip. Nothing may
    follow in the block. Inside a transaction of somebody else's (a test's) that one goes on."""
    return _run(statements, commit=True)


def _run(statements: tuple[Statement, ...], *, commit: bool) -> list[list[Row]]:
    django = connections[DEFAULT_DB_ALIAS]  # looked up once: the proxy would look it up for each attribute
    django.ensure_connection()
    with django.wrap_database_errors:
        last = commit and len(django.atomic_blocks) == 1
        return session.of(cast(Any, django.connection)).run(statements, commit=last)


def rows(sql: str, args: Args = ()) -> list[Row]:
    """The rows of one statement."""
    return together((sql, args))[0]


def row(sql: str, args: Args = ()) -> Row | None:
    """The first row of one statement, or None."""
    found = rows(sql, args)
    return found[0] if found else None


def clock_sql() -> str:
    """The one clock as an expression, for a statement that needs it in passing."""
    return f"({clock.sql()})"


def clock_statement() -> Statement:
    """Reads the one clock; its row is {"now": instant}."""
    return (f"SELECT {clock_sql()} AS now", ())


def read_clock(answer: list[Row]) -> datetime:
    """The instant in the answer of `clock_statement`."""
    return cast(datetime, answer[0]["now"])


def short_transaction() -> transaction.Atomic:
    """A transaction of its own. Raises when one is open already: a lock held over a call would outlive its reason."""
    return transaction.atomic(durable=True)


def again[T](verb: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call `verb`, which is one whole transaction, again when the database chose it to end a deadlock."""
    for tries_left in reversed(range(DEADLOCK_TRIES)):
        try:
            return verb(*args, **kwargs)
        except OperationalError as error:
            if not tries_left or not isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise
    raise AssertionError("unreachable")
