"""The answer to "why not yet?" is true: lift the cause that is named, and the touch goes at the moment that is stated.

A seed chooses a queue, who stands in it and what is in their way. Whoever stands first is followed until they went:
time is let pass to the second before the stated moment, and then to it; a cause that no time lifts is lifted by whoever
can. Whoever stands behind goes within the range that was told.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from accounts import ledger
from accounts.models import CreditBalance
from campaigns.building import campaigns, seats
from campaigns.models import Campaign, Enrollment
from campaigns.running import allowances, companies, holding, lanes, taking, why
from campaigns.running.database import rows, together
from campaigns.running.why import Reason
from outreach.engine.causes import ORDER, Cause
from outreach.engine.kinds import Budget, Kind
from prospects.models import Company, Prospect
from tests.cast import OFFICE
from tests.stage import Stage

SEEDS = range(9)
ROUNDS = 12


@dataclass
class Scene:
    """People who wait in one queue of a sender; the first of them is followed. `lifts`: by cause, what a person does
    about it."""

    stage: Stage
    random: random.Random
    sender: str
    kind: Kind
    people: list[int]
    campaign: Campaign
    lifts: dict[Cause, Callable[[], object]] = field(default_factory=dict)
    seen: list[Cause] = field(default_factory=list)

    @property
    def target(self) -> int:
        return self.people[0]

    @property
    def seat(self) -> int:
        return self.stage.senders[self.sender].pk

    def enrollment(self, person: int) -> Enrollment:
        found: Enrollment = Enrollment.objects.select_related("campaign", "sender", "prospect").get(
            prospect=person, campaign=self.campaign
        )
        return found

    def reason(self, person: int) -> Reason:
        [found] = why.explain(self.stage.workspace.pk, self.stage.now, [self.enrollment(person).pk])
        return found

    def went(self, person: int) -> datetime | None:
        """When the gate let this person's first touch of the campaign pass."""
        mine = self.enrollment(person).pk
        return next((t["gate_at"] for t in self.stage.sent_to(person) if t["enrollment_id"] == mine), None)

    def go_to(self, at: datetime) -> None:
        self.stage.go_to(max(at, self.stage.now))
        self.stage.settle()


def scene(stage: Stage, seed: int) -> Scene:
    chance = random.Random(seed)
    count = chance.randint(2, 4)
    sender, kind = [("bob", Kind.INVITE_NOTE), ("priya", Kind.INMAIL), ("bob", Kind.DM)][seed % 3]
    people = {
        Kind.INVITE_NOTE: lambda: stage.people(count),
        Kind.INMAIL: lambda: stage.people(count, tier=3),
        Kind.DM: lambda: stage.people(count, connected_to=sender),
    }[kind]()
    rows("UPDATE campaigns_allowance SET gap_s = 0, day_cap = 1000 WHERE budget = 'profile_reads'")
    campaign = stage.launch("senior" if kind is Kind.INMAIL else "volume", people, sender)
    if chance.random() < 0.7:
        read_profiles(stage, sender, people)
    stage.decide()
    return Scene(stage, chance, sender, kind, people, campaign)


def read_profiles(stage: Stage, sender: str, people: list[int]) -> None:
    """They were read a moment ago, so that it is not their age that is named first."""
    for person in people:
        known = stage.outside.control("GET", f"/people/{stage.slugs[person]}")["provider_id"]
        rows(
            "UPDATE prospects_relationship SET provider_id = %s, degree = CASE degree WHEN '' THEN '2' ELSE degree "
            "END, checked_at = %s WHERE prospect_id = %s AND sender_id = %s",
            (known, stage.now, person, stage.senders[sender].pk),
        )
        rows("UPDATE prospects_prospect SET checked_at = %s, open_profile = false WHERE id = %s", (stage.now, person))


# -- what can be in the way


def a_pause(s: Scene) -> None:
    mara = s.stage.members["mara"]
    campaigns.pause(s.campaign, by=mara, now=s.stage.now)
    s.lifts[Cause.PAUSED_CAMPAIGN] = lambda: campaigns.resume(s.campaign, by=mara, now=s.stage.now)


def a_paused_sender(s: Scene) -> None:
    sender, mara = s.stage.senders[s.sender], s.stage.members["mara"]
    seats.pause(sender, by=mara, now=s.stage.now)
    s.lifts[Cause.PAUSED_SENDER] = lambda: seats.resume(sender, by=mara, now=s.stage.now)


