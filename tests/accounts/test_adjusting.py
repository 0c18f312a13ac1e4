"""A person may hold credits and explain differences, in words that stay."""

import pytest

from accounts import ledger
from accounts.models import History
from tests.accounts.amounts import amounts, spend


def test_an_adjustment_is_booked_once_with_its_reason_and_author(in_tidewell, alice, balance, now):
    assert ledger.adjust(balance, 3, by=alice, now=now, note=" Bonus of LinkedIn ", key="form-1")
    assert not ledger.adjust(balance, 3, by=alice, now=now, note="Bonus of LinkedIn", key="form-1")
    assert amounts(balance) == (53, 0)
    booked = balance.transfers.get(debit="adjustment")
    assert (booked.note, booked.by) == ("Bonus of LinkedIn", alice)
    assert History.objects.get(verb="adjusted").data == {"amount": 3, "note": "Bonus of LinkedIn"}
    assert ledger.proof() == []


@pytest.mark.parametrize(
    ("amount", "note", "sentence"),
    [
        (1, "  ", "Say in a few words why"),
        (0, "Nothing", "at least 1 credit"),
        (101, "Too much", "enter at most 100"),
        (-51, "Too little", "enter at least -50"),
    ],
)
def test_an_adjustment_that_does_not_fit_says_what_to_do(alice, balance, now, amount, note, sentence):
    with pytest.raises(ledger.LedgerRefusal, match=sentence):
        ledger.adjust(balance, amount, by=alice, now=now, note=note)
    assert amounts(balance) == (50, 0)


def test_credits_are_held_up_to_the_cap(in_tidewell, alice, balance, now):
    for _ in range(2):
        ledger.hold_credits(balance, 20, by=alice, now=now)
    balance.refresh_from_db()
    assert balance.held == 20
    assert History.objects.filter(verb="held").count() == 1
    for wrong in (-1, 151):
        with pytest.raises(ledger.LedgerRefusal, match="from 0 to the cap of 150"):
            ledger.hold_credits(balance, wrong, by=alice, now=now)


def test_the_statement_shows_the_balance_after_each_movement_the_newest_first(in_tidewell, balance, now):
    spend(balance, 1, now)
    ledger.reserve(balance.pk, touch=2, now=now)
    rows = [(t.cause, t.available_after, t.reserved_after) for t in ledger.statement(balance)]
    assert rows == [("reserve:2", 48, 1), ("settle:1", 49, 0), ("reserve:1", 49, 1), ("grant:2026-11-01", 50, 0)]
    assert [t.available_after for t in ledger.statement(balance)[:2]] == [48, 49]
