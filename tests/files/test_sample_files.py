"""The three sample files that come with Parley hold what real exports hold, and are read to the end."""

from collections import Counter
from pathlib import Path

import pytest

from prospects.files import mapping, records
from prospects.files.duplicates import Duplicate, deduplicate
from prospects.files.mapping import Kind
from prospects.files.reading import Sheet, read
from prospects.files.rows import Problem, Reason, Row
from prospects.files.titles import seniority, tier

SAMPLES = Path(__file__).parents[2] / "prospects" / "samples"


def load(name: str) -> tuple[Sheet, Kind, list[Row | Duplicate | Problem]]:
    sheet = read(SAMPLES / name)
    found = mapping.guess(sheet.headers)
    return sheet, found.kind, list(deduplicate(records.parse(sheet, found)))


def test_linkedins_own_export_is_read() -> None:
    sheet, kind, found = load("connections.csv")
    raw = (SAMPLES / "connections.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfNotes:\r\n") and raw.count(b"\n") == raw.count(b"\r\n")
    assert (kind, sheet.encoding, sheet.delimiter, sheet.header_line) == (
        Kind.LINKEDIN_CONNECTIONS, "utf-8-sig", ",", 4,
    )  # fmt: skip
    assert Counter(type(one) for one in found) == {Row: 37, Duplicate: 2, Problem: 2}
    assert {one.degree for one in found if isinstance(one, Row)} == {1}
    assert [(one.row.line, one.of) for one in found if isinstance(one, Duplicate)] == [(14, 5), (42, 7)]


def test_a_sales_navigator_export_is_read() -> None:
    sheet, kind, found = load("sales-navigator.csv")
    assert (kind, sheet.encoding, sheet.delimiter) == (Kind.SALES_NAVIGATOR, "utf-8", ",")
    assert Counter(type(one) for one in found) == {Row: 38, Duplicate: 1, Problem: 2}
    people = [one for one in found if isinstance(one, Row)]
    assert all(one.slug and one.member_id.startswith("ACwAA") for one in people)
    assert {one.open_profile for one in people} == {True, False, None}
    assert {one.degree for one in people} == {1, 2, 3}
    tiers = Counter(tier(seniority(one.title), one.employees) for one in people)
    assert set(tiers) == {1, 2, 3} and tiers[3] >= 8


def test_a_regional_excel_export_is_read() -> None:
    sheet, kind, found = load("sales-navigator-semicolon.csv")
    assert (kind, sheet.encoding, sheet.delimiter) == (Kind.SALES_NAVIGATOR, "cp1252", ";")
    assert Counter(type(one) for one in found) == {Row: 10, Duplicate: 1, Problem: 1}
    first = found[0]
    assert isinstance(first, Row)
    assert (first.first_name, first.last_name, first.slug) == ("Jürgen", "Weiß", "jürgen-weiß")
    assert (first.open_profile, first.premium, first.custom["Bemerkung"]) == (True, False, "Messe Köln; Stand 4")


@pytest.mark.parametrize("name", ["connections.csv", "sales-navigator.csv"])
def test_the_samples_hold_hostile_cells_that_come_through_as_plain_text(name: str) -> None:
    _, _, found = load(name)
    people = [one for one in found if isinstance(one, Row)]
    text = "\n".join(f"{one.first_name} {one.last_name} {one.company} {one.title}" for one in people)
    for part in ("alert(", "{{7*7}}", "=", "@SUM("):
        assert part in text
    assert "\u202e" not in text and "\u202e" in (SAMPLES / name).read_text(encoding="utf-8")
    assert any("10,0" in warning for one in people for warning in one.warnings)
    assert all(one.linkedin_url.startswith("https://www.linkedin.com/") for one in people if one.linkedin_url)
    assert {one.reason for one in found if isinstance(one, Problem)} == {Reason.NO_NAME}
