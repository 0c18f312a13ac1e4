"""The hostile prospect, its company, campaigns, sender and import are only text, on every page of the matrix."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts.models import Member, Sender
from campaigns.models import Campaign
from prospects.models import Audience, Import
from tests.cast import Tidewell
from tests.web.hostile import SCRIPT
from tests.web.matrix import areas, pages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

WRITTEN = (SCRIPT, "<img", "<b hx-get", "<svg onload", 'href="javascript:')


def test_no_page_writes_what_a_stranger_wrote(
    tidewell: Tidewell, charlie: Member, signed_in: Callable[[Member | None], Client]
) -> None:
    clients = {who: signed_in(getattr(tidewell, who)) for who in ("alice", "mara", "bob", "priya", "vera")}
    clients |= {"anonymous": Client(), "charlie": signed_in(charlie)}
    of_area = [area.ARGUMENTS(tidewell) for area in areas() if hasattr(area, "ARGUMENTS")]
    made = {name: found for area in of_area for name, found in area.items()}
    addresses = [(reverse(name, kwargs=made.get(name)), who) for name, who in pages()]
    addresses += [(address, "alice") for address in theirs(tidewell)]
    held = []
    for address, who in addresses:
        answer = clients[who].get(address)
        assert answer.status_code in (200, 302), address
        html = answer.content.decode()
        held += [(address, bad) for bad in WRITTEN if bad in html]
    assert held == []


def theirs(of: Tidewell) -> list[str]:
    """The pages of what the hostile prospect of the matrix brought along."""
    with scope(workspace=of.workspace):
        campaigns = list(
            Campaign.objects.filter(enrollments__sender__name__contains="<script")
            .distinct()
            .values_list("pk", flat=True)
        )
        seat = Sender.objects.get(name__contains="<script").pk
        upload = Import.objects.get(name__contains="<script").pk
        audience = Audience.objects.get(name__contains="<script").pk
    assert campaigns
    of_campaigns = ("campaign-audience", "campaign-senders", "campaign-settings", "campaign-people")
    return [
        *(reverse(name, args=[seat]) for name in ("sender", "sender-edit", "sender-plan")),
        reverse("import", args=[upload]),
        f"{reverse('prospects')}?audience={audience}",
        f"{reverse('campaign-new')}?audience={audience}",
        f"{reverse('palette')}?q=script",
        *(reverse(name, args=[pk]) for pk in campaigns for name in of_campaigns),
    ]
