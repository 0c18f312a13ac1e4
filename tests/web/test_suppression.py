"""Settings › Suppression: who is on the list and why, adding by pasting, lifting for a reason on record."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts.models import History, Member
from campaigns.building import suppressing
from campaigns.building.suppressing import Key
from campaigns.models import Enrollment
from campaigns.running import do_not_contact
from prospects import suppressions
from prospects.models import Prospect, Suppression
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects

pytestmark = pytest.mark.django_db

SignIn = Callable[[Member | None], Client]


@pytest.fixture
def alice_at(monday: datetime, in_tidewell: object, signed_in: SignIn, alice: Member) -> Client:
    return signed_in(alice)


def paste(client: Client, text: str, reason: str = "a customer") -> Any:
    return client.post(reverse("suppression-add"), {"list": text, "reason": reason}, follow=True)


def known(tidewell: Tidewell, **fields: Any) -> Prospect:
    (person,) = prospects(tidewell.workspace, 1)
    for name, value in fields.items():
        setattr(person, name, value)
    person.save()
    return person


@pytest.mark.parametrize(
    ("piece", "key"),
    [
        ("Ana@Example.com", Key("email", "ana@example.com")),
        ("mailto:ana@example.com", Key("email", "ana@example.com")),
        ("https://www.linkedin.com/in/Ana-Roth/?trk=x", Key("slug", "ana-roth")),
        ("linkedin.com/in/ana-roth", Key("slug", "ana-roth")),
        ("https://www.linkedin.com/sales/lead/ACwAAAbcdefgh,NAME_SEARCH,x", Key("member_id", "ACwAAAbcdefgh")),
    ],
)
def test_an_address_is_understood_in_any_spelling(piece: str, key: Key) -> None:
    assert suppressing.understand(piece) == key


def test_a_paste_of_many_is_split_and_each_counts_once() -> None:
    text = "Ana Roth <ana@example.com>; ana@example.com,\nlinkedin.com/in/bo\t https://www.linkedin.com/in/bo/"
    assert suppressing.read(text) == [Key("email", "ana@example.com"), Key("slug", "bo")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Paste at least one"),
        ("hello", "Correct or remove hello"),
        ("ana@", "ana@: this is no complete e-mail address"),
        ("javascript:alert(1)", "Only web addresses are accepted".lower()[:4]),
        ("https://www.linkedin.com/company/acme", "company page"),
        ("https://evil.example/in/ana", "does not lead to linkedin.com"),
        ("https://www.linkedin.com/pub/ana/1/2/3", "names nobody for certain"),
        (" ".join(f"a{n}@example.com" for n in range(2001)), "at most 2,000 at once"),
        (" ".join(f"word{n}" for n in range(8)), "And 3 more."),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_added(alice_at: Client, text: str, sentence: str) -> None:
    answer = paste(alice_at, text)
    assert answer.status_code == 422 and sentence in answer.context["problems"]["list"]
    assert Suppression.objects.count() == 0
    assert answer.context["typed"]["list"] == text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 61])
def test_a_reason_is_needed(alice_at: Client, reason: str) -> None:
    answer = paste(alice_at, "ana@example.com", reason)
    assert answer.status_code == 422 and "Say why in a few words" in answer.content.decode()
    assert answer.context["typed"]["list"] == "ana@example.com" and Suppression.objects.count() == 0


def test_it_works_for_people_who_are_not_imported_yet(alice_at: Client, tidewell: Tidewell) -> None:
    answer = paste(alice_at, "new@example.com\nlinkedin.com/in/new-person")
    assert "2 addresses are on the list for whoever is imported with them." in answer.content.decode()
    digest = suppressions.digest(tidewell.workspace.pk, "email", "new@example.com")
    assert suppressions.suppressed(tidewell.workspace.pk, [digest]) == {digest}
    assert "new@example.com" not in str(list(Suppression.objects.values())), "only a hash is kept"
    assert History.objects.get(verb="listed").data["addresses"] == 2


def test_it_stops_those_who_are_in_a_campaign(alice_at: Client, tidewell: Tidewell) -> None:
    person = known(tidewell, email="ana@example.com")
    (running,) = enroll(campaign(tidewell.bob), tidewell.senders["bob"], [person])
    answer = paste(alice_at, "ANA@example.com", "asked by phone")
    person.refresh_from_db()
    assert person.suppressed_at is not None
    assert Enrollment.objects.get(pk=running.pk).state == "stopped"
    page = answer.content.decode()
    assert "1 person will not be contacted." in page and "asked by phone" in page and "Alice Lindqvist" in page


def test_stopping_people_can_be_undone_at_once(alice_at: Client, tidewell: Tidewell) -> None:
    person = known(tidewell, email="ana@example.com")
    answer = paste(alice_at, "ana@example.com")
    undo = reverse("forbid-undo", args=[History.objects.get(verb="forbade").pk])
    assert f'action="{undo}"' in answer.content.decode()
    alice_at.post(undo)
    person.refresh_from_db()
    assert person.suppressed_at is None


def test_adding_twice_is_adding_once(alice_at: Client, tidewell: Tidewell) -> None:
    known(tidewell, email="ana@example.com")
    for _ in range(2):
        answer = paste(alice_at, "ana@example.com new@example.com")
    assert "2 stood there already." in answer.content.decode()
    assert Suppression.objects.filter(what="email").count() == 2
    assert History.objects.filter(verb__in=["listed", "suppressed"]).count() == 2


def test_an_sdr_adds_and_does_not_lift(monday: datetime, tidewell: Tidewell, signed_in: SignIn) -> None:
    bob = signed_in(tidewell.bob)
    assert paste(bob, "new@example.com").status_code == 200
    with scope(workspace=tidewell.workspace):
        row = Suppression.objects.get()
        assert bob.post(reverse("suppression-lift-address", args=[row.pk]), {"reason": "no"}).status_code == 403
        assert Suppression.objects.count() == 1
    page = bob.get(reverse("suppression") + "?show=addresses").content.decode()
    assert "Lift" not in page


def test_a_viewer_reads_and_does_not_add(monday: datetime, tidewell: Tidewell, signed_in: SignIn) -> None:
    page = signed_in(tidewell.vera).get(reverse("suppression")).content.decode()
    assert "Nobody is on the list" in page and "<textarea" not in page


def test_an_admin_lifts_a_person_for_a_reason_on_record(alice_at: Client, tidewell: Tidewell) -> None:
    person = known(tidewell, email="ana@example.com")
    do_not_contact.forbid(person, reason="a customer", by=tidewell.alice, now=MONDAY)
    lift = reverse("suppression-lift", args=[person.pk])
    refused = alice_at.post(lift, {"reason": " "})
    assert refused.status_code == 422 and "the reason is kept on record" in refused.content.decode()
    alice_at.post(lift, {"reason": "they came back"})
    person.refresh_from_db()
    assert person.suppressed_at is None and Suppression.objects.count() == 0
    assert History.objects.get(verb="suppression_lifted").data["reason"] == "they came back"


def test_an_admin_lifts_an_address_of_nobody_for_a_reason_on_record(alice_at: Client, tidewell: Tidewell) -> None:
    paste(alice_at, "new@example.com")
    lift = reverse("suppression-lift-address", args=[Suppression.objects.get().pk])
    assert alice_at.post(lift, {"reason": ""}).status_code == 422
    assert Suppression.objects.count() == 1
    alice_at.post(lift, {"reason": "a typing error"})
    assert Suppression.objects.count() == 0
    assert History.objects.get(verb="address lifted").data["reason"] == "a typing error"
    assert alice_at.post(lift, {"reason": "again"}).status_code == 404


def test_an_address_of_somebody_known_is_lifted_as_the_person(alice_at: Client, tidewell: Tidewell) -> None:
    person = known(tidewell, email="ana@example.com")
    paste(alice_at, "ana@example.com")
    row = Suppression.objects.filter(what="email").get()
    with pytest.raises(suppressing.NotLifted, match="lift the person"):
        suppressing.lift(row, reason="x", by=tidewell.alice, now=MONDAY)
    page = alice_at.get(reverse("suppression") + "?show=addresses").content.decode()
    assert str(person) in page and "E-mail address" in page


def test_an_address_can_be_looked_up(alice_at: Client, tidewell: Tidewell) -> None:
    known(tidewell, email="ana@example.com")
    paste(alice_at, "ana@example.com new@example.com")

    def ask(what: str) -> str:
        return alice_at.get(reverse("suppression"), {"q": what}).content.decode()

    assert "belongs to somebody you know" in ask("Ana@example.com") and "Ingrid Solheim" in ask("ana@example.com")
    assert "Nobody here has it." in ask("new@example.com")
    assert "is not on the list" in ask("else@example.com")
    assert "Ingrid Solheim" in ask("solheim") and "Nobody on the list is called that" in ask("nobody")


def test_the_list_costs_the_same_for_3_and_300(alice_at: Client, tidewell: Tidewell, query_count: Any) -> None:
    def stop(count: int) -> None:
        ids = [person.pk for person in prospects(tidewell.workspace, count)]
        do_not_contact.forbid_all(ids, reason="a customer", by=tidewell.alice, now=MONDAY)

    stop(3)
    alice_at.get(reverse("suppression"))
    few = [query_count(alice_at, reverse("suppression") + tab) for tab in ("", "?show=addresses")]
    stop(297)
    assert [query_count(alice_at, reverse("suppression") + tab) for tab in ("", "?show=addresses")] == few


@pytest.mark.parametrize("tab", ["", "show=addresses"])
def test_older_ones_follow_without_a_gap_or_a_repetition(alice_at: Client, tidewell: Tidewell, tab: str) -> None:
    ids = [person.pk for person in prospects(tidewell.workspace, 120)]
    do_not_contact.forbid_all(ids, reason="a customer", by=tidewell.alice, now=MONDAY)
    seen: list[str] = []
    before = ""
    for _ in range(3):
        answer = alice_at.get(f"{reverse('suppression')}?{tab}", {"before": before, "show": tab[5:]})
        seen += [entry.key for entry in answer.context["entries"]]
        before = answer.context["following"]
    assert len(seen) == len(set(seen)) == 120 and before == ""


@pytest.mark.parametrize("before", ["nonsense", "2026-13-01_1", "9" * 40, "2026-11-02T09:00:00+00:00_", "2026-11-02_5"])
def test_a_broken_cursor_begins_at_the_beginning(alice_at: Client, tidewell: Tidewell, before: str) -> None:
    do_not_contact.forbid(known(tidewell), reason="x", by=tidewell.alice, now=MONDAY)
    assert len(alice_at.get(reverse("suppression"), {"before": before}).context["entries"]) == 1


def test_another_workspace_has_a_list_of_its_own(alice_at: Client, charlie: Member, signed_in: SignIn) -> None:
    paste(alice_at, "new@example.com")
    page = signed_in(charlie).get(reverse("suppression"), {"q": "new@example.com"}).content.decode()
    assert "is not on the list" in page
