"""Seniority from job titles, and the tier that follows from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.kinds import Seniority
from prospects.files.titles import seniority, tier

TITLES = {
    Seniority.OWNER: [
        "Owner", "Founder & CEO", "Co-Founder", "Cofounder", "Managing Partner", "Partner", "Business Owner",
        "Owner/Operator",
        "Inhaber", "Inhaberin", "Mitgründer und Geschäftsführer", "Geschäftsführender Gesellschafter", "Propriétaire",
        "Co-fondatrice", "Chef d'entreprise", "Dueño", "Fundadora", "Socia directora", "Eigenaar",
        "Oprichter", "Titolare",
        "Marketing Manager and Founder",
    ],
    Seniority.C_LEVEL: [
        "CEO", "C.E.O.", "CFO", "COO, Nordics", "CTO/CIO", "Chief Revenue Officer", "Chief Revenue & Growth Officer",
        "Chief Executive", "President", "Deputy CEO", "Managing Director", "Chairman of the Board", "CEO at Acme",
        "Executive Vice President and Chief Financial Officer", "Geschäftsführerin", "Vorstandsvorsitzender", "PDG",
        "Directrice générale", "Director General", "Consejero Delegado", "Algemeen directeur", "Bestuurder",
        "Amministratore delegato",
    ],
    Seniority.VP: [
        "VP", "V.P. Sales", "VP @ Acme", "SVP, Product & Design", "EVP", "Vice President",
        "Regional Vice President, Gulf",
        "Vice-Président", "Vizepräsidentin", "Vicepresidenta", "SVP and General Manager",
    ],
    Seniority.DIRECTOR: [
        "Director of Operations", "Marketing Director", "Directrice commerciale", "Vertriebsdirektor",
        "Directora de Ventas",
        "Prokurist", "Chief of Staff to the CEO", "Assistant Vice President", "Bereichsleiter",
        "Financieel directeur",
    ],
    Seniority.HEAD: [
        "Head of Sales", "Head, Sales", "Sales Head EMEA", "Head of Graduate Programs", "Leiter Vertrieb",
        "Vertriebsleiter:in",
        "Leiter*in IT", "Abteilungsleiterin", "Jefa de ventas", "Hoofd Inkoop", "Chief Architect",
    ],
    Seniority.MANAGER: [
        "Account Manager", "Senior Clinical Manager", "Team Lead", "Teamleiter", "Projektleiter", "Chef de projet",
        "Responsable commercial", "Gerente", "Verkoopmanager", "Supervisor", "CEO Office Manager",
    ],
    Seniority.SENIOR: [
        "Senior Software Engineer", "Lead Engineer", "Principal Consultant", "Sr. Analyst", "Senior Product Owner",
        "Consultante confirmée", "Assistant Manager",
    ],
    Seniority.STAFF: [
        "Assistant to the CEO", "Executive Assistant to the Chief Operating Officer",
        "Assistentin der Geschäftsführung",
        "Vorstandsassistentin", "Assistante de direction", "Director's Assistant", "PA to CFO", "Office of the CEO",
        "Advisor to the President", "Product Owner", "HR Business Partner", "Founder's Associate", "Internal Auditor",
        "Headhunter", "MVP developer", "Analyst at VP Bank", "Data Scientist", "Account Executive",
        "Founding Engineer",
        "Ex-CEO | Angel investor", "President's Club winner, Account Executive", "Helping CEOs scale",
    ],
    Seniority.ENTRY: [
        "Intern", "Marketing Intern", "Working Student", "Werkstudent (m/w/d)", "Praktikantin",
        "Junior Account Manager",
        "Stagiaire marketing", "Becario", "Student", "Trainee Sales",
    ],
    Seniority.UNKNOWN: [
        "", "   ", "-", "n/a", "代表取締役", "{{7*7}}", "Retired", "Looking for new opportunities", "Ex-CEO", "=1+1",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("title", "expected"), [(title, level) for level, titles in TITLES.items() for title in titles]
)
def test_a_title_says_how_senior_somebody_is(title: str, expected: Seniority) -> None:
    assert seniority(title) is expected
    assert seniority(f"  {title.upper()} ") is expected


@pytest.mark.parametrize(
    ("title", "employees", "expected"),
    [
        ("CEO", 1_000, 3),
        ("Owner", 25_000, 3),
        ("CEO", 999, 2),
        ("CEO", None, 2),
        ("Founder", 3, 2),
        ("VP Sales", 90_000, 2),
        ("VP Sales", None, 2),
        ("Director of Sales", 90_000, 1),
        ("Assistant to the CEO", 90_000, 1),
        ("", None, 1),
    ],
)
def test_the_tier_follows_from_seniority_and_a_known_size(title: str, employees: int | None, expected: int) -> None:
    assert tier(seniority(title), employees) == expected


@given(st.text(max_size=200))
def test_any_title_has_a_seniority(title: str) -> None:
    assert seniority(title) in Seniority


@given(st.sampled_from(Seniority), st.none() | st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_bigger_company_never_lowers_the_tier(level: Seniority, employees: int | None, more: int) -> None:
    assert tier(level, (employees or 0) + more) >= tier(level, employees)
