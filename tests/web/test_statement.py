"""The credit statement: every movement with its cause, and a sum that is the balance, whatever happened."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import ledger
from accounts.ledger.proof import WAYS
from accounts.models import CreditBalance, CreditObservation, CreditTransfer, Member, Plan, PlanTerms, Sender
from campaigns.building import statements
from campaigns.running import sync
from outreach.engine.credits import Balance
from outreach.engine.kinds import Kind
from prospects.models import Prospect
from tests.answers import lines
from tests.cast import MONDAY, Tidewell, campaign, connection, enroll, prospects, sender
from tests.web.hostile import FORMULA, SCRIPT
from tests.web.test_senders import lively, touch

pytestmark = pytest.mark.django_db

SignIn = Callable[[Member | None], Client]
DAY = timedelta(days=1)


def page(client: Client, name: str, pk: int, **query: str) -> str:
    answer = client.get(reverse(name, args=[pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def file(client: Client, pk: int, **query: str) -> list[list[str]]:
    return lines(client.get(reverse("statement-file", args=[pk]), query))


acts = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "post", "void", "return", "adjust", "plan", "time", "hold"]),
        st.integers(min_value=1, max_value=8),
        st.integers(min_value=1, max_value=20 * 24),
    ),
    max_size=30,
)
CODES = ("career", "business", "sales-navigator-core", "free")


def live(of: Sender, done: list[tuple[str, int, int]], by: Member) -> datetime:
    """Let these things happen to the sender's credits, as far as the ledger lets them. When it ends."""
    now, sent = MONDAY, {}
    ledger.open_balance(of, now=now)
    for what, number, hours in done:
        now += timedelta(hours=hours)
        ledger.grant_due(now=now)
        balance = CreditBalance.objects.filter(sender=of, cap__gt=0).first()
        if balance is None and what != "plan":
            continue
        try:
            match what:
                case "reserve":
                    ledger.reserve(balance.pk, touch=number, now=now)
                case "post":
                    ledger.post(balance.pk, touch=number, now=now)
                    sent[number] = now
                case "void":
                    ledger.void(balance.pk, touch=number, now=now)
                case "return" if number in sent:
                    ledger.give_back(balance.pk, touch=number, sent_at=sent[number], responded_at=now, now=now)
                case "adjust":
                    ledger.adjust(balance, number - 4, by=by, now=now, note="Counted.")
                case "hold":
                    ledger.hold_credits(balance, number, by=by, now=now)
                case "plan":
                    ledger.change_plan(of, Plan.objects.get(code=CODES[number % 4]), by=by, now=now)
        except ledger.LedgerRefusal:
            pass
    return now


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(done=acts, instant=st.integers(min_value=0, max_value=200 * 24))
def test_the_sum_is_the_balance_after_any_life(
    done: list[tuple[str, int, int]], instant: int, tidewell: Tidewell
) -> None:
    with scope(workspace=tidewell.workspace), transaction.atomic():
        of = sender(tidewell.bob, "Bob", "business", anchor_day=15)
        now = live(of, done, tidewell.alice)
        for balance in CreditBalance.objects.filter(sender=of):
            before, lines = 0, 0
            for month in reversed(statements.months(balance, now)):
                one = statements.of(balance, month, now=now)
                assert one.opening == before
                left = one.opening
                for line in one.lines:
                    left += line.change
                    assert line.left == left >= line.aside >= 0
                assert one.closing == left == one.opening + sum(change for _, change in one.sums)
                before, lines = one.closing, lines + len(one.lines)
            assert (before, one.closing_aside) == (balance.available + balance.reserved, balance.reserved)
            assert lines == balance.transfers.count(), "no movement is left out, none is told twice"
            at = MONDAY + timedelta(hours=instant)
            kept = sum(
                t.amount * ((t.credit in statements.KEPT) - (t.debit in statements.KEPT))
                for t in CreditTransfer.objects.filter(balance=balance, at__lte=at)
            )
            found = ledger.balance_at(of, at).get(balance.product, Balance())
            assert found.available + found.reserved == kept
        transaction.set_rollback(True)


def test_every_movement_there_is_has_a_name() -> None:
    assert set(statements.ENTRIES) == set(WAYS)


