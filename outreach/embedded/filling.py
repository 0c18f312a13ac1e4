"""The sample workspace of `./dev up`: its past is played beside the database, and taken over when it is whole.

A time-lapse works on everything in its database. So that nobody who signs up meanwhile is worked on by a clock that is
weeks behind, it has a database of its own in the same cluster: a copy of the empty tables. What it leaves there has low
ids; the live tables begin above them. At the end all of it moves over in one transaction, and the simulator that played
the past goes on with its state on the real clock. Whatever is interrupted before that left nothing here: the next start
plays it anew.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outreach.embedded import Refusal, places, postgres

if TYPE_CHECKING:
    import psycopg

DATABASE = "parley_sample"
RESERVED = 100_000
"""Rows of a table that the sample may have; the first row of anybody else has the next number."""

STATE = places.VAR / "simulator-sample"
"""What the simulator knows of the past, until it is whole."""

WITHOUT_WORKSPACE = ("accounts_workspace", "accounts_user", "account_emailaddress")
"""Tables that are taken over although their rows name no workspace."""

_WANTED = """
SELECT coalesce((SELECT state = 'playing' FROM accounts_sample), NOT EXISTS (SELECT 1 FROM accounts_workspace))"""

_BEGIN = """
INSERT INTO accounts_sample (id, state, percent, began_at) VALUES (1, 'playing', 0, %s)
ON CONFLICT (id) DO UPDATE SET state = 'playing', percent = 0, began_at = excluded.began_at, ended_at = NULL"""

_NAMES = "SELECT slug::text FROM accounts_workspace UNION SELECT lower(email) FROM accounts_user"

_TABLES = """
SELECT c.relname AS name, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id'
    AND NOT a.attisdropped) AS tenant FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname"""

_SEQUENCES = """
SELECT s.relname AS sequence FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace
WHERE n.nspname = 'public' AND s.relkind = 'S' AND (s.relname LIKE 'account%' OR s.relname LIKE 'prospects%'
    OR s.relname LIKE 'campaigns%') ORDER BY 1"""

_COLUMNS = """
SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
AND attgenerated = '' ORDER BY attnum"""


@dataclass(frozen=True)
class Filling:
    """The sample of this cluster, on its way."""

    cluster: postgres.Cluster
    simulator_url: str

    @property
    def url(self) -> str:
        """The database in which the past is played, for the role that runs."""
        return self.cluster.url(postgres.RUN, DATABASE)

    def is_wanted(self) -> bool:
        """Whether there is nothing here yet, or an earlier start was interrupted."""
        with self._live() as live:
            found = live.execute(_WANTED).fetchone()
        return bool(found and found[0])

    def prepare(self, now: datetime | None = None) -> None:
        """An empty database to play in, and room for its ids. Nobody may use the live one meanwhile."""
        self._forget()
        shutil.rmtree(places.VAR / "simulator", ignore_errors=True)  # of a start that got no further than this
        with self.cluster.connect(postgres.SUPERUSER, "postgres") as server:
            server.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {postgres.DATABASE}")
            server.execute(f"ALTER DATABASE {DATABASE} SET synchronous_commit = off")
        with self.cluster.connect(postgres.SUPERUSER, DATABASE) as sample:
            # Whoever signed up during an earlier try is none of its people.
            sample.execute("TRUNCATE accounts_workspace, accounts_user RESTART IDENTITY CASCADE")
        with self._live() as live:
            for (sequence,) in live.execute(_SEQUENCES).fetchall():
                live.execute(
                    "SELECT setval(%s::regclass, greatest(%s, nextval(%s::regclass)))", [sequence, RESERVED, sequence]
                )
            live.execute(_BEGIN, [now or datetime.now(UTC)])

    def leave(self) -> None:
        """This start fills nothing: what an interrupted one left is no longer on its way."""
        with self._live() as live:
            live.execute("DELETE FROM accounts_sample WHERE state = 'playing'")
        self._forget()

    def require_fit(self) -> None:
        """Raise Refusal when somebody has taken a name of the sample meanwhile."""
        with self._live() as live, self.cluster.connect(postgres.SUPERUSER, DATABASE) as sample:
            names = {str(row[0]) for row in sample.execute(_NAMES).fetchall()}
            if taken := names & {str(row[0]) for row in live.execute(_NAMES).fetchall()}:
                raise Refusal(f"{', '.join(sorted(taken))} is there already.")

    def hand_over_simulator(self) -> None:
        """What was played becomes the state of the live simulator, which must not run yet."""
        state = places.VAR / "simulator"
        shutil.rmtree(state, ignore_errors=True)
        STATE.rename(state)

    def take_over(self, now: datetime | None = None) -> None:
        """Move everything over, all or nothing. Raises Refusal or an error of PostgreSQL's when it does not fit."""
        connected = "UPDATE accounts_connection SET base_url = %s WHERE vendor = 'simulator'"
        done = "UPDATE accounts_sample SET state = 'done', percent = 100, ended_at = %s"
        with self._live() as live, self.cluster.connect(postgres.SUPERUSER, DATABASE) as sample, live.transaction():
            # The rows kept every rule where they come from: no trigger or key is asked again.
            live.execute("SET LOCAL session_replication_role = replica")
            for name, tenant in sample.execute(_TABLES).fetchall():
                if tenant or name in WITHOUT_WORKSPACE:
                    _copy(str(name), sample, live)
            live.execute(connected, [self.simulator_url])
            live.execute(done, [now or datetime.now(UTC)])
        self._forget()

    def give_up(self, now: datetime | None = None) -> None:
        """It could not be played: go on without."""
        with self._live() as live:
            live.execute("UPDATE accounts_sample SET state = 'failed', ended_at = %s", [now or datetime.now(UTC)])
        shutil.rmtree(STATE, ignore_errors=True)
        self._forget()

    def _forget(self) -> None:
        with self.cluster.connect(postgres.SUPERUSER, "postgres") as server:
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        shutil.rmtree(STATE, ignore_errors=True)

    def _live(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return self.cluster.connect(postgres.SUPERUSER)


def _copy(name: str, sample: "psycopg.Connection[Any]", live: "psycopg.Connection[Any]") -> None:
    from psycopg import sql

    table = sql.Identifier(name)
    columns = [row[0] for row in sample.execute(_COLUMNS, [name]).fetchall()]
    if "id" in columns:
        [highest] = sample.execute(sql.SQL("SELECT max(id) FROM {}").format(table)).fetchone() or [None]
        if isinstance(highest, int) and highest > RESERVED:
            raise Refusal(f"The sample has more than {RESERVED:,} rows in {name}.")
    which = sql.SQL("{} ({})").format(table, sql.SQL(", ").join(map(sql.Identifier, columns)))
    with (
        sample.cursor() as reading,
        live.cursor() as writing,
        reading.copy(sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(which)) as source,
        writing.copy(sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(which)) as target,
    ):
        for block in source:
            target.write(block)
