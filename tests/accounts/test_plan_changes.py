"""Credits do not move with the plan: the old product's are forfeited, what passes a new cap is clipped."""

from datetime import UTC, datetime, timedelta

from accounts import ledger, plans
from accounts.models import CreditBalance, CreditTransfer, History
from tests.accounts.amounts import amounts, spend

DAY = timedelta(days=1)


def product(balance, name: str) -> CreditBalance:
    return CreditBalance.objects.get(sender=balance.sender, product=name)


def test_another_product_forfeits_the_old_and_opens_the_new(in_tidewell, alice, balance, plan, now):
    ledger.change_plan(balance.sender, plan("business"), by=alice, now=now)
    assert amounts(balance) == (0, 0)
    assert amounts(product(balance, "premium")) == (15, 0)
    assert balance.transfers.get(credit="forfeited").amount == 50
    assert ledger.proof() == []


def test_the_same_product_keeps_its_credits_and_clips_them_at_the_lower_cap(alice, open_balance, plan, now):
    business = open_balance("business")
    ledger.grant_due(now=now + 62 * DAY)
    assert amounts(business) == (45, 0)
    ledger.change_plan(business.sender, plan("career"), by=alice, now=now + 62 * DAY)
    assert amounts(business) == (15, 0)
    assert ledger.proof() == []


def test_a_plan_without_inmail_or_no_plan_forfeits_everything(alice, open_balance, plan, now):
    for code in ("business", "career"):
        balance = open_balance(code)
        ledger.change_plan(balance.sender, plan("free") if code == "business" else None, by=alice, now=now)
        assert amounts(balance) == (0, 0)
        assert ledger.grant_due(now=now + 31 * DAY) == []
    assert ledger.proof() == []


def test_the_same_plan_again_changes_nothing(in_tidewell, alice, balance, plan, now):
    ledger.change_plan(balance.sender, plan("sales-navigator-core"), by=alice, now=now)
    assert amounts(balance) == (50, 0)
    assert not History.objects.filter(verb="plan changed").exists()


def test_back_and_forth_in_one_month_grants_once(in_tidewell, alice, balance, plan, now):
    for code in ("business", "sales-navigator-core", "business", "sales-navigator-core"):
        ledger.change_plan(balance.sender, plan(code), by=alice, now=now)
    assert amounts(balance) == (0, 0)
    assert ledger.grant_due(now=datetime(2026, 12, 1, tzinfo=UTC)) == [balance.sender_id]
    assert amounts(balance) == (50, 0)
    assert ledger.proof() == []


def test_months_on_another_plan_are_not_caught_up_on(in_tidewell, alice, balance, plan, now):
    ledger.change_plan(balance.sender, plan("business"), by=alice, now=now)
    ledger.change_plan(balance.sender, plan("sales-navigator-core"), by=alice, now=now + 120 * DAY)
    assert amounts(balance) == (50, 0)
    assert ledger.proof() == []


def test_the_old_plan_s_grant_is_booked_before_the_plan_changes(in_tidewell, alice, balance, plan, now):
    ledger.change_plan(balance.sender, plan("business"), by=alice, now=datetime(2026, 12, 3, tzinfo=UTC))
    assert balance.transfers.get(credit="forfeited").amount == 100


def test_what_was_under_way_is_settled_on_the_old_balance(in_tidewell, alice, balance, plan, now):
    for touch in (1, 2):
        ledger.reserve(balance.pk, touch=touch, now=now)
    spend(balance, 3, now)
    ledger.change_plan(balance.sender, plan("business"), by=alice, now=now)
    assert amounts(balance) == (0, 2)
    ledger.post(balance.pk, touch=1, now=now)
    ledger.void(balance.pk, touch=2, now=now)
    assert ledger.give_back(balance.pk, touch=3, sent_at=now, responded_at=now, now=now)
    assert amounts(balance) == (0, 0)
    assert ledger.proof() == []


def test_a_lower_cap_clips_at_the_moment_its_terms_begin(in_tidewell, alice, balance, plan, now):
    ledger.apply_terms_due(now=now)  # opens everybody's balances
    plans.add_terms(plan("sales-navigator-core"), (now + DAY).date(), cap=40, grant=10, by=alice, now=now)
    assert ledger.apply_terms_due(now=now) == []
    for touch in range(45):
        ledger.reserve(balance.pk, touch=touch, now=now)
    assert balance.sender_id in ledger.apply_terms_due(now=now + DAY)
    assert amounts(balance) == (0, 45)
    assert ledger.apply_terms_due(now=now + DAY) == []
    for touch in range(45):
        ledger.void(balance.pk, touch=touch, now=now + DAY)
    assert amounts(balance) == (40, 0)
    assert CreditTransfer.objects.filter(balance=balance, cause__startswith="cap:").get().amount == 5
    assert ledger.proof() == []


def test_terms_that_name_another_product_or_no_inmail_forfeit_and_open(in_tidewell, alice, balance, plan, now):
    code = "sales-navigator-core"
    plans.add_terms(plan(code), (now + DAY).date(), product="premium", by=alice, now=now)
    plans.add_terms(plan(code), (now + 2 * DAY).date(), inmail=False, by=alice, now=now)
    assert balance.sender_id in ledger.apply_terms_due(now=now + DAY)
    assert amounts(balance) == (0, 0)
    assert amounts(product(balance, "premium")) == (50, 0)
    assert balance.sender_id in ledger.apply_terms_due(now=now + 2 * DAY)
    assert amounts(product(balance, "premium")) == (0, 0)
    assert ledger.proof() == []


def test_terms_that_begin_to_grant_open_a_balance(in_tidewell, alice, tidewell, plan, now):
    plans.add_terms(plan("free"), (now + DAY).date(), inmail=True, grant=2, cap=4, by=alice, now=now)
    ledger.apply_terms_due(now=now)
    assert ledger.apply_terms_due(now=now + DAY) == [tidewell.senders["mara"].pk]
    assert CreditBalance.objects.get(sender=tidewell.senders["mara"]).available == 2
