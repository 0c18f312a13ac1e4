"""One person's page: what binds, what would bind next, what is fulfilled; what was considered, and the text."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts.models import Member
from campaigns.models import Touch
from campaigns.running import blockers, companies, holding, touches
from campaigns.running.blockers import Standing, Trace
from outreach.engine.causes import Cause
from outreach.engine.kinds import Kind
from prospects.models import Company, Prospect
from tests.campaigns.running_world import World, broken, seat
from tests.web.test_overview import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monday: datetime) -> Iterator[World]:
    """Ada and Ben wait for their first invite by Bob; Olga, who is senior, for an InMail."""
    w = seat()
    with scope(workspace=w.workspace):
        w.launch("Volume", "volume", [w.person("Ada"), w.person("Ben")])
        w.launch("Senior", "senior", [w.person("Olga", tier=3, open_profile=False)])
        w.look()
        yield w


def trace(w: World, name: str) -> Trace:
    found = blockers.trace(w.workspace.pk, w.now, w.enrollment(name).pk)
    assert found is not None
    return found


def standing(found: Trace) -> list[tuple[str, Cause]]:
    return [(one.standing.value, one.cause) for one in found.blockers if one.standing is not Standing.CLEAR]


def clear(found: Trace) -> str:
    return "; ".join(one.words for one in found.blockers if one.standing is Standing.CLEAR)


def test_the_binding_one_comes_first_then_what_would_bind_next_then_what_is_fulfilled(world: World) -> None:
    ring = [int((world.now - timedelta(hours=20)).timestamp()) + n for n in range(20)]
    with broken(
        "UPDATE campaigns_campaign SET state = 'paused' WHERE name = 'Volume'",
        "UPDATE campaigns_allowance SET ring = %(ring)s WHERE budget = 'invites'",
        "UPDATE prospects_relationship SET checked_at = NULL",
        ring=ring,
    ):
        found = trace(world, "Ben")
    assert standing(found) == [
        ("binding", Cause.PAUSED_CAMPAIGN),
        ("next", Cause.STALE_OPEN_PROFILE),
        ("next", Cause.DAY_CAP),
    ]
    day = next(one for one in found.blockers if one.cause is Cause.DAY_CAP)
    assert day.words == "20 of 20 invites used in 24 hours"
    assert day.until is not None and day.until > world.now + timedelta(hours=4)
    for said in (
        "They may be contacted",
        "No reply so far",
        "The sender is active",
        "Inside the sender's working hours",
    ):
        assert said in clear(found)


def test_lifting_the_binding_one_makes_the_next_one_bind(world: World) -> None:
    changes = [
        "UPDATE campaigns_campaign SET state = 'paused' WHERE name = 'Volume'",
        "UPDATE accounts_sender SET state = 'frozen'",
        "UPDATE prospects_relationship SET invite_not_before = '2026-11-20Z'",
    ]
    order = [Cause.PAUSED_CAMPAIGN, Cause.FROZEN, Cause.COOL_DOWN]
    for lifted in range(3):
        with broken(*changes[lifted:]):
            assert [cause for _, cause in standing(trace(world, "Ada"))] == order[lifted:]


def test_who_stands_behind_is_told_how_many_are_before_them(world: World) -> None:
    first, second = trace(world, "Ada"), trace(world, "Ben")
    assert standing(first) == [("binding", Cause.QUEUE)] and standing(second) == [("binding", Cause.QUEUE)]
    assert second.blockers[0].words == "1 person is before them in the sender's queue"
    assert first.blockers[0].words == "First in the queue: it goes with the sender's next turn"
    assert "0 of 20 invites used in 24 hours; 0 of 100 invites used in 7 days" in clear(second)


def test_every_channel_that_was_considered_is_shown_with_its_cost_and_why_it_lost(world: World) -> None:
    decision = trace(world, "Olga").decision
    assert decision is not None
    options = {option.kind: option for option in decision.options}
    assert options[Kind.INMAIL].ok and options[Kind.INMAIL].cost == 1
    assert options[Kind.DM].why == "not_connected" and options[Kind.OPEN_INMAIL].why == "not_open_profile"


def test_the_preview_is_the_text_that_is_sent(world: World) -> None:
    promised = trace(world, "Ada").preview.text
    world.send()
    assert promised and world.touch("Ada", state="sent").text == promised


def test_a_text_that_cannot_be_sent_says_what_is_missing(world: World) -> None:
    with broken("UPDATE accounts_planterms SET note_chars = 40"):
        found = trace(world, "Ada")
    assert not found.preview.text and "40" in found.missing
    assert ("next", Cause.MISSING_TEXT) in standing(found)


def test_what_the_gate_put_off_is_told_as_what_binds(world: World) -> None:
    until = world.now + timedelta(minutes=5)
    Touch.objects.filter(pk=world.touch("Ada").pk).update(not_before=until, cause="stale_open_profile")
    found = trace(world, "Ada")
    assert (found.blockers[0].cause, found.blockers[0].until) == (Cause.STALE_OPEN_PROFILE, until)


def test_there_is_no_trace_of_nobody(world: World) -> None:
    assert blockers.trace(world.workspace.pk, world.now, 0) is None
    assert blockers.trace(world.workspace.pk + 1, world.now, world.enrollment("Ada").pk) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE campaigns_enrollment SET state = 'held'",
        "UPDATE prospects_prospect SET suppressed_at = '2026-11-01Z'",
        "UPDATE prospects_prospect SET replied_at = '2026-11-01Z'",
        "UPDATE accounts_sender SET state = 'disconnected'",
        "UPDATE accounts_sender SET days_off = '[\"2026-11-02\"]'",
        "UPDATE campaigns_allowance SET rest_until = '2026-11-05Z'",
        "UPDATE campaigns_allowance SET day_cap = 0",
        "UPDATE campaigns_allowance SET ceiling = 0 WHERE budget = 'pending'",
        "UPDATE accounts_creditbalance SET available = 0",
        "UPDATE campaigns_touch SET cause = 'missing_text', not_before = '9000-01-01Z' WHERE state = 'planned'",
        "UPDATE campaigns_touch SET state = 'uncertain', gate_at = '2026-11-02Z' WHERE state = 'planned'",
    ],
)
def test_the_first_of_the_list_is_the_one_cause_that_is_told(world: World, change: str) -> None:
    with broken(change):
        for name in ("Ada", "Ben", "Olga"):
            found = trace(world, name)
            assert found.blockers[0].cause is found.reason.cause
            assert found.blockers[0].standing is Standing.BINDING
            assert [one.standing for one in found.blockers].count(Standing.BINDING) == 1
            assert all(one.words for one in found.blockers)


# --- the page -------------------------------------------------------------------------------------------------------


def page(w: World, client: Client, name: str) -> str:
    enrollment = w.enrollment(name)
    return words(client.get(f"/campaigns/{enrollment.campaign_id}/people/{enrollment.pk}/").content.decode())


def test_the_page_says_why_what_was_considered_and_on_which_facts(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    said = page(world, signed_in(world.mara), "Olga")
    assert "Chosen: worth a credit, and one is free to spend" in said
    assert "Lost: they are not connected" in said and "Decided by the rules engine-0." in said
    assert "Facts used: Tier 3; 2nd degree (read just now); No Open Profile (just now)" in said
    assert "The text that would go" in said and "planned" in said
    world.later(hours=5)
    assert "read 5 h ago" in page(world, signed_in(world.mara), "Olga")


def test_the_page_of_who_is_over_says_why_and_offers_what_may_be_taken_back(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    holding.stop(world.enrollment("Ada"), by=world.bob, now=world.now)
    said = page(world, signed_in(world.mara), "Ada")
    assert "A member stopped the sequence" in said and "Start again" in said and "Hold" not in said


def test_the_page_of_a_doubt_shows_the_evidence_and_asks(world: World, signed_in: Callable[[Member], Client]) -> None:
    for through in world.open():
        touches.mark_uncertain(through.head.touch, "The provider did not answer.", now=world.now)
    Touch.objects.filter(state="uncertain").update(look_at=None, looks=3)
    said = page(world, signed_in(world.mara), "Ada")
    assert "The provider did not answer." in said and "It was sent" in said and "It was not" in said


def test_a_person_of_another_campaign_is_not_found_under_this_one(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    ada, olga = world.enrollment("Ada"), world.enrollment("Olga")
    at = f"/campaigns/{ada.campaign_id}/people/{olga.pk}/"
    assert signed_in(world.mara).get(at).status_code == 404
    assert signed_in(world.mara).post(f"{at}hold/").status_code == 404


def html(answer: Any) -> str:
    return str(answer.content.decode())


def said(answer: Any) -> str:
    return words(html(answer))


def test_a_manager_takes_the_conversation_from_another_campaign(
    world: World, signed_in: Callable[[Member | None], Client]
) -> None:
    world.send(rounds=1)
    world.launch("Second", "volume", [world.people["Ada"]])
    world.look()
    waiting = world.enrollment("Ada")
    page, take = (
        reverse("enrollment", args=[waiting.campaign_id, waiting.pk]),
        reverse("enrollment-take", args=[waiting.campaign_id, waiting.pk]),
    )
    assert take in html(signed_in(world.bob).get(page))
    client = signed_in(world.mara)
    before = said(client.get(page))
    assert "Volume is in conversation with this person" in before and "Take the conversation" in before
    assert "Second goes on with Ada, and Volume waits." in said(client.post(take, follow=True))
    assert "Take the conversation" not in said(client.get(page))
    assert "leads the conversation with Ada already" in said(client.post(take, follow=True))
    first = world.enrollment("Ada", campaign__name="Volume")
    assert "Take the conversation" in said(client.get(reverse("enrollment", args=[first.campaign_id, first.pk])))


def test_a_company_of_which_enough_were_approached_binds_until_its_window_opens(world: World) -> None:
    company = Company.objects.create(workspace=world.workspace, name="Northgate")
    Prospect.objects.filter(pk__in=[world.people[name].pk for name in ("Ada", "Ben")]).update(company=company)
    companies.throttle(1, 7, by=world.mara, now=world.now)
    world.send(rounds=1)
    found = trace(world, "Ben")
    opens = world.touch("Ada", state="sent").gate_at
    assert opens is not None and found.reason.until == opens + timedelta(days=7)
    assert standing(found)[0] == ("binding", Cause.COMPANY_THROTTLE)
    assert found.blockers[0].words == "Enough people of this company are being approached now"
    companies.throttle(None, None, by=world.mara, now=world.now)
    assert standing(trace(world, "Ben"))[0][1] is not Cause.COMPANY_THROTTLE
