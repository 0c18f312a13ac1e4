"""The page of API keys. What the API itself opens to whom stands in tests/api/test_matrix.py."""

from typing import Any

from django_scopes import scope

from accounts import keys
from campaigns.api.urls import urlpatterns
from tests.cast import MONDAY, Tidewell
from tests.web.matrix import Statuses

API = {str(one.name): str(one.pattern) for one in urlpatterns}

MATRIX: dict[tuple[str, str], Statuses] = {
    ("keys", "get"): (302, 200, 200, 403, 403, 200),
    ("keys", "post"): (302, 405, 403, 403, 403, 405),
    ("key-new", "get"): (302, 405, 405, 403, 403, 405),
    ("key-new", "post"): (302, 422, 403, 403, 403, 422),
    ("key-revoke", "get"): (302, 405, 405, 403, 403, 405),
    ("key-revoke", "post"): (302, 302, 403, 403, 403, 404),
    # A session opens nothing of the API.
    **{(name, method): (401,) * 6 for name in API for method in ("get", "post")},
}
PAGES = [("keys", "alice"), ("keys", "mara")]


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    with scope(workspace=cast.workspace):
        made, _ = keys.create("Sync", ["prospects:read"], 90, by=cast.alice, now=MONDAY)
    return {"key-revoke": {"pk": made.pk}} | {name: {"pk": 1} for name, one in API.items() if "<int:pk>" in one}
