"""What becomes of some rows of a file: decided from what is stored, without writing anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from prospects import suppressions
from prospects.files.duplicates import Duplicate
from prospects.files.rows import Problem, Row
from prospects.imports import companies, people
from prospects.imports.companies import Companies
from prospects.imports.journey import Journey
from prospects.imports.merging import decides_otherwise, merge
from prospects.imports.people import Claim, Known, Person

type Record = Row | Duplicate | Problem

NO_KEY: Final = (
    "No profile address, member id or e-mail address: this person could neither be reached nor recognised again."
)
_BY: Final = {"member_id": "member id", "slug": "profile address", "email": "e-mail address"}


class Verdict(StrEnum):
    """What became of a record; each has its count. WARNING: the row was taken, a value of it was not."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    INVALID = "invalid"
    SUPPRESSED = "suppressed"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Remark:
    """What to tell about one line. `raw`: its cells by header, for records that can be corrected; `place`: the column
    where."""

    line: int
    verdict: Verdict
    sentence: str
    raw: dict[str, str] = field(default_factory=dict)
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """One row that was taken: the person before (id 0: nobody) and after."""

    row: Row
    before: Person
    after: Person

    @property
    def decides_otherwise(self) -> bool:
        return bool(self.before.id) and decides_otherwise(self.before, self.after)


@dataclass(slots=True)
class Batch:
    """The outcome for some records, `size` of them. to_suppress: people known under a key that must not be
    contacted."""

    companies: Companies
    taken: list[Taken] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    claims: dict[int, Claim] = field(default_factory=dict)
    to_suppress: list[int] = field(default_factory=list)
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    size: int = 0


def decide(journey: Journey, records: Iterable[Record], *, lock: bool) -> Batch:
    """Judge these records in order, against the database and the earlier rows of the file. Locks what it read if told,
    until the transaction ends: companies, then people, each by id."""
    records = list(records)
    remarks, rows = _sort_out(journey.headers, records)
    forbidden = _forbidden(journey.workspace, rows)
    welcome = [row for row in rows if row.line not in forbidden]
    employers = companies.find(journey.workspace, welcome, journey.sizes, lock=lock)
    batch = Batch(employers, remarks=remarks, size=len(records))
    known = Known(people.find(journey.workspace, journey.sender, rows, lock=lock), journey.claims)
    for row in rows:
        _judge(journey, batch, known, row, forbidden=row.line in forbidden)
    for remark in batch.remarks:
        if remark.verdict is not Verdict.WARNING:
            batch.counts[remark.verdict] += 1
    return batch


def _judge(journey: Journey, batch: Batch, known: Known, row: Row, *, forbidden: bool) -> None:
    person = known.whom(row)
    if person is not None:
        claim = known.claims.get(person.id)
        if claim is not None:
            batch.remarks.append(Remark(row.line, Verdict.DUPLICATE, f"The same known person as line {claim.line:,}."))
            return
        batch.claims[person.id] = known.claims[person.id] = Claim(row.line, row.slug, row.member_id, row.email)
    if forbidden or (person is not None and person.suppressed):
        # Nothing of the row is kept, not even in the remark: it is about somebody who does not want to be known here.
        batch.remarks.append(Remark(row.line, Verdict.SUPPRESSED, "On the list of people who must not be contacted."))
        if person is not None and not person.suppressed:
            batch.to_suppress.append(person.id)
        return
    _take(journey, batch, known, row, person or Person())


def _take(journey: Journey, batch: Batch, known: Known, row: Row, before: Person) -> None:
    news = batch.companies.name_size(row)
    company = batch.companies.keys.get(row.company, "")
    after = merge(
        before,
        row,
        company=company,
        employees=_employees(batch.companies, company, before, row),
        slug_is_free=known.slug_is_free(row.slug),
        of_sender=journey.sender is not None,
        now=journey.now,
    )
    batch.taken.append(Taken(row, before, after))
    if not before.id:
        batch.counts[Verdict.NEW] += 1
    else:
        batch.counts[Verdict.UPDATED if news or after != before else Verdict.UNCHANGED] += 1
    batch.remarks.extend(Remark(row.line, Verdict.WARNING, sentence) for sentence in row.warnings)
    if row.slug and after.slug != row.slug:
        batch.remarks.append(
            Remark(
                row.line, Verdict.WARNING, f"Known by another profile address ({after.slug or 'none'}), which stays."
            )
        )


def _employees(companies: Companies, company: str, before: Person, row: Row) -> int | None:
    """The size of the company that this person works for after the row."""
    if company:
        return companies.size(company)
    return companies.size(before.company, before.employees) if before.company else row.employees


def _sort_out(headers: Sequence[str], records: Iterable[Record]) -> tuple[list[Remark], list[Row]]:
    """Remarks on the records that are no person or were one before, and the rows that remain."""
    remarks: list[Remark] = []
    rows: list[Row] = []
    for record in records:
        if isinstance(record, Problem):
            cells = _by_header(headers, record.raw)
            remarks.append(Remark(record.line, Verdict.INVALID, record.sentence, cells, record.place))
        elif isinstance(record, Duplicate):
            sentence = f"The same person as line {record.of:,}, by {_BY[record.by]}."
            remarks.append(Remark(record.row.line, Verdict.DUPLICATE, sentence))
        elif not (record.slug or record.member_id or record.email):
            cells = _by_header(headers, record.raw)
            remarks.append(Remark(record.line, Verdict.INVALID, NO_KEY, cells, record.place))
            remarks.extend(Remark(record.line, Verdict.WARNING, sentence) for sentence in record.warnings)
        else:
            rows.append(record)
    return remarks, rows


def _forbidden(workspace: int, rows: Sequence[Row]) -> set[int]:
    """The lines of the rows that name an address or a profile which must not be contacted."""
    hashes = {
        row.line: suppressions.digests(workspace, email=row.email, slug=row.slug, member_id=row.member_id).values()
        for row in rows
    }
    listed = suppressions.suppressed(workspace, (one for of_row in hashes.values() for one in of_row))
    return {line for line, of_row in hashes.items() if not listed.isdisjoint(of_row)}


def _by_header(headers: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    named = [header or f"Column {column}" for column, header in enumerate(headers, 1)]
    named += [f"Column {column}" for column in range(len(named) + 1, len(cells) + 1)]
    return {name: cell for name, cell in zip(named, cells, strict=False) if cell}
