"""Campaigns: the list, a new one, the builder, the review and the launch."""

from typing import Any

from django_scopes import scope

from campaigns.building import drafts
from campaigns.building.choosing import Chosen
from campaigns.models import Campaign
from outreach import clock
from tests.cast import Tidewell, prospects
from tests.web.matrix import Statuses

MATRIX: dict[tuple[str, str], Statuses] = {
    ("campaigns", "get"): (302, 200, 200, 200, 200, 200),
    ("campaigns", "post"): (302, 405, 405, 405, 405, 405),
    ("campaign-new", "get"): (302, 200, 200, 200, 403, 200),
    ("campaign-new", "post"): (302, 422, 422, 422, 403, 422),
    ("campaign", "get"): (302, 200, 200, 200, 200, 404),
    ("campaign", "post"): (302, 405, 405, 405, 405, 405),
    ("campaign-step", "get"): (302, 200, 200, 200, 200, 404),
    ("campaign-step", "post"): (302, 302, 302, 302, 403, 404),
    ("campaign-audience", "get"): (302, 200, 200, 200, 200, 404),
    ("campaign-audience", "post"): (302, 422, 422, 422, 403, 404),
    ("campaign-senders", "get"): (302, 200, 200, 200, 200, 404),
    ("campaign-senders", "post"): (302, 422, 422, 422, 403, 404),
    ("campaign-settings", "get"): (302, 200, 200, 200, 200, 404),
    ("campaign-settings", "post"): (302, 422, 422, 422, 403, 404),
    ("campaign-review", "get"): (302, 200, 200, 200, 200, 404),
    ("campaign-review", "post"): (302, 405, 405, 405, 405, 405),
    ("campaign-launch", "get"): (302, 405, 405, 405, 403, 405),
    ("campaign-launch", "post"): (302, 302, 302, 302, 403, 404),
    ("campaign-pause", "get"): (302, 405, 405, 405, 403, 405),
    ("campaign-pause", "post"): (302, 302, 302, 302, 403, 404),
    ("campaign-resume", "get"): (302, 405, 405, 405, 403, 405),
    ("campaign-resume", "post"): (302, 302, 302, 302, 403, 404),
    ("campaign-archive", "get"): (302, 405, 405, 405, 403, 405),
    ("campaign-archive", "post"): (302, 302, 302, 302, 403, 404),
    ("campaign-restore", "get"): (302, 405, 405, 405, 403, 405),
    ("campaign-restore", "post"): (302, 302, 302, 302, 403, 404),
}


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    """Bob's draft of the volume play for three people."""
    with scope(workspace=cast.workspace):
        draft = Campaign.objects.filter(name="Dock delays").first()
        if draft is None:
            people = [person.pk for person in prospects(cast.workspace, 3)]
            draft = drafts.plan(
                "volume",
                Chosen(people, {}),
                [cast.senders["bob"]],
                name="Dock delays",
                audience=None,
                by=cast.bob,
                seed=7,
                now=clock.now(),
            )
    one = {"pk": draft.pk}
    names = {name for name, _ in MATRIX} - {"campaigns", "campaign-new", "campaign-step"}
    return {**dict.fromkeys(names, one), "campaign-step": {**one, "key": 1}}


PAGES = [
    ("campaigns", "bob"),
    ("campaign-new", "bob"),
    ("campaign", "bob"),
    ("campaign-step", "vera"),
    ("campaign-audience", "bob"),
    ("campaign-senders", "mara"),
    ("campaign-settings", "bob"),
    ("campaign-review", "bob"),
]