def test_a_month_shows_what_moved_by_whom_and_what_was_left(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    bob = lively(tidewell)
    seen = page(signed_in(tidewell.vera), "statement", bob.pk, month="2026-10")
    assert "October 2026" in seen and "Opening balance" in seen and "Closing balance" in seen
    assert "0 carried over + 15 granted − 6 spent + 2 returned" in seen
    assert "Grant of the period from 1 October 2026" in seen and "Dock delays Q4" in seen
    assert "Correct the balance" not in seen, "a viewer corrects nothing"
    now = page(signed_in(tidewell.vera), "statement", bob.pk)
    assert "November 2026" in now and "11 carried over + 15 granted" in now and "+15 on 1 Dec" in now


def test_the_file_says_the_same_as_the_page(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob = lively(tidewell)
    rows = file(signed_in(tidewell.vera), bob.pk, month="2026-10")
    head, opening, *lines, closing = rows
    assert head[:3] == ["When (UTC)", "Entry", "Cause"] and (opening[1], closing[1]) == (
        "Opening balance",
        "Closing balance",
    )
    assert int(opening[7]) + sum(int(line[6]) for line in lines) == int(closing[7]) == 11
    assert [line[1] for line in lines][:2] == ["Granted", "Set aside"]


def test_what_somebody_else_wrote_never_runs_in_a_spreadsheet(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    bob = tidewell.senders["bob"]
    people = prospects(tidewell.workspace, 1, first_name=FORMULA, last_name=SCRIPT)
    (one,) = enroll(campaign(tidewell.bob, name="\u200b+cmd|x"), bob, people)
    with scope(workspace=tidewell.workspace):
        balance = ledger.open_balance(bob, now=MONDAY)
        assert balance is not None
        ledger.reserve(balance.pk, touch=touch(one, Kind.INMAIL, "planned").pk, now=MONDAY)
        ledger.adjust(balance, 1, by=tidewell.mara, now=MONDAY, note="@SUM(A1)")
    rows = file(signed_in(tidewell.vera), bob.pk)
    cells = {cell for row in rows for cell in row}
    assert f"'{FORMULA} {SCRIPT}" in cells and "'\u200b+cmd|x" in cells and "'@SUM(A1)" in cells
    seen = page(signed_in(tidewell.vera), "statement", bob.pk)
    assert SCRIPT not in seen and "&lt;script&gt;" in seen


@pytest.mark.parametrize("month", ["2026-13", "november", "2027-01", "1999-12", "2026-1", "0000-01", "' OR 1=1"])
def test_a_month_that_is_none_is_said_and_the_present_one_shown(
    month: str, monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    seen = page(signed_in(tidewell.vera), "statement", lively(tidewell).pk, month=month)
    assert "That is no month of this ledger" in seen and "November 2026" in seen


def test_a_sender_without_credits_has_nothing_to_account_for(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    maras = tidewell.senders["mara"].pk
    assert "No credits to account for" in page(signed_in(tidewell.vera), "statement", maras)
    assert signed_in(tidewell.vera).get(reverse("statement-file", args=[maras])).status_code == 404


def test_an_old_product_stays_readable(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob = lively(tidewell)
    with scope(workspace=tidewell.workspace):
        core = Plan.objects.get(code="sales-navigator-core")
        ledger.change_plan(bob, core, by=tidewell.alice, now=MONDAY)
    client = signed_in(tidewell.vera)
    assert "50 granted" in page(client, "statement", bob.pk)
    assert "forfeited" in page(client, "statement", bob.pk, product="premium")


def test_months_go_from_the_first_movement_to_the_present(tidewell: Tidewell) -> None:
    with scope(workspace=tidewell.workspace):
        balance = ledger.open_balance(tidewell.senders["bob"], now=MONDAY - 70 * DAY)
        assert balance is not None
        assert statements.months(balance, MONDAY) == [date(2026, month, 1) for month in (11, 10, 9, 8)]


def test_a_statement_takes_as_many_queries_for_many_movements_as_for_few(
    monday: object, tidewell: Tidewell, signed_in: SignIn, query_count: Callable[[Client, str], int]
) -> None:
    bob, client = tidewell.senders["bob"], signed_in(tidewell.vera)
    into = campaign(tidewell.bob)
    with scope(workspace=tidewell.workspace):
        balance = ledger.open_balance(bob, now=MONDAY)
        assert balance is not None

        def spend(count: int) -> None:
            for one in enroll(into, bob, prospects(tidewell.workspace, count)):
                made = touch(one, Kind.INMAIL, gate_at=MONDAY)
                ledger.reserve(balance.pk, touch=made.pk, now=MONDAY)
                ledger.void(balance.pk, touch=made.pk, now=MONDAY)

        spend(1)
        client.get(reverse("senders"))  # the first page of a session writes it
        few = query_count(client, reverse("statement", args=[bob.pk]))
        spend(60)
        assert query_count(client, reverse("statement", args=[bob.pk])) == few
        assert Prospect.objects.count() == 61


@pytest.mark.parametrize(("answered", "days", "said"), [(False, 90, False), (False, 91, True), (True, 91, False)])
def test_an_inmail_without_an_answer_is_closed_as_lost_on_day_91(
    answered: bool, days: int, said: bool, tidewell: Tidewell
) -> None:
    bob = tidewell.senders["bob"]
    with scope(workspace=tidewell.workspace):
        balance = ledger.open_balance(bob, now=MONDAY)
        assert balance is not None
        [one] = enroll(campaign(tidewell.bob), bob, prospects(tidewell.workspace, 1))
        made = touch(one, Kind.INMAIL, gate_at=MONDAY)
        ledger.reserve(balance.pk, touch=made.pk, now=MONDAY)
        ledger.post(balance.pk, touch=made.pk, now=MONDAY)
        if answered:
            later = MONDAY + 40 * DAY
            ledger.give_back(balance.pk, touch=made.pk, sent_at=MONDAY, responded_at=later, now=later)
        november = statements.of(balance, date(2026, 11, 1), now=MONDAY + days * DAY)
    assert [line.note == statements.LOST for line in november.lines if line.entry == "Spent"] == [said]


# --- What LinkedIn says ---------------------------------------------------------------------------------------------


def differing(tidewell: Tidewell) -> CreditBalance:
    """Bob's balance of 15, of which LinkedIn shows 13."""
    with scope(workspace=tidewell.workspace):
        balance = ledger.open_balance(tidewell.senders["bob"], now=MONDAY)
        assert balance is not None
        ledger.observe(balance, 13, in_doubt=0, open_inmails=0, now=MONDAY)
        balance.refresh_from_db()
        assert balance.blocked
    return balance


def test_a_difference_says_what_both_say_and_what_to_do(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    differing(tidewell)
    seen = page(signed_in(tidewell.mara), "statement", tidewell.senders["bob"].pk)
    assert "LinkedIn says 13, we say 15" in seen and "Open</span>" in seen
    assert "LinkedIn shows 2 fewer: was an InMail sent by hand?" in seen
    assert "Two ways out." in seen and "LinkedIn is right: correct the balance" in seen and 'value="-2"' in seen
    assert "Ask LinkedIn again" not in seen, "nobody can ask for a guided sender"
    viewers = page(signed_in(tidewell.vera), "statement", tidewell.senders["bob"].pk)
    assert "LinkedIn says 13, we say 15" in viewers and "Two ways out." not in viewers


def test_who_thinks_that_linkedin_is_behind_has_it_asked_again(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    balance, bob = differing(tidewell), tidewell.senders["bob"]
    client, address = signed_in(tidewell.mara), reverse("statement-look", args=[bob.pk])
    assert "This sender is guided" in client.post(address, follow=True).content.decode()
    Sender.objects.with_scopes_disabled().filter(pk=bob.pk).update(
        connection=connection(tidewell.workspace), connector="unipile", consent_at=MONDAY, balance_at=MONDAY
    )
    assert "Ask LinkedIn again" in page(client, "statement", bob.pk)
    with scope(workspace=tidewell.workspace):
        assert (bob.pk, "balance") not in sync.due(now=MONDAY)
        assert "LinkedIn is asked within a minute" in client.post(address, follow=True).content.decode()
        assert (bob.pk, "balance") in sync.due(now=MONDAY)
        ledger.observe(balance, 15, in_doubt=0, open_inmails=0, now=MONDAY)
    balance.refresh_from_db()
    assert (balance.available, balance.blocked) == (15, ""), "what agrees again is let go by itself"
    assert "Two ways out." not in page(client, "statement", bob.pk)


def test_a_difference_that_was_corrected_is_open_no_more(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    balance = differing(tidewell)
    with scope(workspace=tidewell.workspace):
        ledger.adjust(balance, -2, by=tidewell.mara, now=MONDAY, note="By hand.")
        assert [one.open for one in statements.differences(balance)] == [False]
    assert "Two ways out." not in page(signed_in(tidewell.mara), "statement", tidewell.senders["bob"].pk)


def test_the_file_of_the_present_month_ends_with_what_is_held_and_what_expires(
    monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    priya = tidewell.senders["priya"]
    with scope(workspace=tidewell.workspace):
        PlanTerms.objects.filter(plan=priya.plan).update(credit_life_days=60)
        balance = ledger.open_balance(priya, now=MONDAY)
        assert balance is not None
        ledger.hold_credits(balance, 9, by=tidewell.mara, now=MONDAY)
    last = file(signed_in(tidewell.vera), priya.pk)[-3:]
    assert [row[1] for row in last] == ["Closing balance", "Held for tier 3", "Expires"]
    assert [row[7] for row in last] == ["50", "9", "50"] and last[2][0] == "2026-12-31 00:00:00"


def test_a_manager_explains_it_once_and_inmail_goes_on(monday: object, tidewell: Tidewell, signed_in: SignIn) -> None:
    balance = differing(tidewell)
    address = reverse("statement-adjust", args=[tidewell.senders["bob"].pk])
    given = {"amount": "−2", "why": "Two sent by hand.", "key": str(uuid4())}
    client = signed_in(tidewell.mara)
    assert "Booked: -2" in client.post(address, given, follow=True).content.decode()
    assert "was booked before" in client.post(address, given, follow=True).content.decode()
    balance.refresh_from_db()
    assert (balance.available, balance.blocked) == (13, "")
    with scope(workspace=tidewell.workspace):
        assert ledger.proof() == []
    assert "by <bdi>Mara Okonkwo</bdi>" in page(client, "statement", tidewell.senders["bob"].pk)


@pytest.mark.parametrize(
    ("amount", "why", "sentence"),
    [
        ("", "x", "Give a whole number of credits"),
        ("two", "x", "Give a whole number of credits"),
        ("0", "x", "Give a whole number of credits"),
        ("1.5", "x", "Give a whole number of credits"),
        ("9" * 400, "x", "Give a whole number of credits"),
        ("-2", " ", "Say in a few words why"),
        ("-99", "x", "enter at least -15"),
        ("99", "x", "enter at most 30"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused_and_stays_typed(
    amount: str, why: str, sentence: str, monday: object, tidewell: Tidewell, signed_in: SignIn
) -> None:
    balance = differing(tidewell)
    answer = signed_in(tidewell.mara).post(
        reverse("statement-adjust", args=[tidewell.senders["bob"].pk]), {"amount": amount, "why": why}
    )
    assert answer.status_code == 422
    assert sentence in answer.content.decode() and f'value="{amount}"' in answer.content.decode()
    balance.refresh_from_db()
    assert balance.available == 15


def test_what_agrees_again_is_no_longer_open(monday: object, tidewell: Tidewell) -> None:
    balance = differing(tidewell)
    with scope(workspace=tidewell.workspace):
        ledger.adjust(balance, -2, by=tidewell.mara, now=MONDAY, note="By hand.")
        ledger.observe(balance, 13, in_doubt=0, open_inmails=0, now=MONDAY + DAY)
        assert [one.open for one in statements.differences(balance)] == [False]
        assert CreditObservation.objects.count() == 2


def test_the_month_ends_where_the_next_begins(tidewell: Tidewell) -> None:
    with scope(workspace=tidewell.workspace):
        balance = ledger.open_balance(tidewell.senders["priya"], now=datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
        assert balance is not None
        ledger.adjust(balance, 1, by=tidewell.mara, now=datetime(2026, 11, 1, tzinfo=UTC), note="One.")
        october, november = (statements.of(balance, date(2026, m, 1), now=MONDAY) for m in (10, 11))
    assert [line.entry for line in october.lines] == ["Granted"] and october.closing == 50
    assert [line.entry for line in november.lines] == ["Corrected"] and november.opening == 50
