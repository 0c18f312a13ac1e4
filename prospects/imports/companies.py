"""Employers by name, upper and lower case alike, and how many people they employ.

Within one file the first row that names a company's size decides: otherwise two rows would undo each other for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from prospects.files.rows import Row
from prospects.files.titles import ENTERPRISE
from prospects.models import Company

_LARGEST: Final = 2_147_483_647


@dataclass(slots=True)
class Companies:
    """The companies of one batch. Names are compared as the database writes them in lower case (`keys`).

    sizes: what this file says of any company so far. named: what it says for the first time in this batch.
    """

    keys: dict[str, str]
    stored: dict[str, tuple[int, int | None]]
    sizes: dict[str, int]
    named: dict[str, int] = field(default_factory=dict)

    def name_size(self, row: Row) -> bool:
        """Take the size that the row names; True when it is news."""
        key = self.keys.get(row.company, "")
        if not key or row.employees is None or key in self.sizes or key in self.named:
            return False
        self.named[key] = min(row.employees, _LARGEST)
        return self.named[key] != self._stored_size(key)

    def size(self, key: str, known: int | None = None) -> int | None:
        """How many people the company employs; `known`: what the database said of one that no row names."""
        told = self.named.get(key, self.sizes.get(key))
        return told if told is not None else self._stored_size(key) if key in self.stored else known

    def news(self) -> dict[str, int]:
        """The sizes of this batch that differ from what is stored."""
        return {key: size for key, size in self.named.items() if size != self._stored_size(key)}

    def crossing(self) -> dict[str, bool]:
        """The companies that became an enterprise in this batch (True), and those that no longer count as one."""
        return {
            key: size >= ENTERPRISE
            for key, size in self.news().items()
            if (size >= ENTERPRISE) != ((self._stored_size(key) or 0) >= ENTERPRISE)
        }

    def _stored_size(self, key: str) -> int | None:
        return self.stored[key][1] if key in self.stored else None


def find(workspace: int, rows: Iterable[Row], sizes: dict[str, int], *, lock: bool) -> Companies:
    """The companies that these rows name; locked until the transaction ends."""
    names = sorted({row.company for row in rows if row.company})
    if not names:
        return Companies({}, {}, sizes)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, lower(name) FROM unnest(%s::text[]) AS given(name)", [names])
        keys: dict[str, str] = dict(cursor.fetchall())
        cursor.execute(
            "SELECT lower(name), id, employees FROM prospects_company "
            "WHERE workspace_id = %s AND lower(name) = ANY(%s) ORDER BY id" + (" FOR NO KEY UPDATE" if lock else ""),
            [workspace, sorted(set(keys.values()))],
        )
        return Companies(keys, {key: (company, size) for key, company, size in cursor.fetchall()}, sizes)


def store(workspace: int, companies: Companies, wanted: dict[str, str]) -> dict[str, int]:
    """Make the companies that are `wanted` (key → name) and missing, write the sizes that are news. Ids by key."""
    ids = {key: company for key, (company, _) in companies.stored.items()}
    missing = [key for key in sorted(wanted) if key not in ids]
    made = Company.objects.bulk_create(
        Company(workspace_id=workspace, name=wanted[key], employees=companies.size(key)) for key in missing
    )
    ids |= {key: company.pk for key, company in zip(missing, made, strict=True)}
    changed = {key: size for key, size in companies.news().items() if key in companies.stored}
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE prospects_company c SET employees = n.employees "
                "FROM unnest(%s::bigint[], %s::int[]) AS n(id, employees) WHERE c.workspace_id = %s AND c.id = n.id",
                [[ids[key] for key in changed], list(changed.values()), workspace],
            )
    return ids
