"""Days as people write them in six languages, seen from Wednesday 15 July 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.language.dates import find
from outreach.language.folding import fold

TODAY = date(2026, 7, 15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-12", "2026-08-12"),
        ("12.08.2026", "2026-08-12"),
        ("12.8.26", "2026-08-12"),
        ("ab dem 12.08.", "2026-08-12"),
        ("bis 12.8", "2026-08-12"),
        ("12/08/2026", "2026-08-12"),
        ("08/24/2026", "2026-08-24"),
        ("24/08", "2026-08-24"),
        ("3-8-2026", "2026-08-03"),
        ("3 August", "2026-08-03"),
        ("3rd of August 2026", "2026-08-03"),
        ("August 3rd, 2026", "2026-08-03"),
        ("Aug 3", "2026-08-03"),
        ("Monday, 3 August", "2026-08-03"),
        ("3. August", "2026-08-03"),
        ("1. März 2027", "2027-03-01"),
        ("1er septembre", "2026-09-01"),
        ("3 août", "2026-08-03"),
        ("mar. 4 août", "2026-08-04"),
        ("3 de agosto de 2026", "2026-08-03"),
        ("3 augustus", "2026-08-03"),
        ("3 agosto", "2026-08-03"),
        ("2 January", "2027-01-02"),
        ("20 June", "2026-06-20"),
        ("back on Monday", "2026-07-20"),
        ("Wednesday", "2026-07-22"),
        ("am Donnerstag", "2026-07-16"),
        ("lundi", "2026-07-20"),
        ("el viernes", "2026-07-17"),
        ("tomorrow", "2026-07-16"),
        ("ab morgen", "2026-07-16"),
        ("next week", "2026-07-20"),
        ("nächste Woche", "2026-07-20"),
        ("la semaine prochaine", "2026-07-20"),
        ("la próxima semana", "2026-07-20"),
        ("next month", "2026-08-01"),
        ("next quarter", "2026-10-01"),
        ("nächstes Jahr", "2027-01-01"),
        ("in the new year", "2027-01-01"),
        ("Q4", "2026-10-01"),
        ("Q1 2027", "2027-01-01"),
        ("in two weeks", "2026-07-29"),
        ("in a few weeks", "2026-08-05"),
        ("in zwei Wochen", "2026-07-29"),
        ("dans 3 mois", "2026-10-15"),
        ("dentro de dos semanas", "2026-07-29"),
        ("in 10 days", "2026-07-25"),
        ("in September", "2026-09-01"),
        ("in May", "2027-05-01"),
        ("im Oktober", "2026-10-01"),
        ("en septembre", "2026-09-01"),
        ("mid-October", "2026-10-15"),
        ("Ende August", "2026-08-31"),
        ("early September 2026", "2026-09-01"),
        ("29 February 2028", "2028-02-29"),
    ],
)
def test_one_day(text, expected):
    assert [mention.day.isoformat() for mention in find(fold(text), TODAY)] == [expected]


@pytest.mark.parametrize(
    "text",
    ["you may call", "24/7", "50/50", "31.02.2026", "version 2.10", "12:30", "at 10.30 am", "Guten Morgen", "march on",
     "99.99.2026", "3 August 2034",
     "in 99 months", "1/2/3/4", "+49 170 1234567", "mon collègue", "5% off", "2026", "set 2 up"],
)  # fmt: skip
def test_what_is_no_day(text):
    assert find(fold(text), TODAY) == []


def test_days_come_in_the_order_of_the_text():
    found = find(fold("from 20 July to 31 July, back on Monday 3 August 2026"), TODAY)
    assert [mention.day.isoformat() for mention in found] == ["2026-07-20", "2026-07-31", "2026-08-03"]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 300))
def test_a_day_ahead_without_its_year_is_found_again(today, ahead):
    day = today + timedelta(days=ahead)
    for text in (f"{day.day} {day:%B}".lower(), f"{day:%B} {day.day}".lower(), f"{day.day}.{day.month}."):
        assert [mention.day for mention in find(text, today)] == [day]


@given(st.text(alphabet="0123456789./- abcdejlmnoprstuvy", max_size=60), st.dates(date(1950, 1, 1), date(2900, 1, 1)))
def test_no_text_raises(text, today):
    for mention in find(text, today):
        assert 0 <= mention.start < mention.end <= len(text)