def a_hold(s: Scene) -> None:
    mara = s.stage.members["mara"]
    holding.hold(s.enrollment(s.target), by=mara, now=s.stage.now)
    s.lifts[Cause.STOPPED] = lambda: holding.resume(s.enrollment(s.target), by=mara, now=s.stage.now)


def another_conversation(s: Scene) -> None:
    """The other sender's campaign came first with this person."""
    other = "priya" if s.sender == "bob" else "bob"
    campaigns.pause(s.campaign, by=s.stage.members["mara"], now=s.stage.now)
    s.stage.launch("volume", [s.target], other)
    s.stage.settle()
    campaigns.resume(s.campaign, by=s.stage.members["mara"], now=s.stage.now)
    s.stage.decide()
    s.lifts[Cause.IN_CONVERSATION] = lambda: taking.take(
        s.enrollment(s.target), by=s.stage.members["mara"], now=s.stage.now
    )


def a_cool_down(s: Scene) -> None:
    until = s.stage.now + timedelta(days=s.random.randint(1, 5), minutes=s.random.randint(0, 600))
    rows(
        "UPDATE prospects_relationship SET invite_not_before = %s WHERE prospect_id = %s AND sender_id = %s",
        (until, s.target, s.seat),
    )


def a_full_company(s: Scene) -> None:
    company = Company.objects.create(workspace=s.stage.workspace, name="Northgate")
    colleague = s.stage.person()
    campaigns.pause(s.campaign, by=s.stage.members["mara"], now=s.stage.now)
    s.stage.launch("volume", [colleague], "priya" if s.sender == "bob" else "bob")
    s.stage.settle()
    Prospect.objects.filter(pk__in=[s.target, colleague]).update(company=company)
    companies.throttle(1, s.random.randint(1, 9), by=s.stage.members["mara"], now=s.stage.now)
    campaigns.resume(s.campaign, by=s.stage.members["mara"], now=s.stage.now)


def a_full_day(s: Scene) -> None:
    """Somebody else got what this sender may do in a day."""
    first = {
        Kind.INVITE_NOTE: lambda: s.stage.person(),
        Kind.INMAIL: lambda: s.stage.person(tier=3),
        Kind.DM: lambda: s.stage.person(connected_to=s.sender),
    }[s.kind]()
    campaigns.pause(s.campaign, by=s.stage.members["mara"], now=s.stage.now)
    s.stage.launch("senior" if s.kind is Kind.INMAIL else "volume", [first], s.sender)
    s.stage.settle()
    assert [touch["kind"] for touch in s.stage.sent_to(first)] == [s.kind]
    rows(
        "UPDATE campaigns_allowance SET day_cap = 1 WHERE sender_id = %s AND budget = %s",
        (s.seat, lanes.MAIN_BUDGET[s.kind]),
    )
    campaigns.resume(s.campaign, by=s.stage.members["mara"], now=s.stage.now)


def a_limit(s: Scene) -> None:
    together(
        allowances.rest(s.seat, s.kind, now=s.stage.now), *lanes.recompute(s.seat, [Budget(lanes.MAIN_BUDGET[s.kind])])
    )


def office_hours(s: Scene) -> None:
    rows("UPDATE accounts_sender SET hours = %s::jsonb WHERE id = %s", (json.dumps(OFFICE), s.seat))
    s.stage.go_to(s.stage.now.replace(hour=s.random.choice([17, 18, 22]), minute=s.random.randint(30, 59)))
    allowances.refresh([s.seat], now=s.stage.now)


def a_day_off(s: Scene) -> None:
    rows(
        "UPDATE accounts_sender SET days_off = %s::jsonb WHERE id = %s",
        (json.dumps([f"{s.stage.now:%Y-%m-%d}"]), s.seat),
    )
    allowances.refresh([s.seat], now=s.stage.now)


def a_full_ceiling(s: Scene) -> None:
    rows("UPDATE campaigns_allowance SET ceiling = 0 WHERE sender_id = %s AND budget = 'pending'", (s.seat,))
    s.lifts[Cause.PENDING_CEILING] = lambda: allowances.refresh([s.seat], now=s.stage.now)


def no_credits(s: Scene) -> None:
    alice = s.stage.members["alice"]
    [balance] = CreditBalance.objects.filter(sender=s.seat)
    taken = balance.available
    ledger.adjust(balance, -taken, by=alice, now=s.stage.now, note="Used elsewhere.")

    def lift() -> None:
        ledger.adjust(balance, taken, by=alice, now=s.stage.now, note="They came back.", key="back")
        lanes.credits_arrived([s.seat], now=s.stage.now)

    s.lifts[Cause.NO_CREDIT] = lift


