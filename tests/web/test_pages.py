"""Every page of the matrix in a real browser, in each look: everybody can use it, and it keeps the content policy."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page

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


EACH = [
    pytest.param(name, who, marks=[pytest.mark.whole] if name in (before for before, _ in pages()[:place]) else [])
    for place, (name, who) in enumerate(pages())
]
"""Every page, as the first of those who look at it sees it; the same page for others in the whole suite."""


@pytest.mark.parametrize(("name", "who"), EACH)
def test_everybody_can_use_it(
    name: str, who: str, cast: dict[str, Member | None], tidewell: Tidewell, watch: Callable[..., Watched]
) -> None:
    page = opened("light", watch, cast[who], reverse(name, kwargs=arguments(tidewell, name)))
    well_made(page)
    assert serious(page) == []
    in_the_dark(page)
    page.set_viewport_size(LOOKS["phone"]["viewport"])
    well_made(page)


@pytest.mark.whole
@pytest.mark.parametrize(("name", "who"), pages())
def test_everybody_can_use_it_on_a_phone(
    name: str, who: str, cast: dict[str, Member | None], tidewell: Tidewell, watch: Callable[..., Watched]
) -> None:
    page = opened("phone", watch, cast[who], reverse(name, kwargs=arguments(tidewell, name)))
    well_made(page)
    assert serious(page) == []
    in_the_dark(page)


def opened(look: str, watch: Callable[..., Watched], member: Member | None, address: str) -> Page:
    return watch(member, reduced_motion="reduce", **LOOKS[look]).open(address)


def well_made(page: Page) -> None:
    assert not too_wide(page), "no sideways scroll"
    assert page.locator("h1").count() == 1, "one heading says what this page is"
    assert page.locator("main [data-kind=primary]:visible").count() <= 1, "the next act is one"


def in_the_dark(page: Page) -> None:
    """The same page in other colours."""
    page.emulate_media(**LOOKS["dark"], reduced_motion="reduce")
    while page.evaluate("document.getAnimations().length"):  # a colour is on its way
        page.wait_for_timeout(20)
    assert serious(page, "color-contrast") == []
