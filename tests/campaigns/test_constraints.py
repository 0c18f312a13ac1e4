"""What the database itself refuses, whoever writes and however wrongly."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import Error, connection, transaction

from accounts.models import History, Sender
from campaigns.models import Campaign, Enrollment, PersonLock, Step, Touch, Variant, Version
from campaigns.models.touch import TRANSITIONS
from campaigns.running.database import rows
from outreach.engine.kinds import NEVER, TouchState
from prospects.models import Prospect
from tests.cast import MONDAY, Tidewell, alice, bob, campaign, charlie, enroll, in_tidewell, prospects, tidewell
from tests.cast import touch as a_touch

__all__ = ["alice", "bob", "charlie", "in_tidewell", "tidewell"]


@contextmanager
def refused(by: str) -> Iterator[None]:
    """The database refuses what is done inside, and says by which rule."""
    with pytest.raises(Error) as refusal, transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert by in str(refusal.value)


@pytest.fixture
def enrolled(tidewell: Tidewell, in_tidewell: Any) -> list[Enrollment]:
    """Three people in Bob's campaign."""
    return enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 3))


def touch(of: Enrollment, state: str = "planned", **fields: Any) -> Touch:
    gated = {"gate_at": MONDAY} if state in ("dispatching", "uncertain", "reserved", "refused", "sent") else {}
    return a_touch(of, state=state, **{"step_key": 1} | gated | fields)


# -- a touch happens once ---------------------------------------------------------------------------------------------


def test_an_attempt_of_a_step_exists_once(enrolled: list[Enrollment]) -> None:
    touch(enrolled[0], "not_sent")
    with refused("touch_attempt_once"):
        touch(enrolled[0], "not_sent")


@pytest.mark.parametrize("first", ["sent", "refused", "uncertain", "dispatching", "planned"])
def test_a_step_that_may_have_arrived_gets_no_second_attempt(enrolled: list[Enrollment], first: str) -> None:
    touch(enrolled[0], first)
    with refused("touch_one_"):
        touch(enrolled[0], "planned", attempt=2)


@pytest.mark.parametrize("first", ["not_sent", "cancelled", "skipped"])
def test_a_step_that_surely_did_not_arrive_may_be_tried_again(enrolled: list[Enrollment], first: str) -> None:
    touch(enrolled[0], first)
    touch(enrolled[0], "planned", attempt=2)


def test_one_touch_is_ahead_for_an_enrollment(enrolled: list[Enrollment]) -> None:
    touch(enrolled[0], step_key=1)
    with refused("touch_one_ahead_per_enrollment"):
        touch(enrolled[0], step_key=2)


@pytest.mark.parametrize(("first", "second"), list(product(["reserved", "dispatching", "uncertain"], repeat=2)))
def test_one_touch_is_open_for_a_person_whichever_the_campaign(
    tidewell: Tidewell, enrolled: list[Enrollment], first: str, second: str
) -> None:
    person = Prospect.objects.get(pk=enrolled[0].prospect_id)
    [other] = enroll(campaign(tidewell.mara, "Another"), tidewell.senders["alice"], [person])
    touch(enrolled[0], first)
    with refused("touch_one_open_per_person"):
        touch(other, second)


def test_a_message_of_the_provider_belongs_to_one_touch(enrolled: list[Enrollment]) -> None:
    touch(enrolled[0], "sent", provider_message="m1")
    with refused("touch_provider_id_once"):
        touch(enrolled[1], "sent", provider_message="m1")


@pytest.mark.parametrize("state", ["dispatching", "uncertain", "reserved", "refused"])
def test_nothing_is_on_its_way_without_having_passed_the_gate(enrolled: list[Enrollment], state: str) -> None:
    with refused("touch_passed_the_gate"):
        touch(enrolled[0], state, gate_at=None)


def test_a_state_that_nobody_knows_is_refused(enrolled: list[Enrollment]) -> None:
    with refused("touch_state_known"):
        touch(enrolled[0], "lost")


def test_no_touch_is_ever_deleted(enrolled: list[Enrollment]) -> None:
    made = touch(enrolled[0])
    with refused("Cannot delete"):
        Touch.objects.filter(pk=made.pk).delete()


@pytest.mark.parametrize("before", [state.value for state in TouchState])
def test_a_touch_moves_only_as_its_states_allow(enrolled: list[Enrollment], before: str) -> None:
    for after in (state.value for state in TouchState):
        with transaction.atomic():
            made = touch(enrolled[0], before)
            change = Touch.objects.filter(pk=made.pk)
            if after == before or (before, after) in TRANSITIONS:
                assert change.update(state=after, gate_at=MONDAY) == 1
            else:
                with refused("Invalid transition"):
                    change.update(state=after, gate_at=MONDAY)
            transaction.set_rollback(True)


