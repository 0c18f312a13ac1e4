"""The daily tables are equal to a recount, whatever happens, in whatever order, and wherever the keeping is cut off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import ledger
from accounts.models import Workspace
from campaigns.metrics import rollups
from campaigns.models import CampaignDay, Enrollment, Message, RollupMark, SenderDay, Thread, Touch
from campaigns.models.rollup import COLUMNS
from campaigns.proof import verify
from outreach.engine.kinds import Kind
from tests.cast import MONDAY, Tidewell, campaign, charlie, enroll, in_tidewell, prospects, tidewell, touch

__all__ = ["charlie", "in_tidewell", "tidewell"]

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KINDS = (Kind.INVITE, Kind.INVITE_NOTE, Kind.DM, Kind.INMAIL, Kind.OPEN_INMAIL, Kind.LIKE, Kind.EMAIL)


def sent(of: Enrollment, kind: Kind, at: datetime, **fields: Any) -> Touch:
    """A touch of this enrollment that was sent then."""
    return touch(of, kind, gate_at=at, planned_at=at, **{"state": "sent", **fields})


def writes(of: Enrollment, at: datetime, intent: str = "interested") -> Message:
    """The person of this enrollment writes to its sender then."""
    thread, _ = Thread.objects.get_or_create(
        workspace_id=of.workspace_id,
        sender_id=of.sender_id,
        prospect_id=of.prospect_id,
        provider_chat=f"chat-{of.sender_id}-{of.prospect_id}",
        defaults={"last_at": at},
    )
    return Message.objects.create(
        workspace_id=of.workspace_id,
        thread=thread,
        sender_id=of.sender_id,
        provider_message=f"m-{thread.pk}-{Message.objects.count()}",
        inbound=True,
        text="Hello",
        at=at,
        stored_at=at,
        intent=intent,
    )


def keep_all() -> None:
    while rollups.keep(limit=3):
        pass


def kept(model: type[SenderDay] | type[CampaignDay], key: str) -> list[dict[str, Any]]:
    return list(model.objects.order_by("day", key).values("workspace_id", "day", key, *COLUMNS))


def counts(day: datetime = MONDAY) -> dict[str, int]:
    """What the table of senders says of a day, without what is none."""
    keep_all()
    row = SenderDay.objects.get(day=day.date())
    return {name: getattr(row, name) for name in COLUMNS if getattr(row, name)}


@pytest.fixture
def people(tidewell: Tidewell, in_tidewell: Workspace) -> list[Enrollment]:
    """Twelve people of Bob's campaign."""
    return enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 12))


# --- what counts where ------------------------------------------------------------------------------------------------


def test_only_what_was_sent_counts(people: list[Enrollment]) -> None:
    sent(people[0], Kind.INVITE, MONDAY)
    sent(people[1], Kind.DM, MONDAY)
    for number, state in enumerate(("planned", "dispatching", "uncertain", "not_sent", "refused", "cancelled")):
        sent(people[2 + number], Kind.INVITE, MONDAY, state=state)
    assert counts() == {"sent_invite": 1, "sent_dm": 1}


def test_an_answer_counts_on_the_day_of_the_touch_it_answers(people: list[Enrollment]) -> None:
    sent(people[0], Kind.DM, MONDAY)
    writes(people[0], MONDAY + 9 * DAY)
    assert counts() == {"sent_dm": 1, "replied_dm": 1}
    assert SenderDay.objects.count() == 1


def test_a_reply_in_many_messages_is_one_reply(people: list[Enrollment]) -> None:
    sent(people[0], Kind.DM, MONDAY)
    for hours in (2, 3, 30):
        writes(people[0], MONDAY + hours * HOUR)
    assert counts() == {"sent_dm": 1, "replied_dm": 1}


def test_a_machine_is_no_human_until_the_human_writes(people: list[Enrollment]) -> None:
    sent(people[0], Kind.INMAIL, MONDAY)
    writes(people[0], MONDAY + HOUR, "out_of_office")
    assert counts() == {"sent_inmail": 1, "out_of_office": 1}
    writes(people[0], MONDAY + 8 * DAY)
    assert counts() == {"sent_inmail": 1, "replied_inmail": 1}


def test_opting_out_is_a_human_reply_too(people: list[Enrollment]) -> None:
    sent(people[0], Kind.OPEN_INMAIL, MONDAY)
    writes(people[0], MONDAY + HOUR, "stop")
    assert counts() == {"sent_open_inmail": 1, "replied_open_inmail": 1, "opted_out": 1}


def test_who_answers_the_note_of_an_invite_answers_the_invite(people: list[Enrollment]) -> None:
    sent(people[0], Kind.INVITE_NOTE, MONDAY, response="accepted")
    writes(people[0], MONDAY + HOUR)
    assert counts() == {"sent_invite_note": 1, "accepted": 1, "replied_invite": 1}


