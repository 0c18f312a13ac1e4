"""A command on a PostgreSQL and a Valkey of its own, gone afterwards: benchmarks, time-lapses."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from outreach.embedded import Refusal, places, postgres, valkey
from outreach.embedded.throw_away import ThrowAway


def run(command: Sequence[str], what: str, env: Mapping[str, str] | None = None, *, durable: bool = True) -> int:
    """Run `python command…` against migrated servers and return its exit code. Raises Refusal.

    `what` names it in errors. `durable`: commits reach the disk, as in production; without, they survive the death of
    any process, but not of the machine.
    """
    places.require_space(places.ROOT)
    database = ThrowAway(options=("max_connections=200",) if durable else postgres.THROW_AWAY)
    database.start()
    broker = valkey.Broker(database.folder / "valkey", database.folder)
    server = broker.start()
    try:
        broker.await_ready(server)
        own = {**os.environ, "PARLEY_ENV": "development", "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "WARNING"}
        own |= {**database.environment, "BROKER_URL": broker.url, **(env or {})}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        if subprocess.run(migrate, cwd=places.ROOT, env=own | {"PARLEY_ROLE": "migrate"}).returncode:
            raise Refusal(f"The database of {what} could not be migrated; the reason stands above.")
        return subprocess.run([sys.executable, *command], cwd=places.ROOT, env=own).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        valkey.stop(server)
        database.stop()
