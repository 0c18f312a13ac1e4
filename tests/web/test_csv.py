"""Files for spreadsheets: nothing that somebody else wrote runs in them, and nothing is lost."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.web.csv import BOM, download, safe_cell, safe_csv

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%0A", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201"]
UNSEEN = ["", " ", "\t", "\r\n", "\u200b", "\u00a0", "\u202e", "\ufeff", " \t\u200b"]


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_becomes_text_whatever_stands_before_it(formula: str, unseen: str) -> None:
    assert safe_cell(unseen + formula) == f"'{unseen}{formula}"


@pytest.mark.parametrize("plain", ["Ingrid", "", "1+1", "a=b", "Ola-Kari", "  Halden Foods", "5 %"])
def test_what_is_no_formula_stays_as_it_is(plain: str) -> None:
    assert safe_cell(plain) == plain


def test_numbers_and_instants_of_ours_stay_what_they_are() -> None:
    assert [safe_cell(value) for value in (-3, 2.5, None, True)] == [-3, 2.5, "", "yes"]
    assert safe_cell(datetime(2026, 11, 2, 9, tzinfo=UTC)) == "2026-11-02T09:00:00+00:00"


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=2, max_size=2)))
def test_every_cell_comes_back_whole_but_for_the_apostrophe(rows: list[list[str]]) -> None:
    text = "".join(safe_csv(["a", "b"], rows))
    read = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))
    assert read[0] == ["a", "b"]
    assert read[1:] == [[safe_cell(cell) for cell in row] for row in rows]


def test_texts_are_quoted_and_numbers_are_not() -> None:
    assert list(safe_csv(["who", "how many"], [["Ingrid", 3]])) == ['\ufeff"who","how many"\r\n', '"Ingrid",3\r\n']


def test_a_download_names_its_file() -> None:
    answer = download("credits.csv", ["a"], [["=x"]])
    assert answer["Content-Disposition"] == 'attachment; filename="credits.csv"'
    assert b"".join(answer.streaming_content) == b'\xef\xbb\xbf"a"\r\n"\'=x"\r\n'
