"""SQL for the hot path: dictionaries out, and several statements in one round trip.

Statements of `together` run in order, each with a snapshot younger than the locks of those before it, which is what the
lock order and the lanes need; only their answers travel together. Parameters are bound by the server and statements are
prepared once they repeat, unlike the ORM's, which writes them into the text each time.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import OperationalError, connection, transaction
from psycopg import Cursor
from psycopg.errors import DeadlockDetected, SerializationFailure
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from outreach import clock

Row = dict[str, Any]
Args = Sequence[Any] | Mapping[str, Any]
Statement = tuple[str, Args]

DEADLOCK_TRIES = 5
STATEMENTS_KEPT = 400
"""Most statements that one connection keeps prepared. The path has some ninety, several with more than one list of
types; beyond psycopg's own limit of 100 plans would be thrown away as fast as they are made."""


def together(*statements: Statement) -> list[list[Row]]:
    """Run the statements in order in one round trip; the rows of each (empty for one that returns none)."""
    connection.ensure_connection()
    raw = cast(Any, connection.connection)
    raw.prepared_max = STATEMENTS_KEPT
    with connection.wrap_database_errors:
        cursors = [Cursor(raw, row_factory=dict_row) for _ in statements]
        begins = not raw.autocommit and raw.info.transaction_status == TransactionStatus.IDLE
        if len(statements) == 1 and not begins:  # in a pipeline BEGIN travels with the first statement
            sql, args = statements[0]
            cursors[0].execute(sql, args, prepare=_lasting(sql))
        else:
            with raw.pipeline():
                for cursor, (sql, args) in zip(cursors, statements, strict=True):
                    cursor.execute(sql, args, prepare=_lasting(sql))
        return [cursor.fetchall() if cursor.rownumber is not None else [] for cursor in cursors]


def _lasting(sql: str) -> bool | None:
    """Whether to keep the statement's plan once it repeats. Not when its limit is a parameter: a plan that fits any
    limit reads the whole queue."""
    return False if "LIMIT %" in sql else None


def rows(sql: str, args: Args = ()) -> list[Row]:
    """The rows of one statement."""
    return together((sql, args))[0]


def row(sql: str, args: Args = ()) -> Row | None:
    """The first row of one statement, or None."""
    found = rows(sql, args)
    return found[0] if found else None


def clock_statement() -> Statement:
    """Reads the one clock; its row is {"now": instant}."""
    return (f"SELECT ({clock.sql()}) AS now", ())


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
