"""`./dev up [--no-sample]`: the embedded servers, the tables, then web, worker, beat and simulator, and on empty data
the sample workspace: its past is played beside all of them (outreach/embedded/filling.py)."""

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from outreach.embedded import Refusal, environment, manage, places, postgres, run_as_command, valkey
from outreach.embedded.filling import STATE, Filling
from outreach.embedded.supervisor import Part, Rank, Supervisor, say, spawn

WORKERS = 2
SIMULATED_SPEED = 2000  # the simulated people wait so many times less before they answer
SIMULATOR_MAY_TAKE_S = 10.0
PAGES_MAY_TAKE_S = 60.0
# Said at every start, and true of no harm here: nothing is collected in development, root is root on purpose, static
# files are read in a thread.
KNOWN_WARNINGS = "ignore:No directory at,ignore:You're running the worker with superuser privileges"
KNOWN_WARNINGS += ",ignore:StreamingHttpResponse must consume synchronous iterators"


SAMPLES = ("full", "small", "none")
"""What empty data are filled with: weeks of outreach, only workspaces with senders, or nothing."""


def main(arguments: Sequence[str] = ()) -> None:
    """Run until asked to stop. Raises Refusal when that cannot be begun."""
    began = time.monotonic()
    sample = _which_sample(arguments)
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
        if os.environ.get("DATABASE_URL") or not manage.is_migrated():
            _complete(supervisor, env | {"PARLEY_ROLE": "migrate"}, "migrate", "--verbosity", "0")
            manage.note_migrated()
        environment.write(environment.RUNNING, {name: env[name] for name in environment.SHARED if env.get(name)})
        ready = partial(_answers, f"{address.url}/health/ready")
        filling = _filling(address)
        if filling is not None and sample == "full" and filling.is_wanted():
            filling.prepare()
            _start_web(supervisor, address, env)
            _start_asking(supervisor, env)
            if supervisor.await_until(ready, PAGES_MAY_TAKE_S):
                supervisor.ready = True
                _announce(address.url)
            _fill(supervisor, address, env, filling)
        else:
            if filling is not None:
                filling.leave()
            _start_simulator(supervisor, address, env)
            _start_web(supervisor, address, env)
            if sample != "none":
                _complete(supervisor, env, "sample", "--if-empty")
            say(f"tables and sample workspace are there ({time.monotonic() - began:.1f} s)")
            _start_asking(supervisor, env)
        supervisor.run(is_ready=ready, announce=partial(_announce, address.url))
    except Refusal:
        if not supervisor.stopping:
            raise
    finally:
        say("stopping")
        supervisor.stop()
        environment.RUNNING.unlink(missing_ok=True)
        say("stopped; the data stays in var/ (./dev reset forgets it)")
        owner.release()


def _announce(url: str) -> None:
    """Where the pages are, and where the mail is that nobody gets here."""
    print(f"Parley is ready: {url}", flush=True)
    if os.environ.get("MAIL_URL", "folder:").startswith("folder:"):
        print(f"Mail that it sends stands at {url}/mail/", flush=True)


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


def _complete(supervisor: Supervisor, env: dict[str, str], *arguments: str) -> None:
    """Run manage.py with these arguments to its end. Raises Refusal when it fails, and when we are asked to stop."""
    if supervisor.complete(arguments[0], partial(spawn, _child("manage", *arguments), env, str(places.ROOT))):
        raise Refusal(f"manage.py {arguments[0]} failed; the reason stands above.")
    if supervisor.stopping:
        raise Refusal("Stopped while starting.")


def _child(*command: str) -> list[str]:
    """A Python module with its arguments, as a process that dies with us."""
    return [sys.executable, "-m", "outreach.embedded.child", str(os.getpid()), *command]


def _which_sample(arguments: Sequence[str]) -> str:
    """What SAMPLE or --no-sample says. Raises Refusal for anything else."""
    if arguments not in ([], ["--no-sample"], ()):
        raise Refusal(f"./dev up has no {' '.join(arguments)}: it takes --no-sample, or nothing.")
    sample = "none" if arguments else os.environ.get("SAMPLE") or SAMPLES[0]
    if sample not in SAMPLES:
        raise Refusal(f"SAMPLE is {sample!r}: choose one of {', '.join(SAMPLES)}.")
    return sample


