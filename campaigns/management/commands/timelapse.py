"""`./dev timelapse`: days of outreach in minutes, on virtual time, against the simulator."""

import json
import tempfile
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Workspace
from campaigns.building import sample
from campaigns.timelapse import cast, driver, killing, report
from campaigns.timelapse.outside import NoOutside, started
from outreach import clock

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


class Command(BaseCommand):
    help = "Play days of outreach on virtual time against the simulator and prove that every promise held."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=200, help="prospects (default 200)")
        parser.add_argument("--days", type=int, default=20, help="virtual days (default 20)")
        parser.add_argument("--senders", type=int, default=len(sample.SEATS), help=f"senders, 1 to {len(sample.SEATS)}")
        parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same run")
        parser.add_argument("--workers", type=int, default=0, help="real Celery processes instead of lock-step")
        parser.add_argument("--kill", type=int, default=0, help="how many times a worker is killed at random")
        parser.add_argument("--json", action="store_true", help="print the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PARLEY_CLOCK != "virtual":
            raise CommandError("A time-lapse needs virtual time: start it with ./dev timelapse.")
        if not 1 <= options["senders"] <= len(sample.SEATS):
            raise CommandError(f"--senders is {options['senders']}: give a number from 1 to {len(sample.SEATS)}.")
        if options["people"] < 1 or options["days"] < 1:
            raise CommandError("--people and --days must be at least 1.")
        if options["kill"] and not options["workers"]:
            raise CommandError("--kill needs --workers: in lock-step there is no worker to kill.")
        if Workspace.objects.exists():
            raise CommandError("A time-lapse needs an empty database of its own: start it with ./dev timelapse.")
        try:
            found = self._run(options)
        except (NoOutside, driver.Stuck) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else report.words(found))
        if found["verify"] or found["duplicates"] or found["breaches"]:
            raise SystemExit(1)

    def _run(self, options: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        clock.turn_to(START)
        with tempfile.TemporaryDirectory(prefix="parley-files-") as folder, started(START) as outside:
            gathered = cast.gather(
                outside,
                people=options["people"],
                senders=options["senders"],
                seed=options["seed"],
                now=START,
                folder=Path(folder),
            )
            end = START + timedelta(days=options["days"])
            killed: int | None = None
            if options["workers"]:
                killed = killing.run(
                    outside,
                    gathered,
                    START,
                    end,
                    workers=options["workers"],
                    kills=options["kill"],
                    seed=options["seed"],
                    log=Path(folder) / "workers.log",
                )
            else:
                driver.Lapse(outside, gathered, START, end).run()
            seconds = time.monotonic() - began
            return report.compose(
                outside.accepted(),
                seed=options["seed"],
                days=options["days"],
                people=options["people"],
                seconds=seconds,
                killed=killed,
            )
