"""./dev manage import FILE --workspace tidewell --by bob@example.com [--sender NAME] [--audience NAME] [--dry-run]"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scope

from accounts.models import Member, Sender, Workspace
from campaigns.running import planning
from outreach import clock
from prospects.files.mapping import Kind
from prospects.files.reading import UnreadableFile
from prospects.imports import ImportRefused, apply, check
from prospects.imports.batches import Verdict
from prospects.imports.writing import COUNTED
from prospects.models import Import

SHOWN = 5
"""Problems that are printed; all of them are kept with the import."""

_KINDS = {
    Kind.LINKEDIN_CONNECTIONS: "LinkedIn connections",
    Kind.SALES_NAVIGATOR: "Sales Navigator export",
    Kind.GENERIC: "list of people",
}


class Command(BaseCommand):
    help = "Import a CSV file of prospects: LinkedIn's Connections.csv, a Sales Navigator export or any list of people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, help="short name of the workspace, for example tidewell")
        parser.add_argument("--by", required=True, help="e-mail address of the member who imports")
        parser.add_argument("--sender", help="whose connections and degrees the file holds")
        parser.add_argument("--audience", help="list that everybody in the file joins")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = Workspace.objects.filter(slug=options["workspace"].strip().lower()).first()
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}: give its short name, as in its address.")
        file: Path = options["file"]
        with scope(workspace=workspace):
            by = _member(workspace, options["by"])
            sender = _sender(workspace, options["sender"]) if options["sender"] else None
            try:
                if options["dry_run"]:
                    upload = check(file, by=by, sender=sender, name=file.name, now=clock.now())
                else:
                    upload = apply(
                        file,
                        by=by,
                        sender=sender,
                        audience=options["audience"],
                        name=file.name,
                        now=clock.now(),
                        changed=planning.facts_changed,
                    )
            except ImportRefused as refusal:
                hint = "" if sender or "name the sender" not in refusal.sentence else " (--sender NAME)"
                raise CommandError(refusal.sentence.removesuffix(".") + hint + ".") from None
            except UnreadableFile as refusal:
                raise CommandError(refusal.sentence) from None
            self.stdout.write(_as_json(upload) if options["json"] else _as_table(upload))


def _member(workspace: Workspace, email: str) -> Member:
    member = (
        Member.objects.filter(workspace=workspace, user__email__iexact=email.strip()).select_related("user").first()
    )
    if member is None:
        raise CommandError(f"Nobody with the address {email} is a member of {workspace}: check --by.")
    return member


def _sender(workspace: Workspace, name: str) -> Sender:
    found = list(Sender.objects.filter(workspace=workspace, name__iexact=name.strip())[:2])
    if not found:
        names = sorted(Sender.objects.filter(workspace=workspace).values_list("name", flat=True)[:20])
        there_are = f"choose one of {', '.join(names)}" if names else "add one first"
        raise CommandError(f"There is no sender {name} in {workspace}: {there_are}.")
    if len(found) > 1:
        raise CommandError(f"There are several senders {name} in {workspace}: give one of them another name first.")
    return found[0]


def _as_json(upload: Import) -> str:
    counts = {column: getattr(upload, column) for column in COUNTED.values()}
    return json.dumps({"import": upload.pk, "state": upload.state, "kind": upload.kind} | counts)


def _as_table(upload: Import) -> str:
    of_sender = f" of {upload.sender}" if upload.sender else ""
    lines = [f"{upload.name}: {_KINDS[Kind(upload.kind)]}{of_sender}"]
    problems = upload.rows.filter(workspace=upload.workspace_id, verdict=Verdict.INVALID).order_by("line", "pk")
    for column in COUNTED.values():
        lines.append(f"  {column:<11}{getattr(upload, column):>8,}")
        if column == "invalid":
            lines += [f"    line {row.line:,}: {row.problem}" for row in problems[:SHOWN]]
            if upload.invalid > SHOWN:
                lines.append(f"    and {upload.invalid - SHOWN:,} more")
    if upload.audience:
        lines.append(f"  all of them are in the audience {upload.audience}")
    if upload.state == "checked":
        lines.append("  nothing was changed: this was a dry run")
    return "\n".join(lines)
