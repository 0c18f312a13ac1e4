"""The plugin starts a database for whoever asks for one, and for nobody else."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from outreach.embedded.places import Lock
from tests.platform.checkouts import ROOT, Checkout

STARTED = "throw-away PostgreSQL up"


def pytest_on(folder: Path, code: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run pytest of its own, with our configuration, on a file with this code."""
    test = folder / "test_it.py"
    test.write_text(code)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *arguments, str(test)],
        cwd=ROOT,
        env=Checkout(ROOT).environment(**env),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_test_without_a_database_starts_none(tmp_path: Path) -> None:
    done = pytest_on(tmp_path, "def test_sum():\n    assert 1 + 1 == 2\n")
    assert done.returncode == 0, done.stdout
    assert STARTED not in done.stdout


def test_a_test_that_asks_for_the_server_gets_it(tmp_path: Path) -> None:
    code = (
        "import os, psycopg\n"
        "def test_role(database_server):\n"
        "    with psycopg.connect(os.environ['DATABASE_URL']) as c:\n"
        "        assert c.execute('SELECT current_user').fetchone() == ('parley_run',)\n"
    )
    done = pytest_on(tmp_path, code)
    assert done.returncode == 0, done.stdout
    assert STARTED in done.stdout


@pytest.mark.whole
def test_the_workers_of_xdist_share_one_server(tmp_path: Path) -> None:
    code = (
        "import os, psycopg, pytest\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_up(database_server, n):\n"
        "    psycopg.connect(os.environ['DATABASE_URL']).close()\n"
    )
    done = pytest_on(tmp_path, code, "-n", "2")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(STARTED) == 1


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    code = "import os\ndef test_where(database_server):\n    print(os.environ['DATABASE_URL'])\n"
    done = pytest_on(tmp_path, code, "-s")
    address = next(line for line in done.stdout.splitlines() if "host=" in line)
    assert not Path(address.split("host=")[1].strip(". ").replace("%2F", "/")).exists()


def test_the_folder_of_a_killed_run_is_swept_by_the_next(tmp_path: Path) -> None:
    left = Path(tempfile.mkdtemp(prefix="parley-test-"))
    held = Path(tempfile.mkdtemp(prefix="parley-test-"))
    (left / "lock").touch()
    lock = Lock(held / "lock")
    assert lock.try_alone()
    try:
        assert pytest_on(tmp_path, "def test_sum():\n    assert 1 + 1 == 2\n").returncode == 0
        assert not left.exists()
        assert held.exists()
    finally:
        lock.release()
        shutil.rmtree(held)


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_a_browser_test_without_a_browser_says_what_is_missing(tmp_path: Path, ci: str, outcome: str) -> None:
    code = "def test_page(page):\n    page.goto('about:blank')\n"
    done = pytest_on(tmp_path, code, CHROMIUM="/no/such/browser", CI=ci)
    assert outcome in done.stdout
    assert "no Chromium: install it" in done.stdout