def _filling(address: environment.Address) -> Filling | None:
    """The sample of the embedded cluster; None when the caller brings a database."""
    if os.environ.get("DATABASE_URL"):
        return None
    return Filling(postgres.Cluster.at(places.POSTGRES_DATA, places.socket_folder()), address.simulator_url)


def _fill(supervisor: Supervisor, address: environment.Address, env: dict[str, str], filling: Filling) -> None:
    """Play the sample's past while everything else runs, and take it over. Without it when it cannot be played."""
    began = time.monotonic()
    say("the sample workspace is being made ready: its weeks are played at high speed, which takes about a minute")
    virtual = env | {"DATABASE_URL": filling.url, "PARLEY_CLOCK": "virtual"}
    play = ["manage", "play_sample", "--until", datetime.now(UTC).isoformat(timespec="seconds")]
    play += ["--state", str(STATE), "--tell", env["DATABASE_URL"]]
    failed = supervisor.complete("sample", partial(spawn, _child(*play), virtual, str(places.ROOT)))
    if supervisor.stopping:
        raise Refusal("Stopped while starting.")
    try:
        if not failed:
            filling.require_fit()
            filling.hand_over_simulator()
            _start_simulator(supervisor, address, env)
            filling.take_over()
    except (Refusal, postgres.error()) as problem:
        failed = 1
        say(f"the sample workspace does not fit in here: {problem}")
    if failed:
        say("the sample workspace could not be made ready; its reason stands above, everything else runs")
        filling.give_up()
        if not any(part.name == "simulator" for part in supervisor.parts):
            _start_simulator(supervisor, address, env)
    _complete(supervisor, env, "sample", "--if-empty")
    if not failed:
        say(f"the sample workspace is there ({time.monotonic() - began:.0f} s)")


def _start_simulator(supervisor: Supervisor, address: environment.Address, env: dict[str, str]) -> None:
    """The simulator, which practice seats need: wait for it, but not for ever."""
    simulator = ["outreach.simulator", "--port", str(address.simulator_port), "--state", str(places.VAR / "simulator")]
    simulator += ["--clock", "accelerated", "--factor", str(SIMULATED_SPEED)]
    supervisor.add(_part("simulator", Rank.ANSWERS, simulator, env, vital=False))
    if not supervisor.await_until(partial(_answers, f"{address.simulator_url}/sim/clock"), SIMULATOR_MAY_TAKE_S):
        say("the simulator does not answer yet: practice seats are set up at the next start")


def _start_web(supervisor: Supervisor, address: environment.Address, env: dict[str, str]) -> None:
    web = ["uvicorn", "outreach.asgi:application", "--host", address.host, "--port", str(address.port)]
    web += ["--lifespan", "off", "--no-proxy-headers", "--no-access-log", "--no-server-header"]
    web += ["--log-level", env["LOG_LEVEL"].lower(), "--timeout-graceful-shutdown", "3"]
    supervisor.add(_part("web", Rank.ANSWERS, web, env))


def _start_asking(supervisor: Supervisor, env: dict[str, str]) -> None:
    """Worker and beat, which act on what they find."""
    level = env["LOG_LEVEL"]
    celery = ["celery", "--quiet", "-A", "outreach", "--skip-checks"]
    worker = [*celery, "worker", "-c", str(WORKERS), "-l", level, "--without-gossip", "--without-mingle"]
    beat = [*celery, "beat", "-l", level, "-s", str(places.VAR / "beat-schedule"), "--pidfile="]
    supervisor.add(_part("worker", Rank.ASKS, worker, env))
    supervisor.add(_part("beat", Rank.ASKS, beat, env))


def _part(name: str, rank: Rank, argv: list[str], env: dict[str, str], *, vital: bool = True) -> Part:
    """A process of Parley itself."""
    env = {"PYTHONWARNINGS": KNOWN_WARNINGS} | env
    return Part(name, partial(spawn, _child(*argv), env, str(places.ROOT)), rank, vital=vital)


def _answers(url: str) -> bool:
    """Does a GET of `url` give 200?"""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    run_as_command(lambda: main(sys.argv[1:]))
