"""Who may open what. Every address stands here with every method that a page can send; a new one must be added."""

from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from django_scopes import scopes_disabled

from accounts.models import Member
from tests.cast import connection

pytestmark = pytest.mark.django_db

WHO = ("anonymous", "alice", "mara", "bob", "vera", "charlie")

MATRIX: dict[tuple[str, str], tuple[int, ...]] = {
    # url name       method     anonymous, alice, mara, bob, vera, charlie
    ("home", "get"): (302, 200, 200, 200, 200, 200),
    ("home", "post"): (302, 405, 405, 405, 405, 405),
    ("sign-in", "get"): (200, 200, 200, 200, 200, 200),
    ("sign-in", "post"): (200, 200, 200, 200, 200, 200),  # an empty form comes back
    ("sign-out", "get"): (405, 405, 405, 405, 405, 405),
    ("sign-out", "post"): (302, 302, 302, 302, 302, 302),
    ("health-live", "get"): (200, 200, 200, 200, 200, 200),
    ("health-live", "post"): (405, 405, 405, 405, 405, 405),
    ("health-ready", "get"): (200, 200, 200, 200, 200, 200),
    ("health-ready", "post"): (405, 405, 405, 405, 405, 405),
    ("robots", "get"): (200, 200, 200, 200, 200, 200),
    ("robots", "post"): (405, 405, 405, 405, 405, 405),
    ("hook-unipile", "get"): (405, 405, 405, 405, 405, 405),
    ("hook-unipile", "post"): (401, 401, 401, 401, 401, 401),  # the secret in its header decides, nobody's session
    ("favicon", "get"): (301, 301, 301, 301, 301, 301),
    ("favicon", "post"): (405, 405, 405, 405, 405, 405),
}
ARGUMENTS: dict[str, dict[str, object]] = {"hook-unipile": {"hook": "tidewell-hook"}}
"""What goes into an address with a variable part: something of Tidewell, so that Charlie is a stranger to it."""


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
    name: str, method: str, everyone: dict[str, Member | None], signed_in: Callable[[Member | None], Client]
) -> None:
    clients = {who: signed_in(member) for who, member in everyone.items()}
    before = rows()
    address = reverse(name, kwargs=ARGUMENTS.get(name))
    answers = {who: getattr(client, method)(address).status_code for who, client in clients.items()}
    assert answers == dict(zip(WHO, MATRIX[name, method], strict=True))
    if method == "get":
        assert rows() == before, "a GET changes nothing"


def test_every_address_stands_in_the_matrix() -> None:
    assert not missing(), "add the new address to MATRIX"


def test_nothing_stands_in_the_matrix_that_is_gone() -> None:
    assert {name for name, _ in MATRIX} <= set(addresses())


def test_an_address_that_nobody_thought_of_is_found(settings: object) -> None:
    class Urls:
        urlpatterns = [path("forgotten/", HttpResponse, name="forgotten"), path("nameless/", HttpResponse)]

    settings.ROOT_URLCONF = Urls  # type: ignore[attr-defined]
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
    connection(alice.workspace)
    return dict(zip(WHO, (None, alice, mara, bob, vera, charlie), strict=True))
