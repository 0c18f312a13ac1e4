"""An uploaded file: kept, checked and taken by workers that may die, stopped, corrected, undone."""

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import IntegrityError, ProgrammingError

from accounts.models import History
from prospects import suppressions
from prospects.files.reading import UnreadableFile
from prospects.imports import ImportRefused, parts, runs, undoing, uploads, work
from prospects.imports.uploads import cancel, choose_columns, correct, name_sender, receive, start
from prospects.models import (
    Audience,
    AudienceMember,
    ColumnMemory,
    Import,
    ImportPart,
    Prospect,
    Relationship,
)
from tests.cast import MONDAY, prospects
from tests.prospects.written import SLUG, connections, counts, csv_of

pytestmark = pytest.mark.usefixtures("in_tidewell")

FILE = csv_of(*({"URL": f"{SLUG}p{n}", "Title": "CEO", "Company": f"C{n % 3}"} for n in range(6)), {"Title": "x"})


def clock():
    return MONDAY


def nothing(people: Iterable[int]) -> set[int]:
    return set()


@pytest.fixture
def hand_in(bob) -> Callable[..., Import]:
    def give(file: bytes = FILE, *, by=bob, audience: str = "Fair", name: str = "fair.csv") -> Import:
        return receive([file], by=by, name=name, audience=audience, now=MONDAY)

    return give


def worked(upload: Import, **options) -> Import:
    """The import after a worker was at it."""
    assert work.work(upload.pk, **({"clock": clock} | options))
    upload.refresh_from_db()
    return upload


def verbs() -> list[str]:
    return list(History.objects.filter(subject__startswith="import:").order_by("pk").values_list("verb", flat=True))


def test_an_uploaded_file_is_found_checked_started_and_taken(hand_in, bob):
    upload = hand_in()
    assert (upload.state, upload.kept, work.waiting(now=MONDAY)) == ("uploaded", True, [upload.pk])
    checked = worked(upload)
    assert (checked.state, counts(checked), checked.done, checked.total) == ("checked", {"new": 6, "invalid": 1}, 7, 7)
    assert not Prospect.objects.exists() and work.waiting(now=MONDAY) == []
    assert start(checked, by=bob, now=MONDAY) is True
    applied = worked(checked)
    assert (applied.state, counts(applied), applied.done) == ("applied", {"new": 6, "invalid": 1}, 7)
    assert AudienceMember.objects.filter(audience__name="Fair").count() == 6
    assert not ImportPart.objects.exists() and not applied.kept, "the file is not kept for longer than it is needed"
    assert verbs() == ["uploaded", "applying", "applied"]
    assert start(applied, by=bob, now=MONDAY) is False, "twice is once"


def test_the_same_file_again_says_that_nobody_is_new(hand_in, bob):
    for known in (0, 6):
        upload = worked(hand_in())
        assert (upload.new, upload.unchanged) == (6 - known, known)
        start(upload, by=bob, now=MONDAY)
        assert worked(upload).new == 6 - known
    assert Prospect.objects.count() == 6


def test_a_file_in_many_pieces_comes_out_as_it_went_in(bob):
    file = bytes(range(1, 256)) * 9_000
    upload = Import.objects.create(workspace=bob.workspace, by=bob, state="uploaded", at=MONDAY)
    kept = parts.keep(upload, (file[n : n + 70_000] for n in range(0, len(file), 70_000)), max_bytes=len(file))
    assert (kept.size, upload.parts.count()) == (len(file), 3)
    with parts.opened(upload) as path:
        assert path.read_bytes() == file
    assert not path.exists()


def test_a_file_that_is_too_large_leaves_nothing(bob, settings):
    settings.IMPORT_MAX_BYTES = 3 * 1024 * 1024
    endless = (b"a" * 1024 * 1024 for _ in range(1_000))
    with pytest.raises(ImportRefused, match="larger than 3 MB"), transaction.atomic():
        receive(endless, by=bob, name="x.csv", audience="Fair", now=MONDAY)
    assert len(list(endless)) > 900, "the rest was not even read"
    assert not Import.objects.exists() and not ImportPart.objects.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\fair\\passwd", "/etc/passwd"])
def test_the_name_that_a_person_gave_is_no_path(hand_in, name):
    assert hand_in(name=name).name == "passwd"


