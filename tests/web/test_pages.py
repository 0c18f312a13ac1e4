"""Every page of the matrix in a real browser, in each look: everybody can use it, and it keeps the content policy."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Member
from tests.cast import Tidewell
from tests.web.matrix import arguments, pages
from tests.web.watching import LOOKS, Watched, serious, too_wide

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def cast(tidewell: Tidewell, charlie: Member) -> dict[str, Member | None]:
    return {
        "anonymous": None,
        "charlie": charlie,
        **{who: getattr(tidewell, who) for who in ("alice", "mara", "bob", "priya", "vera")},
    }


@pytest.mark.parametrize(("name", "who"), pages())
def test_everybody_can_use_it(
    name: str, who: str, cast: dict[str, Member | None], tidewell: Tidewell, watch: Callable[..., Watched]
) -> None:
    address = reverse(name, kwargs=arguments(tidewell, name))
    for wanted in (LOOKS["light"], LOOKS["phone"]):
        page = watch(cast[who], reduced_motion="reduce", **wanted).open(address)
        assert serious(page) == [], wanted
        assert not too_wide(page), f"{wanted}: no sideways scroll"
        assert page.locator("h1").count() == 1, "one heading says what this page is"
        primary: Any = page.locator("main [data-kind=primary]:visible")
        assert primary.count() <= 1, "the next act is one"
        page.emulate_media(**LOOKS["dark"], reduced_motion="reduce")
        while page.evaluate("document.getAnimations().length"):  # a colour is on its way
            page.wait_for_timeout(20)
        assert serious(page, "color-contrast") == [], f"{wanted}, dark: the same page in other colours"
        page.close()
