"""`./dev manage` has a database for one command; two commands share it."""

from tests.platform.checkouts import Checkout, eventually, processes

COUNT = "from django.contrib.sessions.models import Session; print('sessions:', Session.objects.count())"


def sleep(seconds: int) -> str:
    """Code that says it is waiting, and waits."""
    return f"import time; print('waiting', flush=True); time.sleep({seconds})"


def servers(checkout: Checkout) -> list[str]:
    return [line for _, line in processes().values() if "bin/postgres" in line and str(checkout.path) in line]


def test_manage_migrates_runs_and_stops_its_database(checkout: Checkout) -> None:
    done = checkout.run("./dev", "manage", "shell", "-v", "0", "-c", COUNT)
    assert done.returncode == 0, done.stderr
    assert "sessions: 0" in done.stdout
    assert servers(checkout) == []


def test_manage_passes_on_the_exit_code(migrated: Checkout) -> None:
    assert migrated.run("./dev", "manage", "shell", "-v", "0", "-c", "raise SystemExit(7)").returncode == 7


def test_a_second_manage_shares_the_database_of_the_first(migrated: Checkout) -> None:
    first = migrated.start("./dev", "manage", "shell", "-v", "0", "-c", sleep(3))
    first.await_output("waiting")
    second = migrated.start("./dev", "manage", "shell", "-v", "0", "-c", f"{sleep(4)}; {COUNT}")
    second.await_output("waiting")
    assert len(servers(migrated)) == 1
    assert second.process.wait(60) == 0, second.output
    assert "sessions: 0" in second.output  # the first was through long before, and kept its database up
    assert first.process.wait(20) == 0
    assert "still uses this database" in first.output
    assert servers(migrated) == []


def test_a_killed_manage_takes_its_database_with_it(migrated: Checkout) -> None:
    running = migrated.start("./dev", "manage", "shell", "-v", "0", "-c", sleep(60))
    running.await_output("waiting")
    everything = running.descendants()
    assert len(everything) > 3
    running.process.kill()
    eventually(lambda: not set(everything) & set(processes()), 10, lambda: "something was left behind")
