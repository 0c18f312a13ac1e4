"""`./dev soak`: the time-lapse for so many minutes with real workers while everything goes wrong."""

import json
import tempfile
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Workspace
from campaigns.building import sample
from campaigns.timelapse import cast, soaking
from campaigns.timelapse.driver import Stuck
from campaigns.timelapse.mischief import PATIENCE_S
from campaigns.timelapse.outside import NoOutside, started
from outreach import clock

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
PEOPLE_A_MINUTE = 60
FEWEST, MOST = 40, 3000
TELL_EVERY_S = 60


class Command(BaseCommand):
    help = (
        "Play the time-lapse for so many real minutes under random faults and prove that nothing doubled or got lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "minutes", type=float, help="real minutes of faults, such as 30 or 0.5; it settles after them"
        )
        parser.add_argument(
            "--people", type=int, help=f"prospects (default {PEOPLE_A_MINUTE} a minute, at least {FEWEST})"
        )
        parser.add_argument("--seed", type=int, default=7, help="the same seed deals the same faults in the same order")
        parser.add_argument("--workers", type=int, default=2, help="Celery processes (default 2)")
        parser.add_argument("--json", action="store_true", help="print the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PARLEY_CLOCK != "virtual" or settings.HTTP_TIMEOUT_S != PATIENCE_S:
            raise CommandError("A soak needs virtual time and little patience: start it with ./dev soak MINUTES.")
        if not 0 < options["minutes"] <= 24 * 60:
            raise CommandError("MINUTES must be above 0 and at most 1440, for example 30 or 0.5.")
        if options["workers"] < 1 or (options["people"] is not None and options["people"] < 1):
            raise CommandError("--people and --workers must be at least 1.")
        if Workspace.objects.exists():
            raise CommandError("A soak needs an empty database of its own: start it with ./dev soak MINUTES.")
        try:
            found = self._run(options)
        except (NoOutside, Stuck) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else soaking.words(found))
        if any(found[name] for name in soaking.MUST_BE_0):
            raise SystemExit(1)

    def _run(self, options: dict[str, Any]) -> dict[str, Any]:
        began = self._told = time.monotonic()
        people = options["people"] or min(max(FEWEST, round(options["minutes"] * PEOPLE_A_MINUTE)), MOST)
        clock.turn_to(START)
        with tempfile.TemporaryDirectory(prefix="parley-files-") as folder, started(START) as outside:
            gathered = cast.gather(
                outside,
                people=people,
                senders=len(sample.SEATS),
                seed=options["seed"],
                now=START,
                folder=Path(folder),
            )
            soaked = soaking.run(
                outside,
                gathered,
                START,
                seconds=options["minutes"] * 60,
                workers=options["workers"],
                seed=options["seed"],
                log=Path(folder) / "workers.log",
                tell=self._tell,
            )
            seconds = time.monotonic() - began
            return soaking.compose(outside, soaked, START, seed=options["seed"], people=people, seconds=seconds)

    def _tell(self, at: datetime) -> None:
        """Once a minute, which virtual instant it is."""
        if time.monotonic() - self._told >= TELL_EVERY_S:
            self._told = time.monotonic()
            self.stderr.write(f"soak: {at:%a %d %b %Y %H:%M} UTC on the virtual clock")
