"""Subscription tiers, whom nobody contacts, and who did what."""

from typing import Any

from django_scopes import scope

from accounts.models import Plan, PlanTerms
from prospects.models import Suppression
from tests.cast import MONDAY, Tidewell, prospects
from tests.web.matrix import Statuses

COMING = "2026-12-01"

MATRIX: dict[tuple[str, str], Statuses] = {
    ("tiers", "get"): (302, 200, 200, 403, 403, 200),
    ("tiers", "post"): (302, 405, 403, 403, 403, 405),
    ("tier-new", "get"): (302, 200, 403, 403, 403, 200),
    ("tier-new", "post"): (302, 422, 403, 403, 403, 422),
    ("tier", "get"): (302, 200, 200, 403, 403, 404),
    ("tier", "post"): (302, 422, 403, 403, 403, 404),
    ("tier-drop", "get"): (302, 405, 405, 403, 403, 405),
    ("tier-drop", "post"): (302, 302, 403, 403, 403, 404),
    ("tier-restore", "get"): (302, 405, 405, 403, 403, 405),
    ("tier-restore", "post"): (302, 302, 403, 403, 403, 404),
    ("suppression", "get"): (302, 200, 200, 200, 200, 200),
    ("suppression", "post"): (302, 405, 405, 405, 405, 405),
    ("suppression-add", "get"): (302, 405, 405, 405, 403, 405),
    ("suppression-add", "post"): (302, 422, 422, 422, 403, 422),
    ("suppression-lift", "get"): (302, 405, 405, 403, 403, 405),
    ("suppression-lift", "post"): (302, 422, 403, 403, 403, 404),
    ("suppression-lift-address", "get"): (302, 405, 405, 403, 403, 405),
    ("suppression-lift-address", "post"): (302, 422, 403, 403, 403, 404),
    ("companies", "get"): (302, 200, 200, 403, 403, 200),
    ("companies", "post"): (302, 302, 302, 403, 403, 302),  # empty fields: nobody counts, as before
    ("history", "get"): (302, 200, 200, 403, 403, 200),
    ("history", "post"): (302, 405, 403, 403, 403, 405),
    ("proof", "get"): (302, 200, 200, 403, 403, 200),
    ("proof", "post"): (302, 405, 403, 403, 403, 405),
    ("proof-begin", "get"): (302, 405, 405, 403, 403, 405),
    ("proof-begin", "post"): (302, 302, 403, 403, 403, 302),
}
PAGES = [
    ("proof", "alice"),
    ("tiers", "alice"),
    ("tier", "alice"),
    ("tier", "mara"),
    ("tier-new", "alice"),
    ("suppression", "alice"),
    ("suppression", "vera"),
    ("history", "mara"),
    ("companies", "mara"),
]


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    with scope(workspace=cast.workspace):
        core = Plan.objects.get(code="sales-navigator-core")
        if not core.terms.filter(valid_from=COMING).exists():
            terms = core.terms.get()
            terms.pk, terms._state.adding = None, True
            terms.valid_from, terms.cap = COMING, 100
            PlanTerms.save(terms, force_insert=True)
        (person,) = prospects(cast.workspace, 1)
        person.suppressed_at = MONDAY
        person.save()
        row, _ = Suppression.objects.get_or_create(
            workspace=cast.workspace, digest="a" * 64, defaults={"what": "email", "reason": "a customer", "at": MONDAY}
        )
    dated = {"pk": core.pk, "on": COMING}
    return {
        "tier": {"pk": core.pk},
        "tier-drop": dated,
        "tier-restore": dated,
        "suppression-lift": {"pk": person.pk},
        "suppression-lift-address": {"pk": row.pk},
    }
