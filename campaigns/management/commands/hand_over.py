"""./dev manage hand_over --workspace tidewell --campaign Autumn --from "Bob Moreau" --to "Priya Raman" --by …"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope

from campaigns.management import named
from campaigns.running import hand_over, moving
from outreach import clock


class Command(BaseCommand):
    help = "Let another sender of a campaign go on with everybody whom a sender leads in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="short name of the workspace, for example tidewell")
        parser.add_argument("--campaign", required=True, help="name of the campaign")
        parser.add_argument("--from", required=True, help="name of the sender who leads them")
        parser.add_argument("--to", required=True, help="name of the sender who goes on")
        parser.add_argument("--by", required=True, help="e-mail address of the member who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = named.workspace(options["workspace"])
        with scope(workspace=workspace):
            campaign = named.campaign(workspace, options["campaign"])
            was, to = (named.sender(workspace, options[which]) for which in ("from", "to"))
            by = named.member(workspace, options["by"])
            try:
                done = moving.move(campaign, was, to, by=by, now=clock.now())
            except (hand_over.NotAllowed, hand_over.CannotHandOver) as refusal:
                raise CommandError(str(refusal)) from None
        people = "1 person goes" if done.people == 1 else f"{done.people:,} people go"
        stay = f" {done.stayed:,} stay with {was}: try again when nothing to them is on its way." if done.stayed else ""
        self.stdout.write(f"{people} on with {to}.{stay}")
