"""What one import remembers from its first row to its last."""

from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Member
from prospects.imports.people import Claim


@dataclass(slots=True)
class Journey:
    """Who imports what for whom. claims: person → the row that was about them; sizes: company → employees, as this
    file said. audience: the list that everybody taken joins."""

    workspace: int
    by: Member
    upload: int
    headers: tuple[str, ...]
    now: datetime
    sender: int | None = None
    audience: int | None = None
    claims: dict[int, Claim] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
