"""People of the simulator as the files that users have: LinkedIn's own Connections.csv, a Sales Navigator export."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

Person = dict[str, Any]
"""One of /sim/people: slug, provider_id, first_name, last_name, title, company, open_profile …"""

_NOTES = (
    "Notes:\r\n"
    '"When exporting your connection data, you may notice that some of the email addresses are missing."\r\n\r\n'
)
_CONNECTIONS = ("First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On")
_SALES: tuple[str, ...]
_SALES = ("profileUrl", "fullName", "firstName", "lastName", "companyName", "title", "connectionDegree", "isOpenLink")
_SALES += ("defaultProfileUrl", "companyEmployeeCount")


def connections_csv(people: Iterable[Person], now: datetime, *, messy: bool = False) -> bytes:
    """LinkedIn's own Connections.csv: a BOM, notes above the header, CRLF, most e-mail cells empty. `messy`: with the
    closed accounts, repeated people and odd spellings of a real one."""
    lines = [_connection(person, now - timedelta(days=11 * number)) for number, person in enumerate(people)]
    if messy:
        lines = _mess(lines, url=2, closed=["", "", "", "", "", "", f"{now:%d %b %Y}"])
    return b"\xef\xbb\xbf" + _NOTES.encode() + _write(_CONNECTIONS, lines)


def sales_navigator_csv(people: Iterable[Person], *, messy: bool = False) -> bytes:
    """A Sales Navigator search export, in the columns that a common exporter writes. `messy`: as above."""
    lines = [_lead(person) for person in people]
    if messy:
        lines = _mess(lines, url=8, closed=[""] * len(_SALES))
    return _write(_SALES, lines)


def _connection(person: Person, on: datetime) -> list[str]:
    url = f"https://www.linkedin.com/in/{person['slug']}"
    name = [person["first_name"], person["last_name"]]
    return [*name, url, "", person["company"], person["title"], f"{on:%d %b %Y}"]


def _lead(person: Person) -> list[str]:
    return [
        f"https://www.linkedin.com/sales/lead/{person['provider_id']},NAME_SEARCH,x1",
        f"{person['first_name']} {person['last_name']}",
        person["first_name"],
        person["last_name"],
        person["company"],
        person["title"],
        "2nd",
        {True: "true", False: "false", None: ""}[person.get("open_profile")],
        f"https://www.linkedin.com/in/{person['slug']}?trk=search",
        str(person.get("employees", "")),
    ]


def _mess(lines: Sequence[list[str]], *, url: int, closed: list[str]) -> list[list[str]]:
    """The same people as real files have them: other spellings of addresses, stray blanks, quotes, a closed account, an
    empty line, and every tenth person once more."""
    messy: list[list[str]] = []
    for number, line in enumerate(lines):
        line = list(line)
        match number % 10:
            case 1:
                line[url] = line[url].replace("https://www.", "http://se.") + "/"
            case 2:
                line[0], line[1] = f" {line[0]} ", f"{line[1]}\u200b"
            case 4:
                line[url] = line[url].replace("https://www.linkedin.com/in/", "linkedin.com/in/").upper()
            case 5:
                line[5] = f'{line[5]}, "{line[4]}" & more'
            case 7:
                messy += [list(closed), []]
            case 9:
                messy.append(list(lines[number - 9]))
        messy.append(line)
    return messy


def _write(header: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *lines])
    return out.getvalue().encode()
