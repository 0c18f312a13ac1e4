"""requirements/*.txt are compiled from pyproject.toml: complete, hashed, and silent about where packages come from."""

from pathlib import Path

import pytest

from outreach.embedded.check import pinned, requirements
from tests.platform.checkouts import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that are compared, to be changed."""
    (tmp_path / "requirements").mkdir()
    for path in (ROOT / "requirements").glob("*.txt"):
        (tmp_path / "requirements" / path.name).write_text(path.read_text())
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_they_are_in_step(project: Path) -> None:
    assert requirements(project) == []


def test_a_dependency_that_was_not_compiled_is_seen(project: Path) -> None:
    change(project / "pyproject.toml", '"celery[redis]', '"left-pad==1.0", "celery[redis]')
    complaints = requirements(project)
    assert len(complaints) == 3
    assert "requirements/base.txt lacks left-pad==1.0: run ./dev lock" in complaints


def test_another_version_is_seen(project: Path) -> None:
    change(project / "requirements/dev.txt", "django==6.1.3", "django==6.1.2")
    assert any("requirements/dev.txt has django 6.1.2" in complaint for complaint in requirements(project))
    assert any("django is 6.1.3 in embedded.txt, 6.1.2 in dev.txt" in complaint for complaint in requirements(project))


@pytest.mark.parametrize(
    "line", ["--index-url https://example.com/simple\n", "thing @ https://example.com/thing.whl\n"]
)
def test_an_address_is_seen(project: Path, line: str) -> None:
    path = project / "requirements/base.txt"
    path.write_text(line + path.read_text())
    assert any("names an address" in complaint for complaint in requirements(project))


def test_a_pin_without_a_hash_is_seen(project: Path) -> None:
    path = project / "requirements/base.txt"
    path.write_text("left-pad==1.0\n" + path.read_text())
    assert "requirements/base.txt pins left-pad==1.0 without a hash" in requirements(project)


def test_of_several_pins_the_one_for_this_platform_counts() -> None:
    text = "thing==1.0 ; python_version < '3.0' \\\n  --hash=x\nthing==2.0 ; python_version >= '3.0' \\\n"
    assert str(pinned(text)["thing"]) == "2.0"
