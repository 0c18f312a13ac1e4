"""Senders: the list, adding one, one sender's page, and what people change of it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from accounts import ledger
from accounts.models import CreditBalance, History, Member, Plan, Sender, SenderTurn
from campaigns.building import seat_credits, seats
from campaigns.models import Allowance, Enrollment, Lane, Touch
from campaigns.running import allowances, house
from outreach.engine.kinds import Budget, Kind
from prospects.models import Relationship
from tests.cast import (
    MONDAY,
    OFFICE,
    Tidewell,
    campaign,
    connection,
    credits,
    enroll,
    prospects,
    sender,
    use,
    workspace,
)
from tests.cast import touch as a_touch
from tests.simulator.running import KEY, Running, free_port

pytestmark = pytest.mark.django_db

SignIn = Callable[[Member | None], Client]
HOURS = {
    "mon": "09:00 to 17:30",
    "tue": "9-17:30",
    "wed": "09:00 to 12:00, 13:00 to 17:30",
    "thu": "",
    "fri": "",
    "sat": "",
    "sun": "",
}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def touch(of: Enrollment, kind: Kind, state: str = "sent", **fields: Any) -> Touch:
    """One touch of this enrollment; sent at `gate_at` unless told otherwise."""
    return a_touch(of, kind, state=state, **fields)


def invited(of: Sender, into: Any, instants: Sequence[datetime], *, accepted: int = 0) -> list[Enrollment]:
    """So many people whom this sender invited at these instants, of whom the first so many accepted."""
    people = enroll(into, of, prospects(of.workspace, len(instants)))
    for number, (one, at) in enumerate(zip(people, instants, strict=True)):
        touch(one, Kind.INVITE, gate_at=at, response="accepted" if number < accepted else "")
    return people


def lively(cast: Tidewell) -> Sender:
    """Bob's sender after three busy weeks, with touches ahead."""
    bob = cast.senders["bob"]
    with scope(workspace=cast.workspace):
        into = campaign(cast.bob)
        SenderTurn.objects.create(workspace=cast.workspace, sender=bob)
        allowances.set_up(bob, now=MONDAY)
        invited(bob, into, [MONDAY - 20 * DAY - n * HOUR for n in range(40)], accepted=14)
        days = [d for d in range(13, 0, -1) if (MONDAY - d * DAY).weekday() < 5]
        invited(
            bob,
            into,
            [MONDAY - d * DAY + n * 30 * timedelta(minutes=1) for d in days for n in range(9 + d % 5)],
            accepted=9,
        )
        today = [MONDAY - n * timedelta(minutes=7) for n in range(4)]
        invited(bob, into, today)
        row = Allowance.objects.get(sender=bob, budget=Budget.INVITES)
        sent = Touch.objects.filter(sender=bob, gate_at__gt=MONDAY - 8 * DAY).values_list("gate_at", flat=True)
        row.ring = sorted(int(at.timestamp()) for at in sent)
        row.save()
        use(bob, Budget.PENDING, 184)
        use(bob, Budget.MESSAGES, 6, every=timedelta(minutes=9))
        ahead = enroll(into, bob, prospects(cast.workspace, 40))
        for number, one in enumerate(ahead):
            kind = (Kind.INVITE, Kind.INVITE, Kind.DM, Kind.INMAIL)[number % 4]
            touch(one, kind, "planned", not_before=MONDAY + (number // 12) * DAY)
        people = enroll(into, bob, prospects(cast.workspace, 12))
        for one in people:
            Relationship.objects.create(
                workspace=cast.workspace,
                sender=bob,
                prospect=one.prospect,
                invitation="pending",
                invited_at=MONDAY - 25 * DAY,
            )
        balance = ledger.open_balance(bob, now=MONDAY - 20 * DAY)
        assert balance is not None
        ledger.grant_due(now=MONDAY - DAY)
        ledger.hold_credits(balance, 3, by=cast.mara, now=MONDAY - 19 * DAY)
        for number, one in enumerate(people[:6]):
            at = MONDAY - (15 - 2 * number) * DAY
            made = touch(one, Kind.INMAIL, gate_at=at, response="reply" if number % 3 == 0 else "")
            ledger.reserve(balance.pk, touch=made.pk, now=at)
            ledger.post(balance.pk, touch=made.pk, now=at + timedelta(minutes=1))
            if number % 3 == 0:
                ledger.give_back(balance.pk, touch=made.pk, sent_at=at, responded_at=at + 2 * DAY, now=at + 2 * DAY)
        ledger.reserve(balance.pk, touch=touch(people[7], Kind.INMAIL, "planned").pk, now=MONDAY)
        allowances.refresh([bob.pk], now=MONDAY)
        history = seats.pause(bob, by=cast.bob, now=MONDAY - DAY) and seats.resume(bob, by=cast.bob, now=MONDAY - HOUR)
        assert history
        bob.refresh_from_db()
    return bob


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


# --- The list -----------------------------------------------------------------------------------------------------


def test_the_list_says_who_what_and_how_much_room(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    use(tidewell.senders["bob"], Budget.INVITES, 6, every=timedelta(minutes=5))
    credits(tidewell.senders["bob"], 12, cap=45)
    seen = page(signed_in(tidewell.vera), "senders")
    assert "Bob Moreau" in seen and "Premium Business" in seen and "14 today, 94 this week" in seen
    assert "Good" in seen and "cap 45" in seen
    assert "Add a sender" not in seen, "a viewer adds nothing"


def test_a_workspace_without_senders_says_what_one_is(monday: object, charlie: Member, signed_in: SignIn) -> None:
    seen = page(signed_in(charlie), "senders")
    assert "A sender is one LinkedIn seat that you act as." in seen
    assert seen.count('data-kind="primary"') == 1


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    monday: object, tidewell: Tidewell, signed_in: SignIn, query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(tidewell.bob)
    page(client, "senders")  # the first page of a session writes it
    few = query_count(client, reverse("senders"))
    for number in range(300):
        sender(tidewell.bob, f"Sender {number:03}", "business")
    assert query_count(client, reverse("senders")) == few


def test_a_page_of_a_busy_sender_takes_no_more_queries_than_one_of_an_idle_sender(
    monday: object, tidewell: Tidewell, signed_in: SignIn, query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(tidewell.vera)
    page(client, "senders")  # the first page of a session writes it
    credits(tidewell.senders["priya"], 3)
    idle = query_count(client, reverse("sender", args=[tidewell.senders["priya"].pk]))
    busy = query_count(client, reverse("sender", args=[lively(tidewell).pk]))
    assert busy == idle


# --- One sender ---------------------------------------------------------------------------------------------------


def test_the_card_says_used_planned_cap_and_the_next_moment_with_its_rule(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    seen = page(signed_in(tidewell.bob), "sender", lively(tidewell).pk)
    assert "4 of 20" in seen and "184 of 700" in seen and "12 older than 21 days" in seen
    assert "17 of the last 50 invites accepted" in seen
    assert "12 invites have waited over 21 days." in seen
    assert "Spread over the working day" in seen
    assert "By hand, no login stored. London, Mon to Fri 09:00 to 17:30." in seen
    assert "held for tier 3" in seen and "+15 on 1 Dec" in seen
    assert " act again" in seen and "the InMail credits of <bdi>Bob Moreau</bdi> for tier 3" in seen


def test_a_full_week_binds_and_says_until_when(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob = tidewell.senders["bob"]
    use(bob, Budget.INVITES, 100, until=MONDAY - 2 * DAY, every=timedelta(minutes=20))
    seen = page(signed_in(tidewell.bob), "sender", bob.pk)
    assert "100 of 100" in seen and "100 in any 7 days" in seen
    assert "Fri 0" in seen or "Thu " in seen, "the day on which the first of them leaves the window"


def test_the_card_of_a_paused_sender_offers_to_resume_it_first(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    bob = tidewell.senders["bob"]
    with scope(workspace=tidewell.workspace):
        seats.pause(bob, by=tidewell.bob, now=MONDAY, why="Away at the fair.")
    seen = page(signed_in(tidewell.bob), "sender", bob.pk)
    assert "Away at the fair." in seen and "Not before it is active" in seen
    assert seen.count('data-kind="primary"') == 1 and "Resume</button>" in seen
    assert "Resume</button>" not in page(signed_in(tidewell.vera), "sender", bob.pk)


def test_pausing_says_what_was_on_its_way_and_can_be_undone(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    bob = tidewell.senders["bob"]
    one, other = enroll(campaign(tidewell.bob), bob, prospects(tidewell.workspace, 2), cause="paused_sender")
    touch(one, Kind.INVITE, "dispatching", gate_at=MONDAY)
    client = signed_in(tidewell.bob)
    answer = client.post(reverse("sender-pause", args=[bob.pk]), follow=True)
    assert "Bob Moreau is paused. 1 touch was already handed over." in answer.content.decode()
    assert f'action="{reverse("sender-resume", args=[bob.pk])}"' in answer.content.decode()
    bob.refresh_from_db()
    assert bob.state == "paused"
    client.post(reverse("sender-resume", args=[bob.pk]))
    bob.refresh_from_db()
    assert bob.state == "active"
    with scopes_disabled():
        assert Enrollment.objects.get(pk=other.pk).decide_at == MONDAY, "who waited for the sender is decided again"
        noted = History.objects.filter(subject=f"sender:{bob.pk}").order_by("id")
        assert [row.verb for row in noted] == ["paused", "resumed"] and noted[1].data["was"] == "paused"


@pytest.mark.parametrize("what", ["sender-pause", "sender-resume", "sender-edit"])
def test_an_sdr_changes_their_own_senders_only(
    what: str, monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    priyas = tidewell.senders["priya"].pk
    answer = signed_in(tidewell.bob).post(reverse(what, args=[priyas]), HOURS)
    assert answer.status_code == 403 and b"may not do this" in answer.content
    assert signed_in(tidewell.mara).post(reverse(what, args=[priyas])).status_code in (302, 422)


# --- Editing ------------------------------------------------------------------------------------------------------


def edited(client: Client, pk: int, **fields: Any) -> Any:
    given = {"name": "Bob Moreau", "zone": "Europe/Paris", "days_off": "", "invites_week": "", "spread": "on"}
    return client.post(reverse("sender-edit", args=[pk]), {**given, **HOURS, **fields})


def test_hours_days_off_and_weekly_invites_are_kept_as_the_engine_reads_them(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    bob = tidewell.senders["bob"]
    answer = edited(signed_in(tidewell.bob), bob.pk, days_off="2026-12-24 to 2026-12-26\n2027-01-01", invites_week="60")
    assert answer.status_code == 302
    bob.refresh_from_db()
    assert bob.hours == {
        "mon": [["09:00", "17:30"]],
        "tue": [["09:00", "17:30"]],
        "wed": [["09:00", "12:00"], ["13:00", "17:30"]],
    }
    assert bob.days_off == ["2026-12-24", "2026-12-25", "2026-12-26", "2027-01-01"]
    assert (bob.zone, bob.week_override) == ("Europe/Paris", 60)
    with scope(workspace=tidewell.workspace):
        assert Allowance.objects.get(sender=bob, budget=Budget.INVITES).week_cap == 60, "the pace follows at once"
        noted = History.objects.get(verb="edited")
        assert noted.data["what"] == "time zone, working hours, days off, invites a week"
        assert noted.data["week_override"] == {"was": None, "is": 60}


def test_public_holidays_of_a_region_are_days_off(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob, client = tidewell.senders["bob"], signed_in(tidewell.bob)
    chosen = {"days_off": "2026-12-28", "holidays_of": "DE", "region": "Bayern"}
    assert edited(client, bob.pk, **chosen).status_code == 302
    bob.refresh_from_db()
    assert (bob.holidays_of, bob.own_days_off) == ("DE-BY", ["2026-12-28"])
    assert {"2026-12-28", "2026-12-25", "2027-01-06"} <= set(bob.days_off)
    seen = page(client, "sender-edit", bob.pk)
    assert 'value="DE" selected' in seen and 'value="BY"' in seen and "2027-01-06" not in seen
    with scopes_disabled():
        assert History.objects.get(verb="edited").data["what"].endswith("days off, public holidays")
        before = bob.days_off
        house.renew_limits(now=MONDAY + timedelta(days=150))
    bob.refresh_from_db()
    assert max(bob.days_off) > max(before), "known a year ahead, whenever it is"
    edited(client, bob.pk)
    bob.refresh_from_db()
    assert bob.days_off == [] and bob.holidays_of == ""


def test_a_region_that_is_none_is_refused_and_stays_typed(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    answer = edited(signed_in(tidewell.bob), tidewell.senders["bob"].pk, holidays_of="DE", region="Atlantis")
    assert answer.status_code == 422
    assert "“Atlantis” is no region of this country" in answer.content.decode()
    assert 'value="Atlantis"' in answer.content.decode()


def test_a_sender_may_wait_for_the_prospects_hours(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob, client = tidewell.senders["bob"], signed_in(tidewell.bob)
    for given, kept in (({"their_hours": "on"}, True), ({}, False)):
        assert edited(client, bob.pk, **given).status_code == 302
        bob.refresh_from_db()
        assert bob.their_hours is kept


def test_what_was_saved_comes_back_into_the_form(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob, client = tidewell.senders["bob"], signed_in(tidewell.bob)
    edited(client, bob.pk)
    seen = page(client, "sender-edit", bob.pk)
    assert 'value="09:00 to 12:00, 13:00 to 17:30"' in seen
    with scopes_disabled():
        before = History.objects.count()
    assert edited(client, bob.pk).status_code == 302
    with scopes_disabled():
        assert History.objects.count() == before, "saving the same again changes nothing"


def test_who_waited_for_an_hour_is_decided_again(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob = tidewell.senders["bob"]
    people = prospects(tidewell.workspace, 2)
    night, talk = enroll(campaign(tidewell.bob), bob, people)
    with scopes_disabled():
        Enrollment.objects.filter(pk=night.pk).update(cause="outside_hours")
        Enrollment.objects.filter(pk=talk.pk).update(cause="in_conversation")
        edited(signed_in(tidewell.bob), bob.pk)
        assert Enrollment.objects.get(pk=night.pk).decide_at == MONDAY
        assert Enrollment.objects.get(pk=talk.pk).decide_at > MONDAY


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("mon", "nine to five", "Monday: &#x27;nine&#x27; is no time of day"),
        ("mon", "17:30 to 09:00", "must end after it starts"),
        ("mon", "09:00", "Write it as 09:00 to 17:30"),
        ("mon", "09:00 to 12:00, 11:00 to 13:00", "intervals that overlap"),
        ("mon", "09:00 to 25:00", "is no time of day"),
        ("days_off", "Christmas", "“Christmas” is no date"),
        ("days_off", "2026-12-24 to 2026-12-01", "must end after it starts"),
        ("days_off", "2000-01-01 to 2026-12-01", "within 400 days"),
        ("invites_week", "201", "At most 200 invites a week on this plan"),
        ("invites_week", "-1", "At most 200 invites a week on this plan"),
        ("invites_week", "many", "Enter a whole number"),
        ("name", " ", "Give the sender a name"),
        ("name", "priya  raman", "Another sender has this name"),
        ("name", "x" * 121, "at most 120 characters"),
        ("zone", "Mars/Olympus", "Select a valid choice"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_nothing_is_lost(
    field: str, typed: str, sentence: str, monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    bob = tidewell.senders["bob"]
    answer = edited(signed_in(tidewell.bob), bob.pk, **{field: typed, "tue": "10 to 11"})
    assert answer.status_code == 422
    seen = answer.content.decode()
    assert sentence in seen and 'value="10 to 11"' in seen
    was = (bob.name, bob.hours, bob.days_off, bob.week_override)
    bob.refresh_from_db()
    assert (bob.name, bob.hours, bob.days_off, bob.week_override) == was


def test_a_sender_without_any_hour_is_to_be_paused_instead(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    answer = edited(signed_in(tidewell.bob), tidewell.senders["bob"].pk, **dict.fromkeys(HOURS, ""))
    assert answer.status_code == 422 and b"to let the sender rest, pause it instead" in answer.content


# --- Another plan -------------------------------------------------------------------------------------------------


def test_what_another_plan_costs_is_shown_first_and_is_what_happens(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    bob, client = lively(tidewell), signed_in(tidewell.alice)
    seen = page(client, "sender-plan", bob.pk, plan="sales-navigator-core")
    with scope(workspace=tidewell.workspace):
        had = CreditBalance.objects.get(sender=bob, product="premium")
        assert f"{had.available} credits</b> of the old plan will be forfeited" in seen
        assert "50 credits are granted at once. Afterwards 51 are left." in seen
        assert "Most credits kept" in seen
        assert had.available > 0 and not CreditBalance.objects.filter(product="sales_navigator").exists()
        client.post(reverse("sender-plan", args=[bob.pk]), {"plan": "sales-navigator-core"})
        had.refresh_from_db()
        assert (had.available, had.cap) == (0, 0)
        assert CreditBalance.objects.get(sender=bob, product="sales_navigator").available == 50
        assert ledger.proof() == []
        bob.refresh_from_db()
        assert bob.plan is not None and bob.plan.code == "sales-navigator-core"


def test_what_passes_a_lower_cap_is_shown_as_lost(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    made = sender(tidewell.bob, "Bob at the cap", "business")
    with scope(workspace=tidewell.workspace):
        allowances.set_up(made, now=MONDAY)
        balance = ledger.open_balance(made, now=MONDAY)
        assert balance is not None
        ledger.adjust(balance, 20, by=tidewell.mara, now=MONDAY, note="A gift.")
        change = seat_credits.foresee(made, Plan.objects.get(code="career"), by=tidewell.alice, now=MONDAY)
    assert (change.clipped, change.forfeited, change.granted, change.left) == (20, 0, 0, 15)
    assert "20 credits</b> will be lost at the cap" in page(
        signed_in(tidewell.alice), "sender-plan", made.pk, plan="career"
    )


def test_looking_at_another_plan_changes_nothing(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob = lively(tidewell)
    with scope(workspace=tidewell.workspace):
        before = [list(model.objects.order_by("pk").values()) for model in (CreditBalance, History, Allowance, Lane)]
        page(signed_in(tidewell.alice), "sender-plan", bob.pk, plan="free")
        assert [list(model.objects.order_by("pk").values()) for model in (CreditBalance, History, Allowance, Lane)] == (
            before
        )


def test_a_plan_that_is_not_ours_is_refused(
    monday: object, tidewell: Tidewell, charlie: Member, signed_in: SignIn
) -> None:
    bob = tidewell.senders["bob"]
    with scope(workspace=charlie.workspace):
        Plan.objects.create(workspace=charlie.workspace, code="theirs", name="Theirs")
    for plan in ("theirs", "", "x" * 500):
        answer = signed_in(tidewell.alice).post(reverse("sender-plan", args=[bob.pk]), {"plan": plan})
        assert answer.status_code == 422 and b"Choose one of the plans" in answer.content


def test_whoever_waited_for_what_the_old_plan_did_not_have_is_decided_again(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    maras = tidewell.senders["mara"]
    (one,) = enroll(campaign(tidewell.mara), maras, prospects(tidewell.workspace, 1), cause="no_channel")
    signed_in(tidewell.alice).post(reverse("sender-plan", args=[maras.pk]), {"plan": "business"})
    with scopes_disabled():
        assert Enrollment.objects.get(pk=one.pk).decide_at == MONDAY


# --- Credits on the card ------------------------------------------------------------------------------------------


def test_a_manager_moves_the_line_of_held_credits(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    balance = credits(tidewell.senders["bob"], 12, held=3, cap=45)
    address = reverse("sender-held", args=[tidewell.senders["bob"].pk])
    answer = signed_in(tidewell.mara).post(address, {"balance": balance.pk, "held": "5"}, follow=True)
    assert b"5 credits are held for tier 3; before it were 3." in answer.content
    answer = signed_in(tidewell.mara).post(address, {"balance": balance.pk, "held": " 20 %"}, follow=True)
    assert b"9 credits are held for tier 3; before it were 5." in answer.content, "a share of the cap"
    for bad in ("46", "-1", "x", "", "101%", "%"):
        answer = signed_in(tidewell.mara).post(address, {"balance": balance.pk, "held": bad}, follow=True)
        assert b"from 0 to the cap of 45" in answer.content
    with scope(workspace=tidewell.workspace):
        assert CreditBalance.objects.get(pk=balance.pk).held == 9
    assert signed_in(tidewell.bob).post(address, {"balance": balance.pk, "held": "0"}).status_code == 403


def test_a_balance_of_another_sender_is_not_touched(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    other = credits(tidewell.senders["priya"], 12, cap=45)
    address = reverse("sender-held", args=[tidewell.senders["bob"].pk])
    assert signed_in(tidewell.mara).post(address, {"balance": other.pk, "held": "1"}).status_code == 404


# --- Adding one ---------------------------------------------------------------------------------------------------


def new(client: Client, **fields: Any) -> Any:
    given = {"connector": "guided", "name": "Nils Berg", "zone": "Europe/Oslo", "plan": "career"}
    return client.post(reverse("sender-new"), {**given, **HOURS, **fields})


@pytest.fixture
def simulator(tmp_path: Path, settings: Any) -> Iterator[Running]:
    running = Running(tmp_path / "simulator", clock="real")
    settings.SIMULATOR_URL, settings.SIMULATOR_API_KEY = f"http://127.0.0.1:{running.port}", KEY
    yield running
    running.stop()


@pytest.fixture
def alone(settings: Any) -> None:
    """There is no simulator."""
    settings.SIMULATOR_URL = settings.SIMULATOR_API_KEY = ""


def test_only_the_button_needs_to_be_pressed_for_a_practice_sender(
    monday: object, simulator: Running, tidewell: Tidewell, signed_in: SignIn
) -> None:
    client = signed_in(tidewell.priya)
    with scopes_disabled():
        Sender.objects.filter(pk=tidewell.senders["priya"].pk).update(name="Priya's real seat")
    form = client.get(reverse("sender-new")).context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    answer = client.post(reverse("sender-new"), given)
    with scope(workspace=tidewell.workspace):
        made = Sender.objects.get(connector="simulator")
    assert answer.status_code == 302 and answer["Location"] == reverse("sender", args=[made.pk])
    assert (made.name, made.owner_id, made.hours) == ("Priya Raman", tidewell.priya.pk, OFFICE)
    assert "Practice sender, nobody real hears from it" in page(client, "sender", made.pk)


def test_a_simulator_that_is_away_is_said_and_nothing_is_lost(
    monday: object, tidewell: Tidewell, signed_in: SignIn, settings: Any
) -> None:
    settings.SIMULATOR_URL, settings.SIMULATOR_API_KEY = f"http://127.0.0.1:{free_port()}", KEY
    answer = new(signed_in(tidewell.bob), connector="simulator", name="Try <b>")
    assert answer.status_code == 422
    assert b"does not answer: start Parley with ./dev up" in answer.content
    assert b'value="Try &lt;b&gt;"' in answer.content


def test_an_admin_adds_a_guided_sender_for_somebody(
    monday: object, alone: None, tidewell: Tidewell, signed_in: SignIn
) -> None:
    answer = new(signed_in(tidewell.alice), owner=tidewell.priya.pk)
    assert answer.status_code == 302
    with scope(workspace=tidewell.workspace):
        made = Sender.objects.get(name="Nils Berg")
        assert (made.connector, made.owner_id, made.consent_at, made.state) == (
            "guided",
            tidewell.priya.pk,
            None,
            "active",
        )
        assert CreditBalance.objects.get(sender=made).available == 5


def test_an_automatic_sender_needs_a_connection_an_account_and_consent_on_record(
    monday: object, alone: None, tidewell: Tidewell, signed_in: SignIn
) -> None:
    client = signed_in(tidewell.alice)
    assert b"no connection to Unipile yet" in new(client, connector="unipile").content
    link = connection(tidewell.workspace)
    given = {"connector": "unipile", "connection": link.pk}
    assert b"Enter the id that Unipile gave" in new(client, **given).content
    refused = new(client, **given, account="acc-1")
    assert refused.status_code == 422 and b"Read what can happen and tick the box" in refused.content
    with scope(workspace=tidewell.workspace):
        assert not Sender.objects.filter(name="Nils Berg").exists()
        assert new(client, **given, account="acc-1", consent="on").status_code == 302
        made = Sender.objects.get(name="Nils Berg")
        assert (made.consent_by_id, made.consent_at, made.provider_account) == (tidewell.alice.pk, MONDAY, "acc-1")
        second = new(client, **given, account="acc-1", consent="on", name="Another")
        assert b"Another sender acts as this account already" in second.content


def test_real_senders_are_for_admins(monday: object, alone: None, tidewell: Tidewell, signed_in: SignIn) -> None:
    for member in (tidewell.bob, tidewell.mara):
        assert "An admin adds real senders" in page(signed_in(member), "sender-new")
        assert new(signed_in(member)).status_code == 422
    with scope(workspace=tidewell.workspace):
        assert not Sender.objects.filter(name="Nils Berg").exists()


def test_an_sdr_cannot_name_another_owner_or_a_member_of_another_workspace(
    monday: object, alone: None, tidewell: Tidewell, charlie: Member, signed_in: SignIn
) -> None:
    assert new(signed_in(tidewell.bob), owner=tidewell.alice.pk).status_code == 422
    assert new(signed_in(tidewell.alice), owner=charlie.pk).status_code == 422


def test_plans_of_another_workspace_are_not_offered(
    monday: object, alone: None, tidewell: Tidewell, signed_in: SignIn
) -> None:
    other = workspace("Elsewhere")
    with scope(workspace=other):
        Plan.objects.create(workspace=other, code="elsewhere", name="Elsewhere only")
    assert "Elsewhere only" not in page(signed_in(tidewell.alice), "sender-new")
    assert new(signed_in(tidewell.alice), plan="elsewhere").status_code == 422
