"""What cannot be done is said in one sentence that tells what to do."""

import os
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.checkouts import Checkout


def one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It failed, with one line on stderr that has these words."""
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


def program(path: Path, text: str) -> str:
    """A shell script at `path`."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("offset", [0, 100])
def test_a_taken_port_is_named(checkout: Checkout, port: int, offset: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + offset))
        taken.listen()
        done = checkout.run("./dev", "up", PORT=str(port))
    one_line(done, f"Port {port + offset} on 127.0.0.1 is taken", f"PORT={port + 1} ./dev up")


@pytest.mark.parametrize("value", ["http", "0", "65500", "-1", "8000.5"])
def test_a_port_that_is_none_is_named(checkout: Checkout, value: str) -> None:
    one_line(checkout.run("./dev", "up", PORT=value), f"PORT is '{value}': give a number from 1 to 65435")


def test_too_little_disk_is_said_before_anything_starts(checkout: Checkout, port: int) -> None:
    done = checkout.run("./dev", "up", PORT=str(port), PARLEY_NEEDED_MB="999999999")
    one_line(done, "No disk space", "Parley needs 999999999 MB")
    assert not (checkout.path / "var/postgres18").exists()


def test_too_little_disk_is_said_before_anything_is_installed(checkout: Checkout) -> None:
    (checkout.path / ".venv").unlink()
    one_line(checkout.run("./dev", "setup", PARLEY_NEEDED_MB="999999999"), "no disk space", "needs 999999999 MB")


def test_a_disk_that_fills_up_is_said_in_one_line(checkout: Checkout, port: int) -> None:
    small = "mkdir var && mount -t tmpfs -o size=8m tmpfs var && exec ./dev up"
    mount = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*mount, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).returncode:
        pytest.skip("no small disk can be mounted here")
    one_line(checkout.run(*mount, "sh", "-c", small, PORT=str(port), PARLEY_NEEDED_MB="1"), "No disk space")


def test_a_wrong_python_is_named(checkout: Checkout) -> None:
    (checkout.path / ".venv").unlink()
    old = program(checkout.path / "old-python", 'case $1 in --version) echo "Python 3.9.1" ;; *) exit 1 ;; esac')
    uv = program(checkout.path / "some-uv", "echo uv 0")
    one_line(checkout.run("./dev", "up", PYTHON=old, UV=uv), "wrong Python", "Python 3.9.1", "3.12 or 3.13")


def test_no_python_at_all_is_said(checkout: Checkout) -> None:
    (checkout.path / ".venv").unlink()
    uv = program(checkout.path / "some-uv", "case $1 in --version) echo uv 0 ;; *) exit 1 ;; esac")
    done = checkout.run("./dev", "up", UV=uv, PYENV_ROOT=str(checkout.path), PYTHON="")
    assert done.returncode == 1
    assert "no Python 3.12 or 3.13 found or fetched" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("version", [(3, 11, 7), (3, 14, 0)])
def test_the_package_itself_refuses_a_wrong_python(version: tuple[int, int, int]) -> None:
    started = f"import sys; sys.version_info = {version}; import outreach.embedded"
    done = subprocess.run([sys.executable, "-c", started], capture_output=True, text=True)
    one_line(done, f"this is 3.{version[1]}", "use ./dev")


def test_missing_packages_are_said(checkout: Checkout, port: int) -> None:
    bare = [os.path.realpath(sys.executable), "-I", "-S", "-c"]
    started = (
        "import runpy, sys; sys.path.insert(0, '.'); runpy.run_module('outreach.embedded.up', run_name='__main__')"
    )
    done = checkout.run(*bare, started, PORT=str(port))
    assert done.returncode == 1
    assert "Requirements are missing" in done.stderr and "./dev setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_of_another_postgresql_is_said(checkout: Checkout) -> None:
    assert checkout.run("./dev", "manage", "showmigrations").returncode == 0
    (checkout.path / "var/postgres18/PG_VERSION").write_text("17\n")
    one_line(checkout.run("./dev", "manage", "showmigrations"), "The embedded PostgreSQL did not start", "FATAL")


def test_an_unknown_command_shows_the_known_ones(checkout: Checkout) -> None:
    done = checkout.run("./dev", "upp")
    assert done.returncode == 1
    assert "there is no command upp" in done.stderr
    assert "usage: ./dev" in checkout.run("./dev", "help").stdout


def test_reset_without_data_is_no_error(checkout: Checkout) -> None:
    assert checkout.run("./dev", "reset").returncode == 0
