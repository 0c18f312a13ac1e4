"""docs/faults.md names a test for each fault, or says that there is none."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "docs/faults.md"
FAULTS = 48


def lines() -> list[list[str]]:
    """Number, fault, promise and tests of each line of the table."""
    found = [line.strip("| ").split(" | ") for line in INVENTORY.read_text().splitlines() if re.match(r"\| \d", line)]
    return [[number, *(cell.strip() for cell in cells)] for number, *cells in found]


def named() -> list[tuple[str, str]]:
    """Every file and test that the table names; `::test` is one of the file named before it."""
    tests, file = [], ""
    for *_, cell in lines():
        for path, test in re.findall(r"`([\w/.]*)::(\w+)`", cell):
            file = path or file
            tests.append((file, test))
    return tests


def test_every_fault_has_its_line() -> None:
    assert [int(number) for number, *_ in lines()] == list(range(1, FAULTS + 1))


def test_every_line_names_a_test_or_says_that_there_is_none() -> None:
    silent = [number for number, *_, cell in lines() if not re.search(r"::test_|not covered yet|\bas \d+", cell)]
    assert silent == []


def test_every_test_that_is_named_exists() -> None:
    tests = named()
    assert len(tests) > 60
    missing = [
        f"{file}::{test}"
        for file, test in tests
        if not (ROOT / file).is_file() or not re.search(rf"^def {test}\(", (ROOT / file).read_text(), re.MULTILINE)
    ]
    assert missing == []
