"""The time zone of a place as profiles write it."""

import pytest

from prospects.zones import zone_of


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        ("Berlin, Germany", "Europe/Berlin"),
        ("Munich, Bavaria, Germany", "Europe/Berlin"),
        ("Greater Chicago Area", "America/Chicago"),
        ("New York City Metropolitan Area", "America/New_York"),
        ("Los Angeles, California, United States", "America/Los_Angeles"),
        ("São Paulo, Brazil", "America/Sao_Paulo"),
        ("Bengaluru, Karnataka, India", "Asia/Kolkata"),
        ("TOKYO", "Asia/Tokyo"),
        ("Austin, Texas, United States", ""),  # a country of several times
        ("Berlin, London", ""),  # a place is one place
        ("Remote", ""),
        ("", ""),
    ],
)
def test_a_place_tells_its_zone_or_nothing(place: str, zone: str) -> None:
    assert zone_of(place) == zone
