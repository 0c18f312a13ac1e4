"""Why not yet: everybody who waits is told one cause, when it ends and who can end it."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Sender
from campaigns.running import allowances, standing, why
from campaigns.running.why import Reason
from outreach.engine import pacing
from outreach.engine.causes import LIFTED_BY, WORDS, Cause, Lifter
from outreach.engine.kinds import Kind
from tests.campaigns.running_world import World, broken, world

__all__ = ["world"]

pytestmark = pytest.mark.django_db


SAID = {"Kofi": "They replied on 3 Nov 2026"}
"""Why the sequence is over for whom it is over."""


def reason(world: World, name: str, **which: Any) -> Reason:
    """Why this person's newest enrollment is idle."""
    enrollment = world.enrollment(name, **which)
    (one,) = why.explain(world.workspace.pk, world.now, [enrollment.pk])
    assert one.enrollment == enrollment.pk
    first = one.cause is Cause.QUEUE and one.position == 1
    known = {
        Cause.STOPPED: SAID.get(name, "Somebody put the sequence on hold"),
        Cause.PAUSED_CAMPAIGN: "The campaign is paused",
    }
    words = why.FIRST if first else known.get(one.cause, WORDS[one.cause])
    assert (one.words, one.lifted_by) == (words, LIFTED_BY[one.cause])
    return one


# --- one cause for everybody ----------------------------------------------------------------------------------------


def test_everybody_whose_sequence_is_not_over_is_told_why(world: World) -> None:
    told = {one.enrollment: one.cause for one in why.explain(world.workspace.pk, world.now)}
    names = ("Ingrid", "Jonas", "Nora", "Milan", "Olu", "Pia", "Quinn")
    assert {world.enrollment(name).pk for name in names} <= told.keys()
    assert not {world.enrollment(name).pk for name in ("Kofi", "Lena", "Rosa")} & told.keys()


def test_another_workspaces_people_are_not_told_of(world: World) -> None:
    assert why.explain(world.workspace.pk + 1, world.now, [world.enrollment("Olu").pk]) == []


def test_the_head_of_a_queue_is_told_the_exact_moment(world: World) -> None:
    one = reason(world, "Olu")
    assert (one.cause, one.position, one.kind) == (Cause.QUEUE, 1, Kind.INVITE_NOTE)
    assert one.until == one.until_latest == world.now


def test_who_stands_behind_is_told_the_place_and_a_range(world: World) -> None:
    second, third = reason(world, "Pia"), reason(world, "Quinn")
    assert [(one.cause, one.position) for one in (second, third)] == [(Cause.QUEUE, 2), (Cause.QUEUE, 3)]
    assert second.until == world.now + timedelta(seconds=90)
    assert third.until == world.now + timedelta(seconds=180)
    a_hundred_a_week = timedelta(days=7) / 100
    assert second.until_latest == world.now + a_hundred_a_week
    assert third.until_latest == world.now + 2 * a_hundred_a_week


def test_a_full_day_tells_the_head_when_it_is_over(world: World) -> None:
    ring = [int((world.now - timedelta(hours=20)).timestamp()) + n for n in range(20)]
    with broken("UPDATE campaigns_allowance SET ring = %(ring)s WHERE budget = 'invites'", ring=ring):
        head, behind = reason(world, "Olu"), reason(world, "Pia")
    slack = timedelta(seconds=_slack(world) + 1)
    assert head.cause is Cause.DAY_CAP
    assert head.until == head.until_latest == datetime.fromtimestamp(ring[0], UTC) + timedelta(hours=24) + slack
    assert (behind.cause, behind.position) == (Cause.QUEUE, 2)
    assert behind.until is not None and behind.until >= head.until


def test_a_full_ceiling_has_no_end_in_time(world: World) -> None:
    with broken("UPDATE campaigns_allowance SET ceiling = outstanding WHERE budget = 'pending'"):
        head, behind = reason(world, "Olu"), reason(world, "Pia")
    assert (head.cause, head.until, head.lifted_by) == (Cause.PENDING_CEILING, None, Lifter.PROSPECT)
    assert (behind.cause, behind.until, behind.until_latest) == (Cause.QUEUE, None, None)


