"""What one import remembers from its first row to its last."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.models import Member
from prospects.imports.people import Claim

type Changed = Callable[[list[int], datetime], None]
"""Told, in the transaction of the change, whose facts changed: whoever plans decides for them again."""


def nobody(prospects: list[int], now: datetime) -> None:
    """Nobody plans with these facts."""


@dataclass(slots=True)
class Journey:
    """Who imports what for whom. claims: person → the row that was about them; sizes: company → employees, as this
    file said. audience: the list that everybody taken joins. holder: the worker at it, None for a command that does it
    all at once. told: reads the clock anew, for the sign of life that each batch gives."""

    workspace: int
    by: Member
    upload: int
    headers: tuple[str, ...]
    now: datetime
    sender: int | None = None
    audience: int | None = None
    changed: Changed = nobody
    holder: UUID | None = None
    told: Callable[[], datetime] | None = None
    claims: dict[int, Claim] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
