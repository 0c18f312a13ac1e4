"""What tests read in answers and letters: the link of a letter, the lines of a file for a spreadsheet."""

import csv
import io
import re
from typing import Any

from outreach.web.csv import BOM


def link_in(letter: Any) -> str:
    """The path that the link of a letter leads to."""
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+)", letter.body)
    assert found, letter.body
    return found[1]


def lines(answer: Any) -> list[list[str]]:
    """The lines of a CSV file that is answered in a stream, its head first."""
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode()
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))
