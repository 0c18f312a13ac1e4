"""An import says where it stands, and what was done is in the history."""

from datetime import timedelta

import pytest

from accounts.models import History
from prospects.files.reading import UnreadableFile
from prospects.imports import ImportRefused, apply, check, runs
from prospects.models import Import, Prospect
from tests.cast import MONDAY
from tests.prospects.written import SLUG, connections, counts, csv_of

pytestmark = pytest.mark.usefixtures("in_tidewell")

FILE = csv_of(*({"URL": f"{SLUG}p{n}", "Title": "CEO"} for n in range(6)), {"Company": "nobody"})


def verbs():
    return list(History.objects.filter(subject__startswith="import:").order_by("pk").values_list("verb", flat=True))


def test_a_checked_import_is_applied_as_itself(bob):
    checked = check(FILE, by=bob, sender=None, name="x.csv", now=MONDAY)
    assert (checked.state, counts(checked), verbs()) == ("checked", {"new": 6, "invalid": 1}, [])
    applied = apply(FILE, by=bob, name="x.csv", upload=checked, now=MONDAY + timedelta(minutes=5))
    assert (applied.pk, applied.state, counts(applied)) == (checked.pk, "applied", {"new": 6, "invalid": 1})
    assert applied.rows.count() == 1
    assert verbs() == ["applying", "applied"]
    assert History.objects.last().data["new"] == 6 and History.objects.last().by == bob


def test_a_checked_import_takes_only_the_file_that_was_checked(bob, charlie):
    checked = check(FILE, by=bob, sender=None, name="x.csv", now=MONDAY)
    with pytest.raises(ImportRefused, match="not the file that was checked"):
        apply(FILE + b"A,B,linkedin.com/in/c,,\n", by=bob, name="x.csv", upload=checked, now=MONDAY)
    with pytest.raises(ImportRefused, match="no such import"):
        apply(FILE, by=charlie, name="x.csv", upload=checked, now=MONDAY)
    applied = apply(FILE, by=bob, name="x.csv", upload=checked, now=MONDAY)
    with pytest.raises(ImportRefused, match="applied already"):
        apply(FILE, by=bob, name="x.csv", upload=applied, now=MONDAY)


def test_a_batch_that_breaks_off_leaves_the_import_failed_and_can_be_applied_again(bob, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    apply(csv_of({"URL": f"{SLUG}p3"}), by=bob, name="before.csv", now=MONDAY)

    def refuse(prospects, now):
        raise RuntimeError("whoever plans cannot follow")

    with pytest.raises(RuntimeError, match="cannot follow"):
        apply(FILE, by=bob, name="x.csv", now=MONDAY, changed=refuse)
    failed = Import.objects.get(name="x.csv")
    assert failed.state == "failed" and "apply the file again" in failed.problem
    assert counts(failed) == {"new": 2}, "the second batch was undone whole, counts and all"
    assert Prospect.objects.count() == 3
    again = apply(FILE, by=bob, name="x.csv", upload=failed, now=MONDAY)
    assert (again.state, again.problem) == ("applied", "")
    assert counts(again) == {"new": 3, "updated": 1, "unchanged": 2, "invalid": 1}
    assert verbs()[2:] == ["applying", "failed", "applying", "applied"]


def test_an_import_that_was_killed_is_seen_when_its_file_comes_again(bob):
    killed = check(FILE, by=bob, sender=None, name="x.csv", now=MONDAY)
    Import.objects.update(state="applying")
    apply(FILE, by=bob, name="x.csv", now=MONDAY)
    killed.refresh_from_db()
    assert killed.state == "failed" and "interrupted" in killed.problem


def test_linkedins_own_export_wants_to_know_whose_it_is(bob, tidewell):
    file = connections(("ann", "", "CEO", "2026-05-04"))
    with pytest.raises(ImportRefused, match="name the sender whose they are"):
        check(file, by=bob, sender=None, name="c.csv", now=MONDAY)
    with pytest.raises(ImportRefused, match="has no LinkedIn connections"):
        apply(file, by=bob, sender=tidewell.senders["mail"], name="c.csv", now=MONDAY)


def test_a_viewer_and_a_stranger_may_not_import(vera, bob, charlie, tidewell):
    with pytest.raises(ImportRefused, match="You are here as a viewer and may not import"):
        apply(FILE, by=vera, name="x.csv", now=MONDAY)
    with pytest.raises(ImportRefused, match="no such sender in your workspace"):
        apply(FILE, by=charlie, sender=tidewell.senders["bob"], name="x.csv", now=MONDAY)
    bob.left_at = MONDAY
    with pytest.raises(ImportRefused, match="left this workspace"):
        check(FILE, by=bob, sender=None, name="x.csv", now=MONDAY)
    assert not Import.objects.exists() and not Prospect.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_an_audience_has_a_name_of_some_length(bob, name):
    with pytest.raises(ImportRefused, match="1 to 120"):
        apply(FILE, by=bob, audience=name, name="x.csv", now=MONDAY)


@pytest.mark.parametrize("file", [b"", b"\x89PNG", b"no,header\n1,2\n", FILE + b'Ann,"'])
def test_an_unreadable_file_leaves_nothing(bob, file):
    with pytest.raises(UnreadableFile):
        apply(file, by=bob, name="x.csv", now=MONDAY)
    assert not Import.objects.exists() and not Prospect.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_rows(bob, django_assert_max_num_queries):
    rows = [{"URL": f"{SLUG}q{n}", "Title": "CEO", "Company": f"Acme {n}", "Employees": "7"} for n in range(400)]
    with django_assert_max_num_queries(30):
        apply(csv_of(*rows), by=bob, audience="All", name="x.csv", now=MONDAY)
    changed = [row | {"Title": "Intern", "Employees": "2000"} for row in rows]
    with django_assert_max_num_queries(30):
        assert counts(apply(csv_of(*changed), by=bob, name="x.csv", now=MONDAY)) == {"updated": 400}
