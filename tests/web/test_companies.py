"""Settings › Companies: the throttle is set by whoever may approve, and what was typed wrong stays with a sentence."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from campaigns.models import CompanyThrottle

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara_at(
    monday: datetime, in_tidewell: object, signed_in: Callable[[Member | None], Client], mara: Member
) -> Client:
    return signed_in(mara)


def test_it_is_set_shown_and_lifted(mara_at: Client) -> None:
    address = reverse("companies")
    assert "At present nobody counts" in mara_at.get(address).content.decode()
    page = mara_at.post(address, {"people": "3", "days": "14"}, follow=True).content.decode()
    assert "Saved." in page and 'value="3"' in page and 'value="14"' in page and "nobody counts" not in page
    assert "It was so already." in mara_at.post(address, {"people": "3", "days": "14"}, follow=True).content.decode()
    assert "Saved." in mara_at.post(address, {"people": "", "days": ""}, follow=True).content.decode()
    assert not CompanyThrottle.objects.exists()


@pytest.mark.parametrize(("people", "days", "which"), [("many", "7", "people"), ("2", "", "days"), ("2", "-1", "days")])
def test_what_is_wrong_stays_as_typed_with_a_sentence(mara_at: Client, people: str, days: str, which: str) -> None:
    answer = mara_at.post(reverse("companies"), {"people": people, "days": days})
    page = answer.content.decode()
    assert answer.status_code == 422 and f"Give a number of {which} from 1 to" in page
    assert f'value="{people}"' in page and f'aria-describedby="{which}-error"' in page
    assert not CompanyThrottle.objects.exists()
