"""./dev manage status: where everyone is and why."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Workspace
from campaigns.models import Campaign
from campaigns.running import standing
from campaigns.running.standing import Person, Seat, Standing
from outreach import clock

STATES = ("active", "waiting", "held", "stopped", "finished")


class Command(BaseCommand):
    help = "Where everyone is and why: people by state, senders with their limits, causes, and people one by one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", metavar="SLUG", help="only this workspace")
        parser.add_argument("--campaign", metavar="NAME", default="", help="only the people of this campaign")
        parser.add_argument("--person", metavar="TEXT", default="", help="only people whose name holds this text")
        parser.add_argument("--limit", metavar="N", type=int, default=30, help="most people to list (30)")
        parser.add_argument("--json", action="store_true", help="everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 0:
            raise CommandError("--limit is the most people to list: give 0 or more.", returncode=2)
        workspaces = _workspaces(options["workspace"], options["campaign"])
        now = clock.now()
        found = [
            (
                workspace,
                standing.of(
                    workspace.pk,
                    now,
                    campaign=options["campaign"],
                    person=options["person"],
                    limit=options["limit"],
                ),
            )
            for workspace in workspaces
        ]
        if options["json"]:
            told = [{"workspace": workspace.slug, **standing.as_dict(one)} for workspace, one in found]
            self.stdout.write(json.dumps(told, indent=2))
            return
        for workspace, one in found:
            self.stdout.write("\n".join(lines(workspace.name, one)))
        if not found:
            self.stdout.write("There is no workspace yet.")


def _workspaces(slug: str | None, campaign: str) -> list[Workspace]:
    found = list(Workspace.objects.order_by("slug"))
    if slug is not None:
        chosen = [workspace for workspace in found if workspace.slug == slug]
        if not chosen:
            there = ", ".join(workspace.slug for workspace in found[:10]) or "none yet"
            raise CommandError(f"There is no workspace {slug!r}: there are {there}.", returncode=2)
        found = chosen
    if campaign:
        every = Campaign.objects.with_scopes_disabled().filter(workspace__in=found)
        named = set(every.filter(name=campaign).values_list("workspace_id", flat=True))
        if not named:
            there = ", ".join(every.order_by("name").values_list("name", flat=True)[:10]) or "none yet"
            raise CommandError(f"There is no campaign {campaign!r}: there are {there}.", returncode=2)
        found = [workspace for workspace in found if workspace.pk in named]
    return found


def lines(name: str, one: Standing) -> list[str]:
    """The standing of a workspace for a person to read; times in UTC."""
    people = ", ".join(f"{one.states[state]:,} {state}" for state in STATES if state in one.states) or "nobody enrolled"
    said = [f"{name} at {one.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {people}", "", "Senders"]
    for seat in one.seats:
        said += _seat(seat, one.at)
    said += ["", "Why not yet"]
    for blocker in one.blockers:
        when = span(blocker.first, blocker.last, one.at)
        said.append(f"  {blocker.people:6,}  {blocker.words}; {when}; lifted by {blocker.lifted_by.value}")
    if not one.blockers:
        said.append("  Nobody waits.")
    said += ["", f"People ({len(one.people):,} of {one.found:,})"]
    said += [_person(person, one.at) for person in one.people]
    return [*said, ""]


def _seat(seat: Seat, now: datetime) -> list[str]:
    said = [f"  {seat.name}: {seat.state}" + (f", {seat.reason}" if seat.reason else "")]
    for room in seat.rooms:
        uses = ", ".join(f"{used} of {cap} {_window(window)}" for window, used, cap in room.uses)
        if room.opens_at is None:
            opens = f"closed: {room.cause}"
        elif room.opens_at <= now:
            opens = "open now"
        else:
            opens = f"opens {moment(room.opens_at, now)}: {room.cause}"
        said.append(f"    {room.budget.value:14} {uses}; {opens}")
    for row in seat.credits:
        blocked = f"; blocked: {row['blocked']}" if row["blocked"] else ""
        said.append(
            f"    {'credits':14} {row['available']} available, {row['reserved']} reserved, {row['held']} held for "
            f"tier 3, cap {row['cap']} ({row['product']}){blocked}"
        )
    return said


def _window(window: str) -> str:
    return {"month": "this month", "now": "pending"}.get(window, f"in {window}")


def _person(person: Person, now: datetime) -> str:
    last = "no touch yet"
    if person.last_kind:
        at = f" {moment(person.last_at, now)}" if person.last_at else ""
        answered = f", {person.response}" if person.response else ""
        last = f"last: {person.last_kind} {person.last_state}{at}{answered}"
    said = f"  {person.name}: {person.campaign}, {person.sender}, {person.state}"
    if person.reason:
        said += f" ({person.reason})"
    said += f"; {last}"
    if (reason := person.why) is not None:
        said += f"; next: {person.next}" if person.next else ""
        place = f" at place {reason.position}" if reason.position and reason.position > 1 else ""
        said += f"; {reason.words}{place}; {span(reason.until, reason.until_latest, now)}"
    return said


def span(first: datetime | None, last: datetime | None, now: datetime) -> str:
    """From when to when: one instant when they are the same, and what there is when one is open."""
    if first is None:
        return "not by time alone"
    if last is None:
        return f"from {moment(first, now)}"
    start, end = moment(first, now), moment(last, now)
    return start if start == end else f"{start} to {end}"


def moment(at: datetime, now: datetime) -> str:
    """`now`, the clock today, else the date with it; in UTC."""
    if at <= now and now - at < timedelta(minutes=1):
        return "now"
    at = at.astimezone(UTC)
    return f"{at:%H:%M}" if at.date() == now.astimezone(UTC).date() else f"{at:%Y-%m-%d %H:%M}"
