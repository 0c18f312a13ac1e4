"""The list of campaigns, a new one, and what is done to one as a whole."""

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
from django.test import Client
from django_scopes import scope

from accounts.models import Connection, Member, Sender
from campaigns.building import campaigns, drafts
from campaigns.building.choosing import Chosen
from campaigns.models import Campaign, CampaignSender, Enrollment
from campaigns.models.enrollment import EnrollmentState
from prospects.models import Audience, AudienceMember, Prospect
from tests.cast import MONDAY, Tidewell, campaign, connection, enroll, prospects
from tests.threads import at_once
from tests.web.watching import Watched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7|add:7 }}"""


def words(html: str) -> str:
    """What a person reads of it."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def read(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return words(answer.content.decode())


@pytest.fixture
def at_bobs(tidewell: Tidewell, signed_in: Callable[[Member | None], Client]) -> Client:
    return signed_in(tidewell.bob)


def audience(of: Tidewell, people: int, name: str = "Fair leads", **facts: object) -> Audience:
    with scope(workspace=of.workspace):
        made = Audience.objects.create(workspace=of.workspace, name=name, created_at=MONDAY)
        found = prospects(of.workspace, people)
        Prospect.objects.filter(pk__in=[person.pk for person in found]).update(**facts)
        AudienceMember.objects.bulk_create(
            AudienceMember(workspace=of.workspace, audience=made, prospect=person) for person in found
        )
    return made


def draft(of: Tidewell, people: int = 3, *, play: str = "volume", name: str = "Autumn", by: str = "bob") -> Campaign:
    with scope(workspace=of.workspace):
        chosen = Chosen([person.pk for person in prospects(of.workspace, people)], {})
        return drafts.plan(play, chosen, [of.senders[by]], name=name, audience=None, by=of.bob, seed=7, now=MONDAY)


def test_the_list_counts_people_by_state_and_says_who_acts(tidewell: Tidewell, at_bobs: Client) -> None:
    into = campaign(tidewell.bob)
    people = prospects(tidewell.workspace, 30)
    bob = tidewell.senders["bob"]
    with scope(workspace=tidewell.workspace):
        CampaignSender.objects.create(workspace=tidewell.workspace, campaign=into, sender=bob)
    enroll(into, bob, people[:2], EnrollmentState.WAITING)
    enroll(into, bob, people[2:12])
    enroll(into, bob, people[12:15], EnrollmentState.STOPPED, reason="replied")
    enroll(into, bob, people[15:19], EnrollmentState.STOPPED, reason="declined")
    enroll(into, bob, people[19:24], EnrollmentState.FINISHED)
    shown = read(at_bobs, "/campaigns/")
    assert "Dock delays Q4 Running Volume, Bob Moreau" in shown
    assert re.search(r"2 10 3 4 5 Bob Moreau", shown)
    assert "1 in all, 1 running" in shown


def test_an_empty_list_says_what_a_campaign_is_and_what_comes_first(
    tidewell: Tidewell, at_bobs: Client, signed_in: Callable[[Member | None], Client]
) -> None:
    html = at_bobs.get("/campaigns/").content.decode()
    assert "No campaign yet" in html and "Import prospects first" in html
    assert html.count('data-kind="primary"') == 1
    prospects(tidewell.workspace, 1)
    html = at_bobs.get("/campaigns/").content.decode()
    assert "Import prospects first" not in html and "New campaign" in html
    assert "New campaign" not in read(signed_in(tidewell.vera), "/campaigns/")


def test_the_list_costs_the_same_for_3_and_for_300(
    tidewell: Tidewell, at_bobs: Client, query_count: Callable[[Client, str], int]
) -> None:
    def more(count: int, prefix: str) -> None:
        for n in range(count):
            enroll(campaign(tidewell.bob, f"{prefix} {n}"), tidewell.senders["bob"], prospects(tidewell.workspace, 2))

    more(3, "A")
    at_bobs.get("/campaigns/")
    few = query_count(at_bobs, "/campaigns/")
    more(297, "B")
    assert query_count(at_bobs, "/campaigns/") == few <= 16
    assert "1 to 50 of 300 campaigns" in read(at_bobs, "/campaigns/")
    assert "251 to 300" in read(at_bobs, "/campaigns/?page=99")


