"""Three files of prospects to try Parley with: what LinkedIn, Sales Navigator and a regional Excel write, as messy as
real ones. Everybody in them is invented."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    words: str


FILES: Final = (
    Sample("connections.csv", "LinkedIn’s own export of connections, with its notes above the header"),
    Sample("sales-navigator.csv", "a Sales Navigator export, with tiers and Open Profiles in it"),
    Sample("sales-navigator-semicolon.csv", "the same from a German Excel: semicolons, Windows-1252"),
)
