"""When a plan's credits have a life, they come in lots: used oldest first, gone when their time is over."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import ledger, plans
from accounts.models import CreditLot, CreditTransfer
from tests.accounts.amounts import amounts, spend

DAY = timedelta(days=1)


@pytest.fixture
def mortal(tidewell, in_tidewell, alice, plan, now):
    """Priya's balance: 50 credits without a life, and 50 of December that live 40 days."""
    balance = ledger.open_balance(tidewell.senders["priya"], now=now)
    plans.add_terms(plan("sales-navigator-core"), (now + DAY).date(), credit_life_days=40, by=alice, now=now)
    ledger.grant_due(now=now + 30 * DAY)
    return balance


def lots(balance):
    return list(CreditLot.objects.filter(balance=balance).order_by("id").values_list("amount", "remaining"))


def test_a_grant_opens_a_lot_only_when_credits_have_a_life(mortal, now):
    assert lots(mortal) == [(50, 50)]
    assert CreditLot.objects.get().expires_at == datetime(2027, 1, 10, tzinfo=UTC)
    assert amounts(mortal) == (100, 0)
    assert ledger.proof() == []


def test_what_expires_first_is_used_first(mortal, now):
    for touch in range(51):
        ledger.reserve(mortal.pk, touch=touch, now=now + 31 * DAY)
    assert lots(mortal) == [(50, 0)]
    assert CreditTransfer.objects.get(cause="reserve:50").lot is None
    assert ledger.void(mortal.pk, touch=0, now=now + 31 * DAY)
    assert lots(mortal) == [(50, 1)]
    assert ledger.proof() == []


def test_a_return_opens_a_lot_dated_at_the_return(mortal, now):
    spend(mortal, 1, now + 31 * DAY)
    ledger.give_back(mortal.pk, touch=1, sent_at=now + 31 * DAY, responded_at=now + 33 * DAY, now=now + 33 * DAY)
    assert lots(mortal) == [(50, 49), (1, 1)]
    assert CreditLot.objects.latest("id").expires_at == now + 73 * DAY
    assert ledger.proof() == []


def test_a_lot_whose_life_is_over_expires_once(mortal, now):
    assert ledger.expire_due(now=now + 68 * DAY) == []
    assert ledger.expire_due(now=now + 70 * DAY) == [mortal.sender_id]
    assert ledger.expire_due(now=now + 70 * DAY) == []
    assert amounts(mortal) == (50, 0)
    assert lots(mortal) == [(50, 0)]
    assert ledger.proof() == []


def test_credits_whose_life_is_over_are_not_reserved_before_they_are_taken_away(mortal, now):
    for touch in range(60):
        ledger.reserve(mortal.pk, touch=touch, now=now + 31 * DAY)
    for touch in range(60):
        ledger.void(mortal.pk, touch=touch, now=now + 80 * DAY)
    for touch in range(50):
        ledger.reserve(mortal.pk, touch=100 + touch, now=now + 80 * DAY)
    with pytest.raises(ledger.NotEnoughCredits):
        ledger.reserve(mortal.pk, touch=200, now=now + 80 * DAY)
    assert ledger.expire_due(now=now + 80 * DAY) == [mortal.sender_id]
    assert amounts(mortal) == (0, 50)
    assert ledger.proof() == []


def test_a_reservation_released_after_its_lot_expired_expires_too(mortal, now):
    ledger.reserve(mortal.pk, touch=1, now=now + 31 * DAY)
    ledger.expire_due(now=now + 70 * DAY)
    ledger.void(mortal.pk, touch=1, now=now + 71 * DAY)
    assert ledger.expire_due(now=now + 71 * DAY) == [mortal.sender_id]
    assert amounts(mortal) == (50, 0)
    assert ledger.proof() == []


def test_a_loss_takes_from_the_lots_first(mortal, alice, now):
    assert ledger.adjust(mortal, -60, by=alice, now=now + 31 * DAY, note="Used by hand")
    assert lots(mortal) == [(50, 0)]
    assert amounts(mortal) == (40, 0)
    assert ledger.proof() == []


def test_a_cancelled_plan_forfeits_every_lot(mortal, alice, now):
    spend(mortal, 1, now + 31 * DAY)
    ledger.give_back(mortal.pk, touch=1, sent_at=now + 31 * DAY, responded_at=now + 33 * DAY, now=now + 33 * DAY)
    ledger.change_plan(mortal.sender, None, by=alice, now=now + 34 * DAY)
    assert amounts(mortal) == (0, 0)
    assert lots(mortal) == [(50, 0), (1, 0)]
    assert ledger.proof() == []


def test_expired_lots_of_several_senders_go_in_one_call(mortal, open_balance, plan, now):
    other = open_balance("sales-navigator-core", at=now + 30 * DAY)
    ledger.expire_due(now=now + 70 * DAY)
    assert amounts(other) == (0, 0)
    assert amounts(mortal) == (50, 0)
