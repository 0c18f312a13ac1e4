"""./dev manage sender pause|resume "Priya Raman" --workspace tidewell --by bob@tidewell.example"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope

from campaigns.building import seats
from campaigns.management import named
from outreach import clock


class Command(BaseCommand):
    help = "Pause a sender, or let one act again that was paused, disconnected or restricted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=("pause", "resume"))
        parser.add_argument("sender", help="name of the sender")
        parser.add_argument("--workspace", required=True, help="short name of the workspace, for example tidewell")
        parser.add_argument("--by", required=True, help="e-mail address of the member who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = named.workspace(options["workspace"])
        verb = seats.pause if options["verb"] == "pause" else seats.resume
        with scope(workspace=workspace):
            sender = named.sender(workspace, options["sender"])
            try:
                done = verb(sender, by=named.member(workspace, options["by"]), now=clock.now())
            except seats.NotAllowed as refusal:
                raise CommandError(str(refusal)) from None
            sender.refresh_from_db()
            self.stdout.write(f"{sender} is {sender.get_state_display().lower()}{'' if done else ' already'}.")