def test_a_step_to_come_is_told_its_own_time(world: World) -> None:
    jonas = reason(world, "Jonas")
    assert (jonas.cause, jonas.position, jonas.kind) == (Cause.NOT_DUE, None, Kind.DM)
    assert jonas.until == world.touch("Jonas", state="planned").not_before


def test_a_withdrawal_to_come_waits_for_the_answer(world: World) -> None:
    first = world.enrollment("Ingrid", campaign__name="Volume")
    (one,) = why.explain(world.workspace.pk, world.now, [first.pk])
    assert (one.cause, one.kind, one.lifted_by) == (Cause.WAITING_ANSWER, Kind.WITHDRAW, Lifter.PROSPECT)
    assert one.until == world.touch("Ingrid", state="planned").not_before


def test_a_second_campaign_is_told_who_is_in_conversation(world: World) -> None:
    one = reason(world, "Ingrid")
    assert (one.cause, one.until) == (Cause.IN_CONVERSATION, None)
    assert one.who == world.enrollment("Ingrid", campaign__name="Volume").pk


@pytest.mark.parametrize(("name", "cause"), [("Rosa", Cause.SUPPRESSED), ("Kofi", Cause.STOPPED)])
def test_who_is_asked_for_by_name_is_told_although_it_is_over(world: World, name: str, cause: Cause) -> None:
    one = reason(world, name)
    assert (one.cause, one.until, one.kind) == (cause, None, None)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ("UPDATE campaigns_campaign SET state = 'paused' WHERE name = 'Third'", Cause.PAUSED_CAMPAIGN),
        ("UPDATE accounts_sender SET state = 'paused'", Cause.PAUSED_SENDER),
        ("UPDATE accounts_sender SET state = 'disconnected'", Cause.DISCONNECTED),
        ("UPDATE accounts_sender SET state = 'frozen'", Cause.FROZEN),
        ("UPDATE campaigns_enrollment SET state = 'held'", Cause.STOPPED),
        ("UPDATE prospects_prospect SET suppressed_at = '2026-11-01Z'", Cause.SUPPRESSED),
        ("UPDATE prospects_relationship SET checked_at = '2026-01-01Z'", Cause.STALE_OPEN_PROFILE),
        (
            "UPDATE campaigns_touch SET cause = 'missing_text', not_before = '9000-01-01Z' WHERE state = 'planned'",
            Cause.MISSING_TEXT,
        ),
        ("UPDATE prospects_relationship SET invite_not_before = '2026-11-20Z'", Cause.COOL_DOWN),
        ("UPDATE campaigns_allowance SET rest_until = '2026-11-05Z' WHERE budget = 'invites'", Cause.LIMIT_REST),
        ("UPDATE accounts_sender SET days_off = '[\"2026-11-03\"]'", Cause.HOLIDAY),
    ],
)
def test_the_cause_is_asked_of_the_present_not_of_what_was_stored(world: World, change: str, cause: Cause) -> None:
    assert reason(world, "Olu").cause is Cause.QUEUE
    with broken(change, "UPDATE campaigns_enrollment SET cause = 'gap', cause_until = '2026-11-01Z'"):
        assert reason(world, "Olu").cause is cause
    with broken("UPDATE campaigns_enrollment SET cause = 'frozen'"):
        assert reason(world, "Olu").cause is Cause.QUEUE


def test_a_touch_put_off_at_the_gate_is_told_for_what(world: World) -> None:
    until = world.now + timedelta(minutes=5)
    put_off = "UPDATE campaigns_touch SET not_before = %(until)s, cause = 'stale_open_profile' WHERE id = %(touch)s"
    with broken(put_off, until=until, touch=world.touch("Olu").pk):
        one, next_in_line = reason(world, "Olu"), reason(world, "Pia")
    assert (one.cause, one.until, one.position) == (Cause.STALE_OPEN_PROFILE, until, None)
    assert next_in_line.position == 1


def test_who_is_decided_but_not_planned_yet_stands_last(world: World) -> None:
    with broken(f"UPDATE campaigns_touch SET state = 'cancelled' WHERE id = {world.touch('Olu').pk}"):
        one = reason(world, "Olu")
    assert (one.cause, one.position) == (Cause.QUEUE, 3)


