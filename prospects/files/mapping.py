"""Which column means what: a header row becomes fields, everything unknown becomes a custom field.

Headers are compared after lower-casing and removing everything but letters and digits (accents too). The accepted names
are those of LinkedIn's Connections.csv, PhantomBuster, Pronto, Captain Data, Apollo and HubSpot exports.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Final

CUSTOM_NAME_LENGTH: Final = 100


class Kind(StrEnum):
    """Where a file most likely comes from; it decides what may be concluded from the file as a whole."""

    LINKEDIN_CONNECTIONS = "linkedin_connections"
    SALES_NAVIGATOR = "sales_navigator"
    GENERIC = "generic"


class Field(StrEnum):
    """What a column can mean."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    COMPANY = "company"
    TITLE = "title"
    EMAIL = "email"
    EMAIL_STATUS = "email_status"
    LINKEDIN_URL = "linkedin_url"
    SALES_NAV_URL = "sales_nav_url"
    MEMBER_ID = "member_id"
    DEGREE = "degree"
    OPEN_PROFILE = "open_profile"
    PREMIUM = "premium"
    CONNECTED_ON = "connected_on"
    PHONE = "phone"
    LOCATION = "location"
    EMPLOYEES = "employees"


# In order of preference: where a file has several columns for one field, the first that is filled in wins.
def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SYNONYMS: Final[dict[Field, tuple[str, ...]]] = {
    Field.FIRST_NAME: _names(
        "firstname givenname forename prospectfirstname vorname rufname prenom nombre nombres voornaam nome"
    ),
    Field.LAST_NAME: _names(
        "lastname surname familyname prospectlastname nachname familienname nomdefamille nom apellido apellidos "
        "achternaam cognome sobrenome"
    ),
    Field.FULL_NAME: _names(
        "fullname name contactname prospectfullname prospectname personname nomcomplet nombrecompleto "
        "vollstandigername volledigenaam naam nomecompleto"
    ),
    Field.COMPANY: _names(
        "company companyname organization organisation employer account accountname companycleanedname "
        "companynameforemails currentcompany unternehmen firma entreprise societe empresa bedrijf azienda"
    ),
    Field.TITLE: _names(
        "title position jobtitle role currentjob prospectposition currenttitle headline prospectheadline "
        "funktion berufsbezeichnung poste fonction intitulededuposte cargo puesto functie ruolo"
    ),
    Field.EMAIL: _names(
        "email emailaddress workemail primaryemail businessemail prospectemail emailadresse mail adressemail "
        "adresseemail courriel correo correoelectronico emailadres secondaryemail tertiaryemail"
    ),
    Field.EMAIL_STATUS: ("emailstatus",),
    Field.LINKEDIN_URL: _names(
        "linkedinprofileurl linkedinurl personlinkedinurl prospectlinkedinurl defaultprofileurl linkedinprofile "
        "linkedin linkedinbio profileurl profilelink url"
    ),
    Field.SALES_NAV_URL: _names(
        "salesnavigatorurl salesnavigatorprofileurl prospectsalesnavigatorurl salesnavurl salesnavprofileurl"
    ),
    Field.MEMBER_ID: _names("vmid linkedinid prospectlinkedinidurl linkedinidurl memberlinkedinsalesnavid memberid"),
    Field.DEGREE: ("connectiondegree", "degree", "connection", "prospectconnectiondegree"),
    Field.OPEN_PROFILE: _names(
        "openprofile isopenprofile isopenprofilelinkedin prospectisopenprofile isopenlink openlink isopentomessage"
    ),
    Field.PREMIUM: _names("ispremium ispremiumlinkedin prospectispremium premiummember premium"),
    Field.CONNECTED_ON: _names(
        "connectedon connectionsince connectedsince verbundenam verbundenseit relationdepuis connectele collegatoil "
        "conectadoel fechadeconexion conectadoem verbondenop"
    ),
    Field.PHONE: _names(
        "phone phonenumber mobilephone workdirectphone corporatephone telefon telefonnummer telephone telefono "
        "telefoon telefoonnummer"
    ),
    Field.LOCATION: _names(
        "location prospectlocation personlocation geography city ort stadt ville lieu ubicacion ciudad plaats"
    ),
    Field.EMPLOYEES: _names(
        "employees employeecount companyemployeecount numberofemployees linkedinemployees companysize headcount "
        "companyheadcount employeerange companyemployeerange mitarbeiter effectif empleados medewerkers"
    ),
}
_FIELD_OF: Final = {name: field for field, names in SYNONYMS.items() for name in names}
_PREFERENCE: Final = {name: place for names in SYNONYMS.values() for place, name in enumerate(names)}

