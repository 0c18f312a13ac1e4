"""./dev manage pause --workspace tidewell --campaign Autumn --by bob@tidewell.example"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope

from campaigns.building import campaigns
from campaigns.management import named
from outreach import clock


class Command(BaseCommand):
    help = "Pause a campaign: from now on nothing of it is handed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="short name of the workspace, for example tidewell")
        parser.add_argument("--campaign", required=True, help="name of the campaign")
        parser.add_argument("--by", required=True, help="e-mail address of the member who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = named.workspace(options["workspace"])
        with scope(workspace=workspace):
            campaign = named.campaign(workspace, options["campaign"])
            try:
                done = campaigns.pause(campaign, by=named.member(workspace, options["by"]), now=clock.now())
            except campaigns.NotAllowed as refusal:
                raise CommandError(str(refusal)) from None
            campaign.refresh_from_db()
            already = "" if done else " already" if campaign.state == "paused" else ", which cannot be paused"
            handed = f" {done.handed_over:,} already handed over, 0 more will go." if done else ""
            self.stdout.write(f"{campaign} is {campaign.get_state_display().lower()}{already}.{handed}")
