"""`./dev up`, whole: it serves, it mends itself, it leaves nothing behind and forgets nothing."""

import os
import signal
import subprocess
import sys

import pytest

from tests.platform.checkouts import Checkout, Running, answers, eventually, processes

MOST_MEMORY_KB = 300_000


def tasks_done(checkout: Checkout) -> int:
    """How many tasks the worker says it has taken since it started."""
    asked = (
        "from outreach.celery import app\n"
        "workers = (app.control.inspect(timeout=5, limit=1).stats() or {}).values()\n"
        "print(sum(sum(worker['total'].values()) for worker in workers))"
    )
    lines = (checkout.path / "var/running.env").read_text().splitlines()
    said = checkout.run(
        sys.executable, "-c", asked, **dict(line.split("=", 1) for line in lines), PARLEY_ENV="development"
    )
    return int(said.stdout.strip() or 0) if said.returncode == 0 else 0


def up(checkout: Checkout, port: int) -> Running:
    running = checkout.start("./dev", "up", PORT=str(port))
    running.await_output(f"Parley is ready: http://127.0.0.1:{port}", 90)
    return running


def rows(checkout: Checkout) -> str:
    """Something that only the database knows."""
    asked = "from accounts.models import Workspace; print(sorted(Workspace.objects.values_list('pk', 'name')))"
    return checkout.run("./dev", "manage", "shell", "-v", "0", "-c", asked).stdout


def gone(pids: dict[int, str]) -> bool:
    return not set(pids) & set(processes())


@pytest.mark.slow
def test_up_serves_mends_itself_and_leaves_nothing_behind(checkout: Checkout, port: int) -> None:
    running = up(checkout, port)
    home = f"http://127.0.0.1:{port}"
    assert answers(f"{home}/health/ready")
    eventually(lambda: tasks_done(checkout) > 0, 30, lambda: f"no task was done:\n{running.output}")
    before = rows(checkout)
    assert "Tidewell" in before

    # A second start in the same folder is refused in one line, and the first goes on.
    second = checkout.run("./dev", "up", PORT=str(port))
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"already runs from this folder (process {running.process.pid}, {home})" in second.stderr
    refused = checkout.run("./dev", "reset")
    assert refused.returncode == 1 and "Nothing was removed" in refused.stderr

    for pid, line in running.descendants().items():
        resident = int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True).stdout or 0)
        assert resident < MOST_MEMORY_KB, f"{line} uses {resident} kB"

    # Whatever is killed comes back; its own children do not outlive it.
    for words in (("celery", "worker"), ("celery", "beat"), ("uvicorn",), ("outreach.simulator",), ("valkey-server",)):
        pid = running.part(*words)
        below = {child: line for child, (parent, line) in processes().items() if parent == pid}
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: gone({pid: "", **below}), 10, lambda: f"{below} outlived {words}")  # noqa: B023
        eventually(
            lambda: any(all(word in line for word in words) for line in running.descendants().values()),  # noqa: B023
            30,
            lambda: f"{words} never came back:\n{running.output}",  # noqa: B023
        )
    eventually(lambda: answers(f"{home}/health/ready"), 30, lambda: f"the pages never came back:\n{running.output}")
    eventually(lambda: tasks_done(checkout) > 0, 30, lambda: f"no task was done again:\n{running.output}")

    # The supervisor itself killed: everything goes with it, and the next start has the data.
    everything = running.descendants()
    assert len(everything) > 6
    running.process.kill()
    running.process.wait()
    eventually(
        lambda: gone(everything),
        15,
        lambda: f"left behind: {[line for pid, line in everything.items() if pid in processes()]}",
    )

    running = up(checkout, port)
    os.kill(running.part("bin/postgres"), signal.SIGKILL)
    eventually(lambda: rows(checkout) == before, 40, lambda: f"the database never came back:\n{running.output}")
    everything = running.descendants()
    assert running.end(signal.SIGINT) == 0, running.output
    assert gone(everything)
    assert rows(checkout) == before

    assert checkout.run("./dev", "reset").returncode == 0
    assert not (checkout.path / "var").exists()
