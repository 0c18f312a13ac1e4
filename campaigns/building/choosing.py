"""Whom a campaign can approach: the people of an audience or a tier, and why the others were left out."""

from dataclasses import dataclass

from django.db.models import Q

from prospects.models import Audience, Prospect

SUPPRESSED = "must not be contacted"
REPLIED = "have answered before"
NO_PROFILE = "have no LinkedIn profile address"


class NoSuchAudience(Exception):
    """There is no audience of this name. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Ids of prospects in order, and how many were left out for what reason."""

    people: list[int]
    left_out: dict[str, int]


def choose(*, audience: str | None = None, tier: int | None = None) -> Chosen:
    """Everybody in the workspace, or in its audience of that name, or of that tier, who can be approached. In the
    workspace's scope. Raises NoSuchAudience."""
    wanted = Prospect.objects.all()
    if audience is not None:
        found = Audience.objects.filter(name__iexact=audience.strip()).first()
        if found is None:
            names = ", ".join(Audience.objects.order_by("name").values_list("name", flat=True)[:20])
            raise NoSuchAudience(
                f"There is no audience {audience!r}: {f'choose one of {names}' if names else 'none yet'}."
            )
        wanted = wanted.filter(pk__in=found.members.values("prospect"))
    if tier is not None:
        wanted = wanted.filter(tier=tier)
    left_out: dict[str, int] = {}
    for reason, those in (
        (SUPPRESSED, Q(suppressed_at__isnull=False)),
        (REPLIED, Q(replied_at__isnull=False)),
        (NO_PROFILE, Q(slug="", member_id="")),
    ):
        if some := wanted.filter(those).count():
            left_out[reason] = some
        wanted = wanted.exclude(those)
    return Chosen(list(wanted.order_by("pk").values_list("pk", flat=True)), left_out)