def test_it_costs_the_same_for_one_and_for_all(world: World) -> None:
    def queries(enrollments: list[int] | None) -> int:
        with CaptureQueriesContext(connection) as counted:
            why.explain(world.workspace.pk, world.now, enrollments)
        return len(counted)

    why.explain(world.workspace.pk, world.now)  # the versions' steps are read once
    assert queries([world.enrollment("Olu").pk]) == queries(None)


def _slack(world: World) -> int:
    return pacing.slack_s(allowances.longest_work_s("simulator"))


# --- ./dev manage status --------------------------------------------------------------------------------------------


def status(*args: str) -> str:
    out = io.StringIO()
    call_command("status", *args, stdout=out)
    return out.getvalue()


def test_status_says_where_everyone_is_and_why(world: World) -> None:
    said = status()
    assert "Tidewell at 2026-11-03 19:12 UTC: 8 active, 3 stopped" in said
    assert "  Bob Moreau: active" in said
    assert "invites        0 of 20 in 24 h, 3 of 100 in 7 d; open now" in said
    assert "49 available, 0 reserved" in said and "cap 150 (sales_navigator)" in said
    assert "     3  Others are before this person in the queue; now to 22:33; lifted by time" in said
    assert "  Olu: Third, Bob Moreau, active; no touch yet; next: Invite with note; First in the queue" in said
    assert "at place 2;" in said
    assert "  Kofi: Volume, Bob Moreau, stopped (replied); last: Message sent 15:10, reply" in said


def test_status_of_one_campaign_and_one_person(world: World) -> None:
    said = status("--campaign", "Third", "--person", "PIA")
    assert "Tidewell at 2026-11-03 19:12 UTC: 3 active" in said
    assert "People (1 of 1)" in said
    assert "Pia" in said and "Quinn" not in said


def test_status_lists_no_more_than_asked_for(world: World) -> None:
    assert "People (2 of 11)" in status("--limit", "2")


def test_status_as_json(world: World) -> None:
    (told,) = json.loads(status("--json", "--workspace", "tidewell", "--person", "Pia"))
    assert (told["workspace"], told["states"]) == ("tidewell", {"active": 8, "stopped": 3})
    (pia,) = told["people"]
    assert (pia["cause"], pia["position"], pia["lifted_by"]) == ("queue", 2, "time")
    assert datetime.fromisoformat(pia["until"]) <= datetime.fromisoformat(pia["until_latest"])
    (sender,) = told["senders"]
    invites = next(one for one in sender["allowances"] if one["allowance"] == "invites")
    assert (invites["used"], invites["caps"]) == ({"24 h": 0, "7 d": 3}, {"24 h": 20, "7 d": 100})
    assert {cause["cause"] for cause in told["causes"]} >= {"queue", "not_due", "in_conversation"}


def test_status_says_why_a_sender_is_closed(world: World) -> None:
    with broken(
        "UPDATE accounts_sender SET state = 'frozen', state_reason = 'The sender is restricted'",
        "UPDATE campaigns_allowance SET ceiling = 0 WHERE budget = 'pending'",
        "UPDATE campaigns_allowance SET rest_until = '2026-11-05T08:00Z' WHERE budget = 'invites'",
        "UPDATE accounts_creditbalance SET blocked = 'Compare the balances.'",
    ):
        said = status()
    assert "Bob Moreau: frozen, The sender is restricted" in said
    assert "1 of 0 pending; closed: pending_ceiling" in said
    assert "opens 2026-11-05 08:00: limit_rest" in said
    assert "blocked: Compare the balances." in said
    assert "The sender is restricted and frozen until a person lifts it; not by time alone; lifted by admin" in said


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--workspace", "nowhere"], "There is no workspace 'nowhere': there are tidewell."),
        (["--campaign", "Nothing"], "There is no campaign 'Nothing': there are Second, Senior, Third, Volume."),
        (["--limit", "-1"], "--limit is the most people to list: give 0 or more."),
    ],
)
def test_status_refuses_with_one_sentence(world: World, args: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        status(*args)
    assert str(refused.value) == sentence


def test_standing_asks_as_much_for_one_as_for_all(world: World) -> None:
    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as counted:
            standing.of(world.workspace.pk, world.now, limit=limit)
        return len(counted)

    queries(1)
    assert queries(1) == queries(100)
    assert Sender.objects.count() == 1
