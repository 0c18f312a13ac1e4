"""Careful is not shy: with endless work the schedule takes nearly all that its windows, gaps and caps leave.

The measure is a scheduler of its own: it walks the local clock minute by minute, counts plain windows without any slack
and acts as soon as it may. Every rule says "not before", and an earlier act never delays a later one's bound, so acting
as soon as possible is the most that anybody can get out of the same rules.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from outreach.engine.facts import Allowance, Hours, Limits
from outreach.engine.kinds import Budget
from outreach.engine.pacing import opens_at, take
from outreach.engine.windows import parse_hours

DAYS = 60
DAY, WEEK = 86_400, 604_800
AT_LEAST = 0.95

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {day: [["09:00", "17:30"]] for day in WEEKDAYS}
BREAKS = {day: [["08:30", "12:00"], ["12:45", "15:00"], ["15:30", "18:00"]] for day in WEEKDAYS}
NIGHTS = {day: [["00:00", "06:00"], ["20:00", "24:00"]] for day in (*WEEKDAYS, "sat", "sun")}
PART_TIME = {"mon": [["09:00", "17:00"]], "wed": [["13:00", "18:00"]], "thu": [["09:00", "12:00"]]}
ALWAYS = {day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "sat", "sun")}
WEEKS = {"office": OFFICE, "breaks": BREAKS, "nights": NIGHTS, "part time": PART_TIME, "always": ALWAYS}


@dataclass(frozen=True)
class Plan:
    """A sender for sixty days. `begin`: so that the clock of its zone changes in the middle of them."""

    zone: str
    begin: date
    week: str
    limits: Limits
    work: int = 60
    off: tuple[int, ...] = ()

    @property
    def hours(self) -> Hours:
        return parse_hours(WEEKS[self.week], zone=self.zone, days_off=self.days_off)

    @property
    def days_off(self) -> frozenset[date]:
        return frozenset(self.begin + timedelta(days=n) for n in self.off)

    @property
    def start(self) -> int:
        return int(datetime(self.begin.year, self.begin.month, self.begin.day, tzinfo=UTC).timestamp())


def open_minutes(plan: Plan) -> list[int]:
    """Which minutes from the start on are worked, by the wall clock alone."""
    zone, off, found = ZoneInfo(plan.zone), plan.days_off, []
    names = (*WEEKDAYS, "sat", "sun")
    week = [
        [[int(clock[:2]) * 60 + int(clock[3:]) for clock in pair] for pair in WEEKS[plan.week].get(name, [])]
        for name in names
    ]
    day, highest = None, -1
    for n in range(DAYS * 1440):
        wall = datetime.fromtimestamp(plan.start + n * 60, zone)
        if wall.date() != day:
            day, highest = wall.date(), -1
        highest = max(highest, wall.hour * 60 + wall.minute)
        if wall.date() not in off and any(begin <= highest < end for begin, end in week[wall.weekday()]):
            found.append(n)
    return found


def month_after(at: int) -> int:
    moment = datetime.fromtimestamp(at, UTC)
    return int(datetime(moment.year + moment.month // 12, moment.month % 12 + 1, 1, tzinfo=UTC).timestamp())


def brute_force(plan: Plan) -> int:
    """How many acts sixty days hold at most."""
    limits, acts, in_month = plan.limits, [], Counter[int]()
    minutes, place, at = open_minutes(plan), 0, plan.start
    while True:
        if acts:
            at = max(at, acts[-1] + limits.gap_s)
        if limits.day is not None and len(acts) >= limits.day:
            at = max(at, acts[-limits.day] + DAY)
        if limits.week is not None and len(acts) >= limits.week:
            at = max(at, acts[-limits.week] + WEEK)
        while place < len(minutes) and plan.start + minutes[place] * 60 + 59 < at:
            place += 1
        if place == len(minutes):
            return len(acts)
        at = max(at, plan.start + minutes[place] * 60)
        turn = month_after(at)
        if limits.month is not None and in_month[turn] >= limits.month:
            at = turn
            continue
        in_month[turn] += 1
        acts.append(at)


def ours(plan: Plan, rng: Random) -> int:
    """How many acts the engine allows, when whoever asks comes up to a second late."""
    a, acts = Allowance(Budget.INVITES, plan.limits), 0
    now = datetime.fromtimestamp(plan.start, UTC)
    end = now + timedelta(days=DAYS)
    while (at := opens_at(a, plan.hours, now, longest_work_s=plan.work).at) is not None and at < end:
        now = at + timedelta(milliseconds=rng.choice([0, 3, 250, 999]))
        if opens_at(a, plan.hours, now, longest_work_s=plan.work).at != now:
            continue
        a = take(a, now, longest_work_s=plan.work)
        acts += 1
    return acts


def limits(day: int, week: int | None = None, month: int | None = None, gap_s: int = 90) -> Limits:
    return Limits(day=day, week=week, month=month, gap_s=gap_s, spread=False)


SPRING, AUTUMN = date(2027, 3, 1), date(2027, 10, 4)
PLANS = {
    "an established sender": Plan("Europe/Berlin", SPRING, "office", limits(20, 100)),
    "the same in autumn": Plan("Europe/Berlin", AUTUMN, "office", limits(20, 100)),
    "breaks and two holidays": Plan("America/New_York", SPRING, "breaks", limits(25, 100), off=(3, 25)),
    "a day cap alone": Plan("America/New_York", AUTUMN, "office", limits(50)),
    "a new sender": Plan("Australia/Lord_Howe", SPRING, "office", limits(5, 35)),
    "nights over the change": Plan("Australia/Lord_Howe", date(2027, 9, 6), "nights", limits(40, 200)),
    "around Ramadan": Plan("Africa/Casablanca", date(2027, 1, 18), "breaks", limits(30, 150)),
    "around the clock": Plan("Africa/Casablanca", date(2027, 2, 22), "always", limits(100, 600)),
    "part time": Plan("America/Sao_Paulo", SPRING, "part time", limits(20, 45)),
    "the gap binds": Plan("Europe/Berlin", SPRING, "office", limits(150, gap_s=240)),
    "the month binds": Plan("America/New_York", SPRING, "office", limits(30, month=60)),
    "free InMails": Plan("UTC", SPRING, "always", limits(30, month=400, gap_s=60)),
    "a slow provider": Plan("Europe/Berlin", AUTUMN, "breaks", limits(20, 100), work=600),
}


@pytest.mark.parametrize("spread", [False, True], ids=["at once", "spread"])
@pytest.mark.parametrize("name", PLANS)
def test_sixty_days_of_endless_work_use_nearly_all_there_is(name: str, spread: bool) -> None:
    plan = PLANS[name]
    most = brute_force(plan)
    plan = replace(plan, limits=replace(plan.limits, spread=spread))
    assert AT_LEAST * most <= ours(plan, Random(3)) <= most


@pytest.mark.parametrize("seed", range(20))
def test_any_sender_uses_nearly_all_there_is(seed: int) -> None:
    rng = Random(seed)
    day = rng.randrange(4, 60)
    plan = Plan(
        rng.choice(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
        date(2027, 1, 4) + timedelta(days=rng.randrange(300)),
        rng.choice(list(WEEKS)),
        Limits(
            day=day,
            week=rng.choice([None, day * 2, day * 3, day * 5]),
            month=rng.choice([None, None, day * 8]),
            gap_s=rng.choice([0, 20, 90, 150]),
            spread=rng.random() < 0.5,
        ),
        work=rng.choice([0, 60, 120]),
        off=tuple(rng.sample(range(DAYS), rng.randrange(4))),
    )
    most = brute_force(plan)
    assert AT_LEAST * most <= ours(plan, rng) <= most


def test_the_measure_knows_what_is_plain() -> None:
    """Sixty days from a Monday: eight whole weeks and four days."""
    plan = Plan("UTC", SPRING, "office", limits(20, 100))
    assert brute_force(plan) == 8 * 100 + 4 * 20
    assert brute_force(Plan("UTC", SPRING, "office", limits(20, 60))) == 8 * 60 + 60
    assert brute_force(Plan("UTC", SPRING, "office", limits(20, month=30))) == 60
    assert brute_force(Plan("UTC", SPRING, "part time", limits(100, gap_s=3600))) == 8 * (8 + 5 + 3) + 8 + 5 + 3
