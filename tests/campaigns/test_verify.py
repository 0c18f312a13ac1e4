"""Verify finds every promise kept in a world that the product made, and each breach when it is broken by hand."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role
from campaigns.proof import BadRecord, Report, tenants, usage, verify
from campaigns.running import caps
from outreach.engine.facts import Limits
from outreach.engine.kinds import NEVER
from tests.campaigns.running_world import World, broken, copied, only, world
from tests.cast import MONDAY, member, prospects, sender, workspace

__all__ = ["world"]

pytestmark = pytest.mark.django_db


def found(report: Report, check: str, sentence: str = "") -> list[str]:
    """The rows of the breaches of the check so named whose sentence has these words."""
    named = [one for one in report.checks if one.name.startswith(check)]
    assert named, f"There is no check {check!r}: {[one.name for one in report.checks]}"
    return [row for one in named for breach in one.breaches if sentence in breach.sentence for row in breach.rows]


def test_a_world_that_the_product_made_keeps_every_promise(world: World) -> None:
    report = verify(record=world.record)

    assert report.sentences() == []
    assert report.ok
    assert report.count("duplicates") == report.count("windows") == 0
    idle = {"engagement", "mail", "whatsapp", "profile_reads", "notes_month"}
    assert [c.name for c in report.checks if not c.counted and not any(word in c.name for word in idle)] == []


def test_another_workspace_is_not_looked_at(world: World) -> None:
    with broken("UPDATE campaigns_touch SET decision = '{}'"):
        assert found(verify([world.workspace.pk + 1]), "decisions") == []
        assert found(verify([world.workspace.pk]), "decisions")


def test_a_breach_names_ten_rows_and_counts_all(world: World) -> None:
    with broken(
        copied("campaigns_touch", f"id = {world.touch('Milan', kind='inmail').pk}", attempt="9", provider_message="''"),
        "UPDATE campaigns_touch SET decision = '{}'",
    ):
        check = next(check for check in verify().checks if check.name.startswith("decisions"))
    (breach,) = check.breaches
    assert (len(breach.rows), breach.count) == (10, 11)
    assert str(breach).endswith(" and 1 more")
    assert str(check).startswith("NO  decisions: ")


# --- nobody gets the same touch twice ---------------------------------------------------------------------------------


def test_a_step_that_went_out_twice_is_found(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(copied("campaigns_touch", f"id = {milan.pk}", attempt="2", provider_message="'another'")):
        (row,) = found(verify(), "duplicates: no step", "More than one attempt")
    assert row.startswith(f"touch:{milan.pk} touch:")


def test_two_touches_with_one_message_of_the_provider_are_found(world: World) -> None:
    one, two = world.touch("Milan", kind="inmail"), world.touch("Nora", kind="open_inmail")
    with broken(f"UPDATE campaigns_touch SET provider_message = 'same' WHERE id IN ({one.pk}, {two.pk})"):
        assert found(verify(), "duplicates", "same message") == [
            " ".join(f"touch:{pk}" for pk in sorted((one.pk, two.pk)))
        ]


def test_a_touch_that_went_around_the_gate_is_found(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"UPDATE campaigns_touch SET gate_at = NULL WHERE id = {milan.pk}"):
        assert found(verify(), "duplicates", "never passed the gate") == [f"touch:{milan.pk}"]


# --- no limit is ever exceeded ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "cap", "check", "over"),
    [
        ("invites", "day_cap = 2", "windows: invites, no rolling 24 h", "Kofi"),
        ("invites", "week_cap = 2", "windows: invites, no rolling 7 days", "Kofi"),
        ("open_inmail", "month_cap = 0", "windows: open_inmail, no UTC month", "Nora"),
    ],
)
def test_a_window_over_its_cap_is_found(world: World, budget: str, cap: str, check: str, over: str) -> None:
    with broken(UNRECORDED, f"UPDATE campaigns_allowance SET {cap} WHERE budget = '{budget}'"):
        report = verify()
    touch = world.touch(over, state="sent", step_key=1)
    assert found(report, check, "More acts than the cap") == [f"touch:{touch.pk}"]
    assert report.count("windows") > 0


UNRECORDED = "DELETE FROM accounts_history WHERE verb = 'caps'"
"""Without the record of caps, verify judges by those that stand in the rows."""

INVITED = {
    name: f"UPDATE campaigns_touch SET gate_at = %({name})s WHERE state = 'sent' AND kind = 'invite_note' "
    f"AND prospect_id = %({name}_id)s"
    for name in ("Ingrid", "Jonas", "Kofi")
}


def invited(world: World, **at: str) -> dict[str, Any]:
    """Values for INVITED: when each was invited, and who they are."""
    return {**at, **{f"{name}_id": world.people[name].pk for name in at}}


def test_a_window_that_only_the_providers_delay_fills_is_found(world: World) -> None:
    at = invited(world, Ingrid="2026-11-02T09:00Z", Jonas="2026-11-03T09:01Z", Kofi="2026-11-05T09:00Z")
    with broken(
        UNRECORDED, *INVITED.values(), "UPDATE campaigns_allowance SET day_cap = 1 WHERE budget = 'invites'", **at
    ):
        report = verify()
    jonas = world.touch("Jonas", kind="invite_note")
    assert found(report, "windows: invites, no rolling 24 h", "may be late") == [f"touch:{jonas.pk}"]
    assert found(report, "windows: invites, no rolling 24 h", "More acts") == []


def test_a_window_that_only_the_provider_sees_full_is_found(world: World) -> None:
    at = invited(world, Ingrid="2026-11-02T09:00Z", Jonas="2026-11-04T09:00Z", Kofi="2026-11-06T09:00Z")
    with broken(
        UNRECORDED, *INVITED.values(), "UPDATE campaigns_allowance SET day_cap = 1 WHERE budget = 'invites'", **at
    ):
        report = verify(record=world.record)
    assert (
        found(report, "windows: invites, no rolling 24 h over its cap by the provider's clock")
        == [f"accepted:{act['n']}" for act in world.record if act["kind"] == "invite_note"][1:]
    )
    assert found(report, "windows: invites, no rolling 24 h", "may be late") == []


def test_profile_reads_are_counted_from_their_ring(world: World) -> None:
    ring = [int(MONDAY.timestamp()) + 10 * n for n in range(4)]
    with broken(
        UNRECORDED,
        "UPDATE campaigns_allowance SET day_cap = 3, ring = %(ring)s WHERE budget = 'profile_reads'",
        ring=ring,
    ):
        report = verify()
    assert [row.partition("@")[2] for row in found(report, "windows: profile_reads", "More acts")] == [str(ring[-1])]


def test_an_act_in_the_last_moments_of_a_month_is_found(world: World) -> None:
    nora = world.touch("Nora", kind="open_inmail")
    with broken(f"UPDATE campaigns_touch SET gate_at = '2026-10-31T23:59:30Z' WHERE id = {nora.pk}"):
        assert found(verify(), "windows: nothing with a monthly cap") == [f"touch:{nora.pk}"]


def test_two_acts_closer_than_the_gap_are_found(world: World) -> None:
    ingrid, jonas = (world.touch(name, kind="invite_note") for name in ("Ingrid", "Jonas"))
    with broken(
        "UPDATE campaigns_touch SET gate_at = "
        f"(SELECT gate_at + interval '5 s' FROM campaigns_touch WHERE id = {ingrid.pk}) "
        f"WHERE id = {jonas.pk}"
    ):
        assert found(verify(), "windows: no two acts") == [f"touch:{jonas.pk}"]


def capped(day: int) -> Limits:
    return Limits(day=day, week=100)


def on_record(world: World, day: int, at: Any) -> tuple[str, Sequence[Any]]:
    row = only("SELECT id, workspace_id FROM campaigns_allowance WHERE budget = 'invites'")
    return caps.note(row, capped(day), at)


def test_an_act_is_judged_by_the_cap_of_its_day(world: World) -> None:
    """The cap of 20 held when three were invited; that it is 2 today breaks nothing."""
    with broken("UPDATE campaigns_allowance SET day_cap = 2 WHERE budget = 'invites'"):
        with connection.cursor() as cursor:
            cursor.execute(*on_record(world, 20, MONDAY))
            cursor.execute(*on_record(world, 2, world.now))
        assert found(verify(), "windows: invites, no rolling 24 h") == []


def test_a_cap_that_was_raised_later_excuses_nothing(world: World) -> None:
    with broken():
        with connection.cursor() as cursor:
            cursor.execute(*on_record(world, 2, MONDAY))
            cursor.execute(*on_record(world, 20, world.now))
        kofi = world.touch("Kofi", kind="invite_note")
        assert found(verify(), "windows: invites, no rolling 24 h", "More acts") == [f"touch:{kofi.pk}"]


def test_caps_differ_when_one_of_them_does(world: World) -> None:
    row = only("SELECT * FROM campaigns_allowance WHERE budget = 'invites'")
    same = Limits(day=row["day_cap"], week=row["week_cap"], month=row["month_cap"], ceiling=row["ceiling"])
    assert not caps.differ(row, same)
    assert caps.differ(row, capped(3))


# --- what is counted stands in the counters ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "check", "sentence"),
    [
        ("ring = ring[2:] WHERE budget = 'messages'", "counters: the rings", "not counted"),
        ("ring = '{}' WHERE budget = 'inmail'", "counters: the rings", "not counted"),
        ("ring = array_append(ring, 1800000000) WHERE budget = 'messages'", "counters: the rings", "nothing was done"),
        ("month_used = 0 WHERE budget = 'open_inmail'", "counters: the rings", "month's counter"),
        ("month_used = 2 WHERE budget = 'open_inmail'", "counters: the rings", "month's counter"),
        ("month = 202610, month_used = 0 WHERE budget = 'open_inmail'", "counters: the rings", "month's counter"),
        ("outstanding = outstanding + 1 WHERE budget = 'pending'", "counters: pending", "not the number of touches"),
        ("ceiling = 0 WHERE budget = 'pending'", "counters: pending", "than the ceiling"),
        ("allowed_at = '9000-01-01Z' WHERE budget = 'messages'", "lanes: no allowance", "open this allowance earlier"),
    ],
)
def test_an_allowance_that_says_something_else_is_found(world: World, change: str, check: str, sentence: str) -> None:
    budget = change.rpartition("budget = ")[2].strip("'")
    allowance = only("SELECT id FROM campaigns_allowance WHERE budget = %(budget)s", budget=budget)
    with broken(UNRECORDED, f"UPDATE campaigns_allowance SET {change}"):
        rows = found(verify(), check, sentence)
    assert rows and all(row.startswith(f"allowance:{allowance['id']}") for row in rows)


def test_a_ring_may_have_lost_what_no_window_reaches(world: World) -> None:
    first = world.touch("Rosa", state="sent", step_key=1)
    with broken(
        f"UPDATE campaigns_touch SET gate_at = gate_at - interval '20 days' WHERE id = {first.pk}",
        "UPDATE campaigns_allowance SET ring = ring[2:] WHERE budget = 'messages'",
    ):
        assert found(verify(), "counters: the rings", "not counted") == []


def test_a_ring_may_count_what_was_done_by_hand(world: World) -> None:
    with broken(
        copied(
            "campaigns_message",
            "id = (SELECT min(id) FROM campaigns_message WHERE NOT inbound)",
            by_hand="true",
            touch_id="NULL",
            provider_message="'by hand'",
            at=f"'{world.now.isoformat()}'",
        ),
        "UPDATE campaigns_allowance SET ring = array_append(ring, %(second)s), month_used = month_used + 1 "
        "WHERE budget = 'messages'",
        second=int(world.now.timestamp()),
    ):
        assert found(verify(), "counters: the rings") == []


def test_an_answered_invite_that_still_counts_as_pending_is_found(world: World) -> None:
    jonas = world.touch("Jonas", kind="invite_note")
    with broken(f"UPDATE campaigns_touch SET holds_pending = true WHERE id = {jonas.pk}"):
        assert found(verify(), "counters: pending", "settled or answered") == [f"touch:{jonas.pk}"]


def test_a_pending_invite_that_counts_no_longer_is_found(world: World) -> None:
    ingrid = world.touch("Ingrid", kind="invite_note")
    with broken(f"UPDATE campaigns_touch SET holds_pending = false WHERE id = {ingrid.pk}"):
        assert found(verify(), "counters: pending", "still waits") == [f"touch:{ingrid.pk}"]


def test_a_touch_without_an_allowance_is_found(world: World) -> None:
    nora = world.touch("Nora", kind="open_inmail")
    with broken("DELETE FROM campaigns_allowance WHERE budget = 'open_inmail'"):
        assert found(verify(), "counters: the rings", "does not have") == [f"touch:{nora.pk}"]


# --- nobody is forgotten ----------------------------------------------------------------------------------------------


def test_a_lane_that_sleeps_past_its_work_is_found(world: World) -> None:
    with broken("UPDATE campaigns_lane SET due_hint = '9000-01-01Z' WHERE kind = 'invite_note'"):
        rows = found(verify(), "lanes: none sleeps", "due earlier")
    waiting = [world.touch(name).pk for name in ("Nora", "Milan", "Olu", "Pia", "Quinn")]
    assert [row.split()[0] for row in rows] == [f"touch:{pk}" for pk in sorted(waiting)]


def test_a_lane_that_stays_closed_is_found(world: World) -> None:
    lane = only("SELECT id FROM campaigns_lane WHERE kind = 'inmail'")
    with broken("UPDATE campaigns_lane SET allowed_at = '9000-01-01Z' WHERE kind = 'inmail'"):
        assert found(verify(), "lanes: none sleeps", "is closed") == [f"lane:{lane['id']}"]


@pytest.mark.parametrize("table", ["campaigns_lane", "accounts_senderturn"])
def test_work_where_nobody_looks_is_found(world: World, table: str) -> None:
    with broken(f"DELETE FROM {table}"):
        assert f"touch:{world.touch('Olu').pk} sender:{world.sender.pk}" in found(verify(), "lanes", "nobody looks")


def test_an_enrollment_that_nothing_will_ever_move_is_found(world: World) -> None:
    olu = world.enrollment("Olu")
    with broken(f"UPDATE campaigns_touch SET state = 'cancelled' WHERE id = {world.touch('Olu').pk}"):
        assert found(verify(), "lanes: nobody waits", "Nothing will ever") == [f"enrollment:{olu.pk}"]


STILL = "UPDATE campaigns_touch SET state = 'cancelled' WHERE state = 'planned' AND enrollment_id = %(e)s"
WAITS_FOR = "UPDATE campaigns_enrollment SET cause = %(cause)s WHERE id = %(e)s"


@pytest.mark.parametrize(
    ("cause", "fact"),
    [
        ("paused_campaign", "UPDATE campaigns_campaign SET state = 'paused' WHERE name = 'Third'"),
        ("paused_sender", "UPDATE accounts_sender SET state = 'paused'"),
        ("disconnected", "UPDATE accounts_sender SET state = 'disconnected'"),
        ("frozen", "UPDATE accounts_sender SET state = 'frozen'"),
        ("uncertain_open", "UPDATE campaigns_touch SET state = 'uncertain', prospect_id = %(p)s WHERE id = %(t)s"),
        ("in_conversation", "UPDATE campaigns_personlock SET prospect_id = %(p)s WHERE enrollment_id = %(other)s"),
        ("no_credit", "UPDATE accounts_creditbalance SET available = 0"),
        ("held_for_tier_3", "UPDATE accounts_creditbalance SET held = available"),
        (
            "stale_open_profile",
            "UPDATE campaigns_allowance SET allowed_at = '9000-01-01Z' WHERE budget = 'profile_reads'",
        ),
    ],
)
def test_a_cause_holds_only_while_its_fact_does(world: World, cause: str, fact: str) -> None:
    olu = world.enrollment("Olu")
    milan = world.touch("Milan", kind="inmail")
    values = {"e": olu.pk, "cause": cause, "p": olu.prospect_id, "t": milan.pk, "other": milan.enrollment_id}
    with broken(STILL, WAITS_FOR, **values):
        assert found(verify(), "lanes: nobody waits") == [f"enrollment:{olu.pk} cause:{cause}"]
    with broken(STILL, WAITS_FOR, fact, **values):
        assert f"enrollment:{olu.pk} cause:{cause}" not in found(verify(), "lanes: nobody waits")


def test_a_touch_put_off_for_ever_is_judged_by_its_own_cause(world: World) -> None:
    olu = world.enrollment("Olu")
    off = "UPDATE campaigns_touch SET not_before = %(never)s, cause = %(cause)s WHERE id = %(t)s"
    values = {"never": NEVER, "t": world.touch("Olu").pk}
    with broken(off, cause="missing_text", **values):
        assert found(verify(), "lanes: nobody waits") == []
    with broken(off, cause="paused_campaign", **values):
        assert found(verify(), "lanes: nobody waits") == [f"enrollment:{olu.pk} cause:paused_campaign"]


def test_somebody_who_waits_for_a_launch_that_was_is_found(world: World) -> None:
    olu = world.enrollment("Olu")
    with broken(f"UPDATE campaigns_enrollment SET state = 'waiting' WHERE id = {olu.pk}"):
        assert found(verify(), "lanes: nobody waits", "waits for a launch") == [f"enrollment:{olu.pk}"]


# --- one live conversation per person ---------------------------------------------------------------------------------


def test_two_conversations_with_one_person_are_found(world: World) -> None:
    second = world.enrollment("Ingrid")
    mine = f"prospect_id = {second.prospect_id}"
    with broken(copied("campaigns_personlock", mine, enrollment_id=str(second.pk))):
        lock = only(f"SELECT max(id) AS id FROM campaigns_personlock WHERE {mine}")["id"]
        rows = found(verify(), "conversations: at most one per person", "another conversation")
    assert rows == [f"personlock:{lock} prospect:{second.prospect_id}"]


def test_a_conversation_after_another_is_none_too_many(world: World) -> None:
    second = world.enrollment("Ingrid")
    with broken(
        "UPDATE campaigns_personlock SET released_at = taken_at + interval '1 hour' "
        f"WHERE prospect_id = {second.prospect_id}",
        copied(
            "campaigns_personlock",
            f"prospect_id = {second.prospect_id}",
            enrollment_id=str(second.pk),
            taken_at="released_at",
            released_at="NULL",
        ),
    ):
        assert found(verify(), "conversations: at most one per person") == []


def test_a_conversation_that_nobody_would_end_is_found(world: World) -> None:
    kofi = world.enrollment("Kofi")
    lock = only(f"SELECT id FROM campaigns_personlock WHERE enrollment_id = {kofi.pk}")["id"]
    with broken(f"UPDATE campaigns_personlock SET release_at = '9000-01-01Z' WHERE id = {lock}"):
        assert found(verify(), "conversations", "Nobody would ever end it") == [
            f"personlock:{lock} enrollment:{kofi.pk}"
        ]


def test_a_touch_outside_its_conversation_is_found(world: World) -> None:
    nora = world.touch("Nora", kind="open_inmail")
    with broken(
        "UPDATE campaigns_personlock SET taken_at = taken_at + interval '1 s' "
        f"WHERE enrollment_id = {nora.enrollment_id}"
    ):
        assert found(verify(), "conversations: every touch") == [f"touch:{nora.pk} enrollment:{nora.enrollment_id}"]


def test_two_open_touches_to_one_person_are_found(world: World) -> None:
    first, second = world.touch("Rosa", step_key=1), world.touch("Rosa", step_key=3)
    with broken(f"UPDATE campaigns_touch SET state = 'uncertain' WHERE id = {first.pk}"):
        assert found(verify(), "conversations: at most one open") == [
            f"touch:{second.pk} prospect:{second.prospect_id}"
        ]


# --- a reply stops everything, and suppressed means suppressed --------------------------------------------------------


def test_a_touch_after_a_stored_reply_is_found(world: World) -> None:
    dm = world.touch("Kofi", kind="dm", state="sent")
    early = (
        "UPDATE campaigns_message m SET stored_at = '2026-11-02T10:00Z', intent = %(intent)s FROM campaigns_thread t "
        "WHERE t.id = m.thread_id AND t.prospect_id = %(person)s AND m.inbound"
    )
    with broken(early, person=dm.prospect_id, intent="interested"):
        assert found(verify(), "replies: nothing went out", "Passed the gate") == [
            f"touch:{dm.pk} prospect:{dm.prospect_id}"
        ]
    with broken(early, person=dm.prospect_id, intent="out_of_office"):
        assert found(verify(), "replies: nothing went out") == []


def test_a_sequence_that_goes_on_after_a_reply_is_found(world: World) -> None:
    kofi = world.enrollment("Kofi")
    with broken(f"UPDATE campaigns_enrollment SET state = 'active' WHERE id = {kofi.pk}"):
        assert found(verify(), "replies", "is not stopped") == [f"enrollment:{kofi.pk} prospect:{kofi.prospect_id}"]


def test_a_planned_touch_of_a_stopped_enrollment_is_found(world: World) -> None:
    olu = world.touch("Olu")
    with broken(
        f"UPDATE campaigns_enrollment SET state = 'stopped', reason = 'by hand' WHERE id = {olu.enrollment_id}"
    ):
        assert found(verify(), "replies: nothing is planned") == [f"touch:{olu.pk} enrollment:{olu.enrollment_id}"]


def test_a_touch_to_a_suppressed_person_is_found(world: World) -> None:
    nora = world.touch("Nora", kind="open_inmail")
    with broken(f"UPDATE prospects_prospect SET suppressed_at = '2026-11-01Z' WHERE id = {nora.prospect_id}"):
        assert found(verify(), "suppression") == [f"touch:{nora.pk} prospect:{nora.prospect_id}"]


# --- credits ----------------------------------------------------------------------------------------------------------


def test_a_balance_that_is_not_its_sum_is_found(world: World) -> None:
    with broken("UPDATE accounts_creditbalance SET available = available + 1"):
        report = verify()
    balance = only("SELECT id FROM accounts_creditbalance")["id"]
    assert f"creditbalance:{balance}" in found(report, "credits: the ledger", "I7")


def test_a_sent_inmail_that_was_not_paid_is_found(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"DELETE FROM accounts_credittransfer WHERE touch = {milan.pk} AND credit = 'spent'"):
        report = verify()
    assert found(report, "credits: every InMail", "did not spend") == [f"touch:{milan.pk}"]
    assert found(report, "credits: every InMail", "still holds one") == [f"touch:{milan.pk}"]


def test_a_credit_for_a_free_message_is_found(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"UPDATE campaigns_touch SET kind = 'open_inmail' WHERE id = {milan.pk}"):
        report = verify()
    assert [row.split()[0] for row in found(report, "credits: every InMail", "free of charge")] == [f"touch:{milan.pk}"]
    assert [row.split()[1] for row in found(report, "credits", "no sent InMail")] == [f"touch:{milan.pk}"]


def test_a_credit_paid_for_nothing_is_found(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"UPDATE accounts_credittransfer SET touch = 999999 WHERE touch = {milan.pk} AND credit = 'spent'"):
        assert [row.split()[1] for row in found(verify(), "credits", "no sent InMail")] == ["touch:999999"]


def test_a_touch_whose_mark_of_a_credit_lies_is_found(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"UPDATE campaigns_touch SET holds_credit = true WHERE id = {milan.pk}"):
        assert found(verify(), "credits", "The mark") == [f"touch:{milan.pk}"]


def test_a_credit_returned_twice_is_found(world: World) -> None:
    lena = world.touch("Lena", kind="inmail")
    with broken(
        copied("accounts_credittransfer", f"touch = {lena.pk} AND debit = 'returned'", cause="cause || ':again'")
    ):
        assert found(verify(), "credits: an answer", "more than one credit") == [f"touch:{lena.pk}"]


@pytest.mark.parametrize("answered", ["gate_at + interval '91 days'", "NULL", "gate_at - interval '1 minute'"])
def test_a_credit_returned_without_an_answer_in_time_is_found(world: World, answered: str) -> None:
    lena = world.touch("Lena", kind="inmail")
    with broken(f"UPDATE campaigns_touch SET response_at = {answered} WHERE id = {lena.pk}"):
        rows = found(verify(), "credits: an answer", "within 90 days of its sending")
    assert [row.split()[0] for row in rows] == [f"touch:{lena.pk}"]


def test_an_answered_inmail_whose_credit_stayed_away_is_found(world: World) -> None:
    lena = world.touch("Lena", kind="inmail")
    with broken(f"DELETE FROM accounts_credittransfer WHERE touch = {lena.pk} AND debit = 'returned'"):
        assert found(verify(), "credits: an answer", "did not come back") == [f"touch:{lena.pk}"]


# --- decisions and texts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "decision",
    ["'{}'", "decision - 'why'", "decision - 'rule'", "decision - 'options'", "decision || '{\"options\": []}'"],
)
def test_a_touch_that_does_not_explain_itself_is_found(world: World, decision: str) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"UPDATE campaigns_touch SET decision = {decision} WHERE id = {milan.pk}"):
        assert found(verify(), "decisions") == [f"touch:{milan.pk}"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("text = text || '!'", "not the one that its hash"),
        ("subject = 'Another'", "not the one that its hash"),
        ("text_hash = ''", "nobody froze"),
        ("kind = 'view'", "nobody froze"),
    ],
)
def test_a_text_that_is_not_the_frozen_one_is_found(world: World, change: str, sentence: str) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"UPDATE campaigns_touch SET {change} WHERE id = {milan.pk}"):
        assert found(verify(), "texts", sentence) == [f"touch:{milan.pk}"]


def test_a_line_end_is_no_difference(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    assert "\n" in milan.text
    with broken(f"UPDATE campaigns_touch SET text = replace(text, E'\\n', E'\\r\\n') WHERE id = {milan.pk}"):
        assert found(verify(), "texts") == []


def test_a_message_that_says_something_else_than_its_touch_is_found(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    with broken(f"UPDATE campaigns_message SET text = 'Something else' WHERE touch_id = {milan.pk}"):
        assert [row.split()[1] for row in found(verify(), "texts", "message in the thread")] == [f"touch:{milan.pk}"]


# --- no tenant sees another -------------------------------------------------------------------------------------------


def test_a_row_that_refers_to_another_workspace_is_found(world: World) -> None:
    olu = world.enrollment("Olu")
    with broken():
        charlie = member(workspace("Otherside"), "Charlie Dupont", Role.ADMIN)
        theirs = sender(charlie, "Charlie Dupont", "free")
        (stranger,) = prospects(charlie.workspace, 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE campaigns_enrollment SET sender_id = %s, prospect_id = %s WHERE id = %s",
                [theirs.pk, stranger.pk, olu.pk],
            )
        report = verify()
    assert found(report, "tenants", "The sender of this enrollment") == [f"enrollment:{olu.pk}"]
    assert found(report, "tenants", "The prospect of this enrollment") == [f"enrollment:{olu.pk}"]


def test_a_credit_moved_by_a_touch_of_another_workspace_is_found(world: World) -> None:
    lena = world.touch("Lena", kind="inmail")
    with broken(f"UPDATE accounts_credittransfer SET touch = 999999 WHERE touch = {lena.pk} AND debit = 'returned'"):
        transfer = only("SELECT id FROM accounts_credittransfer WHERE touch = 999999")["id"]
        assert found(verify(), "tenants", "The touch of this credittransfer") == [f"credittransfer:{transfer}"]


def test_every_key_between_tenants_is_asked(world: World) -> None:
    asked = {(model._meta.db_table, column) for model, column, _ in tenants.references()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c JOIN pg_attribute a "
            "ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2] WHERE c.contype = 'f' AND cardinality(c.conkey) = 2"
        )
        keys = set(cursor.fetchall())
    assert keys and keys <= asked


# --- the provider's record --------------------------------------------------------------------------------------------


def act_to(world: World, name: str, kind: str) -> dict[str, Any]:
    return next(a for a in world.record if a["provider_id"] == f"ACoAA-{name.lower()}" and a["kind"] == kind)


def test_an_act_that_was_accepted_twice_is_found(world: World) -> None:
    twice = {**act_to(world, "Milan", "inmail"), "n": 99, "at": "2026-11-02T09:05:00+00:00", "message_id": "m99"}
    report = verify(record=[*world.record, twice])
    assert found(report, "duplicates: the provider") == ["accepted:99"]
    assert found(report, "record: what the provider accepted", "no touch of ours") == ["accepted:99"]
    assert report.count("duplicates") == 1


def test_a_step_that_was_tried_again_although_it_had_arrived_is_found(world: World) -> None:
    """By our rows the first attempt was not sent; by the provider's record it was, and so was the second."""
    milan = world.touch("Milan", kind="inmail")
    again = {**act_to(world, "Milan", "inmail"), "n": 99, "at": "2026-11-02T09:32:09+00:00", "message_id": "m99"}
    with broken(
        copied(
            "campaigns_touch",
            f"id = {milan.pk}",
            attempt="2",
            provider_message="'m99'",
            gate_at="gate_at + interval '30 min'",
        ),
        f"UPDATE campaigns_touch SET state = 'not_sent', provider_message = '' WHERE id = {milan.pk}",
    ):
        report = verify(record=[*world.record, again])
    assert found(report, "duplicates: the provider") == ["accepted:99"]
    first = act_to(world, "Milan", "inmail")["n"]
    assert found(report, "record", "not sent, refused") == [f"accepted:{first} touch:{milan.pk}"]


