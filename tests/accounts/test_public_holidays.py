"""Public holidays by country and region."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts import public_holidays
from accounts.public_holidays import UnknownPlace, days, days_off, place
from outreach.engine.windows import HORIZON_DAYS

EPIPHANY, GERMAN_UNITY = date(2027, 1, 6), date(2027, 10, 3)


def test_a_region_has_holidays_of_its_own() -> None:
    of_germany, of_bavaria = (days(code, date(2027, 1, 1), date(2027, 12, 31)) for code in ("DE", "DE-BY"))
    assert GERMAN_UNITY in of_germany and EPIPHANY not in of_germany
    assert {GERMAN_UNITY, EPIPHANY} <= of_bavaria
    assert days("", date(2027, 1, 1), date(2027, 12, 31)) == frozenset()


@pytest.mark.parametrize(
    ("country", "region", "stored"),
    [("de", "by", "DE-BY"), ("DE", "Bayern", "DE-BY"), ("DE", " ", "DE"), ("US", "CA", "US-CA"), ("", "", "")],
)
def test_a_place_is_stored_by_its_codes(country: str, region: str, stored: str) -> None:
    assert place(country, region) == stored


@pytest.mark.parametrize(
    ("country", "region", "sentence"),
    [
        ("", "BY", "Choose the country"),
        ("ZZ", "", "Choose a country of the list"),
        ("DE", "Atlantis", "“Atlantis” is no region of this country: write one of BB, BE"),
    ],
)
def test_a_place_that_is_none_says_what_to_write(country: str, region: str, sentence: str) -> None:
    with pytest.raises(UnknownPlace) as refused:
        place(country, region)
    assert sentence in str(refused.value)


def test_every_country_of_the_list_is_known() -> None:
    assert ("DE", "Germany") in public_holidays.countries() and ("US", "United States") in public_holidays.countries()
    assert [name for _, name in public_holidays.countries()] == sorted(n for _, n in public_holidays.countries())


def test_days_off_are_ones_own_and_the_public_ones_as_far_as_pacing_looks() -> None:
    now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    found = days_off(["2026-11-20"], "DE-BY", now)
    assert found == sorted(found) and {"2026-11-20", "2026-12-25", "2027-01-06", "2027-10-03"} <= set(found)
    assert "2026-11-01" in found, "All Saints' was yesterday: what happened then is still told rightly"
    assert date.fromisoformat(found[-1]) > now.date() + timedelta(days=HORIZON_DAYS - 40)
