"""A person imports a file in the browser: hands it in, sees what it would do, corrects it, takes it, takes it back."""

import asyncio
import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from campaigns import tasks
from outreach.web.uploads import Door
from prospects import samples
from prospects.imports import uploads, work
from prospects.models import Audience, Import, ImportPart, Prospect
from tests.cast import MONDAY, Tidewell, campaign, enroll
from tests.prospects.written import SLUG, connections, csv_of
from tests.web.matrix.imports import applied, checked
from tests.web.watching import Watched

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

PEOPLE = csv_of(*({"URL": f"{SLUG}p{n}", "Title": "CEO"} for n in range(6)), {"URL": "linkedin.com/pub/9/21b"})
SAMPLES = Path(samples.__file__).parent


@pytest.fixture
def bobs(signed_in: Callable[..., Client], tidewell: Tidewell) -> Client:
    return signed_in(tidewell.bob)


def hand_in(client: Client, file: bytes, name: str = "fair.csv", audience: str = "Fair") -> Any:
    """The page that follows when this file is handed in and the workers had time for it."""
    page = client.post(
        reverse("import-new"), {"audience": audience, "file": SimpleUploadedFile(name, file)}, follow=True
    )
    for number in work.waiting(now=MONDAY):
        tasks.work_import(number)
    return client.get(page.redirect_chain[-1][0]) if page.redirect_chain else page


def press(client: Client, name: str, upload: Import, **fields: str) -> str:
    """The page after that button, when the workers had time."""
    answer = client.post(reverse(name, args=[upload.pk]), fields)
    assert answer.status_code == 302, answer.content.decode()
    for number in work.waiting(now=MONDAY):
        tasks.work_import(number)
    return client.get(answer["Location"]).content.decode()


def the_import() -> Import:
    with scopes_disabled():
        return Import.objects.latest("pk")


def people() -> int:
    with scopes_disabled():
        return Prospect.objects.count()


def test_following_the_primary_buttons_takes_everybody(bobs: Client) -> None:
    page = hand_in(bobs, PEOPLE).content.decode()
    assert "Dry run" in page and "<b>6</b> new" in page and "<b>1</b> not usable" in page and "Import 6 people" in page
    assert people() == 0
    page = press(bobs, "import-apply", the_import())
    assert people() == 6 and "6 people are new." in page
    with scopes_disabled():
        audience = Audience.objects.get(name="Fair")
    assert "Plan a campaign" not in page or f"?audience={audience.pk}" in page


def test_the_same_file_again_says_0_new_and_by_whom_it_came(bobs: Client) -> None:
    hand_in(bobs, PEOPLE)
    press(bobs, "import-apply", the_import())
    page = hand_in(bobs, PEOPLE).content.decode()
    assert "<b>0</b> new" in page and "The same file was imported on 2 Nov by <bdi>Bob Moreau</bdi>" in page
    assert "Add 6 known people" in page
    page = press(bobs, "import-apply", the_import())
    assert "0 new: everybody in this file was known." in page and people() == 6


def test_an_audience_without_a_name_is_called_like_the_file(bobs: Client) -> None:
    hand_in(bobs, PEOPLE, name="../Hanover fair.csv", audience=" ")
    assert (the_import().audience_name, the_import().name) == ("Hanover fair", "Hanover fair.csv")