def test_a_hostile_name_is_only_a_name(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, name=HOSTILE[:110])
    for address in ("/campaigns/", f"/campaigns/{made.pk}/", f"/campaigns/{made.pk}/settings/"):
        html = at_bobs.get(address).content.decode()
        assert "<script>alert" not in html and "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html


# -- a new one


def test_one_press_makes_the_draft(tidewell: Tidewell, at_bobs: Client) -> None:
    fair = audience(tidewell, 4, tier=3)
    address = f"/campaigns/new/?audience={fair.pk}"
    html = at_bobs.get(address).content.decode()
    assert html.count('data-kind="primary"') == 1
    form = {
        name: value
        for name, value in re.findall(r'<input type="(?:hidden|text)?"? ?name="(\w+)" value="([^"]*)"', html)
        if name != "csrfmiddlewaretoken"
    }
    assert 'value="senior" checked' in html, "tier 3 wants the senior play"
    assert f'value="{tidewell.senders["bob"].pk}" checked' in html, "their own sender acts"
    assert 'value="Senior, Fair leads, Nov 2026"' in html
    sent = {
        **form,
        "play": "senior",
        "audience": fair.pk,
        "senders": tidewell.senders["bob"].pk,
        "name": "Senior, Fair leads, Nov 2026",
        "suggested": "Senior, Fair leads, Nov 2026",
    }
    answer = at_bobs.post("/campaigns/new/", sent)
    with scope(workspace=tidewell.workspace):
        made = Campaign.objects.get()
        assert (made.play, made.state, made.audience, made.owner) == ("senior", "draft", fair, tidewell.bob)
        assert set(Enrollment.objects.values_list("state", "sender")) == {("waiting", tidewell.senders["bob"].pk)}
    assert answer.status_code == 302 and answer["Location"] == f"/campaigns/{made.pk}/"


def test_a_suggested_name_follows_the_play_and_one_of_ones_own_does_not(tidewell: Tidewell, at_bobs: Client) -> None:
    prospects(tidewell.workspace, 1)
    for name in ("Volume, Nov 2026", "Mine"):
        at_bobs.post("/campaigns/new/", {"play": "ultra", "name": name, "suggested": "Volume, Nov 2026"})
    with scope(workspace=tidewell.workspace):
        assert set(Campaign.objects.values_list("name", flat=True)) == {"Ultra-high value, Nov 2026", "Mine"}


def test_the_rehearsal_is_offered_and_explained_only_on_practice_seats(tidewell: Tidewell, at_bobs: Client) -> None:
    assert "Rehearsal" not in read(at_bobs, "/campaigns/new/")
    answer = at_bobs.post("/campaigns/new/", {"play": "rehearsal", "name": "x"})
    assert answer.status_code == 422 and "This play is not open to these senders" in answer.content.decode()
    with scope(workspace=tidewell.workspace):
        practice = connection(tidewell.workspace)
        Connection.objects.update(vendor="simulator")
        Sender.objects.filter(kind="linkedin").update(
            connector="simulator", connection=practice, consent_by=tidewell.alice, consent_at=MONDAY
        )
    shown = read(at_bobs, "/campaigns/new/")
    assert "Rehearsal" in shown and "All your senders are practice senders" in shown


def test_a_name_that_is_taken_keeps_what_was_chosen(tidewell: Tidewell, at_bobs: Client) -> None:
    draft(tidewell, name="Autumn")
    answer = at_bobs.post(
        "/campaigns/new/", {"play": "ultra", "name": "Autumn", "tier": "2", "senders": tidewell.senders["priya"].pk}
    )
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "There is a campaign called &#x27;Autumn&#x27; already: choose another name." in html
    assert 'value="ultra" checked' in html and 'value="Autumn"' in html and '<option value="2" selected>' in html
    assert f'value="{tidewell.senders["priya"].pk}" checked' in html
    with scope(workspace=tidewell.workspace):
        assert Campaign.objects.count() == 1


def test_who_is_left_out_is_said_before_the_draft_is_made(tidewell: Tidewell, at_bobs: Client) -> None:
    fair = audience(tidewell, 2, suppressed_at=MONDAY)
    prospects(tidewell.workspace, 3)
    assert "0 people can be approached, 2 must not be contacted." in read(
        at_bobs, f"/campaigns/new/?audience={fair.pk}"
    )
    assert "3 people can be approached, 2 must not be contacted." in read(at_bobs, "/campaigns/new/")


