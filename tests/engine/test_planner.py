"""One decision per enrollment: what stops comes first, every decision explains itself, nothing depends on luck."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.causes import Cause
from outreach.engine.decisions import Finish, Send, Skip, Stop, Wait
from outreach.engine.facts import Allowance, Credits, EnrollmentFacts, Limits
from outreach.engine.kinds import EPOCH_RULE, Budget, Degree, Invitation, Kind, TouchState
from outreach.engine.planner import decide, decide_many, notes_left
from tests.engine.enrolled import DAY, FREE, NOW, done, enrollment, enrollments, instants, person, sender, step, terms

APPROACH = step("approach")


def test_a_send_names_step_kind_time_options_and_rule() -> None:
    decision = decide(enrollment(APPROACH, entered_at=NOW + DAY), NOW, 7)
    assert isinstance(decision, Send)
    assert (decision.step_key, decision.kind, decision.not_before) == (1, Kind.INVITE_NOTE, NOW + DAY)
    assert decision.why == "An invite fits best"
    assert len(decision.options) == 5
    assert decision.rule == EPOCH_RULE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"person": person(suppressed=True, replied_at=NOW)}, "suppressed"),
        ({"person": person(replied_at=NOW - DAY)}, "replied"),
        ({"person": person(replied_at=NOW), "campaign_state": "paused"}, "replied"),
        ({"person": person(replied_at=NOW), "uncertain_open": True}, "replied"),
        ({"person": person(suppressed=True), "state": "finished"}, "suppressed"),
        ({"state": "stopped"}, "stopped"),
    ],
)
def test_what_stops_comes_before_everything(changes: dict[str, Any], reason: str) -> None:
    decision = decide(enrollment(APPROACH, **changes), NOW, 7)
    assert isinstance(decision, Stop)
    assert decision.reason == reason
    assert decision.why


UNCERTAIN = (done(9, Kind.DM, state=TouchState.UNCERTAIN),)
UNDER_WAY = (done(9, Kind.DM, state=TouchState.DISPATCHING),)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"state": "held"}, "stopped"),
        ({"campaign_state": "paused"}, "paused_campaign"),
        ({"campaign_state": "draft"}, "paused_campaign"),
        ({"campaign_state": "paused", "sender": sender(state="frozen")}, "paused_campaign"),
        ({"sender": sender(state="paused")}, "paused_sender"),
        ({"sender": sender(state="setting_up")}, "paused_sender"),
        ({"sender": sender(state="archived")}, "paused_sender"),
        ({"sender": sender(state="disconnected")}, "disconnected"),
        ({"sender": sender(state="frozen"), "uncertain_open": True}, "frozen"),
        ({"uncertain_open": True, "in_conversation_with": 12}, "uncertain_open"),
        ({"done": UNCERTAIN}, "uncertain_open"),
        ({"done": UNDER_WAY}, "uncertain_open"),
        ({"in_conversation_with": 12, "needs_approval": True}, "in_conversation"),
        ({"needs_approval": True, "missing_text": "company"}, "needs_approval"),
        ({"missing_text": "company"}, "missing_text"),
    ],
)
def test_what_holds_up_waits_until_a_fact_changes(changes: dict[str, Any], cause: str) -> None:
    decision = decide(enrollment(APPROACH, **changes), NOW, 7)
    assert isinstance(decision, Wait)
    assert (decision.cause, decision.until) == (cause, None)
    assert decision.why


@pytest.mark.parametrize(
    "changes", [{"sender": sender(state="resting")}, {"in_conversation_with": 11}, {"state": "waiting"}]
)
def test_what_does_not_hold_up(changes: dict[str, Any]) -> None:
    assert isinstance(decide(enrollment(APPROACH, **changes), NOW, 7), Send)


def test_a_sequence_that_is_over_finishes_even_when_a_text_is_missing() -> None:
    assert decide(enrollment(missing_text="company"), NOW, 7) == Finish("all_steps_done")


def test_an_invite_to_somebody_who_has_one_pending_is_skipped_at_once() -> None:
    f = enrollment(step("invite", wait_min_h=168), person=person(invitation=Invitation.PENDING, invited_at=NOW))
    decision = decide(f, NOW, 7)
    assert isinstance(decision, Skip)
    assert decision.why == "An invite is waiting for an answer"
    assert decision.options


def test_a_cool_down_waits_exactly_until_it_is_over() -> None:
    f = enrollment(step("invite"), person=person(invite_not_before=NOW + 9 * DAY))
    decision = decide(f, NOW, 7)
    assert isinstance(decision, Wait)
    assert (decision.cause, decision.until) == (Cause.COOL_DOWN, NOW + 9 * DAY)
    assert isinstance(decide(f, NOW + 9 * DAY, 7), Send)


def test_a_cool_down_that_is_over_when_the_step_falls_due_is_none() -> None:
    f = enrollment(step("invite", wait_min_h=240, wait_max_h=240), person=person(invite_not_before=NOW + 9 * DAY))
    assert decide(f, NOW, 7) == decide(f, NOW + 10 * DAY, 7)
    assert isinstance(decide(f, NOW, 7), Send)


@pytest.mark.parametrize(
    ("credits", "tier", "cause"),
    [(Credits(), 3, Cause.NO_CREDIT), (Credits(available=4, held=4), 2, Cause.HELD_FOR_TIER_3)],
)
def test_an_inmail_without_a_credit_waits_and_an_optional_one_is_skipped(
    credits: Credits, tier: int, cause: Cause
) -> None:
    f = enrollment(step("inmail"), person=person(tier=tier), sender=sender(credits=credits))
    decision = decide(f, NOW, 7)
    assert isinstance(decision, Wait)
    assert (decision.cause, decision.until) == (cause, None)
    assert isinstance(decide(replace(f, steps=(step("inmail", optional=True),)), NOW, 7), Skip)


def test_what_may_be_known_by_then_is_judged_when_the_step_falls_due() -> None:
    f = enrollment(step("like", optional=True, wait_min_h=24, wait_max_h=24), person=person(has_post=False))
    decision = decide(f, NOW, 7)
    assert isinstance(decision, Wait)
    assert (decision.cause, decision.until) == (Cause.NOT_DUE, NOW + DAY)
    assert isinstance(decide(f, NOW + DAY, 7), Skip)


def test_a_text_that_the_step_does_not_have_blocks_the_touch() -> None:
    f = enrollment(step("approach", has_text=False), person=person(degree=Degree.FIRST))
    decision = decide(f, NOW, 7)
    assert isinstance(decision, Wait)
    assert decision.cause == Cause.MISSING_TEXT
    assert isinstance(decide(replace(f, person=person()), NOW, 7), Send)


FOLLOW_UP = (step("inmail", 1), step("inmail", 2, wait_min_h=24, wait_max_h=24), step("inmail", 3))


def test_a_silent_inmail_has_one_follow_up_no_earlier_than_five_days_later() -> None:
    f = enrollment(*FOLLOW_UP, person=person(tier=3), done=(done(1, Kind.INMAIL),))
    second = decide(f, NOW, 7)
    assert isinstance(second, Send)
    assert (second.step_key, second.not_before) == (2, NOW + 5 * DAY)
    third = decide(replace(f, done=(*f.done, done(2, Kind.INMAIL, NOW + 5 * DAY))), NOW, 7)
    assert isinstance(third, Skip)
    assert third.step_key == 3


def test_a_plan_without_follow_ups_skips_the_second_inmail() -> None:
    by = sender(terms=terms(follow_up="none"))
    f = enrollment(*FOLLOW_UP, person=person(tier=3), sender=by, done=(done(1, Kind.INMAIL),))
    assert isinstance(decide(f, NOW, 7), Skip)


@pytest.mark.parametrize(
    ("used", "month", "kind"),
    [(4, 202703, Kind.INVITE_NOTE), (5, 202703, Kind.INVITE), (5, 202702, Kind.INVITE_NOTE)],
)
def test_a_free_sender_invites_without_a_note_once_the_months_notes_are_used_up(
    used: int, month: int, kind: Kind
) -> None:
    notes = Allowance(Budget.NOTES_MONTH, Limits(month=5), month=month, month_used=used)
    f = enrollment(step("invite"), sender=sender(terms=FREE), allowances=(notes,))
    decision = decide(f, NOW, 7)
    assert isinstance(decision, Send)
    assert decision.kind is kind


def test_notes_that_are_unlimited_or_not_given_are_not_counted() -> None:
    assert notes_left(enrollment(), NOW) is None
    assert notes_left(enrollment(allowances=(Allowance(Budget.NOTES_MONTH, Limits()),)), NOW) is None


@given(f=enrollments(), now=instants, seed=st.integers() | st.text())
def test_the_same_facts_give_the_same_decision(f: EnrollmentFacts, now, seed: int | str) -> None:
    assert decide(f, now, seed) == decide(replace(f), now, seed)


@given(batch=st.lists(enrollments(), max_size=4), now=instants)
def test_a_batch_decides_as_one_by_one(batch: list[EnrollmentFacts], now) -> None:
    assert decide_many(batch, now, 7) == [decide(f, now, 7) for f in batch]


@given(f=enrollments(), now=instants)
def test_nobody_who_replied_or_is_suppressed_is_ever_touched(f: EnrollmentFacts, now) -> None:
    if f.person.suppressed or f.person.replied_at is not None:
        assert isinstance(decide(f, now, 7), Stop)


@given(f=enrollments(), now=instants)
def test_a_send_is_only_for_a_person_who_is_free(f: EnrollmentFacts, now) -> None:
    decision = decide(f, now, 7)
    if isinstance(decision, Send):
        assert f.campaign_state == "running"
        assert f.sender.state in ("active", "resting")
        assert f.state in ("active", "waiting")
        assert f.in_conversation_with is None
        assert not f.uncertain_open
        assert not {TouchState.UNCERTAIN, TouchState.DISPATCHING, TouchState.RESERVED} & {d.state for d in f.done}
        assert f.postponed_until is None or decision.not_before >= f.postponed_until


@given(f=enrollments(), now=instants)
def test_every_decision_says_why(f: EnrollmentFacts, now) -> None:
    decision = decide(f, now, 7)
    assert decision.why
    assert decision.rule == EPOCH_RULE
    if isinstance(decision, Wait):
        assert decision.cause in set(Cause)


@given(f=enrollments(), now=instants)
def test_a_wait_with_a_time_ends_then(f: EnrollmentFacts, now) -> None:
    """Looking again at `until` never gives the same wait again, or the enrollment would be looked at for ever."""
    decision = decide(f, now, 7)
    if isinstance(decision, Wait) and decision.until is not None:
        assert decision.until > now
        later = decide(f, decision.until, 7)
        assert not isinstance(later, Wait) or later.until is None or later.until > decision.until
