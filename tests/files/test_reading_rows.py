"""What the cells of a record say about a person, and what is left out with a warning."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prospects.files import cells, dates, mapping, names, records
from prospects.files.reading import read
from prospects.files.rows import Problem, Reason, Row


def parsed(text: str) -> list[Row | Problem]:
    sheet = read(text.encode())
    return list(records.parse(sheet, mapping.guess(sheet.headers)))


def only(text: str) -> Row:
    (row,) = parsed(text)
    assert isinstance(row, Row)
    return row


@pytest.mark.parametrize(
    ("text", "expected"),
    [(yes, True) for yes in ["true", "TRUE", "Yes", "oui", "ja", "vrai", "1", "x", "X", " sí ", "waar", "Sim", "wahr"]]
    + [(no, False) for no in ["false", "FALSE", "No", "non", "nein", "faux", "0", "nee", "não", "falsch", "falso"]]
    + [(neither, None) for neither in ["", "maybe", "2", "-", "unknown"]],
)
def test_yes_and_no_are_understood_and_empty_is_unknown(text: str, expected: bool | None) -> None:
    assert cells.boolean(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1st", 1), ("2nd", 2), ("3rd", 3), ("3rd+", 3), ("1", 1), ("· 2nd", 2), ("2e", 2), ("2nd degree", 2), ("3.", 3)]
    + [("", None), ("Out of network", None), ("500+", None), ("12", None), ("4th", None), ("MBA", None)],
)
def test_degrees_are_one_two_or_three(text: str, expected: int | None) -> None:
    assert cells.degree(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1001-5000", 1001), ("1,001-5,000", 1001), ("10,001+", 10001), ("1.250", 1250), ("1 200", 1200), ("5K", 5000)]
    + [("1.5k", 1500), ("51-200 employees", 51), ("7", 7), ("", None), ("many", None), ("9" * 30, None)],
)
def test_the_size_of_a_company_is_the_lower_end_of_a_range(text: str, expected: int | None) -> None:
    assert cells.employees(text) == expected


@pytest.mark.parametrize(
    "text",
    ["04 May 2026", "4-May-26", "2026-05-04", "2026-05-04T10:00:00Z", "4. Mai 2026", "04 mai 2026", "4 de mayo de 2026"]
    + [
        "4 maggio 2026",
        "4 mei 2026",
        "4 de maio de 2026",
        "May 4, 2026",
        "04.05.2026",
        "2026/05/04",
        "4 MAY 2026 10:15",
    ],
)
def test_a_day_is_understood_however_it_is_written(text: str) -> None:
    assert dates.day(text) == date(2026, 5, 4)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "January Jan Januar Jänner janvier janv enero ene gennaio januari janeiro"),
        (2, "February Februar février févr febrero febbraio februari fevereiro"),
        (3, "March März mars marzo maart mrt março"),
        (4, "April avril abril aprile avr abr"),
        (5, "May Mai mayo maggio mei maio"),
        (6, "June Juni juin junio giugno junho"),
        (7, "July Juli juillet juil julio luglio julho"),
        (8, "August août agosto augustus"),
        (9, "September Sept septembre septiembre settembre setembro"),
        (10, "October Oktober octobre octubre ottobre outubro"),
        (11, "November novembre noviembre novembro"),
        (12, "December Dezember décembre diciembre dicembre dezembro"),
    ],
)
def test_months_have_names_in_seven_languages(number: int, words: str) -> None:
    for word in words.split():
        assert dates.day(f"3 {word} 2025") == date(2025, number, 3), word


@pytest.mark.parametrize(
    "text", ["", "03/04/2026", "31 Feb 2026", "yesterday", "2026-13-01", "4 Ma 2026", "1 jui 2026"]
)
def test_a_day_that_is_impossible_or_can_be_read_in_two_ways_is_unknown(text: str) -> None:
    assert dates.day(text) is None


def test_numeric_days_are_read_where_only_one_reading_is_possible() -> None:
    assert dates.day("25/12/2025") == dates.day("12/25/2025") == date(2025, 12, 25)
    assert dates.day("5/5/25") == date(2025, 5, 5)


@given(
    st.dates(date(2003, 5, 1), date(2099, 12, 31)), st.sampled_from(["%d %b %Y", "%d-%b-%y", "%Y-%m-%d", "%d.%m.%Y"])
)
def test_every_day_is_read_back_from_every_form(day: date, form: str) -> None:
    assert dates.day(day.strftime(form)) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Jon@Nordlys.Example ", "jon@nordlys.example"),
        ("mailto:jon@a.example", "jon@a.example"),
        ("Jon Berg <jon@a.example>", "jon@a.example"),
        ("o'hara+x@sub.a.example", "o'hara+x@sub.a.example"),
        ("jon@müller.example", "jon@müller.example"),
    ]
    + [
        (bad, None)
        for bad in ["jon", "jon@", "@a.example", "jon@a", "jon@a..example", ".jon@a.example", "j on@a.example"]
    ]
    + [
        (bad, None)
        for bad in ["jon@-a.example", "jon@a.1", "jon(at)a.example", "a@b@c.example", "jon@a.example\nBcc: x@y.z"]
    ]
    + [("x" * 65 + "@a.example", None), ("jon@" + "a" * 250 + ".example", None)],
)
def test_an_email_address_is_valid_or_unknown(text: str, expected: str | None) -> None:
    assert cells.email(text) == expected


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Jon Bergström", "Jon", "Bergström"),
        ("Bergström, Jon", "Jon", "Bergström"),
        ("Pieter van der Meer", "Pieter", "van der Meer"),
        ("Jon Bergström, MBA, PMP", "Jon", "Bergström"),
        ("Dr. Konrad Eisenhardt", "Konrad", "Eisenhardt"),
        ("Prof. Dr. Ada Quist PhD", "Ada", "Quist PhD"),
        ("Ada Quist MBA", "Ada", "Quist"),
        ("Björk", "Björk", ""),
        ("田中 雪", "田中", "雪"),
    ],
)
def test_a_full_name_divides_into_first_and_last(full: str, first: str, last: str) -> None:
    row = only(f'Full Name,Company\n"{full}",A\n')
    assert (row.first_name, row.last_name) == (first, last)


def test_a_name_column_beside_a_first_name_is_a_last_name_or_completes_it() -> None:
    assert only("Vorname;Name\nJon;Bergström\n").last_name == "Bergström"
    assert only("First Name,Full Name\nJon,Jon van Berg\n").last_name == "van Berg"
    assert only("Last Name,Full Name\nvan Berg,Jon van Berg\n").first_name == "Jon"
    assert only("First Name,Company\nJon Berg,A\n").last_name == "Berg"


def test_titles_and_degrees_are_no_part_of_a_name() -> None:
    row = only('First Name,Last Name\nDr. Konrad,"Eisenhardt, MBA"\n')
    assert (row.first_name, row.last_name) == ("Konrad", "Eisenhardt")
    assert names.complete("M", "Night", "", first_alone=False) == ("M", "Night")


@pytest.mark.parametrize("cells_", [",,x", " \u00a0,\u200b,x", "-,.,x", "LinkedIn,Member,x", "\u202e,\u2066,x"])
def test_nobody_without_a_name_becomes_a_prospect(cells_: str) -> None:
    (problem,) = parsed(f"First Name,Last Name,Company\n{cells_}\n")
    assert isinstance(problem, Problem)
    assert problem.reason is Reason.NO_NAME and problem.line == 2 and problem.sentence.startswith("Skipped: no name.")
    assert problem.raw[2] == "x"


def test_a_row_with_more_cells_than_the_header_is_a_problem_and_the_others_are_not() -> None:
    first, second = parsed("Name,Company,Email\nJon,Harbor, Inc.,jon@a.example\nAna,B\n")
    assert isinstance(first, Problem) and first.reason is Reason.SHIFTED and "4 cells" in first.sentence
    assert isinstance(second, Row) and second.email == ""


def test_a_header_repeated_in_the_middle_is_no_person() -> None:
    (problem,) = parsed("First Name,Last Name\nFirst Name,Last Name\n")
    assert isinstance(problem, Problem) and problem.reason is Reason.REPEATED_HEADER


def test_invisible_characters_go_and_visible_ones_stay() -> None:
    row = only(
        "Name,Company,Title\nJ\u200bo\u00adn\u0001\u00a0 Berg,\ufeffAvi\u202egnp.exe,Head\u2003of\u2066 Growth\u2069\n"
    )
    assert (row.first_name, row.last_name, row.company, row.title) == ("Jon", "Berg", "Avignp.exe", "Head of Growth")


def test_markup_formulas_and_templates_are_kept_as_the_data_they_are() -> None:
    row = only('Name,Company,Title\n<b>Jon</b> {{7*7}},"=HYPERLINK(""x"")",-2+3\n')
    assert (row.first_name, row.last_name, row.company, row.title) == (
        "<b>Jon</b>",
        "{{7*7}}",
        '=HYPERLINK("x")',
        "-2+3",
    )


def test_a_safe_exports_mark_before_a_formula_is_taken_off_again() -> None:
    row = only("Name,Company,Phone\nJon,'=1+1,'+49 221 5550100\n")
    assert (row.company, row.phone) == ("=1+1", "+49 221 5550100")


def test_what_is_too_long_is_cut_with_a_warning() -> None:
    row = only(f"First Name,Title,Notes\n{'J' * 101},{'t' * 10_000},{'n' * 10_000}\n")
    assert (len(row.first_name), len(row.title), len(row.custom["Notes"])) == (100, 300, 2_000)
    assert row.warnings == (
        "Notes was cut at 2,000 of 10,000 characters.",
        "First name was cut at 100 of 101 characters.",
        "Title was cut at 300 of 10,000 characters.",
    )


def test_what_is_not_understood_is_unknown_with_a_warning_each() -> None:
    row = only(
        "Name,Email,Open Profile,Premium,Degree,Connected On,Phone,URL\n"
        "Jon,jon(at)a,perhaps,,far away,03/04/2026,12,javascript:alert(1)\n"
    )
    assert (row.email, row.open_profile, row.premium, row.degree, row.connected_on, row.phone) == (
        "",
        None,
        None,
        None,
        None,
        "",
    )
    assert row.linkedin_url == "" and row.custom == {}
    assert len(row.warnings) == 6 and all(warning.endswith(".") for warning in row.warnings)


def test_every_address_of_a_person_is_used() -> None:
    lead = "ACwAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"
    row = only(
        "profileUrl,name,vmid,linkedInProfileUrl,defaultProfileUrl\n"
        f'"https://www.linkedin.com/sales/lead/{lead},NAME_SEARCH,ab1",Jon Berg,{lead},,http://se.linkedin.com/in/Jon-Berg/\n'
    )
    assert (row.slug, row.linkedin_url, row.member_id) == ("jon-berg", "https://www.linkedin.com/in/jon-berg", lead)
    assert row.sales_nav_url == f"https://www.linkedin.com/sales/lead/{lead},NAME_SEARCH,ab1"


def test_a_sales_navigator_address_is_found_in_any_column() -> None:
    row = only('Name,Where\nJon,"https://www.linkedin.com/sales/people/ACwAAB7xQm4Z,NAME_SEARCH,x"\n')
    assert (row.member_id, row.custom) == ("ACwAAB7xQm4Z", {})


def test_an_address_elsewhere_on_the_web_is_kept_as_text_only() -> None:
    row = only("Name,URL\nJon,https://jon.example/in/jon\n")
    assert (row.slug, row.linkedin_url, row.custom) == ("", "", {"URL": "https://jon.example/in/jon"})


def test_an_id_of_an_unknown_kind_is_kept_as_text_only() -> None:
    row = only("Name,LinkedIn ID\nJon,123456\n")
    assert (row.member_id, row.custom) == ("", {"LinkedIn ID": "123456"})


def test_only_verified_addresses_are_imported_where_a_file_has_a_status() -> None:
    good, guessed, silent = parsed(
        "Name,Email,Email Status\nJon,jon@a.example,Verified\nAna,ana@a.example,Guessed\nEva,eva@a.example,\n"
    )
    assert isinstance(good, Row) and isinstance(guessed, Row) and isinstance(silent, Row)
    assert [row.email for row in (good, guessed, silent)] == ["jon@a.example", "", "eva@a.example"]
    assert guessed.warnings == ("E-mail left out: its status is “Guessed”, not Verified.",)


def test_several_columns_of_one_meaning_give_one_value_and_keep_the_others() -> None:
    row = only(
        "Name,Headline,Job Title,Work Direct Phone,Mobile Phone\nJon,I sell ships,COO,+47 55 500 100,+47 99 500 100\n"
    )
    assert (row.title, row.phone) == ("COO", "+47 99 500 100")
    assert row.custom == {"Headline": "I sell ships"}


def test_everyone_in_linkedins_own_export_is_connected_with_the_importing_person() -> None:
    assert only("First Name,Last Name,Connected On\nJon,Berg,04 May 2026\n").degree == 1
    assert only("First Name,Last Name,Company\nJon,Berg,A\n").degree is None


cell = st.text(max_size=40) | st.sampled_from(
    ["Jon", "\u202eJon", "'=1", "1st", "x", "a@b.example", "4-May-26", "/in/ab"]
)


@given(st.lists(st.lists(cell, min_size=9, max_size=9), min_size=1, max_size=5))
@settings(deadline=None, max_examples=150)
def test_nothing_invisible_or_too_long_ever_comes_out(table: list[list[str]]) -> None:
    quoted = "\n".join(",".join('"' + c.replace('"', '""').replace("\0", "") + '"' for c in record) for record in table)
    text = "Name,Company,Title,URL,Email,Phone,Degree,Connected On,Mine\n" + quoted + "\n"
    for row in parsed_or_nothing(text):
        shown = [
            row.first_name,
            row.last_name,
            row.company,
            row.title,
            row.email,
            row.slug,
            row.linkedin_url,
            row.phone,
        ]
        for value in shown:
            assert len(value) <= 300
            assert not {unicodedata.category(c) for c in value} & {"Cc", "Cs", "Zl", "Zp"}
            assert not set(value) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")
        assert row.degree in (None, 1, 2, 3)


def parsed_or_nothing(text: str) -> list[Row]:
    """The rows of a table that may hold only blank records."""
    sheet = read((text + '"A",,,,,,,,\n').encode(errors="ignore"))
    return [row for row in records.parse(sheet, mapping.guess(sheet.headers)) if isinstance(row, Row)]


@given(st.text(max_size=100))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert cells.clean(cells.clean(text)) == cells.clean(text)
