"""Records become rows about people, or problems."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from prospects.files import cells, dates, names, urls
from prospects.files.mapping import CUSTOM_NAME_LENGTH, Field, Kind, Mapping, normalise
from prospects.files.reading import Sheet
from prospects.files.rows import CUSTOM_LENGTH, LENGTHS, RAW_LENGTH, Corrections, Problem, Reason, Row

_NO_CELL: Final = ""
_KEYS: Final = (Field.LINKEDIN_URL, Field.EMAIL, Field.SALES_NAV_URL, Field.MEMBER_ID)


def parse(sheet: Sheet, mapping: Mapping, corrections: Corrections | None = None) -> Iterator[Row | Problem]:
    """Every record of the sheet in order, as a row or a problem. Streams; the same input gives the same output."""
    width = len(sheet.headers)
    headers = [normalise(header) for header in sheet.headers]
    for line, cells_of_line in sheet.records():
        record = cells_of_line
        if corrections and line in corrections:
            record = _corrected(record, corrections[line])
        if len(record) > width and any(cell.strip() for cell in record[width:]):
            yield Problem(
                line,
                f"This row has {len(record):,} cells and the header names {width}: "
                "put text that contains the delimiter into double quotes.",
                _raw(record),
                Reason.SHIFTED,
            )
        elif record[0] in sheet.headers and [normalise(cell) for cell in record[:width]] == headers:
            yield Problem(line, "This row repeats the header.", _raw(record), Reason.REPEATED_HEADER)
        else:
            yield _Reader(line, record, sheet.headers, mapping).row()


class _Reader:
    """One record while it is being read: its cells, what was understood, what to warn about."""

    __slots__ = ("custom", "headers", "line", "mapping", "record", "warnings")

    def __init__(self, line: int, record: list[str], headers: tuple[str, ...], mapping: Mapping) -> None:
        self.line = line
        self.record = record
        self.headers = headers
        self.mapping = mapping
        self.warnings: list[str] = []
        self.custom: dict[str, str] = {}

    def row(self) -> Row | Problem:
        first, last = self._name()
        if not first and not last:
            return Problem(
                self.line,
                "Skipped: no name. LinkedIn leaves out the names of closed and hidden accounts.",
                _raw(self.record),
                Reason.NO_NAME,
                self._place(Field.FIRST_NAME, Field.FULL_NAME, Field.LAST_NAME),
            )
        self._keep_custom()
        slug, url, member_id, sales_url = self._addresses()
        degree = self._read(Field.DEGREE, self._degree)
        if degree is None and self.mapping.kind is Kind.LINKEDIN_CONNECTIONS:
            degree = 1
        email = self._email()
        unknowable = not (slug or member_id or email)
        return Row(
            line=self.line,
            first_name=self._cut(Field.FIRST_NAME, first),
            last_name=self._cut(Field.LAST_NAME, last),
            company=self._cut(Field.COMPANY, self._first(Field.COMPANY)),
            title=self._cut(Field.TITLE, self._first(Field.TITLE)),
            email=email,
            slug=slug,
            linkedin_url=url,
            member_id=member_id,
            sales_nav_url=sales_url,
            degree=degree,
            open_profile=self._read(Field.OPEN_PROFILE, self._boolean),
            premium=self._read(Field.PREMIUM, self._boolean),
            connected_on=self._read(Field.CONNECTED_ON, self._day),
            phone=self._cut(Field.PHONE, self._read(Field.PHONE, self._phone) or ""),
            location=self._cut(Field.LOCATION, self._first(Field.LOCATION)),
            employees=self._read(Field.EMPLOYEES, cells.employees),
            custom=self.custom,
            warnings=tuple(self.warnings),
            raw=_raw(self.record) if unknowable else (),
            place=self._place(*_KEYS) if unknowable else None,
        )

    def _place(self, *fields: Field) -> int | None:
        """The preferred column of the first of these fields that the file has."""
        return next((self.mapping.columns[one][0] for one in fields if self.mapping.columns.get(one)), None)

    def _cell(self, column: int) -> str:
        return cells.clean(self.record[column]) if column < len(self.record) else _NO_CELL

    def _values(self, field: Field) -> Sequence[tuple[int, str]]:
        """The filled-in cells of a field with their columns, the preferred one first."""
        columns = self.mapping.columns.get(field)
        return [(column, value) for column in columns if (value := self._cell(column))] if columns else ()

    def _first(self, field: Field) -> str:
        """The preferred filled-in cell of a field; other cells of that field that say something else become custom."""
        chosen = ""
        for column, value in self._values(field):
            if not chosen:
                chosen = value
            elif value != chosen:
                self._keep(self._header(column), value)
        return chosen

    def _name(self) -> tuple[str, str]:
        first = self._name_in(Field.FIRST_NAME)
        last = self._name_in(Field.LAST_NAME)
        full = self._name_in(Field.FULL_NAME)
        if not names.is_name(f"{first} {last}".strip()):
            first = last = ""
        columns = self.mapping.columns
        alone = Field.LAST_NAME not in columns and Field.FULL_NAME not in columns
        return names.complete(first, last, full, first_alone=alone)

    def _name_in(self, field: Field) -> str:
        for _, value in self._values(field):
            if names.is_name(value):
                return value
        return ""

    def _addresses(self) -> tuple[str, str, str, str]:
        """Slug, profile address, member id and Sales Navigator address, from every column that may hold one."""
        slug = url = member_id = sales_url = ""
        for kind in (Field.MEMBER_ID, Field.LINKEDIN_URL, Field.SALES_NAV_URL):
            for column, value in self._values(kind):
                if kind is Field.MEMBER_ID and "/" not in value and ":" not in value:
                    if bare := urls.member_id_of(value):
                        member_id = member_id or bare
                    else:
                        self._keep(self._header(column), value)
                    continue
                try:
                    address = urls.understand(value)
                except urls.NotAProfile as refusal:
                    self._warn(f"Address {_short(value)} left out: {refusal.sentence}")
                    if value[:4].lower() == "http":
                        self._keep(self._header(column), value)
                    continue
                member_id = member_id or address.member_id
                if address.sales:
                    sales_url = sales_url or address.url
                elif address.slug:
                    slug, url = (slug, url) if slug else (address.slug, address.url)
                else:
                    url = url or address.url
                    if address.legacy:
                        self._warn(f"Address {_short(value)} is of an old kind: look up the profile's present address.")
        if not sales_url and (found := self._sales_address_elsewhere()):
            sales_url, member_id = found.url, member_id or found.member_id
        return slug, url, member_id, sales_url

    def _sales_address_elsewhere(self) -> urls.Address | None:
        """A Sales Navigator address in a column of another meaning."""
        for name, value in self.custom.items():
            if "/sales/lead/" in value or "/sales/people/" in value:
                try:
                    address = urls.understand(value)
                except urls.NotAProfile:
                    continue
                del self.custom[name]
                return address
        return None

    def _email(self) -> str:
        status = ""
        for column, status in self._values(Field.EMAIL_STATUS):
            self._keep(self._header(column), status)
        value = self._first(Field.EMAIL)
        if not value:
            return ""
        if status and cells.fold(status) not in ("verified", "valid"):
            # A guessed address bounces, and bounces cost the mailbox its reputation.
            self._warn(f"E-mail left out: its status is {_short(status)}, not Verified.")
            return ""
        if found := cells.email(value):
            return found
        if several := cells.emails(value):
            self._warn(f"E-mail {_short(value)} holds more than one address: {several[0]} is used.")
            return several[0]
        self._warn(f"E-mail {_short(value)} is not a valid address and was left out.")
        return ""

    def _read[T](self, field: Field, reader: Callable[[str], T | None]) -> T | None:
        """The first cell of a field that the reader understands; a warning for what it does not."""
        for column, value in self._values(field):
            if field is Field.EMPLOYEES:
                # A range says more than the number that is taken from it.
                self._keep(self._header(column), value)
            if (found := reader(value)) is not None:
                return found
        return None

    def _boolean(self, value: str) -> bool | None:
        found = cells.boolean(value)
        if found is None:
            self._warn(f"{_short(value)} is neither yes nor no and counts as unknown.")
        return found

    def _degree(self, value: str) -> int | None:
        found = cells.degree(value)
        if found is None and not cells.has_no_degree(value):
            self._warn(f"Degree {_short(value)} was not understood: write 1, 2 or 3.")
        return found

    def _day(self, value: str) -> date | None:
        found = dates.day(value)
        if found is None or found < dates.EARLIEST:
            self._warn(f"Date {_short(value)} was not understood or can be read in two ways: write it as 2026-05-04.")
            return None
        return found

    def _phone(self, value: str) -> str | None:
        found = cells.phone(value)
        if found is None:
            self._warn(f"Phone {_short(value)} has too few digits and was left out.")
        return found

    def _keep_custom(self) -> None:
        for column, name in self.mapping.custom.items():
            if column < len(self.record) and (raw := self.record[column]) and (value := cells.clean_lines(raw)):
                self._keep(name, value)

    def _keep(self, name: str, value: str) -> None:
        if len(value) > CUSTOM_LENGTH:
            self._warn(f"{name} was cut at {CUSTOM_LENGTH:,} of {len(value):,} characters.")
            value = value[:CUSTOM_LENGTH].rstrip()
        self.custom.setdefault(name, value)

    def _cut(self, field: Field, value: str) -> str:
        longest = LENGTHS[field]
        if len(value) <= longest:
            return value
        self._warn(f"{field.value.replace('_', ' ').capitalize()} was cut at {longest} of {len(value):,} characters.")
        return value[:longest].rstrip()

    def _header(self, column: int) -> str:
        return self.headers[column][:CUSTOM_NAME_LENGTH] or f"Column {column + 1}"

    def _warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


def _short(value: str) -> str:
    return f"“{value if len(value) <= 60 else value[:59] + '…'}”"


def _raw(record: list[str]) -> tuple[str, ...]:
    return tuple(cells.clean_lines(cell[:RAW_LENGTH]) for cell in record[:300])


def _corrected(record: list[str], better: dict[int, str]) -> list[str]:
    record = [*record, *[_NO_CELL] * (max(better) + 1 - len(record))]
    for place, value in better.items():
        record[place] = value
    return record
