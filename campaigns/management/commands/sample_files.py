"""./dev manage sample_files --out DIR: files of prospects to import, written from the simulator's people."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from campaigns.building import exports, practice, sample
from outreach import clock

ROWS = 40
SENDER = sample.SEATS[1]


class Command(BaseCommand):
    help = (
        f"Write connections.csv (whom {SENDER.seat.name} knows) and sales-navigator.csv (others), messy as real ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="folder for the two files; made when missing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SIMULATOR_URL:
            raise CommandError("SIMULATOR_URL is not set: start Parley with ./dev up.")
        out: Path = options["out"]
        try:
            people = practice.people(settings.SIMULATOR_URL)
        except practice.OutOfReach as problem:
            raise CommandError(str(problem)) from None
        account = SENDER.seat.account
        known = [person for person in people if person["degree"].get(account) == 1][:ROWS]
        others = [person for person in people if all(degree != 1 for degree in person["degree"].values())][:ROWS]
        if not known or not others:
            raise CommandError("The simulator holds no people for the sample: run ./dev manage sample first.")
        files = {
            "connections.csv": exports.connections_csv(known, clock.now(), messy=True),
            "sales-navigator.csv": exports.sales_navigator_csv(others, messy=True),
        }
        try:
            out.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                (out / name).write_bytes(content)
        except OSError as problem:
            raise CommandError(f"Cannot write to {out} ({problem.strerror}): choose another folder.") from None
        self.stdout.write(f"{out / 'connections.csv'}: {len(known)} people whom {SENDER.seat.name} knows")
        self.stdout.write(f"{out / 'sales-navigator.csv'}: {len(others)} people whom nobody here knows")
