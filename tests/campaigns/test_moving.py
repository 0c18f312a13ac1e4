"""Everybody of a sender in a campaign goes over to another one, but for those to whom something is on its way."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import History
from campaigns.building import campaigns
from campaigns.models import Campaign, CampaignSender
from campaigns.running import hand_over, moving, turns
from campaigns.running.database import rows
from tests.stage import Stage


def shared(stage: Stage, people: list[int]) -> Campaign:
    """Bob's people, in a campaign for which Priya may act as well."""
    campaign = stage.launch("volume", people)
    CampaignSender.objects.create(workspace=stage.workspace, campaign=campaign, sender=stage.senders["priya"])
    stage.decide()
    return campaign


def move(stage: Stage, campaign: Campaign, by: str = "mara") -> moving.Moved:
    bob, priya = stage.senders["bob"], stage.senders["priya"]
    return moving.move(campaign, bob, priya, by=stage.members[by], now=stage.now)


def test_everybody_goes_over_and_is_written_to_once_by_the_new_sender(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "LISTED", 2)
    monkeypatch.setattr(moving, "AT_ONCE", 1)
    people = stage.people(3)
    campaign = shared(stage, people)
    assert move(stage, campaign) == moving.Moved(people=3, stayed=0)
    assert {stage.enrollment(person)["sender_id"] for person in people} == {stage.senders["priya"].pk}
    for person in people:
        stage.reach(person)
        assert stage.accepted(person) == ["invite_note"]
        assert [touch["sender_id"] for touch in stage.sent_to(person)] == [stage.senders["priya"].pk]
    told = History.objects.filter(verb="handed_over")
    assert told.count() == 3 and {note.data["to"] for note in told} == {stage.senders["priya"].pk}
    assert move(stage, campaign) == moving.Moved(people=0, stayed=0)


def test_whoever_is_being_written_to_stays(stage: Stage) -> None:
    first, second = stage.people(2)
    campaign = shared(stage, [first, second])
    [turn] = turns.claim(now=stage.now)
    rows(
        "UPDATE campaigns_touch SET state = 'dispatching', gate_at = %s WHERE id = %s", (stage.now, turn.heads[0].touch)
    )
    assert move(stage, campaign) == moving.Moved(people=1, stayed=1)
    assert stage.enrollment(turn.heads[0].prospect)["sender_id"] == stage.senders["bob"].pk
    stage.proved = False  # a touch on its way that nobody counted


def test_somebody_who_talks_with_another_campaign_stays(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person], "priya")
    stage.reach(person)
    campaign = shared(stage, [person])
    assert move(stage, campaign) == moving.Moved(people=0, stayed=1)


def test_a_sender_that_does_not_act_for_the_campaign_gets_nobody(stage: Stage) -> None:
    campaign = stage.launch("volume", [stage.person()])
    with pytest.raises(hand_over.CannotHandOver, match="choose one of the campaign's senders"):
        move(stage, campaign)
    with pytest.raises(hand_over.NotAllowed):
        move(stage, campaign, by="vera")


def test_the_command_says_who_went_and_who_stayed(stage: Stage) -> None:
    campaign = shared(stage, stage.people(2))
    said = StringIO()
    words = ["--workspace", stage.workspace.slug, "--campaign", campaign.name, "--from", "Bob Moreau"]
    mara = ["--by", stage.members["mara"].user.email]
    call_command("hand_over", *words, "--to", "Priya Raman", *mara, stdout=said)
    assert said.getvalue() == "2 people go on with Priya Raman.\n"
    with pytest.raises(CommandError, match="There is no sender 'Nobody'"):
        call_command("hand_over", *words, "--to", "Nobody", *mara)


def test_going_on_wakes_everybody_some_at_a_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "WOKEN_AT_ONCE", 2)
    people = stage.people(5)
    campaign = shared(stage, people)
    mara = stage.members["mara"]
    assert campaigns.pause(campaign, by=mara, now=stage.now)
    rows("UPDATE campaigns_enrollment SET cause = 'paused_campaign', decide_at = 'infinity'")
    assert campaigns.resume(campaign, by=mara, now=stage.now) == campaigns.Resumed(True, 5)
    assert [stage.enrollment(person)["decide_at"] for person in people] == [stage.now] * 5
