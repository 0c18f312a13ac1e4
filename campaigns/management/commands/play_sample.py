"""The past of the sample workspace, played on virtual time in an empty database of its own (./dev up starts it)."""

import tempfile
import time
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import demo
from accounts.models import Workspace
from campaigns.timelapse import driver, life
from campaigns.timelapse.moments import rounded
from campaigns.timelapse.outside import NoOutside, started
from outreach import clock

SEED = 7
MINUTE = timedelta(minutes=1)
TELL_EVERY_S = 0.5


class Command(BaseCommand):
    help = "Play the sample workspace's past into an empty database of its own, up to an instant."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until", type=datetime.fromisoformat, required=True, help="the instant at which it ends")
        parser.add_argument("--state", type=Path, required=True, help="folder that keeps what the simulator knows")
        parser.add_argument("--tell", metavar="DATABASE_URL", help="database whose row says how far this is")
        parser.add_argument("--people", type=int, default=life.PEOPLE)
        parser.add_argument("--days", type=int, default=life.DAYS)
        parser.add_argument("--seed", type=int, default=SEED)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The sample workspace is for trying Parley out and is never made in production.")
        if settings.PARLEY_CLOCK != "virtual":
            raise CommandError("The sample's past is played on virtual time: ./dev up does it.")
        if Workspace.objects.exists():
            raise CommandError("The sample's past is played into an empty database: ./dev up makes one.")
        end = rounded(options["until"] - MINUTE, MINUTE)
        start = end - timedelta(days=options["days"])
        clock.turn_to(start)
        key = settings.SIMULATOR_API_KEY or "practice"
        teller = _Teller(options["tell"], start, end)
        try:
            with (
                tempfile.TemporaryDirectory(prefix="parley-files-") as folder,
                started(start, state=options["state"], key=key) as outside,
            ):
                cast, happenings = life.begin(
                    outside,
                    seed=options["seed"],
                    people=options["people"],
                    days=options["days"],
                    end=end,
                    password=demo.password(),
                    folder=Path(folder),
                )
                driver.Lapse(outside, cast, start, end, happenings, teller).run()
        except (NoOutside, driver.Stuck) as problem:
            raise CommandError(str(problem)) from problem


class _Teller:
    """Writes into the row of the database that is looked at how many percent of the days are over."""

    def __init__(self, url: str | None, start: datetime, end: datetime) -> None:
        self.connection = psycopg.connect(url, autocommit=True) if url else None
        self.start, self.end = start, end
        self.told = 0.0

    def __call__(self, at: datetime) -> None:
        if self.connection is None or time.monotonic() - self.told < TELL_EVERY_S:
            return
        self.told = time.monotonic()
        percent = min(99, int(100 * ((at - self.start) / (self.end - self.start))))
        self.connection.execute("UPDATE accounts_sample SET percent = %s WHERE state = 'playing'", (percent,))
