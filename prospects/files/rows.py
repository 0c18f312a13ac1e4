"""What a record of a file becomes: a row about a person, or a problem that says in one sentence why it was left out."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from prospects.files.mapping import Field

LENGTHS: Final[dict[Field, int]] = {
    Field.FIRST_NAME: 100,
    Field.LAST_NAME: 100,
    Field.COMPANY: 200,
    Field.TITLE: 300,
    Field.PHONE: 50,
    Field.LOCATION: 200,
}
"""The longest value of each text field, in characters; more is cut, with a warning."""

CUSTOM_LENGTH: Final = 2_000
RAW_LENGTH: Final = 500


class Reason(StrEnum):
    """Why a record is no row; counts are kept by it."""

    NO_NAME = "no_name"
    SHIFTED = "shifted"
    REPEATED_HEADER = "repeated_header"


@dataclass(frozen=True, slots=True)
class Row:
    """One person as a file describes them. Empty text and None mean unknown.

    line: where the record begins in the file. degree and connected_on hold for the importing person's sender only.
    employees: size of the company, of a range the lower end. warnings: sentences about values left out or cut.
    raw, place: of somebody without any key only, as in Problem.
    """

    line: int
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    title: str = ""
    email: str = ""
    slug: str = ""
    linkedin_url: str = ""
    member_id: str = ""
    sales_nav_url: str = ""
    degree: int | None = None
    open_profile: bool | None = None
    premium: bool | None = None
    connected_on: date | None = None
    phone: str = ""
    location: str = ""
    employees: int | None = None
    custom: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that cannot be imported. raw: its cells, cut at RAW_LENGTH characters, for the list of failed rows.
    place: number of the column, from 0, where a better cell would help."""

    line: int
    sentence: str
    raw: tuple[str, ...]
    reason: Reason
    place: int | None = None


type Corrections = dict[int, dict[int, str]]
"""Line → column number from 0 → what a person put there instead."""