def tried_again(world: World, *, after: str) -> tuple[Any, list[dict[str, Any]], tuple[Any, ...]]:
    """Ingrid's invite as an attempt that by our rows never went, and its retry that did, so long after; and a record
    that knows its one act by no message id."""
    ingrid = world.touch("Ingrid", kind="invite_note")
    act = act_to(world, "Ingrid", "invite_note")
    record = [{**one, "message_id": None} if one is act else one for one in world.record]
    retry = {"attempt": "2", "provider_message": "''", "gate_at": f"gate_at + interval '{after}'"}
    return (
        ingrid,
        record,
        (
            copied("campaigns_touch", f"id = {ingrid.pk}", **retry),
            f"UPDATE campaigns_touch SET state = 'not_sent', provider_message = '' WHERE id = {ingrid.pk}",
        ),
    )


def test_an_attempt_that_never_went_leaves_the_act_to_its_retry(world: World) -> None:
    """Both gates lie within the skew of the clocks, so both attempts fit the one act: it is the retry's."""
    _, record, rows = tried_again(world, after="1 s")
    with broken(*rows):
        assert found(verify(record=record), "record") == []


def test_an_act_before_the_retry_is_no_act_of_the_retry(world: World) -> None:
    """The attempt that we call not sent did arrive, and the retry that we call sent did not: both are found."""
    ingrid, record, rows = tried_again(world, after="10 min")
    act = act_to(world, "Ingrid", "invite_note")
    with broken(*rows):
        report = verify(record=record)
    assert found(report, "record", "not sent, refused") == [f"accepted:{act['n']} touch:{ingrid.pk}"]
    assert len(found(report, "record: what we say")) == 1


