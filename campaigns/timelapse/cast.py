"""Who is in a time-lapse: the sample workspace, its senders, and people from files in the formats that users have."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django_scopes import scope

from accounts.models import Connection, Member, Sender, Workspace
from campaigns.building import campaigns, exports, sample
from campaigns.timelapse.outside import KEY, Outside, iso
from prospects import imports
from prospects.models import Prospect

PLAY_OF_TIER = {1: "volume", 2: "senior", 3: "ultra"}


@dataclass(frozen=True, slots=True)
class Cast:
    workspace: Workspace
    connection: Connection
    senders: list[Sender]


def gather(outside: Outside, *, people: int, senders: int, seed: int, now: datetime, folder: Path) -> Cast:
    """Found the workspace, plant the people in the simulator, import them from files, and launch a campaign per
    tier."""
    workspace = sample.found(now=now, password=None)
    connection, seats = sample.seat_all(
        workspace, base_url=outside.simulator_url, api_key=KEY, now=now, samples=sample.SEATS[:senders]
    )
    order = sample.simulator_seed(seed, people, sample.SEATS[:senders], start=iso(now))
    sample.plant(outside.simulator_url, order, anew=True)
    sample.hook(connection, outside.web_url, now=now)
    with scope(workspace=workspace):
        bob = Member.objects.get(user__email=sample.email("bob"))
        mara = Member.objects.get(user__email=sample.email("mara"))
        import_files(outside.people(), seats, by=bob, now=now, folder=folder)
        for tier, play in PLAY_OF_TIER.items():
            chosen = list(Prospect.objects.filter(tier=tier).order_by("id").values_list("id", flat=True))
            fit = [sender for sender in seats if tier == 1 or _has_inmail(sender)] or seats
            if chosen:
                campaign = campaigns.create(f"{play.title()} autumn", play, by=mara, seed=seed, now=now)
                campaigns.enroll(campaign, chosen, fit, by=mara, now=now)
                campaigns.launch(campaign, by=mara, now=now)
    return Cast(workspace, connection, seats)


def _has_inmail(sender: Sender) -> bool:
    return bool(sender.balances.filter(cap__gt=0).exists())


def import_files(
    people: list[dict[str, Any]], senders: list[Sender], *, by: Member, now: datetime, folder: Path
) -> None:
    """First-degree connections come as each sender's own export of LinkedIn, everybody else as a Sales Navigator
    export."""
    for sender in senders:
        mine = [person for person in people if person["degree"].get(sender.provider_account) == 1]
        if mine:
            path = folder / f"connections-{sender.pk}.csv"
            path.write_bytes(exports.connections_csv(mine, now))
            imports.apply(path, by=by, sender=sender, audience=None, name=path.name, now=now)
    rest = [person for person in people if all(degree != 1 for degree in person["degree"].values())]
    if not rest:
        return
    path = folder / "sales-navigator.csv"
    path.write_bytes(exports.sales_navigator_csv(rest))
    imports.apply(path, by=by, sender=None, audience=None, name=path.name, now=now)
