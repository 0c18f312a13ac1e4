"""Which channel for this person now: the cases people argue about, and what must never happen."""

from datetime import timedelta

import pytest
from hypothesis import given

from outreach.engine.causes import Cause
from outreach.engine.channels import _MAY_LIFT, PREFERENCE, WORDS, Why, choose, stale, standing
from outreach.engine.credits import spendable
from outreach.engine.facts import Credits, PersonFacts, SenderFacts, StepFacts
from outreach.engine.kinds import BY_HAND, Degree, Invitation, Kind, Seniority
from tests.engine.enrolled import ACTS, DAY, FREE, NOW, instants, people, person, sender, senders, step, steps, terms

FIRST = {"degree": Degree.FIRST}
LATER, EARLIER = NOW + DAY, NOW - DAY


@pytest.mark.parametrize(
    ("act", "who", "by", "kind", "cause"),
    [
        # approach: message, free InMail, InMail, invite, in this order
        ("approach", FIRST, {}, Kind.DM, ""),
        ("approach", FIRST | {"open_profile": True, "tier": 3}, {}, Kind.DM, ""),
        ("approach", {"open_profile": True, "tier": 3}, {}, Kind.OPEN_INMAIL, ""),
        ("approach", {"tier": 2}, {}, Kind.INMAIL, ""),
        ("approach", {"tier": 1}, {}, Kind.INVITE_NOTE, ""),
        ("approach", {"tier": 1, "seniority": Seniority.VP}, {}, Kind.INMAIL, ""),
        ("approach", {"tier": 1, "seniority": Seniority.DIRECTOR}, {}, Kind.INVITE_NOTE, ""),
        ("approach", {"tier": 3}, {"credits": Credits()}, Kind.INVITE_NOTE, ""),
        ("approach", {"tier": 2}, {"credits": Credits(available=9, held=9)}, Kind.INVITE_NOTE, ""),
        ("approach", {"tier": 2}, {"credits": Credits(available=9, held=9, expiring=1)}, Kind.INMAIL, ""),
        ("approach", {"tier": 3}, {"credits": Credits(available=9, held=9)}, Kind.INMAIL, ""),
        ("approach", {"tier": 3}, {"credits": Credits(available=9, blocked="provider below")}, Kind.INVITE_NOTE, ""),
        ("approach", {"tier": 3, "inmail_allowed": False}, {}, Kind.INVITE_NOTE, ""),
        ("approach", {"open_profile": True, "inmail_allowed": False}, {}, Kind.INVITE_NOTE, ""),
        ("approach", {"open_profile": True, "tier": 3}, {"terms": terms(open_month=0)}, Kind.INVITE_NOTE, ""),
        ("approach", {"open_profile": None, "tier": 3}, {}, Kind.INMAIL, ""),
        ("approach", {"degree": Degree.UNKNOWN}, {}, Kind.INVITE_NOTE, ""),
        ("approach", {"invitation": Invitation.PENDING}, {}, None, "no_channel"),
        ("approach", {"invitation": Invitation.DECLINED}, {}, None, "no_channel"),
        ("approach", {"invitation": Invitation.DECLINED, "tier": 3}, {"credits": Credits()}, None, "no_credit"),
        ("approach", {"invite_not_before": LATER}, {}, None, "cool_down"),
        ("approach", {"invite_not_before": LATER, "tier": 3}, {"credits": Credits()}, None, "cool_down"),
        # inmail: never an invite
        ("inmail", FIRST, {}, Kind.DM, ""),
        ("inmail", {"open_profile": True}, {}, Kind.OPEN_INMAIL, ""),
        ("inmail", {"tier": 2}, {}, Kind.INMAIL, ""),
        ("inmail", {"tier": 1}, {}, None, "no_channel"),
        ("inmail", {"tier": 3}, {"terms": FREE}, None, "no_channel"),
        ("inmail", {"tier": 3, "inmail_allowed": False}, {}, None, "no_channel"),
        ("inmail", {"tier": 3}, {"credits": Credits()}, None, "no_credit"),
        ("inmail", {"tier": 3}, {"credits": Credits(available=3, blocked="provider below")}, None, "no_credit"),
        ("inmail", {"tier": 2}, {"credits": Credits(available=3, held=5)}, None, "held_for_tier_3"),
        # invite
        ("invite", {}, {}, Kind.INVITE_NOTE, ""),
        ("invite", FIRST, {}, None, "no_channel"),
        ("invite", {"invitation": Invitation.PENDING}, {}, None, "no_channel"),
        ("invite", {"invitation": Invitation.DECLINED}, {}, None, "no_channel"),
        ("invite", {"invitation": Invitation.LAPSED}, {}, None, "no_channel"),
        ("invite", {"invitation": Invitation.ACCEPTED}, {}, None, "no_channel"),
        ("invite", {"invitation": Invitation.WITHDRAWN, "invite_not_before": LATER}, {}, None, "cool_down"),
        ("invite", {"invitation": Invitation.WITHDRAWN, "invite_not_before": EARLIER}, {}, Kind.INVITE_NOTE, ""),
        ("invite", {}, {"terms": terms(notes_month=0)}, Kind.INVITE, ""),
        ("invite", {}, {"terms": FREE}, Kind.INVITE_NOTE, ""),
        ("invite", {}, {"kinds": frozenset({Kind.INVITE})}, Kind.INVITE, ""),
        # the rest does what it says
        ("message", FIRST, {}, Kind.DM, ""),
        ("message", {}, {}, None, "no_channel"),
        ("message", FIRST, {"kinds": frozenset({Kind.EMAIL})}, None, "no_channel"),
        ("withdraw", {"invitation": Invitation.PENDING}, {}, Kind.WITHDRAW, ""),
        ("withdraw", {"invitation": Invitation.ACCEPTED}, {}, None, "no_channel"),
        ("view", {}, {}, Kind.VIEW, ""),
        ("like", {"has_post": None}, {}, Kind.LIKE, ""),
        ("like", {"has_post": False}, {}, None, "no_channel"),
        ("comment", {"has_post": False}, {}, None, "no_channel"),
        ("email", {"email": True}, {}, Kind.EMAIL, ""),
        ("email", {}, {}, None, "no_channel"),
        ("whatsapp", {"phone": True}, {}, Kind.WHATSAPP, ""),
        ("whatsapp", {}, {}, None, "no_channel"),
        ("call", {}, {"kinds": frozenset()}, Kind.CALL, ""),
        ("task", {}, {"kinds": frozenset()}, Kind.TASK, ""),
    ],
)
def test_the_channel_for(act: str, who: dict, by: dict, kind: Kind | None, cause: str) -> None:
    choice = choose(person(**who), sender(**by), step(act), NOW)
    assert (choice.kind, choice.cause) == (kind, cause)


