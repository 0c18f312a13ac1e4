"""Credits along the running path: reserved at the gate, then spent or released once, returned once, held for those who
matter most."""

from datetime import timedelta

import pytest

from accounts import ledger
from accounts.models import CreditBalance
from campaigns.running import house, lanes, sync, turns
from campaigns.running.database import rows
from outreach.engine.kinds import NEVER, Kind
from tests.stage import Stage


def test_a_paid_inmail_spends_one_credit_at_both_ends(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    touch = stage.reach(person)
    assert touch["kind"] == "inmail" and stage.moved(person) == ["available to reserved", "reserved to spent"]
    state = stage.outside.control("GET", "/state")
    assert stage.balance("priya")["available"] == state["accounts"]["seat-priya"]["balances"]["sales_navigator"] == 49


def test_an_open_profile_costs_nothing(stage: Stage) -> None:
    person = stage.person(tier=3, open_profile=True)
    stage.launch("senior", [person], "priya")
    assert stage.reach(person)["kind"] == "open_inmail"
    assert stage.moved(person) == [] and stage.balance("priya")["available"] == 50


@pytest.mark.parametrize(("days", "returned"), [(90, True), (91, False)])
def test_an_answer_returns_the_credit_until_the_ninetieth_day(stage: Stage, days: int, returned: bool) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    stage.later(days=days, minutes=-1)
    stage.does("reply", person, "priya", text="Better late than never.")
    stage.hear("priya")
    assert ("returned to available" in stage.moved(person)) is returned
    assert stage.enrollment(person)["reason"] == "replied"
    assert stage.sent_to(person)[0]["response"] == "reply"


def test_without_a_credit_the_lane_is_closed_and_a_grant_opens_it(stage: Stage) -> None:
    people = stage.people(3, tier=3)
    balance = CreditBalance.objects.get(sender=stage.senders["priya"], cap__gt=0)
    ledger.adjust(balance, -49, by=stage.members["alice"], now=stage.now, note="Used elsewhere before.")
    stage.launch("senior", people, "priya")
    for _ in range(4):
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted() == ["inmail"]
    assert stage.lane(Kind.INMAIL, "priya")["allowed_at"] == NEVER
    stage.go_to(stage.now.replace(month=12, day=1, hour=0, minute=1))
    house.keep_credits(now=stage.now)
    for _ in range(4):
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted().count("inmail") == 3


def test_a_returned_credit_wakes_the_most_important_who_waits(stage: Stage) -> None:
    first, second, third = stage.person(tier=3), stage.person(tier=2), stage.person(tier=3)
    balance = CreditBalance.objects.get(sender=stage.senders["priya"], cap__gt=0)
    ledger.adjust(balance, -49, by=stage.members["alice"], now=stage.now, note="Used elsewhere before.")
    stage.launch("senior", [first], "priya")
    stage.reach(first)
    stage.launch("senior", [second, third], "priya")
    stage.settle()
    assert stage.sent_to(third) == []
    stage.later(hours=1)
    stage.does("reply", first, "priya", text="Yes.")
    stage.hear("priya")
    stage.later(minutes=2)
    stage.settle()
    assert len(stage.sent_to(third)) == 1 and stage.sent_to(second) == []


def test_credits_held_for_tier_3_are_not_spent_on_tier_2(stage: Stage) -> None:
    rows("UPDATE accounts_creditbalance SET held = 50 WHERE sender_id = %s", (stage.senders["priya"].pk,))
    two, three = stage.person(tier=2), stage.person(tier=3)
    stage.launch("senior", [two, three], "priya")
    for _ in range(3):
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted(three) == ["inmail"] and stage.accepted(two) == []
    assert stage.enrollment(two)["cause"] == "held_for_tier_3"


@pytest.mark.parametrize("planned", [True, False])
def test_whoever_slept_through_the_end_of_a_hold_is_woken_by_the_house(stage: Stage, planned: bool) -> None:
    """The worker that changed what is held died before it woke anybody; by then the InMail was planned, or was not."""

    def hold(credits: int) -> None:
        rows("UPDATE accounts_creditbalance SET held = %s WHERE sender_id = %s", (credits, stage.senders["priya"].pk))

    person = stage.person(tier=2)
    hold(0 if planned else 50)
    stage.launch("senior", [person], "priya")
    stage.decide()
    hold(50)
    if planned:  # what a gate writes that finds the credits held
        rows("UPDATE campaigns_touch SET cause = 'held_for_tier_3', not_before = %s", (NEVER,))
    for held, sent in ((50, []), (49, ["inmail"])):
        hold(held)
        for _ in range(3):
            stage.keep_house()
            stage.settle()
            stage.later(minutes=2)
        assert stage.accepted(person) == sent


def test_when_the_provider_says_that_no_credit_is_left_the_seat_is_held(stage: Stage) -> None:
    people = stage.people(2, tier=3)
    stage.outside.fault(match={"path_prefix": "/api/v1/chats", "method": "POST"}, type="insufficient_credits", times=1)
    stage.launch("senior", people, "priya")
    assert "refused" in stage.settle()
    balance = stage.balance("priya")
    assert balance["blocked"] and (balance["available"], balance["reserved"]) == (50, 0)
    assert stage.lane(Kind.INMAIL, "priya")["allowed_at"] == NEVER
    stage.later(days=1)
    stage.settle()
    assert stage.accepted() == []
    sync.look_at_balance(stage.senders["priya"].pk, now=stage.now)
    ledger.unblock(balance["id"], now=stage.now, by=stage.members["alice"])
    lanes.credits_arrived([stage.senders["priya"].pk], now=stage.now)
    for _ in range(3):
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted() == ["inmail", "inmail"]


def test_a_provider_with_fewer_credits_holds_the_seat_and_shows_the_difference(stage: Stage) -> None:
    balance = CreditBalance.objects.get(sender=stage.senders["priya"], cap__gt=0)
    ledger.adjust(balance, 5, by=stage.members["alice"], now=stage.now, note="A mistake.")
    assert "held" in sync.look_at_balance(stage.senders["priya"].pk, now=stage.now) or stage.balance("priya")["blocked"]
    assert "5 fewer credits" in stage.balance("priya")["blocked"]
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.settle()
    assert stage.accepted() == []


def test_a_silent_acceptance_shows_in_the_balance_only(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    stage.later(days=2)
    stage.does("accept_inmail", person, "priya")
    sync.look_at_balance(stage.senders["priya"].pk, now=stage.now)
    assert stage.balance("priya")["available"] == 50
    assert stage.moved(person) == ["available to reserved", "reserved to spent"]  # whose it is, nobody can know
    assert stage.enrollment(person)["state"] == "active"


def test_a_touch_whose_worker_died_keeps_its_credit_reserved_until_it_is_settled(stage: Stage) -> None:
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.decide()
    [turn] = turns.claim(now=stage.now)
    turns.profiles.freshen(turn.heads[0], now=stage.now)
    turns.gate.enter(turn.heads[0], turn.token)  # and the worker dies
    stage.later(minutes=5)
    stage.keep_house()
    assert stage.touch(person)["state"] == "uncertain" and stage.balance("priya")["reserved"] == 1
    stage.pass_time(hours=3)
    assert stage.moved(person)[:2] == ["available to reserved", "reserved to available"]
    assert stage.accepted(person) == ["inmail"] and stage.balance("priya")["available"] == 49


def test_a_month_gives_one_grant_however_often_it_is_asked_for(stage: Stage) -> None:
    stage.go_to(stage.now + timedelta(days=30))
    for _ in range(3):
        house.keep_credits(now=stage.now)
    assert stage.balance("priya")["available"] == 100
    assert stage.balance("bob")["available"] == 30


def last_note(stage: Stage) -> str:
    found = rows("SELECT note FROM accounts_credittransfer WHERE credit = 'reserved' ORDER BY id DESC LIMIT 1")
    return str(found[0]["note"]) if found else ""


def test_a_held_credit_that_the_next_grant_would_clip_goes_to_a_named_person_of_tier_2(stage: Stage) -> None:
    balance = CreditBalance.objects.get(sender=stage.senders["priya"], cap__gt=0)
    ledger.adjust(balance, 51, by=stage.members["alice"], now=stage.now, note="Left over from before.")
    ledger.hold_credits(balance, 150, by=stage.members["mara"], now=stage.now)  # 101 of at most 150, and 50 a month
    first, second = stage.people(2, tier=2)
    stage.launch("senior", [first, second], "priya")
    stage.reach(first)
    [found] = rows("SELECT first_name || ' ' || last_name AS name FROM prospects_prospect WHERE id = %s", (first,))
    said = f"Held for tier 3, released to {found['name']} (tier 2): 1 would be lost by the next grant."
    assert last_note(stage) == said
    assert "A credit held for tier 3 is released to them" in stage.sent_to(first)[0]["decision"]
    stage.pass_time(hours=3)
    assert stage.accepted(second) == [], "the one credit that would have been lost is spent"
    assert stage.enrollment(second)["cause"] == "held_for_tier_3" or stage.touch(second)["cause"] == "held_for_tier_3"


def test_tier_3_takes_a_held_credit_without_a_release(stage: Stage) -> None:
    balance = CreditBalance.objects.get(sender=stage.senders["priya"], cap__gt=0)
    ledger.adjust(balance, 51, by=stage.members["alice"], now=stage.now, note="Left over from before.")
    ledger.hold_credits(balance, 150, by=stage.members["mara"], now=stage.now)
    person = stage.person(tier=3)
    stage.launch("senior", [person], "priya")
    stage.reach(person)
    assert last_note(stage) == ""


@pytest.mark.breaks_the_ledger  # the lot is slipped in beside it
def test_a_held_credit_at_the_end_of_its_life_goes_to_tier_2_when_that_comes_near(stage: Stage) -> None:
    priya = stage.senders["priya"]
    rows("UPDATE accounts_creditbalance SET held = 50 WHERE sender_id = %s", (priya.pk,))
    rows(
        "INSERT INTO accounts_creditlot (workspace_id, balance_id, opened_at, expires_at, amount, remaining) "
        "SELECT workspace_id, id, %s, %s, 50, 50 FROM accounts_creditbalance WHERE sender_id = %s",
        (stage.now, stage.now + timedelta(days=40), priya.pk),
    )
    rows(
        "UPDATE accounts_planterms SET credit_life_days = 40 WHERE plan_id = %s",
        (priya.plan_id,),
    )
    stage.proved = False
    person = stage.person(tier=2)
    stage.launch("senior", [person], "priya")
    stage.settle()
    assert stage.accepted() == []
    stage.later(days=9, hours=1)
    for _ in range(3):
        stage.keep_house()
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted(person) == ["inmail"] and "50 would be lost" in last_note(stage)