def test_an_act_of_nobody_is_found(world: World) -> None:
    stray = {
        **act_to(world, "Milan", "inmail"),
        "n": 99,
        "message_id": "m99",
        "provider_id": "ACoAA-who",
        "slug": "who",
    }
    assert found(verify(record=[*world.record, stray]), "record", "no touch of ours") == ["accepted:99"]


def test_another_text_is_another_act(world: World) -> None:
    act = act_to(world, "Ingrid", "invite_note")
    record = [{**one, "text_sha256": "0" * 64} if one is act else one for one in world.record]
    report = verify(record=record)
    assert found(report, "record", "no touch of ours") == [f"accepted:{act['n']}"]
    assert found(report, "record: what we say") == [f"touch:{world.touch('Ingrid', kind='invite_note').pk}"]


def test_an_act_at_another_time_is_another_act(world: World) -> None:
    act = act_to(world, "Ingrid", "invite_note")
    record = [{**one, "at": "2026-11-02T09:30:00+00:00"} if one is act else one for one in world.record]
    assert found(verify(record=record), "record", "no touch of ours") == [f"accepted:{act['n']}"]


def test_a_sent_touch_that_the_provider_never_saw_is_found(world: World) -> None:
    kofi = world.touch("Kofi", kind="dm", state="sent")
    record = [act for act in world.record if act["message_id"] != kofi.provider_message]
    assert found(verify(record=record), "record: what we say") == [f"touch:{kofi.pk}"]


