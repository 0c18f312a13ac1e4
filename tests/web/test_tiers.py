"""Settings › Subscription tiers: what is shown, what is asked before saving, who is told what."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts import ledger, plans
from accounts.models import History, Member, Plan, PlanTerms
from accounts.rights import NotAllowed
from accounts.terms import NUMBERS
from tests.cast import MONDAY, Tidewell, sender

pytestmark = pytest.mark.django_db

SignIn = Callable[[Member | None], Client]
DECEMBER = date(2026, 12, 1)


@pytest.fixture
def core(monday: datetime, in_tidewell: object) -> Plan:
    return Plan.objects.get(code="sales-navigator-core")


@pytest.fixture
def alice_at(signed_in: SignIn, alice: Member) -> Client:
    return signed_in(alice)


def form(**typed: Any) -> dict[str, Any]:
    """What the form of Sales Navigator Core holds, and what was typed over it."""
    held = {
        "valid_from": "2026-12-01",
        "grant": "50",
        "cap": "150",
        "renewal": "month",
        "credit_life_days": "",
        "product": "sales_navigator",
        "inmail": "on",
        "follow_up": "paid",
        "note_chars": "300",
        "notes_month": "",
        "invites_week": "100",
        "invites_week_ceiling": "200",
        "open_month": "800",
        "price_cents": "99",
        "seen": "0",
    }
    return {key: value for key, value in {**held, **typed}.items() if value is not None}


def look(client: Client, plan: Plan, **typed: Any) -> Any:
    return client.post(reverse("tier", args=[plan.pk]), form(**typed))


def save(client: Client, plan: Plan, *, seen: int | None = None, **typed: Any) -> Any:
    """Look, then save what was shown."""
    shown = look(client, plan, **typed).context["shown"]
    seen = plans.edition(plan) if seen is None else seen
    return look(client, plan, **typed, save="1", shown=shown, seen=f"{seen}")


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: list(said) for name, said in answer.context["form"].errors.items()}


def test_every_plan_is_listed_with_its_terms_and_its_senders(core: Plan, alice: Member, alice_at: Client) -> None:
    plans.add_terms(core, DECEMBER, cap=100, by=alice, now=MONDAY)
    page = alice_at.get(reverse("tiers")).content.decode()
    for said in (
        "50 credits a month, up to 150",
        "$1.98 a credit",
        "200 characters, 5 a month",
        "100 a week, 200 at most",
    ):
        assert said in page
    assert "2 senders" in page and "no sender" in page
    assert "From 1 December 2026" in page and "<del>150</del><ins>100</ins>" in page


def test_the_list_costs_the_same_for_any_number_of_plans_and_senders(
    core: Plan, alice: Member, alice_at: Client, query_count: Any
) -> None:
    alice_at.get(reverse("tiers"))
    before = query_count(alice_at, reverse("tiers"))
    for number in range(20):
        made = plans.copy(core, f"Copy {number}", by=alice, now=MONDAY)
        plans.add_terms(made, DECEMBER, cap=100, by=alice, now=MONDAY)
        sender(alice, f"Seat {number}", "free")
    assert query_count(alice_at, reverse("tiers")) == before


def test_what_changes_is_shown_first_and_nothing_is_saved_by_it(
    core: Plan, tidewell: Tidewell, alice_at: Client
) -> None:
    balance = ledger.open_balance(tidewell.senders["priya"], now=MONDAY)
    assert balance is not None
    ledger.adjust(balance, 60, by=tidewell.alice, now=MONDAY, note="Bought")
    answer = look(alice_at, core, cap="100")
    page = answer.content.decode()
    assert answer.status_code == 200 and core.terms.count() == 1
    assert "<del>150</del><ins>100</ins>" in page, "Priya would have 150 that day, and has 100"
    assert "<b>60 credits</b> would be lost" in page and "10 of them without this change too" in page
    assert "Save for 1 Dec" in page


def test_then_it_is_saved_with_its_history(core: Plan, alice: Member, alice_at: Client) -> None:
    answer = save(alice_at, core, cap="100", price_cents="119.99")
    assert answer.status_code == 302 and answer.url.endswith("?from=2026-12-01")
    row = core.terms.get(valid_from=DECEMBER)
    assert (row.cap, row.price_cents, row.grant) == (100, 11_999, 50)
    noted = History.objects.get(verb="terms added", subject=f"plan:{core.pk}")
    assert noted.by == alice and noted.data["before"]["cap"] == 150
    assert "Saved for 1 December 2026." in alice_at.get(answer.url).content.decode()


def test_what_was_not_shown_is_not_saved(core: Plan, alice_at: Client) -> None:
    shown = look(alice_at, core, cap="100").context["shown"]
    answer = look(alice_at, core, cap="90", save="1", shown=shown)
    assert answer.status_code == 200 and "The numbers changed after you saw" in answer.content.decode()
    assert core.terms.count() == 1


def test_saving_twice_is_saving_once(core: Plan, alice_at: Client) -> None:
    seen = plans.edition(core)
    for _ in range(2):
        assert save(alice_at, core, seen=seen, cap="100").status_code == 302
    assert History.objects.filter(verb="terms added").count() == 1


def test_the_second_of_two_admins_is_told_what_changed_meanwhile(
    core: Plan, tidewell: Tidewell, alice: Member, alice_at: Client
) -> None:
    seen = plans.edition(core)
    plans.add_terms(core, DECEMBER, cap=120, by=alice, now=MONDAY)
    answer = save(alice_at, core, seen=seen, cap="100")
    page = answer.content.decode()
    assert answer.status_code == 422 and "This plan changed while you were writing" in page
    assert "roll-over cap 150 → 120" in page and "Alice Lindqvist" in page
    assert core.terms.get(valid_from=DECEMBER).cap == 120
    assert 'name="cap" id="id_cap" value="100"' in page, "what was typed stays"
    again = look(alice_at, core, cap="100", save="1", shown=answer.context["shown"], seen=f"{answer.context['seen']}")
    assert again.status_code == 302 and core.terms.get(valid_from=DECEMBER).cap == 100


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a cap below the grant": ({"cap": "40"}, "cap", "below the grant of 50: give at least 50"),
    "a ceiling below the default": ({"invites_week_ceiling": "90"}, "invites_week_ceiling", "give at least 100"),
    "a note of no length": ({"note_chars": "0"}, "note_chars", "1 to 300 characters"),
    "a note that LinkedIn does not take": ({"note_chars": "301"}, "note_chars", "1 to 300 characters"),
    "no number": ({"grant": ""}, "grant", "Give a whole number, such as 50."),
    "a word": ({"grant": "many"}, "grant", "Give a whole number, such as 50."),
    "half a credit": ({"grant": "50.5"}, "grant", "Give a whole number, such as 50."),
    "below nothing": ({"open_month": "-1"}, "open_month", "cannot be below 0"),
    "a slip of the finger": ({"grant": "5000000"}, "grant", "give at most 10,000"),
    "more digits than a number has": ({"grant": "9" * 4000}, "grant", "Give a whole number"),
    "credits that die at once": ({"credit_life_days": "0"}, "credit_life_days", "at least 1 day"),
    "InMail without credits": ({"grant": "0", "cap": "0"}, "cap", "cap of at least 1, or take InMail off"),
    "money in words": ({"price_cents": "free"}, "price_cents", "Give dollars, such as 99 or 99.99."),
    "a third of a cent": ({"price_cents": "99.999"}, "price_cents", "Give dollars, such as 99 or 99.99."),
    "money owed to us": ({"price_cents": "-5"}, "price_cents", "Give dollars, such as 99 or 99.99."),
    "no price": ({"price_cents": ""}, "price_cents", "Give dollars, such as 99 or 99.99."),
    "no day": ({"valid_from": ""}, "valid_from", "Say from which day on"),
    "a day of the past": ({"valid_from": "2026-11-01"}, "valid_from", "give a day after 2026-11-02"),
    "today": ({"valid_from": "2026-11-02"}, "valid_from", "give a day after 2026-11-02"),
    "a day that does not exist": ({"valid_from": "2027-02-29"}, "valid_from", "There is no day 2027-02-29"),
    "that day in words": ({"valid_from": "29 February 2027"}, "valid_from", "There is no day 29 February 2027"),
    "no day at all": ({"valid_from": "soon"}, "valid_from", "Give a day, such as 2027-01-01."),
    "a day in ten years": ({"valid_from": "2036-12-01"}, "valid_from", "Terms begin within two years"),
    "a renewal that nobody offers": ({"renewal": "weekly"}, "renewal", "Choose one of the list."),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_number_gets_a_sentence_at_its_field_and_stays(what: str, core: Plan, alice_at: Client) -> None:
    typed, field, sentence = BAD[what]
    answer = look(alice_at, core, **typed)
    said = errors(answer)
    assert list(said) == [field] and sentence in said[field][0]
    assert core.terms.count() == 1
    if field not in ("renewal",):
        assert f'value="{typed[field]}"' in answer.content.decode()


def test_all_that_is_wrong_is_said_at_once(core: Plan, alice_at: Client) -> None:
    answer = look(alice_at, core, price_cents="much", cap="30", note_chars="301", valid_from="soon")
    assert set(errors(answer)) == {"price_cents", "cap", "note_chars", "valid_from"}
    assert answer.context["form"].first_wrong == "valid_from"


def test_new_terms_start_from_what_holds_the_day_before(core: Plan, alice: Member, alice_at: Client) -> None:
    for day, cap in ((DECEMBER, 120), (date(2027, 3, 1), 140)):
        plans.add_terms(core, day, cap=cap, by=alice, now=MONDAY)
    held = alice_at.get(reverse("tier", args=[core.pk])).context["form"].initial
    assert (held["valid_from"], held["cap"]) == ("2027-01-01", 120)


@pytest.mark.parametrize(
    ("typed", "cents"), [("99", 9900), ("99.99", 9999), ("$1,250", 125_000), ("0", 0), ("99.5", 9950), ("0.07", 7)]
)
def test_money_is_typed_as_dollars_and_kept_as_cents(core: Plan, alice_at: Client, typed: str, cents: int) -> None:
    assert look(alice_at, core, price_cents=typed).context["form"].cleaned_data["price_cents"] == cents


def test_the_leap_day_that_exists_is_a_day(core: Plan, alice_at: Client) -> None:
    assert look(alice_at, core, valid_from="2028-02-29", cap="100").context["preview"].day == date(2028, 2, 29)


def test_terms_once_in_force_are_shown_and_not_edited(core: Plan, alice_at: Client) -> None:
    page = alice_at.get(reverse("tier", args=[core.pk]) + "?from=2020-01-01")
    assert page.context["form"] is None and "Terms once in force stay as they are" in page.content.decode()


def test_terms_to_come_can_be_edited_also_to_another_day(core: Plan, alice: Member, alice_at: Client) -> None:
    plans.add_terms(core, DECEMBER, cap=100, by=alice, now=MONDAY)
    page = alice_at.get(reverse("tier", args=[core.pk]) + "?from=2026-12-01")
    assert page.context["form"].initial["cap"] == 100
    answer = save(alice_at, core, valid_from="2027-01-01", cap="110", instead_of="2026-12-01")
    assert answer.status_code == 302
    assert [(row.valid_from, row.cap) for row in core.terms.order_by("valid_from")][1:] == [(date(2027, 1, 1), 110)]


def test_two_terms_never_begin_on_one_day(core: Plan, alice: Member, alice_at: Client) -> None:
    for day in (DECEMBER, date(2027, 1, 1)):
        plans.add_terms(core, day, cap=100, by=alice, now=MONDAY)
    answer = look(alice_at, core, valid_from="2027-01-01", instead_of="2026-12-01")
    assert "There are terms from 2027-01-01 already" in errors(answer)["valid_from"][0]


def test_terms_to_come_can_be_taken_back_and_that_can_be_undone(core: Plan, alice: Member, alice_at: Client) -> None:
    plans.add_terms(core, DECEMBER, cap=100, by=alice, now=MONDAY)
    answer = alice_at.post(reverse("tier-drop", args=[core.pk, "2026-12-01"]), follow=True)
    assert core.terms.count() == 1 and "are taken back" in answer.content.decode()
    undo = reverse("tier-restore", args=[core.pk, "2026-12-01"])
    assert undo in answer.content.decode()
    alice_at.post(undo)
    assert core.terms.get(valid_from=DECEMBER).cap == 100
    alice_at.post(undo)
    assert core.terms.count() == 2


def test_terms_in_force_are_not_taken_back(core: Plan, alice_at: Client) -> None:
    answer = alice_at.post(reverse("tier-drop", args=[core.pk, "2020-01-01"]), follow=True)
    assert "have begun and stay on record" in answer.content.decode() and core.terms.count() == 1
    assert alice_at.post(reverse("tier-drop", args=[core.pk, "nonsense"])).status_code == 404


def test_a_new_plan_is_a_copy_of_another(core: Plan, alice_at: Client) -> None:
    answer = alice_at.post(reverse("tier-new"), {"name": "  All-in-One ", "of": core.pk})
    made = Plan.objects.get(name="All-in-One")
    assert answer.url == reverse("tier", args=[made.pk]) and made.code == "all-in-one"
    assert plans.terms_on(made, MONDAY.date()).grant == 50


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "with letters or digits"),
        ("!!!", "with letters or digits"),
        ("x" * 81, "at most 80 characters"),
        ("FREE", "There is a plan called FREE already"),
    ],
)
def test_a_plan_needs_a_name_of_its_own(core: Plan, alice_at: Client, name: str, sentence: str) -> None:
    answer = alice_at.post(reverse("tier-new"), {"name": name, "of": core.pk})
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert Plan.objects.count() == 6


def test_a_manager_reads_and_changes_nothing(core: Plan, signed_in: SignIn, mara: Member) -> None:
    page = signed_in(mara).get(reverse("tier", args=[core.pk])).content.decode()
    assert "In force since 1 January 2020" in page and "Show what changes" not in page and "New plan" not in page
    verbs: tuple[Callable[..., Any], ...] = (plans.add_terms, plans.drop_terms, plans.restore_terms)
    for verb in verbs:
        with pytest.raises(NotAllowed):
            verb(core, DECEMBER, by=mara, now=MONDAY)
    with pytest.raises(NotAllowed):
        plans.copy(core, "Mine", by=mara, now=MONDAY)


def test_htmx_gets_the_fragment_alone(core: Plan, alice_at: Client) -> None:
    answer = alice_at.post(reverse("tier", args=[core.pk]), form(cap="100"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<html" not in page and 'id="tier"' in page and "Save for 1 Dec" in page


def test_hostile_names_are_read_as_text(core: Plan, tidewell: Tidewell, alice_at: Client) -> None:
    sender(tidewell.alice, "<script>alert(1)</script>", "sales-navigator-core")
    Plan.objects.filter(pk=core.pk).update(name="<img src=x onerror=alert(2)>{{7*7}}")
    for address in (reverse("tiers"), reverse("tier", args=[core.pk])):
        page = alice_at.get(address).content.decode()
        assert "<script>alert" not in page and "<img" not in page and "{{7*7}}" in page
    assert "<script>alert" not in look(alice_at, core, cap="60").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_save_one_day_at_once_one_is_told(tidewell: Tidewell) -> None:
    with scope(workspace=tidewell.workspace):
        core = Plan.objects.get(code="sales-navigator-core")
        seen = plans.edition(core)
    said: list[str] = []

    def change(cap: int) -> None:
        try:
            with scope(workspace=tidewell.workspace):
                plans.add_terms(core, DECEMBER, by=tidewell.alice, now=MONDAY, seen=seen, cap=cap)
            said.append("saved")
        except plans.ChangedMeanwhile as refusal:
            said.append(f"told of {len(refusal.rows)}")
        finally:
            connections.close_all()

    both = [Thread(target=change, args=[cap]) for cap in (100, 120)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(said) == ["saved", "told of 1"]
    with scope(workspace=tidewell.workspace):
        assert PlanTerms.objects.filter(plan=core, valid_from=DECEMBER).count() == 1


def test_the_names_of_numbers_are_those_of_the_model() -> None:
    fields = {field.name for field in PlanTerms._meta.get_fields()} - {"id", "workspace", "plan", "valid_from"}
    assert set(NUMBERS) == fields


def test_the_clock_of_a_day_is_utc(core: Plan, alice: Member) -> None:
    late = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    plans.add_terms(core, DECEMBER, cap=100, by=alice, now=late)
    with pytest.raises(plans.TermsInForce):
        plans.drop_terms(core, DECEMBER, by=alice, now=datetime(2026, 12, 1, tzinfo=UTC))