def test_a_reply_after_an_inmail_and_an_invite_answers_what_was_said(people: list[Enrollment]) -> None:
    sent(people[0], Kind.INMAIL, MONDAY)
    sent(people[0], Kind.INVITE, MONDAY + HOUR, response="accepted")
    sent(people[0], Kind.LIKE, MONDAY + 2 * HOUR)
    writes(people[0], MONDAY + 3 * HOUR)
    assert counts() == {"sent_inmail": 1, "sent_invite": 1, "sent_like": 1, "accepted": 1, "replied_inmail": 1}


def test_an_answer_that_a_member_writes_is_no_outreach(people: list[Enrollment]) -> None:
    sent(people[0], Kind.DM, MONDAY)
    writes(people[0], MONDAY + HOUR)
    sent(people[0], Kind.DM, MONDAY + 2 * HOUR, step_key=0)
    writes(people[0], MONDAY + 3 * HOUR)
    assert counts() == {"sent_dm": 1, "replied_dm": 1}


def test_a_meeting_counts_for_the_touch_that_led_to_it(people: list[Enrollment]) -> None:
    sent(people[0], Kind.INMAIL, MONDAY)
    sent(people[0], Kind.DM, MONDAY + DAY)
    thread = writes(people[0], MONDAY + 2 * DAY).thread
    keep_all()
    Thread.objects.filter(pk=thread.pk).update(outcome="meeting", outcome_at=MONDAY + 3 * DAY)
    sent(people[0], Kind.DM, MONDAY + 30 * DAY)
    assert counts() == {"sent_inmail": 1}
    assert counts(MONDAY + DAY) == {"sent_dm": 1, "replied_dm": 1, "meetings": 1}
    Thread.objects.filter(pk=thread.pk).update(outcome="lost")
    assert counts(MONDAY + DAY) == {"sent_dm": 1, "replied_dm": 1}


def test_declined_and_lapsed_invites_are_counted_together(people: list[Enrollment]) -> None:
    for one, response in zip(people, ("declined", "lapsed", "withdrawn", "accepted", ""), strict=False):
        sent(one, Kind.INVITE, MONDAY, response=response)
    assert counts() == {"sent_invite": 5, "accepted": 1, "declined": 2}


def test_credits_count_on_the_day_on_which_they_moved(people: list[Enrollment], tidewell: Tidewell) -> None:
    balance = ledger.open_balance(tidewell.senders["bob"], now=MONDAY)
    assert balance is not None
    touch = sent(people[0], Kind.INMAIL, MONDAY)
    keep_all()
    before = SenderDay.objects.get(day=MONDAY.date())
    assert ledger.reserve(balance.pk, touch=touch.pk, now=MONDAY)
    assert ledger.post(balance.pk, touch=touch.pk, now=MONDAY)
    Touch.objects.filter(pk=touch.pk).update(response="reply", response_at=MONDAY)
    assert ledger.give_back(balance.pk, touch=touch.pk, sent_at=MONDAY, responded_at=MONDAY, now=MONDAY + DAY)
    keep_all()
    same, next_day = SenderDay.objects.order_by("day").filter(day__gte=MONDAY.date())
    assert (same.spent - before.spent, same.returned) == (1, 0)
    assert (next_day.spent, next_day.returned) == (0, 1)
    of_campaign = CampaignDay.objects.get(day=next_day.day)
    assert (of_campaign.campaign_id, of_campaign.returned, of_campaign.granted) == (people[0].campaign_id, 1, 0)


def test_a_day_begins_at_midnight_utc(people: list[Enrollment]) -> None:
    midnight = datetime(2026, 11, 3, tzinfo=UTC)
    sent(people[0], Kind.INVITE, midnight - timedelta(microseconds=1))
    sent(people[1], Kind.INVITE, midnight)
    assert counts(MONDAY) == counts(MONDAY + DAY) == {"sent_invite": 1}


# --- equal to a recount -----------------------------------------------------------------------------------------------

