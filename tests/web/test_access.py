"""Who may open what: the tables of tests/web/matrix, asked of every address. A new address must be added there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from django_scopes import scopes_disabled

from accounts.models import Member
from tests.cast import Tidewell
from tests.web.matrix import WHO, arguments, matrix

pytestmark = pytest.mark.django_db

MATRIX = matrix()


def addresses(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[str]:
    """The name of every address that the project answers; an address without a name stands as its route."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern)


def missing() -> set[tuple[str, str]]:
    """Addresses and methods that the matrix says nothing about."""
    return {(name, method) for name in addresses() for method in ("get", "post")} - set(MATRIX)


@pytest.mark.parametrize(("name", "method"), MATRIX)
def test_access(
    name: str,
    method: str,
    tidewell: Tidewell,
    everyone: dict[str, Member | None],
    signed_in: Callable[[Member | None], Client],
) -> None:
    address = reverse(name, kwargs=arguments(tidewell, name))
    expected = dict(zip(WHO, MATRIX[name, method], strict=True))
    clients = {who: signed_in(member) for who, member in everyone.items()}
    before = rows()
    refused = [who for who in WHO if method == "get" or expected[who] >= 400]
    answers = {who: getattr(clients[who], method)(address).status_code for who in refused}
    assert rows() == before, "a GET changes nothing, and neither does what is refused"
    answers |= {who: getattr(clients[who], method)(address).status_code for who in WHO if who not in refused}
    assert answers == expected


def test_every_address_stands_in_the_matrix() -> None:
    assert not missing(), "add the new address to its area in tests/web/matrix"


def test_nothing_stands_in_the_matrix_that_is_gone() -> None:
    assert {name for name, _ in MATRIX} <= set(addresses())


def test_an_address_that_nobody_thought_of_is_found(settings: Any) -> None:
    class Urls:
        urlpatterns = [path("forgotten/", HttpResponse, name="forgotten"), path("nameless/", HttpResponse)]

    settings.ROOT_URLCONF = Urls
    assert missing() >= {("forgotten", "get"), ("forgotten", "post"), ("nameless/", "get")}


def test_a_webhook_needs_no_token_of_a_page_and_an_unknown_one_is_not_found() -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/hooks/unipile/nobody/").status_code == 404


def test_nobody_sees_another_workspace(
    everyone: dict[str, Member | None], signed_in: Callable[[Member | None], Client]
) -> None:
    assert b"Bob Moreau" in signed_in(everyone["vera"]).get(reverse("home")).content
    page = signed_in(everyone["charlie"]).get(reverse("home")).content
    assert b"Otherside" in page and b"Bob Moreau" not in page and b"Tidewell" not in page


def rows() -> dict[str, int]:
    """How many rows each table holds."""
    with scopes_disabled():
        return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


@pytest.fixture
def everyone(
    monday: object, alice: Member, mara: Member, bob: Member, vera: Member, charlie: Member
) -> dict[str, Member | None]:
    return dict(zip(WHO, (None, alice, mara, bob, vera, charlie), strict=True))
