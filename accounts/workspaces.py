"""Founding a workspace and joining one."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django_scopes import scope

from accounts import catalogue, history
from accounts.models import Member, Role, User, Workspace

LONGEST = 120


class BadName(ValueError):
    """A workspace needs a name with letters or digits."""


@transaction.atomic
def found(name: str, user: User, *, now: datetime, sample: bool = False) -> Workspace:
    """A new workspace with the built-in plans, whose first admin is `user`. Raises BadName."""
    name = _clean(name)
    slug = slugify(name)[:40] or "workspace"
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


@transaction.atomic
def rename(name: str, *, by: Member, now: datetime) -> Workspace:
    """Give the member's workspace another name; its slug stays. The same name changes nothing. Raises BadName."""
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=by.workspace_id)
    before, workspace.name = workspace.name, _clean(name)
    if before != workspace.name:
        workspace.save(update_fields=["name"])
        with scope(workspace=workspace):
            history.note(by, "renamed workspace", by=by, now=now, before=before, after=workspace.name)
    return workspace


def guess_name(user: User) -> str:
    """A name for somebody's first workspace: their company as their address has it, else their own."""
    domain = user.email.rpartition("@")[2].lower()
    company = domain.split(".")[-3 if _SECOND_LEVEL.search(domain) and domain.count(".") > 1 else -2 :][0]
    if domain in _MAIL_HOSTS or company in _MAIL_HOST_NAMES or not slugify(company):
        return f"{user.name.split()[0][:60]}\u2019s workspace"
    return " ".join(word[:1].upper() + word[1:] for word in company.split("-") if word)[:LONGEST]


_SECOND_LEVEL = re.compile(r"\.(co|com|ac|org|net|gov|edu)\.[a-z]{2}$")
_MAIL_HOST_NAMES = frozenset(
    [
        "gmail",
        "googlemail",
        "outlook",
        "hotmail",
        "live",
        "msn",
        "yahoo",
        "ymail",
        "icloud",
        "me",
        "mac",
        "aol",
        "gmx",
        "proton",
        "protonmail",
        "pm",
        "mail",
        "web",
        "fastmail",
        "hey",
        "zoho",
        "yandex",
        "tutanota",
        "tuta",
        "posteo",
        "mailbox",
        "qq",
        "163",
        "126",
        "orange",
        "free",
        "laposte",
        "t-online",
        "libero",
    ]
)
_MAIL_HOSTS = frozenset({"localhost"})


def _clean(name: str) -> str:
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not any(sign.isalnum() for sign in name):
        raise BadName("Give the workspace a name with at least one letter or digit.")
    if len(name) > LONGEST:
        raise BadName(f"This name is longer than {LONGEST} characters: shorten it.")
    return name
