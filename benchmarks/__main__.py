"""`./dev bench [--size S|L] [names…]`: JSON lines, one per result. Exits 1 when a benchmark broke or found an error."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

CLOCKS = {
    "path": "virtual",
    "tick": "virtual",
    "growth": "virtual",
    "backlog": "virtual",
    "bulk": "virtual",
    "deciding": "virtual",
    "planning": "virtual",
    "inbound": "virtual",
    "queues": "virtual",
    "ledger": "real",
    "months": "real",
    "imports": "real",
    "memory": "real",
    "streams": "real",
}
"""The benchmarks in order, and the clock that each needs."""

NEEDED = ("DATABASE_URL", "MIGRATE_DATABASE_URL", "BROKER_URL")
ONE = "PARLEY_BENCHMARK"
"""Set in the process of one benchmark: its name."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=("XS", "S", "L"), default="S", help="XS only shows that they run")
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(CLOCKS)} (default: all)")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(CLOCKS))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}: choose from {', '.join(CLOCKS)}.")
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        parser.error(f"{missing[0]} is not set: start the benchmarks with ./dev bench.")
    failed = False
    for name in options.names or CLOCKS:
        failed |= not _run(name, options.size)
    return int(failed)


def _run(name: str, size: str) -> bool:
    """One benchmark in a process and a database of its own. Whether it ended well and found no error."""
    with _database(f"benchmark_{name}") as addresses:
        environment = {**os.environ, **addresses, "PARLEY_CLOCK": CLOCKS[name], ONE: name}
        command = [sys.executable, "-m", "benchmarks", "--size", size]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            good = True
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                good &= json.loads(line)["errors"] == 0
        if process.returncode:
            print(f"The benchmark {name} broke off; the reason stands above.", file=sys.stderr)
        return good and process.returncode == 0


@contextmanager
def _database(name: str) -> Iterator[dict[str, str]]:
    """A copy of the migrated database, gone afterwards: the addresses of it."""
    address = os.environ["MIGRATE_DATABASE_URL"]
    template = urlsplit(address).path.lstrip("/")
    fresh = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(_at(address, "postgres"), autocommit=True) as server:
        server.execute(fresh)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield {key: _at(os.environ[key], name) for key in ("DATABASE_URL", "MIGRATE_DATABASE_URL")}
        finally:
            server.execute(fresh)


def _at(address: str, database: str) -> str:
    return urlunsplit(urlsplit(address)._replace(path=f"/{database}"))


def _one(name: str) -> None:
    import django

    parser = argparse.ArgumentParser()
    parser.add_argument("--size", required=True)
    size = parser.parse_args().size
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach.settings")
    django.setup()
    for line in import_module(f"benchmarks.{name}").run(size):
        line.show()


if __name__ == "__main__":
    if chosen := os.environ.get(ONE):
        _one(chosen)
    else:
        sys.exit(main())
