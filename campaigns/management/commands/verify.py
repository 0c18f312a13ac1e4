"""./dev manage verify: recompute every promise that can be recomputed."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Workspace
from campaigns.proof import BadRecord, verify

PAGE = 5_000
TIMEOUT_S = 60


class Command(BaseCommand):
    help = "Recompute every promise that can be recomputed. Exits 0 when all hold, 1 with each breach and its rows."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", metavar="SLUG", help="only this workspace")
        parser.add_argument(
            "--record",
            metavar="FILE_OR_URL",
            nargs="?",
            const="",
            help="the provider's own record of what it accepted: JSON, JSON lines, or the simulator's address "
            "(without a value: the simulator in the settings)",
        )
        parser.add_argument("--json", action="store_true", help="the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        workspaces = None if options["workspace"] is None else [_workspace(options["workspace"])]
        try:
            record = None if options["record"] is None else read_record(options["record"] or settings.SIMULATOR_URL)
            report = verify(workspaces, record)
        except BadRecord as wrong:
            raise CommandError(str(wrong), returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), indent=2))
        else:
            for check in report.checks:
                self.stdout.write(str(check))
                for breach in check.breaches:
                    self.stdout.write(f"      {breach}")
        if not report.ok:
            broken = sum(not check.ok for check in report.checks)
            raise CommandError(f"{broken} of {len(report.checks)} promises are broken.", returncode=1)


def _workspace(slug: str) -> int:
    found = Workspace.objects.filter(slug=slug).values_list("id", flat=True).first()
    if found is None:
        there = ", ".join(Workspace.objects.order_by("slug").values_list("slug", flat=True)[:10]) or "none yet"
        raise CommandError(f"There is no workspace {slug!r}: there are {there}.", returncode=2)
    return int(found)


def read_record(where: str) -> list[dict[str, Any]]:
    """The accepted acts from a file (JSON or JSON lines) or from the simulator at an address. Raises BadRecord."""
    try:
        items = _fetch(where) if urlsplit(where).scheme in ("http", "https") else _load(Path(where).read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecord(f"The record {where} cannot be read: {error}.") from None
    except httpx2.HTTPError as error:
        raise BadRecord(f"No record came from {where}: {error or type(error).__name__}.") from None
    except ValueError as error:
        raise BadRecord(f"The record {where} is neither JSON nor JSON lines: {error}.") from None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadRecord(f"The record {where} is no list of acts: give what /sim/accepted answers.")
    return items


def _load(text: str) -> Any:
    try:
        told = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return (
        told.get("items") if isinstance(told, dict) and "items" in told else told if isinstance(told, list) else [told]
    )


def _fetch(address: str) -> list[Any]:
    url = address if address.rstrip("/").endswith("/sim/accepted") else f"{address.rstrip('/')}/sim/accepted"
    items: list[Any] = []
    with httpx2.Client(timeout=TIMEOUT_S) as client:
        while True:
            answer = client.get(url, params={"after": len(items), "limit": PAGE}).raise_for_status().json()
            if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
                raise BadRecord(f"{url} did not answer with a record: is the simulator there?")
            items += answer["items"]
            if not answer["items"] or len(items) >= answer.get("total", 0):
                return items
