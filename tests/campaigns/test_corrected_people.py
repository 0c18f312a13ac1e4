"""A person corrected by hand: what waited for it goes on."""

import pytest
from django_scopes import scope

from campaigns.building import campaigns
from campaigns.running import planning
from campaigns.running.database import rows
from prospects import corrections
from prospects.corrections import Written
from prospects.models import Prospect
from tests.stage import Stage

pytestmark = pytest.mark.django_db


def test_a_text_that_waited_for_a_company_goes_when_somebody_gives_it(stage: Stage) -> None:
    person = stage.person()
    campaign = stage.draft("volume", [person])
    rows("UPDATE campaigns_variant SET note = 'Hi {{ first_name }}, about {{ company }}.', text = '' WHERE note <> ''")
    campaigns.launch(campaign, by=stage.members["mara"], now=stage.now)
    assert "missing_text" in stage.settle()
    with scope(workspace=stage.workspace):
        known = Prospect.objects.get(pk=person)
        new = Written(known.first_name, known.last_name, "", "", "Nordlys", "")
        told = {"by": stage.members["bob"], "now": stage.now, "changed": planning.facts_changed}
        assert corrections.correct(known, new, **told)
    stage.later(minutes=5)
    stage.settle()
    assert stage.accepted(person) == ["invite_note"]
    assert stage.sent_to(person)[0]["text"] == f"Hi {known.first_name}, about Nordlys."
