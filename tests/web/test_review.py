"""The page before a launch, and the launch."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django_scopes import scope

from accounts.models import Member, Sender
from campaigns.building import campaigns, drafts, review
from campaigns.building.campaigns import CannotLaunch
from campaigns.models import Campaign, CampaignSender, Enrollment
from outreach.engine.kinds import Budget, Kind
from prospects.models import Prospect, Relationship
from tests.cast import MONDAY, Tidewell, campaign, credits, enroll, prospects, use
from tests.web.test_campaigns import draft, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def at_bobs(tidewell: Tidewell, signed_in: Callable[[Member | None], Client]) -> Client:
    return signed_in(tidewell.bob)


def look(of: Tidewell, made: Campaign) -> review.Review:
    with scope(workspace=of.workspace):
        return review.look(made, by=of.bob, now=MONDAY)


def seniors(of: Tidewell, made: Campaign, tier: int = 3) -> None:
    with scope(workspace=of.workspace):
        Prospect.objects.filter(enrollments__campaign=made).update(tier=tier, checked_at=MONDAY, open_profile=False)


# -- what it says


def test_first_channels_are_what_the_planner_decides_after_the_launch(tidewell: Tidewell, at_bobs: Client) -> None:
    """Of six: one connection, one Open Profile, one worth a credit, three invites."""
    credits(tidewell.senders["bob"], 10)
    made = draft(tidewell, 6)
    with scope(workspace=tidewell.workspace):
        people = list(Prospect.objects.order_by("pk"))
        Relationship.objects.filter(prospect=people[0]).update(degree="1", connected_at=MONDAY - timedelta(days=90))
        Prospect.objects.filter(pk=people[1].pk).update(open_profile=True, checked_at=MONDAY)
        Prospect.objects.filter(pk=people[2].pk).update(tier=3, open_profile=False, checked_at=MONDAY)
    found = look(tidewell, made)
    assert dict(found.channels) == {Kind.DM: 1, Kind.OPEN_INMAIL: 1, Kind.INMAIL: 1, Kind.INVITE_NOTE: 3}
    assert (found.people, found.needed, found.short) == (6, 1, 0)
    shown = read(at_bobs, f"/campaigns/{made.pk}/review/")
    assert "Invite with note 3" in shown and "Free InMail 1" in shown
    assert "InMail credits 1 needed, 10 available" in shown


def test_credits_needed_are_set_against_what_is_there_and_held(tidewell: Tidewell, at_bobs: Client) -> None:
    credits(tidewell.senders["bob"], 5, held=3, reserved=1)
    made = draft(tidewell, 4, play="senior")
    seniors(tidewell, made, tier=2)
    (share,) = look(tidewell, made).shares
    assert (share.credits.needed, share.credits.available, share.credits.held) == (4, 4, 3)
    assert (share.credits.covered, share.credits.short) == (1, 3)
    shown = read(at_bobs, f"/campaigns/{made.pk}/review/")
    assert "Bob Moreau : 3 of 4 wait for a credit; the 3 held for tier 3 stay held." in shown


def test_invites_beyond_a_free_plan_s_notes_go_without_one(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 8, by="mara")
    use(tidewell.senders["mara"], Budget.NOTES_MONTH, 2)
    shown = read(at_bobs, f"/campaigns/{made.pk}/review/")
    assert "Mara Okonkwo : the plan leaves 3 notes this month, so 5 of 8 invites go without one." in shown


def test_who_is_left_out_and_why(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 5)
    with scope(workspace=tidewell.workspace):
        made.left_out = {"have answered before": 9}
        made.save()
        gone = Prospect.objects.order_by("pk").first()
        assert gone is not None
        Prospect.objects.filter(pk=gone.pk).update(suppressed_at=MONDAY)
    shown = read(at_bobs, f"/campaigns/{made.pk}/review/")
    assert "People 4 10 left out" in shown
    assert "Have answered before 9 Were in the draft and cannot be contacted any more 1" in shown


def test_people_of_another_campaign_are_named(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 3)
    with scope(workspace=tidewell.workspace):
        two = list(Prospect.objects.order_by("pk")[:2])
    enroll(campaign(tidewell.bob), tidewell.senders["bob"], two)
    assert "2 are in another campaign too" in read(at_bobs, f"/campaigns/{made.pk}/review/")


def test_the_first_touch_is_said_in_the_sender_s_place(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 2)
    with scope(workspace=tidewell.workspace):
        Sender.objects.filter(pk=tidewell.senders["bob"].pk).update(zone="America/New_York")
    assert "First touch 09:00 New York" in read(at_bobs, f"/campaigns/{made.pk}/review/")


def test_the_dates_come_from_the_caps_and_what_is_planned_already(tidewell: Tidewell) -> None:
    """20 invites a day: 50 take three working days; the week's 100 bind later."""
    made = draft(tidewell, 50)
    found = look(tidewell, made)
    assert found.done == (date(2026, 11, 4), date(2026, 11, 4))
    use(tidewell.senders["bob"], Budget.INVITES, 20, every=timedelta(minutes=1))
    assert look(tidewell, made).done == (date(2026, 11, 5), date(2026, 11, 5))


