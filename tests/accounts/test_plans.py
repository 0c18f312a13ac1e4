"""Dated terms, and the built-in catalogue."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django_scopes import scope

from accounts import catalogue, plans
from accounts.models import History, Plan, PlanTerms
from tests.cast import workspace

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("code", "grant", "cap", "dollars", "product", "renewal", "inmail", "note_chars", "notes"),
    [
        ("free", 0, 0, 0, "premium", "anniversary", False, 200, 5),
        ("career", 5, 15, 40, "premium", "anniversary", True, 300, None),
        ("business", 15, 45, 60, "premium", "anniversary", True, 300, None),
        ("sales-navigator-core", 50, 150, 99, "sales_navigator", "month", True, 300, None),
        ("sales-navigator-advanced", 50, 150, 159.99, "sales_navigator", "month", True, 300, None),
        ("recruiter-lite", 30, 120, 170, "recruiter", "anniversary", True, 300, None),
    ],
)
def test_the_built_in_tiers(plan, now, code, grant, cap, dollars, product, renewal, inmail, note_chars, notes):
    terms = plans.terms_on(plan(code), now.date())
    assert (terms.grant, terms.cap, terms.price_cents) == (grant, cap, dollars * 100)
    assert (terms.product, terms.renewal, terms.inmail) == (product, renewal, inmail)
    assert (terms.note_chars, terms.notes_month) == (note_chars, notes)
    assert (terms.invites_week, terms.invites_week_ceiling, terms.open_month) == (100, 200, 800)
    assert terms.credit_life_days is None


def test_installing_twice_keeps_what_admins_changed(tidewell, alice, plan, now):
    plans.add_terms(plan("career"), now.date() + DAY, price_cents=2999, by=alice, now=now)
    with scope(workspace=tidewell.workspace):
        rows, written = list(PlanTerms.objects.order_by("id").values()), History.objects.count()
        Plan.objects.filter(code="free").update(name="Basic")
        catalogue.install(tidewell.workspace, now=now + DAY)
        assert list(PlanTerms.objects.order_by("id").values()) == rows
        assert Plan.objects.get(code="free").name == "Basic"
        assert (Plan.objects.count(), History.objects.count()) == (len(catalogue.CATALOGUE), written)


def test_terms_hold_from_their_day_until_the_next(alice, plan, now):
    core = plan("sales-navigator-core")
    plans.add_terms(core, date(2027, 1, 1), grant=40, by=alice, now=now)
    plans.add_terms(core, date(2027, 3, 1), cap=120, by=alice, now=now)
    assert [
        (t.grant, t.cap)
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 3, 1))
        for t in [plans.terms_on(core.pk, day)]
    ] == [(50, 150), (40, 150), (40, 120)]


@pytest.mark.parametrize("day", [date(2026, 11, 2), date(2026, 11, 1), date(2020, 1, 1)])
def test_terms_in_force_are_never_edited(alice, plan, now, day):
    with pytest.raises(plans.TermsInForce, match="give a day after 2026-11-02"):
        plans.add_terms(plan("career"), day, grant=6, by=alice, now=now)


def test_terms_to_come_may_be_replaced_until_their_day(in_tidewell, alice, plan, now):
    career = plan("career")
    for grant in (6, 7):
        plans.add_terms(career, now.date() + DAY, grant=grant, by=alice, now=now)
    assert plans.terms_on(career, now.date() + DAY).grant == 7
    assert career.terms.count() == 2
    assert History.objects.filter(verb="terms added", by=alice).count() == 2


def test_a_new_plan_may_begin_today_and_has_no_terms_before(tidewell, in_tidewell, alice, now):
    mine = Plan.objects.create(workspace=tidewell.workspace, code="all-in-one", name="All-in-One")
    plans.add_terms(mine, now.date(), grant=5, cap=15, inmail=True, by=alice, now=now)
    assert plans.terms_on(mine, now.date()).grant == 5
    with pytest.raises(plans.NoTerms, match="All-in-One has no terms on 2026-11-01"):
        plans.terms_on(mine, now.date() - DAY)


@pytest.mark.parametrize("numbers", [{"grant": 20}, {"invites_week": 201}, {"renewal": "weekly"}, {"cap": -1}])
def test_numbers_that_do_not_fit_together_are_refused(alice, plan, now, numbers):
    with pytest.raises(ValidationError):
        plans.add_terms(plan("career"), now.date() + DAY, by=alice, now=now, **numbers)


def test_a_number_that_terms_do_not_have_is_a_mistake_of_the_caller(alice, plan, now):
    with pytest.raises(TypeError, match="no colour"):
        plans.add_terms(plan("career"), now.date() + DAY, colour="red", by=alice, now=now)


def test_all_plans_of_all_workspaces_in_one_query(tidewell, now, django_assert_num_queries):
    workspace("Otherside")
    with django_assert_num_queries(1):
        found = plans.terms_by_plan(now.date())
    assert len(found) == 2 * len(catalogue.CATALOGUE)
    assert sorted({terms.plan for terms in found.values()}) == sorted(e.code for e in catalogue.CATALOGUE)
