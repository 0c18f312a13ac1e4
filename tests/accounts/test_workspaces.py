"""A workspace begins with an admin and the built-in plans; people join it once."""

from datetime import timedelta

import pytest
from django_scopes import scope

from accounts import catalogue, plans, workspaces
from accounts.models import History, Member, Plan, Role, Workspace
from tests.cast import person

pytestmark = pytest.mark.django_db


def test_a_founded_workspace_has_its_admin_its_plans_and_its_history(now):
    made = workspaces.found(" Tidewell ", person("Alice Lindqvist"), now=now)
    assert (made.name, made.slug, made.sample) == ("Tidewell", "tidewell", False)
    with scope(workspace=made):
        alice = Member.objects.get()
        assert (alice.role, alice.user.email) == (Role.ADMIN, "alice@example.com")
        assert Plan.objects.count() == len(catalogue.CATALOGUE)
        assert History.objects.get(verb="founded").by == alice


def test_two_workspaces_of_one_name_have_their_own_address_and_plans(now):
    made = [workspaces.found("Tidewell", person(name), now=now) for name in ("Alice", "Charlie", "Alice")]
    assert [w.slug for w in made] == ["tidewell", "tidewell-2", "tidewell-3"]
    for one in made:
        with scope(workspace=one):
            assert Plan.objects.count() == len(catalogue.CATALOGUE)


@pytest.mark.parametrize("name", ["", "   ", "!?"])
def test_a_workspace_needs_a_name(name, now):
    with pytest.raises(workspaces.BadName, match="at least one letter or digit"):
        workspaces.found(name, person("Alice"), now=now)
    assert not Workspace.objects.exists()


@pytest.mark.parametrize("name", ["東京営業", "Отдел продаж", "فريق المبيعات"])
def test_letters_are_letters_in_every_script(name, now):
    first, second = (workspaces.found(name, person(who), now=now) for who in ("Alice", "Charlie"))
    assert (first.name, first.slug, second.slug) == (name, "workspace", "workspace-2")
    with scope(workspace=first):
        alice = Member.objects.get(user=person("Alice"))
        made = plans.copy(Plan.objects.get(code="career"), name, by=alice, now=now)
        assert (made.name, made.code) == (name, "plan")


def test_joining_twice_is_joining_once_and_keeps_the_role(now):
    made = workspaces.found("Tidewell", person("Alice"), now=now)
    with scope(workspace=made):
        alice = Member.objects.get()
        bob = workspaces.join(made, person("Bob"), Role.SDR, by=alice, now=now)
        again = workspaces.join(made, person("Bob"), Role.ADMIN, by=alice, now=now)
        assert (again, again.role) == (bob, Role.SDR)
        assert History.objects.filter(verb="joined").count() == 1


def test_who_had_left_comes_back_with_the_new_role(now):
    made = workspaces.found("Tidewell", person("Alice"), now=now)
    with scope(workspace=made):
        alice = Member.objects.get()
        bob = workspaces.join(made, person("Bob"), Role.SDR, by=alice, now=now)
        Member.objects.filter(pk=bob.pk).update(left_at=now + timedelta(days=1))
        back = workspaces.join(made, person("Bob"), Role.VIEWER, by=alice, now=now + timedelta(days=2))
        assert (back, back.role, back.left_at) == (bob, Role.VIEWER, None)
