"""./dev manage launch --workspace tidewell --by bob@tidewell.example --name Autumn --play volume"""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count
from django_scopes import scope

from accounts.models import Member, Sender, Workspace
from accounts.models.sender import SenderState
from campaigns.building import campaigns, choosing, drafts, review
from campaigns.management import named
from campaigns.models import Campaign, Enrollment
from outreach import clock
from outreach.engine.plays import PLAYS
from prospects.models import Audience


class Command(BaseCommand):
    help = (
        "Make a campaign from a play, enroll people and launch it. Prints who acts for how many, and who was left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="short name of the workspace, for example tidewell")
        parser.add_argument("--by", required=True, help="e-mail address of the member who launches")
        parser.add_argument("--name", required=True, help="name of the campaign")
        parser.add_argument("--play", required=True, help=f"one of {', '.join(PLAYS)}")
        parser.add_argument("--audience", help="only the people of this saved list")
        parser.add_argument("--tier", type=int, choices=(1, 2, 3), help="only the people of this tier")
        parser.add_argument(
            "--sender",
            action="append",
            default=[],
            metavar="NAME",
            help="who acts; may be given several times (default: all senders of the one who launches)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = named.workspace(options["workspace"])
        with scope(workspace=workspace):
            by = named.member(workspace, options["by"])
            senders = _senders(workspace, by, options["sender"])
            try:
                chosen = choosing.choose(audience=options["audience"], tier=options["tier"])
                campaign = _launch(by, senders, chosen, options)
            except (campaigns.CannotLaunch, campaigns.NotAllowed, choosing.NoSuchAudience) as refusal:
                raise CommandError(str(refusal)) from None
            for line in [*review.introduce(campaign), *_told(campaign, chosen.left_out)]:
                self.stdout.write(line)


def _senders(workspace: Workspace, by: Member, names: list[str]) -> list[Sender]:
    if names:
        return list({found.pk: found for found in (named.sender(workspace, name) for name in names)}.values())
    acting = Sender.objects.filter(kind="linkedin").exclude(state__in=(SenderState.ARCHIVED, SenderState.SETTING_UP))
    own = list(acting.filter(owner=by).order_by("pk"))
    if not own:
        there = ", ".join(acting.order_by("name").values_list("name", flat=True)[:20]) or "none yet"
        raise CommandError(f"{by} has no sender: say with --sender who acts (there are {there}).")
    return own


@transaction.atomic
def _launch(by: Member, senders: list[Sender], chosen: choosing.Chosen, options: dict[str, Any]) -> Campaign:
    """All of it or nothing: a campaign that cannot be launched leaves no draft behind."""
    now = clock.now()
    campaign = drafts.plan(
        options["play"],
        chosen,
        senders,
        name=options["name"],
        audience=Audience.objects.filter(name__iexact=(options["audience"] or "").strip()).first(),
        by=by,
        seed=secrets.randbits(31),
        now=now,
    )
    if not chosen.people:
        whom = " and ".join(
            [f"in the audience {options['audience']}"] * bool(options["audience"])
            + [f"of tier {options['tier']}"] * bool(options["tier"])
        )
        why = "; ".join(f"{n:,} {reason}" for reason, n in chosen.left_out.items())
        nobody = f"There is nobody {whom or 'in this workspace'} to approach"
        raise campaigns.CannotLaunch(f"{nobody}{f' ({why})' if why else ''}: import prospects first.")
    review.launch(campaign, by=by, now=now, word=review.WORD)
    return campaign


def _told(campaign: Campaign, left_out: dict[str, int]) -> list[str]:
    enrolled = Enrollment.objects.filter(campaign=campaign)
    lines = [f"{campaign.name} ({PLAYS[campaign.play].name}) is running with {_people(enrolled.count())}"]
    for acting in enrolled.values("sender__name").annotate(n=Count("pk")).order_by("sender__name"):
        lines.append(f"  {acting['n']:>6,} by {acting['sender__name']}")
    if left_out:
        lines.append("Left out:")
        lines += [f"  {n:>6,} {reason}" for reason, n in left_out.items()]
    return lines


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"
