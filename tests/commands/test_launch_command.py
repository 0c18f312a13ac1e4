"""manage launch, pause and resume: what they say, and what they refuse in one sentence."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_scopes import scope

from accounts.models import Connection, Member, Sender
from campaigns.building import campaigns
from campaigns.models import Campaign, Enrollment
from prospects.models import Audience, AudienceMember, Prospect
from tests.cast import MONDAY, Tidewell, connection, prospects

PLAY = "volume"


def say(command: str, *arguments: str, by: str = "bob") -> str:
    out = StringIO()
    call_command(command, "--workspace", "tidewell", "--by", f"{by}@example.com", *arguments, stdout=out)
    return out.getvalue()


def launch(*arguments: str, name: str = "Autumn", play: str = PLAY, by: str = "bob") -> str:
    return say("launch", "--name", name, "--play", play, *arguments, by=by)


@pytest.fixture
def people(tidewell: Tidewell) -> list[Prospect]:
    """Six people: one of tier 3, one suppressed, one who answered before, one without a profile address."""
    made = prospects(tidewell.workspace, 6)
    with scope(workspace=tidewell.workspace):
        for person, changed in zip(
            made[2:],
            ({"tier": 3}, {"suppressed_at": MONDAY}, {"replied_at": MONDAY}, {"slug": "", "email": "a@b.example"}),
            strict=True,
        ):
            Prospect.objects.filter(pk=person.pk).update(**changed)
    return made


def test_it_says_who_acts_for_how_many_and_who_was_left_out(tidewell: Tidewell, people: list[Prospect]) -> None:
    said = launch("--sender", "Bob Moreau", "--sender", "priya raman", "--sender", "BOB MOREAU")
    assert said.splitlines() == [
        "Autumn (Volume) is running with 3 people",
        "       2 by Bob Moreau",
        "       1 by Priya Raman",
        "Left out:",
        "       1 must not be contacted",
        "       1 have answered before",
        "       1 have no LinkedIn profile address",
    ]
    with scope(workspace=tidewell.workspace):
        assert Campaign.objects.get().state == "running"
        assert set(Enrollment.objects.values_list("prospect", "state")) == {(p.pk, "active") for p in people[:3]}


def test_without_a_sender_those_of_the_member_act(tidewell: Tidewell, people: list[Prospect]) -> None:
    assert "3 by Bob Moreau" in launch()
    with pytest.raises(CommandError, match="Somebody New has no sender: say with --sender"):
        tidewell.mara.user.name = "Somebody New"
        tidewell.mara.user.save()
        with scope(workspace=tidewell.workspace):
            Sender.objects.filter(owner=tidewell.mara).update(owner=tidewell.bob)
        launch(name="Winter", by="mara")


def test_an_audience_and_a_tier_narrow_it_down(tidewell: Tidewell, people: list[Prospect]) -> None:
    with scope(workspace=tidewell.workspace):
        saved = Audience.objects.create(workspace=tidewell.workspace, name="Fair", created_at=MONDAY)
        AudienceMember.objects.bulk_create(
            AudienceMember(workspace=tidewell.workspace, audience=saved, prospect=person) for person in people[1:4]
        )
    assert "running with 2 people" in launch("--audience", "fair")
    assert "running with 1 person\n" in launch("--tier", "3", name="Top")
    with pytest.raises(CommandError, match="nobody in the audience Fair and of tier 2 to approach: import prospects"):
        launch("--audience", "Fair", "--tier", "2", name="Middle")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--sender", "Nobody"), "There is no sender 'Nobody' in Tidewell: choose one of Alice Lindqvist, "),
        (("--audience", "Nobody"), "There is no audience 'Nobody': none yet"),
        (("--tier", "2"), "There is nobody of tier 2 to approach: import prospects first"),
    ],
)
def test_what_is_not_there_is_said(tidewell: Tidewell, people: list[Prospect], arguments: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        launch(*arguments)
    with scope(workspace=tidewell.workspace):
        assert not Campaign.objects.exists(), "a refused launch leaves no draft"


def test_without_anybody_it_says_so(tidewell: Tidewell) -> None:
    with pytest.raises(CommandError, match="There is nobody in this workspace to approach: import prospects first"):
        launch()


def test_wrong_names_are_refused_in_a_sentence(tidewell: Tidewell, people: list[Prospect]) -> None:
    launch()
    with pytest.raises(CommandError, match="There is a campaign called 'Autumn' already"):
        launch()
    with pytest.raises(CommandError, match="There is no play 'loud': choose one of rehearsal, senior, ultra, volume"):
        launch(name="Winter", play="loud")
    with pytest.raises(CommandError, match=r"Nobody with the address zoe@example\.com is a member of Tidewell"):
        launch(name="Winter", by="zoe")
    with pytest.raises(CommandError, match="There is no workspace 'elsewhere': choose one of tidewell"):
        call_command("pause", "--workspace", "elsewhere", "--by", "bob@example.com", "--campaign", "Autumn")


def test_a_viewer_may_not_launch(tidewell: Tidewell, people: list[Prospect]) -> None:
    with pytest.raises(CommandError, match="Vera Novak is Viewer here and may not do this"):
        launch("--sender", "Bob Moreau", by="vera")


def test_nobody_of_another_workspace_may_launch(tidewell: Tidewell, charlie: Member, people: list[Prospect]) -> None:
    with pytest.raises(CommandError, match=r"Nobody with the address charlie@example\.com is a member"):
        launch(by="charlie")


def test_a_rehearsal_is_for_practice_seats_only(tidewell: Tidewell, people: list[Prospect]) -> None:
    with pytest.raises(CommandError, match="Rehearsal is for practice senders only and Bob Moreau is a real one"):
        launch(play="rehearsal")
    bob = tidewell.senders["bob"]
    with scope(workspace=tidewell.workspace):
        practice = connection(tidewell.workspace)
        Connection.objects.filter(pk=practice.pk).update(vendor="simulator")
        Sender.objects.filter(pk=bob.pk).update(
            connector="simulator", connection=practice, consent_by=tidewell.alice, consent_at=MONDAY
        )
        bob.refresh_from_db()
        made = campaigns.create("Rehearsal", "rehearsal", by=tidewell.bob, seed=1, now=MONDAY)
        assert campaigns.enroll(made, [people[0].pk], [bob], by=tidewell.bob, now=MONDAY) == 1
        Sender.objects.filter(pk=bob.pk).update(connector="guided")
        with pytest.raises(campaigns.CannotLaunch, match="Bob Moreau is a real one"):
            campaigns.launch(made, by=tidewell.bob, now=MONDAY)
        Sender.objects.filter(pk=bob.pk).update(connector="simulator")
        assert campaigns.launch(made, by=tidewell.bob, now=MONDAY) == 1


def test_pausing_and_resuming_say_what_is_so_now(tidewell: Tidewell, people: list[Prospect]) -> None:
    with pytest.raises(CommandError, match="There is no campaign 'Autumn' in Tidewell: there is none yet"):
        say("pause", "--campaign", "Autumn")
    launch()
    assert say("resume", "--campaign", "autumn") == "Autumn is running already.\n"
    assert say("pause", "--campaign", "autumn") == "Autumn is paused. 0 already handed over, 0 more will go.\n"
    assert say("pause", "--campaign", "autumn", by="mara") == "Autumn is paused already.\n"
    with pytest.raises(CommandError, match="may not do this: ask a manager"):
        say("resume", "--campaign", "Autumn", by="priya")
    assert say("resume", "--campaign", "Autumn", by="alice") == "Autumn is running.\n"
    with scope(workspace=tidewell.workspace):
        Campaign.objects.update(state="archived")
    assert say("pause", "--campaign", "Autumn") == "Autumn is archived, which cannot be paused.\n"
