"""What a workspace holds of prospects: how many, in which audiences and campaigns."""

from dataclasses import dataclass

from accounts.models import Member
from campaigns.building.selections import Selection
from campaigns.running.database import Row, together


@dataclass(frozen=True, slots=True)
class Whole:
    """What the workspace holds: people, those who may not be contacted, its newest audiences with their sizes, and the
    campaigns one can look for."""

    people: int
    suppressed: int
    audiences: list[Row]
    campaigns: list[Row]


def whole(member: Member, selection: Selection) -> Whole:
    """What stands around the list. The chosen audience is among the tabs however old it is."""
    workspace = member.workspace_id
    [people], audiences, campaigns = together(
        (
            "SELECT count(*) AS n, count(suppressed_at) AS suppressed FROM prospects_prospect WHERE workspace_id = %s",
            (workspace,),
        ),
        (
            "SELECT a.id, a.name, (SELECT count(*) FROM prospects_audiencemember m WHERE m.audience_id = a.id AND "
            "m.workspace_id = a.workspace_id) AS n FROM prospects_audience a WHERE a.workspace_id = %(workspace)s AND "
            "(a.id = %(chosen)s OR a.id IN (SELECT id FROM prospects_audience WHERE workspace_id = %(workspace)s ORDER "
            "BY id DESC LIMIT 6)) ORDER BY a.id DESC",
            {"workspace": workspace, "chosen": int(selection.audience or 0)},
        ),
        (
            "SELECT id, name, state FROM campaigns_campaign WHERE workspace_id = %(workspace)s AND "
            "(state <> 'archived' OR id = %(chosen)s) ORDER BY id = %(chosen)s DESC, id DESC LIMIT 100",
            {"workspace": workspace, "chosen": int(selection.campaign or 0)},
        ),
    )
    return Whole(people["n"], people["suppressed"], audiences, campaigns)