acts = st.lists(
    st.tuples(
        st.sampled_from(["send", "plan", "go", "write", "answer", "outcome", "credit", "keep", "crash"]),
        st.integers(min_value=0, max_value=5),
        st.integers(min_value=0, max_value=6),
    ),
    max_size=40,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(done=acts)
def test_any_life_gives_the_tables_of_a_recount(done: list[tuple[str, int, int]], tidewell: Tidewell) -> None:
    with scope(workspace=tidewell.workspace), transaction.atomic():
        people = [
            one
            for name in ("bob", "alice")
            for one in enroll(
                campaign(tidewell.bob, f"Of {name}"), tidewell.senders[name], prospects(tidewell.workspace, 3)
            )
        ]
        balance = ledger.open_balance(tidewell.senders["bob"], now=MONDAY - 10 * DAY)
        assert balance is not None
        now = MONDAY
        for what, who, which in done:
            now += 7 * HOUR
            _live(what, people[who], which, now, balance.pk)
            _exact(tidewell.workspace)
        keep_all()
        assert not RollupMark.objects.exists()
        _exact(tidewell.workspace)
        for model, key in ((SenderDay, "sender_id"), (CampaignDay, "campaign_id")):
            recounted = rollups.recount([tidewell.workspace.pk], by=key)
            assert kept(model, key) == [{**row} for row in recounted]
        before = [kept(SenderDay, "sender_id"), kept(CampaignDay, "campaign_id")]
        rollups.rebuild(tidewell.workspace.pk)
        assert [kept(SenderDay, "sender_id"), kept(CampaignDay, "campaign_id")] == before
        transaction.set_rollback(True)


def _live(what: str, one: Enrollment, which: int, now: datetime, balance: int) -> None:
    planned = Touch.objects.filter(enrollment=one, state="planned").first()
    last = Touch.objects.filter(enrollment=one, state="sent").last()
    match what:
        case "send":
            sent(one, KINDS[which], now)
        case "plan" if planned is None:
            sent(one, KINDS[which], now, state="planned")
        case "go" if planned is not None:
            Touch.objects.filter(pk=planned.pk).update(state="dispatching", gate_at=now - which * HOUR)
            Touch.objects.filter(pk=planned.pk).update(state="sent")
        case "write":
            writes(one, now, ("interested", "out_of_office", "stop", "question")[which % 4])
        case "answer" if last is not None:
            Touch.objects.filter(pk=last.pk).update(response=("accepted", "declined", "lapsed", "")[which % 4])
        case "outcome":
            outcome = ("meeting", "held", "lost", "")[which % 4]
            Thread.objects.filter(prospect_id=one.prospect_id).update(
                outcome=outcome, outcome_at=now - which * 9 * HOUR
            )
        case "credit" if last is not None:
            try:
                ledger.reserve(balance, touch=last.pk, now=now)
                ledger.post(balance, touch=last.pk, now=now)
                if which % 2:
                    ledger.give_back(balance, touch=last.pk, sent_at=now, responded_at=now, now=now)
            except ledger.LedgerRefusal:
                pass
        case "keep":
            rollups.keep(limit=which + 1)
        case "crash":
            with transaction.atomic():
                rollups.keep()
                transaction.set_rollback(True)


def _exact(workspace: Workspace) -> None:
    """What is read is exact at any moment, however much is marked."""
    first, last = (MONDAY - 60 * DAY).date(), (MONDAY + 60 * DAY).date()
    for key in ("sender_id", "campaign_id"):
        read = rollups.daily(workspace.pk, first, last, by=key)
        assert [{**row, "workspace_id": workspace.pk} for row in read] == rollups.recount([workspace.pk], by=key)


def test_keeping_twice_is_keeping_once(people: list[Enrollment]) -> None:
    sent(people[0], Kind.DM, MONDAY)
    assert rollups.keep() == 1
    assert rollups.keep() == 0
    assert SenderDay.objects.get().sent_dm == 1


def test_another_workspace_keeps_its_own_days(people: list[Enrollment], charlie: Any) -> None:
    sent(people[0], Kind.DM, MONDAY)
    keep_all()
    with scope(workspace=charlie.workspace):
        assert not SenderDay.objects.exists()
    assert rollups.daily(charlie.workspace_id, MONDAY.date(), MONDAY.date()) == []
    rollups.rebuild(charlie.workspace_id)
    assert SenderDay.objects.get().sent_dm == 1


@pytest.fixture
def other_session(transactional_db: None) -> Iterator[Any]:
    """A database session of somebody else."""
    other = connection.copy()
    yield other
    other.close()


def test_one_keeps_at_a_time(other_session: Any, tidewell: Tidewell) -> None:
    with scope(workspace=tidewell.workspace):
        [one] = enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 1))
        sent(one, Kind.DM, MONDAY)
        other_session.set_autocommit(False)
        with other_session.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(4201106)")
        assert rollups.keep() == 0
        other_session.rollback()
        assert rollups.keep() == 1
        assert SenderDay.objects.get().sent_dm == 1


# --- the proof --------------------------------------------------------------------------------------------------------


def proof(workspace: Workspace) -> list[str]:
    report = verify([workspace.pk], now=MONDAY)
    return [str(breach) for check in report.checks if check.group == "rollups" for breach in check.breaches]


@pytest.mark.parametrize(
    ("breaking", "sentence"),
    [
        ("UPDATE campaigns_senderday SET sent_dm = sent_dm + 1", "It says something else than the rows."),
        ("DELETE FROM campaigns_campaignday", "A day on which something happened is missing."),
        ("UPDATE campaigns_senderday SET day = day - 3", "It counts a day on which nothing happened."),
    ],
)
def test_the_proof_finds_a_day_that_is_wrong(
    people: list[Enrollment], tidewell: Tidewell, breaking: str, sentence: str
) -> None:
    sent(people[0], Kind.DM, MONDAY)
    assert proof(tidewell.workspace) == [], "a day that is marked is not judged"
    keep_all()
    assert proof(tidewell.workspace) == []
    with connection.cursor() as cursor:
        cursor.execute(breaking)
    assert any(sentence in breach for breach in proof(tidewell.workspace))
    rollups.rebuild(tidewell.workspace.pk)
    assert proof(tidewell.workspace) == []
