"""The provider's balance beside ours: explained, or held for a person, never overwritten."""

from datetime import timedelta

import pytest

from accounts import ledger
from accounts.models import CreditObservation, CreditTransfer
from tests.accounts.amounts import amounts, spend

DAY = timedelta(days=1)


def look(balance, provider, now, *, in_doubt=0, open_inmails=0, **more):
    return ledger.observe(balance, provider, in_doubt=in_doubt, open_inmails=open_inmails, now=now, **more)


def blocked(balance):
    balance.refresh_from_db()
    return balance.blocked


def give_back(balance, touch, sent_at, responded_at, now):
    return ledger.give_back(balance.pk, touch=touch, sent_at=sent_at, responded_at=responded_at, now=now)


def test_agreement_changes_nothing_and_is_kept(in_tidewell, balance, now):
    assert look(balance, 50, now).outcome == "equal"
    assert amounts(balance) == (50, 0)
    seen = CreditObservation.objects.get()
    assert (seen.provider, seen.ours, seen.in_doubt, seen.outcome) == (50, 50, 0, "equal")


def test_credits_in_doubt_may_or_may_not_be_off_the_provider_s_balance(in_tidewell, balance, now):
    for touch in range(3):
        ledger.reserve(balance.pk, touch=touch, now=now)
    assert look(balance, 48, now, in_doubt=2).outcome == "equal"
    assert look(balance, 50, now, in_doubt=2).outcome == "equal"
    assert look(balance, 47, now, in_doubt=2).outcome == "below"


def test_fewer_than_ours_holds_the_seat_until_they_agree_again(in_tidewell, balance, now):
    found = look(balance, 48, now)
    assert (found.outcome, found.difference, found.hold) == ("below", -2, True)
    assert "2 fewer" in blocked(balance)
    with pytest.raises(ledger.NotEnoughCredits, match="2 fewer"):
        ledger.reserve(balance.pk, touch=1, now=now)
    assert look(balance, 50, now).outcome == "equal"
    assert blocked(balance) == ""
    assert amounts(balance) == (50, 0)


def test_a_person_explains_the_difference_and_inmail_goes_on(in_tidewell, alice, balance, now):
    look(balance, 48, now)
    assert ledger.adjust(balance, -1, by=alice, now=now, note="One sent by hand")
    assert "2 fewer" in blocked(balance)
    assert ledger.adjust(balance, -1, by=alice, now=now, note="And another", key="form-2")
    assert blocked(balance) == ""
    assert amounts(balance) == (48, 0)
    assert ledger.proof() == []


def test_agreement_does_not_lift_what_somebody_else_blocked(in_tidewell, balance, now):
    ledger.block(balance, "The plan is being cancelled.", now=now)
    look(balance, 48, now)
    look(balance, 50, now)
    assert blocked(balance) == "The plan is being cancelled."


def test_more_than_ours_with_open_inmails_are_returns_of_unknown_touches(in_tidewell, balance, now):
    for touch in range(3):
        spend(balance, touch, now)
    found = look(balance, 49, now + DAY, open_inmails=3)
    assert (found.outcome, found.returns) == ("returned", 2)
    assert amounts(balance) == (49, 0)
    booked = CreditTransfer.objects.get(debit="returned")
    assert (booked.amount, booked.touch) == (2, None)
    assert booked.cause == f"observed:{CreditObservation.objects.get().pk}"
    assert look(balance, 49, now + DAY, open_inmails=3).outcome == "equal"
    assert ledger.proof() == []


def test_more_than_ours_without_open_inmails_is_shown_and_not_booked(in_tidewell, balance, now):
    assert look(balance, 51, now).outcome == "above"
    assert amounts(balance) == (50, 0)
    assert blocked(balance) == ""


