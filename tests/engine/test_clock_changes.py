"""The nights on which clocks change: working hours follow the wall clock, caps follow UTC, and a restart in between
forgets nothing."""

import json
from bisect import bisect_right
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.engine.facts import Allowance, Hours, Limits
from outreach.engine.kinds import Budget
from outreach.engine.pacing import opens_at, slack_s, take
from tests.engine.nights import NIGHTS

DAY, WEEK = 86_400, 604_800

SHAPES = {
    "round the clock": ((0, 1440),),
    "across the change": ((90, 210),),
    "only the hour that is jumped or doubled": ((120, 180),),
    "around midnight": ((0, 165), (1320, 1440)),
    "the office with a break": ((540, 720), (780, 1050)),
}

limits_of_any_sender = st.builds(
    Limits,
    day=st.integers(1, 9),
    week=st.one_of(st.none(), st.integers(2, 25)),
    month=st.one_of(st.none(), st.integers(5, 60)),
    gap_s=st.sampled_from([0, 20, 90, 1900]),
    spread=st.booleans(),
)


@cache
def working_minutes(zone: str, night: date, shape: str) -> frozenset[int]:
    """The oracle: walk 20 days minute by minute. A minute is worked while the highest time that the local clock has
    shown on its date lies inside: what is jumped was shown by the jump, what comes twice shows nothing new."""
    clock, found, highest, day = ZoneInfo(zone), set(), -1, None
    at = datetime(night.year, night.month, night.day, tzinfo=UTC) - timedelta(days=10)
    for _ in range(20 * 1440):
        wall = at.astimezone(clock)
        if wall.date() != day:
            day, highest = wall.date(), -1
        minute = wall.hour * 60 + wall.minute
        if minute > highest:
            highest = minute
            if any(start <= minute < end for start, end in SHAPES[shape]):
                found.add(int(at.timestamp()) // 60)
        elif any(start <= highest < end for start, end in SHAPES[shape]):
            found.add(int(at.timestamp()) // 60)
        at += timedelta(minutes=1)
    return frozenset(found)


def stored(a: Allowance) -> str:
    """What outlives a process: the row of an allowance."""
    return json.dumps([a.ring, a.month, a.month_used, a.outstanding])


def restored(row: str, limits: Limits) -> Allowance:
    ring, month, month_used, outstanding = json.loads(row)
    return Allowance(Budget.INVITES, limits, tuple(ring), month, month_used, outstanding)


def live(
    rng: Random, limits: Limits, hours: Hours, begin: datetime, end: datetime, work: int
) -> tuple[list[float], list[float]]:
    """Endless work over these days by a process that dies at random and reads its rows again: the counted instants, and
    the provider's time of each."""
    row, now = stored(Allowance(Budget.INVITES, limits)), begin
    counted: list[float] = []
    provider: list[float] = []
    while now < end:
        a = restored(row, limits)
        for _ in range(rng.randrange(1, 12)):
            opening = opens_at(a, hours, now, longest_work_s=work)
            if opening.at is None or opening.at >= end:
                return counted, provider
            now = opening.at + timedelta(milliseconds=rng.choice([0, 1, 999]))
            if opens_at(a, hours, now, longest_work_s=work).at != now:
                continue
            a = take(a, now, longest_work_s=work)
            counted.append(now.timestamp())
            provider.append(now.timestamp() + rng.choice([0, 1, rng.random()]) * slack_s(work))
            row = stored(a)
        now += timedelta(seconds=rng.choice([0, 1, rng.randrange(7200)]))  # dead for a while
    return counted, provider


def highest(times: list[float], width: int) -> int:
    ordered = sorted(times)
    return max((bisect_right(ordered, at + width) - i for i, at in enumerate(ordered)), default=0)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.replace(" ", "-"))
@pytest.mark.parametrize(("zone", "night"), NIGHTS, ids=lambda part: str(part))
@settings(max_examples=8, deadline=None)
@given(limits=limits_of_any_sender, seed=st.integers(0, 10**6), work=st.sampled_from([0, 60, 600]), off=st.booleans())
def test_no_night_lets_one_touch_too_many_out(zone, night, shape, limits, seed, work, off):
    days_off = frozenset({night + timedelta(days=1)} if off else ())
    hours = Hours(zone, (SHAPES[shape],) * 7, days_off)
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=UTC)
    begin, end = noon - timedelta(days=8), noon + timedelta(days=8)
    counted, provider = live(Random(seed), limits, hours, begin, end, work)
    assert counted
    for times in (counted, provider):
        assert highest(times, DAY) <= limits.day
        assert limits.week is None or highest(times, WEEK) <= limits.week
        months = Counter(f"{datetime.fromtimestamp(at, UTC):%Y%m}" for at in times)
        assert limits.month is None or max(months.values()) <= limits.month
    assert all(later - earlier >= limits.gap_s for earlier, later in pairwise(counted))
    worked = working_minutes(zone, night, shape)
    for at in counted:
        assert int(at) // 60 in worked
        assert datetime.fromtimestamp(at, ZoneInfo(zone)).date() not in days_off


@pytest.mark.parametrize(("zone", "night"), NIGHTS, ids=lambda part: str(part))
def test_a_restart_changes_nothing_of_the_schedule(zone, night):
    """Kept in memory or read back from its row after every act: the same instants."""
    hours = Hours(zone, (SHAPES["the office with a break"],) * 7)
    limits = Limits(day=7, week=40, month=90, gap_s=90, spread=True)
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=UTC)
    schedules = []
    for restarts in (False, True):
        a, now, acts = Allowance(Budget.INVITES, limits), noon - timedelta(days=8), []
        while now < noon + timedelta(days=8):
            opening = opens_at(a, hours, now, longest_work_s=60)
            assert opening.at is not None
            now = opening.at
            a = take(a, now, longest_work_s=60)
            acts.append(now)
            if restarts:
                a = restored(stored(a), limits)
        schedules.append(acts)
    assert schedules[0] == schedules[1] and len(schedules[0]) > 80


@pytest.mark.parametrize(
    ("zone", "night", "hours_of_work"),
    [
        ("Europe/Berlin", date(2027, 3, 28), 23),
        ("Europe/Berlin", date(2027, 10, 31), 24),  # the doubled hour counts once, so it is no working time
        ("America/New_York", date(2027, 3, 14), 23),
        ("America/New_York", date(2027, 11, 7), 24),
        ("Australia/Lord_Howe", date(2027, 4, 4), 24),
        ("Australia/Lord_Howe", date(2027, 10, 3), 23.5),
        ("Africa/Casablanca", date(2027, 2, 7), 24),
        ("Africa/Casablanca", date(2027, 3, 14), 23),
        ("America/Sao_Paulo", date(2027, 2, 21), 24),
    ],
    ids=lambda part: str(part),
)
def test_the_hour_that_is_jumped_or_doubled_is_worked_at_most_once(zone, night, hours_of_work):
    """Every other minute of the day is open, for one act each: how many acts the day takes."""
    local_midnight = datetime(night.year, night.month, night.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    hours = Hours(zone, (tuple((minute, minute + 1) for minute in range(0, 1440, 2)),) * 7)
    a, now, acts = Allowance(Budget.INVITES, Limits(gap_s=61)), local_midnight, 0
    while (at := opens_at(a, hours, now, longest_work_s=0).at) and at.astimezone(ZoneInfo(zone)).date() == night:
        a, now, acts = take(a, at, longest_work_s=0), at, acts + 1
    assert acts == hours_of_work * 30
