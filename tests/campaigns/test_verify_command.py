"""./dev manage verify: one line per promise, the exit code, and the record from wherever it lies."""

import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command

from tests.campaigns.running_world import World, broken, world

__all__ = ["world"]

pytestmark = pytest.mark.django_db


def said(*args: str) -> str:
    out = io.StringIO()
    call_command("verify", *args, stdout=out)
    return out.getvalue()


def refused(*args: str) -> CommandError:
    with pytest.raises(CommandError) as error:
        said(*args)
    return error.value


def test_it_says_one_line_per_promise(world: World) -> None:
    lines = said().splitlines()
    assert "ok  duplicates: no step went out twice to the same person (10 touches past the gate)" in lines
    assert all(line.startswith("ok  ") for line in lines)
    assert len(lines) > 25


def test_it_names_each_breach_with_its_rows_and_fails(world: World) -> None:
    milan = world.touch("Milan", kind="inmail")
    out = io.StringIO()
    with (
        broken(f"UPDATE campaigns_touch SET text = 'Another' WHERE id = {milan.pk}"),
        pytest.raises(CommandError) as error,
    ):
        call_command("verify", stdout=out)
    assert error.value.returncode == 1
    assert "promises are broken." in str(error.value)
    assert f"The text is not the one that its hash was made of. 1: touch:{milan.pk}" in out.getvalue()
    assert "NO  texts: what was sent is what was frozen" in out.getvalue()


def test_it_says_everything_as_json(world: World) -> None:
    report = json.loads(said("--json", "--workspace", "tidewell"))
    assert report["ok"] is True
    assert {"name", "ok", "counted", "noun", "note", "breaches"} == report["checks"][0].keys()


@pytest.mark.parametrize("form", ["list", "page", "lines"])
def test_it_reads_the_record_from_a_file(world: World, tmp_path: Path, form: str) -> None:
    forms = {
        "list": json.dumps(world.record),
        "page": json.dumps({"items": world.record, "total": len(world.record)}),
        "lines": "".join(json.dumps(act) + "\n" for act in world.record),
    }
    path = tmp_path / "accepted"
    path.write_text(forms[form])
    assert f"ok  duplicates: the provider accepted nothing twice ({len(world.record)} accepted acts)" in said(
        "--record", str(path)
    )


@pytest.fixture
def provider(world: World) -> Iterator[str]:
    """A simulator that answers with its record, three acts a page."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            after = int(parse_qs(asked.query)["after"][0])
            body = json.dumps({"items": world.record[after : after + 3], "total": len(world.record)}).encode()
            self.send_response(200 if asked.path == "/sim/accepted" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_it_reads_the_record_page_by_page_from_the_simulator(world: World, provider: str, settings: Any) -> None:
    line = f"ok  record: what we say was sent was accepted ({len(world.record)} sent touches)"
    assert line in said("--record", provider)
    assert line in said("--record", f"{provider}/sim/accepted")
    settings.SIMULATOR_URL = provider
    assert line in said("--record")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("no JSON at all", "neither JSON nor JSON lines"),
        ('{"items": 3}', "is no list of acts"),
        ('[{"at": "2026-11-02T09:00:00Z"}]', "Entry 1 of the record is no accepted act"),
    ],
)
def test_what_is_no_record_is_refused_with_one_sentence(
    world: World, tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "record"
    if content is not None:
        path.write_text(content)
    error = refused("--record", str(path))
    assert error.returncode == 2
    assert words in str(error)


def test_a_simulator_that_is_not_there_is_refused_with_one_sentence(world: World) -> None:
    error = refused("--record", "http://127.0.0.1:9")
    assert error.returncode == 2
    assert str(error).startswith("No record came from http://127.0.0.1:9: ")


def test_an_unknown_workspace_is_refused_with_one_sentence(world: World) -> None:
    assert str(refused("--workspace", "nowhere")) == "There is no workspace 'nowhere': there are tidewell."