# -- what is in the way, one sentence each


def refusal(of: Tidewell, made: Campaign) -> str:
    with scope(workspace=of.workspace):
        with pytest.raises(CannotLaunch) as refused:
            review.launch(made, by=of.bob, now=MONDAY, word=review.WORD)
        made.refresh_from_db()
        assert made.state == "draft", "nothing is half launched"
    return str(refused.value)


def test_no_sender(tidewell: Tidewell) -> None:
    with scope(workspace=tidewell.workspace):
        made = campaigns.create("Autumn", "volume", by=tidewell.bob, seed=1, now=MONDAY)
    assert refusal(tidewell, made) == "No sender acts for this campaign: choose at least one."


def test_no_people(tidewell: Tidewell) -> None:
    made = draft(tidewell, 0)
    assert refusal(tidewell, made) == "Nobody is enrolled: import prospects and enroll them first."


def test_a_sender_on_the_wrong_plan(tidewell: Tidewell) -> None:
    made = draft(tidewell, 2, play="senior", by="mara")
    assert refusal(tidewell, made) == (
        "Mara Okonkwo is on the plan Free, which has no InMail, and Senior needs it: choose another sender or play."
    )


def test_no_credit_where_every_first_step_needs_one(tidewell: Tidewell) -> None:
    made = draft(tidewell, 3, play="senior")
    seniors(tidewell, made)
    assert refusal(tidewell, made) == (
        "Every first touch needs an InMail credit, and none is left to spend: wait for the next grant, or choose "
        "another sender or play."
    )
    credits(tidewell.senders["bob"], 2, held=2)
    seniors(tidewell, made, tier=2)
    assert "every credit left is held for tier 3" in refusal(tidewell, made)


@pytest.mark.parametrize(
    ("note", "says"),
    [
        ("Hi {{ frist_name }}", "Step 1, note: The variable frist_name is not known. Did you mean first_name?"),
        ("x" * 301, "Step 1, note: Too long for 3 of 3 people once names are filled in"),
        ("Hi {{ first_name", "Step 1, note: {{ is never closed: add }}."),
    ],
)
def test_texts_that_do_not_fit(note: str, says: str, tidewell: Tidewell) -> None:
    made = draft(tidewell, 3)
    with scope(workspace=tidewell.workspace):
        drafts.write(made, 1, {"note": note}, by=tidewell.bob, now=MONDAY)
    assert refusal(tidewell, made).startswith(says)


def test_an_address_that_is_not_confirmed(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 3)
    EmailAddress.objects.filter(user=tidewell.bob.user).delete()
    assert refusal(tidewell, made).startswith("Confirm your address bob@example.com first")
    html = at_bobs.get(f"/campaigns/{made.pk}/review/").content.decode()
    assert "Confirm your address bob@example.com first" in html and f"/campaigns/{made.pk}/launch/" not in html


def test_what_is_in_the_way_stands_on_the_page_with_where_to_mend_it(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 2, play="senior", by="mara")
    html = at_bobs.get(f"/campaigns/{made.pk}/review/").content.decode()
    assert "Mara Okonkwo is on the plan Free" in html and f'href="/campaigns/{made.pk}/senders/"' in html
    assert html.count('data-kind="primary"') == 1, "the next act is to mend it"
    answer = at_bobs.post(f"/campaigns/{made.pk}/launch/", {"people": "2"})
    assert answer.status_code == 422 and "Mara Okonkwo is on the plan Free" in answer.content.decode()


# -- the launch