def test_a_viewer_may_not_and_a_stranger_finds_nothing(hand_in, vera, charlie):
    with pytest.raises(ImportRefused, match="viewer and may not import"):
        hand_in(by=vera)
    upload = worked(hand_in())
    for verb in (start, cancel):
        with pytest.raises(Import.DoesNotExist):
            verb(upload, by=charlie, now=MONDAY)


def test_linkedins_own_export_waits_for_whose_it_is(hand_in, bob, tidewell):
    upload = worked(hand_in(connections(("ann", "", "CEO", "2026-05-04"))))
    assert (upload.state, upload.asks, work.waiting(now=MONDAY)) == ("uploaded", "sender", [])
    with pytest.raises(ImportRefused, match="has no LinkedIn connections"):
        name_sender(upload, tidewell.senders["mail"], by=bob, now=MONDAY)
    name_sender(upload, tidewell.senders["bob"], by=bob, now=MONDAY)
    upload = worked(upload)
    assert (upload.state, counts(upload)) == ("checked", {"new": 1})
    start(upload, by=bob, now=MONDAY)
    worked(upload)
    assert Relationship.objects.get().sender == tidewell.senders["bob"]


def test_a_worker_that_died_is_followed_by_one_that_goes_on_and_counts_right(hand_in, bob, monkeypatch):
    """The rows after the break are about people and companies that the rows before it named."""
    monkeypatch.setattr(runs, "BATCH", 2)
    file = csv_of(
        {"URL": f"{SLUG}a", "Email": "a@a.example", "Company": "Acme", "Employees": "5000"},
        {"URL": f"{SLUG}b"},
        {"URL": f"{SLUG}c", "Company": "Acme", "Employees": "10", "Title": "CEO"},
        {"Email": "a@a.example", "memberid": "ACoAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"},
        {"URL": f"{SLUG}d"},
    )
    upload = worked(hand_in(file))
    expected = counts(upload)
    start(upload, by=bob, now=MONDAY)

    class Killed(BaseException):
        pass

    taken = []

    def die(journey, records):
        taken.append(records)
        if len(taken) == 2:
            raise Killed
        take(journey, records)

    take = runs.take
    monkeypatch.setattr(runs, "take", die)
    with pytest.raises(Killed):
        work.work(upload.pk, clock=clock)
    upload.refresh_from_db()
    assert (upload.state, upload.done, work.waiting(now=MONDAY)) == ("applying", 2, [])
    later = MONDAY + timedelta(minutes=2)
    assert work.waiting(now=later) == [upload.pk]
    monkeypatch.setattr(runs, "take", take)
    upload = worked(upload, clock=lambda: later)
    assert (upload.state, upload.began_with, counts(upload)) == ("applied", 2, expected)
    assert Prospect.objects.get(slug="c").tier == 3, "the first row that names a company's size decides"


def test_a_worker_whose_import_was_taken_away_leaves_nothing(hand_in, bob, monkeypatch):
    upload = worked(hand_in())
    start(upload, by=bob, now=MONDAY)
    later = MONDAY + timedelta(minutes=2)

    def overtaken(journey, records):
        assert work.work(upload.pk, clock=lambda: later), "its lease is over, so another one begins"
        take(journey, records)

    take = runs.take
    calls = iter([overtaken, take])
    monkeypatch.setattr(runs, "take", lambda journey, records: next(calls)(journey, records))
    assert work.work(upload.pk, clock=clock)
    upload.refresh_from_db()
    assert (upload.state, counts(upload)) == ("applied", {"new": 6, "invalid": 1})
    assert upload.people.count() == 6 and upload.rows.count() == 1


def test_an_import_that_never_gets_on_is_given_up_and_can_be_gone_on_with(hand_in, bob):
    upload = worked(hand_in())
    start(upload, by=bob, now=MONDAY)
    Import.objects.update(tries=work.TRIES)
    upload = worked(upload)
    assert (upload.state, upload.tries) == ("failed", 0) and "given up" in upload.problem
    assert start(upload, by=bob, now=MONDAY)
    assert worked(upload).state == "applied"


