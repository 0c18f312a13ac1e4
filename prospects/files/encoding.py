"""Which text encoding a file has, and what it is when it is no text at all. Reads in pieces; memory stays small."""

import codecs
import re
from typing import BinaryIO, Final

PIECE: Final = 1 << 18

_SAVE_AS = "open it, save it as “CSV UTF-8” and choose the new file"

# How other kinds of file begin. LinkedIn sends its export as a ZIP; people choose that very often.
_SIGNATURES: Final[list[tuple[bytes, str]]] = [
    (b"\xd0\xcf\x11\xe0", f"an old Excel workbook (.xls), not a CSV file: {_SAVE_AS}"),
    (b"%PDF", "a PDF, not a CSV file: export the list again as CSV and choose that file"),
    (b"\x1f\x8b", "a compressed file (.gz), not a CSV file: unpack it and choose the CSV file inside"),
    (b"7z\xbc\xaf", "a compressed file (.7z), not a CSV file: unpack it and choose the CSV file inside"),
    (b"Rar!", "a compressed file (.rar), not a CSV file: unpack it and choose the CSV file inside"),
    (b"\x89PNG", "a picture, not a CSV file: export the list again as CSV and choose that file"),
    (b"\xff\xd8\xff", "a picture, not a CSV file: export the list again as CSV and choose that file"),
    (b"GIF8", "a picture, not a CSV file: export the list again as CSV and choose that file"),
    (b"{\\rtf", "a text document (.rtf), not a CSV file: export the list again as CSV and choose that file"),
    (b"SQLite format 3", "a database, not a CSV file: export the list again as CSV and choose that file"),
    (b"BEGIN:VCARD", "a list of contact cards (.vcf), not a CSV file: export the contacts as CSV"),
]
_MARKUP = re.compile(rb"<[!?a-z]", re.IGNORECASE)
_JSON = re.compile(rb"\[\s*[{\[\"\]]|\{\s*[\"}]")
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


class UnreadableFile(Exception):
    """This file cannot be read as a list of prospects. `sentence` says to a person what is wrong and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def refuse_other_kinds(stream: BinaryIO) -> None:
    """Recognise workbooks, archives, pictures, web pages and their like. Raises UnreadableFile."""
    stream.seek(0)
    head = stream.read(8192)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        if b"[Content_Types].xml" in head or b"xl/" in head:
            raise UnreadableFile(f"This is an Excel workbook (.xlsx), not a CSV file: {_SAVE_AS}.")
        raise UnreadableFile("This is a ZIP archive, not a CSV file: unpack it and choose the CSV file inside.")
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise UnreadableFile(f"This is {what}.")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _MARKUP.match(start):
        raise UnreadableFile("This is a web page or XML, not a CSV file: export the list again as CSV.")
    if _JSON.match(start):
        raise UnreadableFile("This is JSON, not a CSV file: export the list again as CSV.")


def detect(stream: BinaryIO) -> str:
    """The codec for the whole stream: utf-8-sig, utf-8, utf-16 (by its mark) or cp1252. Raises UnreadableFile."""
    stream.seek(0)
    head = stream.read(4)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableFile(f"This file is written in UTF-32, which we cannot read: {_SAVE_AS}.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _refuse_damaged_utf16(stream)
        return "utf-16"
    marked = head.startswith(codecs.BOM_UTF8)
    if _is_utf8(stream):
        return "utf-8-sig" if marked else "utf-8"
    if marked:
        raise UnreadableFile(f"This file says it is UTF-8 but has damaged characters: {_SAVE_AS}.")
    _refuse_what_windows_would_not_write(stream)
    return "cp1252"


def _is_utf8(stream: BinaryIO) -> bool:
    """False when some bytes are not UTF-8. Raises UnreadableFile for NULs, mixtures and a character cut in two."""
    stream.seek(0)
    strict = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := stream.read(PIECE):
            if b"\0" in piece:
                raise UnreadableFile(
                    f"This file contains zero bytes, so it is no plain text or has an unknown encoding: {_SAVE_AS}."
                )
            strict.decode(piece)
    except UnicodeDecodeError:
        good, bad = _count_utf8(stream)
        if good > bad:
            raise UnreadableFile(
                f"This file mixes two encodings (mostly UTF-8, {bad:,} damaged characters): {_SAVE_AS}."
            ) from None
        return False
    pending = strict.getstate()[0]
    if not pending:
        return True
    good, _ = _count_utf8(stream)
    if good:
        raise UnreadableFile(
            "This file ends in the middle of a character, so a part of it is missing: export or download it again."
        )
    return False


def _count_utf8(stream: BinaryIO) -> tuple[int, int]:
    """How many characters beyond ASCII are proper UTF-8, and how many places are not."""
    stream.seek(0)
    lenient = codecs.getincrementaldecoder("utf-8")("replace")
    beyond = bad = 0
    while piece := stream.read(PIECE):
        text = lenient.decode(piece)
        bad += text.count("\ufffd")
        beyond += len(_BEYOND_ASCII.findall(text))
    return beyond - bad, bad


def _refuse_damaged_utf16(stream: BinaryIO) -> None:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        while piece := stream.read(PIECE):
            if "\0" in decoder.decode(piece):
                raise UnreadableFile(f"This file contains zero characters, so it is no plain text: {_SAVE_AS}.")
    except UnicodeDecodeError:
        raise UnreadableFile(f"This file says it is UTF-16 but has damaged characters: {_SAVE_AS}.") from None
    # The decoder keeps what it could not finish; a whole file leaves nothing behind.
    if decoder.getstate()[0]:
        raise UnreadableFile(
            "This file ends in the middle of a character, so a part of it is missing: export or download it again."
        )


def _refuse_what_windows_would_not_write(stream: BinaryIO) -> None:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("cp1252")()
    try:
        while piece := stream.read(PIECE):
            if b"\0" in piece or _CONTROLS.search(piece):
                raise UnreadableFile(f"This is no text file, or its encoding is unknown: {_SAVE_AS}.")
            decoder.decode(piece)
    except UnicodeDecodeError:
        raise UnreadableFile(f"The encoding of this file is unknown: {_SAVE_AS}.") from None
