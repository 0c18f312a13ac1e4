"""Every benchmark runs, at a size that measures nothing, and prints lines that a program can read."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.__main__ import CLOCKS
from benchmarks.line import compare

ROOT = Path(__file__).resolve().parents[2]
KEYS = ["bench", "case", "ours", "bound", "ratio", "peer", "peer_ratio", "errors", "unit"]


def run(*arguments: str, module: str = "benchmarks", env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)


OFTEN = ("path", "tick", "ledger", "inbound")


@pytest.mark.slow
@pytest.mark.parametrize("names", [OFTEN, pytest.param(tuple(CLOCKS.keys() - OFTEN), marks=pytest.mark.whole)])
def test_benchmarks_run_and_print_the_same_keys(names: tuple[str, ...]) -> None:
    done = run("--size", "XS", *names, module="outreach.embedded.bench", env=os.environ)
    said = f"{done.stdout}\n{done.stderr[-3000:]}"
    assert done.returncode == 0, said
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(line) for line in lines] == [KEYS] * len(lines)
    assert {line["bench"] for line in lines} == set(names)
    assert {line["errors"] for line in lines} == {0}, said
    assert all(line["ours"] > 0 and line["unit"] and line["case"] for line in lines)
    assert all((line["bound"] is None) == (line["ratio"] is None) for line in lines)


def test_a_benchmark_without_servers_says_how_to_start_it() -> None:
    done = run(env={name: value for name, value in os.environ.items() if not name.endswith("_URL")})
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("DATABASE_URL is not set: start the benchmarks with ./dev bench.")


def test_an_unknown_benchmark_is_refused_with_the_names_there_are() -> None:
    done = run("speed", env=os.environ)
    assert done.returncode == 2
    assert "there is no benchmark speed: choose from path, tick" in done.stderr


def test_a_ratio_is_the_median_of_the_ratios_of_each_turn() -> None:
    line = compare("b", "c", "x/s", ours=[1.0, 2.0, 9.0], bound=[2.0, 8.0, 9.0], peer=None)
    assert (line.ours, line.bound, line.ratio) == (2.0, 8.0, 0.5)
    assert (line.peer, line.peer_ratio) == (None, None)
