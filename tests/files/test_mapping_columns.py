"""Which column means what, for the headers that real exports carry."""

import pytest

from prospects.files import mapping, records, rows
from prospects.files.mapping import Field, Kind, Mapping, assign, guess
from prospects.files.reading import read

PHANTOM = (
    "profileUrl,fullName,firstName,lastName,companyName,title,companyId,companyUrl,regularCompanyUrl,summary,location,"
    "connectionDegree,sharedConnectionsCount,name,vmid,linkedInProfileUrl,isPremium,isOpenLink,query,timestamp,"
    "defaultProfileUrl"
)
PRONTO = (
    "Linkedin Id Url,Sales Navigator Profile Url,Linkedin Profile Url,First Name,Last Name,Title,Location,Company Name,"
    "Company Cleaned Name,Company Linkedin,Company Website,Employee Range,Connection Degree,Is Premium Linkedin,"
    "Is Open Profile Linkedin"
)
PROSPECT = (
    "Prospect Linkedin ID URL,Prospect Sales Navigator URL,Prospect Linkedin URL,First Name,Last Name,"
    "Prospect Position,Prospect Location,Prospect Connections,Company Linkedin URL,Company Employee Count,"
    "Prospect is Open Profile,Prospect is Premium"
)
LOWER = (
    "first name,last name,job title,company,linkedin url,email,location,member linkedin sales nav id,"
    "company linkedin id,linkedin industry,linkedin employees,number of connections,open profile,premium member"
)
APOLLO = (
    "First Name,Last Name,Title,Company Name,Company Name for Emails,Email,Email Status,Seniority,Work Direct Phone,"
    "Mobile Phone,Corporate Phone,# Employees,Industry,Person Linkedin Url,Website,Company Linkedin Url,"
    "City,State,Country"
)
HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Company Name,Website URL,City,LinkedIn Profile Link X"
)
LINKEDIN = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"


def names(header: str) -> dict[str, list[str]]:
    headers = header.split(",")
    return {field.value: [headers[column] for column in columns] for field, columns in guess(headers).columns.items()}


@pytest.mark.parametrize(
    ("header", "kind", "expected"),
    [
        (
            LINKEDIN,
            Kind.LINKEDIN_CONNECTIONS,
            {"linkedin_url": ["URL"], "title": ["Position"], "email": ["Email Address"]},
        ),
        (
            PHANTOM,
            Kind.SALES_NAVIGATOR,
            {
                "linkedin_url": ["linkedInProfileUrl", "defaultProfileUrl", "profileUrl"],
                "member_id": ["vmid"],
                "full_name": ["fullName", "name"],
                "open_profile": ["isOpenLink"],
            },
        ),
        (
            PRONTO,
            Kind.SALES_NAVIGATOR,
            {
                "linkedin_url": ["Linkedin Profile Url"],
                "sales_nav_url": ["Sales Navigator Profile Url"],
                "member_id": ["Linkedin Id Url"],
                "company": ["Company Name", "Company Cleaned Name"],
                "employees": ["Employee Range"],
                "open_profile": ["Is Open Profile Linkedin"],
                "premium": ["Is Premium Linkedin"],
            },
        ),
        (
            PROSPECT,
            Kind.SALES_NAVIGATOR,
            {
                "linkedin_url": ["Prospect Linkedin URL"],
                "title": ["Prospect Position"],
                "employees": ["Company Employee Count"],
            },
        ),
        (
            LOWER,
            Kind.SALES_NAVIGATOR,
            {"linkedin_url": ["linkedin url"], "open_profile": ["open profile"], "employees": ["linkedin employees"]},
        ),
        (
            APOLLO,
            Kind.GENERIC,
            {
                "linkedin_url": ["Person Linkedin Url"],
                "phone": ["Mobile Phone", "Work Direct Phone", "Corporate Phone"],
                "employees": ["# Employees"],
                "location": ["City"],
                "email_status": ["Email Status"],
            },
        ),
        (HUBSPOT, Kind.GENERIC, {"linkedin_url": ["LinkedIn Profile Link X"], "phone": ["Phone Number"]}),
        (
            "Vorname,Nachname,Firma,Position,E-Mail,Telefon",
            Kind.GENERIC,
            {"first_name": ["Vorname"], "email": ["E-Mail"]},
        ),
        (
            "Prénom,Nom,Entreprise,Poste",
            Kind.GENERIC,
            {"first_name": ["Prénom"], "last_name": ["Nom"], "title": ["Poste"]},
        ),
    ],
)
def test_the_headers_of_known_exports_are_understood(header: str, kind: Kind, expected: dict[str, list[str]]) -> None:
    assert guess(header.split(",")).kind is kind
    found = names(header)
    assert {field: found.get(field) for field in expected} == expected


def test_every_column_is_a_field_or_a_custom_field_and_never_both() -> None:
    for header in (PHANTOM, PRONTO, PROSPECT, LOWER, APOLLO, HUBSPOT, LINKEDIN):
        headers = header.split(",")
        found = guess(headers)
        used = [column for columns in found.columns.values() for column in columns]
        assert sorted([*used, *found.custom]) == list(range(len(headers)))


def test_a_companys_linkedin_address_is_not_the_persons() -> None:
    found = guess(["Name", "Company LinkedIn URL", "LinkedIn Industry", "LinkedIn Followers"])
    assert Field.LINKEDIN_URL not in found.columns


def test_headers_match_whatever_their_case_signs_and_accents() -> None:
    assert mapping.normalise(" LinkedIn_Profile-URL ") == mapping.normalise("linkedinProfileUrl")
    assert guess(["\u00a0FIRST  NAME", "last-name", "Is Open Profile?"]).columns.keys() == {
        Field.FIRST_NAME,
        Field.LAST_NAME,
        Field.OPEN_PROFILE,
    }


def test_columns_without_a_name_or_with_the_same_name_stay_apart() -> None:
    assert guess(["Name", "", "Notes", "Notes"]).custom == {1: "Column 2", 2: "Notes", 3: "Notes (2)"}


def test_a_person_can_change_what_a_column_means() -> None:
    sheet = read(b"Name,Contact,Secret,Memo\nJon Berg,jon@berg.example,x,hello\n")
    changed = assign(assign(assign(guess(sheet.headers), 1, Field.EMAIL), 2, None), 3, "Greeting")
    (row,) = records.parse(sheet, changed)
    assert isinstance(row, rows.Row)
    assert (row.email, row.custom) == ("jon@berg.example", {"Greeting": "hello"})


def test_a_column_that_a_person_chose_is_preferred_to_the_guess() -> None:
    headers = ["Name", "Company", "Employer of record"]
    changed = assign(guess(headers), 2, Field.COMPANY)
    assert changed == Mapping(Kind.GENERIC, {Field.FULL_NAME: (0,), Field.COMPANY: (2, 1)}, {})
