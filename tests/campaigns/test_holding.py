"""Holding, resuming and stopping one person, and handing them over to another sender."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django_scopes import scope

from accounts.models import History, Member, Role, Sender
from campaigns.building import campaigns, seats
from campaigns.building.seats import SeatPlan
from campaigns.models import CampaignSender, Enrollment, PersonLock, Touch
from campaigns.running import gate, hand_over, holding, planning, touches, turns
from campaigns.running.planning import KEEP_CONVERSATION
from outreach.engine.kinds import NEVER
from prospects.models import Relationship
from tests.campaigns.running_world import World, seat
from tests.cast import ALWAYS, member, monday

__all__ = ["monday"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(monday: datetime) -> Iterator[World]:
    """Ada and Ben wait for their first invite from Bob."""
    made = seat()
    with scope(workspace=made.workspace):
        made.launch("Volume", "volume", [made.person("Ada"), made.person("Ben")])
        made.look()
        yield made


def states(w: World, name: str) -> tuple[str, list[str]]:
    of = Touch.objects.filter(prospect=w.people[name]).order_by("id")
    return w.enrollment(name).state, list(of.values_list("state", flat=True))


def verbs(w: World, name: str) -> list[str]:
    subject = f"enrollment:{w.enrollment(name).pk}"
    return list(History.objects.filter(subject=subject).order_by("id").values_list("verb", flat=True))


def test_a_hold_takes_back_what_is_planned_and_resuming_plans_it_again(w: World) -> None:
    done = holding.hold(w.enrollment("Ada"), by=w.bob, now=w.now)
    assert (done.changed, done.was, done.cancelled, done.on_the_way) == (True, "active", 1, 0)
    assert states(w, "Ada") == ("held", ["cancelled"])
    assert w.send() == [w.touch("Ben", state="sent").pk]
    assert states(w, "Ada") == ("held", ["cancelled"]), "nobody writes to who is held"
    assert holding.resume(w.enrollment("Ada"), by=w.bob, now=w.now).changed
    assert w.send()
    assert states(w, "Ada")[0] == "active" and states(w, "Ada")[1][:2] == ["cancelled", "sent"]
    assert verbs(w, "Ada") == ["held", "resumed"]


@pytest.mark.parametrize("verb", [holding.hold, holding.stop])
def test_twice_is_once(w: World, verb: type) -> None:
    assert verb(w.enrollment("Ada"), by=w.mara, now=w.now).changed
    again = verb(w.enrollment("Ada"), by=w.mara, now=w.later(minutes=1))
    assert not again.changed and len(verbs(w, "Ada")) == 1
    assert holding.resume(w.enrollment("Ada"), by=w.mara, now=w.now).changed
    assert not holding.resume(w.enrollment("Ada"), by=w.mara, now=w.now).changed
    assert len(verbs(w, "Ada")) == 2


def test_who_is_held_in_a_draft_waits_for_the_launch_again(w: World) -> None:
    draft = campaigns.create("Draft", "volume", by=w.mara, seed=7, now=w.now)
    campaigns.enroll(draft, [w.person("Cleo").pk], [w.sender], by=w.mara, now=w.now)
    holding.hold(w.enrollment("Cleo"), by=w.mara, now=w.now)
    holding.resume(w.enrollment("Cleo"), by=w.mara, now=w.now)
    assert (w.enrollment("Cleo").state, w.enrollment("Cleo").decide_at) == ("waiting", NEVER)


def test_a_stop_ends_the_sequence_and_leaves_the_conversation_to_a_late_answer(w: World) -> None:
    w.send()
    ada = w.enrollment("Ada")
    assert ada.last_touch_at is not None
    holding.stop(ada, by=w.bob, now=w.later(days=1))
    assert (w.enrollment("Ada").state, w.enrollment("Ada").reason) == ("stopped", "by_hand")
    assert PersonLock.objects.get(enrollment=ada).release_at == ada.last_touch_at + KEEP_CONVERSATION
    w.look()
    assert "planned" not in states(w, "Ada")[1]


def test_a_stop_by_hand_can_be_taken_back(w: World) -> None:
    w.send()
    ada = w.enrollment("Ada")
    holding.stop(ada, by=w.bob, now=w.now)
    holding.resume(ada, by=w.bob, now=w.now)
    assert PersonLock.objects.get(enrollment=ada).release_at == NEVER
    assert (w.enrollment("Ada").state, w.enrollment("Ada").reason, w.enrollment("Ada").ended_at) == ("active", "", None)
    holding.stop(ada, by=w.bob, now=w.now)
    assert holding.hold(ada, by=w.bob, now=w.now).was == "stopped"
    assert w.enrollment("Ada").state == "held"


def test_who_answered_is_not_started_again(w: World) -> None:
    w.send()
    w.accepts("Ada")
    w.later(hours=30)
    w.send()
    w.replies("Ada")
    for verb in (holding.hold, holding.resume, holding.stop):
        with pytest.raises(holding.NotHeld, match="over for Ada"):
            verb(w.enrollment("Ada"), by=w.bob, now=w.now)
    assert w.enrollment("Ada").reason == "replied"


def test_what_is_on_its_way_is_said_and_recorded_as_always(w: World) -> None:
    (through, *_) = w.open()
    held = Enrollment.objects.get(pk=through.head.enrollment)
    done = holding.hold(held, by=w.bob, now=w.now)
    assert (done.cancelled, done.on_the_way) == (0, 1)
    w.accept(through)
    assert touches.mark_sent(through.head.touch, touches.Proof(by="answer", invitation="i1"), now=w.now)
    held.refresh_from_db()
    assert held.state == "held" and Touch.objects.get(pk=through.head.touch).state == "sent"
    planning.decide_due(now=w.now)
    assert not Touch.objects.filter(enrollment=held, state="planned").exists()


def test_an_sdr_may_hold_people_of_own_senders_and_own_campaigns_only(w: World) -> None:
    priya = member(w.workspace, "Priya Raman", Role.SDR)
    vera = member(w.workspace, "Vera Novak", Role.VIEWER)
    for by in (priya, vera):
        for verb in (holding.hold, holding.resume, holding.stop):
            with pytest.raises(holding.NotAllowed):
                verb(w.enrollment("Ada"), by=by, now=w.now)
    of_priya = w.enrollment("Ada").campaign
    of_priya.owner = priya
    of_priya.save()
    assert holding.hold(w.enrollment("Ada"), by=priya, now=w.now).changed
    assert verbs(w, "Ada") == ["held"]


# --- hand-over ------------------------------------------------------------------------------------------------------


@pytest.fixture
def priya(w: World) -> Sender:
    """Priya's sender acts for the campaign too."""
    made = seats.set_up(
        SeatPlan("Priya Raman", "sales-navigator-core", "UTC", "seat-priya", "ACoAA-priya", ALWAYS, False),
        owner=member(w.workspace, "Priya Raman", Role.SDR),
        connection=w.connection,
        by=w.alice,
        now=w.now,
    )
    CampaignSender.objects.create(workspace=w.workspace, campaign=w.enrollment("Ada").campaign, sender=made)
    return made


