"""What a proof says: checks, each with what it looked at and the breaches it found, named with their rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.running.database import rows, together

SHOWN = 10
"""Rows that are named of one breach; the others are counted."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that does not hold: the first rows that show it, as table:id, and how many there are."""

    sentence: str
    rows: tuple[str, ...]
    count: int

    def __str__(self) -> str:
        more = f" and {self.count - len(self.rows):,} more" if self.count > len(self.rows) else ""
        return f"{self.sentence} {self.count:,}: {', '.join(self.rows)}{more}"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, recomputed. `name`: group and words; `counted`: how many `noun` it looked at; `note`: how it was
    judged, where that is not plain."""

    name: str
    counted: int
    breaches: tuple[Breach, ...] = ()
    noun: str = "rows"
    note: str = ""

    @property
    def ok(self) -> bool:
        return not self.breaches

    @property
    def group(self) -> str:
        """The part of the name before its colon."""
        return self.name.partition(":")[0]

    def __str__(self) -> str:
        note = f"; {self.note}" if self.note else ""
        return f"{'ok ' if self.ok else 'NO '} {self.name} ({self.counted:,} {self.noun}{note})"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was checked."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    def count(self, group: str) -> int:
        """How many rows break the promises of a group, such as "windows"."""
        return sum(breach.count for check in self.checks if check.group == group for breach in check.breaches)

    def sentences(self) -> list[str]:
        """Each breach, with the check that found it."""
        return [f"{check.name}: {breach}" for check in self.checks for breach in check.breaches]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "ok": self.ok,
            "checks": [
                {
                    "name": check.name,
                    "ok": check.ok,
                    "counted": check.counted,
                    "noun": check.noun,
                    "note": check.note,
                    "breaches": [
                        {"sentence": breach.sentence, "count": breach.count, "rows": list(breach.rows)}
                        for breach in check.breaches
                    ],
                }
                for check in self.checks
            ],
        }


@dataclass(frozen=True, slots=True)
class Question:
    """A statement with the one column `who` (table:id …), of which every row is a breach."""

    sentence: str
    sql: str


def here(alias: str) -> str:
    """The condition that a row of this alias is of the workspaces asked about (value `workspaces`, None = all)."""
    return f"(%(workspaces)s::bigint[] IS NULL OR {alias}.workspace_id = ANY(%(workspaces)s::bigint[]))"


def ask(name: str, noun: str, counted: str, questions: Sequence[Question], values: Values, note: str = "") -> Check:
    """Ask the database. `counted`: a statement that answers with one number, `n`."""
    shown = "SELECT who, count(*) OVER () AS n FROM ({}) q ORDER BY length(who), who LIMIT {}"
    answers = together((counted, values), *((shown.format(q.sql, SHOWN), values) for q in questions))
    breaches = [
        Breach(question.sentence, tuple(row["who"] for row in found), found[0]["n"])
        for question, found in zip(questions, answers[1:], strict=True)
        if found
    ]
    return Check(name, answers[0][0]["n"], tuple(breaches), noun, note)


def named(sentence: str, who: Iterable[str]) -> tuple[Breach, ...]:
    """The breach that these rows are, or none without rows."""
    found = list(who)
    return (Breach(sentence, tuple(found[:SHOWN]), len(found)),) if found else ()


def merged(breaches: Iterable[Breach]) -> tuple[Breach, ...]:
    """Breaches of the same sentence as one."""
    found: dict[str, Breach] = {}
    for breach in breaches:
        before = found.get(breach.sentence, Breach(breach.sentence, (), 0))
        together_now = (*before.rows, *breach.rows)[:SHOWN]
        found[breach.sentence] = Breach(breach.sentence, together_now, before.count + breach.count)
    return tuple(found.values())


def number(sql: str, values: Values) -> int:
    """The one number, `n`, that a statement answers with."""
    return int(rows(sql, values)[0]["n"])
