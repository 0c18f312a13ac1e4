"""What new terms would change is computed before anybody saves them, and is what the ledger then books."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django_scopes import scope

from accounts import ledger, plans
from accounts.models import CreditBalance, CreditTransfer, Plan, Sender
from accounts.terms import NUMBERS
from campaigns.building import tier_changes
from campaigns.building.tier_changes import Changes
from campaigns.models import CampaignSender, Enrollment, Step, Touch, Variant, Version
from outreach.engine.kinds import TouchState
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects, sender

pytestmark = pytest.mark.django_db

CORE = "sales-navigator-core"
DECEMBER = date(2026, 12, 1)


def numbers_of(plan: Plan, **changed: Any) -> dict[str, Any]:
    terms = plans.terms_on(plan, MONDAY.date())
    return {**{name: getattr(terms, name) for name in NUMBERS}, **changed}


@pytest.fixture
def core(in_tidewell: object) -> Plan:
    return Plan.objects.get(code=CORE)


@pytest.fixture
def preview(core: Plan) -> Callable[..., Changes]:
    def ask(day: date = DECEMBER, plan: Plan = core, **changed: Any) -> Changes:
        return tier_changes.preview(plan, day, numbers_of(plan, **changed), now=MONDAY)

    return ask


def booked(of: Sender, day: date) -> tuple[int, int, int]:
    """What the ledger holds at the start of a day, and what it clipped and forfeited in that instant."""
    at = datetime.combine(day, time(), UTC)
    midnights = [at - timedelta(days=n) for n in range((at - MONDAY).days + 1)]
    for now in [MONDAY, *reversed(midnights)]:
        ledger.apply_terms_due(now=now)
        ledger.grant_due(now=now)
        ledger.expire_due(now=now)
    rows = CreditBalance.objects.filter(sender=of).aggregate(a=Sum("available"), r=Sum("reserved"))
    then = CreditTransfer.objects.filter(balance__sender=of, at=at)
    clipped, forfeited = (
        then.filter(credit=account).aggregate(n=Sum("amount"))["n"] or 0 for account in ("clipped", "forfeited")
    )
    return (rows["a"] or 0) + (rows["r"] or 0), clipped, forfeited


CHANGES: dict[str, dict[str, Any]] = {
    "a lower cap on the day of a grant": {"cap": 60},
    "a lower cap between grants": {"cap": 60, "day": date(2026, 12, 15)},
    "a lower cap than what is reserved": {"cap": 20, "grant": 20, "day": date(2026, 11, 20)},
    "a smaller grant": {"grant": 10},
    "another product": {"product": "premium", "day": date(2026, 11, 20)},
    "another product on the day of a grant": {"product": "premium"},
    "no InMail": {"inmail": False},
    "credits that live a month": {"credit_life_days": 30},
    "a renewal on the billing day": {"renewal": "anniversary", "day": date(2026, 12, 5)},
    "far ahead, with other terms before": {"cap": 50, "day": date(2027, 4, 1)},
    "nothing but the price": {"price_cents": 119_99},
}


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("anchor_day", [1, 31])
def test_the_day_comes_as_it_was_shown(
    what: str, anchor_day: int, core: Plan, tidewell: Tidewell, alice: Any, preview: Callable[..., Changes]
) -> None:
    one = sender(alice, "Somebody", CORE, anchor_day=anchor_day)
    balance = ledger.open_balance(one, now=MONDAY)
    assert balance is not None
    for touch in range(25):
        ledger.reserve(balance.pk, touch=touch, now=MONDAY)
    plans.add_terms(core, date(2026, 11, 10), credit_life_days=20, grant=40, by=alice, now=MONDAY)
    changed = {"credit_life_days": 20, "grant": 40, **CHANGES[what]}
    day = changed.pop("day", DECEMBER)
    shown = next(loss for loss in preview(day, **changed).senders if loss.sender == "Somebody")
    plans.add_terms(core, day, by=alice, now=MONDAY, **numbers_of(core, **changed))
    left, clipped, forfeited = booked(one, day)
    assert (shown.after.left, shown.after.clipped, shown.after.forfeited) == (left, clipped, forfeited)


def test_what_is_lost_is_told_per_sender_with_what_would_be_lost_anyway(
    core: Plan, tidewell: Tidewell, preview: Callable[..., Changes]
) -> None:
    for name in ("priya", "alice"):
        ledger.open_balance(tidewell.senders[name], now=MONDAY)
    ledger.adjust(
        CreditBalance.objects.get(sender__name="Alice Lindqvist"), 80, by=tidewell.alice, now=MONDAY, note="x"
    )
    found = {loss.sender: loss for loss in preview(cap=100).senders}
    alice, priya = found["Alice Lindqvist"], found["Priya Raman"]
    assert (alice.now, alice.kept, alice.after.left, alice.after.lost, alice.anyway) == (130, 150, 100, 80, 30)
    assert (priya.now, priya.kept, priya.after.left, priya.after.lost, priya.anyway) == (50, 100, 100, 0, 0)
    assert preview(cap=100).lost == 80


def test_nothing_is_written(core: Plan, tidewell: Tidewell, preview: Callable[..., Changes]) -> None:
    ledger.open_balance(tidewell.senders["priya"], now=MONDAY)
    before = list(core.terms.values()), list(CreditBalance.objects.values()), CreditTransfer.objects.count()
    preview(cap=60, product="premium")
    assert before == (list(core.terms.values()), list(CreditBalance.objects.values()), CreditTransfer.objects.count())


def test_the_numbers_that_differ_are_said_as_people_read_them(preview: Callable[..., Changes]) -> None:
    changes = preview(cap=100, open_month=400, price_cents=119_99, credit_life_days=90)
    assert changes.numbers == [
        ("Roll-over cap", "150", "100"),
        ("Credits expire", "never, the cap clips them", "after 90 days"),
        ("Free InMails a month", "800", "400"),
        ("Price a month", "$99", "$119.99"),
    ]
    assert (changes.credit_was, changes.credit_will_be) == ("$1.98", "$2.40")


def test_terms_before_others_to_come_hold_until_those(core: Plan, alice: Any, preview: Callable[..., Changes]) -> None:
    plans.add_terms(core, date(2027, 1, 1), cap=120, by=alice, now=MONDAY)
    assert preview(cap=100).until == date(2027, 1, 1)
    assert preview(date(2027, 2, 1), cap=100).until is None
    assert preview(date(2027, 2, 1), cap=100).numbers == [("Roll-over cap", "120", "100")]


def test_caps_change_for_whom_the_plan_sets_them(
    core: Plan, tidewell: Tidewell, preview: Callable[..., Changes]
) -> None:
    Sender.objects.filter(name="Priya Raman").update(week_override=60)
    caps = {(cap.label, cap.was, cap.will_be): cap.senders for cap in preview(invites_week=80, open_month=700).caps}
    assert caps == {
        ("Invites in 7 days", "100", "80"): ("Alice Lindqvist",),  # Priya's own 60 a week is lower still
        ("Free InMails a month", "800", "700"): ("Alice Lindqvist", "Priya Raman"),
    }
    without = {cap.label: (cap.was, cap.will_be) for cap in preview(inmail=False).caps}
    assert without == {"InMails in 24 hours": ("30", "0")}


@pytest.fixture
def noted(tidewell: Tidewell) -> Callable[..., Any]:
    """A draft with an invite whose note is this, for so many of Priya's people."""

    def make(note: str, people: list[Any], name: str = "Dock delays Q4") -> Any:
        with scope(workspace=tidewell.workspace):
            made = campaign(tidewell.bob, name, state="draft")
            Version.objects.create(workspace=made.workspace, campaign=made, number=2)
            version = Version.objects.get(campaign=made, number=2)
            step = Step.objects.create(workspace=made.workspace, version=version, position=1, key=1, act="invite")
            Variant.objects.create(workspace=made.workspace, step=step, note=note)
            CampaignSender.objects.create(workspace=made.workspace, campaign=made, sender=tidewell.senders["priya"])
            Enrollment.objects.bulk_create(
                Enrollment(
                    workspace=made.workspace,
                    campaign=made,
                    version=version,
                    prospect=person,
                    sender=tidewell.senders["priya"],
                    entered_at=MONDAY,
                )
                for person in people
            )
        return made

    return make


