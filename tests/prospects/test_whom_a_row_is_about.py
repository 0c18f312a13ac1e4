"""A row finds its person by member id, then by profile address, then by e-mail address."""

import pytest

from prospects.models import Prospect
from tests.prospects.written import SLUG, counts

pytestmark = pytest.mark.usefixtures("in_tidewell")

MEMBER = "ACoAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"
OTHER = "ACoAAC7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"


def everybody():
    return list(Prospect.objects.order_by("pk").values_list("slug", "member_id", "email", "title"))


def test_the_member_id_wins_over_the_address(take):
    take({"memberid": MEMBER, "URL": f"{SLUG}old"}, {"URL": f"{SLUG}new"})
    upload = take({"memberid": MEMBER, "URL": f"{SLUG}new", "Title": "CEO"})
    assert counts(upload) == {"updated": 1}
    assert everybody() == [("old", MEMBER, "", "CEO"), ("new", "", "", "")]
    assert upload.rows.get().problem == "Known by another profile address (old), which stays."


def test_the_address_wins_over_the_e_mail(take):
    take({"URL": f"{SLUG}ann", "Email": "both@acme.example"})
    assert counts(take({"URL": f"{SLUG}ann", "Email": "new@acme.example"})) == {"updated": 1}
    assert everybody() == [("ann", "", "new@acme.example", "")]


def test_one_e_mail_address_with_two_profiles_is_two_people(take):
    take({"URL": f"{SLUG}pieter", "Email": "info@meerwind.example"})
    assert counts(take({"URL": f"{SLUG}saskia", "Email": "info@meerwind.example"})) == {"new": 1}
    together = ({"URL": f"{SLUG}{who}", "Email": "info@meerwind.example"} for who in ("pieter", "saskia", "joost"))
    assert counts(take(*together)) == {"new": 1, "unchanged": 2}


def test_one_e_mail_address_with_two_member_ids_is_two_people(take):
    take({"memberid": MEMBER, "Email": "info@meerwind.example"})
    assert counts(take({"memberid": OTHER, "Email": "info@meerwind.example"})) == {"new": 1}


def test_an_e_mail_address_finds_the_person_and_the_row_fills_in_the_profile(take):
    take({"Email": "ann@acme.example"})
    assert counts(take({"Email": "Ann@ACME.example", "URL": f"{SLUG}ann", "memberid": MEMBER})) == {"updated": 1}
    assert everybody() == [("ann", MEMBER, "ann@acme.example", "")]
    assert counts(take({"URL": f"{SLUG}ann"}, {"Email": "ann@acme.example"})) == {"unchanged": 1, "duplicates": 1}


def test_two_rows_about_one_known_person_are_told_by_what_is_known(take):
    take({"URL": f"{SLUG}ann", "memberid": MEMBER})
    upload = take({"URL": f"{SLUG}ann", "Title": "CEO"}, {"memberid": MEMBER, "Title": "CFO"})
    assert counts(upload) == {"updated": 1, "duplicates": 1}
    assert upload.rows.get().problem == "The same known person as line 2."
    assert Prospect.objects.get().title == "CEO"


def test_nobody_is_made_whom_nothing_would_recognise_again(take):
    upload = take({"Company": "Acme"}, {"URL": f"{SLUG}ann"})
    assert counts(upload) == {"new": 1, "invalid": 1}
    assert upload.rows.get().raw == {"First Name": "Ingrid", "Last Name": "Solheim", "Company": "Acme"}


def test_the_same_person_in_another_workspace_is_another_person(take, charlie):
    take({"URL": f"{SLUG}ann", "Email": "ann@acme.example", "Title": "CEO"})
    theirs = take({"URL": f"{SLUG}ann", "Title": "Intern", "Company": "Acme", "Employees": "5"}, by=charlie)
    assert counts(theirs) == {"new": 1}
    assert theirs.workspace_id == charlie.workspace_id
    assert everybody() == [("ann", "", "ann@acme.example", "CEO")]
