"""The import contracts hold, and each of them fails when it is broken on purpose."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.platform.checkouts import ROOT, Checkout

LINT = str(Path(sys.executable).with_name("lint-imports"))

# contract → a module that breaks it, and the line that does
BREACHES = [
    ("house", "prospects/breach.py", "import campaigns.models"),
    ("house", "accounts/breach.py", "import prospects.models"),
    ("house", "outreach/connectors/breach.py", "import accounts.models"),
    ("house", "outreach/engine/breach.py", "import outreach.connectors.base"),
    ("house", "campaigns/breach.py", "import outreach.urls"),
    ("engine", "outreach/engine/breach.py", "import django.utils.timezone"),
    ("engine", "outreach/engine/breach.py", "import outreach.clock"),
    ("campaigns", "campaigns/models/breach.py", "import campaigns.running"),
    ("campaigns", "campaigns/running/breach.py", "import campaigns.building"),
    ("clock", "outreach/engine/breach.py", "import outreach.clock"),
    ("clock", "campaigns/models/breach.py", "import outreach.clock"),
    ("simulator", "outreach/simulator/breach.py", "import django"),
    ("simulator", "outreach/simulator/breach.py", "import accounts.models"),
    ("nobody-imports-simulator", "campaigns/breach.py", "import outreach.simulator.server"),
    ("embedded", "outreach/embedded/breach.py", "import accounts.models"),
    ("nobody-imports-embedded", "accounts/breach.py", "import outreach.embedded.postgres"),
]


def lint(path: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run([LINT, "--no-cache", *chosen], cwd=path, capture_output=True, text=True)


def test_every_contract_holds() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES)
def test_a_broken_contract_is_seen(module_checkout: Checkout, contract: str, module: str, line: str) -> None:
    breach = module_checkout.path / module
    breach.write_text(f"{line}\n")
    try:
        done = lint(module_checkout.path, contract)
    finally:
        breach.unlink()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
    assert module.removesuffix(".py").replace("/", ".") in done.stdout


def test_every_contract_is_broken_once_here() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in declared} == {contract for contract, _, _ in BREACHES}
