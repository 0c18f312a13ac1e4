"""The ready-made plays, walked from the first step to the last, and the worst cases of their texts."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from liquid import Environment, StrictUndefined

from outreach.engine.channels import PREFERENCE
from outreach.engine.decisions import Finish, Send, Skip, Wait
from outreach.engine.facts import EnrollmentFacts, PersonFacts
from outreach.engine.kinds import TEXTS, Degree, Invitation, Kind, TouchState
from outreach.engine.planner import decide
from outreach.engine.plays import PLAYS, REHEARSAL, SENIOR_FIRST, ULTRA, VOLUME, Play, PlayStep
from tests.engine.enrolled import DAY, FREE, NOW, done, enrollment, person, sender

INVITES = (Kind.INVITE, Kind.INVITE_NOTE)
COOL_DOWN = 21 * DAY


def walk(f: EnrollmentFacts, *, accepts_after: timedelta | None = None) -> list[tuple[str, int]]:
    """Carry out every decision at the moment it names. Gives (kind, whole days since entry) of what was sent."""
    now, sent, accepted_at = f.entered_at, [], None
    for _ in range(40):
        decision = decide(f, now, 7)
        match decision:
            case Finish():
                return sent
            case Skip():
                f = replace(f, done=(*f.done, done(decision.step_key, decision.kind, now, TouchState.SKIPPED)))
                continue
            case Wait():
                assert decision.until is not None, decision
                due = decision.until
            case Send():
                due = max(now, decision.not_before)
        if accepted_at is not None and accepted_at <= due:
            f, now, accepted_at = accepted(f, accepted_at), accepted_at, None
            continue
        now = due
        if isinstance(decision, Send):
            sent.append((decision.kind.value, (now - f.entered_at).days))
            f = replace(
                f, done=(*f.done, done(decision.step_key, decision.kind, now)), person=touched(f, decision, now)
            )
            if decision.kind in INVITES and accepts_after is not None:
                accepted_at = now + accepts_after
    raise AssertionError(f"the sequence does not end: {sent}")


def touched(f: EnrollmentFacts, decision: Send, now: datetime) -> PersonFacts:
    if decision.kind in INVITES:
        return replace(f.person, invitation=Invitation.PENDING, invited_at=now)
    if decision.kind is Kind.WITHDRAW:
        return replace(f.person, invitation=Invitation.WITHDRAWN, invite_not_before=now + COOL_DOWN)
    return f.person


def accepted(f: EnrollmentFacts, at: datetime) -> EnrollmentFacts:
    return replace(
        f,
        person=replace(f.person, degree=Degree.FIRST, connected_at=at, invitation=Invitation.ACCEPTED),
    )


def entered(play: Play, **who: object) -> EnrollmentFacts:
    return enrollment(*play.facts, person=person(**who))


def test_volume_with_an_acceptance() -> None:
    assert walk(entered(VOLUME), accepts_after=3 * DAY) == [("invite_note", 0), ("dm", 4), ("dm", 8), ("dm", 14)]


def test_volume_with_silence_is_withdrawn_and_not_invited_again() -> None:
    assert walk(entered(VOLUME)) == [("invite_note", 0), ("withdraw", 21)]


def test_volume_with_a_late_acceptance() -> None:
    assert walk(entered(VOLUME), accepts_after=20 * DAY)[:2] == [("invite_note", 0), ("dm", 21)]


def test_volume_with_an_open_profile_invites_after_the_free_inmail_stayed_silent() -> None:
    (first, second, last) = walk(entered(VOLUME, open_profile=True))
    assert first == ("open_inmail", 0)
    assert second[0] == "invite_note"
    assert 7 <= second[1] <= 10
    assert last == ("withdraw", second[1] + 21)


def test_volume_with_somebody_connected_already_sends_messages_only() -> None:
    sent = walk(entered(VOLUME, degree=Degree.FIRST, connected_at=NOW - 900 * DAY))
    assert sent == [("dm", 0), ("dm", 1), ("dm", 5), ("dm", 11)]


def test_volume_with_a_decline_is_over() -> None:
    f = entered(VOLUME, invitation=Invitation.DECLINED)
    assert walk(replace(f, done=(done(1, Kind.INVITE_NOTE),))) == []


def test_senior_spends_a_credit_first_and_invites_after_the_silence() -> None:
    first, second, *messages = walk(entered(SENIOR_FIRST, tier=3), accepts_after=2 * DAY)
    assert first == ("inmail", 0)
    assert second[0] == "invite_note"
    assert 7 <= second[1] <= 10
    assert [kind for kind, _ in messages] == ["dm", "dm", "dm"]


def test_senior_with_an_open_profile_costs_nothing() -> None:
    assert walk(entered(SENIOR_FIRST, tier=3, open_profile=True))[0] == ("open_inmail", 0)


def test_senior_without_inmail_goes_on_with_the_invite() -> None:
    f = replace(entered(SENIOR_FIRST, tier=3), sender=sender(terms=FREE))
    assert [kind for kind, _ in walk(f)] == ["invite_note", "withdraw"]


def test_ultra_engages_before_the_inmail_and_calls_before_it_withdraws() -> None:
    sent = walk(entered(ULTRA, tier=3))
    assert [kind for kind, _ in sent] == ["view", "like", "inmail", "invite_note", "call", "withdraw"]
    assert [day for _, day in sent[:3]] == [0, 1, 2]
    assert sent[-1][1] - sent[3][1] == 21


def test_ultra_without_a_post_goes_on_without_the_like() -> None:
    assert [kind for kind, _ in walk(entered(ULTRA, tier=3, has_post=False))][:2] == ["view", "inmail"]


def test_ultra_with_an_acceptance_sends_the_messages_before_the_call() -> None:
    sent = walk(entered(ULTRA, tier=3), accepts_after=DAY)
    assert [kind for kind, _ in sent] == ["view", "like", "inmail", "invite_note", "dm", "dm", "dm", "call"]


def test_a_rehearsal_goes_the_whole_way_at_once() -> None:
    assert walk(entered(REHEARSAL), accepts_after=timedelta(minutes=1)) == [("invite_note", 0), ("dm", 0), ("dm", 0)]
    assert walk(entered(REHEARSAL, degree=Degree.FIRST, connected_at=NOW - 900 * DAY)) == [("dm", 0)] * 3
    assert walk(entered(REHEARSAL, tier=2)) == [("inmail", 0)]
    assert walk(entered(REHEARSAL, open_profile=True)) == [("open_inmail", 0)]


def test_only_the_rehearsal_is_for_practice_seats() -> None:
    assert [play.key for play in PLAYS.values() if play.practice] == ["rehearsal"]


EVERY_STEP = [(play.key, each) for play in PLAYS.values() for each in play.steps]


def rendered(template: str, **variables: str) -> str:
    text: str = Environment(undefined=StrictUndefined).from_string(template).render(**variables)
    return text


WORST = {"first_name": "W" * 30, "company": "W" * 60}


@pytest.mark.parametrize(("play", "each"), EVERY_STEP, ids=lambda value: getattr(value, "key", value))
def test_the_texts_of_a_step_fit_in_the_worst_case(play: str, each: PlayStep) -> None:
    assert len(rendered(each.note, **WORST)) <= 200
    assert len(rendered(each.subject, **WORST)) <= 200
    assert len(rendered(each.text, **WORST)) <= 1900


@pytest.mark.parametrize(("play", "each"), EVERY_STEP, ids=lambda value: getattr(value, "key", value))
def test_the_texts_of_a_step_read_well_without_any_variable(play: str, each: PlayStep) -> None:
    for template in (each.note, each.subject, each.text):
        text = rendered(template, first_name="", company="")
        assert "{" not in text
        assert "  " not in text
        assert "\n" not in text.replace("\n\n", "")


@pytest.mark.parametrize(("play", "each"), EVERY_STEP, ids=lambda value: getattr(value, "key", value))
def test_a_step_has_the_texts_that_its_channels_carry(play: str, each: PlayStep) -> None:
    kinds = set(PREFERENCE[each.act])
    assert bool(each.note) == (Kind.INVITE_NOTE in kinds)
    assert bool(each.subject) == (Kind.INMAIL in kinds)
    assert bool(each.text) == bool(kinds & (TEXTS - {Kind.INVITE_NOTE} | {Kind.CALL, Kind.TASK}))
    assert (each.facts.has_text, each.facts.has_note) == (bool(each.text), bool(each.note))


@pytest.mark.parametrize("play", PLAYS.values(), ids=lambda play: play.key)
def test_the_steps_of_a_play_have_keys_of_their_own_in_order(play: Play) -> None:
    keys = [each.key for each in play.steps]
    assert keys == list(range(1, len(keys) + 1))