NAMES: Final = frozenset({Field.FIRST_NAME, Field.LAST_NAME, Field.FULL_NAME})

_ONLY_SALES_NAVIGATOR: Final = frozenset({Field.SALES_NAV_URL, Field.OPEN_PROFILE, Field.PREMIUM})
_OTHER_LINKEDIN: Final = re.compile(
    r"company|compan|industr|employ|corporate|follower|connection|organi|school|id$|ids$"
)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What each column of one file means.

    columns: field → column numbers from 0, the preferred one first. custom: column number → name of a custom field.
    A column in neither is left out.
    """

    kind: Kind
    columns: dict[Field, tuple[int, ...]]
    custom: dict[int, str]


def guess(headers: Sequence[str]) -> Mapping:
    """Understand a header row as well as it can be understood without its rows. Never fails."""
    names = [normalise(header) for header in headers]
    found: dict[Field, list[int]] = {}
    for column, name in enumerate(names):
        if field := field_of(name):
            found.setdefault(field, []).append(column)
    if Field.LINKEDIN_URL not in found:
        # Portals name their own property for the address: any other header that speaks of LinkedIn will do.
        for column, name in enumerate(names):
            if "linkedin" in name and name not in _FIELD_OF and not _OTHER_LINKEDIN.search(name):
                found.setdefault(Field.LINKEDIN_URL, []).append(column)
    columns = {
        field: tuple(sorted(places, key=lambda column: (_PREFERENCE.get(names[column], 99), column)))
        for field, places in found.items()
    }
    used = {column for places in columns.values() for column in places}
    custom = _custom_names(headers, used)
    return Mapping(_kind(names, columns), columns, custom)


def assign(mapping: Mapping, column: int, meaning: Field | str | None) -> Mapping:
    """The mapping after a person changed one column: to a field, to a custom field of that name, or to nothing.

    A column that a person chose is preferred to the guessed ones.
    """
    columns = {
        field: rest
        for field, places in mapping.columns.items()
        if (rest := tuple(place for place in places if place != column))
    }
    custom = {place: name for place, name in mapping.custom.items() if place != column}
    if isinstance(meaning, Field):
        columns[meaning] = (column, *columns.get(meaning, ()))
    elif meaning:
        custom[column] = meaning[:CUSTOM_NAME_LENGTH]
    return replace(mapping, columns=columns, custom=custom)


def recognised(cells: Sequence[str]) -> set[Field]:
    """The fields that these cells would name if they were a header row."""
    return {field for cell in cells if len(cell) <= CUSTOM_NAME_LENGTH and (field := field_of(normalise(cell)))}


def field_of(name: str) -> Field | None:
    """The field of a normalised header, or None."""
    return _FIELD_OF.get(name)


@lru_cache(maxsize=4096)
def normalise(header: str) -> str:
    """Lower-case letters and digits only, accents removed: "Prénom " and "prenom" are one header."""
    decomposed = unicodedata.normalize("NFKD", header.lower())
    return "".join(c for c in decomposed if c.isalnum())


def _custom_names(headers: Sequence[str], used: set[int]) -> dict[int, str]:
    """A distinct readable name for every column that is no field."""
    taken: set[str] = set()
    custom: dict[int, str] = {}
    for column, header in enumerate(headers):
        if column in used:
            continue
        plain = (header or f"Column {column + 1}")[: CUSTOM_NAME_LENGTH - 8]
        name, again = plain, 2
        while name in taken:
            name, again = f"{plain} ({again})", again + 1
        taken.add(name)
        custom[column] = name
    return custom


def _kind(names: Sequence[str], columns: dict[Field, tuple[int, ...]]) -> Kind:
    if Field.CONNECTED_ON in columns and {Field.FIRST_NAME, Field.LAST_NAME} <= columns.keys() and len(names) <= 12:
        return Kind.LINKEDIN_CONNECTIONS
    if "vmid" in names or _ONLY_SALES_NAVIGATOR & columns.keys():
        return Kind.SALES_NAVIGATOR
    return Kind.GENERIC
