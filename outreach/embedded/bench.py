"""`./dev bench …`: python -m benchmarks on a PostgreSQL and a Valkey of its own, durable as in production."""

import os
import subprocess
import sys

from outreach.embedded import Refusal, places, run_as_command, valkey
from outreach.embedded.throw_away import ThrowAway


def main(arguments: list[str]) -> int:
    """Run the benchmarks and return their exit code. Raises Refusal."""
    places.require_space(places.ROOT)
    database = ThrowAway(options=("max_connections=200",))
    database.start()
    broker = valkey.Broker(database.folder / "valkey", database.folder)
    server = broker.start()
    try:
        broker.await_ready(server)
        env = {**os.environ, "PARLEY_ENV": "development", "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "WARNING"}
        env |= {**database.environment, "BROKER_URL": broker.url}
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        if subprocess.run(command, cwd=places.ROOT, env=env | {"PARLEY_ROLE": "migrate"}).returncode:
            raise Refusal("The database of the benchmarks could not be migrated; the reason stands above.")
        return subprocess.run([sys.executable, "-m", "benchmarks", *arguments], cwd=places.ROOT, env=env).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        valkey.stop(server)
        database.stop()


if __name__ == "__main__":
    run_as_command(lambda: main(sys.argv[1:]))
