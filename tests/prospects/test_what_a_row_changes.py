"""A row fills in and renews what is known; it never empties it, and says when a decision must be made again."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.engine.kinds import Degree, Invitation
from prospects.imports import apply, check
from prospects.models import Company, Prospect, Relationship
from tests.cast import MONDAY
from tests.prospects.written import SLUG, connections, counts, csv_of

pytestmark = pytest.mark.usefixtures("in_tidewell")

ANN = {"URL": f"{SLUG}ann"}
FULL = ANN | {
    "Email": "ann@acme.example",
    "Title": "VP Sales",
    "Company": "Acme",
    "Employees": "51-200",
    "Phone": "+49 221 5550100",
    "Location": "Cologne",
    "Open Profile": "yes",
    "Premium": "no",
    "Note": "met in Cologne",
}


def ann():
    return Prospect.objects.select_related("company").get(slug="ann")


def test_an_empty_cell_never_overwrites(take):
    take(FULL)
    before = Prospect.objects.values().get()
    assert counts(take(ANN | dict.fromkeys(FULL.keys() - ANN.keys(), ""))) == {"unchanged": 1}
    assert Prospect.objects.values().get() == before
    assert (ann().company.name, ann().company.employees) == ("Acme", 51)


def test_what_a_row_says_is_new_replaces_what_was_known(take):
    take(FULL)
    assert counts(take(ANN | {"Location": "Bonn", "Note": "moved", "Team": "North"})) == {"updated": 1}
    assert (ann().location, ann().title) == ("Bonn", "VP Sales")
    assert ann().custom["Note"] == "moved" and ann().custom["Team"] == "North"


@pytest.mark.parametrize(
    ("change", "rises"),
    [
        ({"Location": "Bonn"}, 0),
        ({"Title": "VP of Sales"}, 0),
        ({"Email": "other@acme.example"}, 0),
        ({"Title": "Intern"}, 1),
        ({"Open Profile": "no"}, 1),
        ({"Title": "CEO", "Open Profile": "no"}, 1),
        ({"Company": "Zenith", "Employees": "9"}, 0),
    ],
)
def test_the_facts_version_rises_once_when_a_decision_could_change(take, change, rises):
    take(FULL)
    assert counts(take(ANN | change)) == {"updated": 1}
    assert ann().facts_version == 1 + rises


@pytest.mark.parametrize("found", [{"Email": "ann@acme.example"}, {"Phone": "+49 221 5550100"}])
def test_a_way_to_reach_somebody_is_a_fact(take, found):
    take(ANN)
    take(ANN | found)
    assert ann().facts_version == 2


def test_whoever_plans_hears_of_changed_facts_in_the_same_transaction(take, bob):
    heard = []

    def listen(prospects, now):
        heard.append((prospects, now, Prospect.objects.get(pk=prospects[0]).tier))

    apply(csv_of(ANN), by=bob, name="x.csv", now=MONDAY, changed=listen)
    assert heard == []
    apply(csv_of(ANN | {"Title": "CEO"}), by=bob, name="x.csv", now=MONDAY, changed=listen)
    assert heard == [([ann().pk], MONDAY, 2)]


def test_a_tier_that_a_person_set_stays_until_title_or_company_change(take):
    take(FULL)
    Prospect.objects.update(tier=3, seniority="owner")
    take(FULL | {"Location": "Bonn"})
    assert (ann().tier, ann().seniority) == (3, "owner")
    take(FULL | {"Title": "Intern"})
    assert (ann().tier, ann().seniority) == (1, "entry")


def test_a_company_that_proves_large_lifts_those_at_its_top(take):
    take(ANN | {"Title": "CEO", "Company": "Acme"}, {"URL": f"{SLUG}ed", "Title": "Engineer", "Company": "ACME"})
    assert ann().tier == 2
    upload = take({"URL": f"{SLUG}joe", "Title": "Founder", "Company": "acme", "Employees": "5,400"})
    assert counts(upload) == {"new": 1}
    assert dict(Prospect.objects.values_list("slug", "tier")) == {"ann": 3, "ed": 1, "joe": 3}
    assert ann().facts_version == 2
    assert Company.objects.get().employees == 5400


def test_two_rows_that_disagree_on_a_company_do_not_undo_each_other(take):
    rows = (
        ANN | {"Title": "CEO", "Company": "Acme"},
        {"URL": f"{SLUG}joe", "Title": "CFO", "Company": "Acme", "Employees": "5400"},
        {"URL": f"{SLUG}kim", "Title": "COO", "Company": "Acme", "Employees": "12"},
    )
    assert counts(take(*rows)) == {"new": 3}
    assert counts(take(*rows)) == {"unchanged": 3}
    assert set(Prospect.objects.values_list("tier", flat=True)) == {3}


def test_a_row_that_only_knows_the_companys_size_better_counts_as_an_update(take):
    take(FULL)
    assert counts(take(FULL | {"Employees": "2000"})) == {"updated": 1}
    assert ann().tier == 2


def test_an_open_profile_flag_gives_way_only_to_a_later_look(take):
    take(ANN | {"Open Profile": "yes"})
    assert (ann().open_profile, ann().checked_at) == (True, None)
    Prospect.objects.update(checked_at=MONDAY - timedelta(days=2))
    take(ANN | {"Open Profile": "no"})
    take(ANN | {"Open Profile": "no", "timestamp": "2026-10-01T08:00:00Z"})
    assert ann().open_profile is True
    take(ANN | {"Open Profile": "no", "timestamp": "2026-11-01T08:00:00Z"})
    assert (ann().open_profile, ann().checked_at) == (False, datetime(2026, 11, 1, 8, tzinfo=UTC))


@pytest.fixture
def relation(tidewell, take):
    """What Bob is to Ann, and a way to import it."""
    sender = tidewell.senders["bob"]

    class Relation:
        def __call__(self):
            return Relationship.objects.get(prospect=ann(), sender=sender)

        def takes(self, degree):
            return counts(take(ANN | {"Degree": degree}, sender=sender))

        def was(self, **fields):
            Relationship.objects.create(workspace=tidewell.workspace, prospect=ann(), sender=sender, **fields)

    return Relation()


def test_a_degree_is_kept_for_the_sender_given_and_bumps_the_facts(relation, take):
    take(ANN | {"Degree": "2nd"})
    assert Relationship.objects.count() == 0
    assert relation.takes("2nd") == {"updated": 1}
    assert (relation().degree, ann().facts_version) == (Degree.SECOND, 2)
    assert relation.takes("1st") == {"updated": 1}
    assert (relation().degree, ann().facts_version) == (Degree.FIRST, 3)
    assert relation.takes("1st") == {"unchanged": 1}


def test_a_file_does_not_end_a_connection_or_overrule_a_look_at_the_profile(relation, take):
    take(ANN)
    relation.was(degree=Degree.FIRST, connected_at=MONDAY)
    assert relation.takes("2nd") == {"unchanged": 1}
    Relationship.objects.update(degree=Degree.SECOND, checked_at=MONDAY)
    assert relation.takes("3rd") == {"unchanged": 1}


def test_a_pending_invite_is_not_settled_behind_the_back_of_who_counts_it(relation, take, bob, tidewell):
    take(ANN)
    relation.was(degree=Degree.SECOND, invitation=Invitation.PENDING, invited_at=MONDAY)
    file = connections(("ann", "", "", "2026-10-30"))
    apply(file, by=bob, sender=tidewell.senders["bob"], name="Connections.csv", now=MONDAY)
    assert (relation().degree, relation().invitation) == (Degree.SECOND, Invitation.PENDING)


def test_a_known_moment_of_connecting_is_finer_than_the_files_day(relation, take, bob, tidewell):
    take(ANN)
    relation.was(degree=Degree.FIRST, connected_at=MONDAY)
    file = connections(("ann", "", "", "2026-11-02"), ("joe", "", "", "2026-11-05"))
    apply(file, by=bob, sender=tidewell.senders["bob"], name="Connections.csv", now=MONDAY)
    assert relation().connected_at == MONDAY
    joe = Relationship.objects.get(prospect__slug="joe")
    assert (joe.degree, joe.connected_at) == (Degree.FIRST, None), "a day to come is no day of connecting"


def test_everybody_taken_joins_the_audience_once(take):
    first = take(ANN, {"URL": f"{SLUG}joe"}, {"Company": "nobody"}, audience="Dock managers")
    take(ANN, {"URL": f"{SLUG}kim"}, audience=" Dock managers ")
    assert first.audience.members.count() == 3
    assert str(first.audience) == "Dock managers"


def test_a_check_changes_nobody(take, bob):
    take(FULL)
    before = list(Prospect.objects.values()), list(Company.objects.values())
    rows = (ANN | {"Title": "CEO", "Company": "Acme", "Employees": "5000"}, {"URL": f"{SLUG}joe", "Company": "New"})
    assert counts(check(csv_of(*rows), by=bob, sender=None, name="x.csv", now=MONDAY)) == {"new": 1, "updated": 1}
    assert before == (list(Prospect.objects.values()), list(Company.objects.values()))
