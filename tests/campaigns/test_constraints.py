"""What the database itself refuses, whoever writes and however wrongly."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.db import Error, connection, models, transaction
from django.db.models import ForeignKey

from accounts.models import History, Member, Sender
from accounts.tenancy import TenantForeignKey, TenantModel
from campaigns.models import Campaign, Enrollment, PersonLock, Step, Touch, Variant, Version
from campaigns.models.touch import TRANSITIONS
from campaigns.running.database import rows
from outreach.engine.kinds import NEVER, TouchState
from prospects.models import Prospect
from tests.cast import MONDAY, Tidewell, alice, bob, campaign, charlie, enroll, in_tidewell, prospects, tidewell

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
    values: dict[str, Any] = {"kind": "invite", "step_key": 1, "facts_version": 1} | gated | fields
    return Touch.objects.create(
        workspace_id=of.workspace_id,
        enrollment=of,
        prospect_id=of.prospect_id,
        sender_id=of.sender_id,
        state=state,
        planned_at=MONDAY,
        not_before=MONDAY,
        **values,
    )


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


@pytest.mark.parametrize(("first", "second"), product(["reserved", "dispatching", "uncertain"], repeat=2))
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


def test_a_launched_version_never_changes(enrolled: list[Enrollment]) -> None:
    version = Version.objects.get()
    Version.objects.update(launched_at=None)
    fields = {"workspace_id": version.workspace_id, "version": version}
    step = Step.objects.create(position=1, key=1, act="invite", **fields)
    Variant.objects.create(workspace_id=version.workspace_id, step=step, note="Hi")
    Version.objects.update(launched_at=MONDAY)
    with refused("A launched version never changes"):
        Step.objects.update(act="message")
    with refused("A launched version never changes"):
        Step.objects.create(position=2, key=2, act="invite", **fields)
    with refused("A launched version never changes"):
        rows("DELETE FROM campaigns_step WHERE id = %s", (step.pk,))


def test_the_texts_of_a_launched_version_never_change(enrolled: list[Enrollment]) -> None:
    version = Version.objects.get()
    Version.objects.update(launched_at=None)
    step = Step.objects.create(workspace_id=version.workspace_id, version=version, position=1, key=1, act="invite")
    Variant.objects.create(workspace_id=version.workspace_id, step=step, note="Hi")
    Version.objects.update(launched_at=MONDAY)
    with refused("A launched version never changes"):
        Variant.objects.update(note="Hello")
    with refused("A launched version never changes"):
        Variant.objects.create(workspace_id=version.workspace_id, step=step, name="B", note="Hello")


def test_a_launched_version_is_never_unlaunched(enrolled: list[Enrollment]) -> None:
    with refused("A launched version never changes"):
        Version.objects.update(launched_at=None)


# -- append-only ------------------------------------------------------------------------------------------------------


def test_history_is_written_once(tidewell: Tidewell, in_tidewell: Any) -> None:
    History.objects.create(workspace=tidewell.workspace, at=MONDAY, subject="sender:1", verb="made")
    with refused("Cannot update"):
        History.objects.update(verb="undone")
    with refused("Cannot delete"):
        rows("DELETE FROM accounts_history")


# -- tenants ----------------------------------------------------------------------------------------------------------


def tenant_keys() -> list[Any]:
    """Every foreign key from one tenant row to another."""
    return [
        pytest.param(model, field.name, id=f"{model.__name__}.{field.name}")
        for app in ("accounts", "prospects", "campaigns")
        for model in apps.get_app_config(app).get_models()
        if issubclass(model, TenantModel)
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and issubclass(field.related_model, TenantModel)
    ]


def test_there_are_keys_to_test_and_all_are_tenant_keys() -> None:
    keys = [key.values for key in tenant_keys()]
    assert len(keys) >= 40
    assert [key for key in keys if not isinstance(key[0]._meta.get_field(key[1]), TenantForeignKey)] == []


@pytest.fixture
def charlies(charlie: Member, tidewell: Tidewell) -> Member:
    """Somebody of another workspace, with a little of everything there."""
    return charlie


@pytest.mark.parametrize(("model", "name"), tenant_keys())
def test_rows_of_two_tenants_cannot_meet(model: type[models.Model], name: str, charlies: Member, tidewell: Tidewell) -> None:
    """A row of Tidewell that points to a row of Otherside is refused, whatever else it says."""
    field = model._meta.get_field(name)
    target = field.related_model
    assert isinstance(field, ForeignKey) and isinstance(target, type)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # only the key in question is to be judged
        theirs = bare(target, charlies.workspace_id)
        with pytest.raises(Error) as refusal, transaction.atomic():
            bare(model, tidewell.workspace.pk, **{field.column: theirs})
            rows(f'SET CONSTRAINTS "{constraint_of(model, name)}" IMMEDIATE')
        transaction.set_rollback(True)
    assert constraint_of(model, name) in str(refusal.value)


def constraint_of(model: type[models.Model], name: str) -> str:
    return f"{model._meta.model_name}_{name}_tenant"


def bare(model: type[models.Model], workspace: int, **given: int) -> int:
    """The id of a row of this table that says as little as it may; its own keys point nowhere and are not judged."""
    columns: dict[str, Any] = {}
    for field in model._meta.local_concrete_fields:
        if field.primary_key or getattr(field, "generated", False) or field.null:
            continue
        if field.name == "workspace":
            columns[field.column] = workspace
        elif isinstance(field, ForeignKey):
            columns[field.column] = 2_000_000_000 + workspace
        else:
            columns[field.column] = plain(field)
    needed = {"creditbalance": {"cap": 0}, "touch": {"state": "planned"}, "enrollment": {"state": "waiting"}}
    columns |= needed.get(model._meta.model_name or "", {}) | given
    names = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    found = rows(
        f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}) RETURNING id", tuple(columns.values())
    )
    return int(found[0]["id"])


def plain(field: Any) -> Any:
    if field.choices:
        return field.choices[0][0]
    if field.has_default() and not isinstance(field, models.JSONField):
        return field.get_default()
    match field:
        case models.DateTimeField():
            return MONDAY
        case models.DateField():
            return MONDAY.date()
        case models.BooleanField():
            return False
        case models.JSONField():
            return "{}"
        case models.IntegerField():
            return 1
        case _:
            return "" if field.blank else field.name[: field.max_length or 200]


def test_never_is_later_than_anything() -> None:
    assert NEVER - MONDAY > timedelta(days=365 * 1000)
