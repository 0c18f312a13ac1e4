"""The caps in force: plan, warm-up, health and a member's wish; the lowest holds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.facts import Allowance, Terms
from outreach.engine.health import resumes_at
from outreach.engine.kinds import ALLOWANCES, Budget
from outreach.engine.limits import DEFAULTS, HEALTH_STEP, PENDING_CEILING, PENDING_WARN, after_pause, in_force, ramp
from outreach.engine.pacing import opens_at, rest
from outreach.engine.windows import ROUND_THE_CLOCK


def terms(**changes) -> Terms:
    values = {
        "plan": "sn_core",
        "grant": 50,
        "cap": 150,
        "renewal": "anniversary",
        "credit_life_days": None,
        "note_chars": 300,
        "notes_month": None,
        "inmail": True,
        "product": "sales_navigator",
        "follow_up": "one",
        "open_month": 800,
        "invites_week": 100,
        "invites_week_ceiling": 200,
        "price_cents": 9900,
    }
    return Terms(**{**values, **changes})


days = st.one_of(st.none(), st.integers(0, 90))
wishes = st.one_of(st.none(), st.integers(0, 500))


def test_an_established_sender_has_twenty_invites_a_day_and_the_plans_week():
    limits = in_force(Budget.INVITES, terms())
    assert (limits.day, limits.week, limits.gap_s, limits.spread, limits.reason) == (20, 100, 90, True, "plan")


def test_a_new_sender_warms_up_over_four_weeks():
    by_day = [in_force(Budget.INVITES, terms(), age_days=age) for age in range(35)]
    assert [limits.day for limits in by_day] == [5] * 14 + [10] * 7 + [15] * 7 + [20] * 7
    assert {limits.reason for limits in by_day[:28]} == {"warm_up"}
    assert {limits.reason for limits in by_day[28:]} == {"plan"}


def test_a_pause_by_health_ends_by_itself_and_starts_slowly():
    steps = [after_pause(day) for day in range(50)]
    assert steps == [0] * 7 + [2] * 7 + [5] * 14 + [10] * 7 + [15] * 7 + [None] * 8
    assert HEALTH_STEP == 2
    assert in_force(Budget.INVITES, terms(), health_days=8).reason == "health"
    assert in_force(Budget.INVITES, terms(), health_days=8, age_days=3).day == 2
    assert in_force(Budget.INVITES, terms(), health_days=30, age_days=3).reason == "warm_up"
    assert in_force(Budget.MESSAGES, terms(), health_days=0).day == 50


def test_a_pause_by_health_shows_when_it_ends():
    now = datetime(2027, 3, 1, tzinfo=UTC)
    paused = Allowance(Budget.INVITES, in_force(Budget.INVITES, terms(), health_days=0))
    opening = opens_at(rest(paused, resumes_at(now)), ROUND_THE_CLOCK("UTC"), now, longest_work_s=60)
    assert (opening.at, opening.cause) == (datetime(2027, 3, 8, tzinfo=UTC), "health")


def test_a_member_may_ask_for_less_or_for_more_up_to_the_ceiling():
    assert in_force(Budget.INVITES, terms(), day_override=8).day == 8
    assert in_force(Budget.INVITES, terms(), day_override=8).reason == "member"
    assert in_force(Budget.INVITES, terms(), day_override=400).day == 40
    assert in_force(Budget.INVITES, terms(), week_override=150).week == 150
    assert in_force(Budget.INVITES, terms(), week_override=900).week == 200
    assert in_force(Budget.INVITES, terms(), day_override=0).day == 0
    assert in_force(Budget.MESSAGES, terms(), day_override=30).day == 30


@given(age=days, day=wishes, week=wishes, health=days, budget=st.sampled_from(Budget))
def test_whatever_is_asked_the_lowest_rule_holds(age, day, week, health, budget):
    limits = in_force(budget, terms(), age_days=age, day_override=day, week_override=week, health_days=health)
    ceiling = DEFAULTS[budget].day_ceiling
    assert limits.day is None or ceiling is None or limits.day <= ceiling
    if day is not None and limits.day is not None:
        assert limits.day <= day
    if budget is Budget.INVITES:
        assert limits.week is not None and limits.week <= 200
        for step in (ramp(age), after_pause(health)):
            assert step is None or limits.day <= step
        assert (limits.reason in ("warm_up", "health")) == (limits.day < min(20 if day is None else day, 40))


def test_months_come_from_the_plan():
    assert in_force(Budget.OPEN_INMAIL, terms()).month == 800
    assert in_force(Budget.OPEN_INMAIL, terms()).day == 30
    assert in_force(Budget.NOTES_MONTH, terms(notes_month=5)).month == 5
    assert in_force(Budget.NOTES_MONTH, terms()).month is None
    assert in_force(Budget.NOTES_MONTH, terms()).day is None


def test_a_plan_without_inmail_allows_none():
    assert in_force(Budget.INMAIL, terms()).day == 30
    assert in_force(Budget.INMAIL, terms(inmail=False)).day == 0
    assert in_force(Budget.INMAIL, terms(inmail=False), day_override=10).day == 0


def test_only_pending_has_a_ceiling_and_warns_before_it():
    assert {budget: in_force(budget, terms()).ceiling for budget in Budget if in_force(budget, terms()).ceiling} == {
        Budget.PENDING: PENDING_CEILING
    }
    assert PENDING_WARN < PENDING_CEILING


def test_every_budget_of_every_kind_has_a_default():
    assert set(DEFAULTS) == set(Budget) >= {budget for used in ALLOWANCES.values() for budget in used}


def test_spread_is_off_where_it_makes_no_sense_or_was_not_wanted():
    assert not in_force(Budget.INVITES, terms(), spread=False).spread
    assert not in_force(Budget.PROFILE_READS, terms()).spread


@pytest.mark.parametrize("name", ["age_days", "day_override", "week_override", "health_days"])
def test_a_negative_number_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be 0 or more"):
        in_force(Budget.INVITES, terms(), **{name: -1})
