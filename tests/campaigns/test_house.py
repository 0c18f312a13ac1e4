"""Keeping house: health, warm-up, limits of the day; each part safe to do twice."""

from datetime import timedelta

from campaigns.running import allowances, house, seat_health
from campaigns.running.database import rows
from outreach.engine.kinds import Kind
from tests.stage import Stage


def invited(stage: Stage, people: list[int], *, accepted: int) -> None:
    """So many invites of two weeks ago, of which some were accepted."""
    stage.launch("volume", people)
    stage.decide()
    rows(
        "UPDATE campaigns_touch SET state = 'dispatching', gate_at = %s, due_by = %s, reap_at = %s "
        "WHERE state = 'planned'",
        (stage.now, stage.now, stage.now + timedelta(days=365)),
    )
    rows("UPDATE campaigns_touch SET state = 'sent', settled_at = %s", (stage.now,))
    rows(
        "UPDATE campaigns_touch SET response = 'accepted', response_at = %s WHERE prospect_id = ANY(%s)",
        (stage.now, people[:accepted]),
    )
    rows("UPDATE campaigns_enrollment SET state = 'finished'")
    stage.proved = False  # the past was made up


def why_unwell(stage: Stage) -> tuple[str, str]:
    """The worst reason of Bob's health, and what lifts it."""
    bob = stage.senders["bob"]
    seen = seat_health.look([bob.pk], now=stage.now)[bob.pk]
    first = seat_health.reasons(bob, seen, stage.now, {"health_until": "then"})[0]
    return first.words, first.lifts


def test_too_few_acceptances_pause_invites_for_a_week_and_then_begin_small(stage: Stage) -> None:
    invited(stage, stage.people(50), accepted=5)
    stage.later(days=8)
    stage.keep_house()
    paused = stage.allowance("invites")
    assert paused["paused_until"] == stage.now + timedelta(days=7) and paused["day_cap"] == 0
    assert why_unwell(stage) == (
        "Invites pause until then: 5 of the last 50 were accepted, at most 21%, and the floor is 25%.",
        "They start again by themselves then, at 2 a day.",
    )
    stage.launch("volume", stage.people(8))
    stage.settle()
    assert stage.accepted() == []
    stage.go_to(paused["paused_until"])
    stage.keep_house()
    assert stage.allowance("invites")["day_cap"] == 2
    assert why_unwell(stage)[0] == "After a pause invites go at 2 a day, 10% of the usual 20."
    for _ in range(6):
        stage.settle()
        stage.later(minutes=2)
    assert stage.accepted() == ["invite_note"] * 2
    stage.later(days=7)
    stage.keep_house()
    assert stage.allowance("invites")["day_cap"] == 5


def test_invites_of_before_a_pause_are_not_held_against_it_again(stage: Stage) -> None:
    invited(stage, stage.people(50), accepted=5)
    stage.later(days=8)
    stage.keep_house()
    first = stage.allowance("invites")["paused_until"]
    stage.go_to(first + timedelta(days=2))
    stage.keep_house()
    assert stage.allowance("invites")["paused_until"] == first


def test_enough_acceptances_pause_nothing(stage: Stage) -> None:
    invited(stage, stage.people(50), accepted=20)
    stage.later(days=8)
    stage.keep_house()
    assert stage.allowance("invites")["paused_until"] is None


def test_young_invites_are_not_judged(stage: Stage) -> None:
    invited(stage, stage.people(50), accepted=0)
    stage.later(days=6)
    stage.keep_house()
    assert stage.allowance("invites")["paused_until"] is None


def test_a_new_sender_warms_up_by_week(stage: Stage) -> None:
    rows("UPDATE accounts_sender SET warm_from = %s WHERE name = 'Bob Moreau'", (stage.now.date(),))
    caps = []
    for _ in range(5):
        house.renew_limits(now=stage.now)
        allowances.refresh([stage.senders["bob"].pk], now=stage.now)
        caps.append(stage.allowance("invites")["day_cap"])
        stage.later(days=7)
    assert caps == [5, 5, 10, 15, 20]


def test_limits_are_renewed_once_a_day(stage: Stage) -> None:
    assert house.renew_limits(now=stage.now) == 2
    assert house.renew_limits(now=stage.now) == 0
    stage.later(days=1)
    assert house.renew_limits(now=stage.now) == 2


def test_keeping_house_twice_changes_nothing(stage: Stage) -> None:
    person = stage.person()
    stage.launch("volume", [person])
    stage.reach(person)
    stage.keep_house()
    tables = (
        "campaigns_touch",
        "campaigns_enrollment",
        "campaigns_allowance",
        "campaigns_lane",
        "campaigns_personlock",
    )
    before = [rows(f"SELECT * FROM {table} ORDER BY id") for table in tables]
    stage.keep_house()
    assert [rows(f"SELECT * FROM {table} ORDER BY id") for table in tables] == before
    assert stage.lane(Kind.INVITE)["allowed_at"] > stage.now