def test_notes_that_become_too_long_are_found_after_rendering(
    tidewell: Tidewell, noted: Callable[..., Any], preview: Callable[..., Changes]
) -> None:
    short = prospects(tidewell.workspace, 3, first_name="Al")
    long = prospects(tidewell.workspace, 2, first_name="Maximiliane-Alexandra")
    made = noted("x" * 180 + " {{ first_name }}", short + long)
    (note,) = preview(note_chars=200).notes
    assert (note.campaign, note.longest, note.people, note.more) == (made.pk, 202, 2, False)
    assert note.example == "Maximiliane-Alexandra Solheim"
    assert preview(note_chars=250).notes == []


def test_a_draft_without_people_is_measured_with_its_fallbacks(
    noted: Callable[..., Any], preview: Callable[..., Changes]
) -> None:
    noted("y" * 210 + ' {{ first_name | default: "there" }}', [])
    (note,) = preview(note_chars=200).notes
    assert (note.longest, note.people, note.example) == (216, 0, "")


def test_who_got_the_note_already_is_not_counted(
    tidewell: Tidewell, noted: Callable[..., Any], preview: Callable[..., Changes]
) -> None:
    made = noted("z" * 250, prospects(tidewell.workspace, 2))
    first = Enrollment.objects.filter(campaign=made).order_by("id").first()
    assert first is not None
    Touch.objects.create(
        workspace=made.workspace,
        enrollment=first,
        prospect=first.prospect,
        sender=first.sender,
        kind="invite_note",
        step_key=1,
        state=TouchState.SENT,
        facts_version=1,
        planned_at=MONDAY,
        not_before=MONDAY,
    )
    (note,) = preview(note_chars=200).notes
    assert note.people == 1


