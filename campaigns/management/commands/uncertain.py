"""./dev manage uncertain --workspace tidewell [--sent ID | --not-sent ID --by bob@tidewell.example]"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope

from campaigns.management import named
from campaigns.models import Touch
from campaigns.running import reconcile
from outreach import clock


class Command(BaseCommand):
    help = "List the touches of which nobody knows whether they arrived, or decide one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="short name of the workspace, for example tidewell")
        decision = parser.add_mutually_exclusive_group()
        decision.add_argument(
            "--sent", type=int, metavar="ID", help="this one was sent: somebody saw it on linkedin.com"
        )
        decision.add_argument("--not-sent", type=int, metavar="ID", help="this one was not: it is planned again")
        parser.add_argument("--by", help="e-mail address of the member who decides")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = named.workspace(options["workspace"])
        with scope(workspace=workspace):
            chosen = options["sent"] or options["not_sent"]
            if not chosen:
                return self._list()
            if not options["by"]:
                raise CommandError("Say who decides: --by with the e-mail address of a member.")
            touch = Touch.objects.filter(pk=chosen, state="uncertain").select_related("prospect").first()
            if touch is None:
                raise CommandError(f"No uncertain touch here has the number {chosen}.")
            verb = reconcile.it_was_sent if options["sent"] else reconcile.it_was_not
            try:
                verb(touch, by=named.member(workspace, options["by"]), now=clock.now())
            except reconcile.NotAllowed as refusal:
                raise CommandError(str(refusal)) from None
            touch.refresh_from_db()
            self.stdout.write(f"{touch.get_kind_display()} to {touch.prospect}: {touch.state.replace('_', ' ')}.")

    def _list(self) -> None:
        found = Touch.objects.filter(state="uncertain").select_related("prospect", "sender").order_by("gate_at")
        for touch in found:
            looks = (
                "waits for a person" if touch.look_at is None else f"looked for again at {touch.look_at:%d %b %H:%M}"
            )
            self.stdout.write(
                f"{touch.pk}  {touch.get_kind_display()} by {touch.sender} to {touch.prospect}, "
                f"{touch.gate_at:%d %b %H:%M} UTC, {looks}"
            )
        if not found:
            self.stdout.write("Nothing is in doubt.")