def test_doubt_is_no_breach_whether_it_arrived_or_not(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    doubt = f"UPDATE campaigns_touch SET state = 'uncertain', provider_message = '' WHERE id = {milan.pk}"
    with broken(doubt):
        assert found(verify(record=world.record), "record") == []
        without = [act for act in world.record if act is not act_to(world, "Milan", "inmail")]
        assert found(verify(record=without), "record") == []


def test_acts_of_seats_that_are_not_ours_are_passed_over(world: World) -> None:
    theirs = {**world.record[0], "n": 99, "account_id": "somebody-elses"}
    report = verify(record=[*world.record, theirs])
    assert report.ok
    assert any(check.note == "1 of other seats" for check in report.checks)


def test_a_person_is_known_by_their_slug_too(world: World) -> None:
    record = [{**act, "provider_id": "another-id-of-the-same", "message_id": None} for act in world.record]
    assert found(verify(record=record), "record") == []


@pytest.mark.parametrize("change", [{"at": "yesterday"}, {"at": "2026-11-02T09:00:00"}, {"kind": ...}])
def test_what_is_no_record_is_refused_with_one_sentence(world: World, change: dict[str, Any]) -> None:
    entry = {key: value for key, value in {**world.record[0], **change}.items() if value is not ...}
    with pytest.raises(BadRecord, match=r"^Entry 1 of the record .*/sim/accepted answers\.$"):
        verify(record=[entry])


# --- use --------------------------------------------------------------------------------------------------------------


def test_use_tells_cap_and_highest_window_of_each_allowance(world: World) -> None:
    uses = {(use["allowance"], use["window"]): use for use in usage(record=world.record)}
    mine = {"sender": "Bob Moreau", "highest": 3}
    assert uses["invites", "rolling 24 h"] == {
        **mine, "allowance": "invites", "window": "rolling 24 h", "cap": 20, "highest_at_provider": 3
    }  # fmt: skip
    assert uses["messages", "rolling 24 h"]["highest"] == 3
    assert uses["open_inmail", "UTC month"]["highest"] == 1
    assert uses["engagement", "rolling 24 h"]["highest"] == 0
    assert uses["pending", "now"] == {
        "sender": "Bob Moreau", "allowance": "pending", "window": "now", "cap": 700, "highest": 1
    }  # fmt: skip
    assert "highest_at_provider" not in usage()[0]


def test_use_tells_the_largest_cap_that_was_in_force(world: World) -> None:
    with broken():
        with connection.cursor() as cursor:
            cursor.execute(*on_record(world, 33, MONDAY))
            cursor.execute(*on_record(world, 20, world.now))
        (use,) = [u for u in usage() if (u["allowance"], u["window"]) == ("invites", "rolling 24 h")]
    assert use["cap"] == 33