def test_nothing_ambiguous_ever_goes_back_to_the_queue() -> None:
    assert [move for move in TRANSITIONS if move[1] == "planned"] == [("reserved", "planned")]
    assert {after for before, after in TRANSITIONS if before == "uncertain"} == {"sent", "not_sent"}
    assert not [move for move in TRANSITIONS if move[0] in ("sent", "refused", "not_sent", "cancelled", "skipped")]


# -- people, conversations, campaigns ---------------------------------------------------------------------------------


def test_a_person_has_one_live_conversation(enrolled: list[Enrollment]) -> None:
    one = {
        "workspace_id": enrolled[0].workspace_id,
        "prospect_id": enrolled[0].prospect_id,
        "enrollment": enrolled[0],
        "taken_at": MONDAY,
    }
    first = PersonLock.objects.create(**one)
    with refused("personlock_one_live"):
        PersonLock.objects.create(**one)
    PersonLock.objects.filter(pk=first.pk).update(released_at=MONDAY)
    PersonLock.objects.create(**one)


def test_a_person_is_in_a_campaign_once(tidewell: Tidewell, enrolled: list[Enrollment]) -> None:
    person = Prospect.objects.get(pk=enrolled[0].prospect_id)
    with refused("enrollment_once"):
        enroll(Campaign.objects.get(), tidewell.senders["alice"], [person])


def test_a_stopped_enrollment_says_why(enrolled: list[Enrollment]) -> None:
    with refused("enrollment_stop_has_reason"):
        Enrollment.objects.filter(pk=enrolled[0].pk).update(state="stopped", reason="")


def test_a_sender_acts_by_itself_only_with_consent_on_record(tidewell: Tidewell, in_tidewell: Any) -> None:
    with refused("consent"):
        Sender.objects.filter(pk=tidewell.senders["bob"].pk).update(connector="unipile")


@pytest.fixture
def launched(enrolled: list[Enrollment]) -> Version:
    """A version with one step and its text, launched."""
    campaign = Campaign.objects.get()
    version = Version.objects.create(workspace_id=campaign.workspace_id, campaign=campaign, number=2)
    step = Step.objects.create(workspace_id=campaign.workspace_id, version=version, position=1, key=1, act="invite")
    Variant.objects.create(workspace_id=campaign.workspace_id, step=step, note="Hi")
    version.launched_at = MONDAY
    version.save()
    return version


NEVER_CHANGES = "A launched version never changes"


def test_the_steps_of_a_launched_version_never_change(launched: Version) -> None:
    with refused(NEVER_CHANGES):
        Step.objects.filter(version=launched).update(act="message")
    with refused(NEVER_CHANGES):
        Step.objects.create(workspace_id=launched.workspace_id, version=launched, position=2, key=2, act="invite")
    with refused(NEVER_CHANGES):
        rows("DELETE FROM campaigns_step WHERE version_id = %s", (launched.pk,))


def test_the_texts_of_a_launched_version_never_change(launched: Version) -> None:
    step = launched.steps.get()
    with refused(NEVER_CHANGES):
        Variant.objects.filter(step=step).update(note="Hello")
    with refused(NEVER_CHANGES):
        Variant.objects.create(workspace_id=launched.workspace_id, step=step, name="B", note="Hello")
    with refused(NEVER_CHANGES):
        rows("DELETE FROM campaigns_variant WHERE step_id = %s", (step.pk,))


def test_a_draft_may_be_changed(launched: Version) -> None:
    draft = Version.objects.create(workspace_id=launched.workspace_id, campaign=launched.campaign, number=3)
    step = Step.objects.create(workspace_id=launched.workspace_id, version=draft, position=1, key=1, act="invite")
    text = Variant.objects.create(workspace_id=launched.workspace_id, step=step, note="Hi")
    Step.objects.filter(pk=step.pk).update(act="message")
    Variant.objects.filter(pk=text.pk).update(note="Hello")
    step.refresh_from_db()
    text.refresh_from_db()
    assert (step.act, text.note) == ("message", "Hello")
    with refused(NEVER_CHANGES):
        Step.objects.filter(pk=step.pk).update(version=launched, position=2, key=2)
    rows("DELETE FROM campaigns_variant WHERE id = %s", (text.pk,))
    rows("DELETE FROM campaigns_step WHERE id = %s", (step.pk,))
    assert not draft.steps.exists()


def test_a_launched_version_is_never_a_draft_again(launched: Version) -> None:
    with refused(NEVER_CHANGES):
        Version.objects.filter(pk=launched.pk).update(launched_at=None)


# -- append-only ------------------------------------------------------------------------------------------------------


def test_history_is_written_once(tidewell: Tidewell, in_tidewell: Any) -> None:
    History.objects.create(workspace=tidewell.workspace, at=MONDAY, subject="sender:1", verb="made")
    with refused("Cannot update or delete"):
        History.objects.update(verb="undone")
    with refused("Cannot update or delete"):
        rows("DELETE FROM accounts_history")


def test_never_is_later_than_anything() -> None:
    assert timedelta(days=365 * 1000) < NEVER - MONDAY