def test_a_broken_template_is_no_long_note(noted: Callable[..., Any], preview: Callable[..., Changes]) -> None:
    noted("q" * 280 + " {{ first_name", [])
    assert preview(note_chars=200).notes == []


def test_campaigns_of_the_senders_on_the_plan_with_their_people(
    tidewell: Tidewell, preview: Callable[..., Changes]
) -> None:
    mine = campaign(tidewell.bob, "Retail COOs")
    enroll(mine, tidewell.senders["priya"], prospects(tidewell.workspace, 4))
    enroll(mine, tidewell.senders["bob"], prospects(tidewell.workspace, 5))
    enroll(campaign(tidewell.bob, "Elsewhere"), tidewell.senders["bob"], prospects(tidewell.workspace, 5))
    assert [(one.name, one.people) for one in preview(cap=100).campaigns] == [("Retail COOs", 4)]


def test_it_costs_the_same_for_any_number_of_senders(
    tidewell: Tidewell, preview: Callable[..., Changes], django_assert_max_num_queries: Any
) -> None:
    for n in range(12):
        ledger.open_balance(sender(tidewell.bob, f"Seat {n}", CORE), now=MONDAY)
    with django_assert_max_num_queries(9):
        assert len(preview(cap=60, note_chars=150).senders) == 14


def test_an_archived_sender_is_not_affected(tidewell: Tidewell, preview: Callable[..., Changes]) -> None:
    Sender.objects.filter(name="Priya Raman").update(state="archived")
    assert [loss.sender for loss in preview(cap=60).senders] == ["Alice Lindqvist"]
