"""Guided touches: what a person opens is reserved, what they copy may have been sent, and they say what came of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django_scopes import scope

from accounts.models import History
from campaigns.building import campaigns, seats
from campaigns.building.seats import SeatPlan
from campaigns.models import Enrollment, Touch
from campaigns.proof import verify
from campaigns.running import do_not_contact, guided, heard, holding, reconcile, unsent, why
from campaigns.running.database import rows
from campaigns.running.opened import at_hand, waiting
from campaigns.running.refused_by_hand import CannotOpen, CannotSay, NotAllowed, NotGuided
from outreach.engine.causes import Cause
from outreach.engine.kinds import Kind
from prospects.models import Prospect
from tests.cast import ALWAYS
from tests.stage import Stage
from tests.threads import at_once


@pytest.fixture
def nils(stage: Stage) -> Stage:
    """The stage with a guided sender of Bob's: nobody but him acts as Nils Berg."""
    seat = SeatPlan("Nils Berg", "sales-navigator-core", "UTC", hours=ALWAYS, spread=False)
    bob, alice = stage.members["bob"], stage.members["alice"]
    stage.senders["nils"] = seats.set_up(seat, owner=bob, connection=None, by=alice, now=stage.now)
    return stage


def friends(stage: Stage, count: int) -> list[int]:
    """So many people who are connected to the guided sender, as an import of his connections says."""
    people = stage.people(count)
    for person in people:
        rows(
            "INSERT INTO prospects_relationship (workspace_id, prospect_id, sender_id, provider_id, degree, "
            "connected_at, invitation, invitation_id, chat_id, post_id) VALUES (%s, %s, %s, '', '1', %s, '', '', "
            "'', '')",
            (stage.workspace.pk, person, stage.senders["nils"].pk, stage.now - timedelta(days=90)),
        )
    return people


def due(stage: Stage, play: str, person: int) -> Touch:
    """This person's touch, planned for the guided sender."""
    stage.launch(play, [person], "nils")
    return planned(stage, person)


def planned(stage: Stage, person: int) -> Touch:
    stage.decide()
    touch: Touch = Touch.objects.get(pk=stage.touch(person)["id"])
    assert (touch.state, touch.guided) == ("planned", True)
    return touch


def bob(stage: Stage) -> dict[str, Any]:
    return {"by": stage.members["bob"], "now": stage.now}


def mara(stage: Stage) -> dict[str, Any]:
    return {"by": stage.members["mara"], "now": stage.now}


def ring(stage: Stage, budget: str) -> int:
    """How many acts of the guided sender this allowance counts."""
    return len(stage.allowance(budget, "nils")["ring"])


def sound(stage: Stage) -> None:
    """Every promise holds at this moment."""
    assert verify(record=stage.outside.accepted(), now=stage.now).sentences() == []


def holders() -> list[int]:
    return [
        lock["prospect_id"] for lock in rows("SELECT prospect_id FROM campaigns_personlock WHERE released_at IS NULL")
    ]


# -- opening