def test_whatever_breaks_is_said_and_nothing_is_taken_twice(hand_in, bob, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    prospects(bob.workspace, 1)
    Prospect.objects.update(slug="p3")
    upload = worked(hand_in())
    start(upload, by=bob, now=MONDAY)

    def refuse(people, now):
        raise RuntimeError("whoever plans cannot follow")

    with pytest.raises(RuntimeError):
        work.work(upload.pk, clock=clock, changed=refuse)
    upload.refresh_from_db()
    assert (upload.state, upload.done, upload.new) == ("failed", 2, 2) and "go on with it" in upload.problem
    start(upload, by=bob, now=MONDAY)
    assert counts(worked(upload)) == {"new": 5, "updated": 1, "invalid": 1}


def test_cancelling_stops_after_the_rows_in_hand_and_can_be_gone_on_with(hand_in, bob, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    upload = worked(hand_in())
    start(upload, by=bob, now=MONDAY)
    take = runs.take

    def stopped(journey, records):
        assert cancel(upload, by=bob, now=MONDAY) == "applying", "it stops when the rows in hand are done"
        take(journey, records)

    monkeypatch.setattr(runs, "take", stopped)
    upload = worked(upload)
    assert (upload.state, upload.done, counts(upload), Prospect.objects.count()) == ("cancelled", 2, {"new": 2}, 2)
    monkeypatch.setattr(runs, "take", take)
    assert cancel(upload, by=bob, now=MONDAY) == "cancelled"
    start(upload, by=bob, now=MONDAY)
    assert counts(worked(upload)) == {"new": 6, "invalid": 1}


def test_cancelling_before_anything_was_taken_forgets_the_file(hand_in, bob):
    for upload in (hand_in(), worked(hand_in())):
        assert cancel(upload, by=bob, now=MONDAY) == "cancelled"
    assert not ImportPart.objects.exists() and work.waiting(now=MONDAY) == []
    with pytest.raises(ImportRefused, match="not kept any more"):
        start(upload, by=bob, now=MONDAY)


def test_a_started_import_that_no_worker_has_begun_is_cancelled_at_once(hand_in, bob):
    upload = worked(hand_in())
    start(upload, by=bob, now=MONDAY)
    assert cancel(upload, by=bob, now=MONDAY) == "cancelled"
    assert not Prospect.objects.exists()


def test_columns_that_a_person_chose_are_remembered_for_files_like_it(hand_in, bob):
    file = csv_of({"URL": f"{SLUG}a", "Referred by": "Halden Foods"})
    upload = worked(hand_in(file))
    assert upload.meanings == ["first_name", "last_name", "linkedin_url", "custom"]
    assert upload.samples[3] == ["Halden Foods"]
    choose_columns(upload, ["first_name", "last_name", "linkedin_url", "company"], by=bob, now=MONDAY)
    assert ColumnMemory.objects.count() == 1
    upload = worked(upload)
    start(upload, by=bob, now=MONDAY)
    worked(upload)
    assert Prospect.objects.get().company.name == "Halden Foods"
    again = worked(hand_in(csv_of({"URL": f"{SLUG}b", "Referred by": "Lumen Paper"})))
    assert again.meanings[3] == "company"


@pytest.mark.parametrize(
    ("meanings", "sentence"),
    [
        (["custom", "custom", "linkedin_url"], "No column holds names"),
        (["first_name", "last_name", "custom"], "No column says who somebody is"),
        (["first_name", "last_name"], "reload the page"),
        (["first_name", "last_name", "password"], "reload the page"),
    ],
)
def test_columns_that_could_not_work_are_refused(hand_in, bob, meanings, sentence):
    upload = worked(hand_in(csv_of({"URL": f"{SLUG}a"})))
    with pytest.raises(ImportRefused, match=sentence):
        choose_columns(upload, meanings, by=bob, now=MONDAY)
    upload.refresh_from_db()
    assert upload.state == "checked"


def test_a_corrected_cell_makes_a_row_usable(hand_in, bob):
    upload = worked(hand_in(csv_of({"URL": "linkedin.com/pub/9/21b"}, {"First Name": "", "Last Name": "", "URL": "x"})))
    bad = {row.line: row for row in upload.rows.filter(verdict="invalid")}
    assert (bad[2].place, bad[3].place) == (2, 0)
    assert bad[2].raw["URL"] == "linkedin.com/pub/9/21b"
    correct(upload, {(2, 2): f"{SLUG}ingrid", (3, 0): "Freya", (3, 2): f"{SLUG}freya"}, by=bob, now=MONDAY)
    upload = worked(upload)
    assert counts(upload) == {"new": 2}
    start(upload, by=bob, now=MONDAY)
    worked(upload)
    assert set(Prospect.objects.values_list("first_name", "slug")) == {("Ingrid", "ingrid"), ("Freya", "freya")}


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({(2, 9): "x"}, "no such cell"),
        ({(2, 0): "x" * 2_000}, "1,000 characters"),
        ({(2, 0): " "}, "No cell was changed"),
        ({(n, 0): "x" for n in range(1, 600)}, "Up to 500 cells"),
    ],
)
def test_corrections_that_cannot_be_are_refused(hand_in, bob, cells, sentence):
    upload = worked(hand_in())
    with pytest.raises(ImportRefused, match=sentence):
        correct(upload, cells, by=bob, now=MONDAY)


