"""`./dev bench` gives the benchmarks a migrated, durable database and a broker, and leaves neither behind."""

from pathlib import Path

from tests.platform.checkouts import Checkout, processes

BENCHMARK = """
import os, sys
import psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as c:
    print("role", c.execute("SELECT current_user").fetchone()[0])
    print("fsync", c.execute("SHOW fsync").fetchone()[0])
    print("rows", c.execute("SELECT count(*) FROM django_session").fetchone()[0])
socket = os.environ["BROKER_URL"].removeprefix("redis+socket://")
print("broker", redis.Redis(unix_socket_path=socket).ping())
print("folder", os.path.dirname(socket))
print("arguments", sys.argv[1:])
sys.exit(3)
"""


def test_bench_runs_on_servers_of_its_own(checkout: Checkout) -> None:
    (checkout.path / "benchmarks").mkdir(exist_ok=True)
    (checkout.path / "benchmarks/__main__.py").write_text(BENCHMARK)
    done = checkout.run("./dev", "bench", "--size", "S")
    assert done.returncode == 3, done.stderr
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    folder = said.pop("folder")
    assert said == {
        "role": "parley_run",
        "fsync": "on",
        "rows": "0",
        "broker": "True",
        "arguments": "['--size', 'S']",
    }
    assert not Path(folder).exists()
    assert not any(folder in line for _, line in processes().values())
