"""The first five steps, and the sample people that come and go."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts.models import Member, Sender, User, Workspace
from accounts.workspaces import found
from campaigns.building import campaigns, first_steps, sample_people
from campaigns.models import Enrollment, Touch
from campaigns.running import planning
from prospects.models import Audience, Prospect
from tests.cast import MONDAY, Tidewell, connection, prospects

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(monday: datetime) -> Member:
    """Nora, who has just signed up: an empty workspace, an address that is not confirmed."""
    user = User.objects.create_user("nora@harbour.example", "tall ships and tides", verified=False, name="Nora Quist")
    workspace = found("Harbour", user, now=monday)
    with scope(workspace=workspace):
        return Member.objects.select_related("workspace", "user").get(user=user)


def practising(cast: Tidewell) -> Sender:
    """Priya's sender as a seat of the simulator."""
    seat = cast.senders["priya"]
    way = connection(cast.workspace)
    with scope(workspace=cast.workspace):
        Sender.objects.filter(pk=seat.pk).update(
            connector="simulator", connection=way, consent_by=cast.alice, consent_at=MONDAY
        )
        seat.refresh_from_db()
    return seat


def shown(member: Member) -> first_steps.FirstSteps | None:
    with scope(workspace=member.workspace):
        return first_steps.of(member)


def test_somebody_new_is_shown_five_steps_and_the_first_act(
    newcomer: Member, signed_in: Callable[[Member | None], Client]
) -> None:
    steps = shown(newcomer)
    assert steps and steps.done == 0 and len(steps.steps) == 5
    assert [step.label for step in steps.steps if step.next] == ["Add a sender"]
    page = signed_in(newcomer).get(reverse("home")).content.decode()
    assert "From here to your first campaign" in page and "0 of 5 done" in page
    assert page.count('data-kind="primary"') == 1


def test_the_next_step_is_the_first_one_that_is_open(tidewell: Tidewell) -> None:
    steps = shown(tidewell.bob)
    assert steps and [step.label for step in steps.steps if step.done] == [
        "Confirm your e-mail address",
        "Add a sender",
    ]
    prospects(tidewell.workspace, 1)
    steps = shown(tidewell.bob)
    assert steps and [step.label for step in steps.steps if step.next] == ["Plan a campaign"]


def test_a_viewer_is_shown_none(tidewell: Tidewell) -> None:
    assert shown(tidewell.vera) is None


def test_put_away_is_put_away_for_this_person_until_undone(
    tidewell: Tidewell, monday: datetime, signed_in: Callable[[Member | None], Client]
) -> None:
    client = signed_in(tidewell.bob)
    page = client.post(reverse("steps-away"), follow=True).content.decode()
    assert "From here to your first campaign" not in page and "The first steps are put away." in page
    assert "From here to your first campaign" in signed_in(tidewell.alice).get(reverse("home")).content.decode()
    page = client.post(reverse("steps-back"), follow=True).content.decode()
    assert "From here to your first campaign" in page


def test_sample_people_come_once_and_go_without_a_trace(
    newcomer: Member, signed_in: Callable[[Member | None], Client]
) -> None:
    client = signed_in(newcomer)
    first = client.post(reverse("samples-load"), follow=True).content.decode()
    with scope(workspace=newcomer.workspace):
        loaded = Prospect.objects.filter(sample=True).count()
        assert loaded >= 20 and Prospect.objects.count() == loaded
        assert Audience.objects.get().name == "Sample people"
    assert f"{loaded} sample people are here" in first and "Remove the sample people" in first
    assert "were here already" in client.post(reverse("samples-load"), follow=True).content.decode()
    assert f"{loaded} sample people are gone." in client.post(reverse("samples-remove"), follow=True).content.decode()
    with scope(workspace=newcomer.workspace):
        assert not Prospect.objects.exists()
    assert "sample people are here" in client.post(reverse("samples-load"), follow=True).content.decode()


def test_a_real_sender_never_gets_a_sample_person(tidewell: Tidewell, monday: datetime) -> None:
    real, practice = tidewell.senders["bob"], practising(tidewell)
    with scope(workspace=tidewell.workspace):
        sample_people.load(by=tidewell.bob, now=monday)
        everybody = list(Prospect.objects.values_list("pk", flat=True))
        draft = campaigns.create("Tries", "volume", by=tidewell.bob, seed=1, now=monday)
        assert campaigns.enroll(draft, everybody, [real], by=tidewell.bob, now=monday) == 0
        campaigns.enroll(draft, everybody, [real, practice], by=tidewell.bob, now=monday)
        assert set(Enrollment.objects.values_list("sender", flat=True)) == {practice.pk}


def test_whom_a_practice_sender_approached_stays_and_hears_no_more(tidewell: Tidewell, monday: datetime) -> None:
    practice = practising(tidewell)
    with scope(workspace=tidewell.workspace):
        sample_people.load(by=tidewell.bob, now=monday)
        some = list(Prospect.objects.order_by("pk").values_list("pk", flat=True)[:3])
        draft = campaigns.create("Tries", "volume", by=tidewell.bob, seed=1, now=monday)
        campaigns.enroll(draft, some, [practice], by=tidewell.bob, now=monday)
        campaigns.launch(draft, by=tidewell.bob, now=monday)
        planning.decide_due(now=monday)
        assert Touch.objects.filter(state="planned").count() == 3
        removed = sample_people.remove(by=tidewell.alice, now=monday)
        assert removed.stay == 3 and set(Prospect.objects.values_list("pk", flat=True)) == set(some)
        assert set(Enrollment.objects.values_list("state", flat=True)) == {"stopped"}
        assert not Touch.objects.filter(state="planned").exists()


def test_samples_are_of_one_workspace(tidewell: Tidewell, charlie: Member, monday: datetime) -> None:
    other: Workspace = charlie.workspace
    with scope(workspace=tidewell.workspace):
        sample_people.load(by=tidewell.bob, now=monday)
    with scope(workspace=other):
        assert sample_people.remove(by=charlie, now=monday) == sample_people.Removed(0, 0)
        assert not Prospect.objects.exists()
    with scope(workspace=tidewell.workspace):
        assert Prospect.objects.filter(sample=True).exists()
