"""Whom we have: the list, acts on the people selected, one person."""

from typing import Any

from django_scopes import scope

from accounts.models import History
from tests.cast import MONDAY, Tidewell, prospects
from tests.web.hostile import hostile
from tests.web.matrix import Statuses

MATRIX: dict[tuple[str, str], Statuses] = {
    ("prospects", "get"): (302, 200, 200, 200, 200, 200),
    ("prospects", "post"): (302, 405, 405, 405, 405, 405),
    ("prospect-new", "get"): (302, 200, 200, 200, 403, 200),
    ("prospect-new", "post"): (302, 422, 422, 422, 403, 422),
    # Nobody is selected: back to the list, which says so.
    ("prospects-tier", "get"): (302, 405, 405, 405, 403, 405),
    ("prospects-tier", "post"): (302, 302, 302, 302, 403, 302),
    ("prospects-forbid", "get"): (302, 405, 405, 405, 403, 405),
    ("prospects-forbid", "post"): (302, 302, 302, 302, 403, 302),
    ("prospects-enroll", "get"): (302, 405, 405, 405, 403, 405),
    ("prospects-enroll", "post"): (302, 302, 302, 302, 403, 302),
    ("tiers-undo", "get"): (302, 405, 405, 405, 403, 405),
    ("tiers-undo", "post"): (302, 302, 302, 302, 403, 404),
    ("forbid-undo", "get"): (302, 405, 405, 405, 403, 405),
    ("forbid-undo", "post"): (302, 302, 302, 302, 403, 404),
    ("person", "get"): (302, 200, 200, 200, 200, 404),
    ("person", "post"): (302, 405, 405, 405, 405, 405),
    ("person-edit", "get"): (302, 200, 200, 200, 403, 404),
    ("person-edit", "post"): (302, 422, 422, 422, 403, 404),
    ("person-tier", "get"): (302, 405, 405, 405, 403, 405),
    ("person-tier", "post"): (302, 422, 422, 422, 403, 404),
    ("person-forbid", "get"): (302, 405, 405, 405, 403, 405),
    ("person-forbid", "post"): (302, 302, 302, 302, 403, 404),
    ("person-allow", "get"): (302, 405, 405, 403, 403, 405),
    ("person-allow", "post"): (302, 302, 403, 403, 403, 404),
}
PAGES = [
    ("prospects", "bob"),
    ("prospects", "vera"),
    ("prospect-new", "bob"),
    ("person", "mara"),
    ("person", "vera"),
    ("person-edit", "bob"),
]


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    with scope(workspace=cast.workspace):
        [one] = prospects(cast.workspace, 1)
        acts = {
            verb: History.objects.create(
                workspace=cast.workspace,
                at=MONDAY,
                by=cast.alice,
                subject=f"member:{cast.alice.pk}",
                verb=verb,
                data={"before": {}, "after": {}, "prospects": [], "enrollments": [], "conversations": []},
            ).pk
            for verb in ("tiers set", "forbade")
        }
        person = hostile(cast.workspace, cast.bob).prospect.pk
    return {
        **{name: {"pk": one.pk} for name in ("person-edit", "person-tier", "person-forbid", "person-allow")},
        "person": {"pk": person},
        "tiers-undo": {"act": acts["tiers set"]},
        "forbid-undo": {"act": acts["forbade"]},
    }
