"""What is read, and what is refused with one sentence, before a single row is used."""

import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prospects.files import mapping, records, rows
from prospects.files.reading import Sheet, UnreadableFile, read

SAMPLES = Path(__file__).parents[2] / "prospects" / "samples"
HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"
JON = "Jon,Bergström,https://www.linkedin.com/in/jon-bergstrom,,Nordlys Freight,COO,04 May 2026"
ANA = "Ana,Lima,https://www.linkedin.com/in/ana-lima,,Caravela,CFO,05 May 2026"


def people(sheet: Sheet) -> list[rows.Row]:
    parsed = records.parse(sheet, mapping.guess(sheet.headers))
    return [row for row in parsed if isinstance(row, rows.Row)]


def refusal(data: bytes | Path, **limits: int) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read(data, **limits)
    sentence = refused.value.sentence
    assert sentence.endswith(".") and "\n" not in sentence and 20 < len(sentence) < 220
    return sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_end_gives_the_same_people(
    encoding: str, delimiter: str, line_end: str
) -> None:
    text = line_end.join([HEADER, JON, ANA, ""]).replace(",", delimiter)
    sheet = read(text.encode(encoding))
    assert (sheet.encoding, sheet.delimiter, sheet.count) == (encoding, delimiter, 2)
    assert [(row.first_name, row.last_name) for row in people(sheet)] == [("Jon", "Bergström"), ("Ana", "Lima")]


def test_utf16_is_read_in_either_byte_order() -> None:
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert people(read(mark + f"{HEADER}\n{JON}\n".encode(codec)))[0].last_name == "Bergström"


def test_the_header_is_found_below_notes_and_blank_lines() -> None:
    notes = 'Notes:\r\n"When exporting, you may notice\r\nthat First Name, Last Name are ""missing"""\r\n\r\n\r\n'
    sheet = read((notes + HEADER + "\r\n" + JON + "\r\n").encode("utf-8-sig"))
    assert (sheet.header_line, [row.line for row in people(sheet)]) == (6, [7])


def test_the_line_that_names_the_delimiter_for_excel_is_passed_over() -> None:
    sheet = read(b"sep=;\r\nVorname;Nachname\r\nJon;Berg\r\n")
    assert sheet.headers == ("Vorname", "Nachname") and sheet.header_line == 2


def test_doubled_quotes_and_line_ends_inside_cells_stay_inside() -> None:
    sheet = read(b'Name,Company,Summary\nJon Berg,"Harbor ""H"" Ltd","one,\ntwo"\nAna Lima,B,\n')
    first, second = people(sheet)
    assert (first.company, first.custom, second.line) == ('Harbor "H" Ltd', {"Summary": "one,\ntwo"}, 4)


def test_quotes_that_somebody_forgot_to_double_cost_no_row() -> None:
    sheet = read(b'Name,Company\n"Jon "Jonny" Berg",A\nAna Lima,B\n')
    assert [row.company for row in people(sheet)] == ["A", "B"]


def test_blank_records_and_columns_without_a_name_at_the_end_do_not_count() -> None:
    sheet = read(b"Name,Company,,\n,,,\nJon Berg,A,,\n\n   ,\nAna Lima,B,,\n")
    assert (sheet.headers, sheet.count) == (("Name", "Company"), 2)


