"""Real threads with database connections of their own, for tests of what happens at once."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, connections


class Thread:
    """Runs `verb` in a thread of its own. `result()` waits for it, and raises what it raised."""

    def __init__(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self._done: Any = None
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(verb, args, kwargs), daemon=True)
        self._thread.start()

    def _run(self, verb: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            self._done = verb(*args, **kwargs)
        except BaseException as error:
            self._failed = error
        finally:
            connections.close_all()

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def result(self, seconds: float = 60) -> Any:
        self._thread.join(seconds)
        assert self.over, "the thread does not end"
        if self._failed is not None:
            raise self._failed
        return self._done


def at_once(count: int, verb: Callable[[int], Any]) -> list[Any]:
    """Call `verb` with 0, 1, … in that many threads that begin together; their answers."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> Any:
        connection.ensure_connection()
        barrier.wait(30)
        return verb(number)

    return [thread.result() for thread in [Thread(begin, number) for number in range(count)]]


def waiting_for_locks() -> int:
    """How many sessions of this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction looks only once by itself
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