HEADER = b"First Name,Last Name,URL\n"
ROW = b"Ingrid,Solheim,https://www.linkedin.com/in/ingrid\n"
BAD: dict[str, tuple[bytes, str]] = {
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "This is a picture, not a CSV file"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "This is a PDF, not a CSV file"),
    "a ZIP": (b"PK\x03\x04" + b"\0" * 26 + b"Connections.csv", "This is a ZIP archive"),
    "a workbook": (b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "This is an Excel workbook"),
    "a web page": (b"<!doctype html><html></html>", "This is a web page"),
    "nothing at all": (b"", "This file is empty"),
    "only blanks": (b"\n\n  \n", "This file is empty"),
    "only a header": (HEADER, "This file has a header and no people below it"),
    "a mixture of encodings": (HEADER + "Zoë,Ånd,x\n".encode() * 9 + b"Zo\xeb,x,y\n", "mixes two encodings"),
    "an unknown encoding": (HEADER + b"\x81\x8d\x8f,\x90\x9d,x\n", "The encoding of this file is unknown"),
    "300 columns": (HEADER[:-1] + b",c" * 297 + b"\n" + ROW, "This file has 300 columns"),
    "no names": (b"Company,Town\nAcme,Oslo\n", "No header with names was found"),
    "half a file": (HEADER + ROW + b'Freya,"Lind', "A quoted cell begins on line 3 and never ends"),
    "zero bytes": (HEADER + b"Ingrid\0,Solheim,x\n", "zero bytes"),
    "an endless cell": (HEADER + b'Ingrid,"' + b"x" * 200_000 + b'",y\n', "131,072 characters"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_told_in_one_sentence_and_nothing_is_taken(what: str, bobs: Client) -> None:
    file, sentence = BAD[what]
    answer = hand_in(bobs, file, audience="My fair")
    page = answer.content.decode()
    assert (sentence in page and "Choose another file" in page) or answer.status_code == 422
    assert sentence in page and people() == 0
    if answer.status_code == 422:
        assert 'value="My fair"' in page, "what was typed stays"
    with scopes_disabled():
        assert not ImportPart.objects.exists() and not Import.objects.exclude(state="failed").exists()


ODD: dict[str, tuple[bytes, str, str]] = {
    "a cell of 10,000 characters": (
        b"First Name,Last Name,URL,Note\nIngrid,Solheim,linkedin.com/in/i," + b"x" * 10_000 + b"\n",
        "custom",
        "x" * 2_000,
    ),
    "a formula": (b"First Name,Last Name,URL\n=1+1,Solheim,linkedin.com/in/i\n", "first_name", "=1+1"),
    "the same header twice": (
        b"First Name,Last Name,URL,Note,Note\nIngrid,Solheim,linkedin.com/in/i,one,two\n",
        "custom",
        "two",
    ),
    "no line end": (b"First Name,Last Name,URL\nIngrid,Solheim,linkedin.com/in/i", "first_name", "Ingrid"),
    "Windows text": ("First Name;Last Name;URL\nZoë;Ånd;linkedin.com/in/i\n".encode("cp1252"), "first_name", "Zoë"),
    "UTF-16": ("First Name\tLast Name\tURL\nZoë\tÅnd\tlinkedin.com/in/i\n".encode("utf-16"), "first_name", "Zoë"),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_file_is_taken_as_plain_text(what: str, bobs: Client) -> None:
    file, column, value = ODD[what]
    assert b"Import 1 person" in hand_in(bobs, file).content
    press(bobs, "import-apply", the_import())
    with scopes_disabled():
        assert value in str(getattr(Prospect.objects.get(), column))


def test_a_form_without_a_file_says_so(bobs: Client) -> None:
    answer = bobs.post(reverse("import-new"), {"audience": "Mine"})
    assert answer.status_code == 422
    assert b"Choose a file first" in answer.content and b'value="Mine"' in answer.content


def test_a_file_beyond_the_limit_is_refused_beside_the_field(bobs: Client, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    for size in (1024 * 1024 + 1, 3 * 1024 * 1024):
        answer = hand_in(bobs, b"x" * size, audience="Mine")
        assert answer.status_code == 413
        assert b"larger than 1 MB, which is the limit" in answer.content and b'value="Mine"' in answer.content
    with scopes_disabled():
        assert not Import.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("announced", [True, False])
def test_200_megabytes_fill_neither_memory_nor_disk_and_get_an_answer(
    announced: bool, signed_in: Callable[..., Client], tidewell: Tidewell, tmp_path: Path, settings: Any
) -> None:
    """Through the door and the application behind it. A browser announces how much it sends and gets its form back;
    who does not is no browser, and has no form."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    client = signed_in(tidewell.bob)
    token = client.get(reverse("import-new")).cookies["csrf"].value
    field = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    head = field.format("csrfmiddlewaretoken", token) + field.format("audience", "My fair")
    head += '--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    piece = b"x" * (1024 * 1024)
    sent = passed = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent == 202:
            await asyncio.Event().wait()  # the browser says nothing more and waits for the answer
        sent += 1
        body = head.encode() if sent == 1 else b"\r\n--b--\r\n" if sent == 202 else piece
        return {"type": "http.request", "body": body, "more_body": sent < 202}

    headers = {
        "content-type": "multipart/form-data; boundary=b",
        "cookie": f"parley={client.cookies['parley'].value}; csrf={token}",
        "host": "testserver",
    }
    if announced:
        headers["content-length"] = str(200 * len(piece) + len(head))
    scope_of = {
        "type": "http",
        "method": "POST",
        "path": reverse("import-new"),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    answer: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        answer.append(message)

    async def counted(inner: Any, receive: Any, send: Any) -> None:
        async def counting() -> Any:
            nonlocal passed
            message = await receive()
            passed += len(message.get("body", b""))
            return message

        await get_asgi_application()(inner, counting, send)

    with ThreadPoolExecutor(1) as apart:  # this thread may belong to a browser's loop
        apart.submit(async_to_sync(Door(counted)), scope_of, receive, send).result()
    body = b"".join(message.get("body", b"") for message in answer)
    if announced:
        assert answer[0]["status"] == 413, body
        assert b"larger than 50 MB" in body and b'value="My fair"' in body, "the form comes back with what was typed"
    else:
        assert answer[0]["status"] == 403, body
    assert passed <= (1 if announced else 52) * 1024 * 1024
    assert sent == 202, "the rest was read and thrown away, so that the browser hears the answer"
    assert list(tmp_path.iterdir()) == []


def test_the_page_asks_whose_connections_they_are_and_only_then(bobs: Client, tidewell: Tidewell) -> None:
    page = hand_in(bobs, connections(("ann", "", "CEO", "2026-05-04"))).content.decode()
    assert "Whose connections are they?" in page and "Check 1 row<" in page
    seat = tidewell.senders["bob"]
    assert f'<option value="{seat.pk}" selected>' in page, "the own seat is proposed"
    answer = bobs.post(reverse("import-sender", args=[the_import().pk]))
    assert answer.status_code == 422 and b"Choose the sender" in answer.content
    page = press(bobs, "import-sender", the_import(), sender=str(seat.pk))
    assert "Import 1 person" in page and "first-degree connections of" in page
    assert "Whose connections" not in hand_in(bobs, PEOPLE).content.decode()


def test_a_sender_of_another_workspace_is_not_there(bobs: Client, tidewell: Tidewell, charlie: Any) -> None:
    from tests.cast import sender

    hand_in(bobs, connections(("ann", "", "CEO", "2026-05-04")))
    theirs = sender(charlie, "Charlie", "free")
    for chosen in (str(theirs.pk), "9" * 18):
        answer = bobs.post(reverse("import-sender", args=[the_import().pk]), {"sender": chosen})
        assert answer.status_code == 404


def test_while_it_runs_htmx_asks_again_and_stops_when_it_is_done(bobs: Client) -> None:
    answer = bobs.post(reverse("import-new"), {"audience": "", "file": SimpleUploadedFile("x.csv", PEOPLE)})
    address = answer["Location"]
    asked = bobs.get(address, headers={"HX-Request": "true"})
    assert asked.status_code == 200 and b"<html" not in asked.content
    assert b'hx-trigger="load delay:1s"' in asked.content and b"Waiting for a worker." in asked.content
    tasks.work_import(the_import().pk)
    done = bobs.get(address, headers={"HX-Request": "true"})
    assert done.status_code == 286 and b"hx-trigger" not in done.content and b"Import 6 people" in done.content
    assert "HX-Request" in done["Vary"]
    assert bobs.get(address).status_code == 200, "a full page is a full page"


def test_progress_says_how_far_how_fast_and_how_long(bobs: Client, tidewell: Tidewell) -> None:
    upload = checked(tidewell, PEOPLE)
    with scope(workspace=tidewell.workspace):
        uploads.start(upload, by=tidewell.bob, now=MONDAY)
        held = {
            "holder": "6f0e3b1e-0000-4000-8000-000000000000",
            "started_at": MONDAY - timedelta(seconds=4),
            "seen_at": MONDAY,
            "lease_until": MONDAY + timedelta(minutes=1),
        }
        Import.objects.filter(pk=upload.pk).update(total=1_630, done=1_184, began_with=184, **held)
        words = bobs.get(reverse("import", args=[upload.pk])).content.decode()
        assert "1,184 of 1,630 rows, 250 rows a second, about 2 s left. You can leave this page." in words
        Import.objects.filter(pk=upload.pk).update(seen_at=MONDAY - timedelta(minutes=3))
        assert "Another one goes on by itself" in bobs.get(reverse("import", args=[upload.pk])).content.decode()


def test_a_column_is_changed_and_remembered_and_a_choice_that_cannot_work_is_refused(bobs: Client) -> None:
    file = csv_of({"URL": f"{SLUG}a", "Referred by": "Halden Foods"})
    assert b"Halden Foods" in hand_in(bobs, file).content, "sample values stand beside the columns"
    chosen = {"column-0": "first_name", "column-1": "last_name", "column-2": "custom", "column-3": "company"}
    answer = bobs.post(reverse("import-columns", args=[the_import().pk]), chosen)
    page = answer.content.decode()
    assert answer.status_code == 422 and "No column says who somebody is" in page
    assert page.count('<option value="company" selected>') == 1, "what was chosen stays"
    page = press(bobs, "import-columns", the_import(), **(chosen | {"column-2": "linkedin_url"}))
    assert "4 of 4 columns matched" in page
    assert "4 of 4 columns matched" in hand_in(bobs, csv_of({"URL": f"{SLUG}b", "Referred by": "x"})).content.decode()


def test_a_bad_cell_is_corrected_in_place(bobs: Client) -> None:
    page = hand_in(bobs, PEOPLE).content.decode()
    assert 'name="cell-8-2" value="linkedin.com/pub/9/21b"' in page
    answer = bobs.post(reverse("import-cells", args=[the_import().pk]), {"cell-8-2": "linkedin.com/pub/9/21b"})
    assert answer.status_code == 422 and b"No cell was changed" in answer.content
    answer = bobs.post(reverse("import-cells", args=[the_import().pk]), {"cell-8-2": "x" * 1_001})
    assert answer.status_code == 422 and b"x" * 1_001 in answer.content, "what was typed stays"
    page = press(bobs, "import-cells", the_import(), **{"cell-8-2": f"{SLUG}ingrid"})
    assert "Import 7 people" in page and "not usable" not in page


def test_rows_that_are_not_usable_are_saved_with_their_reasons_and_run_no_formula(bobs: Client) -> None:
    hand_in(bobs, csv_of({"First Name": "=HYPERLINK(1)", "Company": "Acme"}, {"URL": f"{SLUG}a"}))
    answer = bobs.get(reverse("import-rows", args=[the_import().pk]))
    assert "attachment" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["Line"], row["First Name"], row["Company"]) == ("2", "'=HYPERLINK(1)", "Acme")
    assert row["Reason"].startswith("No profile address")


def test_cancelling_says_what_was_taken(bobs: Client, tidewell: Tidewell) -> None:
    upload = checked(tidewell, PEOPLE)
    page = press(bobs, "import-cancel", upload)
    assert "Nothing was taken from this file." in page and "Choose another file" in page
    again = checked(tidewell, PEOPLE)
    with scope(workspace=tidewell.workspace):
        uploads.start(again, by=tidewell.bob, now=MONDAY)
    assert "It was stopped after 0 of 7 rows" in press(bobs, "import-cancel", again)
    assert "6 people are new." in press(bobs, "import-apply", again), "it can be gone on with"


def test_undoing_leaves_whom_a_campaign_knows(bobs: Client, tidewell: Tidewell) -> None:
    upload = applied(tidewell, PEOPLE)
    with scope(workspace=tidewell.workspace):
        known = list(Prospect.objects.order_by("pk")[:2])
        enroll(campaign(tidewell.bob), tidewell.senders["bob"], known)
    page = press(bobs, "import-undo", upload)
    assert "Undone. 4 people were removed; 2 stayed, because something was done with them since." in page
    assert people() == 2
    answer = bobs.post(reverse("import-undo", args=[upload.pk]))
    assert answer.status_code == 422 and b"Only an import that took people can be undone." in answer.content


def test_two_people_who_import_at_once_do_not_disturb_each_other(
    bobs: Client, signed_in: Callable[..., Client], tidewell: Tidewell
) -> None:
    hand_in(bobs, PEOPLE, audience="Bobs")
    first = the_import()
    hand_in(signed_in(tidewell.mara), PEOPLE, audience="Maras")
    second = the_import()
    assert first.pk != second.pk
    assert "6 people are new." in press(bobs, "import-apply", first)
    page = press(signed_in(tidewell.mara), "import-apply", second)
    assert "0 new: everybody in this file was known." in page and people() == 6
    with scopes_disabled():
        assert {audience.members.count() for audience in Audience.objects.all()} == {6}


def test_a_start_that_comes_twice_is_one_start(bobs: Client, tidewell: Tidewell) -> None:
    upload = checked(tidewell, PEOPLE)
    for _ in range(2):
        assert bobs.post(reverse("import-apply", args=[upload.pk])).status_code == 302
    assert "6 people are new." in press(bobs, "import-apply", upload)


@pytest.mark.parametrize("sample", samples.FILES, ids=lambda sample: sample.name)
def test_the_sample_files_are_there_and_can_be_imported(sample: samples.Sample, bobs: Client) -> None:
    assert sample.name in bobs.get(reverse("import-new")).content.decode()
    answer = bobs.get(reverse("import-sample", args=[sample.name]))
    assert f'filename="{sample.name}"' in answer["Content-Disposition"]
    file = b"".join(answer.streaming_content)
    assert file == (SAMPLES / sample.name).read_bytes()
    assert hand_in(bobs, file, sample.name).status_code == 200
    assert the_import().state in ("checked", "uploaded")


@pytest.mark.parametrize("name", ["secret.csv", "__init__.py", "..%2fapps.py"])
def test_nothing_but_the_samples_is_served(name: str, bobs: Client) -> None:
    assert bobs.get(f"/prospects/import/samples/{name}").status_code == 404


def test_the_pages_cost_the_same_for_any_length(
    bobs: Client, tidewell: Tidewell, query_count: Callable[[Client, str], int]
) -> None:
    few = checked(tidewell, csv_of(*({"Company": f"c{n}"} for n in range(3))))
    with scope(workspace=tidewell.workspace):
        Import.objects.bulk_create(
            Import(workspace=tidewell.workspace, by=tidewell.bob, name=f"{n}.csv", state="failed", at=MONDAY)
            for n in range(2)
        )
    bobs.get(reverse("imports"))  # the first page of a session notes that somebody is there
    short = query_count(bobs, reverse("imports")), query_count(bobs, reverse("import", args=[few.pk]))
    many = checked(tidewell, csv_of(*({"Company": f"c{n}"} for n in range(300))))
    with scope(workspace=tidewell.workspace):
        Import.objects.bulk_create(
            Import(workspace=tidewell.workspace, by=tidewell.bob, name=f"{n}.csv", state="failed", at=MONDAY)
            for n in range(300)
        )
    assert short == (query_count(bobs, reverse("imports")), query_count(bobs, reverse("import", args=[many.pk])))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_in_a_browser_the_page_follows_the_work_by_itself(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    page = watch(tidewell.bob).open(reverse("import-new"))
    page.get_by_label("File", exact=True).set_input_files(SAMPLES / "sales-navigator.csv")
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_text("Waiting for a worker.").wait_for()
    page.evaluate("window.kept = true")
    tasks.work_import(the_import().pk)
    page.get_by_role("button", name="Import 38 people").wait_for()
    assert page.evaluate("window.kept"), "the window stayed"
    page.get_by_role("button", name="Import 38 people").click()
    page.get_by_text("Waiting for a worker.").wait_for()
    tasks.work_import(the_import().pk)
    page.get_by_text("38 people are new.").wait_for()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_in_a_browser_a_file_that_is_too_large_is_refused_before_it_is_sent(
    watch: Callable[..., Watched], tidewell: Tidewell, settings: Any, tmp_path: Path
) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * (1024 * 1024 + 1))
    page = watch(tidewell.bob).open(reverse("import-new"))
    page.get_by_label("File", exact=True).set_input_files(large)
    page.get_by_role("alert").get_by_text("larger than 1 MB").wait_for()
    page.get_by_role("button", name="Upload and check").click()
    assert page.url.endswith(reverse("import-new"))
    page.get_by_label("File", exact=True).set_input_files(SAMPLES / "connections.csv")
    assert not page.get_by_text("larger than 1 MB").is_visible()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_without_a_script_a_file_is_imported_with_plain_forms(
    watch: Callable[..., Watched], tidewell: Tidewell
) -> None:
    page = watch(tidewell.bob, java_script_enabled=False).open(reverse("import-new"))
    page.get_by_label("File", exact=True).set_input_files(SAMPLES / "connections.csv")
    page.get_by_role("button", name="Upload and check").click()
    tasks.work_import(the_import().pk)
    page.get_by_role("link", name="Refresh").click()
    page.get_by_role("button", name="Check 41 rows").click()
    tasks.work_import(the_import().pk)
    page.get_by_role("link", name="Refresh").click()
    page.get_by_role("button", name="Import 35 people").click()
    tasks.work_import(the_import().pk)
    page.get_by_role("link", name="Refresh").click()
    assert page.get_by_text("35 people are new.").is_visible()