def test_opening_reserves_slot_and_conversation_and_gives_the_text_and_the_address(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    touch = due(nils, "volume", person)
    opened = guided.open(touch, **bob(nils))
    row = nils.touch(person)
    assert (row["state"], row["gate_at"]) == ("reserved", nils.now)
    assert row["due_by"] == row["reap_at"] == opened.until == nils.now + timedelta(minutes=15)
    assert opened.address == f"https://www.linkedin.com/in/{nils.slugs[person]}/"
    assert opened.text == row["text"] != "" and not opened.copied and opened.check == ()
    assert ring(nils, "messages") == 1 and holders() == [person]
    assert at_hand(nils.senders["nils"].pk) == opened
    sound(nils)


def test_an_inmail_reserves_its_credit_and_asks_to_look_whether_it_is_free(nils: Stage) -> None:
    person = nils.person(tier=3)
    opened = guided.open(due(nils, "senior", person), **bob(nils))
    assert opened.kind == "inmail" and opened.subject
    assert opened.check == ("Look first whether the message is free of charge: then it needs no credit.",)
    assert nils.moved(person) == ["available to reserved"]
    sound(nils)


def test_an_invite_takes_its_unit_of_the_pending_ceiling(nils: Stage) -> None:
    person = nils.person()
    opened = guided.open(due(nils, "volume", person), **bob(nils))
    assert opened.kind == "invite_note"
    assert nils.allowance("pending", "nils")["outstanding"] == 1 and ring(nils, "invites") == 1
    sound(nils)


def test_a_double_click_opens_once(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    first = guided.open(touch, **bob(nils))
    assert guided.open(touch, **bob(nils)) == first
    assert nils.moved(person) == ["available to reserved"] and ring(nils, "inmail") == 1
    assert History.objects.filter(verb="opened_by_hand").count() == 1


def test_what_somebody_else_has_open_says_who(nils: Stage) -> None:
    touch = due(nils, "volume", friends(nils, 1)[0])
    guided.open(touch, **bob(nils))
    with pytest.raises(CannotOpen, match=r"^Bob has this one open: take it up with them, or wait until it lapses.$"):
        guided.open(touch, **mara(nils))
    with pytest.raises(CannotSay, match=r"^Somebody else has this one open"):
        guided.copy(touch, **mara(nils))


@pytest.mark.django_db(transaction=True)
def test_two_people_who_open_the_same_at_once_do_not_both_get_it(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)

    def opens(number: int) -> str:
        with scope(workspace=nils.workspace):
            try:
                guided.open(touch, by=nils.members[("bob", "mara")[number]], now=nils.now)
            except CannotOpen as refusal:
                return str(refusal).split(":")[0]
            return "opened"

    answers = sorted(at_once(2, opens))
    assert answers in (["Bob has this one open", "opened"], ["Mara has this one open", "opened"])
    assert nils.moved(person) == ["available to reserved"] and ring(nils, "inmail") == 1


def test_one_is_open_at_a_time(nils: Stage) -> None:
    first, second = friends(nils, 2)
    nils.launch("volume", [first, second], "nils")
    touches = [planned(nils, first), planned(nils, second)]
    guided.open(touches[0], **bob(nils))
    with pytest.raises(CannotOpen, match=r"^Say first what became of the touch to "):
        guided.open(touches[1], **bob(nils))
    guided.copy(touches[0], **bob(nils))
    with pytest.raises(CannotOpen, match=r"one is open at a time"):
        guided.open(touches[1], **bob(nils))
    guided.done(touches[0], **bob(nils))
    nils.later(hours=1)
    assert guided.open(touches[1], **bob(nils)).touch == touches[1].pk


def test_the_gap_holds_here_too_and_the_refusal_says_until_when(nils: Stage) -> None:
    first, second = friends(nils, 2)
    nils.launch("volume", [first, second], "nils")
    touches = [planned(nils, first), planned(nils, second)]
    guided.open(touches[0], **bob(nils))
    guided.done(touches[0], **bob(nils))
    with pytest.raises(CannotOpen, match=r"^The least time between two touches has not passed yet: open it from Mon"):
        guided.open(touches[1], **bob(nils))
    assert nils.touch(second)["state"] == "planned"
    sound(nils)


def test_the_queue_is_in_the_order_of_due_times_and_leaves_out_what_is_open(nils: Stage) -> None:
    people = friends(nils, 3)
    nils.launch("volume", people, "nils")
    nils.decide()
    sender = nils.senders["nils"].pk
    for place, person in enumerate(reversed(people)):
        rows(
            "UPDATE campaigns_touch SET not_before = %s WHERE prospect_id = %s",
            (nils.now - timedelta(hours=3 - place), person),
        )
    queue = waiting(sender, now=nils.now)
    assert [Touch.objects.get(pk=pk).prospect_id for pk in queue] == people[::-1]
    guided.open(Touch.objects.get(pk=queue[0]), **bob(nils))
    assert waiting(sender, now=nils.now) == queue[1:]
    assert waiting(sender, now=nils.now - timedelta(days=1)) == []


def test_only_the_owner_and_managers_open_and_answer_for_it(nils: Stage) -> None:
    touch = due(nils, "volume", friends(nils, 1)[0])
    rows("UPDATE accounts_sender SET owner_id = %s WHERE id = %s", (nils.members["mara"].pk, touch.sender_id))
    touch = Touch.objects.get(pk=touch.pk)
    for name in ("bob", "vera"):
        who = {"by": nils.members[name], "now": nils.now}
        for verb in (guided.open, guided.copy, guided.done, guided.skip):
            with pytest.raises(NotAllowed):
                verb(touch, **who)
        with pytest.raises(NotAllowed):
            guided.not_done(touch, "not_now", **who)
    assert guided.open(touch, **mara(nils)).touch == touch.pk


def test_an_automatic_senders_touch_and_a_call_are_not_opened(nils: Stage) -> None:
    person = nils.person(connected_to="bob")
    nils.launch("volume", [person], "bob")
    nils.decide()
    touch = Touch.objects.get(pk=nils.touch(person)["id"])
    with pytest.raises(NotGuided, match=r"^This sender acts through its connector"):
        guided.open(touch, **bob(nils))
    touch.kind = "call"
    with pytest.raises(NotGuided, match=r"^A call or a task needs no opening"):
        guided.open(touch, **bob(nils))


def test_a_text_that_cannot_be_sent_is_not_opened(nils: Stage) -> None:
    person = nils.person()
    campaign = nils.draft("volume", [person], "nils")
    rows("UPDATE campaigns_variant SET note = 'Hi {{ first_name }}, about {{ company }}.', text = '' WHERE note <> ''")
    campaigns.launch(campaign, **mara(nils))
    touch = planned(nils, person)
    with pytest.raises(CannotOpen, match=r"^The text is missing or cannot be sent as it is.$"):
        guided.open(touch, **bob(nils))
    assert nils.touch(person)["cause"] == "missing_text" and ring(nils, "invites") == 0


def test_what_changed_since_it_was_planned_is_decided_again_before_it_is_opened(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    touch = due(nils, "volume", person)
    rows("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (person,))
    assert guided.open(touch, **bob(nils)).touch == touch.pk
    assert nils.touch(person)["facts_version"] == nils.prospect(person)["facts_version"]


# -- copying


def test_from_the_copy_on_it_counts_from_that_moment_and_may_have_been_sent(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    nils.later(minutes=9)
    assert guided.copy(touch, **bob(nils))
    assert not guided.copy(touch, **bob(nils))
    row = nils.touch(person)
    assert (row["state"], row["gate_at"]) == ("dispatching", nils.now)
    assert row["reap_at"] == nils.now + timedelta(minutes=15)
    assert nils.allowance("messages", "nils")["ring"] == [int(nils.now.timestamp())]
    copied = at_hand(nils.senders["nils"].pk)
    assert copied is not None and copied.copied
    sound(nils)


def test_a_pause_in_between_stops_the_copy_and_gives_everything_back(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    campaigns.pause(touch.enrollment.campaign, **mara(nils))
    with pytest.raises(CannotSay, match=r"^Do not send it\. The campaign is not running\.$"):
        guided.copy(touch, **bob(nils))
    assert nils.touch(person)["state"] == "planned" and nils.touch(person)["gate_at"] is None
    assert nils.moved(person) == ["available to reserved", "reserved to available"]
    assert ring(nils, "inmail") == 0 and holders() == []
    sound(nils)
    campaigns.resume(touch.enrollment.campaign, **mara(nils))
    assert guided.open(planned(nils, person), **bob(nils)).kind == "inmail"
    assert nils.moved(person)[-1] == "available to reserved"


def test_a_cap_that_was_lowered_in_between_stops_the_copy(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    rest = nils.now + timedelta(hours=5)
    rows("UPDATE campaigns_allowance SET rest_until = %s WHERE sender_id = %s", (rest, touch.sender_id))
    with pytest.raises(CannotSay, match=r"^Do not send it\. LinkedIn said that a limit was reached"):
        guided.copy(touch, **bob(nils))
    assert nils.touch(person)["state"] == "planned" and ring(nils, "messages") == 0


def test_nothing_is_copied_that_is_not_open(nils: Stage) -> None:
    touch = due(nils, "volume", friends(nils, 1)[0])
    with pytest.raises(CannotSay, match=r"^It is not open, or its time ran out: open it first.$"):
        guided.copy(touch, **bob(nils))
    with pytest.raises(CannotSay, match=r"open it first"):
        guided.done(touch, **bob(nils))
    with pytest.raises(CannotSay, match=r"open it first"):
        guided.not_done(touch, "not_now", **bob(nils))


# -- what became of it


def test_done_posts_the_credit_and_stores_the_message_once(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    opened = guided.open(touch, **bob(nils))
    nils.later(minutes=2)
    guided.copy(touch, **bob(nils))
    nils.later(minutes=2)
    assert guided.done(touch, **bob(nils))
    assert not guided.done(touch, **bob(nils))
    assert nils.touch(person)["state"] == "sent"
    assert nils.moved(person) == ["available to reserved", "reserved to spent"]
    [message] = nils.messages(person)
    assert (message["touch_id"], message["text"], message["inbound"]) == (touch.pk, opened.text, False)
    assert nils.relation(person, "nils")["chat_id"] == "", "no chat of LinkedIn's is known"
    with pytest.raises(CannotSay, match=r"^It is recorded as sent already.$"):
        guided.not_done(touch, "not_now", **bob(nils))
    sound(nils)


def test_done_without_a_copy_counts_from_the_opening(nils: Stage) -> None:
    person = nils.person()
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    opened_at = nils.now
    nils.later(minutes=5)
    assert guided.done(touch, **bob(nils))
    row = nils.touch(person)
    assert (row["state"], row["gate_at"], row["holds_pending"]) == ("sent", opened_at, True)
    assert nils.relation(person, "nils")["invitation"] == "pending"
    sound(nils)


def test_not_done_after_the_copy_voids_the_credit_and_keeps_the_slot(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    assert guided.not_done(touch, "no_way", **bob(nils))
    assert not guided.not_done(touch, "no_way", **bob(nils))
    row = nils.touch(person)
    assert (row["state"], row["refusal"]) == ("not_sent", "no_way")
    assert nils.moved(person) == ["available to reserved", "reserved to available"] and ring(nils, "inmail") == 1
    sound(nils)
    nils.later(minutes=1)
    assert planned(nils, person).attempt == 2


def test_not_done_before_the_copy_gives_the_slot_back_too(nils: Stage) -> None:
    person = nils.person()
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    assert guided.not_done(touch, "not_now", **bob(nils))
    assert nils.touch(person)["state"] == "cancelled" and holders() == []
    assert ring(nils, "invites") == 0 and nils.allowance("pending", "nils")["outstanding"] == 0
    sound(nils)
    nils.later(minutes=1)
    assert guided.open(planned(nils, person), **bob(nils)).kind == "invite_note"
    sound(nils)


@pytest.mark.parametrize("copied", [False, True])
def test_a_limit_that_linkedin_names_rests_the_allowance(nils: Stage, copied: bool) -> None:
    person = friends(nils, 1)[0]
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    if copied:
        guided.copy(touch, **bob(nils))
    guided.not_done(touch, "limit_exceeded", **bob(nils))
    assert nils.allowance("messages", "nils")["rest_until"] == nils.now + timedelta(hours=24)
    sound(nils)


def test_a_reason_is_one_of_those_there_are(nils: Stage) -> None:
    touch = due(nils, "volume", friends(nils, 1)[0])
    guided.open(touch, **bob(nils))
    with pytest.raises(CannotSay, match=r"^Choose why it was not sent.$"):
        guided.not_done(touch, "just because", **bob(nils))


@pytest.mark.parametrize("copied", [False, True])
def test_who_turns_out_to_be_connected_gets_a_message_instead_of_an_invite(nils: Stage, copied: bool) -> None:
    person = nils.person()
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    if copied:
        guided.copy(touch, **bob(nils))
    assert guided.not_done(touch, "already_connected", **bob(nils))
    assert nils.touch(person)["state"] == ("refused" if copied else "cancelled")
    relation = nils.relation(person, "nils")
    assert (relation["degree"], relation["connected_at"]) == ("1", nils.now)
    assert nils.allowance("pending", "nils")["outstanding"] == 0
    assert planned(nils, person).kind == "dm"
    sound(nils)


@pytest.mark.parametrize("copied", [False, True])
def test_a_profile_that_is_gone_ends_the_sequence(nils: Stage, copied: bool) -> None:
    person = nils.person()
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    if copied:
        guided.copy(touch, **bob(nils))
    guided.not_done(touch, "user_unreachable", **bob(nils))
    nils.decide()
    enrollment = nils.enrollment(person)
    assert (enrollment["state"], enrollment["reason"]) == ("finished", "unreachable")
    assert nils.allowance("pending", "nils")["outstanding"] == 0
    sound(nils)


def test_an_inmail_that_would_have_been_free_is_planned_as_a_free_one(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    assert guided.open(touch, **bob(nils)).kind == "inmail"
    guided.not_done(touch, "is_open", **bob(nils))
    assert nils.prospect(person)["open_profile"] is True and nils.prospect(person)["checked_at"] == nils.now
    again = planned(nils, person)
    assert again.kind == "open_inmail" and nils.balance("nils")["reserved"] == 0
    guided.open(again, **bob(nils))
    guided.copy(again, **bob(nils))
    guided.not_done(again, "not_open", **bob(nils))
    assert nils.prospect(person)["open_profile"] is False
    assert planned(nils, person).kind == "inmail"
    sound(nils)


def test_who_remembers_late_that_they_were_connected_says_so_too(nils: Stage) -> None:
    person = nils.person()
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    nils.later(minutes=16)
    guided.lapse(now=nils.now)
    assert nils.touch(person)["state"] == "uncertain"
    guided.not_done(touch, "already_connected", **bob(nils))
    assert (nils.touch(person)["state"], nils.relation(person, "nils")["degree"]) == ("not_sent", "1")
    assert planned(nils, person).kind == "dm"
    sound(nils)


def test_a_message_is_never_not_sent_because_of_an_open_profile(nils: Stage) -> None:
    touch = due(nils, "volume", friends(nils, 1)[0])
    guided.open(touch, **bob(nils))
    assert set(unsent.REASONS) - set(unsent.reasons(Kind.DM)) == {"not_open", "is_open", "already_connected"}
    for reason in ("not_open", "is_open", "already_connected"):
        with pytest.raises(CannotSay, match=r"^Choose why it was not sent.$"):
            guided.not_done(touch, reason, **bob(nils))


# -- heard by hand


def sent(stage: Stage, play: str, person: int) -> Enrollment:
    """This person's touch was sent by hand; their enrollment."""
    touch = due(stage, play, person)
    guided.open(touch, **bob(stage))
    guided.copy(touch, **bob(stage))
    guided.done(touch, **bob(stage))
    return Enrollment.objects.select_related("sender").get(pk=touch.enrollment_id)


def test_an_answer_told_by_hand_stops_everything_and_returns_the_credit_once(nils: Stage) -> None:
    person = nils.person(tier=3)
    enrollment = sent(nils, "senior", person)
    other = nils.launch("volume", [person], "bob")
    nils.decide()
    nils.later(days=2)
    assert heard.replied(enrollment, "Yes, tell me more.", **bob(nils))
    assert not heard.replied(enrollment, "Yes, tell me more.", **bob(nils))
    assert [nils.enrollment(person, campaign)["reason"] for campaign in (None, other)] == ["replied", "replied"]
    assert nils.moved(person) == ["available to reserved", "reserved to spent", "returned to available"]
    assert [(m["inbound"], m["text"]) for m in nils.messages(person)][-1] == (True, "Yes, tell me more.")
    nils.pass_time(days=20)
    assert len(nils.sent_to(person)) == 1
    sound(nils)


def test_an_answer_may_be_told_without_its_words(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    enrollment = sent(nils, "volume", person)
    nils.later(hours=3)
    assert heard.replied(enrollment, "  ", **bob(nils)) and not heard.replied(enrollment, **bob(nils))
    assert nils.enrollment(person)["reason"] == "replied"
    assert nils.messages(person)[-1]["text"] == heard.NO_WORDS


def test_an_out_of_office_told_by_hand_postpones_and_a_no_suppresses(nils: Stage) -> None:
    away, never = friends(nils, 2)
    first = sent(nils, "volume", away)
    nils.later(minutes=10)
    second = sent(nils, "volume", never)
    nils.later(hours=3)
    heard.replied(first, "I am out of the office until 30 November and will answer then.", **bob(nils))
    heard.replied(second, "Stop. Please remove me from your list.", **bob(nils))
    assert nils.enrollment(away)["state"] == "active" and nils.enrollment(away)["postponed_until"] > nils.now
    assert nils.prospect(never)["suppressed_at"] is not None


def test_an_answer_told_while_the_next_touch_is_open_takes_it_back(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    enrollment = sent(nils, "volume", person)
    nils.later(days=5)
    follow = planned(nils, person)
    assert "Look first whether they have answered." in guided.open(follow, **bob(nils)).check
    heard.replied(enrollment, "Let us talk.", **bob(nils))
    assert nils.touch(person)["state"] == "cancelled" and at_hand(nils.senders["nils"].pk) is None
    sound(nils)


def test_a_late_acceptance_told_by_hand_reopens_the_branch_of_acceptance(nils: Stage) -> None:
    person = nils.person()
    enrollment = sent(nils, "volume", person)
    nils.pass_time(days=15)
    assert heard.accepted(enrollment, **bob(nils)) and not heard.accepted(enrollment, **bob(nils))
    nils.pass_time(days=3)
    assert (nils.touch(person)["state"], nils.touch(person)["kind"]) == ("planned", "dm")
    assert nils.allowance("pending", "nils")["outstanding"] == 0
    sound(nils)


def test_only_of_a_guided_sender_is_something_told_by_hand_and_only_by_who_steers_it(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    enrollment = sent(nils, "volume", person)
    with pytest.raises(NotAllowed):
        heard.replied(enrollment, by=nils.members["vera"], now=nils.now)
    other = nils.person()
    nils.launch("volume", [other], "bob")
    automatic = Enrollment.objects.select_related("sender").get(prospect=other)
    for verb in (heard.replied, heard.accepted):
        with pytest.raises(NotGuided, match="hears through its connector"):
            verb(automatic, **bob(nils))


@pytest.mark.parametrize("state", ["reserved", "dispatching"])
def test_the_database_keeps_one_open_touch_per_guided_sender(nils: Stage, state: str) -> None:
    first, second = friends(nils, 2)
    nils.launch("volume", [first, second], "nils")
    nils.decide()
    guided.open(Touch.objects.get(pk=nils.touch(first)["id"]), **bob(nils))
    with pytest.raises(IntegrityError, match="touch_one_open_by_hand"), transaction.atomic():
        rows(
            "UPDATE campaigns_touch SET state = %s, gate_at = %s WHERE id = %s",
            (state, nils.now, nils.touch(second)["id"]),
        )


@pytest.mark.parametrize("opened", [False, True])
def test_skipping_goes_on_with_the_next_step(nils: Stage, opened: bool) -> None:
    person = friends(nils, 1)[0]
    touch = due(nils, "volume", person)
    if opened:
        guided.open(touch, **bob(nils))
    assert guided.skip(touch, **bob(nils))
    assert not guided.skip(touch, **bob(nils))
    assert rows("SELECT state, gate_at FROM campaigns_touch WHERE id = %s", (touch.pk,)) == [
        {"state": "skipped", "gate_at": None}
    ]
    assert ring(nils, "messages") == 0
    nils.decide()
    assert nils.touches(person) == [] or nils.touch(person)["step_key"] != touch.step_key
    sound(nils)


def test_what_was_copied_is_not_skipped(nils: Stage) -> None:
    touch = due(nils, "volume", friends(nils, 1)[0])
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    with pytest.raises(CannotSay, match=r"^It was copied, so it may have been sent: say first whether it was.$"):
        guided.skip(touch, **bob(nils))


# -- nobody says anything


def test_what_was_opened_and_never_copied_goes_back_and_nothing_is_counted(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    nils.later(minutes=14)
    nils.keep_house()
    assert nils.touch(person)["state"] == "reserved"
    nils.later(minutes=2)
    nils.keep_house()
    assert nils.touch(person)["state"] == "planned" and nils.touch(person)["text"] == ""
    assert nils.moved(person) == ["available to reserved", "reserved to available"]
    assert ring(nils, "inmail") == 0 and holders() == []
    sound(nils)
    guided.open(touch, **mara(nils))
    guided.done(touch, **mara(nils))
    assert nils.moved(person)[2:] == ["available to reserved", "reserved to spent"]
    sound(nils)


def test_what_was_copied_and_never_settled_waits_for_a_person(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    nils.later(minutes=16)
    nils.keep_house()
    row = nils.touch(person)
    assert (row["state"], row["look_at"]) == ("uncertain", None)
    nils.later(days=2)
    nils.keep_house()
    undecided = reconcile.undecided(nils.workspace.pk)
    assert undecided is not None and undecided["n"] == 1
    assert nils.moved(person) == ["available to reserved"], "nothing comes back without a person's word"
    sound(nils)
    assert reconcile.it_was_sent(Touch.objects.get(pk=touch.pk), **bob(nils))
    assert nils.moved(person)[-1] == "reserved to spent" and len(nils.messages(person)) == 1
    sound(nils)


def test_who_remembers_late_says_so_all_the_same(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    nils.later(hours=3)
    nils.keep_house()
    assert guided.not_done(touch, "not_now", **bob(nils))
    assert nils.touch(person)["state"] == "not_sent" and nils.moved(person)[-1] == "reserved to available"
    sound(nils)


# -- what comes in between


def replies(stage: Stage, person: int) -> None:
    """The person writes to another sender of the workspace."""
    stage.does("connect_by_hand", person, "priya")
    stage.does("write_by_hand", person, "priya", text="Hello from me.")
    stage.hear("priya")
    stage.later(minutes=1)
    stage.does("reply", person, "priya", text="Yes, let us talk.")
    stage.hear("priya")
    assert stage.prospect(person)["replied_at"] is not None


def test_a_reply_cancels_what_was_only_opened(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    replies(nils, person)
    row = nils.touch(person)
    assert (row["state"], row["refusal"], row["gate_at"]) == ("cancelled", "replied", None)
    assert nils.moved(person) == ["available to reserved", "reserved to available"] and ring(nils, "inmail") == 0
    for verb in (guided.copy, guided.done, guided.skip):
        with pytest.raises(CannotSay, match=r"^It was taken back since it was opened: the person's page says why.$"):
            verb(touch, **bob(nils))
    sound(nils)


def test_a_reply_marks_what_was_copied_as_crossed(nils: Stage) -> None:
    person = nils.person(tier=3)
    touch = due(nils, "senior", person)
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    replies(nils, person)
    assert (nils.touch(person)["state"], nils.touch(person)["crossed"]) == ("dispatching", True)
    assert guided.done(touch, **bob(nils))
    assert nils.touch(person)["crossed"] and nils.enrollment(person)["state"] == "stopped"
    sound(nils)


def test_holding_the_person_takes_back_what_was_opened(nils: Stage) -> None:
    person = nils.person()
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    enrollment = Enrollment.objects.get(pk=nils.enrollment(person)["id"])
    assert holding.hold(enrollment, **bob(nils)).cancelled == 1
    assert nils.touch(person)["state"] == "cancelled" and ring(nils, "invites") == 0
    assert nils.allowance("pending", "nils")["outstanding"] == 0
    sound(nils)


def test_do_not_contact_takes_back_what_was_opened(nils: Stage) -> None:
    person = nils.person(tier=3)
    guided.open(due(nils, "senior", person), **bob(nils))
    do_not_contact.forbid(Prospect.objects.get(pk=person), reason="Asked by phone", **bob(nils))
    assert nils.touch(person)["state"] == "cancelled" and ring(nils, "inmail") == 0
    assert nils.moved(person) == ["available to reserved", "reserved to available"]
    sound(nils)


def test_an_opening_that_lapsed_leaves_the_person_to_another_campaign(nils: Stage) -> None:
    person = nils.person()
    guided.open(due(nils, "volume", person), **bob(nils))
    nils.launch("volume", [person], "priya")
    nils.settle()
    assert nils.accepted(person) == []
    nils.later(minutes=16)
    nils.keep_house()
    nils.settle()
    assert nils.accepted(person) == ["invite_note"] and holders() == [person]
    sound(nils)


def test_an_engine_tick_never_touches_what_a_person_has_open(nils: Stage) -> None:
    person = friends(nils, 1)[0]
    touch = due(nils, "volume", person)
    guided.open(touch, **bob(nils))
    rows("UPDATE campaigns_enrollment SET decide_at = %s WHERE prospect_id = %s", (nils.now, person))
    assert nils.settle() == []
    assert nils.touch(person)["state"] == "reserved"
    nils.later(minutes=20)
    nils.keep_house()
    nils.settle()
    assert waiting(nils.senders["nils"].pk, now=nils.now) == [touch.pk]


def test_why_not_yet_names_no_profile_and_no_inbox_that_nobody_reads(nils: Stage) -> None:
    due(nils, "senior", nils.person(tier=3))
    [reason] = why.explain(nils.workspace.pk, nils.now)
    assert (reason.cause, reason.position) == (Cause.QUEUE, 1)


def test_history_says_who_did_what(nils: Stage) -> None:
    touch = due(nils, "volume", friends(nils, 1)[0])
    guided.open(touch, **bob(nils))
    guided.copy(touch, **bob(nils))
    guided.not_done(touch, "no_way", **bob(nils))
    verbs = list(History.objects.filter(subject=f"touch:{touch.pk}").order_by("id").values_list("verb", flat=True))
    assert verbs == ["opened_by_hand", "copied_by_hand", "not_done_by_hand"]
