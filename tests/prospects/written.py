"""Files as people export them, written from dictionaries."""

import csv
import io

from prospects.models import Import

SLUG = "https://www.linkedin.com/in/"
COUNTS = ("new", "updated", "unchanged", "duplicates", "invalid", "suppressed")


def csv_of(*people: dict[str, object]) -> bytes:
    """A generic list; keys are headers. Everybody is called Ingrid Solheim unless their row says otherwise."""
    people = tuple({"First Name": "Ingrid", "Last Name": "Solheim"} | person for person in people)
    headers = list(dict.fromkeys(header for person in people for header in person))
    text = io.StringIO()
    writer = csv.DictWriter(text, headers)
    writer.writeheader()
    writer.writerows(people)
    return text.getvalue().encode()


def connections(*people: tuple[str, str, str, str]) -> bytes:
    """LinkedIn's own export; each person: slug, e-mail, position, connected on."""
    lines = [f"Ann,Example,{SLUG}{slug},{email},Acme,{title},{on}" for slug, email, title, on in people]
    return "\r\n".join(["First Name,Last Name,URL,Email Address,Company,Position,Connected On", *lines, ""]).encode()


def counts(upload: Import) -> dict[str, int]:
    """What an import counted, zeros left out."""
    return {name: number for name in COUNTS if (number := getattr(upload, name))}