def test_the_other_sender_goes_on(w: World, priya: Sender) -> None:
    assert hand_over.senders(w.enrollment("Ada")) == [priya]
    assert hand_over.hand_over(w.enrollment("Ada"), priya, by=w.mara, now=w.now)
    assert Relationship.objects.filter(prospect=w.people["Ada"], sender=priya).exists()
    w.look()
    planned = w.touch("Ada", state="planned")
    assert (planned.sender, planned.attempt) == (priya, 2)
    assert not hand_over.hand_over(w.enrollment("Ada"), priya, by=w.mara, now=w.now), "twice is once"
    assert verbs(w, "Ada") == ["handed_over"]


def test_who_is_held_stays_held_with_the_new_sender(w: World, priya: Sender) -> None:
    holding.hold(w.enrollment("Ada"), by=w.mara, now=w.now)
    hand_over.hand_over(w.enrollment("Ada"), priya, by=w.mara, now=w.now)
    assert (w.enrollment("Ada").state, w.enrollment("Ada").sender) == ("held", priya)


def test_a_person_in_another_conversation_stays(w: World, priya: Sender) -> None:
    w.send()
    w.launch("Second", "volume", [w.people["Ada"]])
    second = w.enrollment("Ada")
    CampaignSender.objects.create(workspace=w.workspace, campaign=second.campaign, sender=priya)
    with pytest.raises(hand_over.CannotHandOver, match="Volume is in conversation with Ada"):
        hand_over.hand_over(second, priya, by=w.mara, now=w.now)


def test_a_touch_on_its_way_keeps_the_person(w: World, priya: Sender) -> None:
    (through, *_) = w.open()
    with pytest.raises(hand_over.CannotHandOver, match="on its way"):
        hand_over.hand_over(Enrollment.objects.get(pk=through.head.enrollment), priya, by=w.mara, now=w.now)


def test_only_senders_of_the_campaign_take_over_and_only_living_sequences(w: World, priya: Sender) -> None:
    CampaignSender.objects.filter(sender=priya).delete()
    with pytest.raises(hand_over.CannotHandOver, match="does not act for Volume"):
        hand_over.hand_over(w.enrollment("Ada"), priya, by=w.mara, now=w.now)
    holding.stop(w.enrollment("Ada"), by=w.mara, now=w.now)
    with pytest.raises(hand_over.CannotHandOver, match="over for Ada"):
        hand_over.hand_over(w.enrollment("Ada"), priya, by=w.mara, now=w.now)


def test_handing_over_to_somebody_else_takes_a_manager(w: World, priya: Sender) -> None:
    for by in (w.bob, Member.objects.get(pk=priya.owner_id)):
        with pytest.raises(hand_over.NotAllowed):
            hand_over.hand_over(w.enrollment("Ada"), priya, by=by, now=w.now)


def test_a_hold_between_claim_and_gate_is_seen(w: World) -> None:
    (turn,) = turns.claim(now=w.now)
    holding.hold(Enrollment.objects.get(pk=turn.heads[0].enrollment), by=w.bob, now=w.now)
    through = gate.enter(turn.heads[0], turn.token)
    assert isinstance(through, gate.Held) and through.cause == "gone"