def test_an_invite_goes_without_a_note_when_the_step_has_none() -> None:
    assert choose(person(), sender(), step("invite", has_note=False), NOW).kind is Kind.INVITE


def test_an_invite_goes_without_its_note_when_the_months_notes_are_used_up() -> None:
    choice = choose(person(), sender(terms=FREE), step("invite"), NOW, notes_left=0)
    assert choice.kind is Kind.INVITE
    assert choice.options[0].why == "notes_used_up"


def test_unlimited_notes_do_not_run_out() -> None:
    assert choose(person(), sender(), step("invite"), NOW, notes_left=0).kind is Kind.INVITE_NOTE


def test_every_option_says_why_it_lost() -> None:
    choice = choose(person(tier=3), sender(credits=Credits()), step("approach"), NOW)
    assert {option.kind: option.why for option in choice.options} == {
        Kind.DM: "not_connected",
        Kind.OPEN_INMAIL: "not_open_profile",
        Kind.INMAIL: "no_credit",
        Kind.INVITE_NOTE: "invite_fits",
        Kind.INVITE: "outranked",
    }
    assert choice.why == "invite_fits"


def test_only_an_inmail_costs_a_credit() -> None:
    choice = choose(person(tier=3), sender(), step("approach"), NOW)
    assert {option.kind for option in choice.options if option.cost} == {Kind.INMAIL}


def test_an_unknown_act_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="The act 'shout' is not known: use one of approach, call"):
        choose(person(), sender(), step("shout"), NOW)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({"checked_at": None}, True),
        ({"checked_at": NOW - 7 * DAY}, False),
        ({"checked_at": NOW - 7 * DAY - timedelta(seconds=1)}, True),
        ({"checked_at": None} | FIRST, False),
    ],
)
def test_a_profile_is_stale_after_a_week_unless_they_are_connected(who: dict, expected: bool) -> None:
    assert stale(person(**who), NOW) is expected


def test_every_act_and_every_reason_has_its_words() -> None:
    assert set(PREFERENCE) == set(ACTS)
    assert set(WORDS) == set(Why)
    assert {*_MAY_LIFT.values(), "no_channel"} <= set(Cause)


@given(p=people, s=senders, what=steps(), now=instants)
def test_never_spends_a_credit_that_may_not_be_spent(p: PersonFacts, s: SenderFacts, what: StepFacts, now) -> None:
    if choose(p, s, what, now).kind is Kind.INMAIL:
        assert spendable(s.credits, standing(p)) >= 1
        assert s.terms.inmail
        assert not p.open_profile
        assert not p.connected
        assert p.inmail_allowed is not False


@given(p=people, s=senders, what=steps(), now=instants)
def test_never_invites_whom_an_invite_may_not_reach(p: PersonFacts, s: SenderFacts, what: StepFacts, now) -> None:
    if choose(p, s, what, now).kind in (Kind.INVITE, Kind.INVITE_NOTE):
        assert not p.connected
        assert p.invitation in (Invitation.NONE, Invitation.WITHDRAWN)
        assert p.invite_not_before is None or p.invite_not_before <= now


@given(p=people, s=senders, what=steps(), now=instants)
def test_the_choice_is_the_first_possible_option_and_explains_itself(
    p: PersonFacts, s: SenderFacts, what: StepFacts, now
) -> None:
    choice = choose(p, s, what, now)
    possible = [option.kind for option in choice.options if option.ok]
    assert choice.kind == (possible[0] if possible else None)
    assert choice.kind is None or choice.kind in s.kinds | BY_HAND
    assert tuple(option.kind for option in choice.options) == PREFERENCE[what.act]
    assert (choice.kind is None) == bool(choice.cause)
    assert all(Why(option.why) in WORDS for option in choice.options)
    assert choice == choose(p, s, what, now)
