"""What a command line names, found; or one sentence that says what there is instead."""

from collections.abc import Iterable

from django.core.management.base import CommandError

from accounts.models import Member, Sender, Workspace
from campaigns.models import Campaign


def workspace(slug: str) -> Workspace:
    """By its short name. Raises CommandError."""
    found: Workspace | None = Workspace.objects.filter(slug=slug.strip().lower()).first()
    if found is None:
        raise CommandError(
            f"There is no workspace {slug!r}: {_choose(Workspace.objects.values_list('slug', flat=True))}."
        )
    return found


def member(of: Workspace, email: str) -> Member:
    """By e-mail address, among those who have not left. In the workspace's scope. Raises CommandError."""
    found: Member | None = (
        Member.objects.filter(workspace=of, user__email__iexact=email.strip(), left_at=None)
        .select_related("user")
        .first()
    )
    if found is None:
        raise CommandError(f"Nobody with the address {email} is a member of {of}: check --by.")
    return found


def sender(of: Workspace, name: str) -> Sender:
    """By name, in any case of letters. In the workspace's scope. Raises CommandError."""
    found = list(Sender.objects.filter(workspace=of, name__iexact=name.strip())[:2])
    if not found:
        names = Sender.objects.filter(workspace=of).values_list("name", flat=True)
        raise CommandError(f"There is no sender {name!r} in {of}: {_choose(names)}.")
    if len(found) > 1:
        raise CommandError(f"There are several senders {name!r} in {of}: give one of them another name first.")
    return found[0]


def campaign(of: Workspace, name: str) -> Campaign:
    """By name, in any case of letters. In the workspace's scope. Raises CommandError."""
    found: Campaign | None = Campaign.objects.filter(workspace=of, name__iexact=name.strip()).first()
    if found is None:
        names = Campaign.objects.filter(workspace=of).values_list("name", flat=True)
        raise CommandError(f"There is no campaign {name!r} in {of}: {_choose(names)}.")
    return found


def _choose(names: Iterable[str]) -> str:
    there = sorted(names)[:20]
    return f"choose one of {', '.join(there)}" if there else "there is none yet"
