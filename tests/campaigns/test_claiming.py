"""Claiming: who may act as a sender, which touches come next; never the same one twice, never waiting, never asleep."""

from datetime import timedelta

import pytest
from django.db import transaction

from campaigns.running import gate, lanes, planning, profiles, turns
from campaigns.running.database import row, rows, together
from campaigns.running.gate import Held
from outreach import clock
from outreach.engine.kinds import LONG_AGO, NEVER, Budget, Kind
from tests.outside import until
from tests.stage import Stage
from tests.threads import Thread, at_once, waiting_for_locks


def test_a_claim_changes_no_state_no_slot_and_no_credit(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    assert [head.prospect for head in turn.heads] == [person]
    assert stage.touch(person)["state"] == "planned" and stage.touch(person)["leased_until"] > stage.now
    assert stage.allowance("inmail", "priya")["ring"] == []
    assert stage.balance("priya")["reserved"] == 0
    turns.take(turn)


def test_of_lanes_that_share_an_allowance_one_head_is_taken(stage: Stage) -> None:
    noted, plain, connected = stage.person(), stage.person(), stage.person(connected_to="bob")
    stage.launch("volume", [noted, plain, connected])
    stage.decide()
    rows("UPDATE campaigns_touch SET kind = 'invite' WHERE prospect_id = %s", (plain,))
    rows("UPDATE campaigns_lane SET due_hint = %s WHERE kind IN ('invite', 'invite_note', 'dm')", (stage.now,))
    rows("UPDATE campaigns_touch SET not_before = %s", (stage.now,))
    [turn] = turns.claim(now=stage.now)
    kinds = sorted(head.kind for head in turn.heads)
    assert len(kinds) == 2 and kinds[0] == "dm" and kinds[1] in ("invite", "invite_note")
    turns.take(turn)
    stage.proved = False  # the kinds were set by hand


def test_a_turn_that_is_taken_is_left_alone_until_it_is_over(stage: Stage) -> None:
    stage.launch("volume", [stage.person(), stage.person()])
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    assert turns.claim(now=stage.now) == []
    stage.later(seconds=turns.CLAIM.total_seconds() + 1)
    [again] = turns.claim(now=stage.now)
    assert again.token == turn.token + 1
    assert turns.take(turn) == ["lost_turn"]
    assert turns.take(again) == ["sent"]


def test_a_worker_that_lost_its_turn_gives_back_nothing_of_the_next_one(stage: Stage) -> None:
    stage.launch("volume", [stage.person()])
    stage.decide()
    [old] = turns.claim(now=stage.now)
    stage.later(seconds=turns.CLAIM.total_seconds() + 1)
    [new] = turns.claim(now=stage.now)
    turns.take(old)
    held = row("SELECT token, until FROM accounts_senderturn WHERE sender_id = %s", (new.sender,))
    assert held is not None and held["token"] == new.token and held["until"] > stage.now
    turns.take(new)


def test_a_claimed_touch_of_a_dead_worker_is_found_again_and_sent_once(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    stage.decide()
    turns.claim(now=stage.now)  # and the worker dies
    assert stage.settle() == []
    stage.later(seconds=turns.CLAIM.total_seconds() + 1)
    assert stage.settle() == ["sent"]
    assert stage.accepted(person) == ["invite_note"]


def test_nothing_is_claimed_for_a_sender_that_may_not_act(stage: Stage) -> None:
    stage.launch("volume", [stage.person()])
    stage.decide()
    for state in ("paused", "disconnected", "frozen", "archived", "setting_up"):
        rows("UPDATE accounts_sender SET state = %s WHERE name = 'Bob Moreau'", (state,))
        assert turns.claim(now=stage.now) == []
    rows("UPDATE accounts_sender SET state = 'active'")
    assert stage.settle() == ["sent"]


def test_an_empty_lane_is_parked_and_wakes_for_new_work(stage: Stage) -> None:
    rows("UPDATE campaigns_lane SET due_hint = %s WHERE kind = 'invite_note'", (stage.now,))
    assert turns.claim(now=stage.now) == []
    assert stage.lane(Kind.INVITE_NOTE)["due_hint"] == NEVER
    stage.launch("volume", [stage.person()])
    assert stage.settle() == ["sent"]


def busy(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bob's lane was due before Priya's, a process that takes one sender at a time took it; now an older one is due."""
    monkeypatch.setattr(turns, "_busy", turns.Busy())
    stage.launch("volume", stage.people(4), "bob", "priya")
    stage.decide()
    due(stage, "bob", minutes=2)
    due(stage, "priya", minutes=1)
    assert claimed(stage) == stage.senders["bob"].pk
    rows("UPDATE accounts_senderturn SET until = %s", (LONG_AGO,))
    due(stage, "bob", minutes=60)


def due(stage: Stage, name: str, *, minutes: int) -> None:
    rows(
        "UPDATE campaigns_lane SET due_hint = %s, allowed_at = %s WHERE sender_id = %s AND due_hint < %s",
        (stage.now - timedelta(minutes=minutes), LONG_AGO, stage.senders[name].pk, NEVER),
    )


def claimed(stage: Stage) -> int:
    [turn] = turns.claim(now=stage.now, limit=1)
    return turn.sender


def test_a_busy_process_reads_on_from_where_it_took_and_from_the_start_when_nothing_is_left(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(stage, monkeypatch)
    assert claimed(stage) == stage.senders["priya"].pk
    assert claimed(stage) == stage.senders["bob"].pk
    assert turns.claim(now=stage.now, limit=1) == []


def test_after_a_while_a_busy_process_reads_from_the_start(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(stage, monkeypatch)
    stage.later(seconds=turns.FROM_THE_START.total_seconds())
    assert claimed(stage) == stage.senders["bob"].pk


def test_waking_only_ever_lowers_the_hint(stage: Stage) -> None:
    sender, later = stage.senders["bob"].pk, stage.now + timedelta(days=1)
    lanes.wake([(sender, "dm", later), (sender, "dm", stage.now)])
    lanes.wake([(sender, "dm", later)])
    assert stage.lane(Kind.DM)["due_hint"] == stage.now


@pytest.mark.django_db(transaction=True)
def test_four_threads_that_claim_at_once_never_get_the_same_head(stage: Stage) -> None:
    stage.launch("volume", stage.people(6), "bob", "priya")
    stage.launch("volume", stage.people(2, connected_to="bob") + stage.people(2, connected_to="priya"), "bob", "priya")
    for _ in range(6):
        stage.decide()
        claimed = [turn for found in at_once(4, lambda _: turns.claim(now=stage.now)) for turn in found]
        heads = [head.touch for turn in claimed for head in turn.heads]
        assert len(heads) == len(set(heads))
        assert len({turn.sender for turn in claimed}) == len(claimed)
        for turn in claimed:
            turns.take(turn)
        stage.later(days=1)
    assert len(stage.accepted()) >= 10


@pytest.mark.django_db(transaction=True)
def test_a_claim_never_waits_for_a_lock_of_somebody_else(stage: Stage) -> None:
    stage.launch("volume", [stage.person()])
    stage.launch("volume", [stage.person()], "priya")
    stage.decide()
    with transaction.atomic():
        rows("SELECT 1 FROM campaigns_lane WHERE sender_id = %s FOR NO KEY UPDATE", (stage.senders["bob"].pk,))
        rows("SELECT 1 FROM accounts_senderturn WHERE sender_id = %s FOR NO KEY UPDATE", (stage.senders["priya"].pk,))
        assert Thread(turns.claim, now=stage.now).result(seconds=20) == []
    assert stage.settle() == ["sent", "sent"]


@pytest.mark.django_db(transaction=True)
def test_one_sender_has_one_writer_however_many_workers_there_are(stage: Stage) -> None:
    stage.launch("volume", stage.people(6))
    rows("UPDATE campaigns_allowance SET gap_s = 0")
    stage.decide()

    def work(_: int) -> list[str]:
        outcomes = []
        for _ in range(8):
            for turn in turns.claim(now=stage.now):
                outcomes += turns.take(turn)
        return outcomes

    outcomes = [outcome for found in at_once(3, work) for outcome in found] + stage.settle()
    assert outcomes.count("sent") == len(stage.accepted()) == 6


@pytest.mark.django_db(transaction=True)
def test_work_added_while_a_lane_is_being_parked_wakes_it(stage: Stage) -> None:
    """A claim that locked and parked in one statement would park from a snapshot older than the new work."""
    rows("UPDATE campaigns_lane SET due_hint = %s WHERE kind = 'invite_note'", (stage.now,))
    campaign = stage.draft("volume", [stage.person()])
    with transaction.atomic():
        # Somebody adds work and holds the lane's row, as `wake` does, while the claim begins.
        rows("UPDATE campaigns_lane SET due_hint = least(due_hint, %s) WHERE kind = 'invite_note'", (stage.now,))
        claim = Thread(turns.claim, now=stage.now)
        claim.result()  # it passed the locked lane over: nothing was parked behind our back
    assert stage.lane(Kind.INVITE_NOTE)["due_hint"] == stage.now
    # The other way round: the claim has the lane, and who adds work must wait for it, then lower what it parked.
    with transaction.atomic():
        rows("SELECT 1 FROM campaigns_lane WHERE kind = 'invite_note' ORDER BY sender_id FOR NO KEY UPDATE")
        adding = Thread(lanes.wake, [(stage.senders["bob"].pk, "invite_note", stage.now)])
        until(waiting_for_locks, what="the thread that adds work to wait for the lane")
        rows("UPDATE campaigns_lane SET due_hint = %s WHERE kind = 'invite_note'", (NEVER,))
    adding.result()
    assert stage.lane(Kind.INVITE_NOTE)["due_hint"] == stage.now
    assert campaign.state == "draft"


@pytest.mark.django_db(transaction=True)
def test_two_allowances_that_open_at_once_open_their_lane(stage: Stage) -> None:
    """Computed in the statement that waits, each would see the other's old value and the lane would sleep for ever."""
    sender = stage.senders["bob"].pk
    rows(
        "UPDATE campaigns_allowance SET allowed_at = %s WHERE sender_id = %s AND budget IN ('invites', 'pending')",
        (NEVER, sender),
    )
    together(*lanes.recompute(sender, [Budget.INVITES]))
    assert stage.lane(Kind.INVITE)["allowed_at"] == NEVER
    opens = "UPDATE campaigns_allowance SET allowed_at = %s WHERE sender_id = %s AND budget = %s"

    def open_pending() -> None:
        with transaction.atomic():
            rows(opens, (LONG_AGO, sender, "pending"))
            together(*lanes.recompute(sender, [Budget.PENDING]))

    with transaction.atomic():
        rows(opens, (stage.now, sender, "invites"))
        together(*lanes.recompute(sender, [Budget.INVITES]))
        other = Thread(open_pending)
        until(waiting_for_locks, what="the other thread to wait for the lanes")
    other.result()
    assert stage.lane(Kind.INVITE)["allowed_at"] == stage.now


@pytest.mark.django_db(transaction=True)
def test_a_gate_waits_for_the_other_gate_of_the_same_person_and_then_sees_its_touch(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person], "bob")
    stage.launch("volume", [person], "priya")
    stage.decide()
    claimed = turns.claim(now=clock.now())
    assert len(claimed) == 2
    for turn in claimed:
        profiles.freshen(turn.heads[0], now=stage.now)
    for turn in claimed:
        planning.decide_these([turn.heads[0].enrollment], now=stage.now)
    passed = at_once(2, lambda n: turns.act(claimed[n].heads[0], claimed[n].token))
    assert sorted(passed) in (["in_conversation", "sent"], ["sent", "uncertain_open"])
    assert stage.accepted(person) == ["invite_note"]
    assert isinstance(gate.enter(claimed[0].heads[0], claimed[0].token), Held)
