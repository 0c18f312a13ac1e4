"""Which step comes next, and what an answer or a refusal does to it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.causes import Cause
from outreach.engine.decisions import Finish, Reaction, Wait
from outreach.engine.facts import EnrollmentFacts
from outreach.engine.kinds import Degree, Invitation, Kind, TouchState
from outreach.engine.refusals import CONSEQUENCES, Effect, Scope, after_refusal
from outreach.engine.sequence import (
    REACTIONS,
    InboundKind,
    NextStep,
    done_keys,
    next_step,
    postponed_until,
    react,
    wait,
)
from tests.engine.enrolled import DAY, NOW, done, enrollment, enrollments, instants, person, step

INVITE = step("invite", 1, when="not_connected")
HELLO = step("message", 2, when="connected", after="accepted", wait_min_h=24, wait_max_h=24)
AGAIN = step("message", 3, when="connected", wait_min_h=96, wait_max_h=96)
WITHDRAW = step("withdraw", 4, when="not_connected", after="invite", wait_min_h=504, wait_max_h=504)
PLAY = (INVITE, HELLO, AGAIN, WITHDRAW)

PENDING = person(invitation=Invitation.PENDING, invited_at=NOW)
ACCEPTED = person(invitation=Invitation.ACCEPTED, invited_at=NOW, degree=Degree.FIRST, connected_at=NOW + 3 * DAY)
INVITED = done(1, Kind.INVITE)


def after(f: EnrollmentFacts) -> tuple[int, timedelta]:
    """Key and due time (since NOW) of the next step."""
    found = next_step(f, NOW, 7)
    assert isinstance(found, NextStep)
    return found.step.key, found.due - NOW


def test_the_first_step_is_due_at_once() -> None:
    assert after(enrollment(*PLAY)) == (1, timedelta(0))


def test_a_silent_invite_is_withdrawn_21_days_after_it_was_sent() -> None:
    assert after(enrollment(*PLAY, person=PENDING, done=(INVITED,))) == (4, 21 * DAY)


def test_an_acceptance_leads_to_the_message_a_day_later() -> None:
    assert after(enrollment(*PLAY, person=ACCEPTED, done=(INVITED,))) == (2, 4 * DAY)


def test_a_wait_counts_from_the_last_touch_that_was_sent() -> None:
    touches = (INVITED, done(2, Kind.DM, NOW + 4 * DAY))
    assert after(enrollment(*PLAY, person=ACCEPTED, done=touches)) == (3, 8 * DAY)


def test_a_late_acceptance_still_leads_to_the_messages() -> None:
    touches = (INVITED, done(5, Kind.CALL, NOW + 20 * DAY))
    late = replace(ACCEPTED, connected_at=NOW + 25 * DAY)
    assert after(enrollment(*PLAY, step("call", 5), person=late, done=touches)) == (2, 26 * DAY)


def test_people_connected_for_years_do_not_get_two_messages_at_once() -> None:
    old_friend = person(degree=Degree.FIRST, connected_at=NOW - 900 * DAY)
    play = (step("approach", 1), HELLO)
    assert after(enrollment(*play, person=old_friend, done=(done(1, Kind.DM),))) == (2, DAY)


def test_a_wait_after_the_acceptance_counts_from_the_entry_when_nobody_saw_it() -> None:
    assert after(enrollment(HELLO, person=person(degree=Degree.FIRST))) == (2, DAY)


def test_a_postponement_moves_the_due_time_and_never_earlier() -> None:
    assert after(enrollment(INVITE, postponed_until=NOW + 7 * DAY)) == (1, 7 * DAY)
    assert after(enrollment(INVITE, postponed_until=NOW - 7 * DAY)) == (1, timedelta(0))


def test_a_message_needs_a_connection_whatever_its_condition_says() -> None:
    play = (INVITE, step("message", 2), WITHDRAW)
    assert after(enrollment(*play, person=PENDING, done=(INVITED,)))[0] == 4


def test_while_the_invite_is_pending_and_only_messages_are_left_it_waits_30_days() -> None:
    f = enrollment(INVITE, HELLO, person=PENDING, done=(INVITED,))
    found = next_step(f, NOW + DAY, 7)
    assert isinstance(found, Wait)
    assert (found.cause, found.until) == (Cause.WAITING_ANSWER, NOW + 30 * DAY)
    assert next_step(f, NOW + 30 * DAY, 7) == Finish("nothing_left_for_this_person")


def test_a_declined_invite_ends_what_hangs_on_it() -> None:
    declined = replace(PENDING, invitation=Invitation.DECLINED)
    assert next_step(enrollment(*PLAY, person=declined, done=(INVITED,)), NOW, 7) == Finish(
        "nothing_left_for_this_person"
    )


def test_a_withdrawn_invite_is_not_followed_by_another() -> None:
    withdrawn = replace(PENDING, invitation=Invitation.WITHDRAWN, invite_not_before=NOW + 42 * DAY)
    touches = (INVITED, done(4, Kind.WITHDRAW, NOW + 21 * DAY))
    assert isinstance(next_step(enrollment(*PLAY, person=withdrawn, done=touches), NOW + 50 * DAY, 7), Finish)


def test_when_every_step_is_done_it_is_over() -> None:
    assert next_step(enrollment(INVITE, done=(INVITED,)), NOW, 7) == Finish("all_steps_done")
    assert next_step(enrollment(), NOW, 7) == Finish("all_steps_done")


@pytest.mark.parametrize(
    ("state", "used_up"),
    [
        (TouchState.PLANNED, False),
        (TouchState.RESERVED, True),
        (TouchState.DISPATCHING, True),
        (TouchState.SENT, True),
        (TouchState.REFUSED, True),
        (TouchState.UNCERTAIN, True),
        (TouchState.NOT_SENT, False),
        (TouchState.CANCELLED, False),
        (TouchState.SKIPPED, True),
    ],
)
def test_which_attempts_use_a_step_up(state: TouchState, used_up: bool) -> None:
    assert (1 in done_keys(enrollment(INVITE, done=(done(1, Kind.INVITE, state=state),)))) is used_up


def test_an_attempt_that_was_not_sent_does_not_move_the_waits() -> None:
    touches = (INVITED, done(2, Kind.DM, NOW + 9 * DAY, TouchState.NOT_SENT))
    assert after(enrollment(*PLAY, person=ACCEPTED, done=touches)) == (2, 4 * DAY)


@pytest.mark.parametrize(
    ("field", "message"),
    [({"when": "maybe"}, "condition 'maybe' is not known"), ({"after": "lunch"}, "after 'lunch' is not known")],
)
def test_a_step_nobody_understands_is_refused_in_one_sentence(field: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        next_step(enrollment(replace(INVITE, **field)), NOW, 7)


@given(f=enrollments(), seed=st.integers(), low=st.integers(0, 300), more=st.integers(0, 100))
def test_the_wait_is_drawn_once_and_lies_between_its_bounds(f: EnrollmentFacts, seed: int, low: int, more: int) -> None:
    what = step("view", 3, wait_min_h=low, wait_max_h=low + more)
    drawn = wait(what, f, seed)
    assert timedelta(hours=low) <= drawn <= timedelta(hours=low + more)
    assert drawn == wait(what, replace(f, entered_at=NOW, done=()), seed)


def test_waits_differ_between_people_seeds_steps_and_generations() -> None:
    what = step("view", 3, wait_min_h=168, wait_max_h=240)
    f = enrollment()
    drawn = {
        wait(what, f, 7),
        wait(what, f, 8),
        wait(what, replace(f, id=12), 7),
        wait(what, replace(f, generation=2), 7),
        wait(replace(what, key=4), f, 7),
    }
    assert len(drawn) == 5


@given(f=enrollments(), now=instants)
def test_a_step_is_never_offered_twice(f: EnrollmentFacts, now) -> None:
    found = next_step(f, now, 7)
    if isinstance(found, NextStep):
        assert found.step.key not in done_keys(f)
        assert found.step in f.steps
    assert found == next_step(f, now, 7)


@given(f=enrollments(), now=instants)
def test_every_sequence_ends(f: EnrollmentFacts, now) -> None:
    for _ in range(len(f.steps) + 1):
        found = next_step(f, now, 7)
        if not isinstance(found, NextStep):
            break
        f = replace(f, done=(*f.done, done(found.step.key, Kind.TASK, found.due, attempt=99)))
    else:
        pytest.fail("a step came back")


# What comes in


@pytest.mark.parametrize(
    ("kind", "sequence", "returns", "human", "suppresses", "also"),
    [
        ("message", "stop", True, True, False, "stop_everywhere"),
        ("quick_reply", "stop", True, True, False, "stop_everywhere"),
        ("inmail_accepted", "branch", True, False, False, ""),
        ("inmail_declined", "stop", True, False, False, "no_more_inmail"),
        ("out_of_office", "postpone", True, False, False, ""),
        ("opt_out", "stop", True, True, True, "before_classifier"),
        ("invite_accepted", "branch", False, False, False, "dm_possible"),
        ("invite_vanished", "continue", False, False, False, "no_more_invites"),
        ("reaction", "continue", False, False, False, "intent"),
        ("view", "continue", False, False, False, "intent"),
        ("bounce", "end_email", False, False, False, "suppress_address"),
        ("own_message", "postpone", False, False, False, "suggest_adjustment"),
    ],
)
def test_what_an_inbound_event_does(
    kind: str, sequence: str, returns: bool, human: bool, suppresses: bool, also: str
) -> None:
    reaction: Reaction = react(InboundKind(kind))
    assert reaction.sequence == sequence
    assert (reaction.returns_credit, reaction.human_reply, reaction.suppresses) == (returns, human, suppresses)
    assert not also or also in reaction.also
    assert reaction.reason


def test_every_inbound_event_has_its_reaction() -> None:
    assert set(REACTIONS) == set(InboundKind)


def test_only_an_opt_out_suppresses_and_every_human_reply_stops_everywhere() -> None:
    assert [kind for kind, reaction in REACTIONS.items() if reaction.suppresses] == [InboundKind.OPT_OUT]
    for reaction in REACTIONS.values():
        assert reaction.human_reply == ("stop_everywhere" in reaction.also)


@pytest.mark.parametrize(
    ("kind", "given_date", "gap_h", "until"),
    [
        (InboundKind.OUT_OF_OFFICE, None, 0, NOW + 7 * DAY),
        (InboundKind.OUT_OF_OFFICE, NOW + 20 * DAY, 0, NOW + 20 * DAY),
        (InboundKind.OUT_OF_OFFICE, NOW - DAY, 0, NOW + 7 * DAY),
        (InboundKind.OWN_MESSAGE, None, 96, NOW + 4 * DAY),
        (InboundKind.MESSAGE, None, 96, None),
        (InboundKind.REACTION, None, 96, None),
    ],
)
def test_until_when_an_event_postpones(kind: InboundKind, given_date, gap_h: int, until) -> None:
    assert postponed_until(kind, NOW, given_date, gap_h) == until


# Refusals


@pytest.mark.parametrize(
    ("code", "scope", "effect", "state"),
    [
        ("already_connected", "person", "connected", "refused"),
        ("no_connection_with_recipient", "person", "not_connected", "refused"),
        ("already_invited_recently", "person", "cool_down", "refused"),
        ("cannot_invite_attendee", "person", "no_invite", "refused"),
        ("user_unreachable", "person", "unreachable", "refused"),
        ("invalid_recipient", "person", "unreachable", "refused"),
        ("blocked_recipient", "person", "unreachable", "refused"),
        ("not_allowed_inmail", "person", "no_inmail", "refused"),
        ("comments_disabled", "person", "skip", "refused"),
        ("something_new", "person", "skip", "refused"),
        ("", "person", "skip", "refused"),
        ("cannot_resend_yet", "sender", "rest", "not_sent"),
        ("limit_exceeded", "sender", "rest", "not_sent"),
        ("too_many_requests", "sender", "rest", "not_sent"),
        ("insufficient_credits", "sender", "hold_credits", "not_sent"),
        ("feature_not_subscribed", "sender", "configure", "not_sent"),
        ("resource_not_found", "sender", "configure", "not_sent"),
        ("account_restricted", "sender", "freeze", "not_sent"),
        ("disconnected_account", "sender", "reconnect", "not_sent"),
        ("too_many_characters", "content", "fix_text", "not_sent"),
        ("errors/already_connected", "person", "connected", "refused"),
        ("provider/too_many_requests", "sender", "rest", "not_sent"),
    ],
)
def test_what_follows_a_refusal(code: str, scope: str, effect: str, state: str) -> None:
    consequence = after_refusal(code)
    assert (consequence.scope, consequence.effect, consequence.state) == (scope, effect, state)


def test_only_a_refusal_about_the_person_uses_their_step_up() -> None:
    for consequence in CONSEQUENCES.values():
        assert (consequence.state is TouchState.REFUSED) == (consequence.scope is Scope.PERSON)
        assert consequence.why


def test_every_effect_has_a_refusal_that_leads_to_it() -> None:
    assert {consequence.effect for consequence in CONSEQUENCES.values()} == set(Effect)


def refused(code: str, **changes: Any) -> EnrollmentFacts:
    touches = (done(1, Kind.INVITE, NOW, TouchState.REFUSED, code),)
    return enrollment(*PLAY, step("call", 5), **{"done": touches} | changes)


@pytest.mark.parametrize("code", ["user_unreachable", "invalid_recipient", "blocked_recipient"])
def test_who_cannot_be_reached_is_left_alone(code: str) -> None:
    assert next_step(refused(code), NOW, 7) == Finish("unreachable")


def test_who_cannot_be_invited_is_not_invited_again_and_may_be_called() -> None:
    f = refused("cannot_invite_attendee")
    again = replace(INVITE, key=6)
    assert after(replace(f, steps=(*f.steps, again)))[0] == 5
    assert next_step(replace(f, steps=PLAY), NOW, 7) == Finish("unreachable")


def test_who_turns_out_to_be_connected_gets_the_messages() -> None:
    assert after(refused("already_connected", person=person(degree=Degree.FIRST, connected_at=NOW))) == (2, DAY)


def test_a_refused_inmail_is_passed_over() -> None:
    play = (step("inmail", 1), replace(INVITE, key=2))
    touches = (done(1, Kind.INMAIL, NOW, TouchState.REFUSED, "not_allowed_inmail"),)
    assert after(enrollment(*play, person=person(inmail_allowed=False), done=touches))[0] == 2


@pytest.mark.parametrize("state", [TouchState.REFUSED, TouchState.NOT_SENT])
def test_a_refused_text_waits_for_a_person(state: TouchState) -> None:
    f = enrollment(*PLAY, done=(done(1, Kind.INVITE_NOTE, NOW, state, "too_many_characters"),))
    found = next_step(f, NOW, 7)
    assert isinstance(found, Wait)
    assert (found.cause, found.until, found.step_key) == (Cause.MISSING_TEXT, None, 1)
    skipped = replace(f, done=(*f.done, done(1, Kind.INVITE_NOTE, NOW, TouchState.SKIPPED, attempt=2)))
    assert not isinstance(next_step(skipped, NOW, 7), Wait)


@pytest.mark.parametrize("state", [TouchState.REFUSED, TouchState.NOT_SENT])
def test_a_limit_of_the_sender_leaves_the_step_to_do(state: TouchState) -> None:
    f = enrollment(*PLAY, done=(done(1, Kind.INVITE, NOW, state, "cannot_resend_yet"),))
    assert after(f)[0] == 1
