"""The sample files that come with Parley are imported whole, once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from prospects.imports import apply, check
from prospects.models import Company, Import, ImportRow, Prospect, Relationship
from tests.cast import MONDAY
from tests.prospects.written import counts

SAMPLES = Path(__file__).parents[2] / "prospects" / "samples"
LATER = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
WHAT = {
    "connections.csv": {"new": 35, "duplicates": 2, "invalid": 4},
    "sales-navigator.csv": {"new": 38, "duplicates": 1, "invalid": 2},
    "sales-navigator-semicolon.csv": {"new": 10, "duplicates": 1, "invalid": 1},
}
pytestmark = pytest.mark.usefixtures("in_tidewell")


@pytest.mark.parametrize("name", WHAT)
def test_everybody_in_a_sample_is_taken_and_a_second_time_nobody_is(bob, tidewell, name):
    sender = tidewell.senders["bob"]
    checked = check(SAMPLES / name, by=bob, sender=sender, name=name, now=LATER)
    assert (checked.state, counts(checked)) == ("checked", WHAT[name])
    assert Prospect.objects.count() == Relationship.objects.count() == Company.objects.count() == 0
    applied = apply(SAMPLES / name, by=bob, sender=sender, name=name, now=LATER)
    assert (applied.state, counts(applied)) == ("applied", WHAT[name])
    assert Prospect.objects.count() == WHAT[name]["new"]
    before = list(Prospect.objects.order_by("pk").values()), list(Relationship.objects.order_by("pk").values())
    again = apply(SAMPLES / name, by=bob, sender=sender, name=name, now=LATER)
    assert counts(again) == {"unchanged": WHAT[name]["new"]} | {k: v for k, v in WHAT[name].items() if k != "new"}
    assert before == (
        list(Prospect.objects.order_by("pk").values()),
        list(Relationship.objects.order_by("pk").values()),
    )


def test_a_connection_is_the_first_degree_of_the_sender_whose_file_it_is_and_of_nobody_else(bob, tidewell):
    apply(SAMPLES / "connections.csv", by=bob, sender=tidewell.senders["bob"], name="c.csv", now=LATER)
    jon = Prospect.objects.get(slug="jon-bergstrom")
    relation = Relationship.objects.get(prospect=jon)
    assert (relation.sender, relation.degree) == (tidewell.senders["bob"], "1")
    assert relation.connected_at == datetime(2026, 5, 4, tzinfo=UTC)
    assert (jon.seniority, jon.tier, jon.company.name, jon.facts_version) == ("c_level", 2, "Nordlys Freight", 1)


def test_a_sales_navigator_export_tells_tier_open_profile_and_when_it_looked(bob, tidewell):
    apply(SAMPLES / "sales-navigator.csv", by=bob, sender=tidewell.senders["priya"], name="s.csv", now=LATER)
    astrid = Prospect.objects.get(slug="astrid-haugland")
    assert (astrid.tier, astrid.seniority, astrid.open_profile, astrid.premium) == (3, "c_level", True, True)
    assert astrid.member_id == "ACwAAdvwQYFKRfazD6_6x-YzL_dCi08wOhMIxwN"
    assert astrid.checked_at == datetime(2026, 11, 3, 9, 0, 11, 512000, tzinfo=UTC)
    assert astrid.company.employees == 5400
    assert Relationship.objects.get(prospect=astrid).degree == "2"


def test_a_day_in_the_future_does_not_make_a_flag_fresh(bob):
    apply(SAMPLES / "sales-navigator.csv", by=bob, name="s.csv", now=MONDAY)
    astrid = Prospect.objects.get(slug="astrid-haugland")
    assert (astrid.open_profile, astrid.checked_at) == (True, None)
    assert Relationship.objects.count() == 0


def test_each_line_that_was_not_taken_as_it_stands_says_why(bob, tidewell):
    upload = apply(SAMPLES / "connections.csv", by=bob, sender=tidewell.senders["bob"], name="c.csv", now=LATER)
    rows = {(row.line, row.verdict): row for row in ImportRow.objects.filter(upload=upload)}
    assert rows[14, "duplicate"].problem == "The same person as line 5, by profile address."
    assert rows[10, "invalid"].problem.startswith("Skipped: no name.")
    assert rows[10, "invalid"].raw == {"Connected On": "30 Mar 2026"}
    assert rows[27, "invalid"].problem.startswith("No profile address, member id or e-mail address")
    assert rows[27, "invalid"].raw["First Name"] == "Eve"
    assert "not a valid address" in rows[18, "warning"].problem
    assert all(len(row.problem) <= 300 for row in rows.values())
    assert Import.objects.get(pk=upload.pk).digest == upload.digest and len(upload.digest) == 64
