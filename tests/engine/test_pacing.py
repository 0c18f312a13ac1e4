"""Allowances: no window over its cap by anyone's clock, and no needless waiting."""

from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outreach.engine.facts import Allowance, Hours, Limits
from outreach.engine.kinds import Budget
from outreach.engine.pacing import (
    D_SECONDS,
    fits,
    give_back,
    lower,
    opens_at,
    rest,
    rolling,
    seen_by_hand,
    slack_s,
    take,
)
from outreach.engine.windows import ROUND_THE_CLOCK, is_open, local_day, parse_hours

DAY, WEEK = 86_400, 604_800
START = datetime(2027, 3, 1, tzinfo=UTC)  # a Monday; the weeks after it hold most clock changes of spring
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"]
OFFICE = {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ALWAYS = ROUND_THE_CLOCK("UTC")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def seconds(at: datetime) -> float:
    return at.timestamp()


def month_of(at: float) -> tuple[int, int]:
    moment = datetime.fromtimestamp(at, UTC)
    return moment.year, moment.month


def allowance(ring=(), **limits) -> Allowance:
    return Allowance(Budget.INVITES, Limits(**limits), tuple(sorted(map(int, ring))))


def opening(a: Allowance, hours: Hours, now: datetime, work: int = 60):
    return opens_at(a, hours, now, longest_work_s=work)


def grab(a: Allowance, now: datetime, work: int = 60) -> Allowance:
    return take(a, now, longest_work_s=work)


hours_strategy = st.one_of(
    st.sampled_from(ZONES).map(ROUND_THE_CLOCK),
    st.sampled_from(ZONES).map(lambda zone: parse_hours(OFFICE, zone=zone)),
    st.sampled_from(ZONES).map(
        lambda zone: parse_hours(
            {"mon": [["00:00", "24:00"]], "tue": [["00:00", "02:30"], ["22:00", "24:00"]], "sun": [["02:15", "03:15"]]},
            zone=zone,
            days_off=[date(2027, 3, 15), date(2027, 3, 31)],
        )
    ),
)
limits_strategy = st.builds(
    Limits,
    day=st.one_of(st.none(), st.integers(1, 8)),
    week=st.one_of(st.none(), st.integers(1, 25)),
    month=st.one_of(st.none(), st.integers(1, 40)),
    gap_s=st.sampled_from([0, 1, 90, 4000]),
    spread=st.booleans(),
    reason=st.sampled_from(["plan", "warm_up", "member"]),
)
works = st.sampled_from([0, 45, 600])
rings = st.lists(st.integers(int(seconds(START)) - 8 * DAY, int(seconds(START))), max_size=40)
moments = st.integers(0, 40 * DAY * 1000).map(lambda ms: START + timedelta(milliseconds=ms))


@st.composite
def allowances(draw, spread=None):
    limits = draw(limits_strategy)
    if spread is not None:
        limits = replace(limits, spread=spread)
    ring = tuple(sorted(draw(rings)))
    return Allowance(
        Budget.INVITES,
        limits,
        ring,
        month=202703,
        month_used=draw(st.integers(0, 45)),
        rest_until=draw(st.one_of(st.none(), moments)),
    )


def has_room(a: Allowance, hours: Hours, at: datetime, work: int) -> bool:
    """The oracle without spread: count what stands in each window, as the rules are told."""
    t, limits, slack = seconds(at), a.limits, 60 + work
    if not is_open(hours, at) or (a.rest_until is not None and at < a.rest_until):
        return False
    if limits.day is not None and sum(t < act + DAY + slack + 1 for act in a.ring) >= limits.day:
        return False
    if limits.week is not None and sum(t < act + WEEK + slack + 1 for act in a.ring) >= limits.week:
        return False
    if a.ring and t < max(a.ring) + limits.gap_s:
        return False
    if limits.month is not None:
        used = a.month_used if (at.year * 100 + at.month) == a.month else 0
        if used >= limits.month or month_of(t) != month_of(t + slack):
            return False
    return True


def test_a_longer_slack_still_finds_its_window_whole():
    a = grab(allowance([seconds(START)], week=2), START + timedelta(seconds=1), work=0)
    a = grab(a, START + timedelta(days=7, seconds=100), work=0)
    assert opening(a, ALWAYS, START + timedelta(days=7, seconds=101), work=600).at == START + timedelta(
        days=7, seconds=662
    )
    assert len(grab(a, START + timedelta(days=9), work=0).ring) == 2


def newly_counted(after: Allowance, before: Allowance) -> int:
    [counted] = (Counter(after.ring) - Counter(before.ring)).elements()
    return counted


def play(rng: Random, limits: Limits, hours: Hours, *, work: int, until: datetime, most: int, idle: bool):
    """Endless work for one sender: its counted instants, and the provider's time of each, as late as it may be."""
    a, now, counted, provider = Allowance(Budget.INVITES, limits), START, [], []
    while len(counted) < most:
        opened = opening(a, hours, now, work)
        if opened.at is None or opened.at >= until:
            break
        now = opened.at + timedelta(milliseconds=rng.choice([0, 0, 1, 250, 999]))
        if idle and rng.random() < 0.1:
            now += timedelta(seconds=rng.randrange(3 * DAY))
        opened = opening(a, hours, now, work)
        if opened.at is None or opened.at > now:
            continue
        a = grab(a, now, work)
        counted.append(seconds(now))
        provider.append(seconds(now) + rng.choice([0, rng.random(), 1]) * slack_s(work))
    return counted, provider, a


def highest(times: list[float], width: int) -> int:
    """The most times in any closed window of that width, by brute force."""
    ordered = sorted(times)
    return max((bisect_right(ordered, at + width) - i for i, at in enumerate(ordered)), default=0)


@settings(max_examples=120, deadline=None)
@given(limits=limits_strategy, hours=hours_strategy, work=works, seed=st.integers(0, 10**6), idle=st.booleans())
def test_no_window_and_no_month_is_ever_over_its_cap_by_either_clock(limits, hours, work, seed, idle):
    counted, provider, _ = play(
        Random(seed), limits, hours, work=work, until=START + timedelta(days=70), most=120, idle=idle
    )
    for times in (counted, provider):
        assert limits.day is None or highest(times, DAY) <= limits.day
        assert limits.week is None or highest(times, WEEK) <= limits.week
        assert limits.month is None or max(Counter(map(month_of, times)).values(), default=0) <= limits.month
    assert all(later - earlier >= limits.gap_s for earlier, later in pairwise(counted))
    assert all(is_open(hours, datetime.fromtimestamp(at, UTC)) for at in counted)


@settings(max_examples=60, deadline=None)
@given(caps=st.lists(st.integers(1, 6), min_size=2, max_size=12), work=works, seed=st.integers(0, 10**6))
def test_a_cap_that_changes_binds_from_its_first_act(caps, work, seed):
    rng, now, a, acts = Random(seed), START, allowance(day=1), []
    for cap in caps:
        a = replace(a, limits=Limits(day=cap, week=cap * 3))
        for _ in range(rng.randrange(1, 8)):
            opened = opening(a, ALWAYS, now, work)
            now = opened.at
            a = grab(a, now, work)
            acts.append((seconds(now), seconds(now) + rng.random() * slack_s(work)))
            assert sum(seen >= acts[-1][1] - DAY for _, seen in acts) <= cap
            assert sum(seen >= acts[-1][1] - WEEK for _, seen in acts) <= cap * 3


@settings(max_examples=300, deadline=None)
@given(a=allowances(spread=False), hours=hours_strategy, now=moments, work=works, data=st.data())
def test_the_opening_is_the_first_instant_with_room(a, hours, now, work, data):
    opened = opening(a, hours, now, work)
    assert opened.at is not None and opened.at >= now
    assert has_room(a, hours, opened.at, work)
    assert (opened.cause == "") == (opened.at == now)
    if opened.at > now:
        assert not has_room(a, hours, opened.at - timedelta(microseconds=1), work)
        wait = (opened.at - now) // timedelta(microseconds=1)
        for _ in range(20):
            between = now + timedelta(microseconds=data.draw(st.integers(0, wait - 1)))
            assert not has_room(a, hours, between, work)


@settings(max_examples=200, deadline=None)
@given(a=allowances(), hours=hours_strategy, now=moments, work=works)
def test_an_opening_is_open_when_it_comes_and_not_before_now(a, hours, now, work):
    opened = opening(a, hours, now, work)
    assert opened.at is not None and opened.at >= now and opened.at.tzinfo is UTC
    again = opening(a, hours, opened.at, work)
    assert (again.at, again.cause) == (opened.at, "")
    halfway = now + (opened.at - now) / 2
    assert opening(a, hours, halfway, work).at == opened.at


@settings(max_examples=200, deadline=None)
@given(a=allowances(), hours=hours_strategy, now=moments, work=works, ago=st.integers(0, 9 * DAY))
def test_another_act_never_opens_earlier(a, hours, now, work, ago):
    assume(not a.ring or max(a.ring) <= seconds(now))
    more = seen_by_hand(a, now - timedelta(seconds=ago))
    before, after = opening(a, hours, now, work), opening(more, hours, now, work)
    assert before.at is not None and after.at is not None
    assert after.at >= before.at
    assert list(more.ring) == sorted(more.ring) and len(more.ring) == len(a.ring) + 1


@settings(max_examples=200, deadline=None)
@given(a=allowances(), hours=hours_strategy, now=moments, work=works, later=st.integers(0, 8 * DAY))
def test_giving_back_undoes_taking(a, hours, now, work, later):
    taken = grab(a, now, work)
    counted = newly_counted(taken, a)
    assert 0 <= counted - seconds(now) < 1
    given_back = give_back(taken, counted)
    then = now + timedelta(seconds=later)
    assert opening(given_back, hours, then, work) == opening(a, hours, then, work)
    assert rolling(given_back, then) == rolling(a, then)
    assert set(given_back.ring) <= set(a.ring)
    assert given_back.outstanding == a.outstanding


@settings(max_examples=100, deadline=None)
@given(a=allowances(), hours=hours_strategy, now=moments, work=works)
def test_what_is_trimmed_could_bind_no_more(a, hours, now, work):
    taken = grab(a, now, work)
    whole = replace(taken, ring=tuple(sorted((*a.ring, newly_counted(taken, a)))))
    for minutes in (0, 1, 600, 1500, 10_000):
        then = now + timedelta(minutes=minutes)
        assert opening(taken, hours, then, work) == opening(whole, hours, then, work)


@settings(max_examples=100, deadline=None)
@given(st.lists(allowances(), max_size=4), hours_strategy, moments, works)
def test_several_allowances_open_when_the_last_of_them_has_room(several, hours, now, work):
    opened = fits(several, hours, now, longest_work_s=work)
    assert opened.at is not None and opened.at >= now
    assert all(opening(a, hours, opened.at, work).at == opened.at for a in several)
    assert is_open(hours, opened.at)
    assert all(opened.at >= opening(a, hours, now, work).at for a in several)
    assert (opened.cause == "") == (opened.at == now)


def greedy_maximum(limits: Limits, hours: Hours, until: datetime) -> int:
    """What plain windows without slack, gap or spread would allow: the first open minute that has room, each time."""
    at, acts, last = START, [], until
    while at < last:
        t = seconds(at)
        room = (limits.day is None or len(acts) - bisect_right(acts, t - DAY) < limits.day) and (
            limits.week is None or len(acts) - bisect_right(acts, t - WEEK) < limits.week
        )
        if is_open(hours, at) and room:
            acts.append(t)
        else:
            at += timedelta(minutes=5)
    return len(acts)


def test_fifty_senders_over_sixty_days_use_their_caps_and_never_break_them():
    rng = Random(7)
    share_used, until = [], START + timedelta(days=60)
    for _ in range(50):
        day = rng.randrange(3, 40)
        limits = Limits(
            day=day, week=rng.choice([None, day * 7, day * 4, day * 2]), gap_s=90, spread=rng.random() < 0.5
        )
        zone, office = rng.choice(ZONES), rng.random() < 0.6
        hours = parse_hours(OFFICE, zone=zone) if office else ROUND_THE_CLOCK(zone)
        work = rng.choice([0, 60, 120])
        counted, provider, _ = play(rng, limits, hours, work=work, until=until, most=10_000, idle=False)
        for times in (counted, provider):
            assert highest(times, DAY) <= limits.day
            assert limits.week is None or highest(times, WEEK) <= limits.week
        share_used.append(len(counted) / greedy_maximum(limits, hours, until))
    assert min(share_used) >= 0.95
    assert sum(share_used) / len(share_used) >= 0.975


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize(("day", "week"), [(20, 100), (25, 100), (50, 100), (5, None), (100, None)])
def test_endless_work_in_office_hours_uses_the_whole_cap(day, week, spread):
    hours = parse_hours(OFFICE, zone="Europe/Berlin")
    limits = Limits(day=day, week=week, gap_s=90, spread=spread)
    counted, _, _ = play(Random(1), limits, hours, work=60, until=START + timedelta(days=60), most=10_000, idle=False)
    weeks = Counter(int(at - seconds(START)) // WEEK for at in counted)
    a_week = min(week or day * 5, day * 5)
    assert all(weeks[n] >= 0.95 * a_week for n in range(8))


def test_a_fresh_day_is_spread_from_the_first_minute_to_one_share_before_closing():
    hours = parse_hours(OFFICE, zone="UTC")
    counted, _, _ = play(
        Random(1),
        Limits(day=17, gap_s=90, spread=True),
        hours,
        work=60,
        until=START + timedelta(days=1),
        most=99,
        idle=False,
    )
    minutes = [(at - seconds(START)) / 60 - 9 * 60 for at in counted]
    assert len(minutes) == 17
    assert all(abs(found - 30 * n) < 1 for n, found in enumerate(minutes))


def test_spread_looks_at_working_time_only():
    hours = parse_hours({"mon": [["09:00", "11:00"], ["15:00", "17:00"]]}, zone="UTC")
    counted, _, _ = play(
        Random(3), Limits(day=4, spread=True), hours, work=0, until=START + timedelta(days=1), most=9, idle=False
    )
    assert [round((at - seconds(START)) / 3600, 2) for at in counted] == [9, 10, 15, 16]


def test_a_late_start_spreads_over_what_is_left_of_the_day():
    hours = parse_hours(OFFICE, zone="UTC")
    a = grab(allowance(day=10, spread=True), utc(2027, 3, 1, 12, 30))
    assert opening(a, hours, utc(2027, 3, 1, 12, 31)).at == utc(2027, 3, 1, 13)


def test_spread_does_not_depend_on_when_it_is_asked():
    hours = parse_hours(OFFICE, zone="UTC")
    a = grab(allowance(day=10, spread=True, gap_s=60), utc(2027, 3, 1, 9))
    asked = {opening(a, hours, utc(2027, 3, 1, 9, minute)).at for minute in range(1, 50)}
    assert asked == {utc(2027, 3, 1, 9, 51)}


def test_around_the_clock_the_share_starts_anew_each_local_day():
    hours = ROUND_THE_CLOCK("Australia/Lord_Howe")
    limits = Limits(day=12, spread=True)
    counted, provider, _ = play(
        Random(5), limits, hours, work=60, until=START + timedelta(days=60), most=10_000, idle=False
    )
    days = Counter(local_day(hours, datetime.fromtimestamp(at, UTC)) for at in counted)
    whole_days = [days[day] for day in sorted(days)[1:-1]]
    assert min(whole_days) >= 11
    assert sum(whole_days) >= 0.98 * 12 * len(whole_days)
    assert highest(provider, DAY) == 12


CAUSES = [
    (allowance(), "", utc(2027, 3, 3, 12)),
    (replace(allowance(), limits=Limits(ceiling=3), outstanding=3), "pending_ceiling", None),
    (replace(allowance(month=5), month=202703, month_used=5), "month_cap", utc(2027, 4, 1, 9)),
    (allowance(month=0), "month_cap", None),
    (allowance(week=0), "week_cap", None),
    (allowance(day=0), "day_cap", None),
    (allowance(day=0, reason="warm_up"), "warm_up", None),
    (allowance(day=0, reason="health"), "health", None),
    (replace(allowance(day=0, reason="health"), rest_until=utc(2027, 3, 9, 12)), "health", utc(2027, 3, 9, 12)),
    (allowance([seconds(utc(2027, 3, 1, 9))], week=1), "week_cap", utc(2027, 3, 8, 9, 2, 1)),
    (allowance([seconds(utc(2027, 3, 3, 9))], day=1), "day_cap", utc(2027, 3, 4, 9, 2, 1)),
    (allowance([seconds(utc(2027, 3, 3, 9))], day=1, reason="warm_up"), "warm_up", utc(2027, 3, 4, 9, 2, 1)),
    (allowance([seconds(utc(2027, 3, 3, 9))], day=1, reason="health"), "health", utc(2027, 3, 4, 9, 2, 1)),
    (allowance([seconds(utc(2027, 3, 3, 9))], day=1, week=1), "week_cap", utc(2027, 3, 10, 9, 2, 1)),
    (replace(allowance(), rest_until=utc(2027, 3, 3, 13)), "limit_rest", utc(2027, 3, 3, 13)),
    (replace(allowance(), rest_until=utc(2027, 3, 3, 18)), "limit_rest", utc(2027, 3, 4, 9)),
    (allowance([seconds(utc(2027, 3, 3, 11, 59, 30))], gap_s=90), "gap", utc(2027, 3, 3, 12, 1)),
]


@pytest.mark.parametrize(("a", "cause", "at"), CAUSES)
def test_each_rule_is_named_when_it_binds(a, cause, at):
    found = opening(a, parse_hours(OFFICE, zone="UTC"), utc(2027, 3, 3, 12))
    assert (found.cause, found.at) == (cause, at)


def test_hours_are_the_cause_only_when_nothing_else_is():
    hours = parse_hours(OFFICE, zone="UTC", days_off=[date(2027, 3, 4)])
    assert opening(allowance(), hours, utc(2027, 3, 3, 20)).cause == "outside_hours"
    assert opening(allowance(), hours, utc(2027, 3, 4, 8)).cause == "holiday"
    assert opening(allowance(), hours, utc(2027, 3, 4, 8)).at == utc(2027, 3, 5, 9)
    assert (
        opening(replace(allowance(), rest_until=utc(2027, 3, 3, 21)), hours, utc(2027, 3, 3, 20)).cause == "limit_rest"
    )
    assert opening(allowance(), Hours("UTC", ((),) * 7), utc(2027, 3, 3, 20)).at is None


def test_the_last_slack_of_a_month_takes_no_monthly_act():
    a = allowance(month=5)
    end = utc(2027, 4, 1)
    assert opening(a, ALWAYS, end - timedelta(seconds=121), 60).cause == ""
    assert opening(a, ALWAYS, end - timedelta(seconds=120), 60) == opening(a, ALWAYS, end - timedelta(seconds=1), 60)
    assert opening(a, ALWAYS, end - timedelta(seconds=120), 60).at == end
    assert opening(a, ALWAYS, end - timedelta(seconds=120), 60).cause == "month_cap"
    assert opening(allowance(day=5), ALWAYS, end - timedelta(seconds=1), 60).cause == ""


def test_moving_into_hours_does_not_land_in_the_end_of_a_month():
    hours = parse_hours({"wed": [["23:59", "24:00"]], "fri": [["10:00", "11:00"]]}, zone="UTC")
    found = opening(allowance(month=5), hours, utc(2027, 3, 31, 12), 60)
    assert (found.at, found.cause) == (utc(2027, 4, 2, 10), "outside_hours")


def test_one_allowance_at_the_end_of_its_month_moves_all():
    notes = replace(allowance(month=5), budget=Budget.NOTES_MONTH)
    resting = replace(allowance(), rest_until=utc(2027, 3, 31, 23, 59))
    found = fits([resting, notes], ALWAYS, utc(2027, 3, 31, 12), longest_work_s=60)
    assert (found.at, found.cause) == (utc(2027, 4, 1), "limit_rest")


def test_a_full_ceiling_stops_the_whole_touch():
    pending = replace(allowance(), budget=Budget.PENDING, limits=Limits(ceiling=1), outstanding=1)
    found = fits([allowance(), pending], ALWAYS, utc(2027, 3, 31, 12), longest_work_s=60)
    assert (found.at, found.cause) == (None, "pending_ceiling")
    assert fits([allowance(), lower(pending)], ALWAYS, utc(2027, 3, 31, 12), longest_work_s=60).cause == ""


def test_work_by_hand_waits_for_working_hours_only():
    hours = parse_hours(OFFICE, zone="UTC")
    found = fits([], hours, utc(2027, 3, 6, 12), longest_work_s=60)
    assert (found.at, found.cause) == (utc(2027, 3, 8, 9), "outside_hours")


def test_pending_is_a_counter_that_goes_down_once():
    a = grab(Allowance(Budget.PENDING, Limits(ceiling=2)), utc(2027, 3, 1))
    assert (a.outstanding, a.ring) == (1, ())
    assert lower(a).outstanding == 0
    assert give_back(a, 1) == lower(a)
    assert seen_by_hand(a, utc(2027, 2, 1)).outstanding == 2
    with pytest.raises(ValueError, match="must not be lowered twice"):
        lower(lower(a))


def test_only_a_ceiling_makes_an_act_outstanding():
    assert grab(allowance(day=5), utc(2027, 3, 1)).outstanding == 0
    assert grab(allowance(ceiling=5), utc(2027, 3, 1)).outstanding == 1


def test_nothing_is_given_back_twice():
    a = grab(allowance(day=5), utc(2027, 3, 1, 12))
    counted = a.ring[0]
    with pytest.raises(ValueError, match="nothing to give back"):
        give_back(give_back(a, counted), counted)


def test_a_ring_counts_full_seconds_rounded_up():
    a = grab(allowance(), utc(2027, 3, 1, 12) + timedelta(microseconds=1))
    assert a.ring == (int(seconds(utc(2027, 3, 1, 12))) + 1,)
    assert grab(allowance(), utc(2027, 3, 1, 12)).ring == (int(seconds(utc(2027, 3, 1, 12))),)


def test_the_month_counts_anew_when_it_turns():
    a = replace(allowance(month=9), month=202703, month_used=7)
    assert (grab(a, utc(2027, 3, 31)).month, grab(a, utc(2027, 3, 31)).month_used) == (202703, 8)
    assert (grab(a, utc(2027, 4, 1)).month, grab(a, utc(2027, 4, 1)).month_used) == (202704, 1)
    december = replace(a, month=202712, month_used=9)
    assert opening(december, ALWAYS, utc(2027, 12, 24)).at == utc(2028, 1, 1)


def test_an_act_by_hand_counts_in_its_own_month_only():
    a = replace(allowance(month=9), month=202703, month_used=7)
    assert seen_by_hand(a, utc(2027, 2, 27)).month_used == 7
    assert seen_by_hand(a, utc(2027, 3, 2)).month_used == 8


def test_a_rest_is_never_shortened():
    a = rest(allowance(), utc(2027, 3, 8))
    assert rest(a, utc(2027, 3, 2)).rest_until == utc(2027, 3, 8)
    assert rest(a, utc(2027, 3, 9)).rest_until == utc(2027, 3, 9)


def test_usage_counts_the_windows_and_forgets_the_old_month():
    at = utc(2027, 3, 2, 12)
    ring = [int(seconds(at - timedelta(hours=h))) for h in (1, 23, 24, 100, 168)]
    a = replace(allowance(ring), month=202703, month_used=4, outstanding=6)
    assert (rolling(a, at).day, rolling(a, at).week, rolling(a, at).month, rolling(a, at).pending) == (2, 4, 4, 6)
    assert rolling(a, utc(2027, 4, 1)).month == 0


def test_the_slack_is_the_hand_over_and_the_work():
    assert slack_s(90) == D_SECONDS + 90 == 150
    with pytest.raises(ValueError, match="longest_work_s must be"):
        slack_s(-1)


def test_without_the_slack_the_provider_would_see_one_too_many():
    """The negative control: the brute force above does see a breach when the windows are as long as their names."""
    rng, ring, provider, t, cap = Random(1), [], [], seconds(START), 20
    for _ in range(400):
        t = max(t + 90, ring[-cap] + DAY if len(ring) >= cap else 0)
        ring.append(t)
        provider.append(t + rng.random() * 120)
    assert highest(provider, DAY) > cap