EVERYWHERE = [a_full_day, another_conversation, a_full_company, a_limit, office_hours, a_day_off]
BY_SOMEBODY = [a_pause, a_paused_sender, a_hold]
IN_THE_WAY: dict[Kind, list[Callable[[Scene], None]]] = {
    Kind.INVITE_NOTE: [*EVERYWHERE, a_cool_down, a_full_ceiling, *BY_SOMEBODY],
    Kind.INMAIL: [*EVERYWHERE, no_credits, *BY_SOMEBODY],
    Kind.DM: [*EVERYWHERE, *BY_SOMEBODY],
}
"""What takes others to come about stands before what would keep them from it."""


def put_in_the_way(s: Scene, most: int) -> None:
    """Some of it, chosen by the seed."""
    known = IN_THE_WAY[s.kind]
    for happens in sorted(s.random.sample(known, k=s.random.randint(1, most)), key=known.index):
        happens(s)
    s.stage.decide()


# -- following one person


def follow(s: Scene, person: int) -> None:
    """Lift what is named, or let it pass, until this person's touch goes, each time at the stated moment."""
    for _ in range(ROUNDS):
        s.stage.settle()
        if s.went(person) is not None:
            return
        told, began = s.reason(person), s.stage.now
        s.seen.append(told.cause)
        if told.until is None:
            named = told.ahead if told.cause is Cause.QUEUE and told.ahead is not None else told.cause
            assert named in s.lifts, f"{named} is in the way, and nobody put it there"
            s.lifts.pop(named)()
            s.stage.decide()
            again = s.reason(person)
            assert (again.cause, again.until) != (told.cause, None), f"{named} was lifted, and is named again"
            continue
        if (told.position or 1) > 1:
            wait_in_the_queue(s, person, told)
            return
        if told.until > began:
            let_others_go(s, told.until)
            s.go_to(told.until - timedelta(seconds=1))
            assert s.went(person) is None, f"{told.cause} until {told.until}, and it went before"
        s.go_to(told.until)
        if s.went(person) is not None:
            assert s.went(person) == max(told.until, began)
            return
        assert ORDER[told.cause] < ORDER[Cause.PENDING_CEILING], f"{told.cause} until {told.until}, and it did not go"
        assert s.reason(person).cause is not told.cause
    raise AssertionError(f"Lifted one after the other, and still not gone: {s.seen}")


def let_others_go(s: Scene, before: datetime) -> None:
    """Whoever goes before this moment goes at theirs: late, they would push everybody behind them back."""
    for _ in range(ROUNDS):
        moments = [one.until for one in map(s.reason, s.people) if one.until and s.stage.now < one.until < before]
        if not moments:
            return
        s.go_to(min(moments))


def wait_in_the_queue(s: Scene, person: int, told: Reason) -> None:
    """Others go first, each at their moment; this one within the range told."""
    assert told.cause is Cause.QUEUE and told.until is not None and told.until_latest is not None
    for _ in range(ROUNDS):
        if (gone := s.went(person)) is not None:
            assert told.until <= gone <= told.until_latest
            return
        moments = [one.until for one in map(s.reason, s.people) if one.until is not None and one.until > s.stage.now]
        s.go_to(min(moments))
    raise AssertionError(f"Told a place in the queue, {told}, and never gone.")


@pytest.mark.parametrize("seed", SEEDS)
def test_lifting_the_cause_that_is_named_makes_the_touch_go_at_the_stated_moment(stage: Stage, seed: int) -> None:
    s = scene(stage, seed)
    put_in_the_way(s, 3)
    follow(s, s.target)
    for person in s.people[1:]:
        follow(s, person)
    assert s.seen, "something was in the way"


@pytest.mark.parametrize("kind", IN_THE_WAY)
def test_who_stands_behind_is_told_the_place_and_goes_within_the_range(stage: Stage, kind: Kind) -> None:
    s = scene(stage, {Kind.INVITE_NOTE: 0, Kind.INMAIL: 1, Kind.DM: 2}[kind])
    told = [s.reason(person) for person in s.people]
    assert [one.position for one in told] == list(range(1, len(told) + 1))
    assert {one.cause for one in told[1:]} <= {Cause.QUEUE}
    for person, one in list(zip(s.people, told, strict=True))[1:]:
        wait_in_the_queue(s, person, one)