def test_the_primary_button_launches_and_a_second_click_launches_nothing(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 3)
    html = at_bobs.get(f"/campaigns/{made.pk}/review/").content.decode()
    assert html.count('data-kind="primary"') == 1 and "<dialog" not in html
    first = at_bobs.post(f"/campaigns/{made.pk}/launch/", {"people": "3"})
    assert first["Location"] == f"/campaigns/{made.pk}/people/"
    assert "Autumn is running with 3 people." in at_bobs.get(f"/campaigns/{made.pk}/").content.decode()
    with scope(workspace=tidewell.workspace):
        before = list(Enrollment.objects.order_by("pk").values())
    second = at_bobs.post(f"/campaigns/{made.pk}/launch/", {"people": "3"})
    assert second.status_code == 302
    assert "Autumn was launched already: nothing is done twice." in at_bobs.get("/campaigns/").content.decode()
    with scope(workspace=tidewell.workspace):
        assert list(Enrollment.objects.order_by("pk").values()) == before
        assert {row["state"] for row in before} == {"active"}


def test_a_large_launch_asks_for_a_word(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 101)
    address = f"/campaigns/{made.pk}/launch/"
    html = at_bobs.get(f"/campaigns/{made.pk}/review/").content.decode()
    assert '<dialog class="dialog" id="launch"' in html and "Launch for 101 people?" in html
    for word in ("", "lunch"):
        answer = at_bobs.post(address, {"people": "101", "word": word})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "This launch is for 101 people: type launch to confirm it." in html
        assert 'name="word" value="' in html, "without a script there is a field for it"
    assert at_bobs.post(address, {"people": "101", "word": " Launch "}).status_code == 302
    made.refresh_from_db()
    assert made.state == "running"


def test_a_launch_that_spends_many_credits_asks_for_a_word(tidewell: Tidewell) -> None:
    credits(tidewell.senders["bob"], 40)
    made = draft(tidewell, review.CREDITS_ASKED + 1, play="senior")
    seniors(tidewell, made)
    assert look(tidewell, made).needs_word


def test_a_launch_for_more_people_than_were_seen_is_refused(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 3)
    answer = at_bobs.post(f"/campaigns/{made.pk}/launch/", {"people": "1"})
    assert answer.status_code == 422
    assert "2 more people are in the draft than you saw: look again, then launch." in answer.content.decode()


def test_who_may_not_be_contacted_any_more_is_not_launched_with_the_others(tidewell: Tidewell) -> None:
    made = draft(tidewell, 4)
    with scope(workspace=tidewell.workspace):
        gone = Prospect.objects.order_by("pk").last()
        assert gone is not None
        Prospect.objects.filter(pk=gone.pk).update(suppressed_at=MONDAY)
        assert review.launch(made, by=tidewell.bob, now=MONDAY).people == 3
        assert not Enrollment.objects.filter(prospect=gone).exists()


def test_an_sdr_launches_their_own_draft_only(tidewell: Tidewell, signed_in: Callable[[Member | None], Client]) -> None:
    made = draft(tidewell, 2)
    priya = signed_in(tidewell.priya)
    assert "Only its owner, a manager or an admin can launch it." in read(priya, f"/campaigns/{made.pk}/review/")
    assert priya.post(f"/campaigns/{made.pk}/launch/").status_code == 403
    assert signed_in(tidewell.mara).post(f"/campaigns/{made.pk}/launch/").status_code == 302


def test_what_runs_has_no_review_any_more(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 2)
    with scope(workspace=tidewell.workspace):
        campaigns.launch(made, by=tidewell.bob, now=MONDAY)
    assert at_bobs.get(f"/campaigns/{made.pk}/review/")["Location"] == f"/campaigns/{made.pk}/"


def test_the_builder_gets_the_short_form(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 2)
    html = at_bobs.get(f"/campaigns/{made.pk}/review/", headers={"HX-Request": "true"}).content.decode()
    assert html.strip().startswith('<div class="stack forecast"') and "First touch" in words(html)


def test_a_sender_that_is_chosen_but_has_nobody_stands_there_too(tidewell: Tidewell) -> None:
    made = draft(tidewell, 0)
    with scope(workspace=tidewell.workspace):
        assert CampaignSender.objects.filter(campaign=made).count() == 1
    (share,) = look(tidewell, made).shares
    assert (share.sender.name, share.people) == ("Bob Moreau", 0)
    assert not re.search(r"None", share.plan)


def test_the_review_is_of_what_the_member_may_see(
    tidewell: Tidewell, charlie: Member, signed_in: Callable[[Member | None], Client]
) -> None:
    made = draft(tidewell, 2)
    prospects(charlie.workspace, 2)
    assert signed_in(charlie).get(f"/campaigns/{made.pk}/review/").status_code == 404
