"""Whatever is in a file and whatever is known: a check tells the truth, and applying twice is applying once."""

import itertools
from typing import Any

import pytest
from django_scopes import scope
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Member, Role, Sender, Workspace
from prospects import suppressions
from prospects.imports import apply, check, runs
from prospects.models import Company, Prospect, Relationship, Suppression
from tests.cast import ALWAYS, MONDAY, person
from tests.prospects.written import SLUG, counts, csv_of

_serial = itertools.count()

MEMBERS = [f"{kind}{n}7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi" for kind in ("ACoAA", "ACwAA") for n in (1, 2)]
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "URL": st.sampled_from([f"{SLUG}a", f"{SLUG}b", f"{SLUG}c"]),
        "memberid": st.sampled_from(MEMBERS),
        "Email": st.sampled_from(["x@x.example", "y@x.example"]),
        "Title": st.sampled_from(["CEO", "VP", "Intern"]),
        "Company": st.sampled_from(["Acme", "ACME", "Zen"]),
        "Employees": st.sampled_from(["10", "5000"]),
        "Open Profile": st.sampled_from(["yes", "no"]),
        "Degree": st.sampled_from(["1st", "2nd", "3rd"]),
        "Note": st.sampled_from(["p", "q"]),
    },
)
FILES = st.lists(ROWS, min_size=1, max_size=7)


def newcomer() -> tuple[Member, Sender]:
    """A member of a workspace of their own, with a sender."""
    number = next(_serial)
    made = Workspace.objects.create(name=f"W{number}", slug=f"w{number}", created_at=MONDAY)
    with scope(workspace=made):
        by = Member.objects.create(workspace=made, user=person("Hy Pothesis"), role=Role.SDR, joined_at=MONDAY)
        sender = Sender.objects.create(workspace=made, owner=by, name="Hy", hours=ALWAYS, created_at=MONDAY)
    return by, sender


def stored() -> list[list[dict[str, Any]]]:
    return [list(model.objects.order_by("pk").values()) for model in (Company, Prospect, Relationship)]


@pytest.mark.django_db
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, FILES, st.integers(1, 4), st.sampled_from(["", "a", "b"]))
@example(  # three people share an address, the second known under two kinds of id
    [{"memberid": MEMBERS[0], "Email": "x@x.example"}],
    [{"memberid": MEMBERS[2], "Email": "x@x.example"}, {"memberid": MEMBERS[3], "Email": "x@x.example"}],
    1,
    "",
)
def test_a_check_counts_what_applying_does_and_applying_twice_changes_nothing(
    monkeypatch, before, rows, size, forbidden
):
    monkeypatch.setattr(runs, "BATCH", size)
    by, sender = newcomer()
    with scope(workspace=by.workspace):
        apply(csv_of(*before), by=by, sender=sender, name="before.csv", now=MONDAY)
        if forbidden:
            digest = suppressions.digest(by.workspace_id, "slug", forbidden)
            Suppression.objects.create(workspace=by.workspace, digest=digest, what="slug", reason="", at=MONDAY)
        known = stored()
        promised = counts(check(csv_of(*rows), by=by, sender=sender, name="x.csv", now=MONDAY))
        assert stored() == known
        done = counts(apply(csv_of(*rows), by=by, sender=sender, name="x.csv", now=MONDAY))
        assert done == promised
        assert sum(done.values()) == len(rows)
        after = stored()
        again = counts(apply(csv_of(*rows), by=by, sender=sender, name="x.csv", now=MONDAY))
        assert "new" not in again and "updated" not in again
        assert stored() == after
        assert again.get("unchanged", 0) == sum(done.get(name, 0) for name in ("new", "updated", "unchanged"))


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, st.integers(1, 3), st.integers(1, 7))
def test_the_size_of_the_batches_makes_no_difference(monkeypatch, rows, one, other):
    outcomes = []
    for size in (one, other):
        monkeypatch.setattr(runs, "BATCH", size)
        by, sender = newcomer()
        with scope(workspace=by.workspace):
            upload = apply(csv_of(*rows), by=by, sender=sender, name="x.csv", now=MONDAY)
            columns = ("slug", "member_id", "email", "title", "seniority", "tier", "company__name", "custom")
            outcomes.append((counts(upload), list(Prospect.objects.order_by("pk").values_list(*columns))))
    assert outcomes[0] == outcomes[1]