def test_a_stranger_s_audience_is_nobody_s(tidewell: Tidewell, charlie: Member, at_bobs: Client) -> None:
    with scope(workspace=charlie.workspace):
        theirs = Audience.objects.create(workspace=charlie.workspace, name="Secret list", created_at=MONDAY)
    assert "Secret list" not in read(at_bobs, f"/campaigns/new/?audience={theirs.pk}")


# -- pause, resume, put away


def test_a_pause_says_what_is_handed_over_and_is_undone(tidewell: Tidewell, at_bobs: Client, monday: datetime) -> None:
    made = draft(tidewell)
    with scope(workspace=tidewell.workspace):
        campaigns.launch(made, by=tidewell.bob, now=monday)
    answer = at_bobs.post(f"/campaigns/{made.pk}/pause/", follow=True).content.decode()
    assert "Paused. 0 touches were already handed over, 0 more will go." in answer
    assert f'action="/campaigns/{made.pk}/resume/"' in answer
    assert "and cannot be paused" in at_bobs.post(f"/campaigns/{made.pk}/pause/", follow=True).content.decode()
    again = at_bobs.post(f"/campaigns/{made.pk}/resume/", follow=True).content.decode()
    assert "Running again: 3 people go on from here." in again


def test_an_sdr_pauses_their_own_campaign_only(
    tidewell: Tidewell, signed_in: Callable[[Member | None], Client], monday: datetime
) -> None:
    made = draft(tidewell)
    with scope(workspace=tidewell.workspace):
        campaigns.launch(made, by=tidewell.bob, now=monday)
    assert signed_in(tidewell.priya).post(f"/campaigns/{made.pk}/pause/").status_code == 403
    assert signed_in(tidewell.mara).post(f"/campaigns/{made.pk}/pause/").status_code == 302
    made.refresh_from_db()
    assert made.state == "paused"


def test_a_draft_is_put_away_and_brought_back(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    answer = at_bobs.post(f"/campaigns/{made.pk}/archive/", follow=True).content.decode()
    assert "Autumn is put away." in answer and f'action="/campaigns/{made.pk}/restore/"' in answer
    assert "1 put away" in words(answer)
    assert "Autumn" in read(at_bobs, "/campaigns/?state=archived")
    assert "Bring back" in read(at_bobs, f"/campaigns/{made.pk}/")
    assert "Autumn is a draft again." in at_bobs.post(f"/campaigns/{made.pk}/restore/", follow=True).content.decode()


# -- twice, and at once


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_clicks_make_one_draft(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    prospects(tidewell.workspace, 2)
    page = watch(tidewell.bob).open("/campaigns/new/")
    page.evaluate(
        "(() => { const button = document.querySelector('main button[type=submit][data-kind=primary]');"
        "button.click(); button.click(); })()"
    )
    page.get_by_role("link", name="Review launch").wait_for()
    with scope(workspace=tidewell.workspace):
        assert Campaign.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_name_at_once_one_is_told(tidewell: Tidewell) -> None:
    def name_it(number: int) -> str:
        with scope(workspace=tidewell.workspace):
            try:
                return campaigns.create("Dock delays", "volume", by=tidewell.bob, seed=number, now=MONDAY).name
            except campaigns.CannotLaunch as refusal:
                return str(refusal)

    answers = sorted(at_once(4, name_it))
    assert answers == ["Dock delays"] + 3 * ["There is a campaign called 'Dock delays' already: choose another name."]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_rename_at_once_one_is_told(tidewell: Tidewell) -> None:
    drafts_ = [draft(tidewell, 1, name=name) for name in ("One", "Two", "Three")]

    def name_it(number: int) -> str:
        with scope(workspace=tidewell.workspace):
            try:
                return drafts.rename(drafts_[number], "Dock delays", by=tidewell.bob, now=MONDAY).name
            except drafts.CannotChange as refusal:
                return str(refusal)

    answers = sorted(at_once(3, name_it))
    assert answers == ["Dock delays"] + 2 * ["There is a campaign called 'Dock delays' already: choose another name."]
