"""Who asked not to be contacted does not come back with a file."""

import pytest

from prospects import suppressions
from prospects.imports import check
from prospects.models import Import, ImportRow, Prospect, Suppression
from tests.cast import MONDAY
from tests.prospects.written import SLUG, counts, csv_of

pytestmark = pytest.mark.usefixtures("in_tidewell")

KEYS = {
    "email": ("Email", "ann@acme.example", "ann@acme.example"),
    "slug": ("URL", f"{SLUG}Ann/", "ann"),
    "member_id": ("memberid", "ACoAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi", "ACoAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"),
}


def forbid(workspace, what, value):
    Suppression.objects.create(
        workspace=workspace, digest=suppressions.digest(workspace.pk, what, value), what=what, reason="asked", at=MONDAY
    )


@pytest.mark.parametrize("what", KEYS)
def test_a_suppressed_person_is_counted_and_not_made(what, take, bob, in_tidewell):
    header, cell, value = KEYS[what]
    forbid(in_tidewell, what, value)
    rows = ({header: cell, "Company": "Acme"}, {"URL": f"{SLUG}joe"})
    assert counts(check(csv_of(*rows), by=bob, sender=None, name="x", now=MONDAY)) == {"new": 1, "suppressed": 1}
    upload = take(*rows, audience="All")
    assert counts(upload) == {"new": 1, "suppressed": 1}
    assert [str(one.prospect.slug) for one in upload.audience.members.all()] == ["joe"]
    kept = ImportRow.objects.get(upload=upload)
    assert kept.raw == {} and "nn" not in kept.problem, "nothing of them is kept"


def test_a_suppressed_prospect_stays_as_it_is(take, bob):
    take({"URL": f"{SLUG}ann", "Title": "CEO"})
    suppressions.suppress(Prospect.objects.get(), reason="asked", by=bob, now=MONDAY)
    before = Prospect.objects.values().get()
    assert counts(take({"URL": f"{SLUG}ann", "Title": "CFO", "Email": "ann@acme.example"})) == {"suppressed": 1}
    assert Prospect.objects.values().get() == before


def test_a_file_that_shows_whose_address_is_suppressed_suppresses_them(take, in_tidewell):
    take({"URL": f"{SLUG}ann"})
    forbid(in_tidewell, "email", "ann@acme.example")
    row = {"URL": f"{SLUG}ann", "Email": "ann@acme.example"}
    assert counts(take(row)) == {"suppressed": 1}
    ann = Prospect.objects.get()
    assert (ann.suppressed_at, ann.facts_version, ann.email) == (MONDAY, 2, "")
    assert counts(take({"URL": f"{SLUG}ann"})) == {"suppressed": 1}


def test_another_workspaces_list_binds_only_them(take, charlie, in_tidewell):
    forbid(in_tidewell, "slug", "ann")
    assert counts(take({"URL": f"{SLUG}ann"}, by=charlie)) == {"new": 1}
    assert Import.objects.count() == 0
