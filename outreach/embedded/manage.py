"""`./dev manage …`: manage.py on the database of the running ./dev up, or on the embedded one for this one command."""

import hashlib
import os
import signal
import subprocess
import sys
import time

from outreach.embedded import Refusal, environment, kernel, places, postgres, run_as_command, valkey

# These change tables or ask for rights that the role which runs does not have.
AS_MIGRATE = frozenset({"migrate", "makemigrations", "showmigrations", "sqlmigrate", "flush", "dbshell", "pgtrigger"})
OWNER_MAY_TAKE_S = 120
MIGRATED = places.POSTGRES_DATA / "parley-migrated"


def main(arguments: list[str]) -> int:
    """Run manage.py with `arguments` and return its exit code. Raises Refusal."""
    if arguments[:1] and arguments[0] in AS_MIGRATE:
        os.environ.setdefault("PARLEY_ROLE", "migrate")
    address = environment.Address.from_environment()
    if os.environ.get("DATABASE_URL"):
        return run(arguments, environment.compose(address, None, None, _broker().url))
    while True:
        owner, guests = places.owner_lock(), places.guests_lock()
        if owner.try_alone():
            return _as_owner(arguments, address, owner, guests)
        if guests.try_shared():
            return _as_guest(arguments, address)
        time.sleep(0.1)  # the owner is about to stop its database: either lock is free in a moment


def run(arguments: list[str], env: dict[str, str]) -> int:
    """manage.py in the foreground; Ctrl-C is its own to handle."""
    child = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=places.ROOT,
        env=env,
        preexec_fn=kernel.before_exec(signal.SIGTERM),
    )
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    hand_down = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        code = child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, hand_down)
    return code if code >= 0 else 128 - code


def note_migrated() -> None:
    """Remember that the tables fit the migration files as they are now."""
    MIGRATED.write_text(_migrations())


def is_migrated() -> bool:
    """Have the migration files stayed the same since the tables were last brought up to date?"""
    return MIGRATED.exists() and MIGRATED.read_text() == _migrations()


def _as_guest(arguments: list[str], address: environment.Address) -> int:
    """Somebody else runs the database: use it, once its tables are there."""
    end = time.monotonic() + OWNER_MAY_TAKE_S
    while not (running := environment.read(environment.RUNNING)):
        if places.owner_lock().try_alone():
            raise Refusal("The command that had the database ended before it was ready: try again.")
        if time.monotonic() > end:
            raise Refusal(f"The database is not ready after {OWNER_MAY_TAKE_S} s: look at the ./dev that started it.")
        time.sleep(0.1)
    env = environment.compose(address, None, None, _broker().url)
    return run(arguments, env | {name: value for name, value in running.items() if not os.environ.get(name)})


def _as_owner(arguments: list[str], address: environment.Address, owner: places.Lock, guests: places.Lock) -> int:
    """Nobody runs the database: start it, migrate it when the migrations have changed, stop it afterwards."""
    environment.RUNNING.unlink(missing_ok=True)
    owner.sign()
    places.require_space(places.VAR)
    servers = places.servers_lock()
    if not servers.await_alone(20):
        raise Refusal("The database of an earlier run is still stopping: try again in a moment.")
    cluster = postgres.Cluster.at(places.POSTGRES_DATA, places.socket_folder())
    cluster.make()
    server = cluster.start(keep=[servers.fd])
    try:
        cluster.await_ready(server)
        cluster.prepare()
        addresses = {"DATABASE_URL": cluster.url(postgres.RUN), "MIGRATE_DATABASE_URL": cluster.url(postgres.MIGRATE)}
        env = environment.compose(address, None, None, _broker().url) | addresses
        if os.environ.get("PARLEY_ROLE") != "migrate" and not is_migrated():
            if run(["migrate", "--verbosity", "0"], env | {"PARLEY_ROLE": "migrate"}):
                raise Refusal("The database could not be migrated; the reason stands above.")
            note_migrated()
        environment.write(environment.RUNNING, addresses)
        code = run(arguments, env)
        if not guests.try_alone():
            print("Another ./dev manage still uses this database: waiting for it to end.", file=sys.stderr)
            guests.await_alone(float("inf"))
        return code
    finally:
        environment.RUNNING.unlink(missing_ok=True)
        postgres.stop(server)


def _broker() -> valkey.Broker:
    """Where the broker is, or would be: a command alone has none, and says so only when it wants one."""
    return valkey.Broker(places.VALKEY_DATA, places.socket_folder())


def _migrations() -> str:
    """A digest of every migration file."""
    digest = hashlib.sha256()
    for path in sorted(places.ROOT.glob("*/migrations/*.py")):
        digest.update(f"{path.relative_to(places.ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    run_as_command(lambda: main(sys.argv[1:]))
