"""Who belongs to a workspace, and as what. A workspace always keeps an admin: the workspace's row is locked while one
may go, so that two of them cannot go at the same moment."""

from datetime import datetime

from django.db import transaction
from django_scopes import scope

from accounts import history, rights, sessions
from accounts.models import Member, Role, Sender, Workspace
from accounts.rights import Verb


class LastAdmin(Exception):
    """Nobody would be left to govern. The message is one sentence that says what to do."""


class UnknownRole(ValueError):
    """There is no such role. The message is one sentence."""


@transaction.atomic
def change_role(pk: int, role: str, *, by: Member, now: datetime) -> Member:
    """Give a member another role; every session of theirs ends, so that nothing goes on with the old one. The same
    role changes nothing. Raises LastAdmin, UnknownRole, Member.DoesNotExist, NotAllowed."""
    _govern(by)
    if role not in Role.values:
        raise UnknownRole("Choose a role from the list.")
    member = _present(pk, by)
    before = member.role
    if before == role:
        return member
    if before == Role.ADMIN:
        _keep_an_admin(member, "Make somebody else an admin first: a workspace needs one.")
    member.role = role
    member.save(update_fields=["role"])
    history.note(member, "changed role", by=by, now=now, before=before, after=role)
    sessions.end_all(member.user)
    return member


@transaction.atomic
def remove(pk: int, *, by: Member, now: datetime) -> Member:
    """A member who is here no longer: they keep their name on what they did, and no right. Removing oneself is
    leaving. Raises LastAdmin, Member.DoesNotExist, NotAllowed."""
    _lock(by)
    if pk != by.pk:
        rights.require(by, Verb.GOVERN)
    member = _present(pk, by)
    if member.role == Role.ADMIN:
        _keep_an_admin(member, "Make somebody else an admin before the last one goes: a workspace needs one.")
    member.left_at = now
    member.save(update_fields=["left_at"])
    history.note(member, "left" if pk == by.pk else "removed", by=by, now=now, role=member.role)
    return member


@transaction.atomic
def restore(pk: int, *, by: Member, now: datetime) -> Member:
    """Take back a removal: the member is here again, with the role they had. Twice is once. Raises
    Member.DoesNotExist, NotAllowed."""
    _govern(by)
    member: Member = Member.objects.visible_to(by).select_related("user").get(pk=pk)
    if member.left_at is not None:
        member.left_at = None
        member.save(update_fields=["left_at"])
        history.note(member, "restored", by=by, now=now, role=member.role)
    return member


def senders_of(member: Member) -> int:
    """How many senders still act in this member's name."""
    with scope(workspace=member.workspace):
        count: int = Sender.objects.filter(owner=member).exclude(state="archived").count()
    return count


def _govern(by: Member) -> None:
    _lock(by)
    rights.require(by, Verb.GOVERN)


def _lock(by: Member) -> None:
    """Nobody else changes who is here until we are done; `by` is what they are now, not when their request began."""
    Workspace.objects.select_for_update(no_key=True).get(pk=by.workspace_id)
    by.refresh_from_db(fields=["role", "left_at"], from_queryset=Member.objects.visible_to(by))


def _present(pk: int, by: Member) -> Member:
    member: Member = Member.objects.visible_to(by).select_related("user").get(pk=pk, left_at=None)
    return member


def _keep_an_admin(member: Member, refusal: str) -> None:
    others = Member.objects.visible_to(member).filter(role=Role.ADMIN, left_at=None).exclude(pk=member.pk)
    if not others.exists():
        raise LastAdmin(refusal)
