"""What the simulator knows, on disk: an append-only journal of rows, one line per request or event.

Why a journal and not a database: everything is answered from memory, so the disk only has to remember. A line is one
`write` into the page cache, which outlives the process (kill -9 loses nothing that was answered; only a power cut
could, and a stand-in for the outside world need not survive that). It costs some ten microseconds, and a line is whole
or absent: all rows that one request changed are in one line, so a crash never leaves half of it.

A row is a JSON list under a table and a key; writing it again replaces it, writing null removes it. Starting reads the
lines in order and keeps the last row of each key; when too much of the file is history, it is rewritten with the rest.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

Row = list[Any]
Tables = dict[str, dict[str, Row]]

_ROWS_PER_LINE = 500


class StateInUse(Exception):
    """Another simulator holds this state folder."""


class Journal:
    """One folder's journal. Take the folder with `Journal(folder)`; it is held until the process ends or `close`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / "journal.jsonl"
        self._pending: list[tuple[str, str, Row | None]] = []
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StateInUse(
                f"Another simulator already works with {folder}; stop it or choose another --state."
            ) from None
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def load(self) -> Tables:
        """The last row of every key. A torn last line (nobody was answered for it) is cut off."""
        tables: Tables = {}
        whole = rows = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                for table, key, row in json.loads(line):
                    rows += 1
                    if row is None:
                        tables.get(table, {}).pop(key, None)
                    else:
                        tables.setdefault(table, {})[key] = row
                whole += len(line)
        if whole < self._path.stat().st_size:
            os.truncate(self._path, whole)
        live = sum(map(len, tables.values()))
        if rows > 1000 and rows > 1.5 * live:
            self.rewrite(tables)
        return tables

    def put(self, table: str, key: str, row: Row | None) -> None:
        """Note a row for the next `commit`; None removes it."""
        self._pending.append((table, key, row))

    def commit(self) -> None:
        """Write what was noted as one line. Raises OSError when the disk does not take it: the caller must stop."""
        if not self._pending:
            return
        line = json.dumps(self._pending, separators=(",", ":")).encode() + b"\n"
        self._pending.clear()
        while line:
            line = line[os.write(self._file, line) :]

    def rewrite(self, tables: Tables) -> None:
        """Replace the journal by these rows, in one step."""
        fresh = self._folder / "journal.new"
        flat = [(table, key, row) for table, rows in tables.items() for key, row in rows.items()]
        with fresh.open("wb") as out:
            for start in range(0, len(flat), _ROWS_PER_LINE):
                out.write(json.dumps(flat[start : start + _ROWS_PER_LINE], separators=(",", ":")).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._path)
        os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._file)
        os.close(self._lock)
