"""Roles change and people go, but a workspace always keeps an admin, whoever acts at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django_scopes import scope

from accounts import members
from accounts.models import History, Member, Role, User
from accounts.rights import NotAllowed
from tests.cast import Tidewell
from tests.cast import member as join

pytestmark = pytest.mark.django_db


def test_an_admin_changes_a_role_and_the_history_says_from_what(
    now: datetime, in_tidewell: object, alice: Member, bob: Member
) -> None:
    members.change_role(bob.pk, "manager", by=alice, now=now)
    bob.refresh_from_db()
    assert bob.role == Role.MANAGER
    noted = History.objects.get(verb="changed role")
    assert (noted.subject, noted.by_id) == (f"member:{bob.pk}", alice.pk)
    assert noted.data == {"before": "sdr", "after": "manager"}


def test_the_same_role_again_changes_nothing(now: datetime, in_tidewell: object, alice: Member, bob: Member) -> None:
    members.change_role(bob.pk, "sdr", by=alice, now=now)
    assert not History.objects.filter(verb="changed role").exists()


@pytest.mark.parametrize("who", ["mara", "bob", "vera"])
def test_only_an_admin_changes_who_is_here(who: str, now: datetime, in_tidewell: object, tidewell: Tidewell) -> None:
    by = getattr(tidewell, who)
    with pytest.raises(NotAllowed):
        members.change_role(tidewell.priya.pk, "admin", by=by, now=now)
    with pytest.raises(NotAllowed):
        members.remove(tidewell.priya.pk, by=by, now=now)
    with pytest.raises(NotAllowed):
        members.restore(tidewell.priya.pk, by=by, now=now)


def test_an_unknown_role_is_refused(now: datetime, in_tidewell: object, alice: Member, bob: Member) -> None:
    with pytest.raises(members.UnknownRole):
        members.change_role(bob.pk, "owner", by=alice, now=now)


def test_nobody_reaches_into_another_workspace(now: datetime, alice: Member, charlie: Member) -> None:
    with scope(workspace=alice.workspace), pytest.raises(Member.DoesNotExist):
        members.change_role(charlie.pk, "viewer", by=alice, now=now)


def test_the_last_admin_stays(now: datetime, in_tidewell: object, alice: Member) -> None:
    with pytest.raises(members.LastAdmin, match="Make somebody else an admin first"):
        members.change_role(alice.pk, "viewer", by=alice, now=now)
    with pytest.raises(members.LastAdmin, match="before the last one goes"):
        members.remove(alice.pk, by=alice, now=now)


def test_an_admin_who_left_does_not_count(now: datetime, in_tidewell: object, tidewell: Tidewell) -> None:
    anna = join(tidewell.workspace, "Anna Berg", Role.ADMIN)
    members.remove(anna.pk, by=tidewell.alice, now=now)
    with pytest.raises(members.LastAdmin):
        members.remove(tidewell.alice.pk, by=tidewell.alice, now=now)


def test_a_member_leaves_and_is_taken_back_with_the_role_they_had(
    now: datetime, in_tidewell: object, alice: Member, bob: Member
) -> None:
    members.remove(bob.pk, by=bob, now=now)
    assert Member.objects.get(pk=bob.pk).left_at == now
    assert History.objects.filter(verb="left").count() == 1
    members.restore(bob.pk, by=alice, now=now)
    members.restore(bob.pk, by=alice, now=now)
    back = Member.objects.get(pk=bob.pk)
    assert (back.left_at, back.role) == (None, Role.SDR)
    assert History.objects.filter(verb="restored").count() == 1


def test_who_was_an_admin_when_the_request_began_is_asked_again(
    now: datetime, in_tidewell: object, tidewell: Tidewell
) -> None:
    anna = join(tidewell.workspace, "Anna Berg", Role.ADMIN)
    stale = Member.objects.select_related("workspace", "user").get(pk=anna.pk)
    members.change_role(anna.pk, "viewer", by=tidewell.alice, now=now)
    with pytest.raises(NotAllowed):
        members.remove(tidewell.bob.pk, by=stale, now=now)


def test_a_new_role_ends_the_sessions_of_the_old_one(
    now: datetime, in_tidewell: object, alice: Member, bob: Member
) -> None:
    client = Client()
    client.force_login(bob.user)
    assert User.objects.get(pk=bob.user_id).epoch == 0
    members.change_role(bob.pk, "viewer", by=alice, now=now)
    assert client.get("/account/").headers["Location"].startswith("/sign-in/")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["demote each other", "leave"])
def test_two_admins_who_go_at_the_same_moment_do_not_both_go(act: str, now: datetime, tidewell: Tidewell) -> None:
    alice, anna = tidewell.alice, join(tidewell.workspace, "Anna Berg", Role.ADMIN)
    start = Barrier(2)

    def go(by: Member, other: Member) -> str:
        deed: Callable[[], object] = (
            (lambda: members.remove(by.pk, by=by, now=now))
            if act == "leave"
            else (lambda: members.change_role(other.pk, "viewer", by=by, now=now))
        )
        try:
            with scope(workspace=tidewell.workspace):
                start.wait()
                deed()
            return "done"
        except (members.LastAdmin, NotAllowed):
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(go, (alice, anna), (anna, alice)))
    assert sorted(answers) == ["done", "refused"]
    with scope(workspace=tidewell.workspace):
        assert Member.objects.filter(role=Role.ADMIN, left_at=None).count() == 1