def test_undoing_removes_whom_nobody_met_since_and_keeps_the_others(hand_in, bob, mara):
    known = prospects(bob.workspace, 1)[0]
    Prospect.objects.update(slug="p0")
    upload = worked(hand_in())
    start(upload, by=bob, now=MONDAY)
    worked(upload)
    people = {person.slug: person for person in Prospect.objects.all()}
    suppressions.suppress(people["p1"], reason="asked", by=mara, now=MONDAY)
    AudienceMember.objects.create(
        workspace=bob.workspace,
        prospect=people["p2"],
        audience=Audience.objects.create(workspace=bob.workspace, name="Kept", created_at=MONDAY),
    )
    again = worked(receive([csv_of({"URL": f"{SLUG}p3"})], by=mara, name="x.csv", audience="Other", now=MONDAY))
    start(again, by=mara, now=MONDAY)
    worked(again)
    enrolled = people["p4"].pk
    undone = undoing.undo(upload, by=bob, now=MONDAY, spoken_for=lambda them: {enrolled} & set(them))
    assert (undone.removed, undone.stayed, undone.left) == (1, 4, 5)
    assert set(Prospect.objects.values_list("slug", flat=True)) == {"p0", "p1", "p2", "p3", "p4"}
    assert Prospect.objects.filter(pk=known.pk).exists()
    assert not AudienceMember.objects.filter(audience__name="Fair").exists()
    upload.refresh_from_db()
    assert (upload.state, verbs()[-1]) == ("undone", "undone")
    with pytest.raises(ImportRefused, match="Only an import that took people"):
        undoing.undo(upload, by=bob, now=MONDAY, spoken_for=nothing)


@pytest.mark.parametrize("file", [b"no,header\n1,2\n", FILE + b'Ann,"', b"First Name,Last Name,URL\n", b"\x00\x01abc"])
def test_a_file_that_cannot_be_read_fails_with_a_sentence_and_is_forgotten(hand_in, file):
    upload = worked(hand_in(file))
    assert upload.state == "failed" and upload.problem.endswith(".") and not upload.kept
    assert not Prospect.objects.exists() and not ImportPart.objects.exists()


@pytest.mark.parametrize("file", [b"", b"\x89PNG\r\n", b"%PDF-1.7", b"PK\x03\x04xl/", b"<html>", b'{"a": 1}'])
def test_another_kind_of_file_is_refused_at_the_door(hand_in, file):
    with pytest.raises(UnreadableFile), transaction.atomic():
        hand_in(file)
    assert not Import.objects.exists()


def test_files_that_nobody_goes_on_with_are_forgotten_after_a_month(hand_in):
    worked(hand_in())
    assert uploads.forget_old(now=MONDAY + timedelta(days=29)) == 0
    assert uploads.forget_old(now=MONDAY + timedelta(days=31)) == 1
    assert not ImportPart.objects.exists() and not Import.objects.get().kept


def test_the_database_refuses_moves_between_states_that_mean_nothing(hand_in, bob):
    upload = hand_in()
    with pytest.raises(ProgrammingError, match="Invalid transition"), transaction.atomic():
        Import.objects.update(state="applied")
    with pytest.raises(IntegrityError, match="import_held_whole"), transaction.atomic():
        Import.objects.update(lease_until=MONDAY)
    with pytest.raises(IntegrityError, match="import_done_of_total"), transaction.atomic():
        Import.objects.filter(pk=upload.pk).update(done=9, total=8)
