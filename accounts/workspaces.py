"""Founding a workspace and joining one."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django_scopes import scope

from accounts import catalogue, history
from accounts.models import Member, Role, User, Workspace


class BadName(ValueError):
    """A workspace needs a name with letters or digits."""


@transaction.atomic
def found(name: str, user: User, *, now: datetime, sample: bool = False) -> Workspace:
    """A new workspace with the built-in plans, whose first admin is `user`. Raises BadName."""
    name = name.strip()
    slug = slugify(name)[:40]
    if not slug:
        raise BadName("Give the workspace a name with at least one letter or digit.")
    workspace = _named(name, slug, now, sample)
    with scope(workspace=workspace):
        admin = Member.objects.create(workspace=workspace, user=user, role=Role.ADMIN, joined_at=now)
        history.note(admin, "founded", by=admin, now=now, workspace=name)
        catalogue.install(workspace, now=now, by=admin)
    return workspace


def _named(name: str, slug: str, now: datetime, sample: bool) -> Workspace:
    """The first of slug, slug-2, slug-3 … that nobody has; the database says which."""
    number = 1
    while True:
        try:
            with transaction.atomic():
                return Workspace.objects.create(
                    name=name, slug=slug if number == 1 else f"{slug}-{number}", created_at=now, sample=sample
                )
        except IntegrityError:
            number += 1


@transaction.atomic
def join(workspace: Workspace, user: User, role: Role, *, by: Member | None, now: datetime) -> Member:
    """Make `user` a member. Joining twice is joining once; who had left comes back with the new role."""
    with scope(workspace=workspace):
        member, new = Member.objects.select_for_update(no_key=True).get_or_create(
            workspace=workspace, user=user, defaults={"role": role, "joined_at": now}
        )
        if new or member.left_at is not None:
            member.role, member.left_at = role, None
            member.save(update_fields=["role", "left_at"])
            history.note(member, "joined", by=by, now=now, role=str(role))
    return member
