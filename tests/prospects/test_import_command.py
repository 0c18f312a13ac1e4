"""`./dev manage import` says in a few lines what happened, and in one sentence what is wrong."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from prospects.models import Import, Prospect
from tests.prospects.written import SLUG, csv_of

SAMPLES = Path(__file__).parents[2] / "prospects" / "samples"
BY = {"workspace": "tidewell", "by": "bob@example.com"}
pytestmark = pytest.mark.usefixtures("in_tidewell", "monday")


def run(file, **options):
    out = io.StringIO()
    call_command("import", str(file), **(BY | options), stdout=out)
    return out.getvalue()


def test_a_file_is_imported_and_the_counts_are_printed():
    printed = run(SAMPLES / "connections.csv", sender="Bob Moreau", audience="Dock managers")
    assert printed == (
        "connections.csv: LinkedIn connections of Bob Moreau\n"
        "  new              35\n"
        "  updated           0\n"
        "  unchanged         0\n"
        "  duplicates        2\n"
        "  invalid           4\n"
        "    line 10: Skipped: no name. LinkedIn leaves out the names of closed and hidden accounts.\n"
        "    line 27: No profile address, member id or e-mail address: this person could neither be reached nor "
        "recognised again.\n"
        "    line 28: No profile address, member id or e-mail address: this person could neither be reached nor "
        "recognised again.\n"
        "    line 34: Skipped: no name. LinkedIn leaves out the names of closed and hidden accounts.\n"
        "  suppressed        0\n"
        "  all of them are in the audience Dock managers\n"
    )
    assert Prospect.objects.count() == 35
    assert "  new               0\n" in run(SAMPLES / "connections.csv", sender="bob moreau")


def test_a_dry_run_only_says_what_would_happen():
    printed = run(SAMPLES / "sales-navigator.csv", dry_run=True)
    assert "  new              38\n" in printed and printed.endswith("  nothing was changed: this was a dry run\n")
    assert not Prospect.objects.exists() and Import.objects.get().state == "checked"


def test_the_counts_come_as_json():
    printed = json.loads(run(SAMPLES / "sales-navigator.csv", sender="Priya Raman", json=True))
    assert printed.pop("import") == Import.objects.get().pk
    assert printed == {
        "state": "applied",
        "kind": "sales_navigator",
        "new": 38,
        "updated": 0,
        "unchanged": 0,
        "duplicates": 1,
        "invalid": 2,
        "suppressed": 0,
    }


def test_of_many_problems_five_are_printed(tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(csv_of({"URL": f"{SLUG}ann"}, *({"Company": f"C{n}"} for n in range(8))))
    printed = run(file)
    assert printed.count("    line ") == 5 and "    and 3 more\n" in printed


@pytest.mark.parametrize(
    ("file", "options", "sentence"),
    [
        ("connections.csv", {"workspace": "nowhere"}, "There is no workspace nowhere"),
        (
            "connections.csv",
            {"by": "who@example.com"},
            "Nobody with the address who@example.com is a member of Tidewell",
        ),
        ("connections.csv", {"by": "charlie@example.com"}, "Nobody with the address charlie@example.com"),
        ("connections.csv", {"by": "vera@example.com"}, "You are here as a viewer and may not import"),
        (
            "connections.csv",
            {"sender": "Zoe"},
            "There is no sender Zoe in Tidewell: choose one of Alice Lindqvist, Bob",
        ),
        ("connections.csv", {"sender": "Charlie Dupont"}, "There is no sender Charlie Dupont in Tidewell"),
        ("connections.csv", {}, "name the sender whose they are (--sender NAME)."),
        ("no-such.csv", {}, "There is no file"),
        ("", {}, "is a folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(charlie, file, options, sentence):
    with pytest.raises(CommandError) as refusal:
        run(SAMPLES / file, **options)
    assert sentence in str(refusal.value)
    assert refusal.value.returncode == 1 and str(refusal.value).count(". ") == 0
    assert not Import.objects.exists()
