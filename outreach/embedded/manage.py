"""`./dev manage …`: manage.py on the database of the running ./dev up, or on the embedded one for this one command."""

import hashlib
import os
import signal
import subprocess
import sys
import time

from outreach.embedded import Refusal, environment, kernel, places, postgres, valkey

# These change tables or ask for rights that the role which runs does not have.
AS_MIGRATE = frozenset({"migrate", "makemigrations", "showmigrations", "sqlmigrate", "flush", "dbshell", "pgtrigger"})
MIGRATED = places.VAR / "migrated"


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


def migrate(env: dict[str, str]) -> None:
    """Bring the tables up to date. Raises Refusal; Django has said why by then."""
    if run(["migrate", "--verbosity", "0"], env | {"PARLEY_ROLE": "migrate"}):
        raise Refusal("The database could not be migrated; the reason stands above.")
    MIGRATED.write_text(_migrations())


def _as_guest(arguments: list[str], address: environment.Address) -> int:
    """Somebody else runs the database: use it."""
    cluster = postgres.Cluster.at(places.POSTGRES_DATA, places.socket_folder())
    running = environment.read(environment.RUNNING)
    if "DATABASE_URL" not in running:
        cluster.await_ready(seconds=30)
    env = environment.compose(address, cluster.url(postgres.RUN), cluster.url(postgres.MIGRATE), _broker().url)
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
        env = environment.compose(address, cluster.url(postgres.RUN), cluster.url(postgres.MIGRATE), _broker().url)
        schema_command = os.environ.get("PARLEY_ROLE") == "migrate"
        if not schema_command and (not MIGRATED.exists() or MIGRATED.read_text() != _migrations()):
            migrate(env)
        code = run(arguments, env)
        if not guests.try_alone():
            print("Another ./dev manage still uses this database: waiting for it to end.", file=sys.stderr)
            guests.await_alone(float("inf"))
        return code
    finally:
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
    try:
        raise SystemExit(main(sys.argv[1:]))
    except Refusal as refusal:
        raise SystemExit(f"{refusal}") from None
