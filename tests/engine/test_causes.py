"""Why not yet: one answer, in one order, with its words."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.causes import LIFTED_BY, ORDER, WORDS, Cause, first, stale_inbox, why_not, words_of
from outreach.engine.decisions import Finish, Opening, Send, Skip, Stop, Wait
from outreach.engine.facts import EnrollmentFacts
from outreach.engine.kinds import Invitation, Kind
from outreach.engine.planner import decide
from tests.engine.enrolled import DAY, NOW, done, enrollment, enrollments, instants, person, sender, step

HOUR = timedelta(hours=1)


def test_the_order_of_causes() -> None:
    assert " ".join(Cause) == (
        "suppressed stopped paused_campaign paused_sender disconnected frozen uncertain_open in_conversation "
        "company_throttle needs_approval missing_text waiting_answer not_due cool_down no_channel no_credit "
        "held_for_tier_3 stale_open_profile stale_inbox pending_ceiling month_cap week_cap day_cap warm_up health "
        "limit_rest gap outside_hours holiday queue"
    )


def test_every_cause_has_one_sentence_and_somebody_who_lifts_it() -> None:
    assert set(WORDS) == set(LIFTED_BY) == set(Cause)
    assert len(set(WORDS.values())) == len(Cause)


@pytest.mark.parametrize(
    ("changes", "cause", "words"),
    [
        ({"person": person(replied_at=NOW)}, Cause.STOPPED, f"They replied on {NOW.day} {NOW:%b %Y}"),
        ({"state": "held"}, Cause.STOPPED, "Somebody put the sequence on hold"),
        ({"state": "stopped"}, Cause.STOPPED, "The sequence was stopped for this person"),
        ({"state": "finished"}, Cause.STOPPED, "No step is left for this person"),
        ({"campaign_state": "draft"}, Cause.PAUSED_CAMPAIGN, "The campaign is a draft and has not been launched"),
        ({"campaign_state": "paused"}, Cause.PAUSED_CAMPAIGN, "The campaign is paused"),
        ({"campaign_state": "finished"}, Cause.PAUSED_CAMPAIGN, "The campaign is finished"),
        ({"campaign_state": "archived"}, Cause.PAUSED_CAMPAIGN, "The campaign is put away"),
        ({}, Cause.COOL_DOWN, WORDS[Cause.COOL_DOWN]),
    ],
)
def test_the_words_say_what_the_facts_know(changes: dict[str, Any], cause: Cause, words: str) -> None:
    assert words_of(cause, enrollment(step("invite"), **changes)) == words


@pytest.mark.parametrize(
    ("openings", "cause", "until"),
    [
        ([], Cause.QUEUE, NOW),
        ([Opening(NOW, "gap")], Cause.QUEUE, NOW),
        ([Opening(NOW + HOUR, "gap"), Opening(NOW + DAY, "day_cap")], Cause.DAY_CAP, NOW + DAY),
        ([Opening(NOW + DAY, "gap"), Opening(NOW + HOUR, "day_cap")], Cause.DAY_CAP, NOW + DAY),
        ([Opening(None, "pending_ceiling"), Opening(NOW + DAY, "day_cap")], Cause.PENDING_CEILING, None),
        ([Opening(NOW, "day_cap"), Opening(NOW + HOUR, "outside_hours")], Cause.OUTSIDE_HOURS, NOW + HOUR),
    ],
)
def test_the_first_cause_and_when_all_are_over(openings: list[Opening], cause: Cause, until) -> None:
    assert first(openings, NOW) == (cause, until)


@pytest.mark.parametrize(
    ("decision", "cause", "until"),
    [
        (Stop("suppressed", "x"), Cause.SUPPRESSED, None),
        (Stop("replied", "x"), Cause.STOPPED, None),
        (Finish("x"), Cause.STOPPED, None),
        (Wait("in_conversation", None, "x"), Cause.IN_CONVERSATION, None),
        (Wait("cool_down", NOW + DAY, "x"), Cause.COOL_DOWN, NOW + DAY),
        (Skip(1, Kind.INVITE, "x"), Cause.NO_CHANNEL, None),
        (Send(1, Kind.INVITE, NOW, "x"), Cause.DAY_CAP, NOW + HOUR),
        (Send(1, Kind.INVITE, NOW + DAY, "x"), Cause.NOT_DUE, NOW + DAY),
    ],
)
def test_the_cause_of_a_decision(decision, cause: Cause, until) -> None:
    f = enrollment(step("invite"))
    assert why_not(f, decision, [Opening(NOW + HOUR, "day_cap")], NOW) == (cause, until)


def test_a_planned_withdrawal_is_a_wait_for_the_answer() -> None:
    f = enrollment(step("withdraw"), person=person(invitation=Invitation.PENDING))
    send = Send(1, Kind.WITHDRAW, NOW + DAY, "x")
    assert why_not(f, send, [], NOW) == (Cause.WAITING_ANSWER, NOW + DAY)


def test_a_stale_profile_is_named_before_pacing_and_after_the_due_time() -> None:
    f = enrollment(step("approach"), person=person(checked_at=None))
    openings = [Opening(NOW + HOUR, "gap")]
    assert why_not(f, Send(1, Kind.INVITE, NOW, "x"), openings, NOW) == (Cause.STALE_OPEN_PROFILE, NOW + HOUR)
    assert why_not(f, Send(1, Kind.INVITE, NOW + DAY, "x"), openings, NOW)[0] is Cause.NOT_DUE
    f = enrollment(step("invite"), person=person(checked_at=None))
    assert why_not(f, Send(1, Kind.INVITE, NOW, "x"), openings, NOW)[0] is Cause.GAP


@pytest.mark.parametrize(
    ("looked", "touches", "kind", "stale"),
    [
        (NOW - timedelta(minutes=15), (done(1, Kind.INVITE),), Kind.DM, False),
        (NOW - timedelta(minutes=16), (done(1, Kind.INVITE),), Kind.DM, True),
        (None, (done(1, Kind.INVITE),), Kind.DM, True),
        (None, (), Kind.DM, False),
        (None, (done(1, Kind.INVITE),), Kind.WITHDRAW, False),
    ],
)
def test_no_fresh_inbox_no_follow_up(looked, touches, kind: Kind, stale: bool) -> None:
    f = enrollment(step("message"), sender=sender(inbox_at=looked), done=touches)
    assert stale_inbox(f, kind, NOW) is stale
    expected = Cause.STALE_INBOX if stale else Cause.QUEUE
    assert why_not(f, Send(1, kind, NOW, "x"), [], NOW) == (expected, NOW)


@given(
    f=enrollments(),
    now=instants,
    openings=st.lists(st.builds(Opening, at=st.none() | instants, cause=st.sampled_from([str(c) for c in Cause]))),
)
def test_there_is_one_answer_for_every_enrollment(f: EnrollmentFacts, now, openings: list[Opening]) -> None:
    decision = decide(f, now, 7)
    cause, until = why_not(f, decision, openings, now)
    assert cause in ORDER
    assert until is None or until >= now
    if isinstance(decision, Send):
        ahead = [opening for opening in openings if opening.at is None or opening.at > now]
        assert all(ORDER[cause] <= ORDER[Cause(opening.cause)] for opening in ahead)
