"""Whom a campaign can approach: the people of an audience or a tier, and why the others were left out."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from prospects.models import Audience, Prospect

SUPPRESSED = "must not be contacted"
REPLIED = "have answered before"
NO_PROFILE = "have no LinkedIn profile address"

_LEFT_OUT: tuple[tuple[str, dict[str, Any]], ...] = (
    (SUPPRESSED, {"suppressed_at__isnull": False}),
    (REPLIED, {"replied_at__isnull": False}),
    (NO_PROFILE, {"slug": "", "member_id": ""}),
)
"""Who is left out, in the order in which the reasons are counted: each person once."""


class NoSuchAudience(Exception):
    """There is no audience of this name. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Ids of prospects in order, and how many were left out for what reason."""

    people: list[int]
    left_out: dict[str, int]

    @property
    def total(self) -> int:
        return len(self.people) + sum(self.left_out.values())


def choose(
    *, audience: Audience | str | None = None, tier: int | None = None, among: Collection[int] | None = None
) -> Chosen:
    """Everybody in the workspace, or in its audience of that name, or of that tier, or `among` these ids, who can be
    approached. In the workspace's scope. Raises NoSuchAudience."""
    wanted = Prospect.objects.all()
    if isinstance(audience, str):
        audience = _named(audience)
    if audience is not None:
        wanted = wanted.filter(pk__in=audience.members.values("prospect"))
    if tier is not None:
        wanted = wanted.filter(tier=tier)
    if among is not None:
        wanted = wanted.filter(pk__in=list(among))
    left_out: dict[str, int] = {}
    for reason, those in _LEFT_OUT:
        if some := wanted.filter(**those).count():
            left_out[reason] = some
        wanted = wanted.exclude(**those)
    return Chosen(list(wanted.order_by("pk").values_list("pk", flat=True)), left_out)


def unreachable(of: str = "") -> Q:
    """Prospects that no campaign can approach, for whatever reason. `of`: how a row leads to its prospect, as in
    `prospect__`: a plain join, which stays fast where a subquery would not."""
    found = Q()
    for _, those in _LEFT_OUT:
        found |= Q(**{f"{of}{name}": value for name, value in those.items()})
    return found


def _named(name: str) -> Audience:
    found = Audience.objects.filter(name__iexact=name.strip()).first()
    if found is None:
        names = ", ".join(Audience.objects.order_by("name").values_list("name", flat=True)[:20])
        raise NoSuchAudience(f"There is no audience {name!r}: {f'choose one of {names}' if names else 'none yet'}.")
    return found
