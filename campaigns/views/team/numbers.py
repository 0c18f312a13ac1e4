"""A number of the page, and where its rows are."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from campaigns.views.team.asked import Asked


@dataclass(frozen=True, slots=True)
class Number:
    """A count, and the address of the rows it counts ("" when there are none)."""

    n: int
    url: str


def number(asked: Asked, n: int, what: str, **narrower: Any) -> Number:
    """A count with the address of its rows, which may be narrower than the page."""
    if "first" in narrower:
        narrower = narrower | {"period": "", "from": f"{narrower.pop('first')}", "to": f"{narrower.pop('last')}"}
    return Number(n, reverse("team-rows") + asked.address(what=what, **narrower) if n else "")
