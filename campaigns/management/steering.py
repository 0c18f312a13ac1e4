"""What the commands that steer a campaign share: which campaign, who does it, and how a refusal is said."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope

from accounts.models import Member
from campaigns.building import campaigns
from campaigns.management import named
from campaigns.models import Campaign


class Steering(ABC, BaseCommand):
    """A command that does one thing to one campaign. `goal`: the state it leads to; `done`: what happened to it."""

    goal: str
    done: str

    @abstractmethod
    def steer(self, campaign: Campaign, by: Member) -> tuple[bool, str]:
        """Do it. Whether it was done, and what else is to be said. Raises NotAllowed."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="short name of the workspace, for example tidewell")
        parser.add_argument("--campaign", required=True, help="name of the campaign")
        parser.add_argument("--by", required=True, help="e-mail address of the member who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = named.workspace(options["workspace"])
        with scope(workspace=workspace):
            campaign = named.campaign(workspace, options["campaign"])
            try:
                done, more = self.steer(campaign, named.member(workspace, options["by"]))
            except campaigns.NotAllowed as refusal:
                raise CommandError(str(refusal)) from None
            campaign.refresh_from_db()
            already = "" if done else " already" if campaign.state == self.goal else f", which cannot be {self.done}"
            self.stdout.write(f"{campaign} is {campaign.get_state_display().lower()}{already}.{more}")