def test_a_sheet_can_be_read_again_and_again_from_bytes_and_from_a_path(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(f"{HEADER}\n{JON}\n{ANA}\n".encode())
    sheet = read(file)
    assert people(sheet) == people(sheet) == people(read(file.read_bytes()))


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, HEADER)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\r\n \n", "empty"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "Excel workbook (.xlsx)"),
        (archive("Connections.csv"), "unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "(.xls)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"\x1f\x8b\x08\x00\x00\x00", "compressed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
        (b"\n  <!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><people/>", "web page or XML"),
        (b'[{"firstName": "Jon"}]', "JSON"),
        (b"BEGIN:VCARD\nVERSION:3.0\n", "contact cards"),
        (bytes(range(256)) * 4, "zero bytes"),
        (f"{HEADER}\n{JON}\n".encode("utf-16-le"), "zero bytes"),
        (f"{HEADER}\n{JON}\n".encode("utf-32"), "UTF-32"),
        (f"{HEADER}\n{JON}\x00\n".encode("utf-16"), "zero characters"),
        (f"{HEADER}\n{JON}\n".encode("utf-16")[:-1], "middle of a character"),
        (f"{HEADER}\n{JON}\n".encode() + "Zoé,Ö,Ü\n".encode()[:-5], "middle of a character"),
        (f"{HEADER}\n{JON}\nAmélie,Ö".encode() + b"\xff,x,\n", "mixes two encodings"),
        (f"{HEADER}\n{JON}\n".encode("utf-8-sig") + b"\xff\n", "damaged characters"),
        (f"{HEADER}\nJ\x81n,B\xf6rg\n".encode("latin-1"), "encoding of this file is unknown"),
        (b"\x7fELF\x02\x01\x01\xff\xfe\xfa", "no text file"),
        (b"Company,City\nAcme,Oslo\n", "No header with names"),
        (b"just some words\nand some more\n", "No header with names"),
        (HEADER.encode(), "no people below"),
        (f"{HEADER}\r\n,,,,,,\r\n\r\n".encode(), "no people below"),
        (f"{HEADER}\n{JON}\nAna,Lima,\"https://www.linkedin.com/in/an".encode(), "begins on line 3 and never ends"),
        (f"{HEADER}\n{JON}\n{ANA}\nEva,Stone,https://www.li".encode(), "breaks off on line 4"),
        (b'Notes:\n"When exporting your conn', "never ends"),
        (f'{HEADER}\n"'.encode() + b"x\n" * 100_000, "lacks a closing quote"),
        (f"{HEADER}\n".encode() + b"x" * 1_000_001, "One line"),
        ((",".join(f"c{n}" for n in range(300)) + "\n" + "1," * 299 + "1\n").encode(), "300 columns"),
        ((HEADER + "," + ",".join(f"c{n}" for n in range(293)) + f"\n{JON}\n").encode(), "300 columns"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_people_is_refused_in_one_sentence(data: bytes, says: str) -> None:
    assert says in refusal(data)


def test_299_columns_are_read() -> None:
    header = HEADER + "," + ",".join(f"c{n}" for n in range(292))
    assert len(read(f"{header}\n{JON}\n".encode()).headers) == 299
    assert len(read(f"{HEADER}{',' * 1000}\n{JON}{',' * 1000}\n".encode()).headers) == 7


def test_a_file_of_200_megabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    file.touch()
    os.truncate(file, 200 * 1024 * 1024)
    assert "200 MB" in refusal(file)
    assert "limit is 50 bytes" in refusal(b"x" * 50, max_bytes=50)


def test_a_path_that_leads_nowhere_or_to_a_folder_is_said(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "missing.csv")
    assert "folder" in refusal(tmp_path)


def test_a_last_line_without_line_end_or_with_fewer_cells_than_others_is_no_damage() -> None:
    assert read(f"{HEADER}\n{JON}\n{ANA}".encode()).count == 2
    assert read(b"Name,Company,Note\nJon Berg,A\nAna Lima,B").count == 2
    assert read("Name,Ort\nJon Berg,Köln\nAna Lima,Genevé".encode("cp1252")).encoding == "cp1252"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write(HEADER + "\n")
        for number in range(30_000):
            out.write(f"{JON.replace('jon-bergstrom', f'jon-{number}')},{'x' * 100}\n".replace(",x", "x"))
    assert file.stat().st_size > 5_000_000
    sheet = read(file)
    tracemalloc.start()
    try:
        sheet = read(file)
        assert sum(1 for _ in sheet.records()) == 30_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


def read_whole(data: bytes) -> None:
    """Reads and parses; lets only the one refusal pass."""
    try:
        sheet = read(data)
    except UnreadableFile as refused:
        assert refused.sentence.endswith(".")
        return
    parsed = list(records.parse(sheet, mapping.guess(sheet.headers)))
    assert len(parsed) == sheet.count


fragments = st.sampled_from(
    [b"First Name,Last Name\r\n", b"Name;URL\n", b'"', b'""', b",", b";", b"\t", b"\r", b"\n", b"\0", b"\xff\xfe"]
    + [b"\xef\xbb\xbf", b"\xc3\xa9", b"\xe9", b"\x81", b"Jon,Berg", b"sep=;\n", b"javascript:", b"/in/%ff%00", b"\x1a"]
)


@given(st.lists(fragments | st.binary(max_size=20), max_size=20).map(b"".join))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    read_whole(data)
    read_whole(b"First Name,Last Name,URL,Email,Is Open Profile,Connected On,Phone\n" + data)


@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
@settings(max_examples=150, deadline=None)
def test_any_text_in_any_encoding_is_read_or_refused(text: str, encoding: str) -> None:
    read_whole(f"Name,URL,Degree,Employees\n{text}".encode(encoding, errors="ignore"))


@pytest.mark.parametrize("name", ["connections.csv", "sales-navigator.csv", "sales-navigator-semicolon.csv"])
@given(cut=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_half_a_sample_is_refused_or_is_a_beginning_of_the_whole(name: str, cut: float) -> None:
    data = (SAMPLES / name).read_bytes()
    whole = read(data)
    try:
        half = read(data[: int(len(data) * cut)])
    except UnreadableFile:
        return
    seen = list(half.records())
    assert seen[:-1] == list(whole.records())[: len(seen) - 1]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_sample_is_read_or_refused(data: st.DataObject) -> None:
    sample = bytearray((SAMPLES / "connections.csv").read_bytes())
    edits = data.draw(st.lists(st.tuples(st.integers(0, len(sample) - 1), st.integers(0, 255)), max_size=5))
    for place, value in edits:
        sample[place] = value
    read_whole(bytes(sample))
