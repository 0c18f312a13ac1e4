"""`./dev check`: everything that can be said about the code without running it. One line per check."""

import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from outreach.embedded import run_as_command
from outreach.embedded.places import ROOT
from outreach.embedded.throw_away import ThrowAway

DEVELOPMENT = {"PARLEY_ENV": "development", "PARLEY_ROLE": "run", "DATABASE_POOL": "0"}
PRODUCTION = DEVELOPMENT | {
    "PARLEY_ENV": "production",
    "SECRET_KEY": "made-up-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "SECRETS_KEY": "made-up-1123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "SUPPRESSION_KEY": "made-up-2123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "BROKER_URL": "redis://broker.example:6379/0",
    "ALLOWED_HOSTS": "parley.example.com",
    "PUBLIC_URL": "https://parley.example.com",
}
SETS = {"base": (), "embedded": ("embedded",), "dev": ("embedded", "dev")}


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check: an empty list of complaints is good."""

    name: str
    complaints: str
    seconds: float


def main() -> int:
    """Run all checks, two at a time, and print a line for each; 1 when any complains."""
    manage = [sys.executable, "manage.py"]
    database = ThrowAway()  # Django asks the server for its version
    database.start()
    development, production = DEVELOPMENT | database.environment, PRODUCTION | database.environment
    checks: list[tuple[str, Callable[[], str]]] = [
        ("types", lambda: run([*_module("mypy"), "--no-error-summary"], development)),
        ("format", lambda: run([*_module("ruff"), "format", "--check", "--quiet", "--diff", "."])),
        ("lint", lambda: run([*_module("ruff"), "check", "--quiet", "."])),
        ("import contracts", lambda: run([str(Path(sys.executable).with_name("lint-imports"))])),
        ("migrations match models", lambda: run([*manage, "makemigrations", "--check", "--dry-run"], development)),
        ("django", lambda: run([*manage, "check"], development)),
        ("django in production", lambda: run([*manage, "check", "--deploy", "--fail-level", "WARNING"], production)),
        ("requirements", lambda: "\n".join(requirements(ROOT))),
    ]
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(lambda check: judge(*check), checks):
            word = "failed" if verdict.complaints else "ok"
            print(f"{verdict.name:24} {word:6} {verdict.seconds:5.1f} s", flush=True)
            if verdict.complaints:
                failed += 1
                print(verdict.complaints, flush=True)
    return 1 if failed else 0


def judge(name: str, check: Callable[[], str]) -> Verdict:
    """Run one check and time it."""
    began = time.monotonic()
    complaints = check().strip()
    return Verdict(name, complaints, time.monotonic() - began)


def run(argv: list[str], env: dict[str, str] | None = None) -> str:
    """What the command said if it failed, else nothing."""
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return (done.stdout.strip() or f"exit code {done.returncode}") if done.returncode else ""


def requirements(root: Path) -> list[str]:
    """What is wrong with requirements/*.txt, judged against pyproject.toml without asking any registry."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pins = {name: pinned((root / "requirements" / f"{name}.txt").read_text()) for name in SETS}
    complaints = []
    for name, extras in SETS.items():
        wanted = [
            *project["dependencies"],
            *(line for extra in extras for line in project["optional-dependencies"][extra]),
        ]
        for requirement in map(Requirement, wanted):
            package: str = canonicalize_name(requirement.name)
            if package not in pins[name]:
                complaints.append(f"requirements/{name}.txt lacks {requirement}: run ./dev lock")
            elif not requirement.specifier.contains(pins[name][package], prereleases=True):
                complaints.append(
                    f"requirements/{name}.txt has {package} {pins[name][package]}, not {requirement}: run ./dev lock"
                )
    for smaller, larger in (("base", "embedded"), ("embedded", "dev")):
        for package, version in pins[smaller].items():
            if pins[larger].get(package) != version:
                other = pins[larger].get(package)
                complaints.append(f"{package} is {version} in {smaller}.txt, {other} in {larger}.txt: run ./dev lock")
    for path in sorted((root / "requirements").glob("*.txt")):
        text = path.read_text()
        if re.search(r"://|--(extra-)?index-url|--find-links", text):
            complaints.append(
                f"requirements/{path.name} names an address: packages come from wherever the user's pip looks"
            )
        for line in re.split(r"\n(?=\S)", text.strip()):
            if "--hash=sha256:" not in line:
                complaints.append(f"requirements/{path.name} pins {line.split()[0]} without a hash")
    return complaints


def pinned(text: str) -> dict[str, Version]:
    """Package → version of a compiled file; of several lines for one package, the one for this platform."""
    found: dict[str, Version] = {}
    for line in text.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\]+))?", line)
        if match and (not match[3] or canonicalize_name(match[1]) not in found or Marker(match[3]).evaluate()):
            found[canonicalize_name(match[1])] = Version(match[2])
    return found


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


if __name__ == "__main__":
    run_as_command(main)
