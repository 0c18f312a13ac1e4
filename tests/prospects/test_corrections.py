"""What is known of one person, corrected by hand."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import History, Member
from accounts.rights import NotAllowed
from prospects import corrections, people, suppressions
from prospects.models import Prospect
from tests.cast import MONDAY, Tidewell

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(tidewell: Tidewell, in_tidewell: object) -> Prospect:
    typed = people.Typed(name="Ana Maria Solheim", profile="linkedin.com/in/ana", company="Nordlys", title="Buyer")
    return people.add(typed, by=tidewell.bob, now=MONDAY)


class Correcting:
    """Corrects a person, by Bob unless told otherwise. `told`: whom whoever plans was told of."""

    def __init__(self, by: Member) -> None:
        self.by = by
        self.told: list[int] = []

    def __call__(self, person: Prospect, by: Member | None = None, seen: str = "", **new: str) -> bool:
        typed = replace(corrections.written(person), **new)
        return corrections.correct(person, typed, by=by or self.by, now=MONDAY, changed=self.tell, seen=seen)

    def tell(self, people: list[int], now: datetime) -> None:
        self.told += people


@pytest.fixture
def correct(tidewell: Tidewell) -> Correcting:
    return Correcting(tidewell.bob)


def test_what_was_typed_stands_there_and_whoever_plans_is_told(ana: Prospect, correct: Correcting) -> None:
    assert correct(ana, first_name="Ana Maria", last_name="Sund", title="Chief Revenue Officer", email="A@Nordlys.No")
    ana.refresh_from_db()
    assert (ana.first_name, ana.last_name, ana.email) == ("Ana Maria", "Sund", "a@nordlys.no")
    assert (ana.title, ana.seniority, ana.tier) == ("Chief Revenue Officer", "c_level", 1), "the tier stays"
    assert correct.told == [ana.pk] and ana.facts_version == 2
    row = History.objects.get(verb="corrected")
    assert row.data["what"] == "name, title, e-mail address" and row.data["before"]["title"] == "Buyer"


def test_what_does_not_differ_changes_nothing(ana: Prospect, correct: Correcting) -> None:
    assert not correct(ana, company="NORDLYS")
    assert correct.told == [] and not History.objects.filter(verb="corrected").exists()


def test_a_profile_link_is_taken_where_there_was_none(
    tidewell: Tidewell, in_tidewell: object, correct: Correcting
) -> None:
    mail = people.add(people.Typed(name="Per Holm", email="per@holm.no"), by=tidewell.bob, now=MONDAY)
    assert correct(mail, profile="https://www.linkedin.com/in/per-holm/")
    mail.refresh_from_db()
    assert mail.slug == "per-holm"
    assert not correct(mail, profile="linkedin.com/in/per-holm")
    with pytest.raises(people.NotAdded, match="Another profile is another person"):
        correct(mail, profile="linkedin.com/in/somebody-else")


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ({"first_name": "", "last_name": " "}, "Give the person's name."),
        ({"email": "nobody"}, "not a valid e-mail address"),
        ({"title": "x" * 301}, "shorten it"),
        ({"last_name": "x" * 200}, "shorten it"),
    ],
)
def test_what_cannot_stand_is_refused_and_nothing_changed(
    ana: Prospect, correct: Correcting, new: dict[str, str], sentence: str
) -> None:
    with pytest.raises(people.NotAdded, match=sentence):
        correct(ana, **{"company": "Elsewhere"} | new)
    ana.refresh_from_db()
    assert ana.company is not None and ana.company.name == "Nordlys"


def test_the_address_of_somebody_else_is_named(tidewell: Tidewell, ana: Prospect, correct: Correcting) -> None:
    people.add(people.Typed(name="Per Holm", email="per@holm.no"), by=tidewell.bob, now=MONDAY)
    with pytest.raises(people.Known, match="Per Holm is in the list already"):
        correct(ana, email="per@holm.no")


def test_nobody_gets_an_address_that_must_not_be_contacted(
    tidewell: Tidewell, ana: Prospect, correct: Correcting
) -> None:
    gone = people.add(people.Typed(name="Per Holm", email="per@holm.no"), by=tidewell.bob, now=MONDAY)
    suppressions.suppress(gone, reason="asked", by=tidewell.alice, now=MONDAY)
    Prospect.objects.filter(pk=gone.pk).update(email="")
    with pytest.raises(people.NotAdded, match="must not be contacted"):
        correct(ana, email="per@holm.no")


def test_nobodys_correction_is_overwritten_unseen(ana: Prospect, correct: Correcting) -> None:
    seen = corrections.fingerprint(ana)
    correct(Prospect.objects.get(pk=ana.pk), title="Head of Buying")
    with pytest.raises(corrections.ChangedMeanwhile):
        correct(ana, title="Buyer at large", seen=seen)


def test_a_viewer_corrects_nothing(tidewell: Tidewell, ana: Prospect, correct: Correcting) -> None:
    with pytest.raises(NotAllowed):
        correct(ana, by=tidewell.vera, title="Boss")


def test_the_page_keeps_what_was_typed_and_shows_what_is_there_now(
    tidewell: Tidewell, ana: Prospect, correct: Correcting, monday: datetime
) -> None:
    client = Client()
    client.force_login(tidewell.bob.user)
    address = reverse("person-edit", args=[ana.pk])
    form = client.get(address).context
    correct(Prospect.objects.get(pk=ana.pk), title="Head of Buying")
    typed = {"first_name": "Ana", "last_name": "Sund", "title": "Boss", "company": "Nordlys", "seen": form["seen"]}
    refused = client.post(address, typed)
    assert refused.status_code == 422 and b"Now: <bdi>Head of Buying</bdi>" in refused.content
    assert b'value="Boss"' in refused.content
    saved = client.post(address, typed | {"seen": refused.context["seen"]})
    assert saved.status_code == 302
    ana.refresh_from_db()
    assert (ana.last_name, ana.title) == ("Sund", "Boss")
