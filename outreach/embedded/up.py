"""`./dev up`: the embedded servers, the tables, the sample workspace, then web, worker, beat and simulator."""

import errno
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from functools import partial

from outreach.embedded import Refusal, environment, manage, places, postgres, valkey
from outreach.embedded.supervisor import Part, Rank, Supervisor, say, spawn

WORKERS = 2
SIMULATED_SPEED = 2000  # seconds of the simulated world per real second


def main() -> None:
    """Run until asked to stop. Raises Refusal when that cannot be begun."""
    began = time.monotonic()
    address = environment.Address.from_environment()
    owner = _become_owner()
    places.require_space(places.VAR)
    places.require_port(address.host, address.port, what="the web pages", web_port=address.port)
    places.require_port("127.0.0.1", address.simulator_port, what="the simulator", web_port=address.port)
    servers = places.servers_lock()
    if not servers.await_alone(20):
        raise Refusal("The database of an earlier run is still stopping: try again in a moment.")
    supervisor = Supervisor()
    supervisor.listen()
    try:
        env = _start_servers(supervisor, address, keep=servers.fd)
        say(f"database and broker are up ({time.monotonic() - began:.1f} s)")
        environment.write(environment.RUNNING, {name: env[name] for name in environment.SHARED if env.get(name)})
        if not supervisor.stopping:
            manage.migrate(env)
        if not supervisor.stopping and manage.run(["sample", "--if-empty"], env):
            raise Refusal("The sample workspace could not be made; the reason stands above.")
        if not supervisor.stopping:
            say(f"tables and sample workspace are there ({time.monotonic() - began:.1f} s)")
            _start_parts(supervisor, address, env)
        supervisor.run(
            is_ready=partial(_answers, f"{address.url}/health/ready"),
            announce=lambda: print(f"Parley is ready: {address.url}", flush=True),
        )
    except Refusal:
        if not supervisor.stopping:
            raise
    finally:
        say("stopping")
        supervisor.stop()
        environment.RUNNING.unlink(missing_ok=True)
        say("stopped; the data stays in var/ (./dev reset forgets it)")
        owner.release()


def _become_owner() -> places.Lock:
    owner = places.owner_lock()
    if not owner.try_alone():
        url = environment.read(environment.RUNNING).get("PUBLIC_URL")
        if url is None:
            raise Refusal(
                f"Another ./dev command uses the database in var/ (process {owner.signature()}): let it end first."
            )
        raise Refusal(
            f"Parley already runs from this folder (process {owner.signature()}, {url}): stop that one first."
        )
    owner.sign()
    environment.RUNNING.unlink(missing_ok=True)
    return owner


def _start_servers(supervisor: Supervisor, address: environment.Address, keep: int) -> dict[str, str]:
    """PostgreSQL and Valkey, each unless the caller brings one, and the environment that names them."""
    sockets = places.socket_folder()
    run_url = migrate_url = broker_url = None
    if not os.environ.get("BROKER_URL"):
        broker = valkey.Broker(places.VALKEY_DATA, sockets)
        part = Part("valkey", partial(broker.start, [keep]), Rank.SERVES)
        supervisor.add(part)
        broker_url = broker.url
    if not os.environ.get("DATABASE_URL"):
        cluster = postgres.Cluster.at(places.POSTGRES_DATA, sockets)
        cluster.make()
        database = Part("postgres", partial(cluster.start, [keep]), Rank.SERVES, stop_with=signal.SIGINT)
        supervisor.add(database)
        cluster.await_ready(database.process)
        cluster.prepare()
        run_url, migrate_url = cluster.url(postgres.RUN), cluster.url(postgres.MIGRATE)
    if broker_url is not None:
        broker.await_ready(part.process)
    return environment.compose(address, run_url, migrate_url, broker_url)


def _start_parts(supervisor: Supervisor, address: environment.Address, env: dict[str, str]) -> None:
    """The processes of Parley itself."""
    level = env["LOG_LEVEL"]
    celery = ["celery", "-A", "outreach", "--skip-checks"]
    parts: list[tuple[str, Rank, list[str]]] = [
        (
            "simulator",
            Rank.ANSWERS,
            ["outreach.simulator", "--port", str(address.simulator_port), "--state", str(places.VAR / "simulator")]
            + ["--api-key", env["SIMULATOR_API_KEY"], "--clock", "accelerated", "--speed", str(SIMULATED_SPEED)],
        ),
        (
            "web",
            Rank.ANSWERS,
            ["uvicorn", "outreach.asgi:application", "--host", address.host, "--port", str(address.port)]
            + ["--lifespan", "off", "--no-proxy-headers", "--no-access-log", "--no-server-header"]
            + ["--log-level", level.lower(), "--timeout-graceful-shutdown", "3"],
        ),
        (
            "worker",
            Rank.ASKS,
            [*celery, "worker", "-c", str(WORKERS), "-l", level, "--without-gossip", "--without-mingle"],
        ),
        (
            "beat",
            Rank.ASKS,
            [*celery, "beat", "-l", level, "-s", str(places.VAR / "beat-schedule"), "--pidfile="],
        ),
    ]
    for name, rank, argv in parts:
        command = [sys.executable, "-m", "outreach.embedded.child", str(os.getpid()), *argv]
        supervisor.add(Part(name, partial(spawn, command, env, str(places.ROOT)), rank))


def _answers(url: str) -> bool:
    """Does a GET of `url` give 200?"""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    try:
        main()
    except Refusal as refusal:
        raise SystemExit(f"{refusal}") from None
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        raise SystemExit(f"No disk space at {places.VAR}: free some and try again.") from None
