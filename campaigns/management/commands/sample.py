"""./dev manage sample [--if-empty]: the workspaces to try Parley out in, and their practice seats at the simulator."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django_scopes import scope

from accounts import demo
from accounts.models import Member, User, Workspace
from campaigns.building import practice, sample
from outreach import clock


class Command(BaseCommand):
    help = "Found the sample workspaces, or mend what their practice seats have lost. Doing it twice is doing it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="found nothing beside other workspaces, and take a missing simulator as no error",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The sample workspace is for trying Parley out and is never made in production.")
        if not settings.SIMULATOR_URL or not settings.SIMULATOR_API_KEY:
            raise CommandError("SIMULATOR_URL and SIMULATOR_API_KEY are not set: start Parley with ./dev up.")
        workspace = Workspace.objects.filter(sample=True, slug="tidewell").first()
        if workspace is None:
            if options["if_empty"] and Workspace.objects.exists():
                self._tend(must=False)
                return
            workspace = _found()
        self._tend(must=not options["if_empty"])
        for line in _who(workspace):
            self.stdout.write(line)

    def _tend(self, *, must: bool) -> None:
        """Mend the practice seats of all workspaces. Raises CommandError without a simulator when it `must` be."""
        try:
            tended = practice.tend_all(base_url=settings.SIMULATOR_URL, public_url=settings.PUBLIC_URL, now=clock.now())
        except practice.OutOfReach as problem:
            if must:
                raise CommandError(str(problem)) from None
            self.stdout.write(f"{problem} Until then the practice seats cannot act.")
        else:
            for line in _say(tended):
                self.stdout.write(line)


def _found() -> Workspace:
    """Both workspaces or none. Raises CommandError when somebody has an address of the sample's people."""
    now, password = clock.now(), demo.password()
    try:
        with transaction.atomic():
            workspace = sample.found(now=now, password=password)
            sample.seat_all(workspace, base_url=settings.SIMULATOR_URL, api_key=settings.SIMULATOR_API_KEY, now=now)
            sample.found_neighbour(now=now, password=password)
    except IntegrityError:
        raise CommandError(
            "The sample's people are there without their workspace: forget the data with ./dev reset and start again."
        ) from None
    return workspace


def _say(tended: practice.Tended) -> list[str]:
    said = []
    if tended.planted:
        said.append(f"The simulator holds {practice.PEOPLE:,} people and {tended.linked} practice seats.")
    elif tended.linked:
        said.append(f"{tended.linked} practice seats were missing at the simulator and are back.")
    if tended.introduced and (tended.planted or tended.linked):
        said.append(f"{tended.introduced:,} people of ours were introduced to the simulator.")
    return said


def _who(workspace: Workspace) -> list[str]:
    """Who can sign in, and with what."""
    with scope(workspace=workspace):
        members = Member.objects.select_related("user").filter(left_at=None).order_by("pk")
        names = ", ".join(f"{member.user.email} ({member.get_role_display()})" for member in members)
    users = User.objects.filter(email__in=(sample.email("alice"), sample.NEIGHBOUR)).order_by("email")
    lines = [f"Sign in to {workspace}: {names}"]
    if len(users) > 1:
        lines.append(f"Sign in to Otherside: {sample.NEIGHBOUR}")
    if users and users[0].check_password(demo.password()):
        lines.append(f"Password of all of them: {demo.password()}")
    return lines
