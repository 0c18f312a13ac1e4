"""Each period grants once, and never above the cap."""

from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scope

from accounts import ledger, plans
from accounts.models import CreditTransfer
from accounts.models.sender import SenderState
from tests.accounts.amounts import amounts, spend
from tests.cast import member, sender, workspace


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 0, 0, 1, tzinfo=UTC)


def causes(balance: object, *, debit: str) -> list[tuple[str, str, int]]:
    rows = CreditTransfer.objects.with_scopes_disabled().filter(balance=balance, debit=debit).order_by("id")
    return list(rows.values_list("cause", "credit", "amount"))


def test_sales_navigator_grants_on_the_first_whatever_the_billing_day(open_balance, now):
    core = open_balance("sales-navigator-core", anchor_day=15)
    assert amounts(core) == (50, 0)
    assert ledger.grant_due(now=at(11, 30)) == []
    assert ledger.grant_due(now=at(12, 1)) == [core.sender_id]
    assert ledger.grant_due(now=at(12, 15)) == []
    assert amounts(core) == (100, 0)


@pytest.mark.parametrize(
    ("anchor", "before", "on"), [(15, at(11, 14), at(11, 15)), (31, at(11, 29), at(11, 30)), (1, at(11, 30), at(12, 1))]
)
def test_premium_grants_on_the_billing_day_or_the_month_s_last(open_balance, anchor, before, on):
    business = open_balance("business", anchor_day=anchor)
    assert ledger.grant_due(now=before) == []
    assert ledger.grant_due(now=on) == [business.sender_id]
    assert amounts(business) == (30, 0)


def test_granting_twice_is_granting_once(open_balance):
    core = open_balance("sales-navigator-core")
    assert ledger.grant_due(now=at(12, 1)) == [core.sender_id]
    assert ledger.grant_due(now=at(12, 1)) == []
    assert causes(core, debit="grant") == [
        ("grant:2026-11-01", "available", 50),
        ("grant:2026-12-01", "available", 50),
    ]


def test_months_missed_are_caught_up_on_once_and_clipped_at_the_cap(open_balance):
    core = open_balance("sales-navigator-core")
    assert ledger.grant_due(now=at(3, 20, 2027)) == [core.sender_id]
    assert ledger.grant_due(now=at(3, 20, 2027)) == []
    assert amounts(core) == (150, 0)
    assert causes(core, debit="grant")[-3:] == [
        ("grant:2027-01-01", "available", 50),
        ("grant:2027-02-01:clipped", "clipped", 50),
        ("grant:2027-03-01:clipped", "clipped", 50),
    ]
    assert ledger.proof() == []


def test_reserved_credits_count_towards_the_cap(open_balance, now):
    career = open_balance("career")
    for touch in range(5):
        ledger.reserve(career.pk, touch=touch, now=now)
    ledger.grant_due(now=at(3, 1, 2027))
    assert amounts(career) == (10, 5)


def test_each_period_is_granted_under_the_terms_in_force_when_it_began(in_tidewell, alice, open_balance, plan, now):
    core = open_balance("sales-navigator-core")
    plans.add_terms(plan("sales-navigator-core"), at(12, 15).date(), grant=10, cap=70, by=alice, now=now)
    ledger.grant_due(now=at(1, 5, 2027))
    assert causes(core, debit="grant")[1:] == [
        ("grant:2026-12-01", "available", 50),
        ("grant:2027-01-01:clipped", "clipped", 10),
    ]
    assert amounts(core) == (70, 0)
    assert ledger.proof() == []


def test_months_caught_up_on_after_the_cap_was_lowered_end_under_today_s_cap(
    in_tidewell, alice, open_balance, plan, now
):
    core = open_balance("sales-navigator-core")
    plans.add_terms(plan("sales-navigator-core"), at(12, 15).date(), grant=10, cap=70, by=alice, now=now)
    ledger.grant_due(now=at(12, 20))
    assert amounts(core) == (70, 0)
    assert core.sender_id not in ledger.apply_terms_due(now=at(12, 20))
    assert ledger.proof() == []


def test_archived_senders_and_plans_without_inmail_get_none(tidewell, open_balance, now):
    gone, on = open_balance("career"), open_balance("career")
    gone.sender.state = SenderState.ARCHIVED
    gone.sender.save()
    assert ledger.open_balance(tidewell.senders["mara"], now=now) is None
    assert ledger.open_balance(tidewell.senders["mail"], now=now) is None
    assert ledger.grant_due(now=at(12, 1)) == [on.sender_id]


def test_one_call_grants_in_all_workspaces(open_balance, now):
    ours = open_balance("career")
    with scope(workspace=(other := workspace("Otherside"))):
        theirs = ledger.open_balance(sender(member(other, "Charlie Dupont", "admin"), "Charlie", "career"), now=now)
    assert ledger.grant_due(now=at(12, 1)) == [ours.sender_id, theirs.sender_id]


def test_granting_costs_the_same_for_any_number_of_senders(open_balance, django_assert_num_queries):
    first = open_balance("career")
    with django_assert_num_queries(9) as few:
        ledger.grant_due(now=at(12, 1))
    more = [open_balance("career", at=at(12, 2)) for _ in range(7)]
    with django_assert_num_queries(len(few.captured_queries)):
        assert ledger.grant_due(now=at(1, 1, 2027)) == [b.sender_id for b in (first, *more)]


def test_opening_again_leaves_missed_months_to_the_next_grant(tidewell, now):
    core = ledger.open_balance(tidewell.senders["priya"], now=now)
    ledger.open_balance(tidewell.senders["priya"], now=at(1, 5, 2027))
    assert amounts(core) == (50, 0)
    ledger.grant_due(now=at(1, 5, 2027))
    assert amounts(core) == (150, 0)


def test_opening_twice_is_opening_once(tidewell, now):
    priya = tidewell.senders["priya"]
    first, second = (ledger.open_balance(priya, now=now + timedelta(hours=n)) for n in range(2))
    assert first == second
    assert amounts(first) == (50, 0)
    spend(first, 1, now)
    ledger.open_balance(priya, now=now)
    assert amounts(first) == (49, 0)
    assert ledger.proof() == []
