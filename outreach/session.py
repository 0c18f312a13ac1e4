"""One session of the database as libpq sees it: several statements written at once, their answers read at once.

psycopg's own pipeline writes and looks for answers after every statement, which costs both sides more than most of our
statements do. Here a batch is one write and, when it is answered, one read. Values are dumped and loaded by psycopg's
adapters; transactions are Django's, except that BEGIN travels with the first statement and COMMIT may with the last.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast
from weakref import WeakKeyDictionary, proxy

from psycopg import Connection, abc, errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import fetch_many, send
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

Row = dict[str, Any]
Args = Sequence[Any] | Mapping[str, Any]
Statement = tuple[str, Args]

STATEMENTS_KEPT = 500
"""Most statements that one session keeps prepared. The path has some ninety, several with more than one list of types;
beyond this all are forgotten, because that many can only come from statements that are written anew each time."""


@dataclass(slots=True)
class Prepared:
    """A statement that the server knows by `name`. `columns`: of its answers, None until the first that has rows."""

    name: bytes
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """A statement with its values as they are written."""

    query: bytes
    key: tuple[str, tuple[int, ...]]
    values: Sequence[Any]
    formats: Sequence[Any] | None


@dataclass(slots=True)
class Session:
    """What is remembered of one connection: how values are written and read, and what the server has prepared."""

    raw: Connection[Any]
    adapting: abc.Transformer
    known: dict[tuple[str, tuple[int, ...]], Prepared] = field(default_factory=dict)
    made: int = 0

    def run(self, statements: Sequence[Statement], *, commit: bool = False) -> list[list[Row]]:
        """The rows of each statement, after all were answered; with `commit` the transaction is over then.

        Raises psycopg.Error of the first that failed: none of those after it was run, nor the COMMIT.
        """
        if len(self.known) > STATEMENTS_KEPT:
            self._forget()
        pgconn = self.raw.pgconn
        begin = not self.raw.autocommit and pgconn.transaction_status == TransactionStatus.IDLE
        batch = [self._ready(sql, args) for sql, args in statements]
        pgconn.enter_pipeline_mode()
        try:
            if begin:
                pgconn.send_query_params(b"BEGIN", None)
            sent = [self._send(one) for one in batch]
            if commit:
                pgconn.send_query_params(b"COMMIT", None)
            pgconn.pipeline_sync()
            answers = self.raw.wait(_answers(pgconn, begin + sum(1 + fresh for _, fresh in sent) + commit))
        except BaseException:
            self.raw.close()  # the session is gone, or nobody knows how far the batch came
            raise
        pgconn.exit_pipeline_mode()
        for answer in answers:
            if answer.status == ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(answer)
        told = iter(answers[begin:])
        return [self._read(one, prepared, fresh, told) for one, (prepared, fresh) in zip(batch, sent, strict=True)]

    def _ready(self, sql: str, args: Args) -> Ready:
        query, names = _numbered(sql)
        values = args if isinstance(args, list | tuple) else [cast(Mapping[str, Any], args)[name] for name in names]
        if not values:
            return Ready(query, (sql, ()), (), None)
        written = self.adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
        return Ready(query, (sql, self.adapting.types or ()), written, self.adapting.formats)

    def _send(self, one: Ready) -> tuple[Prepared, bool]:
        """Put it into the batch; whether it is prepared in the same batch."""
        prepared = self.known.get(one.key)
        fresh = prepared is None
        if prepared is None:
            self.made += 1
            prepared = Prepared(b"parley_%d" % self.made)
            self.raw.pgconn.send_prepare(prepared.name, one.query, one.key[1])
        self.raw.pgconn.send_query_prepared(prepared.name, one.values, one.formats)
        return prepared, fresh

    def _read(self, one: Ready, prepared: Prepared, fresh: bool, told: Iterator[PGresult]) -> list[Row]:
        if fresh:
            next(told)
            self.known[one.key] = prepared
        answer = next(told)
        if not answer.ntuples:
            return []
        if prepared.columns is None:
            prepared.columns = tuple((answer.fname(n) or b"").decode() for n in range(answer.nfields))
        columns = prepared.columns
        self.adapting.set_pgresult(answer)
        return self.adapting.load_rows(0, answer.ntuples, lambda values: dict(zip(columns, values, strict=True)))

    def _forget(self) -> None:
        self.known.clear()
        with self.raw.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL", prepare=False)


def _answers(pgconn: PGconn, commands: int) -> abc.PQGen[list[PGresult]]:
    """Write what was batched, and wait for the answer of each command and of the Sync after them."""
    yield from send(pgconn)
    answers: list[PGresult] = []
    for _ in range(commands + 1):
        answers += yield from fetch_many(pgconn)
    return answers[:commands]


_PLACE = re.compile(r"%%|%s|%\((\w+)\)s")


@lru_cache(maxsize=1000)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """The text with its places as the server counts them ($1, $2 …), and the names of the values when they have names:
    a name that stands twice is one value."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found.group() == "%%":
            return "%"
        name = found.group(1) or str(len(names))
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PLACE.sub(place, sql).encode(), tuple(names)


_sessions: WeakKeyDictionary[Connection[Any], Session] = WeakKeyDictionary()


def of(raw: Connection[Any]) -> Session:
    """The session of a connection, the same one as long as the connection lives."""
    found = _sessions.get(raw)
    if found is None:
        found = _sessions[raw] = Session(proxy(raw), Transformer(raw.adapters))
    return found