def test_evidence_names_a_return_that_was_already_counted(in_tidewell, balance, now):
    spend(balance, 1, now)
    look(balance, 50, now + 2 * DAY, open_inmails=1)
    assert give_back(balance, 1, now, now + DAY, now + 3 * DAY)
    assert not give_back(balance, 1, now, now + DAY, now + 3 * DAY)
    assert amounts(balance) == (50, 0)
    assert ledger.proof() == []


def test_evidence_names_a_return_even_when_its_credit_was_spent_since_then(open_balance, now):
    career = open_balance("career")
    spend(career, 1, now)
    look(career, 5, now + 2 * DAY, open_inmails=1)
    for touch in range(2, 7):
        ledger.reserve(career.pk, touch=touch, now=now + 2 * DAY)
    assert give_back(career, 1, now, now + DAY, now + 3 * DAY)
    assert amounts(career) == (0, 5)
    assert ledger.proof() == []


def test_an_answer_after_the_observation_may_be_the_return_that_it_brought_in(in_tidewell, balance, now):
    """An InMail accepted in silence and answered later returns one credit. If it was another one's, the next look at
    the provider's balance brings the second: the ledger never claims more than the provider surely has."""
    spend(balance, 1, now)
    spend(balance, 2, now)
    look(balance, 49, now + DAY, open_inmails=2)
    assert give_back(balance, 2, now, now + 2 * DAY, now + 2 * DAY)
    assert amounts(balance) == (49, 0)
    look(balance, 50, now + 3 * DAY, open_inmails=1)
    assert amounts(balance) == (50, 0)
    assert give_back(balance, 1, now, now + 4 * DAY, now + 4 * DAY)
    assert amounts(balance) == (50, 0)
    assert ledger.proof() == []


def test_each_observation_explains_as_many_touches_as_it_brought_in(in_tidewell, balance, now):
    for touch in range(4):
        spend(balance, touch, now)
    look(balance, 48, now + DAY, open_inmails=4)
    look(balance, 49, now + 2 * DAY, open_inmails=4)
    for touch in range(3):
        assert give_back(balance, touch, now, now + timedelta(hours=1), now + 3 * DAY)
    assert amounts(balance) == (49, 0)
    assert give_back(balance, 3, now, now + timedelta(hours=1), now + 3 * DAY)
    assert amounts(balance) == (50, 0)
    assert ledger.proof() == []


def test_unattributed_returns_are_not_open_any_more(in_tidewell, balance, now):
    spend(balance, 1, now)
    look(balance, 50, now + DAY, open_inmails=1)
    spend(balance, 2, now + DAY)
    assert look(balance, 51, now + DAY, open_inmails=2).outcome == "above"
    assert amounts(balance) == (49, 0)


def test_nothing_is_concluded_when_credits_moved_while_the_provider_was_asked(in_tidewell, balance, now):
    spend(balance, 1, now + timedelta(seconds=2))
    found = look(balance, 50, now + timedelta(seconds=3), open_inmails=1, asked_at=now + timedelta(seconds=1))
    assert found.outcome == "moved"
    assert amounts(balance) == (49, 0)
    found = look(balance, 49, now + timedelta(seconds=9), open_inmails=1, asked_at=now + timedelta(seconds=8))
    assert found.outcome == "equal"


def test_a_grant_that_is_due_is_booked_before_comparing(in_tidewell, balance, now):
    assert look(balance, 100, now.replace(month=12), open_inmails=60).outcome == "equal"
    assert amounts(balance) == (100, 0)


def test_returns_seen_above_the_cap_are_clipped(open_balance, alice, plan, now):
    career = open_balance("career")
    for touch in range(3):
        ledger.reserve(career.pk, touch=touch, now=now)
    spend(career, 9, now)
    ledger.grant_due(now=now + 70 * DAY)
    assert amounts(career) == (11, 3)
    assert look(career, 16, now + 70 * DAY, open_inmails=2).outcome == "returned"
    assert amounts(career) == (12, 3)
    assert ledger.proof() == []
