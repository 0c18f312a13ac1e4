"""A credit is set aside once, spent or released once, and comes back once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import ledger
from accounts.models import CreditTransfer
from outreach import session
from tests.accounts.amounts import amounts, spend

DAY = timedelta(days=1)


def test_a_touch_sets_one_credit_aside_and_spends_it(balance, now):
    assert ledger.reserve(balance.pk, touch=1, now=now)
    assert amounts(balance) == (49, 1)
    assert ledger.post(balance.pk, touch=1, now=now)
    assert amounts(balance) == (49, 0)
    assert ledger.proof() == []


def test_a_touch_that_was_not_sent_gives_its_credit_back_to_the_balance(balance, now):
    ledger.reserve(balance.pk, touch=1, now=now)
    assert ledger.void(balance.pk, touch=1, now=now)
    assert amounts(balance) == (50, 0)
    assert ledger.proof() == []


def test_what_is_done_twice_is_done_once(balance, now):
    for verb in (ledger.reserve, ledger.post):
        assert verb(balance.pk, touch=1, now=now)
        assert not verb(balance.pk, touch=1, now=now)
    back = {"touch": 1, "sent_at": now, "responded_at": now + DAY, "now": now + DAY}
    assert ledger.give_back(balance.pk, **back)
    assert not ledger.give_back(balance.pk, **back)
    ledger.reserve(balance.pk, touch=2, now=now)
    assert ledger.void(balance.pk, touch=2, now=now)
    assert not ledger.void(balance.pk, touch=2, now=now)
    assert amounts(balance) == (50, 0)
    assert ledger.proof() == []


def test_a_guided_touch_that_lapsed_may_be_opened_again_and_is_paid_once(balance, now):
    for _ in range(3):
        assert ledger.reserve(balance.pk, touch=1, now=now)
        assert ledger.void(balance.pk, touch=1, now=now)
    assert ledger.reserve(balance.pk, touch=1, now=now)
    assert ledger.post(balance.pk, touch=1, now=now)
    assert amounts(balance) == (49, 0)
    with pytest.raises(ledger.SettledOtherwise, match="already paid"):
        ledger.reserve(balance.pk, touch=1, now=now)
    assert ledger.proof() == []


@pytest.mark.parametrize(("first", "second"), [(ledger.post, ledger.void), (ledger.void, ledger.post)])
def test_a_reservation_is_settled_one_way_only(balance, now, first, second):
    ledger.reserve(balance.pk, touch=1, now=now)
    first(balance.pk, touch=1, now=now)
    before = amounts(balance)
    with pytest.raises(ledger.SettledOtherwise, match="settled once"):
        second(balance.pk, touch=1, now=now)
    assert amounts(balance) == before


@pytest.mark.parametrize("verb", [ledger.post, ledger.void])
def test_what_was_never_reserved_cannot_be_settled(balance, now, verb):
    with pytest.raises(ledger.NotReserved, match="reserve one before"):
        verb(balance.pk, touch=1, now=now)
    with pytest.raises(ledger.NotReserved, match="open one"):
        ledger.reserve(-1, touch=1, now=now)


def test_the_last_credit_is_the_last(open_balance, now):
    career = open_balance("career")
    for touch in range(5):
        ledger.reserve(career.pk, touch=touch, now=now)
    with pytest.raises(ledger.NotEnoughCredits, match="No InMail credit is left") as refusal:
        ledger.reserve(career.pk, touch=5, now=now)
    assert not refusal.value.blocked
    assert amounts(career) == (0, 5)


def test_held_credits_stay_for_those_they_are_held_for(open_balance, now):
    career = open_balance("career")
    for touch in range(3):
        assert ledger.reserve(career.pk, touch=touch, now=now, leave=2)
    with pytest.raises(ledger.NotEnoughCredits, match="The last 2 credits are held"):
        ledger.reserve(career.pk, touch=3, now=now, leave=2)
    assert ledger.reserve(career.pk, touch=3, now=now)


def test_a_blocked_balance_says_why_and_settles_what_is_under_way(balance, now):
    ledger.reserve(balance.pk, touch=1, now=now)
    ledger.block(balance, "Compare the balances first.", now=now)
    with pytest.raises(ledger.NotEnoughCredits, match="Compare the balances first") as refusal:
        ledger.reserve(balance.pk, touch=2, now=now)
    assert refusal.value.blocked
    assert ledger.post(balance.pk, touch=1, now=now)
    ledger.unblock(balance, now=now)
    assert ledger.reserve(balance.pk, touch=2, now=now)


@pytest.mark.parametrize(("day", "comes_back"), [(0, True), (1, True), (90, True), (91, False)])
def test_an_answer_returns_the_credit_up_to_day_90(balance, now, day, comes_back):
    spend(balance, 1, now)
    answered = now + day * DAY
    assert (
        ledger.give_back(balance.pk, touch=1, sent_at=now, responded_at=answered, now=answered + 5 * DAY) is comes_back
    )
    assert amounts(balance) == (49 + comes_back, 0)


def test_a_return_waits_for_the_post(balance, now):
    ledger.reserve(balance.pk, touch=1, now=now)
    with pytest.raises(ledger.NotSpent, match="after the post"):
        ledger.give_back(balance.pk, touch=1, sent_at=now, responded_at=now, now=now)


def test_a_return_that_the_cap_leaves_no_room_for_is_clipped_and_stays_once(open_balance, now):
    career = open_balance("career")
    spend(career, 1, now)
    for month in range(1, 5):
        ledger.grant_due(now=now + month * 31 * DAY)
    assert amounts(career) == (15, 0)
    later = now + 80 * DAY
    assert ledger.give_back(career.pk, touch=1, sent_at=now, responded_at=later, now=now + 125 * DAY)
    assert not ledger.give_back(career.pk, touch=1, sent_at=now, responded_at=later, now=now + 125 * DAY)
    assert amounts(career) == (15, 0)
    assert ledger.proof() == []


def test_a_release_above_a_lowered_cap_is_clipped_at_once(tidewell, open_balance, plan, now):
    core = open_balance("recruiter-lite")
    for touch in range(30):
        ledger.reserve(core.pk, touch=touch, now=now)
    ledger.change_plan(core.sender, plan("free"), by=tidewell.alice, now=now)
    for touch in range(30):
        assert ledger.void(core.pk, touch=touch, now=now)
    assert amounts(core) == (0, 0)
    assert ledger.proof() == []


def test_each_verb_is_one_round_trip(balance, now, django_assert_num_queries, monkeypatch):
    trips = []
    run = session.Session.run

    def counted(self, statements, **how):
        trips.append(len(statements))
        return run(self, statements, **how)

    monkeypatch.setattr(session.Session, "run", counted)
    with django_assert_num_queries(0):
        ledger.reserve(balance.pk, touch=1, now=now)
        ledger.post(balance.pk, touch=1, now=now)
        ledger.give_back(balance.pk, touch=1, sent_at=now, responded_at=now, now=now)
        ledger.reserve(balance.pk, touch=2, now=now)
        ledger.post_all([(balance.pk, 2)], now=now)
    assert trips == [2] * 5


def test_many_are_settled_at_once_as_one_by_one(open_balance, now):
    one, other = open_balance("career"), open_balance("business")
    for touch, balance in ((1, one), (2, one), (3, other), (4, other)):
        ledger.reserve(balance.pk, touch=touch, now=now)
    assert ledger.post_all([(other.pk, 3), (one.pk, 1)], now=now) == 2
    assert ledger.void_all([(one.pk, 2), (other.pk, 4)], now=now) == 2
    assert ledger.void_all([(one.pk, 2)], now=now) == 0
    assert ledger.void_all([], now=now) == 0
    assert (amounts(one), amounts(other)) == ((4, 0), (14, 0))
    assert ledger.proof() == []


def test_of_many_that_are_settled_at_once_a_wrong_one_stops_all(balance, now):
    for touch in (1, 2):
        ledger.reserve(balance.pk, touch=touch, now=now)
    ledger.post(balance.pk, touch=2, now=now)
    for verb, pairs, refusal in (
        (ledger.void_all, [(balance.pk, 1), (balance.pk, 2)], ledger.SettledOtherwise),
        (ledger.post_all, [(balance.pk, 1), (balance.pk, 3)], ledger.NotReserved),
    ):
        with pytest.raises(refusal), transaction.atomic():
            verb(pairs, now=now)
    assert amounts(balance) == (48, 1)


@pytest.mark.parametrize(
    "change", ["UPDATE accounts_credittransfer SET amount = 2", "DELETE FROM accounts_credittransfer"]
)
def test_the_database_refuses_to_change_or_delete_a_transfer(balance, change):
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
        connection.cursor() as c,
    ):
        c.execute(change)


@pytest.mark.parametrize(
    ("debit", "credit", "cause"),
    [("reserved", "spent", "again"), ("returned", "available", "again"), ("available", "reserved", "reserve:1")],
)
def test_the_database_refuses_a_second_spend_return_or_cause(balance, now, debit, credit, cause):
    spend(balance, 1, now)
    ledger.give_back(balance.pk, touch=1, sent_at=now, responded_at=now, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditTransfer(
            workspace_id=balance.workspace_id,
            balance=balance,
            debit=debit,
            credit=credit,
            amount=1,
            cause=cause,
            touch=1,
            at=now,
        ).save(force_insert=True)
